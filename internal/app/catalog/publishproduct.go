package catalog

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// PublishProduct makes a product active that is proposed to its domain, and
// visible in the mesh unless cmd says otherwise: its topic, its schemas and its
// records stay as they are. cmd may tell what is missing. Policies of severity
// error refuse it, as any that is published. The same again changes nothing.
func (c *Catalog) PublishProduct(ctx context.Context, call weir.Call, name string, cmd ProductEdit) (weir.Receipt, error) {
	seen, err := c.toPublish(ctx, call.By, name)
	if err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("product.publish", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := c.product(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := canBePublished(p); err != nil {
			return weir.Outcome{}, err
		}
		next := *p
		next.Lifecycle, next.Visibility = "", weir.VisibleMesh
		if p.Stage() == weir.Active {
			next.Visibility = p.Visibility
		}
		if cmd.Owner != nil {
			if next.Owner, err = owner(ctx, v, call, *cmd.Owner); err != nil {
				return weir.Outcome{}, err
			}
		}
		if err := cmd.apply(&next); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		if err := c.tell(ctx, v, r, &cmd.Telling, &next, setOf(seen.fields)); err != nil {
			return weir.Outcome{}, err
		}
		r.put(p, rev, &next)
		r.with(v, func(v weir.View) ([]weir.Change, error) { return c.contracts.Follow(ctx, v, &next) })
		r.with(v, func(v weir.View) ([]weir.Change, error) {
			return nil, c.mayPublish(ctx, v, call.By, &next, seen.fields, seen.records)
		})
		return r.outcome("product.published", &next)
	}))
}

// canBePublished refuses a product that has ended, or will.
func canBePublished(p *weir.Product) error {
	stage := p.Stage()
	if stage == weir.Proposed || stage == weir.Active {
		return nil
	}
	e := weir.Errorf(weir.Conflict, "%s is %s", p.Name, stage).WithFix("bring it back: weir product activate %s", p.Name)
	e.Ref = p.Ref()
	return e
}

// toPublish is what is found out about a product before the queue; nothing of one
// that the caller may not know of.
func (c *Catalog) toPublish(ctx context.Context, by weir.Principal, name string) (kept, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return kept{}, err
	}
	p, _, err := weir.Known[*weir.Product](ctx, v, by, weir.Ref{Noun: weir.NounProduct, Name: name})
	done()
	if weir.NotFound.In(err) {
		return kept{}, nil
	}
	if err != nil {
		return kept{}, err
	}
	out := kept{Product: p}
	if out.fields, err = c.fieldsOf(ctx, p); err != nil {
		return out, err
	}
	out.records, err = c.recordsIn(ctx, p.OnCluster())
	return out, err
}
