package registry_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestLevels: each level lets through what it says and nothing else. The subject
// has two versions; each row is a third.
func TestLevels(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	// v1 {a}, v2 {a, b?}: adding c with default is fine both ways; adding c
	// without breaks backward; taking a away breaks forward; d is read back only
	// against v2.
	for _, c := range []struct {
		level weir.Compatibility
		text  string
		ok    bool
	}{
		{weir.CompatNone, `"int"`, true},
		{weir.CompatBackward, avro("o", "a", "b?", "c?"), true},
		{weir.CompatBackward, avro("o", "a", "b?", "c"), false},
		{weir.CompatBackward, avro("o", "b?"), true},
		{weir.CompatBackward, avro("o", "a", "b"), true},
		{weir.CompatBackwardTransitive, avro("o", "a", "b"), false},
		{weir.CompatForward, avro("o", "a", "b?", "c"), true},
		{weir.CompatForward, avro("o", "b?"), false},
		{weir.CompatForward, avro("o", "a"), true},
		{weir.CompatForwardTransitive, avro("o", "b?"), false},
		{weir.CompatFull, avro("o", "a", "b?", "c?"), true},
		{weir.CompatFull, avro("o", "a", "b?", "c"), false},
		{weir.CompatFull, avro("o", "b?"), false},
		{weir.CompatFullTransitive, avro("o", "a", "b"), false},
		{weir.CompatFullTransitive, avro("o", "a", "b?", "c?"), true},
	} {
		const s = "levels"
		m.register(m.admin, s, avro("o", "a"))
		m.register(m.admin, s, avro("o", "a", "b?"))
		_, err := m.registry.SetConfig(ctx, m.admin, s, weir.SubjectConfig{Compatibility: c.level})
		must(t, err)
		reg := registry.Registration{Subject: s, Text: c.text}
		verdict, err := m.registry.Check(ctx, m.admin.By, reg, 0)
		must(t, err)
		_, err = m.registry.Register(ctx, m.admin, reg)
		if verdict.Compatible() != c.ok || (err == nil) != c.ok || verdict.Level != c.level {
			t.Errorf("%s %s: verdict %v, registered: %v", c.level, c.text, verdict, err)
		}
		for _, permanent := range []bool{false, true} {
			_, err = m.registry.DeleteSubject(ctx, m.admin, s, permanent)
			must(t, err)
		}
	}
}

