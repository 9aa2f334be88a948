package api_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
)

const members = `{"type":"record","name":"Member","fields":[
	{"name":"userid","type":"string","doc":"Who.","confluent:tags":["PII"]},
	{"name":"address","type":{"type":"record","name":"Address","fields":[{"name":"street","type":"string"}]}},
	{"name":"registertime","type":"long"}]}`

func ptr[T any](v T) *T { return &v }

// everything is all that one can tell about a product.
func everything() client.Telling {
	return client.Telling{
		Type: ptr("aggregate"), Purpose: ptr("p"), Usage: ptr("u"), Limitations: ptr("l"), Quality: ptr("curated"), SLA: ptr("tier-2"),
		SLOs:    []client.SLO{{Property: "freshness", Value: 60, Unit: "s"}, {Property: "completeness", Value: 99.5, Unit: "percent"}},
		Support: []client.Support{{Channel: "mail", URL: "mailto:a@example.com"}}, Tags: []string{"area:finance", "pii:email"},
		Documentation: ptr("# All\n"), Terms: ptr("Be kind.\n"), EventTime: ptr("registertime"), Lateness: ptr("5m"),
		Fields: []client.NoteEdit{{Path: "address.street", Description: ptr("Where."), Classification: ptr("personal"), Tags: []string{"pii:address"}, Term: ptr("place"), Unit: ptr("text"), Examples: []string{"Main Street, 1", "Höhe 2"}}},
	}
}

// told makes a glossary and a product that tells everything.
func (m *mesh) told(name, visibility string) client.Product {
	m.t.Helper()
	_, err := m.admin.CreateTerm(m.t.Context(), client.NewTerm{Name: "place", Definition: "Where somebody is"})
	must(m.t, err)
	p, err := m.admin.CreateProduct(m.t.Context(), client.NewProduct{Name: name, Encoding: "avro", Schema: members, Visibility: visibility, Telling: everything()})
	must(m.t, err)
	return p
}

func TestEverythingIsTold(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	p := m.told("dom.members", "mesh")
	want := client.About{
		Type: "aggregate", Lifecycle: "active", Purpose: "p", Usage: "u", Limitations: "l", Quality: "curated", SLA: "tier-2",
		SLOs: everything().SLOs, Support: everything().Support, Tags: everything().Tags,
		Documentation: "/api/v1/products/dom.members/documentation", Terms: "/api/v1/products/dom.members/terms", EventTime: "registertime", Lateness: "5m",
	}
	if diff := cmp.Diff(want, p.About); diff != "" {
		t.Error(diff)
	}
	fs, err := m.admin.ProductFields(t.Context(), "dom.members")
	must(t, err)
	wantFields := client.ProductFields{Product: "dom.members", Subject: "dom.members.v1-value", Fields: []client.ProductField{
		{Path: "userid", Type: "string", Description: "Who.", DescriptionFrom: "schema", Classification: "personal", ClassificationFrom: "schema", Tags: []client.FieldTag{{Tag: "PII", From: "schema"}}},
		{Path: "address", Type: "record Address"},
		{
			Path: "address.street", Type: "string", Description: "Where.", DescriptionFrom: "product", Classification: "personal", ClassificationFrom: "product",
			Tags: []client.FieldTag{{Tag: "pii:address", From: "product"}}, Term: "place", Unit: "text", Examples: []string{"Main Street, 1", "Höhe 2"},
		},
		{Path: "registertime", Type: "long"},
	}}
	if diff := cmp.Diff(wantFields, fs); diff != "" {
		t.Error(diff)
	}
	doc, err := m.admin.Documentation(t.Context(), "dom.members")
	must(t, err)
	terms, err := m.admin.ProductTerms(t.Context(), "dom.members")
	must(t, err)
	if doc != "# All\n" || terms != "Be kind.\n" {
		t.Errorf("%q %q", doc, terms)
	}
	for name, text := range map[string]string{"documentation": doc, "terms": terms} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.url+"/api/v1/products/dom.members/"+name, nil)
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+m.token)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		res.Body.Close()
		if ct := res.Header.Get("Content-Type"); ct != "text/markdown; charset=utf-8" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s (%q) is %s", name, text, ct)
		}
	}
	empty, err := m.admin.EditProduct(t.Context(), "dom.members", client.ProductEdit{Telling: client.Telling{
		Purpose: ptr(""), Quality: ptr(""), SLOs: []client.SLO{}, Support: []client.Support{}, Tags: []string{}, Documentation: ptr(""), Terms: ptr(""),
		EventTime: ptr(""), Lateness: ptr(""), Fields: []client.NoteEdit{{Path: "address.street", Clear: true}},
	}})
	must(t, err)
	want = client.About{Type: "aggregate", Lifecycle: "active", Usage: "u", Limitations: "l", SLA: "tier-2"}
	if diff := cmp.Diff(want, empty.About); diff != "" {
		t.Errorf("emptied:\n%s", diff)
	}
}

