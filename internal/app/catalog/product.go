package catalog

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// NewProduct asks for a product. Empty fields take the first value that the
// vocabulary names; the owner is the caller unless said.
type NewProduct struct {
	Name        string
	Kind        weir.Kind
	Encoding    weir.Encoding
	KeyEncoding weir.KeyEncoding
	Key         []string // the fields of the value that the key holds
	Visibility  weir.Visibility
	Access      weir.AccessMode // empty: open, unless a field is personal or secret
	Owner       string
	Description string
	Partitions  int
	Retention   weir.Duration
	Telling

	Schema, KeySchema string // texts, in the language of the encodings; empty: none yet
}

// CreateProduct makes a product, of major 1 or of the next one, wants a topic for it, and registers
// the schemas that came with it: all of it or nothing.
func (c *Catalog) CreateProduct(ctx context.Context, call weir.Call, cmd NewProduct) (weir.Receipt, error) {
	domain, _, err := weir.SplitProduct(cmd.Name)
	if err != nil {
		return weir.Receipt{}, err
	}
	p := cmd.product()
	if err := checkKey(p); err != nil {
		return weir.Receipt{}, err
	}
	p.UID, p.Created = c.uid(), c.now().UTC()
	schemas, err := c.first(ctx, call.By, cmd, p)
	if err != nil {
		return weir.Receipt{}, err
	}
	fields, err := c.fieldsSaid(ctx, p, cmd.Schema)
	if err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("product.create", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		d, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, Name: domain})
		if err != nil {
			return weir.Outcome{}, err
		}
		p.Domain = d.UID
		if err := rights.Must(call.By, rights.Create, rights.Thing{Noun: weir.NounProduct, Domain: d.UID}, p.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		if p.Owner, err = owner(ctx, v, call, cmd.Owner); err != nil {
			return weir.Outcome{}, err
		}
		if err := free(ctx, v, p.Ref(), p.Topic(), "weir product delete "+p.Name+" --destroy-data"); err != nil {
			return weir.Outcome{}, err
		}
		if err := follows(ctx, v, p); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		p.About = weir.About{}
		if err := c.tell(ctx, v, r, &cmd.Telling, p, setOf(fields)); err != nil {
			return weir.Outcome{}, err
		}
		p.Access = or(cmd.Access, usualAccess(described(fields, p.Fields)))
		r.put(nil, 0, p)
		r.put(nil, 0, c.topicOf(p))
		schemas.put(ctx, v, r, p)
		r.with(v, func(v weir.View) ([]weir.Change, error) { return c.contracts.Follow(ctx, v, p) })
		return r.outcome("product.created", p)
	}))
}

// product fills in what was not said.
func (n NewProduct) product() *weir.Product {
	_, major := weir.SplitMajor(n.Name)
	return &weir.Product{
		Name: n.Name, Major: major, Description: n.Description, Retention: n.Retention, Key: n.Key,
		Kind:        or(n.Kind, weir.KindStream),
		Encoding:    or(n.Encoding, weir.EncodingJSON),
		KeyEncoding: or(n.KeyEncoding, weir.KeyString),
		Visibility:  or(n.Visibility, weir.VisibleMesh),
		Partitions:  or(n.Partitions, weir.DefaultPartitions),
	}
}

// checkKey refuses a key that the product's values cannot have, and a table
// without one. Tables of plain text and bytes may leave it out, as they could
// before there were keys.
func checkKey(p *weir.Product) error {
	if len(p.Key) > 0 && p.Encoding == weir.EncodingBytes {
		return weir.Errorf(weir.Invalid, "values of encoding bytes have no fields that a key could hold").At("key").
			WithFix("leave the key out, or use another encoding")
	}
	plain := p.Encoding == weir.EncodingJSON || p.Encoding == weir.EncodingBytes
	if p.Kind == weir.KindTable && len(p.Key) == 0 && !plain {
		return weir.Errorf(weir.Invalid, "a table with values in %s wants to know what its key is", p.Encoding).At("key").
			WithFix("say which fields of the value the key holds: --key FIELD,...")
	}
	return nil
}

// or is v, or what stands for nothing.
func or[T comparable](v, otherwise T) T {
	var nothing T
	if v == nothing {
		return otherwise
	}
	return v
}

// owner is the person named, else the caller.
func owner(ctx context.Context, v weir.View, call weir.Call, name string) (weir.UID, error) {
	if name == "" {
		return call.By.Ref.UID, nil
	}
	p, _, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, Name: name})
	if err != nil {
		return weir.UID{}, err
	}
	return p.UID, nil
}

