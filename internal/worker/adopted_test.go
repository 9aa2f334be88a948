package worker_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/driver/clustertest"
)

// put writes a topic's new state, whatever it is.
func (m *mesh) put(t *weir.Topic) {
	m.t.Helper()
	if t.Domain.IsZero() {
		v, release, err := m.state.View(m.t.Context())
		must(m.t, err)
		defer release()
		d, _, err := weir.Find[*weir.Domain](m.t.Context(), v, weir.Ref{Noun: weir.NounDomain, Name: "dom"})
		must(m.t, err)
		t.Domain = d.UID
	}
	_, err := m.writer.Submit(m.t.Context(), m.call.Decision("test", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		old, rev, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, UID: t.UID})
		var prev weir.Entity
		if err == nil {
			prev = old
		}
		c, err := weir.NewChange(m.home, prev, rev, t)
		return weir.Outcome{Changes: []weir.Change{c}}, err
	}))
	must(m.t, err)
}

// old writes a record of last year, and one of now behind it.
func (m *mesh) old(topic string) {
	m.t.Helper()
	cl := clustertest.Client(m.t, m.broker)
	for _, age := range []time.Duration{365 * 24 * time.Hour, 0} {
		r := &kgo.Record{Topic: topic, Key: []byte("same partition"), Value: []byte("x"), Timestamp: time.Now().Add(-age)}
		must(m.t, cl.ProduceSync(m.t.Context(), r).FirstErr())
	}
}

// start of a topic's records: the sum of where its partitions begin.
func (m *mesh) begins(topic string) (n int64) {
	m.t.Helper()
	spans, err := m.cluster.Spans(m.t.Context(), topic)
	must(m.t, err)
	for _, s := range spans {
		n += s.Start
	}
	return n
}

// TestAdoptedTopicsAreLetBe: whatever the ledger says of a topic that was there
// before, it is not changed, trimmed, made or ended; that it is gone is told.
func TestAdoptedTopicsAreLetBe(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), t.Context()
	const name = "a-legacy" // before the other, in the order in which they are looked at
	id, err := m.cluster.PutTopic(ctx, weir.TopicSpec{Name: name, Partitions: 2, Retention: weir.Forever})
	must(t, err)
	m.old(name)
	short := weir.MinRetention
	_, err = m.catalog.CreateProduct(ctx, m.call, catalog.NewProduct{Name: "dom.prod", Retention: short})
	must(t, err)
	m.topic("dom.prod.v1", made)
	m.old("dom.prod.v1")
	adopted := &weir.Topic{
		UID: weir.UID{7}, Name: name, Partitions: 5, Retention: short, State: weir.TopicMade, ID: id, Behind: true, Adopted: true, Created: time.Now(),
	}
	m.put(adopted)
	trimming, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = m.worker.Retain(trimming) })
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); m.begins("dom.prod.v1") == 0; <-tick.C {
		if time.Now().After(end) {
			t.Fatal("nothing is trimmed")
		}
	}
	stop()
	running.Wait()
	if n := m.begins(name); n != 0 {
		t.Errorf("%d records were dropped", n)
	}
	m.create("dom.after") // the worker has looked since
	if at := m.actual()[name]; at.Partitions != 2 || at.ID != id {
		t.Errorf("it was changed: %+v", at)
	}
	if _, text := m.worker.Problem(name); text != "" {
		t.Errorf("reported: %s", text)
	}
	ending := *adopted
	ending.State = weir.TopicEnding
	m.put(&ending)
	m.topic(name, gone)
	if at := m.actual()[name]; at.ID != id {
		t.Errorf("it was ended: %+v", at)
	}
	wanted := *adopted
	wanted.UID, wanted.Name = weir.UID{8}, "b-legacy"
	m.put(&wanted)
	if lost, text := m.problem("b-legacy"); !lost || !strings.Contains(text, "take the product back") {
		t.Errorf("one that is gone: lost %v, %q", lost, text)
	}
	if _, ok := m.actual()["b-legacy"]; ok {
		t.Error("it was made")
	}
}

// TestAnAdoptedTopicThatIsAnother: made again by somebody, it is not the one
// that was published.
func TestAnAdoptedTopicThatIsAnother(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	_, err := m.cluster.PutTopic(t.Context(), weir.TopicSpec{Name: "legacy", Partitions: 1})
	must(t, err)
	m.put(&weir.Topic{UID: weir.UID{7}, Name: "legacy", Partitions: 1, Retention: weir.Forever, State: weir.TopicMade, ID: weir.TopicID{1}, Adopted: true, Created: time.Now()})
	if lost, text := m.problem("legacy"); !lost || !strings.Contains(text, "another topic") {
		t.Errorf("lost %v, %q", lost, text)
	}
}

// TestAPublishedStreamGoesOn: the topic of a private stream that was published is
// the mesh's own, and is what the product says.
func TestAPublishedStreamGoesOn(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), t.Context()
	const name = "dom._private.clicks"
	c := catalog.New(catalog.Config{State: m.state, Writer: m.writer, Cluster: m.cluster, Now: time.Now, Home: m.home})
	_, err := c.CreateStream(ctx, m.call, catalog.NewStream{Name: name, Partitions: 2})
	must(t, err)
	was := m.topic(name, made)
	quality, sla := weir.QualityTier("raw"), weir.SLATier("tier-3")
	m.old(name)
	_, err = c.Publish(ctx, m.call, catalog.Publishing{Topic: name, AcceptTerms: true, NewProduct: catalog.NewProduct{
		Name: "dom.clicks", Owner: "admin", Description: "clicks", Encoding: weir.EncodingJSON, Telling: catalog.Telling{Quality: &quality, SLA: &sla},
	}})
	must(t, err)
	five := 5
	_, err = c.EditProduct(ctx, m.call, "dom.clicks", catalog.ProductEdit{Partitions: &five})
	must(t, err)
	m.topic(name, func(x *weir.Topic) bool { return made(x) && x.Partitions == 5 })
	if at := m.actual()[name]; at.Partitions != 5 || at.ID != was.ID {
		t.Errorf("the cluster has %+v", at)
	}
	_, err = c.Unpublish(ctx, m.call, "dom.clicks")
	must(t, err)
	if at := m.topic(name, made); at.Of != was.Of || at.ID != was.ID {
		t.Errorf("taken back it is %+v, and was %+v", at, was)
	}
}
