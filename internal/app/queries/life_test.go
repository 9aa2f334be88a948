package queries_test

import (
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/queries"
	"github.com/weirmesh/weir/internal/app/registry"
)

// state is what a query shall do, its run, and what became of its journal.
func (m *mesh) life(name string) (weir.QueryWish, int, weir.TopicState) {
	m.t.Helper()
	q := find[*weir.Query](m, weir.NounQuery, name)
	state := weir.TopicState("none")
	if m.there(weir.NounTopic, q.Journal()) {
		state = find[*weir.Topic](m, weir.NounTopic, q.Journal()).State
	}
	return q.Wish, q.Run, state
}

// TestLife: paused a query keeps its place, stopped it gives it up, and begins
// anew in a journal of its own.
func TestLife(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	ann := m.as("ann")
	const name = "shop.large"
	m.create(ann, name, large)
	for _, step := range []struct {
		what string
		do   func() error
		wish weir.QueryWish
		run  int
		jrnl weir.TopicState
	}{
		{"pause", func() error { _, err := m.Pause(t.Context(), ann, name); return err }, weir.QueryPause, 1, weir.TopicMade},
		{"pause again", func() error { _, err := m.Pause(t.Context(), ann, name); return err }, weir.QueryPause, 1, weir.TopicMade},
		{"start", func() error { _, err := m.Start(t.Context(), ann, name, false); return err }, weir.QueryRun, 1, weir.TopicMade},
		{"begin", func() error { _, err := m.Start(t.Context(), ann, name, true); return err }, weir.QueryRun, 2, weir.TopicMade},
		{"stop", func() error { _, err := m.Stop(t.Context(), ann, name); return err }, weir.QueryStop, 2, weir.TopicEnding},
		{"stop again", func() error { _, err := m.Stop(t.Context(), ann, name); return err }, weir.QueryStop, 2, weir.TopicEnding},
		{"start after a stop", func() error { _, err := m.Start(t.Context(), ann, name, false); return err }, weir.QueryRun, 3, weir.TopicMade},
	} {
		must(t, step.do())
		m.made()
		if wish, run, journal := m.life(name); wish != step.wish || run != step.run || journal != step.jrnl {
			t.Errorf("after %s it shall %s in run %d, and its journal is %s", step.what, wish, run, journal)
		}
	}
	_, err := m.Stop(t.Context(), ann, name)
	must(t, err)
	_, err = m.Pause(t.Context(), ann, name)
	refused(t, "to pause what is stopped", err, weir.Conflict, "weir query start shop.large")
	_, err = m.Pause(t.Context(), m.as("eve"), name)
	refused(t, "by somebody else", err, weir.NotFound)
}

// TestJobWaitsForSchemas: a query that was made a moment ago is not one whose
// product has lost its schema.
func TestJobWaitsForSchemas(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	q := m.create(m.as("ann"), "shop.large", large)
	m.schemas.waited = 0
	if _, err := m.Job(t.Context(), q); err != nil {
		t.Errorf("it says %v", err)
	}
}

// TestHalt: what cannot go on keeps its place and says why; a run that was begun
// since is left alone.
func TestHalt(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	ann, system := m.as("ann"), weir.Call{By: weir.Principal{Ref: weir.System}}
	q := m.create(ann, "shop.large", large)
	must(t, m.Halt(t.Context(), system, q.UID, 1, "the input\x00 is gone"+strings.Repeat("!", 2000)))
	got := find[*weir.Query](m, weir.NounQuery, q.Name)
	if got.Wish != weir.QueryPause || !strings.HasPrefix(got.Why, "the input  is gone!") || len(got.Why) > 1000 {
		t.Errorf("it is %s: %q", got.Wish, got.Why)
	}
	if s := m.Shown(got, 1); s.State != queries.Stopped {
		t.Errorf("people are told that it is %s", s.State)
	}
	_, err := m.Start(t.Context(), ann, q.Name, true)
	must(t, err)
	must(t, m.Halt(t.Context(), system, q.UID, 1, "the old run"))
	if got = find[*weir.Query](m, weir.NounQuery, q.Name); got.Wish != weir.QueryRun || got.Run != 2 || got.Why != "" {
		t.Errorf("a later run was stopped: %+v", got)
	}
	_, err = m.Pause(t.Context(), ann, q.Name)
	must(t, err)
	must(t, m.Halt(t.Context(), system, q.UID, 2, "it was paused"))
	if got = find[*weir.Query](m, weir.NounQuery, q.Name); got.Why != "" {
		t.Errorf("what was paused says %q", got.Why)
	}
	must(t, m.Halt(t.Context(), system, weir.UID{1}, 1, "there is none"))
}

