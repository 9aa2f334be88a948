package lineage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/lineage"
	core "github.com/weirmesh/weir/internal/core/lineage"
)

// An application that nobody allowed and that declared nothing depends on what it
// was counted reading, with its team, and so does what it writes.
func TestImpactKnowsWhoIsSeenByTrafficAlone(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	orders, sums := m.product("ann", "shop.orders", weir.VisibleMesh), m.product("dora", "desk.sums", weir.VisibleMesh)
	reader := m.application("dora", "summer", "desk")
	m.counted(orders, reader, weir.Reading)
	m.counted(sums, reader, weir.Writing)
	got, err := m.Impact(t.Context(), m.admin().By, lineage.Asking{Of: "shop.orders", Field: "price"})
	must(t, err)
	if len(got.Readers) != 1 || got.Readers[0].Name != "summer" || got.Readers[0].Team != "desk" || !slices.Equal(got.Readers[0].How, []core.How{core.ByTraffic}) {
		t.Errorf("the readers are %+v", got.Readers)
	}
	wants(t, got.Sentence(), "application summer, product desk.sums")
	wants(t, got.Teams, []string{"desk"})
	wants(t, m.Hurts(t.Context(), m.admin().By, "shop.orders"), "application summer, product desk.sums")
	wants(t, m.Hurts(t.Context(), m.admin().By, "shop.nothing"), "")
	_, err = m.catalog.DeleteProduct(t.Context(), m.admin(), "desk.sums", false)
	must(t, err)
	wants(t, m.Hurts(t.Context(), m.admin().By, "shop.orders"), "application summer") // what is gone is not hurt
}

// What somebody may not know of is counted, and not named, in boxes, lists and
// sentences; whoever owns it sees it.
func TestWhatIsPrivateHasNoName(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	orders, secret := m.product("ann", "shop.orders", weir.VisibleMesh), m.product("dora", "desk.secret", weir.VisibleDomain)
	reader := m.application("dora", "summer", "desk")
	m.counted(orders, reader, weir.Reading)
	m.counted(secret, reader, weir.Writing)
	for who, want := range map[string][]string{
		"dora": {"application summer", "product desk.secret"},
		"ann":  {"application summer", "closed"}, // who reads a product of hers
		"eve":  {"closed"},                       // that somebody does
	} {
		wants(t, reached(m.tell(who, lineage.Asking{Of: "shop.orders", Down: true})), want)
	}
	got, err := m.Impact(t.Context(), m.as("ann").By, lineage.Asking{Of: "shop.orders"})
	must(t, err)
	if got.Hidden != 1 || len(got.Products) != 0 {
		t.Errorf("%d hidden, products %+v", got.Hidden, got.Products)
	}
	wants(t, got.Sentence(), "application summer, 1 more that you may not see")
	_, err = m.Tell(t.Context(), m.as("ann").By, lineage.Asking{Of: "desk.secret"})
	if !weir.NotFound.In(err) {
		t.Errorf("what is private is told of: %v", err)
	}
}

// The graph has what was decided since the last question, and after a start what
// it had before.
func TestFollowsTheLedger(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	orders := m.product("ann", "shop.orders", weir.VisibleMesh)
	wants(t, reached(m.tell("ann", lineage.Asking{Of: "shop.orders", Down: true})), []string{})
	m.application("dora", "summer", "desk")
	_, err := m.Declare(t.Context(), m.as("dora"), lineage.NewPlan{Product: orders.Name, Application: "summer", Due: "2026-06-01"})
	must(t, err)
	want := []string{"application summer"}
	wants(t, reached(m.tell("ann", lineage.Asking{Of: "shop.orders", Down: true})), want)
	m.Lineage = m.fresh()
	wants(t, reached(m.tell("ann", lineage.Asking{Of: "shop.orders", Down: true})), want)
	_, err = m.Withdraw(t.Context(), m.as("dora"), orders.Name, "summer")
	must(t, err)
	wants(t, reached(m.tell("ann", lineage.Asking{Of: "shop.orders", Down: true})), []string{})
}

// A plan is of the application's team, names a day and fields, and gives no right;
// others may neither make nor end it, nor make one of what they may not know.
func TestPlans(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.product("ann", "shop.orders", weir.VisibleMesh)
	m.product("ann", "shop.secret", weir.VisibleDomain)
	m.application("dora", "summer", "desk")
	plan := lineage.NewPlan{Product: "shop.orders", Application: "summer", Fields: []string{"price"}, Due: "2026-06-01", Note: "sums"}
	for _, who := range []string{"ann", "eve"} { // eve may not know of the application, and is told no more
		_, err := m.Declare(t.Context(), m.as(who), plan)
		if !weir.Denied.In(err) && !weir.NotFound.In(err) {
			t.Errorf("%s declares: %v", who, err)
		}
	}
	_, err := m.Declare(t.Context(), m.as("dora"), lineage.NewPlan{Product: "shop.secret", Application: "summer"})
	if !weir.NotFound.In(err) {
		t.Errorf("of what she may not know: %v", err)
	}
	_, err = m.Declare(t.Context(), m.as("dora"), plan)
	must(t, err)
	for field, want := range map[string]int{"price": 1, "id": 0} {
		got, err := m.Impact(t.Context(), m.as("ann").By, lineage.Asking{Of: "shop.orders", Field: field})
		must(t, err)
		if len(got.Readers) != want || want == 1 && got.Readers[0].Due != "2026-06-01" {
			t.Errorf("of %s: %+v", field, got.Readers)
		}
	}
	if _, err := m.Withdraw(t.Context(), m.as("ann"), "shop.orders", "summer"); !weir.Denied.In(err) {
		t.Errorf("the product's owner ends the plan: %v", err)
	}
	_, err = m.Withdraw(t.Context(), m.as("dora"), "shop.orders", "summer")
	must(t, err)
	if _, err := m.Withdraw(t.Context(), m.as("dora"), "shop.orders", "summer"); !weir.NotFound.In(err) {
		t.Errorf("what is ended is ended again: %v", err)
	}
}

