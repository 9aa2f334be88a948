package schemaregistry

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// request is what a handler is asked.
type request struct {
	http  *http.Request
	by    weir.Principal
	body  []byte
	query url.Values
	allow string // what an answer says is allowed
}

// Bounds of the headers that a write may have.
const (
	maxKey    = 255
	maxReason = 1000
)

// param is a query parameter, the first if there are several.
func (q *request) param(name string) string {
	return q.params().Get(name)
}

func (q *request) params() url.Values {
	if q.query == nil {
		q.query, _ = url.ParseQuery(q.http.URL.RawQuery) // what cannot be read is not there
	}
	return q.query
}

// flag is a query parameter that is "true", in any case.
func (q *request) flag(name string) bool {
	return q.http.URL.RawQuery != "" && strings.EqualFold(q.param(name), "true")
}

// number is a query parameter that is a number; absent is 0, and so is less.
// What is no number makes a path that does not exist, as registries do.
func (q *request) number(name string) (int, error) {
	s := q.param(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0, refusal{http.StatusNotFound, "HTTP 404 Not Found: " + name + " is not a number"}
	}
	return max(0, int(n)), nil
}

// name is a part of the path, as its sender meant it.
func (q *request) name(key string) (string, error) {
	s := chi.URLParam(q.http, key)
	if !strings.Contains(s, "%") {
		return s, nil
	}
	s, err := url.PathUnescape(s)
	if err != nil {
		return "", refusal{http.StatusBadRequest, "the path cannot be read: " + err.Error()}
	}
	return s, nil
}

// subject is the subject in the path; "" on a path without one.
func (q *request) subject() (string, error) {
	s, err := q.name("subject")
	if err != nil {
		return "", err
	}
	return unqualified(s)
}

// The ways to write the default context in front of a name, and any context.
const (
	defaultContext = ":.:"
	anyContext     = ":*:"
)

// unqualified takes the default context off a subject's name. Another context
// is left out.
func unqualified(subject string) (string, error) {
	subject = strings.TrimPrefix(subject, defaultContext)
	if strings.HasPrefix(subject, ":.") {
		return "", refusal{http.StatusNotFound, "HTTP 404 Not Found: this registry leaves out contexts other than the default one"}
	}
	return subject, nil
}

// version is the version in the path: a number, or the latest.
func (q *request) version() (int, error) {
	s, err := q.name("version")
	if err != nil {
		return 0, err
	}
	return parseVersion(s)
}

// parseVersion reads a version as registries write it: a number from 1,
// "latest" in any case, or -1 for the same.
func parseVersion(s string) (int, error) {
	t := strings.TrimSpace(s)
	if strings.EqualFold(t, "latest") {
		return registry.Latest, nil
	}
	n, err := strconv.ParseInt(t, 10, 32)
	if err != nil || n < 1 && n != registry.Latest {
		return 0, weir.Errorf(weir.Invalid,
			"The specified version '%s' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"", clip(s)).
			Because(registry.InvalidVersion)
	}
	return int(n), nil
}

// id is the schema's id in the path. What is no number makes a path that does
// not exist.
func (q *request) id() (weir.SchemaID, error) {
	s := chi.URLParam(q.http, "id")
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0, refusal{http.StatusNotFound, "HTTP 404 Not Found: " + clip(s) + " is not the id of a schema"}
	}
	if n < 1 {
		return 0, weir.Errorf(weir.NotFound, "Schema %d not found", n).Because(registry.NoSchema)
	}
	return weir.SchemaID(n), nil
}

// deleted says whether what was deleted softly is asked for.
func (q *request) deleted() registry.Deleted {
	switch {
	case q.flag("deletedOnly"):
		return registry.DeletedOnly
	case q.flag("deleted"):
		return registry.DeletedToo
	}
	return registry.LivingOnly
}

// How much a list holds at most, and if nothing is said: as registries do.
const (
	maxSchemas = 1000   // with their texts
	maxNames   = 20_000 // names or numbers alone
)

// which reads the parameters that select from a list. A limit above the most is
// none.
func (q *request) which(most int) (registry.Which, error) {
	w := registry.Which{Deleted: q.deleted(), Limit: most}
	if q.http.URL.RawQuery == "" {
		return w, nil
	}
	w.LatestOnly = q.flag("latestOnly")
	prefix := strings.TrimPrefix(strings.TrimPrefix(q.param("subjectPrefix"), defaultContext), anyContext)
	var err error
	if w.Prefix, err = unqualified(prefix); err != nil {
		return w, err
	}
	if w.Offset, err = q.number("offset"); err != nil {
		return w, err
	}
	if limit, err := q.number("limit"); err != nil {
		return w, err
	} else if limit > 0 && limit < most {
		w.Limit = limit
	}
	return w, nil
}

// call is what every write has in common.
func (q *request) call() (weir.Call, error) {
	h := q.http.Header
	c := weir.Call{By: q.by, Why: h.Get("Weir-Reason"), Key: weir.IdempotencyKey(h.Get("Idempotency-Key"))}
	if len(c.Why) > maxReason || len(c.Key) > maxKey || strings.ContainsFunc(c.Why+string(c.Key), func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return c, weir.Errorf(weir.Invalid, "a header is too long, or holds a control character").At("Weir-Reason or Idempotency-Key").
			WithFix("use at most %d and %d characters", maxReason, maxKey)
	}
	if c.Key != "" {
		sum := sha256.New()
		sum.Write([]byte(q.http.Method + " " + routePath(q.http) + "?" + q.http.URL.RawQuery + "\n"))
		sum.Write(q.body)
		sum.Sum(c.Request[:0])
	}
	return c, nil
}

// list runs a use case that lists something of a subject.
func list[T any](ctx context.Context, q *request, of func(context.Context, weir.Principal, string, registry.Which) ([]T, error)) (any, error) {
	subject, err := q.subject()
	if err != nil {
		return nil, err
	}
	w, err := q.which(maxNames)
	if err != nil {
		return nil, err
	}
	found, err := of(ctx, q.by, subject, w)
	return orEmpty(found), err
}

// orEmpty is a list that is never null.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
