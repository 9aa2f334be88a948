package api_test

import (
	"net/http"
	"testing"

	"github.com/weirmesh/weir/client"
)

// Who asks to read a product is seen by those who may allow it and by who asks, by
// nobody else; it is answered once, by those alone who may allow it, and can be
// asked again after a no. A yes is an answer, too. Nothing is asked for that one
// has, or that would give nothing.
func TestAskingForAccess(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("shop")
	m.domain("near")
	ctx := t.Context()
	owner, near, stranger := m.person("olga", "shop"), m.person("nina", "near"), m.person("sam")
	_, err := near.CreateApplication(ctx, client.NewApplication{Name: "near-app", Team: "near"})
	must(t, err)
	for _, n := range []client.NewProduct{{Name: "shop.asked", Access: "request"}, {Name: "shop.open"}, {Name: "shop.hidden", Visibility: "domain"}} {
		_, err := owner.CreateProduct(ctx, n)
		must(t, err)
	}
	ask := func(product string) (client.Plan, error) {
		return near.Declare(ctx, product, "near-app", client.NewPlan{Ask: true, Note: "to see"})
	}
	access := func(c *client.Client) string {
		all, err := c.Plans(ctx, "", "")
		must(t, err)
		out := ""
		for _, p := range all {
			out += p.Product + ":" + p.Access
			if p.Answer != nil {
				out += ":" + p.Answer.By + ":" + p.Answer.Why
			}
		}
		return out
	}
	seen := func(moment, want string) {
		t.Helper()
		for who, c := range map[string]*client.Client{"the owner": owner, "who asked": near} {
			if got := access(c); got != want {
				t.Errorf("%s, %s sees %q, want %q", moment, who, got, want)
			}
		}
		if got := access(stranger); got != "" {
			t.Errorf("%s, a stranger sees %q", moment, got)
		}
	}
	p, err := ask("shop.asked")
	if err != nil || p.Access != "asked" || p.Asked == nil {
		t.Fatalf("asked: %+v %v", p, err)
	}
	seen("asked", "shop.asked:asked")
	_, err = near.Decline(ctx, "shop.asked", "near-app", client.Declining{})
	refused(t, err, http.StatusForbidden)
	_, err = owner.Decline(ctx, "shop.asked", "near-app", client.Declining{Why: "not yet"})
	must(t, err)
	seen("declined", "shop.asked:declined:olga:not yet")
	_, err = owner.Decline(ctx, "shop.asked", "near-app", client.Declining{})
	refused(t, err, http.StatusConflict)
	_, err = near.Declare(ctx, "shop.asked", "near-app", client.NewPlan{Note: "changed"})
	must(t, err)
	seen("changed", "shop.asked:declined:olga:not yet")
	_, err = ask("shop.asked")
	must(t, err)
	seen("asked again", "shop.asked:asked")
	_, err = owner.Allow(ctx, "shop.asked", "near-app")
	must(t, err)
	seen("allowed", "shop.asked:may:olga:")
	must(t, owner.Revoke(ctx, "shop.asked", "near-app"))
	seen("revoked", "shop.asked:no:olga:")
	for product, status := range map[string]int{"shop.open": http.StatusConflict, "shop.hidden": http.StatusNotFound, "shop.none": http.StatusNotFound} {
		_, err := ask(product)
		refused(t, err, status)
	}
	must(t, near.Withdraw(ctx, "shop.asked", "near-app"))
	seen("withdrawn", "")
	_, err = owner.Decline(ctx, "shop.asked", "near-app", client.Declining{})
	refused(t, err, http.StatusNotFound)
}
