package state_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/driver/statetest"
)

func searchPath(dir string) string { return filepath.Join(dir, "search.db") }

// mustSearch opens an index and lets it follow; the func ends it.
func mustSearch(t testing.TB, dir string, s *state.State, opt state.SearchOptions) (*state.Search, func()) {
	t.Helper()
	x, err := state.OpenSearch(context.Background(), searchPath(dir), s, opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = x.Run(ctx) })
	end := sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := x.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(end)
	return x, end
}

func TestSearchConformance(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]state.SearchOptions{"": {}, "SmallPages": {Page: 2, Readers: 1}, "SmallPieces": {Beside: 1, Piece: 100}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statetest.RunSearch(t, statetest.SearchDriver{
				Driver: statetest.Driver{
					Ledger: func(t testing.TB, dir string) weir.Ledger { return mustLedger(t, dir) },
					Open: func(t testing.TB, dir string, l weir.Ledger) statetest.State {
						return mustState(t, dir, l, state.Options{})
					},
				},
				Search: func(t testing.TB, dir string, s statetest.State) weir.Searcher {
					x, _ := mustSearch(t, dir, s.(*state.State), opt)
					return x
				},
			})
		})
	}
}

// write puts one entry into ledger and state, as the writer does.
func write(t testing.TB, l weir.Ledger, s *state.State, cs ...weir.Change) {
	t.Helper()
	r, err := weir.Seal(l.Head(), weir.Entry{At: time.Unix(1, 0), By: weir.System, Op: "test", Changes: cs})
	must(t, err)
	must(t, l.Append(t.Context(), []weir.Record{r}))
	b, err := s.Begin(t.Context())
	must(t, err)
	must(t, b.Apply(t.Context(), r))
	must(t, b.Commit())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func change(t testing.TB, prev weir.Entity, rev weir.Revision, e weir.Entity) weir.Change {
	t.Helper()
	c, err := weir.NewChange(weir.UID{}, prev, rev, e)
	must(t, err)
	return c
}

// shop is a domain with n products, in one entry each.
func shop(t testing.TB, l weir.Ledger, s *state.State, n int) []*weir.Product {
	t.Helper()
	at := time.Unix(1, 0)
	ann := &weir.Person{UID: weir.NewUID(at), Name: "ann"}
	team := &weir.Team{UID: weir.NewUID(at), Name: "team"}
	d := &weir.Domain{UID: weir.NewUID(at), Name: "edge", Team: team.UID}
	write(t, l, s, change(t, nil, 0, ann), change(t, nil, 0, team), change(t, nil, 0, d))
	var ps []*weir.Product
	for i := range n {
		p := &weir.Product{
			UID: weir.NewUID(at), Name: fmt.Sprintf("edge.p%04d", i), Domain: d.UID, Major: 1, Kind: weir.KindStream, Encoding: weir.EncodingJSON, KeyEncoding: weir.KeyString,
			Visibility: weir.VisibleMesh, Access: weir.AccessOpen, Owner: ann.UID, Description: "a wombat", Partitions: 1, Retention: weir.MinRetention,
		}
		ps = append(ps, p)
		write(t, l, s, change(t, nil, 0, p))
	}
	return ps
}

// complete returns once everything is indexed.
func complete(t testing.TB, x *state.Search) weir.Hits {
	t.Helper()
	for {
		h, err := x.Search(t.Context(), weir.SearchQuery{Scope: weir.Everything, Words: []weir.SearchWord{{Text: "wombat"}}, Facets: true})
		must(t, err)
		if h.Building == nil {
			return h
		}
	}
}

// TestAnyDamageOfTheIndexIsMended: whatever happened to the file, it is used or
// made again, and finds the same.
func TestAnyDamageOfTheIndexIsMended(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		harm func(t *testing.T, path string)
	}{
		"untouched": {func(*testing.T, string) {}},
		"deleted":   {func(t *testing.T, path string) { must(t, os.Remove(path)) }},
		"empty":     {func(t *testing.T, path string) { must(t, os.WriteFile(path, nil, 0o600)) }},
		"no database": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("hello, this is no database"), 0o600))
		}},
		"cut":            {func(t *testing.T, path string) { must(t, os.Truncate(path, 8192)) }},
		"other version":  {func(t *testing.T, path string) { mustExec(t, path, "update meta set version = 99") }},
		"other ledger's": {func(t *testing.T, path string) { mustExec(t, path, "update meta set ledger = 'x'") }},
		"a word lost":    {func(t *testing.T, path string) { mustExec(t, path, "update piece set bytes = zeroblob(length(bytes))") }},
		"a merge that never ended": {func(t *testing.T, path string) {
			mustExec(t, path, "insert into piece (id, bytes) values (1 << 40, x'00')")
		}},
		"other history": {func(t *testing.T, path string) { mustExec(t, path, "update meta set hash = 'x'") }},
		"ahead":         {func(t *testing.T, path string) { mustExec(t, path, "update meta set offset = 9999") }},
		"half built": {func(t *testing.T, path string) {
			mustExec(t, path, "update meta set noun = 'product', name = 'edge.p0010'")
		}},
		"entries not seen": {func(t *testing.T, path string) { mustExec(t, path, "update meta set offset = 0, hash = ''") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l := mustLedger(t, dir)
			s := mustState(t, dir, l, state.Options{})
			shop(t, l, s, 30)
			x, end := mustSearch(t, dir, s, state.SearchOptions{})
			want := complete(t, x)
			end()
			c.harm(t, searchPath(dir))
			x, _ = mustSearch(t, dir, s, state.SearchOptions{})
			if diff := cmp.Diff(want, complete(t, x)); diff != "" || want.Total != 30 {
				t.Errorf("total %d %s", want.Total, diff)
			}
		})
	}
}

