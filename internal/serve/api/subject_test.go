package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

const (
	older = `{"type":"record","name":"User","fields":[{"name":"id","type":"long","doc":"Who"},{"name":"gone","type":"string"}]}`
	newer = `{"type":"record","name":"User","fields":[{"name":"id","type":"long","doc":"Who"},{"name":"mail","type":["null","string"],"default":null}]}`
)

// TestCompareSchemas: two versions, and a version with a text that is not
// registered, are the same comparison; in both directions.
func TestCompareSchemas(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.register("a/b c", older)
	m.register("a/b c", newer)
	got, err := m.admin.CompareVersions(ctx, "a/b c", client.VersionPair{From: 1, To: client.Latest})
	must(t, err)
	null := "null"
	id := &client.SchemaField{Path: "id", Type: "long", Doc: "Who"}
	want := []client.SchemaFieldChange{
		{Old: id, New: id},
		{Old: &client.SchemaField{Path: "gone", Type: "string"}},
		{New: &client.SchemaField{Path: "mail", Type: "string", Optional: true, Default: &null}},
	}
	if diff := cmp.Diff(want, got.Fields); diff != "" {
		t.Error(diff)
	}
	if len(got.Backward) != 0 || len(got.Forward) != 1 || got.Forward[0].Path != "gone" || got.Forward[0].Fix == "" || got.From != 1 || got.To != 2 {
		t.Errorf("got %+v", got)
	}
	with, err := m.admin.CompareText(ctx, "a/b c", 1, client.SchemaText{Schema: newer})
	must(t, err)
	if with.To != 0 {
		t.Errorf("a text has the version %d", with.To)
	}
	with.To = got.To
	if diff := cmp.Diff(got, with); diff != "" {
		t.Errorf("with a text:\n%s", diff)
	}
	fields, err := m.admin.SchemaFields(ctx, "a/b c", client.Latest)
	must(t, err)
	if fields.Version != 2 || len(fields.Fields) != 2 || fields.Fields[1].Path != "mail" {
		t.Errorf("fields: %+v", fields)
	}
}

// TestCompareResolvesReferences of a text that is not registered.
func TestCompareResolvesReferences(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.register("money", `{"type":"record","name":"Money","fields":[{"name":"amount","type":"long"}]}`)
	bill := `{"type":"record","name":"Bill","fields":[{"name":"sum","type":"Money"}]}`
	m.register("bill", bill, weir.SchemaReference{Name: "Money", Subject: "money", Version: 1})
	text := client.SchemaText{Schema: bill, References: []client.SchemaReference{{Name: "Money", Subject: "money", Version: 1}}}
	got, err := m.admin.CompareText(t.Context(), "bill", client.Latest, text)
	must(t, err)
	for _, f := range got.Fields {
		if !f.Same() {
			t.Errorf("got %+v, %+v", f.Old, f.New)
		}
	}
	if len(got.Fields) != 2 || got.Fields[1].New.Path != "sum.amount" {
		t.Errorf("got %+v", got.Fields)
	}
}

// TestCompareRefuses what is not there, or cannot be understood, by its name.
func TestCompareRefuses(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("dom")
	m.register("dom._private.secret", older)
	m.register("s", older)
	stranger := m.person("stranger")
	tests := map[string]struct {
		call   func() error
		status int
		want   string
	}{
		"subject": {func() error {
			_, err := m.admin.CompareVersions(ctx, "none", client.VersionPair{From: 1, To: 2})
			return err
		}, http.StatusNotFound, "'none' not found"},
		"version": {func() error {
			_, err := m.admin.CompareVersions(ctx, "s", client.VersionPair{From: 1, To: 2})
			return err
		}, http.StatusNotFound, "Version 2 not found"},
		"no version": {func() error {
			_, err := m.admin.CompareVersions(ctx, "s", client.VersionPair{From: 0, To: 1})
			return err
		}, http.StatusBadRequest, `from: "0" is no version`},
		"text": {func() error {
			_, err := m.admin.CompareText(ctx, "s", 1, client.SchemaText{Schema: "{"})
			return err
		}, http.StatusBadRequest, "1:"},
		"reference": {func() error {
			_, err := m.admin.CompareText(ctx, "s", 1, client.SchemaText{Schema: older, References: []client.SchemaReference{{Name: "x", Subject: "none", Version: 1}}})
			return err
		}, http.StatusBadRequest, "none"},
		"invisible": {func() error {
			_, err := stranger.CompareVersions(ctx, "dom._private.secret", client.VersionPair{From: 1, To: 1})
			return err
		}, http.StatusNotFound, "not found"},
		"invisible fields": {func() error {
			_, err := stranger.SchemaFields(ctx, "dom._private.secret", client.Latest)
			return err
		}, http.StatusNotFound, "not found"},
		"invisible reference": {func() error {
			_, err := stranger.CompareText(ctx, "s", 1, client.SchemaText{Schema: older, References: []client.SchemaReference{{Name: "x", Subject: "dom._private.secret", Version: 1}}})
			return err
		}, http.StatusBadRequest, "dom._private.secret"},
	}
	for name, tt := range tests {
		err := tt.call()
		p, ok := err.(*client.Problem)
		if !ok || p.Status != tt.status || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
