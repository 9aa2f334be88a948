package profile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/profile"
)

func of(t *testing.T, isMap func(string) bool, values ...string) map[string]profile.Field {
	t.Helper()
	p := profile.New(isMap)
	for _, v := range values {
		if err := p.Add([]byte(v)); err != nil {
			t.Fatalf("%s: %v", v, err)
		}
	}
	out := map[string]profile.Field{}
	for _, f := range p.Fields() {
		out[f.Path] = f
	}
	return out
}

func TestProfile(t *testing.T) {
	t.Parallel()
	got := of(t, func(p string) bool { return p == "m" },
		`{"id":2,"name":"b","a":{"x":null},"tags":["p","q","p"],"m":{"k1":1,"k2":2},"ok":true}`,
		`{"id":10,"name":"a","a":{"x":1.5},"tags":[],"m":{},"ok":true}`,
		`{"id":-3,"name":null,"m":{"k9":2}}`,
		`null`,
	)
	want := map[string]profile.Field{
		"id":     {Path: "id", Values: 3, Nulls: 1, Distinct: 3, Smallest: "-3", Largest: "10"},
		"name":   {Path: "name", Values: 2, Nulls: 2, Distinct: 2, Smallest: "a", Largest: "b"},
		"a":      {Path: "a", Values: 2, Nulls: 2},
		"a.x":    {Path: "a.x", Values: 1, Nulls: 3, Distinct: 1, Smallest: "1.5", Largest: "1.5", Top: []profile.Count{{"1.5", 1}}},
		"tags":   {Path: "tags", Values: 2, Nulls: 2},
		"tags[]": {Path: "tags[]", Values: 3, Distinct: 2, Smallest: "p", Largest: "q", Top: []profile.Count{{"p", 2}, {"q", 1}}},
		"m":      {Path: "m", Values: 3, Nulls: 1},
		"m{}":    {Path: "m{}", Values: 3, Distinct: 2, Smallest: "1", Largest: "2", Top: []profile.Count{{"2", 2}, {"1", 1}}},
		"ok":     {Path: "ok", Values: 2, Nulls: 2, Distinct: 1, Top: []profile.Count{{"true", 2}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestValuesThatAreNoObjects(t *testing.T) {
	t.Parallel()
	got := of(t, nil, `"b"`, `"a"`, `"b"`, `null`)
	want := profile.Field{Values: 3, Nulls: 1, Distinct: 2, Smallest: "a", Largest: "b", Top: []profile.Count{{"b", 2}, {"a", 1}}}
	if d := cmp.Diff(want, got[""]); d != "" {
		t.Error(d)
	}
}

func TestProfileIsBounded(t *testing.T) {
	t.Parallel()
	p := profile.New(nil)
	var b strings.Builder
	b.WriteString(`{"long":"` + strings.Repeat("é", 10_000) + `"`)
	for i := range 2 * profile.MaxFields {
		fmt.Fprintf(&b, `,"f%d":%d`, i, i)
	}
	b.WriteByte('}')
	if err := p.Add([]byte(b.String())); err != nil {
		t.Fatal(err)
	}
	fields := p.Fields()
	if len(fields) != profile.MaxFields || p.More() == 0 {
		t.Errorf("%d fields and %d more", len(fields), p.More())
	}
	if f := fields[0]; len(f.Smallest) > profile.MaxShown+3 || !f.AtLeast {
		t.Errorf("a long value is %d bytes, at least %v", len(f.Smallest), f.AtLeast)
	}
	if err := p.Add([]byte(strings.Repeat("[", 1000) + strings.Repeat("]", 1000))); err == nil {
		t.Error("a bomb of arrays is taken")
	}
	for _, bad := range []string{"", "{", "1 2", `{"a":}`} {
		if err := p.Add([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// In every record each field is there, null or lacking; the counts agree.
func TestCountsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := profile.New(nil)
		values := rapid.SliceOfN(rapid.SampledFrom([]string{"1", "2", `"x"`, "null", ""}), 1, 40).Draw(t, "values")
		present, distinct := 0, map[string]bool{}
		for _, v := range values {
			record := `{}`
			if v != "" {
				record = `{"f":` + v + `}`
			}
			if v != "" && v != "null" {
				present++
				distinct[v] = true
			}
			if err := p.Add([]byte(record)); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range p.Fields() {
			if f.Values != present || f.Values+f.Nulls != len(values) || f.Distinct != len(distinct) {
				t.Fatalf("%v gives %+v", values, f)
			}
		}
	})
}
