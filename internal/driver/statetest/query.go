package statetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
)

func pages(t *testing.T, d Driver) {
	w := newWorld(t, d)
	var want []string
	for i := range 250 {
		name := fmt.Sprintf("n%03d", i)
		want = append(want, name)
		w.write(w.entry(w.create(&weir.Team{UID: w.uid(), Name: fmt.Sprintf("n%03d", (i*7)%250)})))
	}
	w.look(func(v weir.View) {
		for i, limit := range []int{0, 1, 7, 50, 249, 250, 251, 1000, 0, 7, 251} {
			var got []string
			q := weir.ListQuery{Noun: weir.NounTeam, Scope: weir.Scope{Mesh: true}, Limit: limit, Desc: i >= 8}
			for {
				p, err := v.List(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, names(p)...)
				if q.After = p.Next; q.After == "" {
					break
				}
				if size := max(limit, 1); limit != 0 && len(p.Items) != size || limit == 0 && len(p.Items) != 100 {
					t.Fatalf("a page of %d has %d", limit, len(p.Items))
				}
			}
			if q.Desc {
				slices.Reverse(got)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("limit %d, descending %v: %s", limit, q.Desc, diff)
			}
		}
	})
}

// brief: asked for so, entities come without what is long in them, and with all
// the rest.
func brief(t *testing.T, d Driver) {
	w := newWorld(t, d)
	team := &weir.Team{UID: w.uid(), Name: "t"}
	domain := &weir.Domain{UID: w.uid(), Name: "do", Team: team.UID}
	owner := &weir.Person{UID: w.uid(), Name: "ann"}
	w.write(w.entry(w.create(team), w.create(domain), w.create(owner)))
	product := func(name string, fields ...weir.FieldNote) *weir.Product {
		return &weir.Product{
			UID: w.uid(), Name: name, Domain: domain.UID, Owner: owner.UID, Major: 1, Kind: weir.KindStream,
			Encoding: weir.EncodingJSON, KeyEncoding: weir.KeyString, Visibility: weir.VisibleMesh, Access: weir.AccessOpen,
			Description: "with \"fields\": in it", About: weir.About{Fields: fields}, Partitions: 1, Retention: weir.MinRetention,
		}
	}
	short, long := product("do.short"), product("do.tall", weir.FieldNote{Path: "a", Unit: "s"})
	w.write(w.entry(w.create(short), w.create(long)))
	w.look(func(v weir.View) {
		for _, brief := range []bool{false, true} {
			want := []*weir.Product{short, long}
			if brief {
				bare := *long
				bare.Fields = nil
				want[1] = &bare
			}
			p, err := v.List(t.Context(), weir.ListQuery{Noun: weir.NounProduct, Scope: weir.Everything, Brief: brief})
			if err != nil || len(p.Items) != len(want) {
				t.Fatalf("%d products, %v", len(p.Items), err)
			}
			for i, it := range p.Items {
				if diff := cmp.Diff(weir.Entity(want[i]), it.Entity); diff != "" {
					t.Errorf("brief %v: %s", brief, diff)
				}
			}
		}
	})
}

func scope(t *testing.T, d Driver) {
	w := newWorld(t, d)
	one, two := w.uid(), w.uid()
	stream := func(name string, of weir.UID) weir.Change {
		return w.create(&weir.Stream{UID: w.uid(), Name: name + "._private.raw", Domain: of, Partitions: 1})
	}
	w.write(w.entry(stream("aa", one), stream("bb", two), stream("cc", one)))
	w.write(w.entry(w.create(&weir.Team{UID: w.uid(), Name: "t"})))
	for name, c := range map[string]struct {
		scope          weir.Scope
		streams, teams int
	}{
		"nothing":        {weir.Scope{}, 0, 0},
		"everything":     {weir.Scope{All: true}, 3, 1},
		"the mesh":       {weir.Scope{Mesh: true}, 0, 1},
		"one domain":     {weir.Scope{Of: []weir.UID{one}}, 2, 0},
		"the other":      {weir.Scope{Mesh: true, Of: []weir.UID{w.uid(), two}}, 1, 1},
		"both":           {weir.Scope{Mesh: true, Of: []weir.UID{one, two}}, 3, 1},
		"somebody else":  {weir.Scope{Of: []weir.UID{w.uid()}}, 0, 0},
		"the zero UID's": {weir.Scope{Of: []weir.UID{{}}}, 0, 0},
	} {
		w.look(func(v weir.View) {
			for noun, want := range map[weir.Noun]int{weir.NounStream: c.streams, weir.NounTeam: c.teams} {
				p, err := v.List(t.Context(), weir.ListQuery{Noun: noun, Scope: c.scope})
				if err != nil || len(p.Items) != want {
					t.Errorf("%s: %d of %s, want %d (%v)", name, len(p.Items), noun, want, err)
				}
			}
		})
	}
}