// ProductEdit says what shall change; nil stays. Kind, encoding and the name do
// not change: they are promises.
type ProductEdit struct {
	Owner       *string
	Description *string
	Visibility  *weir.Visibility
	Access      *weir.AccessMode
	Partitions  *int
	Retention   *weir.Duration
	Telling
}

// EditProduct changes a product, and what its topic shall be. A Conflict about
// the revision has [Differences] as its cause.
func (c *Catalog) EditProduct(ctx context.Context, call weir.Call, name string, cmd ProductEdit) (weir.Receipt, error) {
	fields, err := c.fieldsToCheck(ctx, call.By, name, &cmd.Telling)
	if err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("product.edit", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := c.product(ctx, v, call, cmd.verb(), name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *p
		if cmd.Owner != nil {
			if next.Owner, err = owner(ctx, v, call, *cmd.Owner); err != nil {
				return weir.Outcome{}, err
			}
		}
		if err := cmd.apply(&next); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		if err := c.tell(ctx, v, r, &cmd.Telling, &next, setOf(fields)); err != nil {
			return weir.Outcome{}, err
		}
		r.put(p, rev, &next)
		c.follow(ctx, v, r, p.OnCluster(), next.Partitions, next.Retention)
		r.with(v, func(v weir.View) ([]weir.Change, error) { return c.contracts.Follow(ctx, v, &next) })
		r.with(v, func(v weir.View) ([]weir.Change, error) {
			return nil, c.stillPublished(ctx, v, call.By, p, &next, fields)
		})
		return r.outcome("product.changed", &next)
	}))
}

// verb is what the edit needs the right to: who may only tell changes nothing
// else.
func (e ProductEdit) verb() rights.Verb {
	if e.Owner != nil || e.Visibility != nil || e.Access != nil || e.Partitions != nil || e.Retention != nil {
		return rights.Edit
	}
	return rights.Tell
}

func (e ProductEdit) apply(p *weir.Product) error {
	if p.Published != nil && p.Published.Stream.IsZero() && (e.Partitions != nil || e.Retention != nil) {
		return weir.Errorf(weir.Invalid, "the topic %s of %s was not made by Weir, which does not change it", p.Alias(), p.Name).
			At("partitions").WithFix("change the topic on the cluster")
	}
	set(&p.Description, e.Description)
	set(&p.Visibility, e.Visibility)
	set(&p.Access, e.Access)
	set(&p.Retention, e.Retention)
	if e.Partitions != nil && *e.Partitions < p.Partitions {
		return weir.Errorf(weir.Invalid, "the product has %d partitions, and partitions are never taken away", p.Partitions).
			At("partitions").WithFix("use %d to %d", p.Partitions, weir.MaxPartitions)
	}
	set(&p.Partitions, e.Partitions)
	return nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// DeleteProduct ends a product, what was allowed on it, and the roles on it. Its data stays, and
// the name stays taken, unless destroy is set. With destroy it also ends what
// a product of this name left behind.
func (c *Catalog) DeleteProduct(ctx context.Context, call weir.Call, name string, destroy bool) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("product.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := c.product(ctx, v, call, rights.Delete, name)
		if weir.NotFound.In(err) && destroy {
			return c.destroyLeft(ctx, v, call, weir.Ref{Noun: weir.NounProduct, Name: name}, weir.TopicOf(name))
		}
		if err != nil {
			return weir.Outcome{}, err
		}
		if p.Published != nil {
			return weir.Outcome{}, weir.Errorf(weir.Conflict, "%s was made of the topic %s, which is not its own to end", p.Name, p.Alias()).
				WithFix("take it back first: weir product unpublish %s", p.Name)
		}
		if err := notFed(ctx, v, p); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		c.endProduct(ctx, v, r, p, rev, destroy)
		return r.outcome("product.deleted", p)
	}))
}

// endProduct ends a product, what was allowed on it and the roles on it; with
// destroy its data too.
func (c *Catalog) endProduct(ctx context.Context, v weir.View, r *result, p *weir.Product, rev weir.Revision, destroy bool) {
	r.endAccess(ctx, v, p.UID)
	r.endRoles(ctx, v, p.UID)
	r.end(p, rev)
	if destroy {
		c.endTopic(ctx, v, r, p.Topic())
	}
}

// product finds one with which the caller may do something.
func (c *Catalog) product(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, name string) (*weir.Product, weir.Revision, error) {
	p, rev, err := weir.Known[*weir.Product](ctx, v, call.By, weir.Ref{Noun: weir.NounProduct, Name: name})
	if err != nil {
		return nil, 0, err
	}
	if err := rights.Must(call.By, verb, rights.OfProduct(weir.NounProduct, p), p.Ref()); err != nil {
		return nil, 0, err
	}
	return p, rev, since(ctx, v, call, p.Ref(), call.Check(p.Ref(), rev))
}
