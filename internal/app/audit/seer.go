package audit

import (
	"context"
	"encoding/json"

	"github.com/weirmesh/weir"
)

// seer looks things up for one viewer, each once.
type seer struct {
	ctx   context.Context
	v     weir.View
	scope weir.Scope
	names map[weir.Ref]named
	err   error
}

type named struct {
	name  string
	lives bool // and the viewer may know of it
}

// find is what the viewer may know of a thing now.
func (s *seer) find(r weir.Ref) named {
	key := weir.Ref{Noun: r.Noun, UID: r.UID}
	if r.UID.IsZero() {
		key = r
	}
	n, ok := s.names[key]
	if ok || s.err != nil {
		return n
	}
	e, _, err := s.v.Get(s.ctx, key)
	switch {
	case err == nil && s.scope.Knows(e.Readers()):
		n = named{name: e.Ref().Name, lives: true}
	case err != nil && !weir.NotFound.In(err):
		s.err = err
	}
	s.names[key] = n
	return n
}

func (s *seer) lives(r weir.Ref) bool { return s.find(r).lives }

// name is what a thing is called now; empty if it is gone or hidden.
func (s *seer) name(n weir.Noun, u weir.UID) string { return s.find(weir.Ref{Noun: n, UID: u}).name }

// roles takes out of what changed of people's roles those on things that the
// viewer may not know of: everybody may know of the person. The changes of the
// entry itself stay as they are.
func (s *seer) roles(cs []weir.Change) []weir.Change {
	out := cs
	for i, c := range cs {
		if c.Ref.Noun != weir.NounPerson || s.scope.All {
			continue
		}
		ds := make([]weir.Diff, 0, len(c.Diff))
		for _, d := range c.Diff {
			if d.Path == "roles" {
				d.Old, d.New = s.known(d.Old), s.known(d.New)
			}
			ds = append(ds, d)
		}
		if &out[0] == &cs[0] {
			out = append([]weir.Change(nil), cs...)
		}
		out[i].Diff = ds
	}
	return out
}

// known is a list of bindings without those on what is hidden or gone.
func (s *seer) known(list json.RawMessage) json.RawMessage {
	var known []weir.Binding
	for _, b := range bindings(list) {
		if s.lives(b.On) {
			known = append(known, b)
		}
	}
	out, err := weir.Canonical(known)
	if err != nil || known == nil {
		return nil
	}
	return out
}

func bindings(list json.RawMessage) []weir.Binding {
	var all []weir.Binding
	if len(list) == 0 || json.Unmarshal(list, &all) != nil {
		return nil
	}
	return all
}