func refers(t *testing.T, d Driver) {
	w := newWorld(t, d)
	p1, p2 := &weir.Person{UID: w.uid(), Name: "p1"}, &weir.Person{UID: w.uid(), Name: "p2"}
	team := weir.Team{UID: w.uid(), Name: "t1", Members: []weir.UID{p1.UID, p2.UID, p1.UID}}
	// A reference by name alone is to who has the name; an entry is a set.
	byName := &weir.Person{UID: w.uid(), Name: "p3", Roles: []weir.Binding{{Role: weir.RoleMeshAdmin, On: weir.Ref{Noun: weir.NounMesh, Name: "m"}}}}
	mesh := &weir.Mesh{UID: w.uid(), Name: "m"}
	w.write(w.entry(w.create(&team), w.create(byName), w.create(p1), w.create(p2), w.create(mesh)))
	w.write(w.entry(w.create(&weir.Team{UID: w.uid(), Name: "t2", Members: []weir.UID{p2.UID}})))
	check := func(noun weir.Noun, want []string, targets ...weir.UID) {
		t.Helper()
		w.look(func(v weir.View) {
			p, err := v.List(t.Context(), weir.ListQuery{Noun: noun, Scope: weir.Everything, Refers: targets})
			if diff := cmp.Diff(want, names(p)); diff != "" || err != nil {
				t.Errorf("%v: %s %v", targets, diff, err)
			}
		})
	}
	check(weir.NounTeam, []string{"t1"}, p1.UID)
	check(weir.NounTeam, []string{"t1", "t2"}, p2.UID)
	check(weir.NounTeam, []string{"t1"}, p2.UID, p1.UID)
	check(weir.NounTeam, []string{}, w.uid())
	check(weir.NounDomain, []string{}, p1.UID)
	check(weir.NounPerson, []string{"p3"}, mesh.UID)
	smaller := team
	smaller.Members = []weir.UID{p2.UID}
	w.write(w.entry(w.must(weir.NewChange(weir.UID{}, &team, 1, &smaller))))
	check(weir.NounTeam, []string{}, p1.UID)
	w.write(w.entry(weir.DeleteChange(weir.UID{}, &smaller, 2)))
	check(weir.NounTeam, []string{"t2"}, p2.UID)
}

