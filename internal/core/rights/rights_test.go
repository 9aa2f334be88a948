package rights_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

var (
	domain = weir.UID{1}
	team   = weir.UID{2}
	self   = weir.UID{3}
	owned  = weir.UID{4}
)

// who is each sort of principal that the table tells apart, against a thing of
// domain 1, team 2, person 3, product 4.
func who() map[string]weir.Principal {
	ref := func(b byte) weir.Ref { return weir.Ref{Noun: weir.NounPerson, UID: weir.UID{b}, Name: "p"} }
	has := func(r weir.Role, on weir.Noun, u weir.UID) weir.Principal {
		return weir.Principal{Ref: ref(9), Roles: []weir.Binding{{Role: r, On: weir.Ref{Noun: on, UID: u}}}}
	}
	return map[string]weir.Principal{
		"mesh-admin":              has(weir.RoleMeshAdmin, weir.NounMesh, weir.UID{5}),
		"steward":                 has(weir.RoleSteward, weir.NounMesh, weir.UID{5}),
		"domain-steward":          has(weir.RoleSteward, weir.NounDomain, domain),
		"domain-owner":            has(weir.RoleDomainOwner, weir.NounDomain, domain),
		"product-owner":           has(weir.RoleProductOwner, weir.NounProduct, owned),
		"named-owner":             {Ref: ref(6)},
		"domain-member":           {Ref: ref(9), Teams: []weir.UID{{8}}, Domains: []weir.UID{domain}},
		"member-by-role":          has(weir.RoleMember, weir.NounDomain, domain),
		"reader":                  has(weir.RoleReader, weir.NounDomain, domain),
		"product-reader":          has(weir.RoleReader, weir.NounProduct, owned),
		"team-member":             {Ref: ref(9), Teams: []weir.UID{team}},
		"oneself":                 {Ref: ref(3)},
		"anybody":                 {Ref: ref(9)},
		"foreign-member":          {Ref: ref(9), Teams: []weir.UID{{7}}, Domains: []weir.UID{{7}}},
		"foreign-owner":           has(weir.RoleDomainOwner, weir.NounDomain, weir.UID{7}),
		"foreign-product-owner":   has(weir.RoleProductOwner, weir.NounProduct, weir.UID{7}),
		"domain-admin":            has(weir.RoleMeshAdmin, weir.NounDomain, domain),
		"mesh-domain-owner":       has(weir.RoleDomainOwner, weir.NounMesh, domain),
		"product-owner-of-domain": has(weir.RoleProductOwner, weir.NounDomain, owned),
		"system":                  {Ref: weir.System},
	}
}

// thing is the one that everybody's rights are asked for.
func thing(n weir.Noun) rights.Thing {
	if n == weir.NounTerm || n == weir.NounMesh {
		return rights.Thing{Noun: n} // of no domain
	}
	return rights.Thing{Noun: n, Domain: domain, Product: owned, Owner: weir.UID{6}, Team: team, Person: self}
}

// TestTable prints who may do what with each noun; the file is the table as a
// reviewer reads it.
func TestTable(t *testing.T) {
	datadriven.RunTest(t, "testdata/table", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "may":
			var name string
			d.ScanArgs(t, "who", &name)
			return may(who()[name])
		case "topics":
			return topics()
		case "refusal":
			n, v := weir.Noun(d.CmdArgs[0].Key), rights.Edit
			if len(d.CmdArgs) > 1 {
				v = rights.Verb(d.CmdArgs[1].Key)
			}
			err := rights.Must(who()["anybody"], v, thing(n), weir.Ref{Noun: n, Name: "x"})
			return err.Error() + "\n"
		}
		t.Fatalf("unknown command %q", d.Cmd)
		return ""
	})
}

