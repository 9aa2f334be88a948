package schemaregistry_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"
)

// stock is franz-go's client as somebody.
func (m *mesh) stock(as string) *sr.Client {
	m.t.Helper()
	who := m.basic[as]
	c, err := sr.NewClient(sr.URLs(m.url), sr.BasicAuth(who[0], who[1]))
	must(m.t, err)
	return c
}

// coded wants an error with a registry's code.
func coded(t *testing.T, err error, want *sr.Error) {
	t.Helper()
	var e *sr.ResponseError
	if !errors.As(err, &e) || e.SchemaError() == nil || e.SchemaError().Code != want.Code {
		t.Errorf("got %v, want %s", err, want.Name)
	}
}

// TestStockClient is the way of a stock client: it registers, reads back,
// evolves, is refused, and deletes.
func TestStockClient(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	c := m.stock("till")
	const subject = "shop._private.users-value"
	first := sr.Schema{Schema: `{"type":"record","name":"User","fields":[{"name":"id","type":"long"}]}`}
	next := sr.Schema{Schema: `{"type":"record","name":"User","fields":[{"name":"id","type":"long"},{"name":"name","type":"string","default":""}]}`}
	breaks := sr.Schema{Schema: `{"type":"record","name":"User","fields":[{"name":"id","type":"string"}]}`}

	made, err := c.CreateSchema(ctx, subject, first)
	must(t, err)
	want := sr.SubjectSchema{Subject: subject, Version: 1, ID: 1, Schema: first}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	byID, err := c.SchemaByID(ctx, 1)
	must(t, err)
	if diff := cmp.Diff(first, byID); diff != "" {
		t.Error(diff)
	}
	evolved, err := c.CreateSchema(ctx, subject, next)
	must(t, err)
	if evolved.Version != 2 || evolved.ID != 2 {
		t.Errorf("the next version is %+v", evolved)
	}
	_, err = c.CreateSchema(ctx, subject, breaks)
	coded(t, err, sr.ErrIncompatibleSchema)
	found, err := c.LookupSchema(ctx, subject, first)
	must(t, err)
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	_, err = c.LookupSchema(ctx, subject, breaks)
	coded(t, err, sr.ErrSchemaNotFound)
	check, err := c.CheckCompatibility(sr.WithParams(ctx, sr.Verbose), subject, -1, breaks)
	must(t, err)
	if check.Is || len(check.Messages) == 0 {
		t.Errorf("the check says %+v", check)
	}
	stockReads(t, c, subject)
	stockEnds(t, c, subject)
}

func stockReads(t *testing.T, c *sr.Client, subject string) {
	t.Helper()
	ctx := t.Context()
	subjects, err := c.Subjects(ctx)
	must(t, err)
	if diff := cmp.Diff([]string{subject}, subjects); diff != "" {
		t.Error(diff)
	}
	latest, err := c.SchemaByVersion(ctx, subject, -1)
	must(t, err)
	if latest.Version != 2 {
		t.Errorf("the latest is %+v", latest)
	}
	all, err := c.AllSchemas(ctx)
	must(t, err)
	if len(all) != 2 {
		t.Errorf("there are %+v", all)
	}
	types, err := c.SupportedTypes(ctx)
	must(t, err)
	if diff := cmp.Diff([]sr.SchemaType{sr.TypeAvro, sr.TypeProtobuf, sr.TypeJSON}, types); diff != "" {
		t.Error(diff)
	}
	set := c.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatFull}, subject)
	if set[0].Err != nil || set[0].Level != sr.CompatFull {
		t.Errorf("set: %+v", set)
	}
	if got := c.Compatibility(ctx, subject); got[0].Err != nil || got[0].Level != sr.CompatFull {
		t.Errorf("config: %+v", got)
	}
	_, err = c.SchemaByGUID(ctx, "x")
	var e *sr.ResponseError
	if !errors.As(err, &e) || e.StatusCode != 404 || e.ErrorCode != 404 {
		t.Errorf("a GUID: %v", err)
	}
}

func stockEnds(t *testing.T, c *sr.Client, subject string) {
	t.Helper()
	ctx := context.Background()
	must(t, c.DeleteSchema(ctx, subject, 1, sr.SoftDelete))
	coded(t, c.DeleteSchema(ctx, subject, 1, sr.SoftDelete), sr.ErrSchemaVersionSoftDeleted)
	gone, err := c.DeleteSubject(ctx, subject, sr.SoftDelete)
	must(t, err)
	if diff := cmp.Diff([]int{2}, gone); diff != "" {
		t.Error(diff)
	}
	gone, err = c.DeleteSubject(ctx, subject, sr.HardDelete)
	must(t, err)
	if diff := cmp.Diff([]int{1, 2}, gone); diff != "" {
		t.Error(diff)
	}
	_, err = c.SchemaByVersion(ctx, subject, -1)
	coded(t, err, sr.ErrSubjectNotFound)
}

// TestStrangersClient: a stock client with a wrong password is told so.
func TestStrangersClient(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.basic["stranger"] = [2]string{"till", "wrong"}
	_, err := m.stock("stranger").Subjects(t.Context())
	var e *sr.ResponseError
	if !errors.As(err, &e) || e.StatusCode != 401 || e.ErrorCode != 401 {
		t.Errorf("got %v", err)
	}
}
