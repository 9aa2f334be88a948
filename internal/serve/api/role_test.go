package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
)

// hidden makes a domain with a product that only the domain knows of.
func (m *mesh) hidden(domain, product string) {
	m.t.Helper()
	m.domain(domain)
	_, err := m.admin.CreateProduct(m.t.Context(), client.NewProduct{Name: domain + "." + product, Visibility: "domain", Encoding: "avro", Schema: users})
	must(m.t, err)
}

func (m *mesh) appoint(role, person, on string) {
	m.t.Helper()
	_, err := m.admin.AddRole(m.t.Context(), client.Role{Role: role, Person: person, On: on})
	must(m.t, err)
}

// TestWhoGivesRoles tries each role that can give one, and those that cannot.
func TestWhoGivesRoles(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.hidden("red", "one")
	m.domain("blue")
	ctx := t.Context()
	m.person("someone")
	who := map[string]*client.Client{}
	for name, at := range map[string]string{"domain-owner": "red", "product-owner": "red.one", "steward": "", "domain-member": "red", "reader": "red.one"} {
		who[name] = m.person(name)
		m.appoint(name, name, at)
	}
	who["team"] = m.person("team", "red")
	who["nobody"] = m.person("nobody")
	for _, c := range []struct {
		who, role, on string
		status        int // 0: given
	}{
		{"domain-owner", "domain-member", "red", 0},
		{"domain-owner", "steward", "red", 0},
		{"domain-owner", "reader", "red.one", 0},
		{"domain-owner", "reader", "blue", 403},
		{"domain-owner", "mesh-admin", "", 403},
		{"domain-owner", "steward", "", 403},
		{"product-owner", "reader", "red.one", 0},
		{"product-owner", "product-owner", "red.one", 0},
		{"product-owner", "reader", "red", 403},
		{"steward", "steward", "", 403},
		{"steward", "reader", "red", 403},
		{"domain-member", "reader", "red", 403},
		{"team", "domain-owner", "red", 403},
		{"reader", "reader", "red.one", 403},
		{"nobody", "reader", "red.one", 404},
		{"nobody", "mesh-admin", "", 403},
	} {
		r := client.Role{Role: c.role, Person: "someone", On: c.on}
		_, err := who[c.who].AddRole(ctx, r)
		if c.status == 0 {
			if err != nil {
				t.Errorf("%s gives %s on %q: %v", c.who, c.role, c.on, err)
				continue
			}
			must(t, who[c.who].RemoveRole(ctx, r))
			continue
		}
		refused(t, err, c.status)
	}
}

func TestRolesWhereTheyCanBe(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.hidden("red", "one")
	m.person("olga")
	for _, r := range []client.Role{
		{Role: "mesh-admin", On: "red"}, {Role: "steward", On: "red.one"}, {Role: "domain-owner"}, {Role: "domain-owner", On: "red.one"},
		{Role: "product-owner", On: "red"}, {Role: "domain-member", On: "red.one"}, {Role: "reader"}, {Role: "king"}, {Role: "king", On: "red"},
	} {
		r.Person = "olga"
		_, err := m.admin.AddRole(t.Context(), r)
		refused(t, err, http.StatusBadRequest)
	}
	_, err := m.admin.AddRole(t.Context(), client.Role{Role: "steward", Person: "nobody"})
	refused(t, err, http.StatusNotFound)
	_, err = m.admin.AddRole(t.Context(), client.Role{Role: "reader", Person: "olga", On: "green"})
	refused(t, err, http.StatusNotFound, "domain green")
	refused(t, m.admin.RemoveRole(t.Context(), client.Role{Role: "reader", Person: "olga", On: "red"}), http.StatusNotFound, "not reader")
}

func TestOneMeshAdminStays(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	olga := m.person("olga")
	refused(t, m.admin.RemoveRole(t.Context(), client.Role{Role: "mesh-admin", Person: "admin"}), http.StatusConflict, "last mesh admin")
	m.appoint("mesh-admin", "olga", "")
	must(t, olga.RemoveRole(t.Context(), client.Role{Role: "mesh-admin", Person: "admin"}))
	refused(t, olga.RemoveRole(t.Context(), client.Role{Role: "mesh-admin", Person: "olga"}), http.StatusConflict, "last mesh admin")
	if me, err := m.admin.Me(t.Context()); err != nil || len(me.Roles) != 0 {
		t.Errorf("admin is %v: %v", me.Roles, err)
	}
}

