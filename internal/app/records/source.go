package records

import (
	"context"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/rights"
)

// source is what a stream reads.
type source struct {
	uid        weir.UID
	topic      string
	key, value record.Form
	closed     error // why nobody new may read it; nil: they may
	kept       bool  // the principal read it before, and goes on
}

// find gives what a principal may read under a name. NotFound what they may not
// know of, Denied what they know of and may not read.
func (r *Records) find(ctx context.Context, p weir.Principal, of weir.Ref) (source, error) {
	s, err := r.named(ctx, p, of)
	if err != nil {
		return s, err
	}
	may, whose := r.cfg.Live.PersonOn(p.Teams, s.topic)
	switch {
	case whose != s.uid:
		return s, weir.Errorf(weir.Unavailable, "the topic of %s is not made yet", of).WithFix("try again in a moment; weir topic list says what it waits for")
	case may.Has(rights.Read) || s.kept:
		return s, nil
	case s.closed != nil:
		return s, s.closed
	}
	return s, denied(p, of)
}

// named finds the product or stream in the state.
func (r *Records) named(ctx context.Context, p weir.Principal, of weir.Ref) (source, error) {
	v, done, err := r.cfg.State.View(ctx)
	if err != nil {
		return source{}, err
	}
	defer done()
	if of.Noun == weir.NounStream {
		s, _, err := weir.Known[*weir.Stream](ctx, v, p, of)
		if err != nil {
			return source{}, err
		}
		as, err := publishedAs(ctx, v, s)
		if err != nil || as.UID.IsZero() {
			return source{uid: s.UID, topic: s.Topic(), key: record.Text, value: record.Unknown}, err
		}
		of = as // what is read under the stream's name meanwhile
	}
	e, _, err := weir.Known[*weir.Product](ctx, v, p, of)
	if err != nil {
		return source{}, err
	}
	closed, err := closed(ctx, v, p, e)
	kept := e.Stage() == weir.Deprecated && p.Ref.Noun == weir.NounPerson && slices.Contains(e.Kept, p.Ref.UID)
	return source{e.UID, e.OnCluster(), record.Form(e.KeyEncoding), record.Form(e.Encoding), closed, kept}, err
}

// publishedAs is the product that a private stream is published as; zero if it is
// not.
func publishedAs(ctx context.Context, v weir.View, s *weir.Stream) (weir.Ref, error) {
	page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounProduct, Scope: weir.Everything, Refers: []weir.UID{s.UID}, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return weir.Ref{}, err
	}
	return page.Items[0].Entity.Ref(), nil
}

// closed is what somebody new is told of a product that ends or has ended; nil
// if it does not. The successor is named to who may know of it.
func closed(ctx context.Context, v weir.View, p weir.Principal, of *weir.Product) (refusal, err error) {
	stage := of.Stage()
	if stage != weir.Deprecated && stage != weir.Retired {
		return nil, nil
	}
	e := weir.Errorf(weir.Denied, "%s is %s: %s may not begin to read it", of.Name, stage, p.Ref).WithFix("ask the product's owner what to use instead")
	e.Ref = of.Ref()
	if of.Successor.IsZero() {
		return e, nil
	}
	s, _, err := weir.Known[*weir.Product](ctx, v, p, weir.Ref{Noun: weir.NounProduct, UID: of.Successor})
	if err == nil {
		return e.WithFix("use its successor: %s", s.Name), nil
	}
	if weir.NotFound.In(err) {
		err = nil
	}
	return e, err
}

func denied(p weir.Principal, of weir.Ref) error {
	e := weir.Errorf(weir.Denied, "%s may not read the records of %s", p.Ref, of)
	e.Ref = of
	if of.Noun == weir.NounStream {
		return e.WithFix("only members of the team that owns the domain read its private streams; administering gives no right to data")
	}
	return e.WithFix("ask the product's owner to allow an application of one of your teams: weir access allow %s --app NAME", of.Name)
}
