package registry

import (
	"context"
	"strings"

	"github.com/weirmesh/weir"
)

// A product that was a topic before has the subjects of that topic: publishing
// moves no schema. By the product's own name they are found as well, by who may
// know of the product; answers then say the name that was asked for. What names
// no subject that was asked for, as lists do, says the topic's.

// Canonical is the name under which a subject is kept, of a name that somebody
// asks for.
func (r *Registry) Canonical(p weir.Principal, name string) string {
	product, topic, k, ok := weir.SplitSubject(name)
	if !ok {
		return name
	}
	of := r.cfg.Index.product(product)
	if of == nil || of.Published == nil || of.Topic() != topic || !p.Scope().Knows(of.Readers()) {
		return name
	}
	return of.Subject(k)
}

// as is a version with the name that was asked for, if it is one of that
// subject's.
func (r *Registry) as(p weir.Principal, asked string, v Version, err error) (Version, error) {
	if asked != "" && v.Subject == r.Canonical(p, asked) {
		v.Subject = asked
	}
	return v, err
}

// ofTopic reads a subject's name: the topic whose it could be, whatever its name.
func ofTopic(subject string) (topic string, ok bool) {
	for _, k := range []weir.SubjectKind{weir.OfKey, weir.OfValue} {
		if topic, ok = strings.CutSuffix(subject, weir.SubjectOfTopic("", k)); ok {
			return topic, topic != ""
		}
	}
	return "", false
}

// kindOf says of which part of a product's records a subject's schemas are.
func kindOf(p *weir.Product, subject string) weir.SubjectKind {
	for _, k := range []weir.SubjectKind{weir.OfKey, weir.OfValue} {
		if p.Subject(k) == subject {
			return k
		}
	}
	return weir.OfOther
}

// putProduct takes a product's new state; nil is its end.
func (x *Index) putProduct(u weir.UID, p *weir.Product) {
	if old := x.products[x.named[u]]; old != nil && x.published[old.Alias()] == old {
		delete(x.published, old.Alias())
	}
	delete(x.products, x.named[u])
	delete(x.named, u)
	if p == nil {
		return
	}
	x.named[u], x.products[p.Name] = p.Name, p
	if p.Published != nil {
		x.published[p.Alias()] = p
	}
}

// publishedAs finds the product that a topic was made.
func (x *Index) publishedAs(topic string) *weir.Product {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.published[topic]
}

// publishedIn finds the product that a topic was made, in a view.
func publishedIn(ctx context.Context, v weir.View, topic string) (*weir.Product, error) {
	t, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: topic})
	if err != nil {
		return nil, unlessAbsent(err)
	}
	p, _, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, UID: t.Of})
	if err != nil || p.Alias() != topic {
		return nil, unlessAbsent(err)
	}
	return p, nil
}

// ownNamesFree refuses to publish as what would hide the schemas of others: the
// subjects of the product's own name are not found any more.
func ownNamesFree(ctx context.Context, v weir.View, p *weir.Product) error {
	if p.Published == nil || p.OnCluster() == p.Topic() {
		return nil
	}
	for _, k := range []weir.SubjectKind{weir.OfKey, weir.OfValue} {
		name := weir.SubjectOfTopic(p.Topic(), k)
		s, _, err := weir.Find[*weir.Subject](ctx, v, weir.Ref{Noun: weir.NounSubject, Name: name})
		if err == nil && len(s.Versions) > 0 {
			err = weir.Errorf(weir.Conflict, "the subject %s has schemas already, and would be hidden by %s of the topic", name, p.Subject(k)).At("as").
				WithFix("choose another name, or delete them for ever first: weir schema delete %s, then again with --permanent", name)
		}
		if unlessAbsent(err) != nil {
			return err
		}
	}
	return nil
}