// TestWhatIsToldFollowsVisibility asks for everything new about a hidden product
// as somebody of its domain, as one with a role on it, and as a stranger.
func TestWhatIsToldFollowsVisibility(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	m.told("dom.hidden", "domain")
	member, reader, stranger := m.person("member", "dom"), m.person("reader"), m.person("stranger")
	m.appoint("reader", "reader", "dom.hidden")
	m.appoint("steward", "stranger", "")
	ctx := t.Context()
	for name, ask := range map[string]func(*client.Client) error{
		"fields":        func(c *client.Client) error { _, err := c.ProductFields(ctx, "dom.hidden"); return err },
		"documentation": func(c *client.Client) error { _, err := c.Documentation(ctx, "dom.hidden"); return err },
		"terms":         func(c *client.Client) error { _, err := c.ProductTerms(ctx, "dom.hidden"); return err },
	} {
		if err := ask(member); err != nil {
			t.Errorf("a member asks for %s: %v", name, err)
		}
		if err := ask(reader); err != nil {
			t.Errorf("a reader asks for %s: %v", name, err)
		}
		refused(t, ask(stranger), http.StatusNotFound)
	}
	_, err := stranger.EditProduct(ctx, "dom.hidden", client.ProductEdit{Telling: client.Telling{Fields: []client.NoteEdit{{Path: "nope", Unit: ptr("x")}}}})
	refused(t, err, http.StatusNotFound)
	if strings.Contains(err.Error(), "street") {
		t.Errorf("it names fields: %v", err)
	}
	err = stranger.DeleteTerm(ctx, "place")
	refused(t, err, http.StatusConflict, "that you do not know of")
	if strings.Contains(err.Error(), "dom.hidden") {
		t.Errorf("it names the product: %v", err)
	}
	refused(t, m.admin.DeleteTerm(ctx, "place"), http.StatusConflict, "dom.hidden address.street")
	es, err := stranger.Entries(ctx, client.EntryFilter{})
	must(t, err)
	all, err := json.Marshal(es)
	must(t, err)
	if strings.Contains(string(all), "dom.hidden") || strings.Contains(string(all), "Where.") {
		t.Error("the stranger finds it in the audit")
	}
}

// TestUsualAccess is open, unless a field is personal or secret, by the schema or
// by a note, or one says so.
func TestUsualAccess(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	note := func(path, class string) client.Telling {
		return client.Telling{Fields: []client.NoteEdit{{Path: path, Classification: &class}}}
	}
	for name, c := range map[string]struct {
		n    client.NewProduct
		want string
	}{
		"plain":     {client.NewProduct{}, "open"},
		"untagged":  {client.NewProduct{Encoding: "avro", Schema: users}, "open"},
		"tagged":    {client.NewProduct{Encoding: "avro", Schema: members}, "request"},
		"said":      {client.NewProduct{Encoding: "avro", Schema: members, Access: "open"}, "open"},
		"noted":     {client.NewProduct{Encoding: "avro", Schema: users, Telling: note("userid", "secret")}, "request"},
		"weaker":    {client.NewProduct{Encoding: "avro", Schema: members, Telling: note("userid", "public")}, "open"},
		"internal":  {client.NewProduct{Telling: note("a", "internal")}, "open"},
		"no-schema": {client.NewProduct{Telling: note("a", "personal")}, "request"},
	} {
		c.n.Name = "dom." + name
		p, err := m.admin.CreateProduct(t.Context(), c.n)
		must(t, err)
		if p.Access != c.want {
			t.Errorf("%s: %s, want %s", name, p.Access, c.want)
		}
	}
}

func TestTellingRefused(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	m.told("dom.members", "mesh")
	for part, tell := range map[string]client.Telling{
		"fields.0.path: the schema has no field \"adress.street\"; did you mean address.street": {Fields: []client.NoteEdit{{Path: "adress.street", Unit: ptr("x")}}},
		"did you mean address.street?":   {Fields: []client.NoteEdit{{Path: "home.street", Unit: ptr("x")}}},
		"expected array length <= 10":    {Fields: []client.NoteEdit{{Path: "userid", Examples: slices.Repeat([]string{"x"}, 11)}}},
		"an example that is empty":       {Fields: []client.NoteEdit{{Path: "userid", Examples: []string{""}}}},
		"eventTime: the schema":          {EventTime: ptr("registered")},
		"has no term \"nothing\"":        {Fields: []client.NoteEdit{{Path: "userid", Term: ptr("nothing")}}},
		"control character":              {Documentation: ptr("a\x00b")},
		"use at most 262144":             {Terms: ptr(strings.Repeat("x", 256<<10+1))},
		"lateness":                       {Lateness: ptr("soon")},
		"write KEY:VALUE":                {Tags: []string{"finance"}},
		"two objectives of latency":      {SLOs: []client.SLO{{Property: "latency", Value: 1, Unit: "s"}, {Property: "latency", Value: 2, Unit: "s"}}},
		"in the unit \"percent\"":        {SLOs: []client.SLO{{Property: "availability", Value: 1, Unit: "s"}}},
		"begin it with https:":           {Support: []client.Support{{Channel: "x", URL: "javascript:alert(1)"}}},
		"the product has no tag \"a:b\"": {RemoveTags: []string{"a:b"}},
		"quality":                        {Quality: ptr("good")},
	} {
		_, err := m.admin.EditProduct(t.Context(), "dom.members", client.ProductEdit{Telling: tell})
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("want %q, got %v", part, err)
		}
	}
}