// TestConfigIsFilledFromTheMesh: what a subject does not say the mesh says; the
// rest is kept when one field is set.
func TestConfigIsFilledFromTheMesh(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	r, p := m.registry, m.admin.By
	if c, err := r.Config(ctx, p, "", false); err != nil || c.Compatibility != weir.CompatBackward {
		t.Errorf("%v, %v", c, err)
	}
	yes := true
	_, err := r.SetConfig(ctx, m.admin, "", weir.SubjectConfig{Compatibility: weir.CompatFull, Normalize: &yes})
	must(t, err)
	_, err = r.SetConfig(ctx, m.admin, "s", weir.SubjectConfig{CompatibilityGroup: "major"})
	must(t, err)
	got, err := r.SetConfig(ctx, m.admin, "s", weir.SubjectConfig{Compatibility: weir.CompatForward})
	must(t, err)
	if want := (weir.SubjectConfig{Compatibility: weir.CompatForward, CompatibilityGroup: "major"}); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got, err = r.Config(ctx, p, "s", true); err != nil || got.Normalize == nil || got.Compatibility != weir.CompatForward {
		t.Errorf("%v, %v", got, err)
	}
	if was, err := r.DeleteConfig(ctx, m.admin, "s"); err != nil || was.Compatibility != weir.CompatForward {
		t.Errorf("%v, %v", was, err)
	}
	if got, err = r.Config(ctx, p, "s", true); err != nil || got.Compatibility != weir.CompatFull {
		t.Errorf("%v, %v", got, err)
	}
	if was, err := r.DeleteConfig(ctx, m.admin, ""); err != nil || was.Compatibility != weir.CompatFull {
		t.Errorf("%v, %v", was, err)
	}
	if got, err = r.Config(ctx, p, "anything", true); err != nil || !cmp.Equal(got, weir.SubjectConfig{Compatibility: weir.CompatBackward}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := r.SetConfig(ctx, m.member("ours"), "", weir.SubjectConfig{Compatibility: weir.CompatNone}); !weir.Denied.In(err) {
		t.Errorf("the mesh's by a member: %v", err)
	}
}

// TestCompatibilityGroup: versions of another group are not compared.
func TestCompatibilityGroup(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	_, err := m.registry.SetConfig(ctx, m.admin, "s", weir.SubjectConfig{CompatibilityGroup: "major"})
	must(t, err)
	register := func(major, text string) error {
		_, err := m.registry.Register(ctx, m.admin, registry.Registration{
			Subject: "s", Text: text, Metadata: &weir.Metadata{Properties: map[string]string{"major": major}},
		})
		return err
	}
	must(t, register("1", avro("o", "a")))
	must(t, register("2", avro("o", "b")))
	must(t, register("1", avro("o", "a", "c?")))
	if err := register("2", avro("o", "b", "c")); faultOf(err) != registry.Incompatible {
		t.Errorf("the same group: %v", err)
	}
}

// TestWhatConfigurationAdds: defaults and overrides stand around what a schema
// says itself; the number of the version is kept where it is wanted; a later
// schema inherits.
func TestWhatConfigurationAdds(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	set := func() {
		t.Helper()
		_, err := m.registry.SetConfig(ctx, m.admin, "s", weir.SubjectConfig{
			DefaultMetadata:  &weir.Metadata{Properties: map[string]string{"owner": "nobody", "team": "x"}},
			OverrideMetadata: &weir.Metadata{Properties: map[string]string{"team": "y"}},
			DefaultRuleSet:   &weir.RuleSet{DomainRules: []weir.Rule{{Name: "r", Type: "CEL", Expr: "true"}}},
		})
		must(t, err)
	}
	m.register(m.admin, "s", avro("o", "a"))
	set()
	var err error
	plain := m.register(m.admin, "s", avro("o", "a"))
	if plain.Metadata == nil || plain.Version != 2 {
		t.Errorf("the same text, now with defaults, is version %d with %v", plain.Version, plain.Metadata)
	}
	for _, permanent := range []bool{false, true} {
		_, err = m.registry.DeleteVersion(ctx, m.admin, "s", 2, permanent)
		must(t, err)
		_, err = m.registry.DeleteVersion(ctx, m.admin, "s", 1, permanent)
		must(t, err)
	}
	set()
	v, err := m.registry.Register(ctx, m.admin, registry.Registration{
		Subject: "s", Text: avro("o", "a"), Version: -1,
		Metadata: &weir.Metadata{Properties: map[string]string{"owner": "me"}},
	})
	must(t, err)
	want := map[string]string{"owner": "me", "team": "y", "confluent:version": "1"}
	if !cmp.Equal(v.Metadata.Properties, want) {
		t.Error(cmp.Diff(want, v.Metadata.Properties))
	}
	rules := []weir.Rule{{Name: "r", Type: "CEL", Expr: "true", Kind: "TRANSFORM", Mode: "WRITEREAD"}}
	if v.RuleSet == nil || !cmp.Equal(v.RuleSet.DomainRules, rules) {
		t.Errorf("rules %v", v.RuleSet)
	}
	next, err := m.registry.Register(ctx, m.admin, registry.Registration{Subject: "s", Text: avro("o", "a", "b?")})
	must(t, err)
	if want["confluent:version"] = "2"; next.Version != 2 || !cmp.Equal(next.Metadata.Properties, want) {
		t.Errorf("version %d with %v", next.Version, next.Metadata)
	}
	found, err := m.registry.LatestWith(ctx, m.admin.By, "s", map[string]string{"confluent:version": "1"}, registry.LivingOnly)
	if err != nil || found.Version != 1 {
		t.Errorf("%v, %v", found, err)
	}
	only, err := m.registry.Register(ctx, m.admin, registry.Registration{Subject: "s", Metadata: &weir.Metadata{Properties: map[string]string{"owner": "you"}}})
	if err != nil || only.Version != 3 || only.Text != next.Text || only.ID == next.ID {
		t.Errorf("metadata alone: %v, %v", only, err)
	}
}
