package queries_test

import (
	"slices"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/app/queries"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestPreviewHasTheRightsOfWhoAsks: not those of whom the product is, nor those
// that anybody had before.
func TestPreviewHasTheRightsOfWhoAsks(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	preview := func(person string) (int, error) {
		got, err := m.Preview(t.Context(), m.as(person).By, `SELECT id, email FROM shop.orders WHERE price > 10`, "")
		return len(got.Rows), err
	}
	if n, err := preview("ann"); n != 2 || err != nil {
		t.Errorf("a member of the domain's team sees %d rows, %v", n, err)
	}
	reads := m.topics.reads
	_, err := preview("eve")
	refused(t, "somebody of no team", err, weir.Denied, "person eve may not read shop.orders")
	_, err = preview("dora")
	refused(t, "somebody of another team", err, weir.Denied, "person dora may not read shop.orders")
	_, err = preview("admin")
	refused(t, "an admin", err, weir.Denied, "person admin may not read shop.orders")
	if m.topics.reads != reads {
		t.Error("the topic was looked at for those who may not")
	}
	_, err = m.identity.CreateApplication(t.Context(), m.admin(), identity.NewApplication{Name: "ledgers", Team: "desk"})
	must(t, err)
	_, err = m.access.Allow(t.Context(), m.as("ann"), "shop.orders", "ledgers")
	must(t, err)
	if n, err := preview("dora"); n != 2 || err != nil {
		t.Errorf("whose team may read sees %d rows, %v", n, err)
	}
	_, err = preview("eve")
	refused(t, "somebody of no team, still", err, weir.Denied)
	_, err = m.access.Revoke(t.Context(), m.as("ann"), "shop.orders", "ledgers")
	must(t, err)
	_, err = preview("dora")
	refused(t, "whose team may not read any more", err, weir.Denied)
	_, err = m.catalog.EditProduct(t.Context(), m.as("ann"), "shop.orders", catalog.ProductEdit{Visibility: new(weir.VisibleDomain)})
	must(t, err)
	_, err = preview("dora")
	refused(t, "of whom it is hidden", err, weir.NotFound, "there is no product shop.orders")
}

// TestWhoMayCreate: who may read may look; to make a query of another team they
// must be one who may allow it to read.
func TestWhoMayCreate(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	_, err := m.identity.CreateApplication(t.Context(), m.admin(), identity.NewApplication{Name: "ledgers", Team: "desk"})
	must(t, err)
	_, err = m.access.Allow(t.Context(), m.as("ann"), "shop.orders", "ledgers")
	must(t, err)
	create := func(person, name string) error {
		_, err := m.Create(t.Context(), m.as(person), queries.NewQuery{Product: name, Statement: large})
		return err
	}
	refused(t, "who may read, but not allow", create("dora", "desk.large"), weir.Denied, "dora may not allow the query to", "weir product edit shop.orders --access open")
	refused(t, "in a domain of others", create("dora", "shop.large"), weir.Denied, "person dora may not create query shop.large")
	refused(t, "who may not read", create("eve", "desk.large"), weir.Denied, "may not read shop.orders")
	if m.there(weir.NounProduct, "desk.large") || m.there(weir.NounQuery, "desk.large") {
		t.Error("something was made")
	}
	_, err = m.identity.AddMember(t.Context(), m.admin(), "desk", "ann")
	must(t, err)
	must(t, create("ann", "desk.large"))
	q := find[*weir.Query](m, weir.NounQuery, "desk.large")
	allowed := false
	m.look(func(v weir.View) error {
		return weir.All(t.Context(), v, weir.ListQuery{Noun: weir.NounAccess, Scope: weir.Everything}, func(it weir.Item) error {
			a := it.Entity.(*weir.Access)
			allowed = allowed || a.Application == q.Application && slices.Contains(q.Inputs, a.Product)
			return nil
		})
	})
	if !allowed {
		t.Error("the query's application was not allowed to read")
	}
}

// TestLostRights: a query that may not read or write any more may not run, and
// says so; of the right of whoever made it nothing depends.
func TestLostRights(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	_, err := m.identity.AddMember(t.Context(), m.admin(), "desk", "ann")
	must(t, err)
	q := m.create(m.as("ann"), "desk.large", large)
	runs := func(what string) {
		t.Helper()
		if _, err := m.standing(q); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := m.Job(t.Context(), q); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	lost := func(what string, kind weir.ErrKind, words ...string) {
		t.Helper()
		_, err := m.standing(q)
		refused(t, what, err, kind, words...)
		_, err = m.Job(t.Context(), q)
		refused(t, what+", its job", err, kind, words...)
		_, err = m.Start(t.Context(), m.as("dora"), "desk.large", false)
		refused(t, what+", to start it", err, kind, words...)
	}
	runs("as it was made")
	_, err = m.identity.RemoveMember(t.Context(), m.admin(), "desk", "ann")
	must(t, err)
	runs("though who made it is gone from the team")

	app := ""
	m.look(func(v weir.View) error {
		a, _, err := weir.Find[*weir.Application](t.Context(), v, weir.Ref{Noun: weir.NounApplication, UID: q.Application})
		app = a.Name
		return err
	})
	_, err = m.access.Revoke(t.Context(), m.as("ann"), "shop.orders", app)
	must(t, err)
	lost("revoked", weir.Denied, "may not read shop.orders", "weir access allow shop.orders --app "+app)
	_, err = m.access.Allow(t.Context(), m.as("ann"), "shop.orders", app)
	must(t, err)
	runs("allowed again")

	_, err = m.catalog.EditDomain(t.Context(), m.admin(), "desk", catalog.DomainEdit{Team: new("shop")})
	must(t, err)
	_, err = m.standing(q)
	refused(t, "of another team's domain", err, weir.Denied, "may not write desk.large")
	_, err = m.catalog.EditDomain(t.Context(), m.admin(), "desk", catalog.DomainEdit{Team: new("desk")})
	must(t, err)
	runs("given back")

	_, err = m.catalog.DeleteProduct(t.Context(), m.as("ann"), "shop.orders", true)
	must(t, err)
	lost("an input that is gone", weir.NotFound, "an input of the query desk.large is gone", "weir query delete desk.large")
}

// TestPrivateStreams: a private stream is an input for its domain alone.
func TestPrivateStreams(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ann := m.as("ann")
	const sql = `SELECT id, price FROM shop."_private.raw"`
	_, err := m.catalog.CreateStream(t.Context(), ann, catalog.NewStream{Name: "shop._private.raw", Partitions: 1})
	must(t, err)
	m.made()
	_, err = m.Preview(t.Context(), ann.By, sql, "")
	refused(t, "without a schema", err, weir.Invalid, "weir schema register shop._private.raw-value FILE")
	_, err = m.registry.Register(t.Context(), ann, registry.Registration{Subject: "shop._private.raw-value", Format: weir.FormatJSON, Text: jsonOrders})
	must(t, err)
	m.made()
	m.topics.add("shop._private.raw", `{"id":1,"price":5}`, `{"id":2,"price":6}`)
	got, err := m.Preview(t.Context(), ann.By, sql, "")
	must(t, err)
	if len(got.Rows) != 2 || !slices.Equal(got.Inputs, []string{"shop._private.raw"}) {
		t.Errorf("a preview gives %s of %v", got.Rows, got.Inputs)
	}
	for _, person := range []string{"dora", "eve"} {
		_, err = m.Preview(t.Context(), m.as(person).By, sql, "")
		refused(t, person, err, weir.NotFound, "there is no private stream shop._private.raw")
	}
	_, err = m.identity.AddMember(t.Context(), m.admin(), "desk", "ann")
	must(t, err)
	_, err = m.Create(t.Context(), m.as("ann"), queries.NewQuery{Product: "desk.raw", Statement: sql})
	refused(t, "for another team", err, weir.Denied, "visible to its domain only")
	q := m.create(ann, "shop.raw", sql)
	job, err := m.Job(t.Context(), q)
	must(t, err)
	if job.Sources[0].Topic != "shop._private.raw" || job.Sources[0].Value.Encoding != weir.EncodingJSON {
		t.Errorf("it reads %+v", job.Sources[0])
	}
	p := find[*weir.Product](m, weir.NounProduct, "shop.raw")
	if p.Access != weir.AccessRequest {
		t.Errorf("what is made of a private stream is %s", p.Access)
	}
	_, err = m.catalog.DeleteStream(t.Context(), ann, "shop._private.raw", true)
	must(t, err)
	_, err = m.standing(q)
	refused(t, "without it", err, weir.NotFound, "an input of the query shop.raw is gone")
}
