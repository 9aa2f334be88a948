package product_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/weirmesh/weir/client"
)

// The readers' page shows who plans to read the product; what is answered and
// taken back there is offered to those alone whose it is.
func TestPlannedReaders(t *testing.T) {
	t.Parallel()
	plan := client.Plan{Product: "edge.pageviews", Application: "trends", Team: "growth", Access: "asked", Note: "what is read most"}
	for name, c := range map[string]struct {
		teams   []string
		who     string
		has, no []string
	}{
		"who owns the product answers":      {nil, "ada", []string{"what is read most", "readers/allow", "readers/decline"}, []string{"readers/unplan", "readers/plan"}},
		"who plans takes back and declares": {[]string{"growth"}, "ben", []string{"readers/unplan", `value="trends"`, "/readers/plan"}, []string{"readers/allow", "readers/decline", `value="of-a-query"`}},
		"others are offered nothing":        {nil, "eve", []string{"what is read most"}, []string{"readers/allow", "readers/unplan", "readers/plan"}},
	} {
		f := newFake(t)
		f.plans, f.me.Name, f.me.Teams = []client.Plan{plan}, c.who, c.teams
		f.applications = []client.Application{{Name: "trends", Team: "growth"}, {Name: "of-a-query", Team: "growth", Query: true}}
		_, body := f.do(http.MethodGet, "/products/edge.pageviews/readers", nil, nil)
		has(t, body, c.has...)
		for _, no := range c.no {
			if strings.Contains(body, no) {
				t.Errorf("%s: there is %q", name, no)
			}
		}
	}
}

// A plan that is refused keeps what was typed, and says what is wrong where.
func TestPlanThatIsRefusedKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.me.Teams, f.applications = []string{"growth"}, []client.Application{{Name: "trends", Team: "growth"}}
	f.refuse["/plans/trends"] = client.Problem{Status: http.StatusBadRequest, Where: "due", Detail: `"soon" is no day`}
	a, body := f.do(http.MethodPost, "/products/edge.pageviews/readers/plan", url.Values{"application": {"trends"}, "due": {"soon"}, "note": {"to know it"}}, nil)
	has(t, body, "is no day", `value="soon"`, `value="to know it"`)
	if a.Status != http.StatusBadRequest {
		t.Errorf("status %d", a.Status)
	}
}
