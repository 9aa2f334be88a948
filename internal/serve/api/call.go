package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
)

// Write is what every write takes.
type Write struct {
	IfMatch string `header:"If-Match" doc:"The revision that the change is meant for, in quotes; refused with 412 if it is another by now."`
	Key     string `header:"Idempotency-Key" maxLength:"255" doc:"The same key gets the first answer again, for 24 hours."`
	Why     string `header:"Weir-Reason" maxLength:"1000" doc:"Why, for the audit."`
}

// Paging is what every list takes.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"512" doc:"Where the page before ended, as its next said."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// Named is a thing by its name.
type Named struct {
	Name string `path:"name" maxLength:"200"`
}

// of makes a use case's call. What stands for the request in the idempotency
// check is the operation and all its parts: no secrets in them, their hash is
// kept for ever.
func (w Write) of(p weir.Principal, op string, parts ...any) (weir.Call, error) {
	c := weir.Call{By: p, Why: w.Why, Key: weir.IdempotencyKey(w.Key)}
	if strings.ContainsFunc(w.Why+w.Key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return c, weir.Errorf(weir.Invalid, "a header holds a control character").At("Weir-Reason or Idempotency-Key")
	}
	if w.IfMatch != "" && w.IfMatch != "*" {
		n, err := strconv.ParseUint(strings.Trim(w.IfMatch, `"`), 10, 64)
		if err != nil || n == 0 {
			return c, weir.Errorf(weir.Invalid, "%q is not a revision", w.IfMatch).At("If-Match").
				WithFix(`send the ETag of an earlier answer, such as "3"`)
		}
		c.Rev = weir.Revision(n)
	}
	if c.Key == "" {
		return c, nil
	}
	b, err := weir.Canonical(append([]any{op, c.Rev}, parts...))
	if err != nil {
		return c, weir.Errorf(weir.Internal, "the request cannot be hashed").Because(err)
	}
	c.Request = sha256.Sum256(b)
	return c, nil
}

// one is the answer that holds a thing.
type one[T any] struct {
	ETag     string `header:"ETag" doc:"The revision, in quotes."`
	Offset   string `header:"Weir-Offset" doc:"Of a write: the entry that the answer shows."`
	Replayed string `header:"Idempotency-Replayed" doc:"true when this is the answer of an earlier request."`
	Location string `header:"Location"`
	Body     T
}

// many is the answer that holds a page.
type many[T any] struct {
	Body client.List[T]
}

// none is the answer of what is gone.
type none struct {
	Status   int    // 204, or 202 while a worker still has to end something
	Offset   string `header:"Weir-Offset" doc:"The entry that ended it."`
	Replayed string `header:"Idempotency-Replayed" doc:"true when this is the answer of an earlier request."`
}

func etag(rev uint64) string { return `"` + strconv.FormatUint(rev, 10) + `"` }

// shown is the answer to a read.
func shown[T any](body T, rev uint64) *one[T] { return &one[T]{ETag: etag(rev), Body: body} }

// done is the answer to a write whose thing is as body says.
func done[T any](r weir.Receipt, body T, rev uint64, location string) *one[T] {
	return &one[T]{
		ETag: etag(rev), Offset: strconv.FormatUint(uint64(r.Offset), 10), Replayed: replayed(r),
		Location: location, Body: body,
	}
}

func gone(r weir.Receipt) *none {
	return &none{Status: http.StatusNoContent, Offset: strconv.FormatUint(uint64(r.Offset), 10), Replayed: replayed(r)}
}

// going is the answer to a write that ended something, once a worker has
// done its part; ok says that it has.
func going(r weir.Receipt, ok bool) *none {
	n := gone(r)
	if !ok {
		n.Status = http.StatusAccepted
	}
	return n
}

func replayed(r weir.Receipt) string {
	if r.Replayed {
		return "true"
	}
	return ""
}

// settled waits until the rights and schemas of this node show a write. The
// write is durable, so a wait that is too long is no error.
func (a *API) settled(ctx context.Context, r weir.Receipt) {
	ctx, cancel := context.WithTimeout(ctx, settleFor)
	defer cancel()
	_ = a.Live.Wait(ctx, r.Offset)
	if a.Schemas != nil {
		_ = a.Schemas.Wait(ctx, r.Offset)
	}
}

// until waits a moment for what workers do about a write, and says whether it
// is done.
func (a *API) until(ctx context.Context, so func(context.Context, weir.View) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, followFor)
	defer cancel()
	for {
		var seen weir.Offset
		ok := false
		err := a.view(ctx, func(v weir.View) error {
			seen, ok = v.Offset(), so(ctx, v)
			return nil
		})
		if err != nil || ok || a.State.Wait(ctx, seen+1) != nil {
			return ok
		}
	}
}

