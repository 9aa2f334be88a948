package demo

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is a time that moves on by a step at each look.
func clock() func() time.Time {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return func() time.Time {
		at = at.Add(10 * time.Millisecond)
		return at
	}
}

// nexts is where the records of each product come from.
func (w *world) nexts() []func() record {
	return []func() record{w.nextUser, w.nextTrade, w.nextView, w.nextPreference, w.nextClick}
}

func TestSameSeedSameWorld(t *testing.T) {
	t.Parallel()
	one, two := newWorld(7, clock()), newWorld(7, clock())
	for i := range 5000 {
		for j, next := range one.nexts() {
			if r1, r2 := next(), two.nexts()[j](); !cmp.Equal(r1, r2) {
				t.Fatalf("record %d: %v, then %v", i, r1, r2)
			}
		}
	}
}

func TestWorldKeepsItsPromises(t *testing.T) {
	t.Parallel()
	w := newWorld(1, clock())
	moved := map[string]map[string]bool{}
	known := map[string]bool{}
	for _, u := range w.users {
		known[u.UserID] = true
	}
	for range 20_000 {
		u := w.nextUser().(user)
		key := u.key()
		if key != u.UserID || !slices.Contains([]string{"MALE", "FEMALE", "OTHER"}, u.Gender) || u.RegisterTime == 0 {
			t.Fatalf("user %s: %v", key, u)
		}
		known[u.UserID] = true
		if moved[key] == nil {
			moved[key] = map[string]bool{}
		}
		moved[key][u.RegionID] = true
		tr := w.nextTrade().(trade)
		if tr.Quantity < 1 || tr.Quantity > 5000 || tr.Price < 5 || tr.Price > 999 || !known[tr.UserID] || tr.Side != "BUY" && tr.Side != "SELL" {
			t.Fatalf("trade: %v", tr)
		}
		v := w.nextView().(view)
		if v.key() != v.UserID || !known[v.UserID] || v.PageID == "" || v.ViewTime == 0 {
			t.Fatalf("view: %v", v)
		}
		p := w.nextPreference().(preference)
		if p.key() != p.UserID || !known[p.UserID] || len(p.Purposes) == 0 || p.Purposes[0] != "service" || p.Changed.IsZero() {
			t.Fatalf("preference: %v", p)
		}
	}
	many := 0
	for _, regions := range moved {
		if len(regions) > 1 {
			many++
		}
	}
	if many < len(moved)/2 || len(w.users) != maxUsers {
		t.Errorf("%d of %d users moved, %d users in all; want most, and %d", many, len(moved), len(w.users), maxUsers)
	}
}
