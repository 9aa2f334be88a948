package policy_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/policy"
)

// whole is a product that keeps every built-in policy.
func whole() policy.Product {
	return policy.Product{
		Name: "sales.orders", ShortName: "orders", Domain: "sales", Team: "crew", Owner: "ann", OwnerInTeam: true, Type: "source-aligned",
		Lifecycle: "active", Description: "Every order as it was placed", Purpose: "p", Quality: "curated", SLA: "tier-1",
		SLOs:    []policy.SLO{{Property: "retention", Value: 3600, Unit: "s"}},
		Support: []policy.Support{{Channel: "mail"}}, Tags: map[string][]string{"area": {"finance"}}, HasDocumentation: true, HasTerms: true,
		Kind: "stream", Encoding: "avro", KeyEncoding: "string", Visibility: "mesh", Access: "request", Partitions: 3, Retention: 24 * time.Hour,
		EventTime: "at", Topic: "sales.orders.v1", Subject: "sales.orders.v1-value", HasSchema: true,
		Fields: []policy.Field{{Path: "at", Type: "long", Description: "when"}, {Path: "email", Type: "string", Description: "whose", Classification: "personal"}},
	}
}

func publishing() *policy.Publish {
	return &policy.Publish{Topic: "sales._private.orders", By: "ann", Records: 7, Accepted: true}
}

