package statetest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
)

// told is what those see of an entry whom it tells something, and who may not
// know of all that it changed.
func told(t *testing.T, d Driver) {
	w := newWorld(t, d)
	domain, reading, other := w.uid(), w.uid(), w.uid()
	app := weir.Ref{Noun: weir.NounApplication, UID: w.uid(), Name: "reader"}
	e := w.entry(w.create(&weir.Stream{UID: w.uid(), Name: "aa._private.raw", Domain: domain, Partitions: 1}))
	e.Why, e.Answer = "because", json.RawMessage(`{"readers":["reader"]}`)
	mine := weir.Event{Type: "ended", Ref: app, To: []weir.UID{reading}, Data: json.RawMessage(`{"product":"aa.p"}`)}
	e.Events = []weir.Event{
		{Type: "ended", Ref: weir.Ref{Noun: weir.NounProduct, UID: w.uid(), Name: "aa.p"}}, mine,
		{Type: "ended", Ref: weir.Ref{Noun: weir.NounApplication, UID: w.uid(), Name: "another"}, To: []weir.UID{other}},
	}
	w.write(e)

	about := weir.EntryQuery{Scope: weir.Scope{Mesh: true, Of: []weir.UID{reading}}, About: []weir.Ref{app}}
	got := allEntries(t, w, about)
	if len(got) != 1 {
		t.Fatalf("who is told sees %d entries", len(got))
	}
	if r := got[0]; len(r.Entry.Changes) != 0 || r.Entry.Answer != nil || r.Bytes != nil || r.Entry.Why != e.Why {
		t.Errorf("who is told sees %+v", r)
	}
	if diff := cmp.Diff([]weir.Event{mine}, got[0].Entry.Events); diff != "" {
		t.Errorf("who is told sees other events: %s", diff)
	}
	for name, s := range map[string]weir.Scope{"the domain": {Of: []weir.UID{domain}}, "all": weir.Everything} {
		got := allEntries(t, w, weir.EntryQuery{Scope: s})
		if len(got) != 1 || len(got[0].Entry.Events) != 3 || len(got[0].Entry.Changes) != 1 || got[0].Bytes == nil {
			t.Errorf("%s sees %+v", name, got)
		}
	}
	if got := allEntries(t, w, weir.EntryQuery{Scope: weir.Scope{Mesh: true, Of: []weir.UID{w.uid()}}}); len(got) != 0 {
		t.Errorf("others see %+v", got)
	}
	q := about
	q.Noun = weir.NounStream
	if got := allEntries(t, w, q); len(got) != 0 {
		t.Error("that an entry changed a stream is told to who may not know of it")
	}
}
