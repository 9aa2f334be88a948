package demo

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// clock is a time that moves on by a step at each look.
func clock() func() time.Time {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return func() time.Time {
		at = at.Add(10 * time.Millisecond)
		return at
	}
}

func read[T any](t *testing.T, b []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSameSeedSameWorld(t *testing.T) {
	t.Parallel()
	one, two := newWorld(7, clock()), newWorld(7, clock())
	for i := range 5000 {
		for _, next := range [][2]func() (string, []byte){{one.nextUser, two.nextUser}, {one.nextTrade, two.nextTrade}, {one.nextView, two.nextView}} {
			k1, v1 := next[0]()
			k2, v2 := next[1]()
			if k1 != k2 || string(v1) != string(v2) {
				t.Fatalf("record %d: %s %s, then %s %s", i, k1, v1, k2, v2)
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
		key, b := w.nextUser()
		u := read[user](t, b)
		if key != u.UserID || !slices.Contains([]string{"MALE", "FEMALE", "OTHER"}, u.Gender) || u.RegisterTime == 0 {
			t.Fatalf("user %s: %s", key, b)
		}
		known[u.UserID] = true
		if moved[key] == nil {
			moved[key] = map[string]bool{}
		}
		moved[key][u.RegionID] = true
		_, b = w.nextTrade()
		tr := read[trade](t, b)
		if tr.Quantity < 1 || tr.Quantity > 5000 || tr.Price < 5 || tr.Price > 999 || !known[tr.UserID] || tr.Side != "BUY" && tr.Side != "SELL" {
			t.Fatalf("trade: %s", b)
		}
		key, b = w.nextView()
		v := read[view](t, b)
		if key != v.UserID || !known[v.UserID] || v.PageID == "" || v.ViewTime == 0 {
			t.Fatalf("view %s: %s", key, b)
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