func compiler(t testing.TB) *policy.Compiler {
	t.Helper()
	c, err := policy.NewCompiler()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mustCompile compiles rules; an expression alone is about publishing.
func mustCompile(t testing.TB, rules ...policy.Rule) []*policy.Compiled {
	t.Helper()
	c := compiler(t)
	var out []*policy.Compiled
	for _, r := range rules {
		if r.Name == "" {
			r.Name, r.Severity, r.When = "p", weir.SeverityWarning, weir.WhenPublish
		}
		one, err := c.Compile(r)
		if err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
		out = append(out, one)
	}
	return out
}

func mustJudge(t testing.TB, rules []*policy.Compiled, f policy.Facts) []policy.Finding {
	t.Helper()
	found, err := policy.Judge(context.Background(), rules, f)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestBuiltIn: each built-in policy is kept by a product that has everything,
// and broken by one that lacks what the policy is about, and that alone.
func TestBuiltIn(t *testing.T) {
	t.Parallel()
	rules := mustCompile(t, policy.BuiltIn()...)
	if found := mustJudge(t, rules, policy.Facts{Product: whole(), Publish: publishing()}); len(found) != 0 {
		t.Fatalf("nothing is missing, but %+v", found)
	}
	type facts = policy.Facts
	for name, spoil := range map[string]func(*facts){
		"owner":      func(f *facts) { f.Product.Owner, f.Product.OwnerInTeam = "", false },
		"owner-team": func(f *facts) { f.Product.OwnerInTeam = false }, "description": func(f *facts) { f.Product.Description = "orders" },
		"purpose": func(f *facts) { f.Product.Purpose = "" }, "quality": func(f *facts) { f.Product.Quality = "" },
		"sla": func(f *facts) { f.Product.SLA = "" }, "objectives": func(f *facts) { f.Product.SLOs = nil },
		"retention": func(f *facts) { f.Product.Retention = time.Minute }, "schema": func(f *facts) { f.Product.HasSchema = false },
		"fields":              func(f *facts) { f.Product.Fields[0].Description, f.Product.Fields[1].Description = "", "" },
		"terms":               func(f *facts) { f.Product.HasTerms = false },
		"open":                func(f *facts) { f.Product.Access, f.Publish = "open", nil },
		"open-when-published": func(f *facts) { f.Product.Access = "open" },
		"depth":               func(f *facts) { f.Product.Depth = 3 },
		"unclassified":        func(f *facts) { f.Product.Fields[1].Classification = "" },
		"key":                 func(f *facts) { f.Product.Kind = "table" }, "name": func(f *facts) { f.Product.ShortName = "sales-orders" },
		"event-time": func(f *facts) { f.Product.EventTime = "" }, "tags": func(f *facts) { f.Product.Tags = nil },
		"support": func(f *facts) { f.Product.Support = nil }, "documentation": func(f *facts) { f.Product.HasDocumentation = false },
		"successor": func(f *facts) { f.Product.Lifecycle = "deprecated" }, "empty": func(f *facts) { f.Publish.Records = 0 },
	} {
		f := facts{Product: whole(), Publish: publishing()}
		spoil(&f)
		var names []string
		for _, found := range mustJudge(t, rules, f) {
			if found.Failed || found.Msg == "" || found.Fix == "" || strings.ContainsAny(found.Msg+found.Fix, "{}") {
				t.Errorf("%s: %+v", name, found)
			}
			names = append(names, found.Policy)
		}
		want := []string{name}
		if name == "open-when-published" {
			want = []string{"open", name}
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	if len(policy.BuiltIn()) != 23 {
		t.Errorf("%d policies are built in, and this test knows 23", len(policy.BuiltIn()))
	}
}

func TestUnclassifiedNames(t *testing.T) {
	t.Parallel()
	rules := mustCompile(t, policy.BuiltIn()...)
	for path, want := range map[string]bool{
		"email": true, "user.e-mail": true, "customer.email_address": true, "phone_number": true, "Mobile": true, "birthdate": true, "first_name": true,
		"last-name": false, "emails_sent": false, "gender": false, "name": false, "phonetic": false, "telephone_exchange": false, "emails": false, "email[]": true,
	} {
		p := whole()
		p.Fields = []policy.Field{{Path: path, Description: "d"}}
		got := false
		for _, f := range mustJudge(t, rules, policy.Facts{Product: p}) {
			got = got || f.Policy == "unclassified"
		}
		if got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`true`: "", `false`: "p", `product.name == 'sales.orders'`: "",
		`'finance' in product.tags['area']`: "", `'none' in product.tags`: "p", `product.retention == duration('24h')`: "",
		`product.slos.all(s, s.value > 0.0)`: "", `product.fields.filter(f, f.type == '').map(f, f.path)`: "",
		`product.fields.map(f, f.path)`: "p at,email", `product.partitions >= 3 && product.created < timestamp('2026-01-01T00:00:00Z')`: "",
		`publish.records > 5 && publish.accepted`: "", `publish.roles.exists(r, r == 'steward')`: "p", `product.access == 'open' ? ['x'] : []`: "",
		`product.tags['nothing'] == ['x']`: "failed", `1 / (product.partitions - 3) == 0`: "failed", `product.fields[7].path == ''`: "failed",
	} {
		got := ""
		for _, f := range mustJudge(t, mustCompile(t, policy.Rule{Expression: expression}), policy.Facts{Product: whole(), Publish: publishing()}) {
			got = strings.TrimSpace(f.Policy + " " + strings.Join(f.Where, ","))
			if f.Failed {
				got = "failed"
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := compiler(t)
	for expression, want := range map[string]string{
		``: "expression:1", `product.slo != ''`: "expression:1:8: undefined field 'slo'", `product.name ==`: "expression:1:16",
		"product.sla != '' &&\n  produkt.name != ''": "expression:2:3", `product.fields.all(f, f.pfad != '')`: "undefined field 'pfad'",
		`publish.records > 0`: "undeclared reference to 'publish'", `product.name`: "gives string", `product.fields`: "gives list", `[1]`: "gives list(int)",
		`dyn(product.name)`: "gives dyn", `product.name > 3`: "expression:1:14", `product.name.matches('(')`: "invalid matches argument",
		`product.fields.all(a, product.fields.all(b, product.fields.all(c, product.fields.all(d, true))))`: "nesting",
		strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200):                                       "recursion",
		strings.Repeat("x", weir.MaxExpression+1):                                                          "4097 bytes", `system('rm')`: "undeclared reference",
	} {
		_, err := c.Compile(policy.Rule{Name: "p", When: weir.WhenAlways, Expression: expression, Message: "m"})
		var e *weir.Error
		if !errors.As(err, &e) || e.Kind != weir.Invalid && e.Kind != weir.Limit || !strings.Contains(e.Public(), want) || e.Fix == "" {
			t.Errorf("%.40s: %v, want %s", expression, err, want)
		}
	}
	if _, err := c.Compile(policy.Rule{When: "never", Expression: "true"}); !errors.Is(err, weir.Invalid) {
		t.Errorf("a moment that there is not: %v", err)
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	rule := policy.Rule{
		Name: "p", When: weir.WhenPublish, Severity: weir.SeverityInfo, Expression: `product.fields.map(f, f.path)`,
		Message: `{product.name} of {product.team}, {publish.by}: {where} {"a":1} {}`, Fix: "weir product edit {product.name}",
	}
	p := whole()
	p.Team = strings.Repeat("ä", 3000)
	p.Fields = make([]policy.Field, 300)
	for i := range p.Fields {
		p.Fields[i].Path = "f"
	}
	found := mustJudge(t, mustCompile(t, rule), policy.Facts{Product: p, Publish: publishing()})
	want := `sales.orders of ` + strings.Repeat("ä", 100) + `…, ann: f, f, f, f, f and 295 more {"a":1} {}`
	if len(found) != 1 || found[0].Msg != want || found[0].Fix != "weir product edit sales.orders" || len(found[0].Where) != policy.MaxWhere {
		t.Errorf("%+v", found)
	}
	for _, bad := range []policy.Rule{
		{Message: "{product.nam}"}, {Message: "{product.partitions}"}, {Message: "{name}"}, {Message: "m", Fix: "{product.fields}"}, {Message: "{publish.by}"},
	} {
		bad.Name, bad.When, bad.Expression = "p", weir.WhenAlways, "true"
		if _, err := compiler(t).Compile(bad); !errors.Is(err, weir.Invalid) || !strings.Contains(err.Error(), "is no fact") {
			t.Errorf("%s%s: %v", bad.Message, bad.Fix, err)
		}
	}
}

// TestFailedPolicyIsAFinding: what cannot be evaluated never passes.
func TestFailedPolicyIsAFinding(t *testing.T) {
	t.Parallel()
	rules := mustCompile(t, policy.Rule{Name: "broken", When: weir.WhenAlways, Severity: weir.SeverityError, Expression: `product.tags['none'] == []`})
	found := mustJudge(t, rules, policy.Facts{Product: whole()})
	if len(found) != 1 || !found[0].Failed || found[0].Severity != weir.SeverityError || !strings.Contains(found[0].Msg, "no such key") || !strings.Contains(found[0].Fix, "weir policy disable broken") {
		t.Errorf("%+v", found)
	}
}

// TestCostIsBounded: a policy that would take for ever is ended, and so are many
// that take long together; each is a finding.
func TestCostIsBounded(t *testing.T) {
	t.Parallel()
	p := whole()
	p.Fields = make([]policy.Field, 5000)
	costly := policy.Rule{Name: "costly", When: weir.WhenAlways, Severity: weir.SeverityError, Expression: `product.fields.all(a, product.fields.all(b, a.path == b.path))`}
	all := make([]policy.Rule, 40)
	for i := range all {
		all[i] = costly
	}
	begin := time.Now()
	found := mustJudge(t, mustCompile(t, all...), policy.Facts{Product: p})
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if len(found) != len(all) || !strings.Contains(found[0].Msg, "cost") || !strings.Contains(found[39].Msg, "too many steps") {
		t.Errorf("%d findings, the first %q", len(found), found[0].Msg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := policy.Judge(ctx, mustCompile(t, costly), policy.Facts{Product: p}); !errors.Is(err, context.Canceled) {
		t.Errorf("when nobody waits any more: %v", err)
	}
}
