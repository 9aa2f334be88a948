package registry

import (
	"slices"

	"github.com/weirmesh/weir"
)

// apply takes one more record.
func (x *Index) apply(r weir.Record) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range r.Entry.Changes {
		if err := x.applyChange(c); err != nil {
			return err
		}
	}
	x.at = r.Offset
	close(x.moved)
	x.moved = make(chan struct{})
	return nil
}

func (x *Index) applyChange(c weir.Change) error {
	switch c.Ref.Noun {
	case weir.NounText:
		x.texts[c.Ref.Name] = c.Ref.UID // a text is never deleted
		return nil
	case weir.NounMesh, weir.NounDomain, weir.NounProduct, weir.NounTopic, weir.NounSchema, weir.NounSubject:
	default:
		return nil
	}
	if c.Deleted {
		return x.put(c.Ref, nil, c.Rev)
	}
	e, err := weir.DecodeEntity(c.Ref.Noun, c.Body)
	if err != nil {
		return err
	}
	return x.put(c.Ref, e, c.Rev)
}

// put takes an entity's new state; nil is its end.
func (x *Index) put(r weir.Ref, e weir.Entity, rev weir.Revision) error {
	switch r.Noun {
	case weir.NounMesh:
		x.mesh, x.meshRev = e.(*weir.Mesh), rev // a mesh is never deleted
	case weir.NounSchema:
		return x.putSchema(e.(*weir.Schema)) // nor is a schema
	case weir.NounSubject:
		s, _ := e.(*weir.Subject)
		x.putSubject(r.UID, s, rev)
	case weir.NounDomain:
		delete(x.domains, x.named[r.UID])
		if x.rename(r.UID, e); e != nil {
			x.domains[r.Name] = r.UID
		}
	case weir.NounProduct:
		p, _ := e.(*weir.Product)
		x.putProduct(r.UID, p)
	case weir.NounTopic:
		delete(x.topics, x.named[r.UID])
		if x.rename(r.UID, e); e != nil && e.(*weir.Topic).State != weir.TopicEnding {
			x.topics[r.Name] = true
		}
	}
	return nil
}

func (x *Index) rename(u weir.UID, e weir.Entity) {
	delete(x.named, u)
	if e != nil {
		x.named[u] = e.Ref().Name
	}
}

// putSchema takes a new schema.
func (x *Index) putSchema(s *weir.Schema) error {
	h, err := contentOf(s)
	if err != nil {
		return err
	}
	k := &known{Schema: s, content: h}
	x.schemas[s.UID], x.byID[s.ID] = k, k
	x.content[h] = insert(x.content[h], k)
	for _, r := range s.References {
		at := place{r.Subject, r.Version}
		if !slices.Contains(x.referred[at], k) {
			x.referred[at] = insert(x.referred[at], k)
		}
	}
	x.greatest = max(x.greatest, s.ID)
	return nil
}

// insert keeps a list of schemas sorted by id.
func insert(ks []*known, k *known) []*known {
	i, _ := slices.BinarySearchFunc(ks, k.ID, func(k *known, id weir.SchemaID) int { return int(k.ID) - int(id) })
	return slices.Insert(ks, i, k)
}

// putSubject takes a subject's new state; nil is its end.
func (x *Index) putSubject(u weir.UID, next *weir.Subject, rev weir.Revision) {
	h, was := x.byUID[u]
	var before, after []weir.SubjectVersion
	if was {
		before = h.Versions
	}
	switch {
	case next == nil && was:
		delete(x.byUID, u)
		delete(x.byName, h.Name)
		i, _ := slices.BinarySearch(x.names, h.Name)
		x.names = slices.Delete(x.names, i, i+1)
		x.move(h.Name, before, nil)
		return
	case next == nil:
		return
	case !was:
		h = &held{}
		x.byUID[u], x.byName[next.Name] = h, h
		i, _ := slices.BinarySearch(x.names, next.Name)
		x.names = slices.Insert(x.names, i, next.Name)
	}
	h.Subject, h.rev, after = next, rev, next.Versions
	x.move(next.Name, before, after)
}

// move makes the schemas of a subject's versions know where they are. Both lists
// are ascending.
func (x *Index) move(subject string, before, after []weir.SubjectVersion) {
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].Version < after[0].Version:
			x.unuse(before[0].Schema, place{subject, before[0].Version})
			before = before[1:]
		case len(before) == 0 || after[0].Version < before[0].Version:
			x.use(after[0].Schema, place{subject, after[0].Version})
			after = after[1:]
		default:
			if before[0].Schema != after[0].Schema {
				x.unuse(before[0].Schema, place{subject, before[0].Version})
				x.use(after[0].Schema, place{subject, after[0].Version})
			}
			before, after = before[1:], after[1:]
		}
	}
}

func (x *Index) use(schema weir.UID, at place) {
	if k, ok := x.schemas[schema]; ok {
		i, _ := slices.BinarySearchFunc(k.uses, at, place.compare)
		k.uses = slices.Insert(k.uses, i, at)
	}
}

func (x *Index) unuse(schema weir.UID, at place) {
	if k, ok := x.schemas[schema]; ok {
		if i, found := slices.BinarySearchFunc(k.uses, at, place.compare); found {
			k.uses = slices.Delete(k.uses, i, i+1)
		}
	}
}
