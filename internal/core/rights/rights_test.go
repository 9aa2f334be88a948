package rights_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

var (
	domain = weir.UID{1}
	team   = weir.UID{2}
	self   = weir.UID{3}
	verbs  = []rights.Verb{rights.Create, rights.Edit, rights.Delete, rights.Allow, rights.Revoke, rights.Export, rights.Verify}
)

// who is each sort of principal that the table tells apart, against a thing of
// domain 1, team 2, person 3.
func who() map[string]weir.Principal {
	ref := func(b byte) weir.Ref { return weir.Ref{Noun: weir.NounPerson, UID: weir.UID{b}, Name: "p"} }
	return map[string]weir.Principal{
		"mesh-admin":     {Ref: ref(9), Roles: []weir.Binding{{Role: weir.RoleMeshAdmin, On: weir.Ref{Noun: weir.NounMesh}}}},
		"domain-member":  {Ref: ref(9), Teams: []weir.UID{{8}}, Domains: []weir.UID{domain}},
		"team-member":    {Ref: ref(9), Teams: []weir.UID{team}},
		"oneself":        {Ref: ref(3)},
		"anybody":        {Ref: ref(9)},
		"foreign-member": {Ref: ref(9), Teams: []weir.UID{{7}}, Domains: []weir.UID{{7}}},
		"domain-admin":   {Ref: ref(9), Roles: []weir.Binding{{Role: weir.RoleMeshAdmin, On: weir.Ref{Noun: weir.NounDomain, UID: domain}}}},
		"system":         {Ref: weir.System},
	}
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
			err := rights.Must(who()["anybody"], rights.Edit, rights.Thing{Noun: weir.Noun(d.CmdArgs[0].Key), Domain: domain}, weir.Ref{Noun: weir.Noun(d.CmdArgs[0].Key), Name: "x"})
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
		for _, v := range verbs {
			if rights.May(p, v, rights.Thing{Noun: n, Domain: domain, Team: team, Person: self}) {
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

// topics prints the rule on topics for every combination of facts.
func topics() string {
	var b strings.Builder
	for i := range 32 {
		f := rights.TopicFacts{OwnDomain: i&16 != 0, Product: i&8 != 0, Mesh: i&4 != 0, Open: i&2 != 0, Allowed: i&1 != 0}
		var facts, can []string
		for _, x := range []struct {
			is   bool
			name string
		}{{f.OwnDomain, "own"}, {f.Product, "product"}, {f.Mesh, "mesh"}, {f.Open, "open"}, {f.Allowed, "allowed"}} {
			if x.is {
				facts = append(facts, x.name)
			}
		}
		got := rights.OnTopic(f)
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