// TestSearchSaysThatTheIndexIsBeingMade: what is there is found, with how much
// of what one may know of it is; and nobody waits for an index that nobody
// makes.
func TestSearchSaysThatTheIndexIsBeingMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := mustLedger(t, dir)
	s := mustState(t, dir, l, state.Options{})
	ps := shop(t, l, s, 40)
	hidden := *ps[0]
	hidden.Visibility = weir.VisibleDomain
	write(t, l, s, change(t, ps[0], 1, &hidden))

	idle, err := state.OpenSearch(t.Context(), filepath.Join(dir, "idle.db"), s, state.SearchOptions{Behind: time.Millisecond})
	must(t, err)
	defer idle.Close()
	if _, err := idle.Search(t.Context(), weir.SearchQuery{}); !weir.Unavailable.In(err) || !strings.Contains(err.Error(), "latest changes yet") {
		t.Errorf("an index that nobody makes: %v", err)
	}

	x, _ := mustSearch(t, dir, s, state.SearchOptions{Page: 1})
	last := -1
	for {
		h, err := x.Search(t.Context(), weir.SearchQuery{Scope: weir.Scope{Mesh: true}, Limit: 200})
		must(t, err)
		if h.Building == nil {
			if h.Total != 40 { // the domain, and all products but one
				t.Errorf("%d in the end", h.Total)
			}
			break
		}
		if h.Building.Of != 40 || h.Building.Done != h.Total || h.Total < last {
			t.Fatalf("%v with %d hits", h.Building, h.Total)
		}
		last = h.Total
	}
	if last < 0 {
		t.Error("the index was there at once")
	}
}

// TestRightsHoldWhileTheIndexIsMade: a product that was hidden before a search
// began is in no answer to it, however far the index is.
func TestRightsHoldWhileTheIndexIsMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := mustLedger(t, dir)
	s := mustState(t, dir, l, state.Options{})
	ps := shop(t, l, s, 120)
	x, _ := mustSearch(t, dir, s, state.SearchOptions{Page: 3})
	for i, p := range ps {
		next := *p
		next.Visibility = weir.VisibleDomain
		write(t, l, s, change(t, p, 1, &next))
		h, err := x.Search(t.Context(), weir.SearchQuery{Scope: weir.Scope{Mesh: true}, Words: []weir.SearchWord{{Text: "wombat"}}, Facets: true, Limit: 200})
		must(t, err)
		for _, it := range h.Items {
			if it.Ref.Name <= p.Name {
				t.Fatalf("%s is found after %s was hidden", it.Ref.Name, p.Name)
			}
		}
		if h.Total > len(ps)-1-i || h.Building == nil && h.Total != len(ps)-1-i {
			t.Fatalf("%d are found when %d are left", h.Total, len(ps)-1-i)
		}
	}
}

