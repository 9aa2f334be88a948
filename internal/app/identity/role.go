package identity

import (
	"context"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Appointment is a role that a person has, or shall have, somewhere: on the
// mesh if On is empty, else on the product or domain of that name.
type Appointment struct {
	Role   weir.Role
	Person string
	On     string
}

// AddRole gives a person a role; one who has it keeps it. It answers with the
// person.
func (i *Identity) AddRole(ctx context.Context, call weir.Call, a Appointment) (weir.Receipt, error) {
	return i.appoint(ctx, call, "role.add", a, func(_ context.Context, _ weir.View, p *weir.Person, b weir.Binding) error {
		if !has(p, b) {
			p.Roles = append(slices.Clone(p.Roles), b)
		}
		return nil
	})
}

// RemoveRole takes a role away from a person. NotFound when the person does not
// have it; Conflict when nobody would be mesh admin.
func (i *Identity) RemoveRole(ctx context.Context, call weir.Call, a Appointment) (weir.Receipt, error) {
	return i.appoint(ctx, call, "role.remove", a, func(ctx context.Context, v weir.View, p *weir.Person, b weir.Binding) error {
		if !has(p, b) {
			return weir.Errorf(weir.NotFound, "%s is not %s on %s", p.Name, b.Role, b.On).WithFix("see who is: weir role list")
		}
		if b.Role == weir.RoleMeshAdmin {
			if err := lastAdmin(ctx, v, p); err != nil {
				return err
			}
		}
		p.Roles = slices.DeleteFunc(slices.Clone(p.Roles), func(o weir.Binding) bool { return same(o, b) })
		return nil
	})
}

// appoint changes a copy of a person's roles. What is the same afterwards is no
// entry.
func (i *Identity) appoint(ctx context.Context, call weir.Call, op string, a Appointment, edit func(context.Context, weir.View, *weir.Person, weir.Binding) error) (weir.Receipt, error) {
	if len(a.Role.On()) == 0 {
		return weir.Receipt{}, weir.Errorf(weir.Invalid, "%q is no role", a.Role).At("role").WithFix("use one of %v", weir.Roles())
	}
	return i.writer.Submit(ctx, call.Decision(op, func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		on, thing, err := i.place(ctx, v, call.By, a.On)
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := rights.Must(call.By, rights.Appoint, thing, on); err != nil {
			return weir.Outcome{}, err
		}
		if !slices.Contains(a.Role.On(), on.Noun) {
			return weir.Outcome{}, weir.Errorf(weir.Invalid, "nobody is %s on a %s", a.Role, on.Noun).At("on").
				WithFix("give this role on: %v", a.Role.On())
		}
		p, rev, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, Name: a.Person})
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *p
		if err := edit(ctx, v, &next, weir.Binding{Role: a.Role, On: on}); err != nil {
			return weir.Outcome{}, err
		}
		out, err := i.changed("person.roles", p, rev, &next)
		if err != nil || len(out.Changes) == 0 || isAdmin(p) == isAdmin(&next) {
			return out, err
		}
		cs, err := i.followAdmins(ctx, v, &next)
		out.Changes = append(out.Changes, cs...)
		return out, err
	}))
}

// place is where a role is on, as far as the caller may know of it.
func (i *Identity) place(ctx context.Context, v weir.View, by weir.Principal, name string) (weir.Ref, rights.Thing, error) {
	if name == "" {
		m, _, err := weir.Find[*weir.Mesh](ctx, v, weir.Ref{Noun: weir.NounMesh, UID: i.home})
		if err != nil {
			return weir.Ref{}, rights.Thing{}, err
		}
		return m.Ref(), rights.Thing{Noun: weir.NounMesh}, nil
	}
	if _, _, err := weir.SplitProduct(name); err == nil {
		p, _, err := weir.Known[*weir.Product](ctx, v, by, weir.Ref{Noun: weir.NounProduct, Name: name})
		if err != nil {
			return weir.Ref{}, rights.Thing{}, err
		}
		return p.Ref(), rights.OfProduct(weir.NounProduct, p), nil
	}
	d, _, err := weir.Known[*weir.Domain](ctx, v, by, weir.Ref{Noun: weir.NounDomain, Name: name})
	if err != nil {
		return weir.Ref{}, rights.Thing{}, err
	}
	return d.Ref(), rights.Thing{Noun: weir.NounDomain, Domain: d.UID}, nil
}

func has(p *weir.Person, b weir.Binding) bool {
	return slices.ContainsFunc(p.Roles, func(o weir.Binding) bool { return same(o, b) })
}

// same: the uid decides, as in every reference.
func same(a, b weir.Binding) bool {
	return a.Role == b.Role && a.On.Noun == b.On.Noun && a.On.UID == b.On.UID
}

// Roles lists who has which role where, by person: all of it that the caller
// may know of. A person's name and a place's narrow the list, if they are not
// empty.
func (i *Identity) Roles(ctx context.Context, by weir.Principal, person, on string) ([]Appointment, error) {
	v, done, err := i.state.View(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	q := weir.ListQuery{Noun: weir.NounPerson, Scope: by.Scope()}
	var there weir.Ref
	if on != "" {
		if there, _, err = i.place(ctx, v, by, on); err != nil {
			return nil, err
		}
		q.Refers = []weir.UID{there.UID}
	}
	if person != "" {
		if _, _, err := weir.Known[*weir.Person](ctx, v, by, weir.Ref{Noun: weir.NounPerson, Name: person}); err != nil {
			return nil, err
		}
	}
	var out []Appointment
	err = weir.All(ctx, v, q, func(it weir.Item) error {
		p, ok := it.Entity.(*weir.Person)
		if !ok || person != "" && p.Name != person {
			return nil
		}
		for _, b := range p.Roles {
			if on != "" && b.On.UID != there.UID {
				continue
			}
			e, _, err := v.Get(ctx, weir.Ref{Noun: b.On.Noun, UID: b.On.UID})
			if err != nil {
				return err
			}
			if by.Scope().Knows(e.Readers()) {
				out = append(out, Appointment{Role: b.Role, Person: p.Name, On: named(e.Ref())})
			}
		}
		return nil
	})
	return out, err
}

// named is how a place is asked for: the mesh has no name there.
func named(r weir.Ref) string {
	if r.Noun == weir.NounMesh {
		return ""
	}
	return r.Name
}
