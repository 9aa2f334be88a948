package weir_test

import (
	"math"
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