// TestSearchAfterClose: who asks then is told.
func TestSearchAfterClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustState(t, dir, mustLedger(t, dir), state.Options{})
	x, end := mustSearch(t, dir, s, state.SearchOptions{})
	end()
	if _, err := x.Search(t.Context(), weir.SearchQuery{}); !weir.Unavailable.In(err) {
		t.Error(err)
	}
	must(t, x.Close())
}

// TestManySearchAtOnce: searches go on while products change, each exact.
func TestManySearchAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := mustLedger(t, dir)
	s := mustState(t, dir, l, state.Options{})
	ps := shop(t, l, s, 20)
	x, _ := mustSearch(t, dir, s, state.SearchOptions{})
	var running sync.WaitGroup
	for range 6 {
		running.Go(func() {
			for range 30 {
				h, err := x.Search(t.Context(), weir.SearchQuery{Scope: weir.Everything, Words: []weir.SearchWord{{Text: "wombat"}}, Limit: 200})
				if err != nil || h.Building == nil && h.Total != 20 || len(h.Items) != h.Total {
					t.Errorf("%d of %d hits, %v", len(h.Items), h.Total, err)
				}
			}
		})
	}
	for i := range 30 {
		p := ps[i%len(ps)]
		next := *p
		next.Description = fmt.Sprintf("wombat number %d", i)
		write(t, l, s, change(t, p, weir.Revision(1+i/len(ps)), &next))
		ps[i%len(ps)] = &next
	}
	running.Wait()
}

// TestIndexAfterManyChanges: whatever became of products, each is found by the
// words that it has now, also after a start, and the file keeps few segments.
func TestIndexAfterManyChanges(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]state.SearchOptions{"AtOnce": {Page: 5}, "Beside": {Page: 5, Beside: 1, Piece: 200}, "Both": {Beside: 8, Piece: 1000}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l := mustLedger(t, dir)
			s := mustState(t, dir, l, state.Options{})
			ps := shop(t, l, s, 40)
			revs := make([]weir.Revision, len(ps))
			words := []string{"wombat", "numbat", "quokka", "wombats", "dingo"}
			x, end := mustSearch(t, dir, s, opt)
			complete(t, x)
			r := rand.New(rand.NewPCG(3, 4))
			for i := range 300 {
				n := r.IntN(len(ps))
				changeProduct(t, l, s, ps, revs, n, words[r.IntN(len(words))])
				if i%60 == 59 {
					end()
					x, end = mustSearch(t, dir, s, opt)
				}
				if i%10 == 9 {
					compareWords(t, x, ps, words)
				}
			}
			end()
			var segments int
			if mustRow(t, searchPath(dir), "select count(*) from segment", &segments); segments > 24 {
				t.Errorf("%d segments of 40 products", segments)
			}
		})
	}
}

// changeProduct gives a product a word, deletes it, or makes it again under its
// name.
func changeProduct(t *testing.T, l weir.Ledger, s *state.State, ps []*weir.Product, revs []weir.Revision, n int, word string) {
	t.Helper()
	next := *ps[n]
	switch {
	case ps[n].Description == "":
		next.UID, next.Description, revs[n] = weir.NewUID(time.Unix(2, 0)), word, 0
		write(t, l, s, change(t, nil, 0, &next))
	case word == "dingo":
		next.Description = ""
		write(t, l, s, weir.DeleteChange(weir.UID{}, ps[n], revs[n]+1))
	case ps[n].Description != word:
		next.Description = word
		revs[n]++
		write(t, l, s, change(t, ps[n], revs[n], &next))
	}
	ps[n] = &next
}

func compareWords(t *testing.T, x *state.Search, ps []*weir.Product, words []string) {
	t.Helper()
	for _, w := range words {
		var want, got []string
		for _, p := range ps {
			if strings.HasPrefix(strings.TrimPrefix(p.Description, "a "), w) {
				want = append(want, p.Name)
			}
		}
		h, err := x.Search(t.Context(), weir.SearchQuery{Scope: weir.Everything, Words: []weir.SearchWord{{Text: w}}, Limit: 200})
		must(t, err)
		for _, it := range h.Items {
			got = append(got, it.Ref.Name)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" && h.Building == nil {
			t.Fatalf("%s: %s", w, diff)
		}
	}
}

func mustRow(t *testing.T, file, query string, dest any) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	must(t, err)
	defer db.Close()
	must(t, db.QueryRowContext(t.Context(), query).Scan(dest))
}