func may(p weir.Principal) string {
	var b strings.Builder
	for _, n := range weir.Nouns() {
		var can []string
		for _, v := range rights.Verbs() {
			if rights.May(p, v, thing(n)) {
				can = append(can, string(v))
			}
		}
		if len(can) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", n, strings.Join(can, " "))
		}
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

// topics prints the rule on topics for every combination of facts. Those of what
// a query makes stand there if they are others than without it.
func topics() string {
	var b strings.Builder
	for i := range 256 {
		f := rights.TopicFacts{
			OwnDomain: i&16 != 0, Product: i&8 != 0, Mesh: i&4 != 0, Open: i&2 != 0, Allowed: i&1 != 0, Closed: i&32 != 0, Ended: i&64 != 0,
			Made: i&128 != 0,
		}
		var facts, can []string
		for _, x := range []struct {
			is   bool
			name string
		}{{f.OwnDomain, "own"}, {f.Product, "product"}, {f.Mesh, "mesh"}, {f.Open, "open"}, {f.Allowed, "allowed"}, {f.Closed, "deprecated"}, {f.Ended, "retired"}, {f.Made, "made"}} {
			if x.is {
				facts = append(facts, x.name)
			}
		}
		got, without := rights.OnTopic(f), f
		if without.Made = false; f.Made && got == rights.OnTopic(without) {
			continue
		}
		for _, x := range []struct {
			right rights.Topic
			name  string
		}{{rights.See, "see"}, {rights.Read, "read"}, {rights.Write, "write"}} {
			if got.Has(x.right) {
				can = append(can, x.name)
			}
		}
		fmt.Fprintf(&b, "[%s] -> [%s]\n", strings.Join(facts, " "), strings.Join(can, " "))
	}
	return b.String()
}

var update = flag.Bool("update", false, "rewrite golden files")

// TestRolesGolden keeps docs/reference/roles.md what the table says.
func TestRolesGolden(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/reference/roles.md"
	got := reference()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the table changed; if that is meant, run go test ./internal/core/rights -update\n%s", diff)
	}
}

func reference() string {
	var b strings.Builder
	b.WriteString(`# Roles

Made from the table of rights by ` + "`go test ./internal/core/rights -update`" + `.

A role is given to a person on the mesh, a domain or a product: ` + "`weir role add ROLE PERSON [--on D|D.P]`" + `. It holds there and
in what belongs to it.

| role | on |
|---|---|
`)
	for _, r := range weir.Roles() {
		var on []string
		for _, n := range r.On() {
			on = append(on, string(n))
		}
		fmt.Fprintf(&b, "| %s | %s |\n", r, strings.Join(on, ", "))
	}
	b.WriteString(`
Members of the team that owns a domain are what a domain-member is. The person whom a product names as its owner is what a
product-owner is. No role gives a right to read data: a person reads what an application of one of their teams could.

Who may do what, where the role is; "team" is a member of the team that owns the application, "oneself" the person.

`)
	columns := []string{"mesh-admin", "steward", "domain-steward", "domain-owner", "product-owner", "domain-member", "reader", "team-member", "oneself"}
	fmt.Fprintf(&b, "| | mesh-admin | steward of the mesh | steward of the domain | domain-owner | product-owner | domain-member | reader | team | oneself |\n|---|%s\n", strings.Repeat("---|", len(columns)))
	for _, n := range weir.Nouns() {
		for _, v := range rights.Verbs() {
			row, any := fmt.Sprintf("| %s: %s |", n, v), false
			for _, c := range columns {
				cell := " "
				if rights.May(who()[c], v, thing(n)) {
					cell, any = " yes ", true
				}
				row += cell + "|"
			}
			if any {
				b.WriteString(row + "\n")
			}
		}
	}
	return b.String()
}

// TestNobodyChangesWhatIsWeirsOwn: whoever somebody is, of what Weir itself
// offers they may only let applications read it, watch it, be appointed, and talk about it.
func TestNobodyChangesWhatIsWeirsOwn(t *testing.T) {
	t.Parallel()
	own := weir.OwnUID(weir.UID{1}, weir.NounDomain, weir.OwnName)
	may := map[string]bool{}
	for name, p := range who() {
		p.Domains, p.Teams = append(p.Domains, own), append(p.Teams, own)
		for _, n := range weir.Nouns() {
			for _, v := range rights.Verbs() {
				of := rights.Thing{Noun: n, Domain: own, Product: own, Owner: p.Ref.UID, Team: own, Person: weir.UID{8}}
				if rights.May(p, v, of) && name != "system" {
					may[fmt.Sprint(name, " ", v, " ", n)] = true
				}
			}
		}
	}
	want := map[string]bool{
		"mesh-admin allow access": true, "mesh-admin revoke access": true, "mesh-admin appoint domain": true, "mesh-admin appoint product": true,
		"mesh-admin answer question": true, "mesh-admin delete question": true, "steward answer question": true,
		"mesh-admin create announcement": true, "mesh-admin delete announcement": true, "steward create announcement": true, "steward delete announcement": true,
		"mesh-admin watch product": true, "steward allow access": true, "steward revoke access": true, "steward watch product": true,
	}
	if diff := cmp.Diff(want, may); diff != "" {
		t.Error(diff)
	}
	err := rights.Must(who()["mesh-admin"], rights.Delete, rights.Thing{Noun: weir.NounDomain, Domain: own}, weir.Ref{Noun: weir.NounDomain, UID: own, Name: "weir"})
	if !weir.Denied.In(err) || !strings.Contains(err.Error(), "Weir's own") {
		t.Errorf("got %v", err)
	}
}
