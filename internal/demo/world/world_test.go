package world_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/internal/demo/world"
)

// clock is a time that moves on by a step at each look.
func clock() func() time.Time {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return func() time.Time {
		at = at.Add(10 * time.Millisecond)
		return at
	}
}

func TestSameSeedSameWorld(t *testing.T) {
	t.Parallel()
	one, two := world.New(7, clock()), world.New(7, clock())
	for i := range 5000 {
		for _, p := range world.Products() {
			if r1, r2 := p.Next(one), p.Next(two); !cmp.Equal(r1, r2) {
				t.Fatalf("record %d: %v, then %v", i, r1, r2)
			}
		}
		if c1, c2 := one.NextClick(), two.NextClick(); !cmp.Equal(c1, c2) {
			t.Fatalf("record %d: %v, then %v", i, c1, c2)
		}
	}
}

// people is who is in a product of people from the beginning.
func people(w *world.World, name string) map[string]bool {
	known := map[string]bool{}
	for _, p := range world.Products() {
		if p.Full() == name {
			for _, r := range w.First(p) {
				known[r.Key()] = true
			}
		}
	}
	return known
}

func TestWorldKeepsItsPromises(t *testing.T) {
	t.Parallel()
	w := world.New(1, clock())
	moved := map[string]map[string]bool{}
	known := people(w, world.Users)
	for range 20_000 {
		u := w.NextUser().(world.User)
		key := u.Key()
		if key != u.UserID || !slices.Contains([]string{"MALE", "FEMALE", "OTHER"}, u.Gender) || u.RegisterTime == 0 {
			t.Fatalf("user %s: %v", key, u)
		}
		known[u.UserID] = true
		if moved[key] == nil {
			moved[key] = map[string]bool{}
		}
		moved[key][u.RegionID] = true
		tr := w.NextTrade().(world.Trade)
		if tr.Quantity < 1 || tr.Quantity > 5000 || tr.Price < 5 || tr.Price > 999 || !known[tr.UserID] || tr.Side != "BUY" && tr.Side != "SELL" {
			t.Fatalf("trade: %v", tr)
		}
		v := w.NextView().(world.View)
		if v.Key() != v.UserID || !known[v.UserID] || v.PageID == "" || v.ViewTime == 0 {
			t.Fatalf("view: %v", v)
		}
		p := w.NextPreference().(world.Preference)
		if p.Key() != p.UserID || !known[p.UserID] || len(p.Purposes) == 0 || p.Purposes[0] != "service" || p.Changed.IsZero() {
			t.Fatalf("preference: %v", p)
		}
		q := w.NextQuote().(world.Quote)
		if bid, ask := amount(t, q.Bid), amount(t, q.Ask); bid <= 0 || bid >= ask || ask > 1100_00 || q.BidSize <= 0 || q.AskSize <= 0 || q.Quoted == 0 {
			t.Fatalf("quote: %v", q)
		}
	}
	many := 0
	for _, regions := range moved {
		if len(regions) > 1 {
			many++
		}
	}
	if many < len(moved)/2 || len(known) != 500 {
		t.Errorf("%d of %d users moved, %d users in all; want most, and 500", many, len(moved), len(known))
	}
}

// amount is money in cents.
func amount(t *testing.T, n json.Number) int {
	t.Helper()
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(100*f + 0.5)
}

// TestShop wants orders to be paid by the card of who ordered, and now and then
// many small payments by one card.
func TestShop(t *testing.T) {
	t.Parallel()
	w := world.New(1, clock())
	known, cards, orders := people(w, world.Customers), map[string]string{}, map[string]world.Order{}
	small, runs := map[string]int{}, 0
	for range 5_000 {
		c := w.NextCustomer().(world.Customer)
		known[c.CustomerID], cards[c.CustomerID] = true, c.Card
		o := w.NextOrder().(world.Order)
		total := 0
		for _, i := range o.Items {
			total += i.Quantity * amount(t, i.Price)
		}
		if !known[o.CustomerID] || len(o.Items) == 0 || amount(t, o.Total) != total {
			t.Fatalf("order: %v", o)
		}
		orders[o.OrderID] = o
		p := w.NextPayment().(world.Payment)
		if p.OrderID == nil {
			if small[p.Card]++; amount(t, p.Amount) < 200 && small[p.Card] == 8 {
				runs, small[p.Card] = runs+1, 0
			}
			continue
		}
		of := orders[*p.OrderID]
		if p.Amount != of.Total || cards[of.CustomerID] != "" && cards[of.CustomerID] != p.Card {
			t.Fatalf("payment %v of %v by %s", p, of, cards[of.CustomerID])
		}
	}
	if runs < 20 || len(known) != 300 {
		t.Errorf("%d frauds, %d customers", runs, len(known))
	}
}

// TestProducts makes sure that no schema is left over, that the key is one of the
// fields, and that names are used once.
func TestProducts(t *testing.T) {
	t.Parallel()
	w, names, files := world.New(1, clock()), map[string]bool{}, map[string]bool{}
	for _, p := range world.Products() {
		r := p.Next(w)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		if fields[p.KeyField] != r.Key() || p.EventTime != "" && fields[p.EventTime] == nil || p.Rate < 5 {
			t.Errorf("%s: %s", p.Full(), b)
		}
		names[p.Full()], files[p.Schema()] = true, true
	}
	if len(names) != 8 || len(files) != 8 {
		t.Errorf("%d names, %d schemas", len(names), len(files))
	}
}
