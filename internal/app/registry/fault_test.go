package registry_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// world is a mesh with something of everything.
func world(t *testing.T) *mesh {
	m, ctx := newMesh(t), context.Background()
	m.register(m.admin, "living", avro("o", "a"))
	m.register(m.admin, "living", avro("o", "a", "b?"))
	m.register(m.admin, "half", avro("o", "a"))
	m.register(m.admin, "half", avro("o", "a", "b?"))
	_, err := m.registry.DeleteVersion(ctx, m.admin, "half", 1, false)
	must(t, err)
	m.register(m.admin, "dead", avro("o", "a"))
	_, err = m.registry.DeleteSubject(ctx, m.admin, "dead", false)
	must(t, err)
	m.register(m.admin, "base", avro("base", "x"))
	_, err = m.registry.Register(ctx, m.admin, registry.Registration{
		Subject: "refers", Text: `{"type":"record","name":"r","fields":[{"name":"b","type":"base"}]}`,
		References: []weir.SchemaReference{{Name: "base", Subject: "base", Version: 1}},
	})
	must(t, err)
	_, err = m.registry.SetMode(ctx, m.admin, "closed", weir.ModeReadOnly, false)
	must(t, err)
	_, err = m.registry.SetMode(ctx, m.admin, "imports", weir.ModeImport, false)
	must(t, err)
	return m
}

