package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/registry"
)

const problemType = "application/problem+json"

// problem is a refusal on its way out.
type problem struct{ client.Problem }

func (p *problem) Error() string             { return p.Problem.Error() }
func (p *problem) GetStatus() int            { return p.Status }
func (p *problem) ContentType(string) string { return problemType }

// MarshalJSON is that of the client's type.
func (p *problem) MarshalJSON() ([]byte, error) { return json.Marshal(&p.Problem) }

// statusOf maps kinds to HTTP; it is the only place that does.
func statusOf(e *weir.Error) int {
	switch e.Kind {
	case weir.Invalid:
		return http.StatusBadRequest
	case weir.Unauthorized:
		return http.StatusUnauthorized
	case weir.Denied:
		return http.StatusForbidden
	case weir.NotFound:
		return http.StatusNotFound
	case weir.Conflict:
		if e.Where == weir.AtRevision {
			return http.StatusPreconditionFailed
		}
		return http.StatusConflict
	case weir.Exists:
		return http.StatusConflict
	case weir.Limit:
		if f := registry.Fault(0); errors.As(e, &f) && f == registry.TooLarge {
			return http.StatusUnprocessableEntity // the same schema will be too large later too
		}
		return http.StatusTooManyRequests
	case weir.AgainstPolicy:
		return http.StatusUnprocessableEntity
	case weir.Unavailable, weir.OutcomeUnknown:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problem turns an error into what is sent. What is our own fault is logged
// whole and sent without its cause.
func (a *API) problem(op string, err error) *problem {
	var e *weir.Error
	if !errors.As(err, &e) {
		e = &weir.Error{Kind: weir.Internal, Err: err}
	}
	status := statusOf(e)
	if status == http.StatusInternalServerError {
		a.Log.Error("a request failed", "operation", op, "error", err)
	}
	detail := e.Msg
	if detail == "" || e.Kind == weir.Internal {
		detail = e.Kind.String()
	}
	fix := e.Fix
	if fix == "" && status == http.StatusInternalServerError {
		fix = "the node's log says more"
	}
	p := &problem{client.Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Kind: e.Kind.String(), Detail: detail, Where: e.Where, Fix: fix,
	}}
	var differ catalog.Differences
	if errors.As(err, &differ) {
		p.Errors = differences(differ)
	}
	var found catalog.Findings
	if errors.As(err, &found) {
		p.Findings = findings(found)
	}
	var lacks catalog.Lacks
	if errors.As(err, &lacks) {
		for _, l := range lacks {
			p.Errors = append(p.Errors, client.Part{Message: l.Msg + ": " + l.Flag, Location: l.Field})
		}
	}
	return p
}

// differences says field by field what changed since the caller looked.
func differences(all catalog.Differences) []client.Part {
	var parts []client.Part
	for _, d := range all {
		parts = append(parts, client.Part{Message: d.String(), Location: d.Path, Value: d.New})
	}
	return parts
}

// asProblem gives huma's own refusals (a body that does not fit its schema) the
// same shape.
func asProblem(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &problem{client.Problem{
		Type: "about:blank", Title: m.Title, Status: m.Status, Detail: m.Detail,
		Kind: weir.Invalid.String(), Fix: "send what /api/v1/openapi.json describes",
	}}
	if m.Status == http.StatusUnsupportedMediaType {
		p.Fix = "send JSON, with Content-Type: application/json"
	}
	for _, d := range m.Errors {
		p.Errors = append(p.Errors, client.Part{Message: d.Message, Location: d.Location, Value: repeated(d.Location, d.Value)})
	}
	return p, nil
}

// repeated is what of a refused value goes back to the one who sent it: it may be
// logged on the way. A whole object may hold a password beside what is wrong.
func repeated(at string, v any) any {
	switch v := v.(type) {
	case bool, float64, json.Number:
		return v
	case string:
		if len(v) <= maxRepeated && !strings.HasSuffix(strings.ToLower(at), "password") {
			return v
		}
	}
	return nil
}

// maxRepeated bounds a text in a refusal.
const maxRepeated = 200

func writeProblem(w http.ResponseWriter, p *client.Problem) {
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = huma.DefaultJSONFormat.Marshal(w, p) // the caller has gone
}

// maxDepth bounds how deep a body may nest.
const maxDepth = 32

// strictUnmarshal refuses what decoders read differently: a key twice in one
// object, in whatever case, and anything after the value.
func strictUnmarshal(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := checkValue(dec, 0); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the JSON value")
	}
	return json.Unmarshal(data, v)
}

func checkValue(dec *json.Decoder, depth int) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	d, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth >= maxDepth {
		return fmt.Errorf("the JSON nests deeper than %d", maxDepth)
	}
	seen := map[string]bool{}
	for dec.More() {
		if d == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if seen[strings.ToLower(name)] {
				return fmt.Errorf("the key %q stands twice in one object", name)
			}
			seen[strings.ToLower(name)] = true
		}
		if err := checkValue(dec, depth+1); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}
