package registry_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestInvisibleDoesNotExist: to who may not know of a subject, it and its schemas
// are as if they were not there, whatever one asks.
func TestInvisibleDoesNotExist(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	const hidden = "ours._private.x-value"
	ours, theirs := m.member("ours"), m.member("theirs")
	id := m.register(ours, hidden, avro("x", "secret")).ID
	m.register(m.admin, "base", avro("base", "x"))
	refers := registry.Registration{
		Subject: "ours._private.refers", Text: `{"type":"array","items":"base"}`,
		References: []weir.SchemaReference{{Name: "base", Subject: "base", Version: 1}},
	}
	_, err := m.registry.Register(ctx, ours, refers)
	must(t, err)
	_, err = m.registry.SetConfig(ctx, ours, hidden, weir.SubjectConfig{Compatibility: weir.CompatFull})
	must(t, err)
	r, p := m.registry, theirs.By
	for name, c := range map[string]struct {
		got  error
		want error
	}{
		"version":                 {errOf(r.Version(ctx, p, hidden, 1, registry.DeletedToo)), errOf(r.Version(ctx, p, "nothing", 1, registry.DeletedToo))},
		"versions":                {errOf(r.Versions(ctx, p, hidden, registry.Which{})), errOf(r.Versions(ctx, p, "nothing", registry.Which{}))},
		"by id":                   {errOf(r.ByID(ctx, p, id, "")), errOf(r.ByID(ctx, p, 4711, ""))},
		"by id there":             {errOf(r.ByID(ctx, p, id, hidden)), errOf(r.ByID(ctx, p, 4711, hidden))},
		"uses":                    {errOf(r.Uses(ctx, p, id, registry.Which{})), errOf(r.Uses(ctx, p, 4711, registry.Which{}))},
		"lookup":                  {errOf(r.Lookup(ctx, p, registry.Registration{Subject: hidden, Text: avro("x", "secret")}, registry.DeletedToo)), errOf(r.Lookup(ctx, p, registry.Registration{Subject: "nothing", Text: avro("x", "secret")}, registry.DeletedToo))},
		"check":                   {errOf(r.Check(ctx, p, registry.Registration{Subject: hidden, Text: avro("x", "y")}, 1)), errOf(r.Check(ctx, p, registry.Registration{Subject: "nothing", Text: avro("x", "y")}, 1))},
		"check latest":            {errOf(r.Check(ctx, p, registry.Registration{Subject: hidden, Text: avro("x", "y")}, registry.Latest)), nil},
		"latest with":             {errOf(r.LatestWith(ctx, p, hidden, nil, registry.LivingOnly)), errOf(r.LatestWith(ctx, p, "nothing", nil, registry.LivingOnly))},
		"fields":                  {errOf(r.Fields(ctx, p, hidden, 1)), errOf(r.Fields(ctx, p, "nothing", 1))},
		"referenced by":           {errOf(r.ReferencedBy(ctx, p, hidden, 1, registry.Which{})), errOf(r.ReferencedBy(ctx, p, "nothing", 1, registry.Which{}))},
		"compare":                 {errOf(r.Compare(ctx, p, hidden, 1, 1)), errOf(r.Compare(ctx, p, "nothing", 1, 1))},
		"config":                  {errOf(r.Config(ctx, p, hidden, false)), errOf(r.Config(ctx, p, "nothing", false))},
		"mode":                    {errOf(r.Mode(ctx, p, hidden, false)), errOf(r.Mode(ctx, p, "nothing", false))},
		"delete version":          {errOf(r.DeleteVersion(ctx, theirs, hidden, 1, false)), errOf(r.DeleteVersion(ctx, theirs, "nothing", 1, false))},
		"delete subject":          {errOf(r.DeleteSubject(ctx, theirs, hidden, false)), errOf(r.DeleteSubject(ctx, theirs, "nothing", false))},
		"register":                {errOf(r.Register(ctx, theirs, registry.Registration{Subject: hidden, Text: avro("x", "y")})), errOf(r.Register(ctx, theirs, registry.Registration{Subject: "ours._private.nothing", Text: avro("x", "y")}))},
		"register there":          {errOf(r.Register(ctx, theirs, registry.Registration{Subject: hidden, Text: avro("x", "secret")})), errOf(r.Register(ctx, theirs, registry.Registration{Subject: "ours._private.nothing", Text: avro("x", "secret")}))},
		"set config":              {errOf(r.SetConfig(ctx, theirs, hidden, weir.SubjectConfig{Compatibility: "FULL"})), errOf(r.SetConfig(ctx, theirs, "ours._private.nothing", weir.SubjectConfig{Compatibility: "FULL"}))},
		"check with a reference":  {errOf(r.Check(ctx, p, refersTo(hidden), 0)), errOf(r.Check(ctx, p, refersTo("nothing"), 0))},
		"lookup with a reference": {errOf(r.Lookup(ctx, p, refersTo(hidden), 0)), errOf(r.Lookup(ctx, p, refersTo("nothing"), 0))},
		"a reference":             {errOf(r.Register(ctx, theirs, refersTo(hidden))), errOf(r.Register(ctx, theirs, refersTo("nothing")))},
	} {
		if weir.KindOf(c.got) != weir.KindOf(c.want) || faultOf(c.got) != faultOf(c.want) || (c.got == nil) != (c.want == nil) {
			t.Errorf("%s: %v; of what is not there: %v", name, c.got, c.want)
		}
	}
	names, err := r.Subjects(ctx, p, registry.Which{})
	must(t, err)
	if want := []string{"base"}; !cmp.Equal(names, want) {
		t.Errorf("subjects %v", names)
	}
	if all, err := m.schemas(p, registry.Which{}); err != nil || len(all) != 1 {
		t.Errorf("schemas %v, %v", all, err)
	}
	if ids, err := r.ReferencedBy(ctx, p, "base", 1, registry.Which{}); err != nil || len(ids) != 0 {
		t.Errorf("referenced by %v, %v", ids, err)
	}
	if ids, err := r.ReferencedBy(ctx, ours.By, "base", 1, registry.Which{}); err != nil || len(ids) != 1 {
		t.Errorf("referenced by %v for our own, %v", ids, err)
	}
}

// refersTo is a registration of theirs that refers to a subject.
func refersTo(subject string) registry.Registration {
	return registry.Registration{
		Subject: "theirs._private.y", Text: `{"type":"array","items":"x"}`,
		References: []weir.SchemaReference{{Name: "x", Subject: subject, Version: 1}},
	}
}

// TestReferenceToInvisibleSubject: a schema that the mesh sees refers to nothing
// that it does not see, though the author may see it.
func TestReferenceToInvisibleSubject(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.register(m.admin, "ours._private.x", avro("x", "a"))
	reg := refersTo("ours._private.x")
	for subject, ok := range map[string]bool{"public": false, "theirs._private.y": false, "ours._private.y": true} {
		reg.Subject = subject
		_, err := m.registry.Register(ctx, m.admin, reg)
		if (err == nil) != ok || err != nil && faultOf(err) != registry.InvalidSchema {
			t.Errorf("%s: %v", subject, err)
		}
	}
}
