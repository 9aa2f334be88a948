package worker_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/driver/broker"
	"github.com/weirmesh/weir/internal/driver/clustertest"
	"github.com/weirmesh/weir/internal/driver/kafka"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/worker"
	"github.com/weirmesh/weir/internal/writer"
)

// mesh is a worker over a real ledger, state, writer and embedded broker.
type mesh struct {
	t        *testing.T
	state    *state.State
	ledger   *ledger.Ledger
	writer   *writer.Writer
	home     weir.UID
	catalog  *catalog.Catalog
	identity *identity.Identity
	cluster  *kafka.Cluster
	broker   *broker.Broker
	worker   *worker.Reconciler
	call     weir.Call
	private  bool
	stop     func() // ends the worker and waits for it
}

func newMesh(t *testing.T) *mesh {
	t.Helper()
	return newMeshOn(t, t.TempDir(), "admin")
}

// newMeshOn is a mesh over what a folder holds, if anything, of which somebody is
// an admin.
func newMeshOn(t *testing.T, dir, admin string) *mesh {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	m := &mesh{t: t}
	var err error
	m.ledger, err = ledger.Open(ctx, filepath.Join(dir, "ledger.db"), ledger.Options{})
	must(t, err)
	m.state, err = state.Open(ctx, filepath.Join(dir, "state.db"), m.ledger, state.Options{})
	must(t, err)
	w := writer.New(m.ledger, m.state, writer.Options{})
	m.writer = w
	var running sync.WaitGroup
	running.Go(func() { _ = w.Run(ctx) })
	ic := identity.Config{State: m.state, Writer: w, Now: time.Now, Random: rand.Reader}
	home, _, err := identity.Found(ctx, ic, "test", admin, func(identity.Founding) error { return nil })
	must(t, err)
	ic.Home, m.home = home, home
	m.identity = identity.New(ic)
	m.catalog = catalog.New(catalog.Config{State: m.state, Writer: w, Now: time.Now, Home: home})
	m.broker, err = broker.Open(ctx, broker.Config{Dir: filepath.Join(dir, "broker"), NoSync: true})
	must(t, err)
	m.cluster, err = kafka.NewCluster(m.broker, kafka.Options{KeepWhole: true})
	must(t, err)
	m.call = m.admin(ctx, admin)
	m.start()
	t.Cleanup(func() {
		m.stop()
		must(t, m.cluster.Close())
		must(t, m.broker.Close())
		cancel()
		running.Wait()
		must(t, m.state.Close())
		must(t, m.ledger.Close())
	})
	return m
}

// start runs the worker.
func (m *mesh) start() {
	m.worker = worker.New(worker.Config{
		State: m.state, Cluster: m.cluster, Catalog: m.catalog, Identity: m.identity, Now: time.Now,
		Log: slog.New(slog.DiscardHandler), Trim: true, Private: m.private,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = m.worker.Run(ctx) })
	m.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
}

// admin is a call as the admin, with a domain of its own.
func (m *mesh) admin(ctx context.Context, name string) weir.Call {
	v, release, err := m.state.View(ctx)
	must(m.t, err)
	defer release()
	p, _, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, Name: name})
	must(m.t, err)
	call := weir.Call{By: weir.Principal{Ref: p.Ref(), Roles: p.Roles}}
	_, err = m.identity.CreateTeam(ctx, call, "dom", "")
	must(m.t, err)
	_, err = m.catalog.CreateDomain(ctx, call, catalog.NewDomain{Name: "dom", Team: "dom"})
	must(m.t, err)
	return call
}

// topic waits until what the ledger says of a topic is so; nil is gone.
func (m *mesh) topic(name string, so func(*weir.Topic) bool) *weir.Topic {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 20*time.Second)
	defer cancel()
	for {
		v, release, err := m.state.View(ctx)
		must(m.t, err)
		got, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: name})
		seen := v.Offset()
		release()
		if err != nil && !weir.NotFound.In(err) {
			m.t.Fatal(err)
		}
		if so(got) {
			return got
		}
		if m.state.Wait(ctx, seen+1) != nil {
			m.t.Fatalf("the topic stays %+v; problems: %v", got, m.worker.Problems())
		}
	}
}

func made(t *weir.Topic) bool { return t != nil && t.State == weir.TopicMade && !t.Behind }
func gone(t *weir.Topic) bool { return t == nil }

func (m *mesh) create(product string) *weir.Topic {
	m.t.Helper()
	_, err := m.catalog.CreateProduct(m.t.Context(), m.call, catalog.NewProduct{Name: product})
	must(m.t, err)
	return m.topic(product+".v1", made)
}

func (m *mesh) actual() weir.Topics {
	m.t.Helper()
	ts, err := m.cluster.Topics(m.t.Context())
	must(m.t, err)
	return ts
}

func (m *mesh) kadm() *kadm.Client { return kadm.NewClient(clustertest.Client(m.t, m.broker)) }

