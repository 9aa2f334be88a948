package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestLists: by prefix, page by page, with and without what was deleted.
func TestLists(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	r, p := m.registry, m.admin.By
	for _, s := range []string{"b1", "a1", "b2", "c1"} {
		m.register(m.admin, s, avro("o", "a"))
	}
	m.register(m.admin, "b1", avro("o", "a", "b?"))
	_, err := r.DeleteVersion(ctx, m.admin, "b1", 1, false)
	must(t, err)
	_, err = r.DeleteSubject(ctx, m.admin, "c1", false)
	must(t, err)
	for _, c := range []struct {
		w    registry.Which
		want []string
	}{
		{registry.Which{}, []string{"a1", "b1", "b2"}},
		{registry.Which{Prefix: "b"}, []string{"b1", "b2"}},
		{registry.Which{Deleted: registry.DeletedToo}, []string{"a1", "b1", "b2", "c1"}},
		{registry.Which{Deleted: registry.DeletedOnly}, []string{"c1"}},
		{registry.Which{Offset: 1, Limit: 1}, []string{"b1"}},
		{registry.Which{Offset: 9}, []string{}},
		{registry.Which{Prefix: "zz"}, []string{}},
	} {
		if got, err := r.Subjects(ctx, p, c.w); err != nil || !cmp.Equal(got, c.want, cmpopts.EquateEmpty()) {
			t.Errorf("%+v: %v, %v", c.w, got, err)
		}
	}
	for _, c := range []struct {
		w    registry.Which
		want [][2]any
	}{
		{registry.Which{}, [][2]any{{"a1", 1}, {"b1", 2}, {"b2", 1}}},
		{registry.Which{Deleted: registry.DeletedToo, Prefix: "b1"}, [][2]any{{"b1", 1}, {"b1", 2}}},
		{registry.Which{Deleted: registry.DeletedToo, LatestOnly: true, Prefix: "b"}, [][2]any{{"b1", 2}, {"b2", 1}}},
		{registry.Which{Offset: 1, Limit: 1}, [][2]any{{"b1", 2}}},
	} {
		vs, err := m.schemas(p, c.w)
		must(t, err)
		got := [][2]any{}
		for _, v := range vs {
			got = append(got, [2]any{v.Subject, v.Version})
		}
		if !cmp.Equal(got, c.want) {
			t.Errorf("%+v: %v", c.w, got)
		}
	}
	if vs, err := r.Versions(ctx, p, "b1", registry.Which{Deleted: registry.DeletedOnly}); err != nil || !cmp.Equal(vs, []int{1}) {
		t.Errorf("%v, %v", vs, err)
	}
	if vs, err := r.Versions(ctx, p, "a1", registry.Which{Deleted: registry.DeletedOnly}); err != nil || len(vs) != 0 {
		t.Errorf("%v, %v", vs, err)
	}
}

// TestCompare: two versions beside each other, by path.
func TestCompare(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.register(m.admin, "s", avro("o", "a", "gone", "z"))
	m.register(m.admin, "s", avro("o", "a", "new?", "z"))
	c, err := m.registry.Compare(ctx, m.admin.By, "s", 1, registry.Latest)
	must(t, err)
	var got [][2]string
	for _, f := range c.Fields {
		row := [2]string{"", ""}
		if f.Old != nil {
			row[0] = f.Old.Path
		}
		if f.New != nil {
			row[1] = f.New.Path
		}
		if f.Same() != (row[0] == row[1]) {
			t.Errorf("%v: same is %v", row, f.Same())
		}
		got = append(got, row)
	}
	if want := [][2]string{{"a", "a"}, {"gone", ""}, {"", "new"}, {"z", "z"}}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if c.From.Version != 1 || c.To.Version != 2 || len(c.Backward) != 0 || len(c.Forward) != 1 || c.Forward[0].Path != "gone" {
		t.Errorf("%+v", c)
	}
}

func (m *mesh) schemas(p weir.Principal, w registry.Which) ([]registry.Version, error) {
	return allOf(m.registry, p, w)
}

// allOf reads a whole list.
func allOf(r *registry.Registry, p weir.Principal, w registry.Which) ([]registry.Version, error) {
	ctx := context.Background()
	l, err := r.EachSchema(ctx, p, w)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	out := []registry.Version{}
	err = l.Each(ctx, func(v registry.Version) error {
		out = append(out, v)
		return nil
	})
	return out, err
}

// TestListOfTextsIsBounded: a list of more than so many bytes is refused, and
// says which part can be had; that part is.
func TestListOfTextsIsBounded(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	text := fmt.Sprintf(`{"type":"record","name":"r","doc":"%s","fields":[]}`, strings.Repeat("x", 450_000))
	for i := range 150 {
		m.register(m.admin, fmt.Sprint("big", i), text)
	}
	if _, err := m.schemas(m.admin.By, registry.Which{}); faultOf(err) != registry.TooLarge || !strings.Contains(err.Error(), "limit=149") {
		t.Errorf("all at once: %v", err)
	}
	for offset, want := range map[int]int{0: 149, 149: 1} {
		vs, err := m.schemas(m.admin.By, registry.Which{Offset: offset, Limit: 149})
		if err != nil || len(vs) != want {
			t.Errorf("from %d: %d (%v)", offset, len(vs), err)
		}
	}
}
