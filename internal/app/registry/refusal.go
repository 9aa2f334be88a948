package registry

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// refused says why somebody may not write a subject and what to do: it is the
// first sentence that most people hear of a registry. It tells of domains and
// teams, which everybody may know, and of a product only to its domain's own.
func refused(ctx context.Context, v weir.View, p weir.Principal, does, name string, o owner, err error) error {
	var e *weir.Error
	if !errors.As(err, &e) || e.Kind != weir.Denied {
		return err
	}
	d, t, lookErr := whose(ctx, v, name, o)
	if lookErr != nil {
		return lookErr
	}
	out := weir.Errorf(weir.Denied, "%s may not %s subject %s", p.Ref, does, name)
	out.Ref = e.Ref
	product, _, _, ofProduct := weir.SplitSubject(name)
	switch {
	case d == nil && inDomain(name) == "":
		return out.WithFix("subjects of products are DOMAIN.PRODUCT.v1-key and -value, a domain's own are DOMAIN._private.NAME and DOMAIN._shared.NAME; any other is written by a mesh admin")
	case d != nil && d.UID.Own():
		return out.WithFix("%s", e.Fix)
	case d == nil:
		return out.WithFix("there is no domain %s; ask a mesh admin to make it: weir domain create %s --team TEAM", inDomain(name), inDomain(name))
	case !slices.Contains(p.Domains, d.UID):
		return out.WithFix("team %s owns the domain %s: ask a member of it or a mesh admin", t.Name, d.Name)
	case ofProduct && o.product == nil:
		product, _ := weir.SplitMajor(product)
		if there, _, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, Name: product}); err == nil {
			return out.WithFix("the subjects of product %s are %s and %s", product, there.Subject(weir.OfKey), there.Subject(weir.OfValue))
		}
		return out.WithFix("there is no product with this subject; make it first: weir product create %s --schema FILE (its subjects are %s.v1-key and -value)", product, product)
	}
	return out.WithFix("it belongs to the mesh: ask a mesh admin")
}

// hurting lets the refusal of a schema that may not follow name whom it would
// hurt.
func (r *Registry) hurting(ctx context.Context, p weir.Principal, s seen, err error) error {
	var f Fault
	var e *weir.Error
	if r.cfg.Hurts == nil || s.owner.product == nil || !errors.As(err, &f) || f != Incompatible || !errors.As(err, &e) {
		return err
	}
	whom := r.cfg.Hurts.Hurts(ctx, p, s.owner.product.Name)
	if whom == "" {
		return err
	}
	out := *e
	out.Msg += "; it would hurt " + whom
	return &out
}

// inDomain is the domain that a subject's name says, "" if it says none.
func inDomain(subject string) string {
	if d, ok := weir.SplitPrivateSubject(subject); ok {
		return d
	}
	if d, ok := weir.SplitSharedSubject(subject); ok {
		return d
	}
	product, _, _, _ := weir.SplitSubject(subject)
	d, _, _ := strings.Cut(product, ".")
	return d
}

// whose finds the domain of a subject, by whose it is or else by its name, and
// the domain's team; nil if there is none.
func whose(ctx context.Context, v weir.View, name string, o owner) (*weir.Domain, *weir.Team, error) {
	ref := weir.Ref{Noun: weir.NounDomain, UID: o.domain}
	if o.domain.IsZero() {
		ref.Name = inDomain(name)
	}
	if ref.UID.IsZero() && ref.Name == "" {
		return nil, nil, nil
	}
	d, _, err := weir.Find[*weir.Domain](ctx, v, ref)
	if err != nil {
		return nil, nil, unlessAbsent(err)
	}
	t, _, err := weir.Find[*weir.Team](ctx, v, weir.Ref{Noun: weir.NounTeam, UID: d.Team})
	return d, t, err
}