// A question that is none says where and what to do.
func TestQuestionsThatAreNone(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.product("ann", "shop.orders", weir.VisibleMesh)
	m.application("ann", "cart", "shop")
	for _, c := range []struct {
		ask   lineage.Asking
		kind  weir.ErrKind
		where string
		fix   string
	}{
		{lineage.Asking{}, weir.Invalid, "name", "name a product"},
		{lineage.Asking{Of: "shop.nothing"}, weir.NotFound, "", ""},
		{lineage.Asking{Of: "nobody"}, weir.NotFound, "", ""},
		{lineage.Asking{Of: "shop.orders", Field: "prise"}, weir.NotFound, "field", "id, price"},
		{lineage.Asking{Of: "cart", Field: "price"}, weir.Invalid, "field", "a field of a product"},
		{lineage.Asking{Of: "shop.orders", Since: -time.Hour}, weir.Invalid, "since", "400d"},
		{lineage.Asking{Of: "shop.orders", Since: weir.MeasuredFor + time.Hour}, weir.Invalid, "since", "400d"},
		{lineage.Asking{Of: "shop.orders", At: m.clock.Now().Add(time.Hour)}, weir.Invalid, "at", "a time before now"},
	} {
		_, err := m.Tell(t.Context(), m.as("ann").By, c.ask)
		var e *weir.Error
		if !errors.As(err, &e) || e.Kind != c.kind || e.Where != c.where || !strings.Contains(e.Fix, c.fix) {
			t.Errorf("%+v: %+v", c.ask, err)
		}
	}
}

// Without counts there is an answer still, which says what is missing; what went
// wrong inside is not told.
func TestCountsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.product("ann", "shop.orders", weir.VisibleMesh)
	m.measures.fails = errors.New("file /var/lib/secret is broken")
	got := m.tell("ann", lineage.Asking{Of: "shop.orders", Up: true, Down: true})
	if len(got.Problems) != 1 || strings.Contains(got.Problems[0], "/var") || len(got.Nodes) != 1 {
		t.Errorf("%v, %d boxes", got.Problems, len(got.Nodes))
	}
	m.measures.fails = weir.Errorf(weir.Unavailable, "the measures are being rebuilt")
	if got := m.tell("ann", lineage.Asking{Of: "shop.orders"}); len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "being rebuilt") {
		t.Errorf("%v", got.Problems)
	}
}

// Counts are added up once for who asks in the same moment, and again later.
func TestCountsAreKeptForAMoment(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.product("ann", "shop.orders", weir.VisibleMesh)
	for range 5 {
		m.tell("admin", lineage.Asking{Of: "shop.orders"})
	}
	wants(t, m.measures.asked, 1)
	m.clock.add(2 * time.Minute)
	m.tell("admin", lineage.Asking{Of: "shop.orders"})
	wants(t, m.measures.asked, 2)
}

// As of a time: what there was then, as far as one may know of it now.
func TestAsItWas(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	before := m.clock.Now()
	m.clock.add(time.Minute)
	orders := m.product("ann", "shop.orders", weir.VisibleMesh)
	reader := m.application("dora", "summer", "desk")
	_, err := m.Declare(t.Context(), m.as("dora"), lineage.NewPlan{Product: orders.Name, Application: "summer"})
	must(t, err)
	m.counted(orders, reader, weir.Reading)
	then := m.clock.Now()
	m.clock.add(time.Minute)
	_, err = m.Withdraw(t.Context(), m.as("dora"), orders.Name, "summer")
	must(t, err)
	ask := lineage.Asking{Of: "shop.orders", Down: true, At: then}
	wants(t, reached(m.tell("ann", ask)), []string{"application summer"})
	wants(t, m.tell("ann", ask).Past, true)
	if _, err := m.Tell(t.Context(), m.admin().By, lineage.Asking{Of: "shop.orders", At: before}); !weir.NotFound.In(err) {
		t.Errorf("before it was made: %v", err)
	}
	wants(t, len(m.tell("eve", ask).Nodes) > 0, true)
	private := weir.VisibleDomain
	_, err = m.catalog.EditProduct(t.Context(), m.as("ann"), "shop.orders", catalog.ProductEdit{Visibility: &private})
	must(t, err)
	if _, err := m.Tell(t.Context(), m.as("eve").By, ask); !weir.NotFound.In(err) {
		t.Errorf("what was made private since is told: %v", err)
	}
	wants(t, reached(m.tell("ann", ask)), []string{"application summer"})
	_, err = m.catalog.DeleteProduct(t.Context(), m.as("ann"), "shop.orders", false)
	must(t, err)
	wants(t, m.tell("ann", ask).Of.Name, "shop.orders")
	if _, err := m.Tell(t.Context(), m.as("eve").By, ask); !weir.NotFound.In(err) {
		t.Errorf("what was private when it ended is told: %v", err)
	}
}