// problem waits until the worker reports something about a topic.
func (m *mesh) problem(topic string) (bool, string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if lost, text := m.worker.Problem(topic); text != "" {
			return lost, text
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			m.t.Fatalf("nothing is reported about %s", topic)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTopicsFollowTheLedger(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	got := m.create("dom.prod")
	if at := m.actual()["dom.prod.v1"]; at.ID != got.ID || at.Partitions != 3 {
		t.Errorf("the ledger says %s, the cluster %+v", got.ID, at)
	}
	five, week := 5, weir.Duration(7*24*time.Hour)
	_, err := m.catalog.EditProduct(ctx, m.call, "dom.prod", catalog.ProductEdit{Partitions: &five, Retention: &week})
	must(t, err)
	m.topic("dom.prod.v1", func(x *weir.Topic) bool { return made(x) && x.Partitions == 5 })
	if at := m.actual()["dom.prod.v1"]; at.Partitions != 5 {
		t.Errorf("the cluster has %d partitions, want 5", at.Partitions)
	}
	_, err = m.catalog.DeleteProduct(ctx, m.call, "dom.prod", false)
	must(t, err)
	if _, ok := m.actual()["dom.prod.v1"]; !ok {
		t.Error("the data was destroyed with the product")
	}
	_, err = m.catalog.DeleteProduct(ctx, m.call, "dom.prod", true)
	must(t, err)
	m.topic("dom.prod.v1", gone)
	if _, ok := m.actual()["dom.prod.v1"]; ok {
		t.Error("the topic is still there")
	}
}

// TestLostTopicIsReportedAndNotMadeAgain: making it again would hide the loss.
func TestLostTopicIsReportedAndNotMadeAgain(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	was := m.create("dom.lost")
	m.stop()
	must(t, m.cluster.DeleteTopic(t.Context(), was.ID))
	m.start()
	lost, text := m.problem("dom.lost.v1")
	if !lost || !strings.Contains(text, "no topic dom.lost.v1 any more") {
		t.Errorf("reported: lost %v, %q", lost, text)
	}
	if _, ok := m.actual()["dom.lost.v1"]; ok {
		t.Error("the topic was made again")
	}
}

func TestTopicOfSomebodyElseIsReported(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	was := m.create("dom.swap")
	m.stop()
	ctx := t.Context()
	must(t, m.cluster.DeleteTopic(ctx, was.ID))
	_, err := m.cluster.PutTopic(ctx, weir.TopicSpec{Name: "dom.swap.v1", Partitions: 3})
	must(t, err)
	m.start()
	lost, text := m.problem("dom.swap.v1")
	if !lost || !strings.Contains(text, "another topic") {
		t.Errorf("reported: lost %v, %q", lost, text)
	}
	// Giving it up ends what was ours, never what is not.
	_, err = m.catalog.DeleteProduct(ctx, m.call, "dom.swap", true)
	must(t, err)
	m.topic("dom.swap.v1", gone)
	if _, ok := m.actual()["dom.swap.v1"]; !ok {
		t.Error("somebody else's topic was deleted")
	}
}

// TestPrivateClusterIsAllOurs: on the embedded broker giving up ends whatever
// has the name, so that it is free again.
func TestPrivateClusterIsAllOurs(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.stop()
	m.private = true
	m.start()
	ctx := t.Context()
	was := m.create("dom.back")
	m.stop()
	must(t, m.cluster.DeleteTopic(ctx, was.ID))
	_, err := m.cluster.PutTopic(ctx, weir.TopicSpec{Name: "dom.back.v1", Partitions: 2})
	must(t, err)
	m.start()
	if lost, text := m.problem("dom.back.v1"); !lost || !strings.Contains(text, "another topic") {
		t.Errorf("reported: lost %v, %q", lost, text)
	}
	_, err = m.catalog.DeleteProduct(ctx, m.call, "dom.back", true)
	must(t, err)
	m.topic("dom.back.v1", gone)
	if _, ok := m.actual()["dom.back.v1"]; ok {
		t.Error("what has the name is still there")
	}
	m.create("dom.back")
}

func TestNameThatHoldsOthersDataIsNotTaken(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	_, err := m.cluster.PutTopic(ctx, weir.TopicSpec{Name: "dom.taken.v1", Partitions: 3})
	must(t, err)
	cl := clustertest.Client(t, m.broker)
	must(t, cl.ProduceSync(ctx, &kgo.Record{Topic: "dom.taken.v1", Value: []byte("theirs")}).FirstErr())
	_, err = m.catalog.CreateProduct(ctx, m.call, catalog.NewProduct{Name: "dom.taken"})
	must(t, err)
	lost, text := m.problem("dom.taken.v1")
	if lost || text == "" {
		t.Errorf("reported: lost %v, %q", lost, text)
	}
	m.topic("dom.taken.v1", func(x *weir.Topic) bool { return x != nil && x.State == weir.TopicWanted })
	m.create("dom.other") // one that cannot be made holds up no other
}

func TestApplicationEndsWithItsGroups(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.create("dom.read")
	_, err := m.identity.CreateApplication(ctx, m.call, identity.NewApplication{Name: "app", Team: "dom"})
	must(t, err)
	adm := m.kadm()
	for _, group := range []string{"app", "app.two", "apple"} {
		os := kadm.Offsets{}
		os.AddOffset("dom.read.v1", 0, 7, -1)
		must(t, adm.CommitAllOffsets(ctx, group, os))
	}
	_, err = m.identity.DeleteApplication(ctx, m.call, "app")
	must(t, err)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		v, release, err := m.state.View(ctx)
		must(t, err)
		_, _, err = v.Get(ctx, weir.Ref{Noun: weir.NounApplication, Name: "app"})
		seen := v.Offset()
		release()
		if weir.NotFound.In(err) {
			break
		}
		must(t, m.state.Wait(ctx, seen+1))
	}
	groups, err := adm.ListGroups(ctx)
	must(t, err)
	if got := fmt.Sprint(groups.Groups()); got != "[apple]" {
		t.Errorf("the groups left are %s, want [apple]", got)
	}
}
