package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

func rulesOfAll(ws []client.Warning) []string {
	var names []string
	for _, w := range ws {
		names = append(names, w.Severity+" "+w.Rule)
	}
	return names
}

// TestPoliciesOfDomains: a domain's policy judges its products, beside all that
// the mesh wants, and nobody else's; it ends with the domain.
func TestPoliciesOfDomains(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("red")
	m.domain("blue")
	olga := m.person("olga")
	m.appoint("domain-owner", "olga", "red")
	_, err := olga.CreatePolicy(ctx, client.NewPolicy{Name: "red.never", Severity: "error", Expression: "false", Message: "{product.domain} wants the impossible"})
	must(t, err)
	_, err = olga.CreatePolicy(ctx, client.NewPolicy{Name: "red.purpose", Severity: "info", Expression: "true", Message: "the name of one that is built in"})
	must(t, err)
	_, err = olga.CreatePolicy(ctx, client.NewPolicy{Name: "blue.never", Expression: "false", Message: "m"})
	refused(t, err, http.StatusForbidden, "olga may not create policy blue.never")
	_, err = olga.EditPolicy(ctx, "purpose", client.PolicyEdit{Severity: new("info")})
	refused(t, err, http.StatusForbidden, "policy purpose")
	for domain, want := range map[string][]string{
		"red": {"error red.never", "warning purpose"}, "blue": {"warning purpose"},
	} {
		p, err := m.admin.CreateProduct(ctx, client.NewProduct{Name: domain + ".one", Encoding: "bytes"})
		must(t, err)
		got := slices.DeleteFunc(rulesOfAll(p.Warnings), func(w string) bool { return !strings.HasSuffix(w, "never") && !strings.HasSuffix(w, "purpose") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", domain, diff)
		}
		all, err := m.admin.Policies(ctx, domain)
		must(t, err)
		if has := slices.ContainsFunc(all, func(p client.Policy) bool { return p.Name == "red.never" && p.Domain == "red" }); has != (domain == "red") {
			t.Errorf("%s is judged by %d policies, red.never among them: %v", domain, len(all), has)
		}
	}
	_, err = m.admin.DeleteProduct(ctx, "red.one", true)
	must(t, err)
	must(t, m.admin.DeleteDomain(ctx, "red"))
	_, err = m.admin.Policy(ctx, "red.never")
	refused(t, err, http.StatusNotFound)
}

// TestPoliciesAreBounded: of all that somebody adds, a hundred are taken, and the
// domains' are counted apart.
func TestPoliciesAreBounded(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("red")
	taken := 0
	for i := range weir.MaxPolicies + 2 {
		_, err := m.admin.CreatePolicy(ctx, client.NewPolicy{Name: fmt.Sprintf("p%d", i), Expression: "product.partitions > 0", Message: "m"})
		if err == nil {
			taken++
			continue
		}
		refused(t, err, http.StatusTooManyRequests, "has 100 policies", "remove one first")
	}
	if taken != weir.MaxPolicies {
		t.Errorf("%d were taken", taken)
	}
	_, err := m.admin.CreatePolicy(ctx, client.NewPolicy{Name: "red.one", Expression: "true", Message: "m"})
	must(t, err)
	_, err = m.admin.EditPolicy(ctx, "description", client.PolicyEdit{Severity: new("info")})
	must(t, err)
	all, err := m.admin.Policies(ctx, "")
	must(t, err)
	if len(all) != 23+taken+1 || all[0].Name != "owner" || !all[0].BuiltIn || all[len(all)-1].Name != "red.one" {
		t.Errorf("%d policies", len(all))
	}
}

func TestPolicyRefusals(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("red")
	for name, c := range map[string]struct {
		n      client.NewPolicy
		status int
		says   string
	}{
		"huge":             {client.NewPolicy{Name: "p", Expression: "true ||" + strings.Repeat(" true ||", 600) + " true", Message: "m"}, 429, "use at most 4096"},
		"no expression":    {client.NewPolicy{Name: "p", Message: "m"}, 400, "expression: a policy without expression"},
		"no fact":          {client.NewPolicy{Name: "p", Expression: "product.nothing == 1", Message: "m"}, 400, "expression:1:8: undefined field 'nothing'"},
		"a number":         {client.NewPolicy{Name: "p", Expression: "1 + 1", Message: "m"}, 400, "neither true or false"},
		"deep":             {client.NewPolicy{Name: "p", Expression: strings.Repeat("(", 1000) + "true" + strings.Repeat(")", 1000), Message: "m"}, 400, "recursion"},
		"a hole":           {client.NewPolicy{Name: "p", Expression: "true", Message: "{product.nam}"}, 400, "message: {product.nam} is no fact"},
		"no name":          {client.NewPolicy{Name: "A B", Expression: "true", Message: "m"}, 400, "is not a name"},
		"built in":         {client.NewPolicy{Name: "schema", Expression: "true", Message: "m"}, 409, "exists already"},
		"no domain":        {client.NewPolicy{Name: "green.p", Expression: "true", Message: "m"}, 404, "there is no domain green"},
		"a control letter": {client.NewPolicy{Name: "p", Expression: "true", Message: "a\x07b"}, 400, "no printable character"},
	} {
		_, err := m.admin.CreatePolicy(ctx, c.n)
		t.Logf("%s: %v", name, err)
		refused(t, err, c.status, c.says)
		if c.status != 409 && name != "no name" {
			_, err = m.admin.TryPolicy(ctx, client.Trial{Policy: c.n})
			refused(t, err, c.status, c.says)
		}
	}
	p, err := m.admin.CreatePolicy(ctx, client.NewPolicy{Name: "p", Expression: "true", Message: "m"}, client.IdempotencyKey("k"))
	must(t, err)
	again, err := m.admin.CreatePolicy(ctx, client.NewPolicy{Name: "p", Expression: "true", Message: "m"}, client.IdempotencyKey("k"))
	must(t, err)
	if diff := cmp.Diff(p, again); diff != "" {
		t.Error(diff)
	}
	_, err = m.admin.EditPolicy(ctx, "p", client.PolicyEdit{Severity: new("error")})
	must(t, err)
	_, err = m.admin.EditPolicy(ctx, "p", client.PolicyEdit{Severity: new("info")}, client.IfMatch(1))
	refused(t, err, http.StatusPreconditionFailed, `severity was "warning", is "error" (admin`)
	_, err = m.admin.EditPolicy(ctx, "p", client.PolicyEdit{Expression: new("")})
	refused(t, err, 400, "a policy without expression")
	_, err = m.admin.EditPolicy(ctx, "p", client.PolicyEdit{Fix: new("{where.x}")})
	refused(t, err, 400, "fix: {where.x} is no fact")
}

// TestTrialIsInScope: a trial looks at what the caller may know of, and counts
// nothing else.
func TestTrialIsInScope(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.hidden("red", "secret")
	m.domain("blue")
	_, err := m.admin.CreateProduct(ctx, client.NewProduct{Name: "blue.open", Description: "x"})
	must(t, err)
	trial := client.Trial{Policy: client.NewPolicy{Name: "p", Expression: "product.fields.map(f, f.path)", Message: "{product.name} has fields"}}
	mine := client.Trial{Policy: client.NewPolicy{Name: "p", Expression: "product.description == ''", Message: "{product.name} is described"}}
	somebody := m.person("somebody")
	all, err := somebody.TryPolicy(ctx, trial)
	must(t, err)
	if all.Checked != 1 || len(all.Items) != 0 {
		t.Errorf("somebody sees %+v", all)
	}
	all, err = somebody.TryPolicy(ctx, mine)
	must(t, err)
	if len(all.Items) != 1 || all.Items[0].Finding.Message != "blue.open is described" {
		t.Errorf("somebody sees %+v", all)
	}
	trial.Product = "red.secret"
	_, err = somebody.TryPolicy(ctx, trial)
	refused(t, err, http.StatusNotFound, "there is no product red.secret")
	one, err := m.admin.TryPolicy(ctx, trial)
	must(t, err)
	if one.Checked != 1 || len(one.Items) != 1 || len(one.Items[0].Finding.Where) == 0 {
		t.Errorf("the admin sees %+v", one)
	}
	trial.Policy.Name = "blue.p"
	_, err = m.admin.TryPolicy(ctx, trial)
	refused(t, err, 400, "a policy of the domain blue does not judge product red.secret")
}
