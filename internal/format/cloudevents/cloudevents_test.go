package cloudevents_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
	"github.com/weirmesh/weir/internal/format/cloudevents"
)

var at = time.Date(2026, 11, 21, 15, 0, 0, 5, time.UTC)

// entry changes two things, names an event for each, and a third thing besides.
func entry(t *testing.T) weir.Record {
	t.Helper()
	p := &weir.Person{UID: weir.NewUID(at), Name: "ann", Password: "$argon2id$hidden", Created: at}
	team := &weir.Team{UID: weir.NewUID(at), Name: "reds", Members: []weir.UID{p.UID}, Created: at}
	text := &weir.Text{UID: weir.NewUID(at), Name: weir.TextName("x"), Body: "x", Created: at}
	e := weir.Entry{
		At: at, By: weir.Ref{Noun: weir.NounPerson, UID: weir.NewUID(at), Name: "admin"}, Op: "team.create", Why: "a <new> team",
		Via:    weir.Via{Door: "api", Address: "192.0.2.7:1", Token: weir.NewUID(at)},
		Events: []weir.Event{{Type: "team.created", Ref: team.Ref()}, {Type: "person.created", Ref: p.Ref()}},
	}
	for _, of := range []weir.Entity{p, text, team} {
		c, err := weir.NewChange(weir.UID{}, nil, 0, of)
		if err != nil {
			t.Fatal(err)
		}
		e.Changes = append(e.Changes, c)
	}
	return weir.Record{Head: weir.Head{Offset: 7}, Entry: e}
}

func mustEvents(t *testing.T, r weir.Record) (events []cloudevents.Event, data []cloudevents.Activity) {
	t.Helper()
	events, err := cloudevents.OfEntry("demo", weir.OwnUID(weir.UID{}, "ledger", "x"), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		var a cloudevents.Activity
		if err := json.Unmarshal(e.Data, &a); err != nil {
			t.Fatal(err)
		}
		data = append(data, a)
	}
	return events, data
}

func TestOfEntry(t *testing.T) {
	t.Parallel()
	r := entry(t)
	r.Entry.Changes[0].Diff = append(r.Entry.Changes[0].Diff, weir.Diff{Path: "hash", New: json.RawMessage(`"argon2id"`), Secret: true}) // as no entry should say it
	events, data := mustEvents(t, r)
	if len(events) != 2 || events[0].Type != "team.created" || events[1].Subject != "person/ann" || events[0].Source != "weir:demo" {
		t.Fatalf("got %+v", events)
	}
	var told []string
	for _, a := range data {
		for _, c := range a.Changes {
			told = append(told, c.Noun)
		}
	}
	if diff := cmp.Diff([]string{"text", "team", "person"}, told); diff != "" {
		t.Errorf("each change is told once: %s", diff)
	}
	for i, e := range events {
		p, err := cloudevents.ParseID(e.ID)
		if err != nil || p.Offset != 7 || p.Index != i || !e.Time.Equal(at) {
			t.Errorf("%s: %+v, %v", e.ID, p, err)
		}
		value, err := cloudevents.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"argon2id", "192.0.2.7", r.Entry.Via.Token.String()} {
			if strings.Contains(string(value), secret) {
				t.Errorf("%s is told: %s", secret, value)
			}
		}
		back, err := cloudevents.Parse(value)
		if diff := cmp.Diff(e.ID, back.ID); diff != "" || err != nil {
			t.Errorf("%s %v", diff, err)
		}
	}
	if !slices.IsSortedFunc(events, func(a, b cloudevents.Event) int { return strings.Compare(a.Sequence, b.Sequence) }) {
		t.Error("sequence does not sort")
	}
}

func TestEntriesWithoutEvents(t *testing.T) {
	t.Parallel()
	r := entry(t)
	r.Entry.Events = nil
	if events, data := mustEvents(t, r); len(events) != 1 || events[0].Type != "team.create" || len(data[0].Changes) != 3 {
		t.Errorf("a change that names no event: %+v", events)
	}
	r.Entry.Changes, r.Entry.Refusal = nil, &weir.Refusal{Msg: "no"}
	if events, _ := mustEvents(t, r); len(events) != 0 {
		t.Errorf("a refusal is an event: %+v", events)
	}
}

// TestEventIsBounded: however much changed, an event is far below what a record
// may have, and says that something is left out.
func TestEventIsBounded(t *testing.T) {
	t.Parallel()
	r := entry(t)
	long := json.RawMessage(`"` + strings.Repeat("x", 3000) + `"`)
	for range 2000 {
		r.Entry.Changes = append(r.Entry.Changes, weir.Change{
			Ref: weir.Ref{Noun: weir.NounSubject, UID: weir.NewUID(at), Name: strings.Repeat("n", 249)}, Rev: 2,
			Diff: []weir.Diff{{Path: "a", Old: long, New: long}, {Path: "b", New: json.RawMessage(strings.Repeat(" ", 5000) + "1")}},
		})
	}
	events, data := mustEvents(t, r)
	if n := len(events[0].Data); n > 600<<10 || data[0].More == 0 || !data[0].Changes[400].Fields[0].Omitted {
		t.Errorf("%d bytes, %d more", n, data[0].More)
	}
}

// TestEventsAreAsTheSchemaSays checks every shape of event against the schema
// that readers are given.
func TestEventsAreAsTheSchemaSays(t *testing.T) {
	t.Parallel()
	s, err := format.Parse(weir.FormatJSON, schema.Source{Text: cloudevents.ActivitySchema})
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, f := range s.Fields() {
		paths[f.Path] = true
		if f.Doc == "" {
			t.Errorf("nobody is told what %s is", f.Path)
		}
	}
	for _, want := range []string{"id", "time", "data.who.name", "data.why"} {
		if !paths[want] {
			t.Errorf("the schema has no field %s", want)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := cloudevents.Event{SpecVersion: "1.0", ID: "1", Source: "weir:x", Type: "a"}
	for where, spoil := range map[string]func(*cloudevents.Event){
		"":            func(*cloudevents.Event) {},
		"id":          func(e *cloudevents.Event) { e.ID = "" },
		"source":      func(e *cloudevents.Event) { e.Source = ":" },
		"type":        func(e *cloudevents.Event) { e.Type = "" },
		"specversion": func(e *cloudevents.Event) { e.SpecVersion = "0.3" },
		"data":        func(e *cloudevents.Event) { e.Data = json.RawMessage("{") },
	} {
		e := good
		spoil(&e)
		err := e.Validate()
		if (err == nil) != (where == "") || err != nil && (!weir.Invalid.In(err) || !strings.HasPrefix(err.Error(), where)) {
			t.Errorf("%s: %v", where, err)
		}
	}
	for _, id := range []string{"", "a/1/0", "01a1ff69-138c-765b-80a8-7f016f458d34/0/0", "01a1ff69-138c-765b-80a8-7f016f458d34/01/0", "01a1ff69-138c-765b-80a8-7f016f458d34/1/-1"} {
		if _, err := cloudevents.ParseID(id); err == nil {
			t.Errorf("%q is read as an id", id)
		}
	}
}
