package records_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/records"
)

// TestNewest: of all partitions together, whichever they are in; those of one
// partition in their order; and the place that they begin at leads to those
// before.
func TestNewest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{Tick: time.Millisecond})
	w.topic.grow(3)
	at := func(s int) time.Time { return w.clock.now.Add(time.Duration(s) * time.Second) }
	for i := range 10 {
		w.topic.add(0, at(i), "0")
	}
	w.topic.add(1, at(100), "1")
	w.topic.hole(1, 40) // such as the ends of transactions
	w.topic.add(2, at(50), "2")
	w.topic.add(2, at(5), "2") // its clock was wrong; it stays behind the one before
	for _, c := range []struct {
		q          records.Question
		want, from string
	}{
		{records.Question{Newest: 1}, "1:0", "0:10,1:0,2:2,*"},
		{records.Question{Newest: 3}, "0:8 0:9 1:0", "0:8,1:0,2:2,*"},
		{records.Question{Newest: 7}, "2:0 2:1 0:6 0:7 0:8 0:9 1:0", "0:6,1:0,2:0,*"},
		{records.Question{Newest: 2, Until: "0:5,1:0,2:2"}, "2:0 2:1", "0:5,1:0,2:0,*"},
		{records.Question{Newest: 100}, "", "0:0,1:0,2:0,*"},
		{records.Question{Newest: 5, Until: "0:0,1:0,2:0"}, "", "0:0,1:0,2:0,*"},
		{records.Question{Newest: 5, After: "0:9,1:41,2:1,*"}, "0:9 2:1", "0:9,1:41,2:1,*"},
	} {
		s, err := w.ask(c.q)
		must(t, err)
		from := s.Position().String()
		s.Close()
		rows, s, err := w.all(c.q)
		must(t, err)
		switch {
		case c.q.Newest == 100:
			if len(rows) != 13 || from != c.from {
				t.Errorf("%+v: %d rows from %s", c.q, len(rows), from)
			}
		case strings.Join(rows, " ") != c.want || from != c.from:
			t.Errorf("%+v: %v from %s; want %s from %s", c.q, rows, from, c.want, c.from)
		}
		if end := s.Position().String(); c.q.Until == "" && end != "0:10,1:41,2:2,*" {
			t.Errorf("%+v ends at %s", c.q, end)
		}
	}
}

// TestNewestOfAnyTopic: whatever is in which partition, pages of the newest
// together are all records, each once, and each page is what a sort would give
// where times ascend.
func TestNewestOfAnyTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{Tick: time.Millisecond})
	rapid.Check(t, func(r *rapid.T) {
		partitions, n := rapid.IntRange(1, 5).Draw(r, "partitions"), rapid.IntRange(0, 60).Draw(r, "records")
		w.topic.reset(int32(partitions))
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 1))
		favourite := rng.IntN(partitions)
		var want []string
		for i := range n {
			p := int32(favourite)
			if rng.IntN(3) == 0 {
				p = int32(rng.IntN(partitions))
			}
			if rng.IntN(4) == 0 {
				w.topic.hole(p, int64(rng.IntN(9)))
			}
			want = append(want, fmt.Sprintf("%d:%d", p, w.topic.spans[p].End))
			w.topic.add(p, w.clock.now.Add(time.Duration(i)*time.Second), "1")
		}
		each, until := rapid.IntRange(1, 20).Draw(r, "each"), ""
		var got []string
		for range 2*n + 2 {
			q := records.Question{Newest: each, Until: until}
			s, err := w.ask(q)
			must(t, err)
			until = strings.TrimSuffix(s.Position().String(), ",*")
			s.Close()
			page, _, err := w.all(q)
			must(t, err)
			if got = slices.Concat(page, got); len(page) == 0 {
				break
			}
			if len(got) < n && len(page) != each {
				r.Fatalf("a page of %d has %d", each, len(page))
			}
		}
		if d := slices.Compare(want, got); d != 0 {
			r.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestNewestIsAskedAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	for _, q := range []records.Question{
		{Newest: -1}, {Newest: records.MaxNewest + 1}, {Newest: 1, From: "earliest"}, {Newest: 1, Where: "true"}, {Newest: 1, Limit: 1}, {Newest: 1, Follow: true},
	} {
		if _, err := w.ask(q); !weir.Invalid.In(err) || !strings.Contains(err.Error(), "newest") {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// TestNewestIsBounded: records that are too large to be held together come in
// several answers.
func TestNewestIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{Tick: time.Millisecond, Held: 16 << 10})
	large := `"` + strings.Repeat("x", 1<<10) + `"`
	for i := range 40 {
		w.topic.add(0, w.clock.now.Add(time.Duration(i)*time.Second), large)
	}
	rows, _, err := w.all(records.Question{Newest: 40})
	if err != nil || len(rows) < 8 || len(rows) > 16 || rows[len(rows)-1] != "0:39" {
		t.Errorf("%v, %v", rows, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, UID: person, Name: "ann"}}
	if _, err := w.Open(ctx, p, func(context.Context) (weir.Principal, error) { return p, nil }, weir.Ref{Noun: weir.NounProduct, Name: "demo.open"}, records.Question{Newest: 3}); err == nil {
		t.Error("a question that was given up is answered")
	}
	if n := w.Streams(); n != 0 {
		t.Errorf("%d streams are still counted", n)
	}
}
