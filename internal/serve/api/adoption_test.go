package api_test

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/adoption"
)

// readings are counts that a test fills.
type readings []weir.Usage

func (r *readings) Flows(context.Context, time.Time, time.Time) ([]weir.Usage, error) {
	return slices.Clone(*r), nil
}

func (r *readings) Coverage(context.Context) (weir.Coverage, error) { return weir.Coverage{}, nil }

const day = 24 * time.Hour

// adopted is a mesh in which the team near reads of the domain shop, forty days
// after it was made; days are since then.
func adopted(t *testing.T) (*mesh, func(application, product string, from, until int)) {
	m := newMesh(t)
	made := time.Now()
	var counted readings
	m.api.Adoption = adoption.New(adoption.Config{State: m.state, Ledger: m.ledger, Measures: &counted, Now: func() time.Time { return made.Add(40 * day) }})
	m.domain("shop")
	m.domain("near")
	for _, a := range []client.NewApplication{{Name: "near", Team: "near"}, {Name: "late", Team: "near"}, {Name: "inner", Team: "shop"}} {
		_, err := m.admin.CreateApplication(t.Context(), a)
		must(t, err)
	}
	for _, n := range []client.NewProduct{{Name: "shop.seen"}, {Name: "shop.other"}, {Name: "shop.hidden", Visibility: "domain"}} {
		_, err := m.admin.CreateProduct(t.Context(), n)
		must(t, err)
	}
	ref := func(n weir.Noun, name string) weir.Ref {
		v, done, err := m.state.View(t.Context())
		must(t, err)
		defer done()
		e, _, err := v.Get(t.Context(), weir.Ref{Noun: n, Name: name})
		must(t, err)
		return e.Ref()
	}
	return m, func(application, product string, from, until int) {
		counted = append(counted, weir.Usage{
			Passage: weir.Passage{Of: ref(weir.NounProduct, product), Who: ref(weir.NounApplication, application), Direction: weir.Reading, How: weir.ByGateway},
			Records: 1, First: made.Add(time.Duration(from) * day), Last: made.Add(time.Duration(until) * day),
		})
	}
}

// Who reads a product of another team is a consumer from the first record on, and
// is one that reads while that was in the last 30 days.
func TestAdoption(t *testing.T) {
	t.Parallel()
	m, reads := adopted(t)
	_, err := m.admin.Declare(t.Context(), "shop.seen", "near", client.NewPlan{})
	must(t, err)
	reads("near", "shop.seen", 2, 39)
	reads("late", "shop.other", 4, 5)
	reads("inner", "shop.other", 0, 39) // their own
	a, err := m.admin.Adoption(t.Context(), "week")
	must(t, err)
	last := a.Points[len(a.Points)-1]
	if last.Domains != 2 || last.Products != 3 || last.Consumers != 2 || a.Reading != 1 || len(a.Points) != adoption.Points {
		t.Errorf("%+v, %d read", last, a.Reading)
	}
	if before := a.Points[0]; before.Domains+before.Products+before.Consumers != 0 {
		t.Errorf("before there was anything: %+v", before)
	}
	shop := a.Domains[slices.IndexFunc(a.Domains, func(d client.AdoptionDomain) bool { return d.Name == "shop" })]
	if shop.Consumers != 1 || shop.FirstConsumer == nil || shop.FirstConsumer.Name != "near" || shop.FirstProduct == nil || shop.FirstProduct.Name != "shop.seen" {
		t.Errorf("%+v", shop)
	}
	if got := strings.Join(a.Lacking.Consumer.Products, " "); got != "shop.hidden shop.other" || a.Lacking.Documentation.Count != 3 {
		t.Errorf("without a consumer: %s; %+v", got, a.Lacking)
	}
	if a.Waits.Done != 1 || math.Abs(a.Waits.Median-(2*day).Seconds()) > 3600 {
		t.Errorf("from request to first record: %+v", a.Waits)
	}
}

// What one may not know of does not count, and a consumer whom one may not watch
// has no name.
func TestAdoptionTellsWhatOneMayKnow(t *testing.T) {
	t.Parallel()
	m, reads := adopted(t)
	reads("near", "shop.hidden", 2, 39)
	reads("late", "shop.seen", 3, 39)
	stranger := m.person("sam")
	a, err := stranger.Adoption(t.Context(), "day")
	must(t, err)
	last := a.Points[len(a.Points)-1]
	shop := a.Domains[slices.IndexFunc(a.Domains, func(d client.AdoptionDomain) bool { return d.Name == "shop" })]
	if last.Products != 2 || last.Consumers != 1 || shop.Consumers != 1 || shop.FirstConsumer == nil || shop.FirstConsumer.Name != "" {
		t.Errorf("%+v, %+v", last, shop)
	}
	_, err = stranger.Adoption(t.Context(), "year")
	refused(t, err, http.StatusUnprocessableEntity, "by")
}
