package statetest

import (
	"bytes"
	"fmt"
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
)

// Dump is everything that a state shows, as text: every entity with its
// revision and place, and every entry.
func Dump(t testing.TB, s weir.State) string {
	t.Helper()
	v, done, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	var b bytes.Buffer
	fmt.Fprintf(&b, "offset %d\n", v.Offset())
	for _, n := range weir.Nouns() {
		dumpNoun(t, &b, v, n)
	}
	for q := (weir.EntryQuery{Scope: weir.Everything, Limit: 1000}); ; {
		p, err := v.Entries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			fmt.Fprintf(&b, "%d %s %s\n", r.Offset, r.Hash, r.Bytes)
		}
		if q.Before = p.Next; q.Before == 0 {
			return b.String()
		}
	}
}

func dumpNoun(t testing.TB, b *bytes.Buffer, v weir.View, n weir.Noun) {
	t.Helper()
	if err := weir.All(t.Context(), v, weir.ListQuery{Noun: n, Scope: weir.Everything}, func(i weir.Item) error {
		body, err := weir.Canonical(i.Entity)
		if err != nil {
			return err
		}
		for _, r := range []weir.Ref{{Noun: n, UID: i.Entity.Ref().UID}, {Noun: n, Name: i.Entity.Ref().Name}} {
			e, rev, err := v.Get(t.Context(), r)
			if err != nil || rev != i.Rev || !cmp.Equal(e, i.Entity) {
				return fmt.Errorf("get %v is not what the list has: %v %w", r, rev, err)
			}
		}
		fmt.Fprintf(b, "%s %d %d %s\n", n, i.Rev, i.At, body)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Same fails unless two states show the same, byte for byte.
func Same(t testing.TB, got, want weir.State) {
	t.Helper()
	if g, w := Dump(t, got), Dump(t, want); g != w {
		t.Fatal("the states differ (-want +got):\n" + cmp.Diff(w, g))
	}
}

// model is what a state must show, kept in the plainest way.
type model struct {
	alive   map[weir.UID]living
	entries []weir.Record
}

type living struct {
	e       weir.Entity
	rev     weir.Revision
	at      weir.Offset
	readers []weir.UID
}

// random: whatever is done, in whatever batches, the state shows what the
// model has, and one that is made again from nothing shows the same bytes.
func random(t *testing.T, d Driver) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, d)
		m := &model{alive: map[weir.UID]living{}}
		for range rapid.IntRange(1, 6).Draw(rt, "batches") {
			m.batch(rt, w)
		}
		m.check(rt, w)
		fresh := d.Open(t, t.TempDir(), w.ledger)
		Same(t, fresh, w.state)
		if err := fresh.Close(); err != nil {
			t.Fatal(err)
		}
		if err := w.state.Close(); err != nil {
			t.Fatal(err)
		}
		w.state = d.Open(t, w.dir, w.ledger)
		m.check(rt, w)
		if err := w.state.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

var domains = []weir.UID{{1}, {2}, {3}}

// batch applies some entries and commits, or takes all back.
func (m *model) batch(rt *rapid.T, w *world) {
	b, head := w.begin(), w.ledger.Head()
	after := &model{alive: map[weir.UID]living{}, entries: m.entries}
	for u, l := range m.alive {
		after.alive[u] = l
	}
	var rs []weir.Record
	for range rapid.IntRange(1, 5).Draw(rt, "entries") {
		e := w.entry(after.changes(rt, w, head.Offset+1)...)
		e.By = weir.Ref{Noun: weir.NounPerson, UID: rapid.SampledFrom(domains).Draw(rt, "by"), Name: "p"}
		r, err := weir.Seal(head, e)
		if err != nil {
			rt.Fatal(err)
		}
		w.apply(b, r)
		head, rs = r.Head, append(rs, r)
	}
	after.entries = append(after.entries[:len(after.entries):len(after.entries)], rs...)
	if rapid.IntRange(0, 4).Draw(rt, "give up") == 0 {
		if err := b.Rollback(); err != nil {
			rt.Fatal(err)
		}
		return
	}
	if err := w.ledger.Append(w.t.Context(), rs); err != nil {
		rt.Fatal(err)
	}
	if err := b.Commit(); err != nil {
		rt.Fatal(err)
	}
	*m = *after
}

// changes draws one to three changes of different things and makes them in the
// model.
func (m *model) changes(rt *rapid.T, w *world, at weir.Offset) []weir.Change {
	var cs []weir.Change
	touched := map[weir.UID]bool{}
	for range rapid.IntRange(1, 3).Draw(rt, "changes") {
		old, exists := m.pick(rt, touched)
		switch op := rapid.IntRange(0, 2).Draw(rt, "op"); {
		case exists && op == 0:
			c := weir.DeleteChange(weir.UID{}, old.e, old.rev)
			delete(m.alive, c.Ref.UID)
			touched[c.Ref.UID] = true
			cs = append(cs, c)
		default:
			next := m.draw(rt, w, old)
			if next == nil {
				continue
			}
			var prev weir.Entity
			if exists && old.e.Ref().UID == next.Ref().UID {
				prev = old.e
			} else {
				old = living{}
			}
			c := w.must(weir.NewChange(weir.UID{}, prev, old.rev, next))
			m.alive[c.Ref.UID] = living{next, c.Rev, at, c.Domains}
			touched[c.Ref.UID] = true
			cs = append(cs, c)
		}
	}
	if len(cs) == 0 { // an entry changes something
		e := &weir.Mesh{UID: w.uid(), Name: fmt.Sprintf("z-%d", at)}
		m.alive[e.UID] = living{e, 1, at, nil}
		cs = append(cs, w.create(e))
	}
	return cs
}

// pick draws a living thing that this entry has not touched.
func (m *model) pick(rt *rapid.T, touched map[weir.UID]bool) (living, bool) {
	var ls []living
	for u, l := range m.alive {
		if !touched[u] {
			ls = append(ls, l)
		}
	}
	if len(ls) == 0 {
		return living{}, false
	}
	sort.Slice(ls, func(i, j int) bool { return ls[i].e.Ref().String() < ls[j].e.Ref().String() })
	return rapid.SampledFrom(ls).Draw(rt, "which"), true
}

// draw makes a new thing, or another state of an old one; nil when its name is
// taken.
func (m *model) draw(rt *rapid.T, w *world, old living) weir.Entity {
	uid := w.uid()
	if old.e != nil && rapid.Bool().Draw(rt, "change the old one") {
		uid = old.e.Ref().UID
	}
	noun := rapid.SampledFrom([]weir.Noun{weir.NounTeam, weir.NounStream, weir.NounTopic}).Draw(rt, "noun")
	if old.e != nil && uid == old.e.Ref().UID {
		noun = old.e.Ref().Noun
	}
	name := rapid.SampledFrom([]string{"aa", "ab", "b-", "zz", "00"}).Draw(rt, "name")
	domain := rapid.SampledFrom(domains).Draw(rt, "domain")
	var e weir.Entity
	switch noun {
	case weir.NounStream:
		e = &weir.Stream{UID: uid, Name: name + "._private." + name, Domain: domain, Partitions: 1}
	case weir.NounTopic:
		e = &weir.Topic{UID: uid, Name: name, Domain: domain, Of: uid, Partitions: 2, State: weir.TopicWanted}
	case weir.NounMesh:
		e = &weir.Mesh{UID: uid, Name: name}
	default:
		members := rapid.SliceOfN(rapid.SampledFrom(domains), 0, 2).Draw(rt, "members")
		e = &weir.Team{UID: uid, Name: name, Members: members, Description: rapid.String().Filter(printable).Draw(rt, "text")}
	}
	for u, l := range m.alive {
		if u != uid && l.e.Ref().Noun == noun && l.e.Ref().Name == e.Ref().Name {
			return nil
		}
	}
	return e
}

func printable(s string) bool {
	return (&weir.Team{Name: "t", Description: s}).Validate() == nil
}

// check compares every kind of question with the model.
func (m *model) check(rt *rapid.T, w *world) {
	v, done := w.view()
	defer done()
	if v.Offset() != weir.Offset(len(m.entries)) {
		rt.Fatalf("offset %d, want %d", v.Offset(), len(m.entries))
	}
	for _, s := range []weir.Scope{weir.Everything, {}, {Mesh: true}, {Of: domains[:1]}, {Mesh: true, Of: domains[1:]}} {
		for _, noun := range []weir.Noun{weir.NounTeam, weir.NounStream, weir.NounTopic, weir.NounMesh} {
			m.checkList(rt, w, v, weir.ListQuery{Noun: noun, Scope: s})
			m.checkList(rt, w, v, weir.ListQuery{Noun: noun, Scope: s, Refers: domains[2:]})
		}
		m.checkEntries(rt, w, v, weir.EntryQuery{Scope: s, Limit: 1000})
		m.checkEntries(rt, w, v, weir.EntryQuery{Scope: s, Own: domains[0], Limit: 1000})
	}
}

func (m *model) checkList(rt *rapid.T, w *world, v weir.View, q weir.ListQuery) {
	p, err := v.List(w.t.Context(), q)
	if err != nil {
		rt.Fatal(err)
	}
	want := []string{}
	for _, l := range m.alive {
		if l.e.Ref().Noun == q.Noun && q.Scope.Knows(l.readers) && refersTo(l.e, q.Refers) {
			want = append(want, line(l.e, l.rev, l.at))
		}
	}
	sort.Strings(want)
	got := []string{}
	for _, i := range p.Items {
		got = append(got, line(i.Entity, i.Rev, i.At))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		rt.Fatalf("%+v: %s", q, diff)
	}
}

// line sorts by name, as lists do.
func line(e weir.Entity, rev weir.Revision, at weir.Offset) string {
	return fmt.Sprintf("%s\x00%s %d %d", e.Ref().Name, e.Ref().UID, rev, at)
}

func refersTo(e weir.Entity, targets []weir.UID) bool {
	for _, target := range targets {
		found := false
		for _, r := range e.Refers() {
			found = found || r.UID == target
		}
		if !found {
			return false
		}
	}
	return true
}

func (m *model) checkEntries(rt *rapid.T, w *world, v weir.View, q weir.EntryQuery) {
	p, err := v.Entries(w.t.Context(), q)
	if err != nil {
		rt.Fatal(err)
	}
	var want, got []weir.Offset
	for i := len(m.entries) - 1; i >= 0; i-- {
		e, visible := m.entries[i].Entry, true
		for _, c := range e.Changes {
			visible = visible && q.Scope.Knows(c.Domains)
		}
		if visible || e.By.UID == q.Own {
			want = append(want, m.entries[i].Offset)
		}
	}
	for _, r := range p.Records {
		got = append(got, r.Offset)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		rt.Fatalf("%+v: %s", q, diff)
	}
}