// TestFaults: every failure that registries have a code for is told as that one,
// in their words.
func TestFaults(t *testing.T) {
	t.Parallel()
	m, ctx := world(t), context.Background()
	r, p, call := m.registry, m.admin.By, m.admin
	register := func(reg registry.Registration) error { _, err := r.Register(ctx, call, reg); return err }
	deleteVersion := func(s string, n int, permanent bool) error {
		_, err := r.DeleteVersion(ctx, call, s, n, permanent)
		return err
	}
	deleteSubject := func(s string, permanent bool) error { _, err := r.DeleteSubject(ctx, call, s, permanent); return err }
	version := func(s string, n int, d registry.Deleted) error { _, err := r.Version(ctx, p, s, n, d); return err }
	lookup := func(s, text string) error {
		_, err := r.Lookup(ctx, p, registry.Registration{Subject: s, Text: text}, registry.LivingOnly)
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		is   registry.Fault
		kind weir.ErrKind
		says string
	}{
		{"no subject", version("nothing", 1, registry.LivingOnly), registry.NoSubject, weir.NotFound, "Subject 'nothing' not found."},
		{"all deleted", version("dead", 1, registry.LivingOnly), registry.NoSubject, weir.NotFound, "Subject 'dead' not found."},
		{"no version", version("living", 9, registry.LivingOnly), registry.NoVersion, weir.NotFound, "Version 9 not found."},
		{"deleted version", version("half", 1, registry.LivingOnly), registry.NoVersion, weir.NotFound, "Version 1 not found."},
		{"version 0", version("living", 0, registry.LivingOnly), registry.InvalidVersion, weir.Invalid, "The specified version '0' is not a valid version id."},
		{"no id", errOf(r.ByID(ctx, p, 4711, "")), registry.NoSchema, weir.NotFound, "Schema 4711 not found"},
		{"no uses", errOf(r.Uses(ctx, p, 4711, registry.Which{})), registry.NoSchema, weir.NotFound, "Schema 4711 not found"},
		{"lookup", lookup("living", avro("o", "z")), registry.NoSchema, weir.NotFound, "Schema not found"},
		{"lookup nowhere", lookup("nothing", avro("o", "a")), registry.NoSubject, weir.NotFound, "Subject 'nothing' not found."},
		{"lookup of nonsense", lookup("living", "{"), registry.InvalidSchema, weir.Invalid, ""},
		{"soft twice", deleteSubject("dead", false), registry.SubjectSoftDeleted, weir.NotFound, "Subject 'dead' was soft deleted.Set permanent=true to delete permanently"},
		{"for ever at once", deleteSubject("living", true), registry.SubjectNotSoftDeleted, weir.NotFound, "Subject 'living' was not deleted first before being permanently deleted"},
		{"version twice", deleteVersion("half", 1, false), registry.VersionSoftDeleted, weir.NotFound, "Subject 'half' Version 1 was soft deleted.Set permanent=true to delete permanently"},
		{"version at once", deleteVersion("half", 2, true), registry.VersionNotSoftDeleted, weir.NotFound, "Subject 'half' Version 2 was not deleted first before being permanently deleted"},
		{"delete nothing", deleteSubject("nothing", false), registry.NoSubject, weir.NotFound, "Subject 'nothing' not found."},
		{"no config", errOf(r.Config(ctx, p, "living", false)), registry.NoSubjectConfig, weir.NotFound, "Subject 'living' does not have subject-level compatibility configured"},
		{"no mode", errOf(r.Mode(ctx, p, "living", false)), registry.NoSubjectMode, weir.NotFound, "Subject 'living' does not have subject-level mode configured"},
		{"no config to delete", errOf(r.DeleteConfig(ctx, call, "living")), registry.NoSubject, weir.NotFound, "Subject 'living' not found."},
		{"no mode to delete", errOf(r.DeleteMode(ctx, call, "living")), registry.NoSubject, weir.NotFound, "Subject 'living' not found."},
		{"incompatible", register(registry.Registration{Subject: "living", Text: avro("o", "a", "must")}), registry.Incompatible, weir.Conflict, "must"},
		{"nonsense", register(registry.Registration{Subject: "living", Text: `{"type":"what"}`}), registry.InvalidSchema, weir.Invalid, ""},
		{"no language", register(registry.Registration{Subject: "living", Format: "XML", Text: `<a/>`}), registry.InvalidSchema, weir.Invalid, "Invalid schema type XML"},
		{"no text", register(registry.Registration{Subject: "nothing"}), registry.InvalidSchema, weir.Invalid, "Empty schema"},
		{"wrong number", register(registry.Registration{Subject: "living", Text: avro("o", "a", "c?"), Version: 9}), registry.InvalidSchema, weir.Invalid, "Version is not one more than previous version"},
		{"no reference", register(registry.Registration{Subject: "living", Text: avro("o", "a"), References: []weir.SchemaReference{{Name: "x", Subject: "nothing", Version: 1}}}), registry.InvalidSchema, weir.Invalid, `No schema reference found for subject "nothing" and version 1`},
		{"no level", errOf(r.SetConfig(ctx, call, "living", weir.SubjectConfig{Compatibility: "SOME"})), registry.InvalidLevel, weir.Invalid, "Invalid compatibility level."},
		{"no such mode", errOf(r.SetMode(ctx, call, "living", "SOME", false)), registry.InvalidMode, weir.Invalid, "Invalid mode."},
		{"read-only", register(registry.Registration{Subject: "closed", Text: avro("o", "a")}), registry.NotPermitted, weir.Conflict, "Subject closed is in read-only mode"},
		{"read-only config", errOf(r.SetConfig(ctx, call, "closed", weir.SubjectConfig{Compatibility: "FULL"})), registry.NotPermitted, weir.Conflict, "Subject closed is in read-only mode"},
		{"id unasked", register(registry.Registration{Subject: "living", Text: avro("o", "a", "c?"), ID: 77}), registry.NotPermitted, weir.Conflict, "Subject living is not in import mode"},
		{"import without id", register(registry.Registration{Subject: "imports", Text: avro("o", "a")}), registry.NotPermitted, weir.Conflict, "Subject imports is not in read-write mode"},
		{"import into full", errOf(r.SetMode(ctx, call, "living", weir.ModeImport, false)), registry.NotPermitted, weir.Conflict, "Cannot import since found existing subjects"},
		{"import all", errOf(r.SetMode(ctx, call, "", weir.ModeImport, false)), registry.NotPermitted, weir.Conflict, "Cannot import since found existing subjects"},
		{"taken id", register(registry.Registration{Subject: "imports", Text: avro("o", "new"), ID: 1, Version: 1}), registry.IDMismatch, weir.Conflict, "Overwrite new schema with id 1 is not permitted."},
		{"referred version", deleteVersion("base", 1, false), registry.ReferenceExists, weir.Conflict, "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=base,version=1}."},
		{"referred subject", deleteSubject("base", false), registry.ReferenceExists, weir.Conflict, "One or more references exist"},
		{"another context", register(registry.Registration{Subject: ":.x:s", Text: avro("o", "a")}), registry.InvalidSubject, weir.Invalid, "context"},
		{"no name", register(registry.Registration{Subject: "a\x01", Text: avro("o", "a")}), registry.InvalidSubject, weir.Invalid, ""},
		{"too large", register(registry.Registration{Subject: "living", Text: `"` + strings.Repeat(" ", weir.MaxBody) + `string"`}), registry.TooLarge, weir.Limit, ""},
		{"rule", register(registry.Registration{Subject: "living", Text: avro("o", "a"), RuleSet: &weir.RuleSet{DomainRules: []weir.Rule{{}}}}), registry.InvalidRuleSet, weir.Invalid, "Missing rule name"},
		{"rule twice", register(registry.Registration{Subject: "living", Text: avro("o", "a"), RuleSet: &weir.RuleSet{DomainRules: []weir.Rule{{Name: "a", Type: "T"}, {Name: "a", Type: "T"}}}}), registry.InvalidRuleSet, weir.Invalid, "Found rule with duplicate name 'a'"},
		{"check against nothing", errOf(r.Check(ctx, p, registry.Registration{Subject: "nothing", Text: avro("o", "a")}, 1)), registry.NoSubject, weir.NotFound, "Subject 'nothing' not found."},
		{"check against deleted", errOf(r.Check(ctx, p, registry.Registration{Subject: "half", Text: avro("o", "a")}, 1)), registry.NoVersion, weir.NotFound, "Version 1 not found."},
		{"metadata", errOf(r.LatestWith(ctx, p, "living", map[string]string{"a": "b"}, registry.LivingOnly)), registry.NoSchema, weir.NotFound, "Schema not found"},
	} {
		if got := faultOf(c.err); got != c.is || weir.KindOf(c.err) != c.kind || c.err == nil || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: fault %d of kind %s, wanted %d of kind %s saying %q: %v", c.name, got, weir.KindOf(c.err), c.is, c.kind, c.says, c.err)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// TestIncompatibleSaysWhatToDo: a serialiser shows only the message, so it names
// subject, field, rule, version, level, and what to do.
func TestIncompatibleSaysWhatToDo(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.register(m.admin, "orders-value", avro("o", "a"))
	_, err := m.registry.Register(context.Background(), m.admin, registry.Registration{Subject: "orders-value", Text: avro("o", "a", "email")})
	msg := errorMsg(t, err)
	if !strings.HasPrefix(msg, `Schema being registered is incompatible with an earlier schema for subject "orders-value", details: [{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'email: `) {
		t.Error(msg)
	}
	for _, want := range []string{"email", "READER_FIELD_MISSING_DEFAULT_VALUE", "version 1", "oldSchemaVersion:1", "BACKWARD", "default"} {
		if !strings.Contains(msg, want) {
			t.Errorf("no %q in %s", want, msg)
		}
	}
}

func errorMsg(t *testing.T, err error) string {
	t.Helper()
	e, ok := err.(*weir.Error)
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	return e.Public()
}
