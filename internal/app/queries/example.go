package queries

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/gallery"
)

// Example is a statement to begin with, as somebody sees it.
type Example struct {
	gallery.Example
	Missing []string // inputs that are not there, or that they may not know of
	Ready   bool     // they may read every input
}

// Examples are the statements to begin with, in the order in which they are shown.
func (q *Queries) Examples(ctx context.Context, p weir.Principal) (all []Example, err error) {
	err = q.examples(ctx, func(v weir.View) error {
		for _, e := range gallery.Examples() {
			shown, err := exampleFor(ctx, v, p, e)
			if err != nil {
				return err
			}
			all = append(all, shown)
		}
		return nil
	})
	return all, err
}

// Example is one of them by name; NotFound if there is none.
func (q *Queries) Example(ctx context.Context, p weir.Principal, name string) (shown Example, err error) {
	e, ok := gallery.Find(name)
	if !ok {
		return shown, weir.Errorf(weir.NotFound, "there is no example %s", name).WithFix("weir query example list names them")
	}
	err = q.examples(ctx, func(v weir.View) (err error) {
		shown, err = exampleFor(ctx, v, p, e)
		return err
	})
	return shown, err
}

// examples calls fn with the state as it is; no schema is asked for.
func (q *Queries) examples(ctx context.Context, fn func(weir.View) error) error {
	v, done, err := q.cfg.State.View(ctx)
	if err != nil {
		return err
	}
	defer done()
	return fn(v)
}

func exampleFor(ctx context.Context, v weir.View, p weir.Principal, e gallery.Example) (Example, error) {
	out := Example{Example: e, Ready: true}
	for _, name := range e.Inputs {
		of, _, err := weir.Known[*weir.Product](ctx, v, p, weir.Ref{Noun: weir.NounProduct, Name: name})
		if weir.NotFound.In(err) {
			out.Missing, out.Ready = append(out.Missing, name), false
			continue
		}
		if err != nil {
			return out, err
		}
		may, err := mayRead(ctx, v, p, of)
		if err != nil {
			return out, err
		}
		out.Ready = out.Ready && may
	}
	return out, nil
}
