package policyfile_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/format/policyfile"
)

const contact = `name: has-contact
severity: error
expression: size(product.support) > 0
message: nobody knows where to ask about {product.name}
fix: weir product edit {product.name} --support CHANNEL=URL
tests:
  - name: without
    product: {name: sales.orders}
    expect: finding
  - name: with
    product:
      name: sales.orders
      support: [{channel: mail}]
    expect: none
---
name: sales.explained
when: publish
disabled: true
expression: |
  publish.records > 3 ? [] : product.fields.filter(f, f.description == '').map(f, f.path)
message: "not explained: {where}"
tests:
  - {product: {fields: [{path: a}, {path: b, description: x}], retention: 24h}, expect: finding, where: [a]}
  - {product: {name: sales.orders, fields: [{path: a}]}, publish: {records: 4}, expect: none}
`

func TestRead(t *testing.T) {
	t.Parallel()
	all, err := policyfile.Read("p.yaml", []byte(contact))
	if err != nil {
		t.Fatal(err)
	}
	var got []policyfile.Result
	for _, p := range all {
		rs, err := p.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rs...)
	}
	want := []policyfile.Result{
		{Policy: "has-contact", Test: "without", Where: "p.yaml:7", OK: true, Said: "nobody knows where to ask about sales.orders"},
		{Policy: "has-contact", Test: "with", Where: "p.yaml:10", OK: true},
		{Policy: "sales.explained", Test: "test 1", Where: "p.yaml:23", OK: true, Said: "not explained: a"},
		{Policy: "sales.explained", Test: "test 2", Where: "p.yaml:24", OK: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p := all[1]; !p.Disabled || p.When != "publish" {
		t.Errorf("%+v", p)
	}
}

// TestFailing: a test that expects something else than the policy says fails, and
// so does every test of a policy that cannot be evaluated.
func TestFailing(t *testing.T) {
	t.Parallel()
	all, err := policyfile.Read("p.yaml", []byte(`name: p
expression: product.tags['area'] == ['x']
message: m
tests:
  - {product: {tags: {area: [y]}}, expect: none}
  - {product: {tags: {area: [x]}}, expect: finding}
  - {product: {}, expect: finding}
  - {product: {}, expect: none}
  - {product: {tags: {area: [y]}}, expect: finding, where: [a]}
`))
	if err != nil {
		t.Fatal(err)
	}
	rs, err := all[0].Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"nothing is expected", "a finding is expected", "no such key", "no such key", "expected at [a]"} {
		if rs[i].OK || !strings.Contains(rs[i].Said, want) {
			t.Errorf("%+v, want %s", rs[i], want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	const good = "name: p\nexpression: 'true'\nmessage: m\n"
	for text, want := range map[string]string{
		"":                        "holds no policy",
		good + "severty: error\n": `f:4: "severty" means nothing here`,
		good + "tests:\n- product: {slo: x}\n  expect: none\n":     `f:5: "slo" means nothing here`,
		good + "tests:\n- product: {partitions: x}\n":              "f:5: cannot unmarshal",
		good + "tests:\n- product: {}\n":                           `f:5: the test expects ""`,
		good + "tests:\n- {publish: {records: 1}, expect: none}\n": "f:5: a policy that is always judged knows nothing of publish",
		good + "severity: fatal\n":                                 "f:4, severity",
		good + "when: never\n":                                     "f:4, when",
		good + "name: q\n":                                         "f:4",
		"name: p\nmessage: m\nexpression: product.slo == ''\n":     "f:3, expression:1:8: undefined field 'slo'",
		"name: p\nmessage: '{product.slo}'\nexpression: 'true'\n":  "f:2, message: {product.slo} is no fact",
		"name: p\nexpression: 'true'\n":                            "f:1, message: a policy without message",
		"name: P\nexpression: 'true'\nmessage: m\n":                "f:1, name",
		"name: a.b.c\nexpression: 'true'\nmessage: m\n":            "f:1, name",
		"name: [\n":             "f:",
		"- name: p\n":           "f:1",
		"name: p\n\tmessage: x": "f:2",
		"a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\n": "means nothing",
		strings.Repeat(good+"---\n", 101):                                     "more than 100",
		good + "fix: " + strings.Repeat("x", policyfile.MaxFile):              "bytes",
	} {
		_, err := policyfile.Read("f", []byte(text))
		var e *weir.Error
		if !errors.As(err, &e) || e.Kind != weir.Invalid && e.Kind != weir.Limit || !strings.Contains(e.Public(), want) || e.Fix == "" {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(contact)
	f.Add("name: p\nexpression: 'true'\nmessage: m\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := policyfile.Read("f", []byte(text))
		var e *weir.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%v", err)
		}
		for _, p := range all {
			if _, err := p.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