func entries(t *testing.T, d Driver) {
	w := newWorld(t, d)
	one, two, ann, bob := w.uid(), w.uid(), w.uid(), w.uid()
	stream := func(name string, of weir.UID) weir.Change {
		return w.create(&weir.Stream{UID: w.uid(), Name: name + "._private.raw", Domain: of, Partitions: 1})
	}
	by := func(who weir.UID, e weir.Entry) weir.Entry {
		e.By = weir.Ref{Noun: weir.NounPerson, UID: who, Name: "somebody"}
		return e
	}
	team := &weir.Team{UID: w.uid(), Name: "t"}
	refused, later := weir.UID(w.uid()), w.now.Add(time.Hour)
	var rs []weir.Record
	for _, e := range []weir.Entry{
		by(ann, w.entry(w.create(team))),                         // 1: the mesh's
		by(ann, w.entry(stream("aa", one))),                      // 2: one's
		by(bob, w.entry(stream("bb", two))),                      // 3: two's
		by(bob, w.entry(stream("cc", one), stream("dd", two))),   // 4: both's
		by(bob, w.entry(weir.DeleteChange(weir.UID{}, team, 1))), // 5: the mesh's
		by(ann, weir.Entry{At: w.now, Op: "test", Refusal: &weir.Refusal{ // 6: ann's
			Kind: "denied", Ref: weir.Ref{Noun: weir.NounTeam, UID: refused}, Msg: "no", Count: 1, First: w.now, Last: w.now}}),
		w.entry(stream("ee", one)), // 7: one's, by the system
		{ // 8: a third's, by bob, later and in another way
			At: later, By: weir.Ref{Noun: weir.NounPerson, UID: bob, Name: "bob"}, Via: weir.Via{Door: "web"}, Op: "test.it",
			Why: "Because 100% of it", Changes: []weir.Change{w.create(&weir.Person{UID: bob, Name: "bob"}), stream("ff", w.uid())},
		},
	} {
		rs = append(rs, w.write(e))
	}
	for name, c := range map[string]struct {
		q    weir.EntryQuery
		want []weir.Offset
	}{
		"all":              {weir.EntryQuery{Scope: weir.Everything}, []weir.Offset{8, 7, 6, 5, 4, 3, 2, 1}},
		"nothing":          {weir.EntryQuery{}, nil},
		"mesh":             {weir.EntryQuery{Scope: weir.Scope{Mesh: true}}, []weir.Offset{5, 1}},
		"one":              {weir.EntryQuery{Scope: weir.Scope{Mesh: true, Of: []weir.UID{one}}}, []weir.Offset{7, 5, 2, 1}},
		"one and two":      {weir.EntryQuery{Scope: weir.Scope{Of: []weir.UID{one, two}}}, []weir.Offset{7, 4, 3, 2}},
		"ann's own":        {weir.EntryQuery{Own: ann}, []weir.Offset{6, 2, 1}},
		"mesh and bob's":   {weir.EntryQuery{Scope: weir.Scope{Mesh: true}, Own: bob}, []weir.Offset{8, 5, 4, 3, 1}},
		"by ann":           {weir.EntryQuery{Scope: weir.Everything, By: weir.Ref{UID: ann}}, []weir.Offset{6, 2, 1}},
		"by ann, mesh":     {weir.EntryQuery{Scope: weir.Scope{Mesh: true}, By: weir.Ref{UID: ann}}, []weir.Offset{1}},
		"by ann for bob":   {weir.EntryQuery{Scope: weir.Scope{Mesh: true}, Own: bob, By: weir.Ref{UID: ann}}, []weir.Offset{1}},
		"about the team":   {weir.EntryQuery{Scope: weir.Everything, About: []weir.Ref{team.Ref()}}, []weir.Offset{5, 1}},
		"about refused":    {weir.EntryQuery{Scope: weir.Everything, About: []weir.Ref{{Noun: weir.NounTeam, UID: refused}}}, []weir.Offset{6}},
		"about, by":        {weir.EntryQuery{Scope: weir.Everything, About: []weir.Ref{team.Ref()}, By: weir.Ref{UID: bob}}, []weir.Offset{5}},
		"about the name":   {weir.EntryQuery{Scope: weir.Everything, About: []weir.Ref{{Noun: weir.NounTeam, Name: team.Name}}}, []weir.Offset{5, 1}},
		"about two":        {weir.EntryQuery{Scope: weir.Everything, About: []weir.Ref{{Noun: weir.NounTeam, Name: team.Name}, {Noun: weir.NounTeam, UID: refused}}}, []weir.Offset{6, 5, 1}},
		"about nothing":    {weir.EntryQuery{Scope: weir.Everything, About: []weir.Ref{{Noun: weir.NounTeam, Name: "nobody"}}}, nil},
		"before":           {weir.EntryQuery{Scope: weir.Everything, Before: 3}, []weir.Offset{2, 1}},
		"before the first": {weir.EntryQuery{Scope: weir.Everything, Before: 1}, nil},
		"oldest first":     {weir.EntryQuery{Scope: weir.Everything, Asc: true}, []weir.Offset{1, 2, 3, 4, 5, 6, 7, 8}},
		"after":            {weir.EntryQuery{Scope: weir.Scope{Mesh: true}, Asc: true, After: 1}, []weir.Offset{5}},
		"after the last":   {weir.EntryQuery{Scope: weir.Everything, Asc: true, After: 8}, nil},
		"by a name":        {weir.EntryQuery{Scope: weir.Everything, By: weir.Ref{Noun: weir.NounPerson, Name: "bob"}}, []weir.Offset{8, 5, 4, 3}},
		"by the system":    {weir.EntryQuery{Scope: weir.Everything, By: weir.System}, []weir.Offset{7}},
		"of a noun":        {weir.EntryQuery{Scope: weir.Everything, Noun: weir.NounTeam}, []weir.Offset{6, 5, 1}},
		"of half a noun":   {weir.EntryQuery{Scope: weir.Everything, Noun: "tea"}, nil},
		"an operation":     {weir.EntryQuery{Scope: weir.Everything, Op: "test.it"}, []weir.Offset{8}},
		"operations":       {weir.EntryQuery{Scope: weir.Everything, Op: "test"}, []weir.Offset{8}},
		"half a word":      {weir.EntryQuery{Scope: weir.Everything, Op: "tes"}, nil},
		"a door":           {weir.EntryQuery{Scope: weir.Everything, Door: "web"}, []weir.Offset{8}},
		"refused":          {weir.EntryQuery{Scope: weir.Everything, Result: weir.Refused}, []weir.Offset{6}},
		"refused, to all":  {weir.EntryQuery{Scope: weir.Scope{Mesh: true}, Result: weir.Refused}, nil},
		"done":             {weir.EntryQuery{Scope: weir.Everything, Result: weir.Done, Noun: weir.NounTeam}, []weir.Offset{5, 1}},
		"since":            {weir.EntryQuery{Scope: weir.Everything, Since: later}, []weir.Offset{8}},
		"until":            {weir.EntryQuery{Scope: weir.Everything, Until: later, Noun: weir.NounTeam}, []weir.Offset{6, 5, 1}},
		"a reason":         {weir.EntryQuery{Scope: weir.Everything, Why: "bECAUSE 100%"}, []weir.Offset{8}},
		"not any reason":   {weir.EntryQuery{Scope: weir.Everything, Why: "because_100"}, nil},
		"what it said":     {weir.EntryQuery{Scope: weir.Everything, Why: "no"}, []weir.Offset{6}},
	} {
		for _, limit := range []int{0, 1, 2} {
			q := c.q
			q.Limit = limit
			got := allEntries(t, w, q)
			var offsets []weir.Offset
			for _, r := range got {
				offsets = append(offsets, r.Offset)
				if diff := cmp.Diff(mustDecode(t, rs[r.Offset-1]), r); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
			if diff := cmp.Diff(c.want, offsets); diff != "" {
				t.Errorf("%s, limit %d: %s", name, limit, diff)
			}
		}
	}
}

// mustDecode is a record as a reader gets it.
func mustDecode(t testing.TB, r weir.Record) weir.Record {
	t.Helper()
	e, err := weir.DecodeEntry(r.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	r.Entry = e
	return r
}

func allEntries(t testing.TB, w *world, q weir.EntryQuery) []weir.Record {
	t.Helper()
	var rs []weir.Record
	w.look(func(v weir.View) {
		for {
			p, err := v.Entries(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			rs = append(rs, p.Records...)
			q.Before, q.After = p.Next, p.Next // the one that does not count is not looked at
			if p.Next == 0 {
				return
			}
		}
	})
	return rs
}

func answer(t *testing.T, d Driver) {
	w := newWorld(t, d)
	ann, bob := weir.Ref{Noun: weir.NounPerson, UID: w.uid(), Name: "ann"}, weir.Ref{Noun: weir.NounPerson, UID: w.uid(), Name: "bob"}
	renamed := ann
	renamed.Name = "anna"
	with := func(by weir.Ref, op string, k weir.IdempotencyKey, answer string) weir.Record {
		e := w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: fmt.Sprintf("m%d", w.ledger.Head().Offset)}))
		e.By, e.Op, e.Key, e.Request = by, op, k, weir.Hash{1, 2, 3}
		if answer != "" {
			e.Answer = json.RawMessage(answer)
		}
		return w.write(e)
	}
	first := with(ann, "put", "k", `{"a":1}`)
	with(weir.System, "put", "k", "")
	look := func(by weir.Ref, op string, k weir.IdempotencyKey, want weir.Offset) {
		t.Helper()
		w.look(func(v weir.View) {
			a, err := v.Answer(t.Context(), by, op, k)
			if want == 0 {
				wantKind(t, err, weir.NotFound)
				return
			}
			if err != nil || a.Offset != want {
				t.Errorf("%v %s %s: %+v %v", by, op, k, a, err)
			}
		})
	}
	look(ann, "put", "k", 1)
	look(renamed, "put", "k", 1)
	look(bob, "put", "k", 0)
	look(ann, "other", "k", 0)
	look(ann, "put", "other", 0)
	look(weir.System, "put", "k", 2)
	w.look(func(v weir.View) {
		a, err := v.Answer(t.Context(), ann, "put", "k")
		want := weir.Answered{Offset: 1, At: first.Entry.At, Request: weir.Hash{1, 2, 3}, Answer: json.RawMessage(`{"a":1}`)}
		if diff := cmp.Diff(want, a); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
	w.now = first.Entry.At.Add(24 * time.Hour)
	with(ann, "put", "later", "")
	look(ann, "put", "k", 1) // 24 hours are not more than 24 hours
	with(ann, "put", "later still", "")
	look(ann, "put", "k", 0)
	look(ann, "put", "later", 3)
	with(ann, "put", "k", "") // forgotten, so free
	look(ann, "put", "k", 5)
}