// TestSecondEditIsToldTheDifference: who edits what another changed meanwhile is
// told by whom, when, and what.
func TestSecondEditIsToldTheDifference(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	p := m.told("dom.members", "mesh")
	olga := m.person("olga", "dom")
	_, err := olga.EditProduct(t.Context(), p.Name, client.ProductEdit{Telling: client.Telling{Purpose: ptr("hers"), Fields: []client.NoteEdit{{Path: "userid", Unit: ptr("x")}}}})
	must(t, err)
	_, err = m.admin.EditProduct(t.Context(), p.Name, client.ProductEdit{Telling: client.Telling{Purpose: ptr("mine")}}, client.IfMatch(p.Revision))
	refused(t, err, http.StatusPreconditionFailed, `purpose was "p", is "hers" (olga, 20`, "fields.userid was nothing")
}

// TestAuditOfAnEditIsReadable: one line for each field, with both values, and no
// long text.
func TestAuditOfAnEditIsReadable(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	m.told("dom.members", "mesh")
	_, err := m.admin.EditProduct(t.Context(), "dom.members", client.ProductEdit{Telling: client.Telling{
		Quality: ptr("raw"), AddTags: []string{"a:b"}, Fields: []client.NoteEdit{{Path: "address.street", Unit: ptr("words")}, {Path: "userid", Classification: ptr("secret")}},
	}})
	must(t, err)
	es, err := m.admin.Entries(t.Context(), client.EntryFilter{About: "product/dom.members", Limit: 1})
	must(t, err)
	got := map[string]string{}
	for _, f := range es[0].Changes[0].Fields {
		got[f.Path] = string(f.Old) + " > " + string(f.New)
	}
	for path, want := range map[string]string{
		"quality": `"curated" > "raw"`, "tags": `["area:finance","pii:email"] > ["area:finance","pii:email","a:b"]`,
		"fields": " > ", "fields.userid": ` > {"classification":"secret","path":"userid"}`,
	} {
		if got[path] != want {
			t.Errorf("%s: %s, want %s", path, got[path], want)
		}
	}
	if street := got["fields.address.street"]; !strings.Contains(street, `"unit":"text"`) || !strings.Contains(street, `"unit":"words"`) || len(got) != 5 {
		t.Errorf("%d fields: %v", len(got), got)
	}
}

// TestStringsThatHurt puts texts that are known to hurt into every text and name:
// they are taken and given back as they were, or refused.
func TestStringsThatHurt(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("WEIR_CORPORA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("WEIR_CORPORA is not set")
		}
		t.Skip("SKIPPED: WEIR_CORPORA is not set, so no strings are tried")
	}
	b, err := os.ReadFile(filepath.Join(dir, "strings", "blns.json"))
	must(t, err)
	var hurt []string
	must(t, json.Unmarshal(b, &hurt))
	m := newMesh(t)
	m.domain("dom")
	_, err = m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "dom.plain"})
	must(t, err)
	var notes []client.NoteEdit
	want := map[string]string{}
	for _, s := range hurt {
		_, err := m.admin.EditProduct(t.Context(), "dom.none", client.ProductEdit{Telling: client.Telling{Purpose: &s, Type: &s}})
		if err == nil {
			t.Errorf("a type is called %q", s)
		}
		if _, err := m.admin.AddRole(t.Context(), client.Role{Role: s, Person: "admin"}); err == nil {
			t.Errorf("a role is called %q", s)
		}
		_, err = m.admin.CreateTerm(t.Context(), client.NewTerm{Name: s, Definition: "x"})
		if err == nil && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("a term is called %q", s)
		}
		if path := "f " + s; s != "" && want[path] == "" && !strings.ContainsFunc(s, bad) {
			want[path] = s
			notes = append(notes, client.NoteEdit{Path: path, Description: &s})
		}
	}
	if len(notes) < len(hurt)*9/10 {
		t.Errorf("%d of %d are texts", len(notes), len(hurt))
	}
	all := strings.Join(hurt, "\n")
	all = strings.Map(func(r rune) rune {
		if bad(r) {
			return ' '
		}
		return r
	}, all)
	_, err = m.admin.EditProduct(t.Context(), "dom.plain", client.ProductEdit{Telling: client.Telling{Documentation: &all, Fields: notes}})
	must(t, err)
	doc, err := m.admin.Documentation(t.Context(), "dom.plain")
	must(t, err)
	if doc != all {
		t.Error("the documentation is another")
	}
	fs, err := m.admin.ProductFields(t.Context(), "dom.plain")
	must(t, err)
	got := map[string]string{}
	for _, f := range fs.Fields {
		got[f.Path] = f.Description
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// bad is what no text may hold.
func bad(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffd
}

func rulesOf(ws []client.Warning) []string {
	var rules []string
	for _, w := range ws {
		rules = append(rules, w.Rule)
	}
	return rules
}
