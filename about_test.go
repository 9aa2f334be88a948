package weir_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
)

// Each fault alone makes a product invalid, at the field that is named.
func TestAboutFaults(t *testing.T) {
	t.Parallel()
	for where, a := range map[string]weir.About{
		"type":                    {Type: "sideways"},
		"lifecycle":               {Lifecycle: "dead"},
		"quality":                 {Quality: "good"},
		"sla":                     {SLA: "tier-4"},
		"purpose":                 {Purpose: "\x00"},
		"tags":                    {Tags: make([]weir.Tag, weir.MaxTags+1)},
		"tags.1":                  {Tags: []weir.Tag{"a:b", "no"}},
		"tags.0":                  {Tags: []weir.Tag{"Area:finance"}},
		"slos.0.property":         {SLOs: []weir.SLO{{Property: "speed", Value: 1, Unit: "s"}}},
		"slos.0":                  {SLOs: []weir.SLO{{Property: weir.SLOAvailability, Value: 101, Unit: "percent"}}},
		"slos.1":                  {SLOs: []weir.SLO{{Property: weir.SLOLatency, Value: 1, Unit: "s"}, {Property: weir.SLOLatency, Value: math.NaN(), Unit: "s"}}},
		"support.0.url":           {Support: []weir.Support{{Channel: "c", URL: "\n\x07"}}},
		"slos.2":                  {SLOs: []weir.SLO{{Property: weir.SLOLatency, Value: 1, Unit: "s"}, {Property: weir.SLOFreshness, Value: 1, Unit: "s"}, {Property: weir.SLOLatency, Value: 2, Unit: "s"}}},
		"support.0.channel":       {Support: []weir.Support{{URL: "https://example.com"}}},
		"lateness":                {Lateness: -1},
		"fields":                  {Fields: make([]weir.FieldNote, weir.MaxFieldNotes+1)},
		"fields.1":                {Fields: []weir.FieldNote{{Path: "a"}, {Path: "a"}}},
		"fields.0.classification": {Fields: []weir.FieldNote{{Path: "a", Classification: "hidden"}}},
		"fields.0.tags.0":         {Fields: []weir.FieldNote{{Path: "a", Tags: []weir.Tag{"x"}}}},
	} {
		p := *valid()[weir.NounProduct].(*weir.Product)
		p.About = a
		got, _ := p.Validate().(*weir.Error)
		if got == nil || got.Where != where || got.Fix == "" {
			t.Errorf("%s: %v", where, got)
		}
	}
	if (&weir.About{}).Stage() != weir.Active || (&weir.About{Lifecycle: weir.Retired}).Stage() != weir.Retired {
		t.Error("a product without lifecycle is active")
	}
	if key, value := weir.Tag("pii:e-mail").Split(); key != "pii" || value != "e-mail" {
		t.Errorf("%q %q", key, value)
	}
}

// A few notes that are long each are too long together.
func TestNotesAreBounded(t *testing.T) {
	t.Parallel()
	p := *valid()[weir.NounProduct].(*weir.Product)
	text := strings.Repeat("x", weir.MaxText)
	for i := range weir.MaxNotes/weir.MaxText + 1 {
		p.Fields = append(p.Fields, weir.FieldNote{Path: strconv.Itoa(i), Description: text})
	}
	if err := p.Validate(); !weir.Invalid.In(err) {
		t.Errorf("it says %v", err)
	}
	p.Fields = p.Fields[:len(p.Fields)/2]
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}

// A role is given on what it can be on, once.
func TestRolesOfAPerson(t *testing.T) {
	t.Parallel()
	on := func(r weir.Role, n weir.Noun) weir.Binding {
		return weir.Binding{Role: r, On: weir.Ref{Noun: n, UID: weir.UID{1}, Name: "x"}}
	}
	for _, c := range []struct {
		roles []weir.Binding
		ok    bool
	}{
		{[]weir.Binding{on(weir.RoleMeshAdmin, weir.NounMesh), on(weir.RoleReader, weir.NounProduct), on(weir.RoleReader, weir.NounDomain)}, true},
		{[]weir.Binding{on(weir.RoleReader, weir.NounProduct), on(weir.RoleReader, weir.NounProduct)}, false},
		{[]weir.Binding{on(weir.RoleMeshAdmin, weir.NounDomain)}, false},
		{[]weir.Binding{on("king", weir.NounMesh)}, false},
		{make([]weir.Binding, weir.MaxRoles+1), false},
	} {
		p := weir.Person{Name: "olga", Roles: c.roles}
		if err := p.Validate(); (err == nil) != c.ok {
			t.Errorf("%v: %v", c.roles, err)
		}
	}
	for _, r := range weir.Roles() {
		if len(r.On()) == 0 {
			t.Errorf("%s can be nowhere", r)
		}
	}
}
