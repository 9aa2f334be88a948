package queries_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/queries"
	"github.com/weirmesh/weir/internal/app/registry"
)

const large = `SELECT id, price * 2 AS twice, email FROM shop.orders WHERE price > 10`

// TestCreate: a query comes with all that it needs, in one entry.
func TestCreate(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	before := m.ledger.Head().Offset
	q := m.create(m.as("ann"), "shop.large", large)
	if q.Wish != weir.QueryRun || q.Run != 1 || q.OnFailure != weir.FailureAside || len(q.Inputs) != 1 {
		t.Errorf("the query is %+v", q)
	}
	p := find[*weir.Product](m, weir.NounProduct, "shop.large")
	if p.UID != q.Product || p.Stage() != weir.Proposed || p.Visibility != weir.VisibleDomain || p.Major != 1 || !slices.Equal(p.Key, []string{"id"}) {
		t.Errorf("its product is %+v", p)
	}
	var app *weir.Application
	m.look(func(v weir.View) (err error) {
		app, _, err = weir.Find[*weir.Application](t.Context(), v, weir.Ref{Noun: weir.NounApplication, UID: q.Application})
		return err
	})
	if !app.Query || app.Team != find[*weir.Team](m, weir.NounTeam, "shop").UID {
		t.Errorf("its application is %+v", app)
	}
	if m.there(weir.NounCredential, app.Name) {
		t.Error("somebody could log in as the query")
	}
	for _, topic := range []string{"shop.large.v1", "shop._private.large-aside", q.Journal()} {
		if !m.there(weir.NounTopic, topic) {
			t.Errorf("there is no topic %s", topic)
		}
	}
	rs := m.since(before)
	if n := slices.IndexFunc(rs, func(r weir.Record) bool { return r.Entry.Op == "query.create" }); n < 0 || len(rs[n].Entry.Changes) < 7 {
		t.Errorf("the query is not one entry: %d", n)
	}
	job, err := m.Job(t.Context(), q)
	must(t, err)
	if job.Sources[0].Topic != "shop.orders.v1" || job.Sink.Topic != "shop.large.v1" || job.Aside != "shop._private.large-aside" || job.MaxState != queries.DefaultState {
		t.Errorf("its job is %+v", job)
	}
}

// TestClassificationFlowsOn: what is made of a personal field is personal in the
// product that a query makes, and only those get it who are allowed; masked it is
// not.
func TestClassificationFlowsOn(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(func(p *catalog.NewProduct) { p.Access = weir.AccessOpen })
	for _, c := range []struct {
		name, sql string
		want      map[string]weir.Classification
		access    weir.AccessMode
	}{
		{"as-it-is", `SELECT id, email FROM shop.orders`, map[string]weir.Classification{"email": weir.ClassPersonal}, weir.AccessRequest},
		{"in-a-function", `SELECT id, upper(email) || '!' AS who FROM shop.orders`, map[string]weir.Classification{"who": weir.ClassPersonal}, weir.AccessRequest},
		{"of-the-latest", `SELECT id, max(email) AS last FROM shop.orders GROUP BY id`, map[string]weir.Classification{"last": weir.ClassPersonal}, weir.AccessRequest},
		{"masked", `SELECT id, mask_hash(email) AS who FROM shop.orders`, nil, weir.AccessOpen},
		{"without", `SELECT id, price FROM shop.orders`, nil, weir.AccessOpen},
	} {
		m.create(m.as("ann"), "shop."+c.name, c.sql)
		p := find[*weir.Product](m, weir.NounProduct, "shop."+c.name)
		var got map[string]weir.Classification
		for _, f := range p.Fields {
			if f.Classification != "" {
				if got == nil {
					got = map[string]weir.Classification{}
				}
				got[f.Path] = f.Classification
			}
		}
		if d := cmp.Diff(c.want, got); d != "" || p.Access != c.access {
			t.Errorf("%s is %s, want %s: %s", c.name, p.Access, c.access, d)
		}
	}
	m.create(m.as("ann"), "shop.twice-derived", `SELECT id, lower(who) AS again FROM shop."in-a-function"`)
	p := find[*weir.Product](m, weir.NounProduct, "shop.twice-derived")
	if len(p.Fields) != 1 || p.Fields[0].Classification != weir.ClassPersonal {
		t.Errorf("over two queries it is %+v", p.Fields)
	}
	u, err := m.Explain(t.Context(), m.as("ann").By, `SELECT again FROM shop."twice-derived"`, "")
	must(t, err)
	if u.Depth != 3 {
		t.Errorf("its depth is %d", u.Depth)
	}
}