// TestDelete: a query ends with its application and its place; the product with
// its data, if that is said.
func TestDelete(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	ann := m.as("ann")
	for _, destroy := range []bool{false, true} {
		name := map[bool]string{false: "shop.kept", true: "shop.gone"}[destroy]
		q := m.create(ann, name, large)
		_, err := m.Delete(t.Context(), m.as("eve"), name, destroy)
		refused(t, "by somebody else", err, weir.NotFound)
		_, err = m.Delete(t.Context(), ann, name, destroy)
		must(t, err)
		if m.there(weir.NounQuery, name) || m.there(weir.NounProduct, name) == destroy {
			t.Errorf("%s: query %v, product %v", name, m.there(weir.NounQuery, name), m.there(weir.NounProduct, name))
		}
		if state := find[*weir.Topic](m, weir.NounTopic, q.Journal()).State; state != weir.TopicEnding {
			t.Errorf("%s: its journal is %s", name, state)
		}
		m.look(func(v weir.View) error {
			a, _, err := weir.Find[*weir.Application](t.Context(), v, weir.Ref{Noun: weir.NounApplication, UID: q.Application})
			if err == nil && !a.Ending {
				t.Errorf("%s: its application lives", name)
			}
			return nil
		})
	}
	q := m.create(ann, "shop.kept-2", large)
	if q.Aside.IsZero() {
		t.Error("there is no place for what fails")
	}
}

// TestInputChanges: what says what a query depends on changes with what its job
// is made of, and with nothing else; what does not fit stops it and says so.
func TestInputChanges(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(func(p *catalog.NewProduct) { p.Encoding, p.Schema = weir.EncodingAvro, orders })
	ann := m.as("ann")
	q := m.create(ann, "shop.large", large)
	about := func() string {
		t.Helper()
		s, err := m.standing(q)
		must(t, err)
		return s
	}
	register := func(text string) {
		t.Helper()
		_, err := m.registry.Register(t.Context(), ann, registry.Registration{Subject: "shop.orders.v1-value", Text: text})
		must(t, err)
		must(t, m.index.Wait(t.Context(), m.ledger.Head().Offset))
	}
	first := about()
	_, err := m.catalog.EditProduct(t.Context(), ann, "shop.orders", catalog.ProductEdit{Description: new("All orders")})
	must(t, err)
	if about() != first {
		t.Error("a description changes the job")
	}
	before, err := m.Job(t.Context(), q)
	must(t, err)
	register(grown)
	if about() == first {
		t.Error("a schema does not change the job")
	}
	after, err := m.Job(t.Context(), q)
	must(t, err)
	if after.Plan.String() != before.Plan.String() {
		t.Errorf("a field that nobody names changes the plan: %s", after.Plan)
	}
	for _, c := range []struct{ what, old, next, says string }{
		{"can be null", `"price","type":"double"`, `"price","type":["null","double"],"default":null`, "twice can be null now"},
		{"no such field", `{"name":"price","type":"double"},`, ``, "there is no column price"},
		{"as it was", `"price","type":"double"`, `"price","type":"double","default":0`, ""},
		{"a wider key", `"id","type":"long"},
	{"name":"price","type":"double"`, `"id","type":"double"},
	{"name":"price","type":"double","default":0`, "id is double precision now"},
	} {
		register(strings.Replace(grown, c.old, c.next, 1))
		_, err := m.Job(t.Context(), q)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) || weir.Unavailable.In(err) {
			t.Errorf("%s: %v", c.what, err)
		}
		if weir.Conflict.In(err) {
			refused(t, c.what, err, weir.Conflict, "weir query create shop.large.v2")
		}
	}
}