// view calls fn with the state as it is.
func (a *API) view(ctx context.Context, fn func(weir.View) error) error {
	v, release, err := a.State.View(ctx)
	if err != nil {
		return err
	}
	defer release()
	return fn(v)
}

// page lists a noun for a principal and turns each item into the API's type.
func page[E weir.Entity, T any](ctx context.Context, a *API, q weir.ListQuery, in Paging, turn func(context.Context, *names, E, weir.Revision) (T, error)) (*many[T], error) {
	out := &many[T]{Body: client.List[T]{Items: []T{}}}
	q.After, q.Limit = in.Cursor, in.Limit
	err := a.view(ctx, func(v weir.View) error {
		got, err := v.List(ctx, q)
		if err != nil {
			return err
		}
		out.Body.Next = got.Next
		known := a.names(v)
		for _, it := range got.Items {
			e, ok := it.Entity.(E)
			if !ok {
				return weir.Errorf(weir.Internal, "%s is a %T", it.Entity.Ref(), it.Entity)
			}
			t, err := turn(ctx, known, e, it.Rev)
			if err != nil {
				return err
			}
			out.Body.Items = append(out.Body.Items, t)
		}
		return nil
	})
	return out, err
}

// get finds a thing that a principal may know of and turns it into the API's
// type.
func get[E weir.Entity, T any](ctx context.Context, a *API, p weir.Principal, n weir.Noun, name string, turn func(context.Context, *names, E, weir.Revision) (T, error)) (*one[T], error) {
	var out *one[T]
	err := a.view(ctx, func(v weir.View) error {
		e, rev, err := weir.Known[E](ctx, v, p, weir.Ref{Noun: n, Name: name})
		if err != nil {
			return err
		}
		t, err := turn(ctx, a.names(v), e, rev)
		out = shown(t, uint64(rev))
		return err
	})
	return out, err
}

// wrote is the answer to a write: the thing as the write left it. A replay
// answers with the thing as the first request left it.
func wrote[E weir.Entity, T any](ctx context.Context, a *API, r weir.Receipt, n weir.Noun, turn func(context.Context, *names, E, weir.Revision) (T, error)) (*one[T], error) {
	a.settled(ctx, r)
	answer, err := decodeAnswer(n, r.Answer)
	if err != nil {
		return nil, err
	}
	e, ok := answer.(E)
	if !ok {
		return nil, weir.Errorf(weir.Internal, "an answer is a %T", answer)
	}
	var out *one[T]
	err = a.view(ctx, func(v weir.View) error {
		rev, err := a.revision(ctx, v, r.Offset, e.Ref())
		if err != nil {
			return err
		}
		t, err := turn(ctx, a.names(v), e, rev)
		out = done(r, t, uint64(rev), "")
		return err
	})
	return out, err
}

// revision is the one that a write left a thing at, which need not be today's.
// A write that left it as it was has no change of it: then it is today's.
func (a *API) revision(ctx context.Context, v weir.View, at weir.Offset, of weir.Ref) (weir.Revision, error) {
	var rev weir.Revision
	found := errors.New("found")
	err := a.Ledger.Read(ctx, at, func(r weir.Record) error {
		for _, c := range r.Entry.Changes {
			if c.Ref.UID == of.UID {
				rev = c.Rev
			}
		}
		return found
	})
	if err != nil && !errors.Is(err, found) {
		return 0, err
	}
	if rev != 0 {
		return rev, nil
	}
	_, rev, err = v.Get(ctx, weir.Ref{Noun: of.Noun, UID: of.UID})
	if weir.NotFound.In(err) {
		err = nil
	}
	return rev, err
}

// decodeAnswer reads the public entity that an entry keeps as its answer.
func decodeAnswer(n weir.Noun, answer []byte) (weir.Entity, error) {
	if len(answer) == 0 {
		return nil, weir.Errorf(weir.Internal, "the entry has no answer")
	}
	return weir.DecodeEntity(n, answer)
}

// names finds the names behind uids, each once.
type names struct {
	v   weir.View
	api *API
	by  map[weir.UID]string

	judge *catalog.Judge // nil until it is asked
}

func (a *API) names(v weir.View) *names {
	return &names{v: v, api: a, by: map[weir.UID]string{}}
}

// of is a thing's name, or its uid if it is gone.
func (n *names) of(ctx context.Context, noun weir.Noun, u weir.UID) (string, error) {
	if name, ok := n.by[u]; ok {
		return name, nil
	}
	e, _, err := n.v.Get(ctx, weir.Ref{Noun: noun, UID: u})
	name := u.String()
	if err == nil {
		name = e.Ref().Name
	} else if !weir.NotFound.In(err) {
		return "", err
	}
	n.by[u] = name
	return name, nil
}