// TestRefusals: what is refused makes nothing, and says what to do.
func TestRefusals(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	m.create(m.as("ann"), "shop.large", large)
	_, err := m.catalog.CreateProduct(t.Context(), m.as("ann"), catalog.NewProduct{Name: "shop.plain"})
	must(t, err)
	m.made()
	before := m.ledger.Head().Offset
	for _, c := range []struct {
		what, person, name, sql string
		kind                    weir.ErrKind
		words                   []string
	}{
		{"another statement", "ann", "shop.large", `SELECT id FROM shop.orders`, weir.Exists, []string{"weir query create shop.large.v2"}},
		{"a product that is there", "ann", "shop.orders", `SELECT id FROM shop.orders`, weir.Exists, []string{"shop.orders exists already"}},
		{"no name", "ann", "large", `SELECT id FROM shop.orders`, weir.Invalid, []string{"one part"}},
		{"a major of its own", "ann", "shop.other.v3", `SELECT id FROM shop.orders`, weir.Invalid, []string{"there is no product shop.other.v2"}},
		{"no column", "ann", "shop.other", `SELECT nope FROM shop.orders`, weir.Invalid, []string{"1:8", "no column nope"}},
		{"no schema", "ann", "shop.other", `SELECT id FROM shop.plain`, weir.Invalid, []string{"weir schema register shop.plain.v1-value"}},
		{"no product", "ann", "shop.other", `SELECT id FROM shop.odrers`, weir.NotFound, []string{"there is no product shop.odrers"}},
		{"a domain of others", "dora", "shop.other", `SELECT 1 AS one FROM shop.large`, weir.NotFound, []string{"shop.large"}},
	} {
		_, err := m.Create(t.Context(), m.as(c.person), queries.NewQuery{Product: c.name, Statement: c.sql})
		refused(t, c.what, err, c.kind, c.words...)
	}
	for _, r := range m.since(before) {
		for _, ch := range r.Entry.Changes {
			if ch.Ref.Noun != weir.NounToken {
				t.Errorf("something was made: %s", ch.Ref)
			}
		}
	}
}

// TestCreateWhileInputsChange: a statement is understood again when an input
// changed between that and the entry.
func TestCreateWhileInputsChange(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(func(p *catalog.NewProduct) { p.Encoding, p.Schema = weir.EncodingAvro, orders })
	ann := m.as("ann")
	m.submit.first = func() {
		_, err := m.registry.Register(t.Context(), ann, registry.Registration{Subject: "shop.orders.v1-value", Text: grown})
		must(t, err)
		must(t, m.index.Wait(t.Context(), m.ledger.Head().Offset))
	}
	_, err := m.Create(t.Context(), ann, queries.NewQuery{Product: "shop.all", Statement: `SELECT * FROM shop.orders`})
	must(t, err)
	m.made()
	_, s, err := m.registry.LatestSchema(t.Context(), "shop.all.v1-value")
	must(t, err)
	if n := len(s.Fields()); n != 4 {
		t.Errorf("the product has %d fields, want those of the newer schema", n)
	}
	u, err := m.Understand(t.Context(), find[*weir.Query](m, weir.NounQuery, "shop.all"))
	must(t, err)
	if len(u.Columns) != 4 {
		t.Errorf("it has %d columns", len(u.Columns))
	}
}

// TestMajors: the next major of a product is another query, beside the one before.
func TestMajors(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	ann := m.as("ann")
	one := m.create(ann, "shop.large", large)
	two := m.create(ann, "shop.large.v2", `SELECT id, price FROM shop.orders`)
	p := find[*weir.Product](m, weir.NounProduct, "shop.large.v2")
	if p.Major != 2 || p.Topic() != "shop.large.v2" || p.Subject(weir.OfValue) != "shop.large.v2-value" {
		t.Errorf("it is %+v", p)
	}
	for _, q := range []*weir.Query{one, two} {
		job, err := m.Job(t.Context(), q)
		must(t, err)
		if job.Sink.Topic != weir.TopicOf(q.Name) {
			t.Errorf("%s writes %s", q.Name, job.Sink.Topic)
		}
	}
	if one.Aside == two.Aside || one.Application == two.Application || one.Journal() == two.Journal() {
		t.Error("they share something")
	}
	for sql, depth := range map[string]int{`SELECT price FROM shop."large.v2"`: 2, `SELECT twice FROM shop."large.v1"`: 2, `SELECT twice FROM shop.large`: 2} {
		u, err := m.Explain(t.Context(), ann.By, sql, "")
		must(t, err)
		if u.Depth != depth {
			t.Errorf("%s: depth %d", sql, u.Depth)
		}
	}
	_, err := m.Delete(t.Context(), ann, "shop.large", true)
	must(t, err)
	if _, err := m.standing(two); err != nil {
		t.Errorf("the next major stops with the one before: %v", err)
	}
}

const grown = `{"type":"record","name":"Order","fields":[
	{"name":"id","type":"long"},
	{"name":"price","type":"double"},
	{"name":"email","type":["null","string"],"default":null,"confluent:tags":["PII"]},
	{"name":"note","type":["null","string"],"default":null}]}`
