package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestCheckIsBounded: a level that compares with every version compares only so
// much, says so, and the way out that it names is one.
func TestCheckIsBounded(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	level := func(l weir.Compatibility) {
		_, err := m.registry.SetConfig(ctx, m.admin, "big", weir.SubjectConfig{Compatibility: l})
		must(t, err)
		m.shown()
	}
	level(weir.CompatNone)
	text := func(i int, typ string) string {
		return fmt.Sprintf(`{"type":"record","name":"r","doc":"%d%s","fields":[{"name":"f","type":"%s"}]}`, i, strings.Repeat("x", 450_000), typ)
	}
	const fit = registry.MaxCompared / 900_200
	for i := range fit {
		m.register(m.admin, "big", text(i, "string"))
	}
	level(weir.CompatFullTransitive)
	next := registry.Registration{Subject: "big", Text: text(fit, "string")}
	if v, err := m.registry.Check(ctx, m.admin.By, next, 0); err != nil || !v.Compatible() {
		t.Fatalf("as much as fits: %v, %v", v.Findings, err)
	}
	m.register(m.admin, "big", next.Text)
	next.Text = text(fit+1, "string")
	if _, err := m.registry.Check(ctx, m.admin.By, next, 0); faultOf(err) != registry.TooLarge || !strings.Contains(err.Error(), "--set BACKWARD") {
		t.Errorf("more than fits: %v", err)
	}
	if _, err := m.registry.Register(ctx, m.admin, next); faultOf(err) != registry.TooLarge {
		t.Errorf("registering it: %v", err)
	}
	wrong := registry.Registration{Subject: "big", Text: text(0, "long")}
	if v, err := m.registry.Check(ctx, m.admin.By, wrong, 0); err != nil || v.Compatible() {
		t.Errorf("what is found before the bound counts: %v, %v", v, err)
	}
	level(weir.CompatBackward)
	m.register(m.admin, "big", next.Text)
}

// TestTransitiveFindings: findings come from the last version to the first, each
// with its version, as if all were compared together.
func TestTransitiveFindings(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	for _, fields := range [][]string{{"a"}, {"a", "b?"}, {"a", "b?", "c?"}} {
		m.register(m.admin, "s", avro("r", fields...))
	}
	_, err := m.registry.SetConfig(ctx, m.admin, "s", weir.SubjectConfig{Compatibility: weir.CompatBackwardTransitive})
	must(t, err)
	m.shown()
	v, err := m.registry.Check(ctx, m.admin.By, registry.Registration{Subject: "s", Text: avro("r", "a", "b")}, 0)
	must(t, err)
	if len(v.Findings) != 1 || v.Findings[0].Version != 1 || v.Level != weir.CompatBackwardTransitive {
		t.Errorf("%+v", v)
	}
	v, err = m.registry.Check(ctx, m.admin.By, registry.Registration{Subject: "s", Text: avro("r", "z")}, 0)
	must(t, err)
	var at []int
	for _, f := range v.Findings {
		at = append(at, f.Version)
	}
	if fmt.Sprint(at) != "[3 2 1]" {
		t.Errorf("versions %v", at)
	}
}