// TestRolesEndWithWhatTheyAreOn deletes a product, a domain and a person.
func TestRolesEndWithWhatTheyAreOn(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.hidden("red", "one")
	ctx := t.Context()
	m.person("olga")
	m.person("otto")
	m.appoint("reader", "olga", "red.one")
	m.appoint("steward", "olga", "red")
	m.appoint("reader", "otto", "red")
	roles := func() []client.Role {
		all, err := m.admin.Roles(ctx, "", "")
		must(t, err)
		return all
	}
	m.ended(m.admin.DeleteProduct(ctx, "red.one", true))
	want := []client.Role{{Role: "mesh-admin", Person: "admin"}, {Role: "steward", Person: "olga", On: "red"}, {Role: "reader", Person: "otto", On: "red"}}
	if diff := cmp.Diff(want, roles()); diff != "" {
		t.Errorf("after the product:\n%s", diff)
	}
	must(t, m.admin.DeletePerson(ctx, "otto"))
	if diff := cmp.Diff(want[:2], roles()); diff != "" {
		t.Errorf("after the person:\n%s", diff)
	}
	must(t, m.admin.DeleteDomain(ctx, "red"))
	if diff := cmp.Diff(want[:1], roles()); diff != "" {
		t.Errorf("after the domain:\n%s", diff)
	}
	if _, err := m.admin.CreateDomain(ctx, client.NewDomain{Name: "red", Team: "red"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[:1], roles()); diff != "" {
		t.Errorf("a domain of the same name inherits:\n%s", diff)
	}
}

// TestRolesLetKnow shows a hidden product to those with a role on it or on its
// domain, and to the one it names as its owner, and to nobody else: not in
// lists of roles, not in the audit.
func TestRolesLetKnow(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.hidden("red", "one")
	ctx := t.Context()
	for name, on := range map[string]string{"reader": "red.one", "product-owner": "red.one", "domain-owner": "red", "domain-member": "red"} {
		p := m.person(name)
		if _, err := p.Product(ctx, "red.one"); err == nil {
			t.Fatalf("%s knows of it before", name)
		}
		m.appoint(name, name, on)
		knows(t, p, name, true)
	}
	named := m.person("named")
	owner := "named"
	_, err := m.admin.EditProduct(ctx, "red.one", client.ProductEdit{Owner: &owner})
	must(t, err)
	knows(t, named, "named", true)
	text := "said by its owner"
	_, err = named.EditProduct(ctx, "red.one", client.ProductEdit{Description: &text})
	must(t, err)

	for _, name := range []string{"stranger", "steward"} {
		p := m.person(name)
		if name == "steward" {
			m.appoint("steward", "steward", "")
		}
		knows(t, p, name, false)
		all, err := p.Roles(ctx, "", "")
		must(t, err)
		for _, r := range all {
			if r.On == "red.one" {
				t.Errorf("%s sees the role %v", name, r)
			}
		}
		_, err = p.Roles(ctx, "", "red.one")
		refused(t, err, http.StatusNotFound)
		got, err := p.Person(ctx, "reader")
		must(t, err)
		if len(got.Roles) != 0 {
			t.Errorf("%s sees that the reader has %v", name, got.Roles)
		}
		es, err := p.Entries(ctx, client.EntryFilter{Limit: 1000})
		must(t, err)
		for _, e := range es {
			for _, ch := range e.Changes {
				for _, f := range ch.Fields {
					if strings.Contains(string(f.New)+string(f.Old), "red.one") {
						t.Errorf("%s sees in the audit: %s %s: %s", name, e.What, f.Path, f.New)
					}
				}
			}
		}
	}
}

// knows wants a person to find the product in every way, or in none.
func knows(t *testing.T, p *client.Client, name string, want bool) {
	t.Helper()
	_, err := p.Product(t.Context(), "red.one")
	list, lerr := p.Products(t.Context(), "")
	must(t, lerr)
	if (err == nil) != want || (len(list) == 1) != want {
		t.Errorf("%s: %v, and the list has %d; want %v", name, err, len(list), want)
	}
}

// TestWhatRolesMay tries what each role may do with a product: a steward tells
// and allows, and changes and destroys nothing else.
func TestWhatRolesMay(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("red")
	ctx := t.Context()
	_, err := m.admin.CreateProduct(ctx, client.NewProduct{Name: "red.one", Access: "request"})
	must(t, err)
	_, err = m.admin.CreateTeam(ctx, client.NewTeam{Name: "other"})
	must(t, err)
	_, err = m.admin.CreateApplication(ctx, client.NewApplication{Name: "app", Team: "other"})
	must(t, err)
	text, seven, open := "x", "7d", "open"
	for _, c := range []struct {
		role, on                            string
		tells, edits, allows, creates, ends bool
	}{
		{"steward", "", true, false, true, false, false},
		{"steward", "red", true, false, true, false, false},
		{"product-owner", "red.one", true, true, true, false, true},
		{"domain-owner", "red", true, true, true, true, true},
		{"domain-member", "red", true, true, true, true, true},
		{"reader", "red", false, false, false, false, false},
		{"reader", "red.one", false, false, false, false, false},
	} {
		name := strings.ReplaceAll(c.role+"-"+c.on, ".", "-")
		p := m.person(name)
		m.appoint(c.role, name, c.on)
		may := func(what string, want bool, err error) {
			t.Helper()
			if want {
				if err != nil {
					t.Errorf("%s on %q: %s: %v", c.role, c.on, what, err)
				}
				return
			}
			refused(t, err, http.StatusForbidden)
		}
		text += "x"
		_, err = p.EditProduct(ctx, "red.one", client.ProductEdit{Description: &text})
		may("tell", c.tells, err)
		_, err = p.EditProduct(ctx, "red.one", client.ProductEdit{Retention: &seven})
		may("edit", c.edits, err)
		if !c.edits {
			_, err = p.EditProduct(ctx, "red.one", client.ProductEdit{Access: &open})
			may("open", false, err)
		}
		_, err = p.Allow(ctx, "red.one", "app")
		may("allow", c.allows, err)
		if c.allows {
			must(t, p.Revoke(ctx, "red.one", "app"))
		}
		_, err = p.CreateProduct(ctx, client.NewProduct{Name: "red.of-" + name})
		may("create", c.creates, err)
		if !c.ends {
			_, err = p.DeleteProduct(ctx, "red.one", true)
			may("destroy", false, err)
		}
	}
}
