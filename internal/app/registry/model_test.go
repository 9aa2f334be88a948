package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// model is what a registry does with histories, said once more and without any
// rule about rights, references or compatibility.
type model struct {
	schemas  map[weir.SchemaID]int // by id, which of the texts it is
	subjects map[string]*history
}

type history struct {
	versions []entry
	mode     weir.SubjectMode
}

type entry struct {
	n       int
	id      weir.SchemaID
	deleted bool
}

func (m *model) of(subject string) *history {
	if m.subjects[subject] == nil {
		m.subjects[subject] = &history{mode: weir.ModeReadWrite}
	}
	return m.subjects[subject]
}

// lowest is the id of a text, the greatest one plus one if it has none.
func (m *model) lowest(text int) weir.SchemaID {
	var greatest, found weir.SchemaID
	for id, t := range m.schemas {
		greatest = max(greatest, id)
		if t == text && (found == 0 || id < found) {
			found = id
		}
	}
	if found == 0 {
		return greatest + 1
	}
	return found
}

func (h *history) living() []entry {
	return slices.DeleteFunc(slices.Clone(h.versions), func(e entry) bool { return e.deleted })
}

func (h *history) next() int {
	if len(h.versions) == 0 {
		return 1
	}
	return h.versions[len(h.versions)-1].n + 1
}

func (h *history) put(e entry) {
	h.versions = slices.DeleteFunc(h.versions, func(o entry) bool { return o.n == e.n })
	h.versions = append(h.versions, e)
	slices.SortFunc(h.versions, func(a, b entry) int { return a.n - b.n })
}

// answer is version and id, or a fault.
type answer struct {
	version int
	id      weir.SchemaID
	fault   registry.Fault
}

func (m *model) register(subject string, text int) answer {
	h := m.of(subject)
	for _, e := range slices.Backward(h.living()) {
		if m.schemas[e.id] == text {
			return answer{version: e.n, id: e.id}
		}
	}
	if h.mode != weir.ModeReadWrite {
		return answer{fault: registry.NotPermitted}
	}
	id, n := m.lowest(text), h.next()
	m.schemas[id] = text
	h.versions = slices.DeleteFunc(h.versions, func(e entry) bool { return e.deleted && e.id == id })
	h.put(entry{n: n, id: id})
	return answer{version: n, id: id}
}

func (m *model) imported(subject string, text, version int, id weir.SchemaID) answer {
	h := m.of(subject)
	if version == 0 {
		for _, e := range slices.Backward(h.living()) {
			if e.id == id && m.schemas[id] == text {
				return answer{version: e.n, id: id}
			}
		}
		version = h.next()
	}
	if h.mode != weir.ModeImport {
		return answer{fault: registry.NotPermitted}
	}
	if had, ok := m.schemas[id]; ok && had != text {
		return answer{fault: registry.IDMismatch}
	}
	for _, e := range h.versions {
		if e.n == version && e.id != id {
			return answer{fault: registry.NotPermitted}
		}
	}
	m.schemas[id] = text
	h.put(entry{n: version, id: id})
	return answer{version: version, id: id}
}

func (m *model) deleteVersion(subject string, n int, permanent bool) registry.Fault {
	h := m.of(subject)
	if len(h.versions) == 0 {
		return registry.NoSubject
	}
	i := slices.IndexFunc(h.versions, func(e entry) bool { return e.n == n })
	switch {
	case i < 0:
		return registry.NoVersion
	case !permanent && h.versions[i].deleted:
		return registry.VersionSoftDeleted
	case h.mode == weir.ModeReadOnly:
		return registry.NotPermitted
	case permanent && !h.versions[i].deleted:
		return registry.VersionNotSoftDeleted
	case permanent:
		h.versions = slices.Delete(h.versions, i, i+1)
	default:
		h.versions[i].deleted = true
		h.ended()
	}
	return 0
}

// ended forgets the mode of a subject of which nothing lives.
func (h *history) ended() {
	if len(h.living()) == 0 && h.mode != weir.ModeImport {
		h.mode = weir.ModeReadWrite
	}
}

func (m *model) deleteSubject(subject string, permanent bool) registry.Fault {
	h := m.of(subject)
	switch {
	case len(h.versions) == 0:
		return registry.NoSubject
	case !permanent && len(h.living()) == 0:
		return registry.SubjectSoftDeleted
	case h.mode == weir.ModeReadOnly:
		return registry.NotPermitted
	case permanent && len(h.living()) > 0:
		return registry.SubjectNotSoftDeleted
	case permanent:
		h.versions = nil
	default:
		for i := range h.versions {
			h.versions[i].deleted = true
		}
		h.ended()
	}
	return 0
}

func (m *model) setMode(subject string, mode weir.SubjectMode, force bool) registry.Fault {
	h := m.of(subject)
	if mode == weir.ModeImport && h.mode != mode && !force {
		if len(h.living()) > 0 {
			return registry.NotPermitted
		}
		h.versions = nil
	}
	h.mode = mode
	return 0
}

