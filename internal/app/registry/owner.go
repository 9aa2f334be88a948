package registry

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// owner is whose a subject is and who may know of it.
type owner struct {
	domain     weir.UID // zero: the mesh's
	visibility weir.Visibility
	product    *weir.Product // whose subject it is, if that lives
	kept       bool          // there are records of the product's topic, also after its end
}

// lookup is how domains and products are found by name: in the index before the
// queue, in the view inside it. Both give zero for what is not there.
type lookup struct {
	domain  func(name string) (weir.UID, error)
	product func(name string) (*weir.Product, error)
	// published finds the product that a topic was made.
	published func(topic string) (*weir.Product, error)
	topic     func(name string) (kept bool, err error)
}

// inIndex looks things up in memory.
func (x *Index) lookup() lookup {
	return lookup{
		domain: func(name string) (weir.UID, error) {
			x.mu.RLock()
			defer x.mu.RUnlock()
			return x.domains[name], nil
		},
		product:   func(name string) (*weir.Product, error) { return x.product(name), nil },
		published: func(topic string) (*weir.Product, error) { return x.publishedAs(topic), nil },
		topic: func(name string) (bool, error) {
			x.mu.RLock()
			defer x.mu.RUnlock()
			return x.topics[name], nil
		},
	}
}

// inView looks things up in a view.
func inView(ctx context.Context, v weir.View) lookup {
	return lookup{
		domain: func(name string) (weir.UID, error) {
			d, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, Name: name})
			if err != nil {
				return weir.UID{}, unlessAbsent(err)
			}
			return d.UID, nil
		},
		product: func(name string) (*weir.Product, error) {
			p, _, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, Name: name})
			return p, unlessAbsent(err)
		},
		published: func(topic string) (*weir.Product, error) { return publishedIn(ctx, v, topic) },
		topic: func(name string) (bool, error) {
			t, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: name})
			return err == nil && t.State != weir.TopicEnding, unlessAbsent(err)
		},
	}
}

func unlessAbsent(err error) error {
	if weir.NotFound.In(err) {
		return nil
	}
	return err
}

// of says whose a subject is. One that exists keeps what was decided when it was
// made, whatever became of its product.
func (l lookup) of(name string, s *weir.Subject) (owner, error) {
	p, err := l.productOf(name)
	if err != nil {
		return owner{}, err
	}
	o := owner{visibility: weir.VisibleMesh, product: p}
	_, topic, _, ok := weir.SplitSubject(name)
	if p != nil {
		topic, ok = p.OnCluster(), true
	}
	if ok {
		if o.kept, err = l.topic(topic); err != nil {
			return owner{}, err
		}
	}
	if s != nil {
		o.domain, o.visibility = s.Domain, s.Visibility
		return o, nil
	}
	if p != nil {
		o.domain, o.visibility = p.Domain, p.Visibility
		return o, nil
	}
	if d, ok := weir.SplitPrivateSubject(name); ok {
		if o.domain, err = l.domain(d); err == nil && !o.domain.IsZero() {
			o.visibility = weir.VisibleDomain
		}
	} else if d, ok := weir.SplitSharedSubject(name); ok {
		o.domain, err = l.domain(d)
	}
	return o, err
}

// productOf is the living product whose subject a name is.
func (l lookup) productOf(subject string) (*weir.Product, error) {
	if topic, ok := ofTopic(subject); ok {
		if p, err := l.published(topic); p != nil || err != nil {
			return p, err
		}
	}
	name, topic, _, ok := weir.SplitSubject(subject)
	if !ok {
		return nil, nil
	}
	p, err := l.product(name)
	if err != nil || p == nil || p.OnCluster() != topic {
		return nil, err
	}
	return p, nil
}

// must refuses who may not write a subject. To those who may not know of it, it
// is one that does not exist.
func (o owner) must(p weir.Principal, verb rights.Verb, name string, s *weir.Subject) error {
	ref := weir.Ref{Noun: weir.NounSubject, Name: name}
	if s == nil || !p.Scope().Knows(s.Readers()) {
		verb = rights.Create
	} else {
		ref.UID = s.UID
	}
	err := rights.Must(p, verb, o.thing(), ref)
	if err != nil && o.product != nil && !p.Scope().Knows(o.product.Readers()) {
		// whom to ask would tell that there is such a product
		return rights.Must(p, verb, rights.Thing{Noun: weir.NounSubject, Domain: o.domain}, ref)
	}
	return err
}

// thing is what the right to write is asked for.
func (o owner) thing() rights.Thing {
	if o.product != nil && o.product.Domain == o.domain {
		return rights.OfProduct(weir.NounSubject, o.product)
	}
	return rights.Thing{Noun: weir.NounSubject, Domain: o.domain}
}