// dump writes some subjects of a model as dumpOf writes those of a registry.
func (m *model) dump(names []string) string {
	var out []string
	for _, name := range names {
		for _, e := range m.of(name).versions {
			out = append(out, fmt.Sprintf("%s %d: id %d text %d deleted %v", name, e.n, e.id, m.schemas[e.id], e.deleted))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func modelText(i int) string { return avro("m", fmt.Sprintf("f%d", i)) }

// dumpOf writes every version that a registry has of the subjects with a prefix.
func dumpOf(t *rapid.T, r *registry.Registry, p weir.Principal, prefix string) string {
	vs, err := allOf(r, p, registry.Which{Prefix: prefix, Deleted: registry.DeletedToo})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, v := range vs {
		text := slices.IndexFunc([]int{0, 1, 2, 3}, func(i int) bool { return v.Text == modelText(i) })
		out = append(out, fmt.Sprintf("%s %d: id %d text %d deleted %v", v.Subject, v.Version, v.ID, text, v.Deleted))
		byID, err := r.ByID(context.Background(), p, v.ID, v.Subject)
		if err != nil || byID.Text != v.Text || byID.Subject != v.Subject {
			t.Errorf("by id %d: %s, %v", v.ID, byID.Text, err)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// faultOf is what an error means to registries.
func faultOf(err error) registry.Fault {
	var f registry.Fault
	errors.As(err, &f)
	return f
}

// TestHistories: registering, deleting softly and for ever, registering again and
// importing do what the model says, in any order; and an index made anew from the
// state answers as the one that followed.
func TestHistories(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	_, err := m.registry.SetConfig(ctx, m.admin, "", weir.SubjectConfig{Compatibility: weir.CompatNone})
	must(t, err)
	run := 0
	want := &model{schemas: map[weir.SchemaID]int{}, subjects: map[string]*history{}}
	rapid.Check(t, func(rt *rapid.T) {
		run++
		names := []string{fmt.Sprintf("r%d-a", run), fmt.Sprintf("r%d-b", run)}
		t := step{rt, m, want, names}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			t.one(ctx)
		}
		prefix := fmt.Sprintf("r%d-", run)
		followed := dumpOf(rt, m.registry, m.admin.By, prefix)
		if model := want.dump(names); followed != model {
			rt.Fatalf("registry:\n%s\nmodel:\n%s", followed, model)
		}
		if run%10 == 0 {
			x, err := registry.NewIndex(ctx, m.state, m.ledger)
			if err != nil {
				rt.Fatal(err)
			}
			all := dumpOf(rt, m.registry, m.admin.By, "")
			if anew := dumpOf(rt, m.with(x), m.admin.By, ""); anew != all {
				rt.Fatalf("followed:\n%s\nmade anew:\n%s", all, anew)
			}
		}
	})
}

// step does one thing to the registry and to the model.
type step struct {
	*rapid.T
	m     *mesh
	want  *model
	names []string
}

func (s step) one(ctx context.Context) {
	subject := rapid.SampledFrom(s.names).Draw(s.T, "subject")
	text := rapid.IntRange(0, 3).Draw(s.T, "text")
	n := rapid.IntRange(1, 5).Draw(s.T, "version")
	yes := rapid.Bool().Draw(s.T, "yes")
	switch op := rapid.SampledFrom([]string{"register", "register", "import", "delete", "delete", "end", "mode"}).Draw(s.T, "op"); op {
	case "register":
		s.same(ctx, s.want.register(subject, text), registry.Registration{Subject: subject, Text: modelText(text)})
	case "import":
		id := weir.SchemaID(rapid.IntRange(1, 9).Draw(s.T, "id"))
		if yes {
			n = 0
		}
		s.same(ctx, s.want.imported(subject, text, n, id), registry.Registration{Subject: subject, Text: modelText(text), ID: id, Version: n})
	case "delete":
		_, err := s.m.registry.DeleteVersion(ctx, s.m.admin, subject, n, yes)
		s.fault(s.want.deleteVersion(subject, n, yes), err)
	case "end":
		_, err := s.m.registry.DeleteSubject(ctx, s.m.admin, subject, yes)
		s.fault(s.want.deleteSubject(subject, yes), err)
	case "mode":
		mode := rapid.SampledFrom([]weir.SubjectMode{weir.ModeReadWrite, weir.ModeReadOnly, weir.ModeImport, weir.ModeImport}).Draw(s.T, "mode")
		_, err := s.m.registry.SetMode(ctx, s.m.admin, subject, mode, yes)
		s.fault(s.want.setMode(subject, mode, yes), err)
	}
}

func (s step) same(ctx context.Context, want answer, reg registry.Registration) {
	v, err := s.m.registry.Register(ctx, s.m.admin, reg)
	s.fault(want.fault, err)
	if err == nil && (v.ID != want.id || v.Version != want.version) {
		s.Fatalf("%s %s: %d/%d, the model says %d/%d", reg.Subject, reg.Text, v.Version, v.ID, want.version, want.id)
	}
}

func (s step) fault(want registry.Fault, err error) {
	s.Helper()
	if got := faultOf(err); got != want || err != nil && got == 0 {
		s.Fatalf("%v, which is fault %d; the model says %d", err, got, want)
	}
}
