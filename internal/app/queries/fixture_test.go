package queries_test

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/app/queries"
	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/writer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mesh is queries over a real ledger, state, writer, registry and catalogue; the
// records of its topics are in memory. The teams shop and desk own the domains of
// those names; ann is in shop, dora in desk, eve in none.
type mesh struct {
	t        *testing.T
	ledger   *ledger.Ledger
	state    *state.State
	home     weir.UID
	identity *identity.Identity
	registry *registry.Registry
	index    *registry.Index
	catalog  *catalog.Catalog
	access   *access.Granting
	topics   *topics
	submit   *between
	schemas  *behind
	*queries.Queries
}

const orders = `{"type":"record","name":"Order","fields":[
	{"name":"id","type":"long"},
	{"name":"price","type":"double"},
	{"name":"email","type":["null","string"],"default":null,"confluent:tags":["PII"]}]}`

// between is a writer before which something may happen, once.
type between struct {
	weir.Writer
	first func()
}

func (b *between) Submit(ctx context.Context, d weir.Decision) (weir.Receipt, error) {
	if first := b.first; first != nil {
		b.first = nil
		first()
	}
	return b.Writer.Submit(ctx, d)
}

// behind is a registry that knows a schema when it was waited for, and no sooner.
type behind struct {
	*registry.Registry
	ledger *ledger.Ledger
	waited weir.Offset
}

func (b *behind) Wait(ctx context.Context, at weir.Offset) error {
	b.waited = max(b.waited, at)
	return b.Registry.Wait(ctx, at)
}

func (b *behind) LatestSchema(ctx context.Context, subject string) (weir.SchemaID, schema.Schema, error) {
	if b.waited < b.ledger.Head().Offset {
		return 0, nil, weir.Errorf(weir.NotFound, "the schema of %s is not known yet", subject)
	}
	return b.Registry.LatestSchema(ctx, subject)
}

func newMesh(t *testing.T) *mesh {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	m := &mesh{t: t, topics: &topics{records: map[string][]weir.Message{}}}
	var err error
	m.ledger, err = ledger.Open(ctx, filepath.Join(dir, "ledger.db"), ledger.Options{})
	must(t, err)
	m.state, err = state.Open(ctx, filepath.Join(dir, "state.db"), m.ledger, state.Options{})
	must(t, err)
	w := writer.New(m.ledger, m.state, writer.Options{})
	var running sync.WaitGroup
	running.Go(func() { _ = w.Run(ctx) })
	ic := identity.Config{State: m.state, Writer: w, Now: time.Now, Random: rand.Reader}
	m.home, _, err = identity.Found(ctx, ic, "test", "admin", func(identity.Founding) error { return nil })
	must(t, err)
	ic.Home = m.home
	m.identity = identity.New(ic)
	m.index, err = registry.NewIndex(ctx, m.state, m.ledger)
	must(t, err)
	running.Go(func() { _ = m.index.Run(ctx) })
	m.registry = registry.New(registry.Config{State: m.state, Writer: w, Index: m.index, Now: time.Now, Home: m.home})
	m.catalog = catalog.New(catalog.Config{State: m.state, Writer: w, Contracts: m.registry, Now: time.Now, Home: m.home})
	m.access = access.New(access.Config{Writer: w, Now: time.Now, Home: m.home})
	m.submit = &between{Writer: w}
	m.schemas = &behind{Registry: m.registry, ledger: m.ledger}
	m.Queries = queries.New(queries.Config{
		State: m.state, Writer: m.submit, Catalog: m.catalog, Identity: m.identity, Schemas: m.schemas, Reader: m.topics, Now: time.Now, Home: m.home,
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
		must(t, m.state.Close())
		must(t, m.ledger.Close())
	})
	m.people()
	return m
}

func (m *mesh) people() {
	admin := m.admin()
	for team, member := range map[string]string{"shop": "ann", "desk": "dora", "": "eve"} {
		_, err := m.identity.CreatePerson(m.t.Context(), admin, member)
		must(m.t, err)
		if team == "" {
			continue
		}
		_, err = m.identity.CreateTeam(m.t.Context(), admin, team, "")
		must(m.t, err)
		_, err = m.identity.AddMember(m.t.Context(), admin, team, member)
		must(m.t, err)
		_, err = m.catalog.CreateDomain(m.t.Context(), admin, catalog.NewDomain{Name: team, Team: team})
		must(m.t, err)
	}
}

func (m *mesh) admin() weir.Call {
	p := find[*weir.Person](m, weir.NounPerson, "admin")
	return weir.Call{By: weir.Principal{Ref: p.Ref(), Roles: p.Roles}}
}

// as is a call of somebody as they log in now.
func (m *mesh) as(person string) weir.Call {
	m.t.Helper()
	token, err := m.identity.CreateToken(m.t.Context(), m.admin(), identity.NewToken{Person: person, Expires: weir.Duration(time.Hour)})
	must(m.t, err)
	p, err := m.identity.Authenticate(m.t.Context(), token.Secret, weir.Via{Door: "test"})
	must(m.t, err)
	return weir.Call{By: p}
}

// orders makes the product shop.orders with some records, and gives its name.
func (m *mesh) orders(edit func(*catalog.NewProduct)) string {
	m.t.Helper()
	cmd := catalog.NewProduct{Name: "shop.orders", Encoding: weir.EncodingJSON, Key: []string{"id"}, Access: weir.AccessRequest, Schema: jsonOrders}
	if edit != nil {
		edit(&cmd)
	}
	_, err := m.catalog.CreateProduct(m.t.Context(), m.as("ann"), cmd)
	must(m.t, err)
	m.made()
	m.topics.add(weir.TopicOf(cmd.Name), `{"id":1,"price":5,"email":"a@x"}`, `{"id":2,"price":50,"email":"b@x"}`, `{"id":3,"price":70}`)
	return cmd.Name
}

const jsonOrders = `{"type":"object","properties":{"id":{"type":"integer"},"price":{"type":"number"},
	"email":{"type":["string","null"],"confluent:tags":["PII"]}},"required":["id","price"]}`

// made says of every topic that is wanted that it is there, and waits until the
// registry knows all that was decided.
func (m *mesh) made() {
	m.t.Helper()
	var wanted []*weir.Topic
	m.look(func(v weir.View) error {
		return weir.All(m.t.Context(), v, weir.ListQuery{Noun: weir.NounTopic, Scope: weir.Everything}, func(it weir.Item) error {
			if t, ok := it.Entity.(*weir.Topic); ok && t.State == weir.TopicWanted {
				wanted = append(wanted, t)
			}
			return nil
		})
	})
	for _, topic := range wanted {
		must(m.t, m.catalog.TopicMade(m.t.Context(), weir.Call{By: weir.Principal{Ref: weir.System}}, topic.UID, weir.TopicID(topic.UID)))
	}
	must(m.t, m.index.Wait(m.t.Context(), m.ledger.Head().Offset))
}

// since is what was decided behind an offset.
func (m *mesh) since(at weir.Offset) (rs []weir.Record) {
	m.t.Helper()
	must(m.t, m.ledger.Read(m.t.Context(), at+1, func(r weir.Record) error {
		rs = append(rs, r)
		return nil
	}))
	return rs
}

func (m *mesh) look(fn func(weir.View) error) {
	m.t.Helper()
	v, done, err := m.state.View(m.t.Context())
	must(m.t, err)
	defer done()
	must(m.t, fn(v))
}

// create is a query that must be made.
func (m *mesh) create(call weir.Call, name, sql string) *weir.Query {
	m.t.Helper()
	_, err := m.Create(m.t.Context(), call, queries.NewQuery{Product: name, Statement: sql})
	must(m.t, err)
	m.made()
	return find[*weir.Query](m, weir.NounQuery, name)
}

// standing is whether a query may run, as the runner asks.
func (m *mesh) standing(q *weir.Query) (about string, err error) {
	m.look(func(v weir.View) error {
		about, err = m.Standing(m.t.Context(), v, q)
		return nil
	})
	return about, err
}

func find[E weir.Entity](m *mesh, noun weir.Noun, name string) E {
	m.t.Helper()
	var e E
	m.look(func(v weir.View) (err error) {
		e, _, err = weir.Find[E](m.t.Context(), v, weir.Ref{Noun: noun, Name: name})
		return err
	})
	return e
}

// there reports whether something lives.
func (m *mesh) there(noun weir.Noun, name string) (is bool) {
	m.t.Helper()
	m.look(func(v weir.View) error {
		_, _, err := v.Get(m.t.Context(), weir.Ref{Noun: noun, Name: name})
		is = err == nil
		if weir.NotFound.In(err) {
			return nil
		}
		return err
	})
	return is
}

// refused is an error of a kind whose text has some words.
func refused(t *testing.T, what string, err error, kind weir.ErrKind, words ...string) {
	t.Helper()
	if !kind.In(err) {
		t.Errorf("%s: %v, want one of kind %v", what, err, kind)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %q does not say %q", what, err, w)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// topics is a weir.Reader of topics of one partition in memory.
type topics struct {
	mu      sync.Mutex
	records map[string][]weir.Message
	reads   int
	missing int64 // offsets at the end that never come
}

// key gives the records of a topic their keys, in order.
func (s *topics) key(topic string, keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range keys {
		s.records[topic][i].Key = []byte(k)
	}
}

// gone adds a record without a value.
func (s *topics) gone(topic, key string) {
	s.add(topic, "")
	s.mu.Lock()
	defer s.mu.Unlock()
	last := &s.records[topic][len(s.records[topic])-1]
	last.Key, last.Value = []byte(key), nil
}

func (s *topics) add(topic string, values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range values {
		n := int64(len(s.records[topic]))
		s.records[topic] = append(s.records[topic], weir.Message{Offset: n, Time: time.Unix(1_800_000_000+n, 0), Key: []byte("k"), Value: []byte(v)})
	}
}

func (s *topics) Spans(_ context.Context, topic string) (map[int32]weir.Span, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return map[int32]weir.Span{0: {End: int64(len(s.records[topic])) + s.missing}}, nil
}

func (s *topics) OffsetsAt(context.Context, string, time.Time) (map[int32]int64, error) {
	return nil, nil
}

func (s *topics) Tail(_ context.Context, topic string, from map[int32]int64) (weir.Tail, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &tail{s.records[topic], from[0]}, nil
}

// tail is a place in a topic that ends.
type tail struct {
	records []weir.Message
	at      int64
}

func (t *tail) Next(ctx context.Context) ([]weir.Message, error) {
	if t.at == int64(len(t.records)) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	got := t.records[t.at:]
	t.at = int64(len(t.records))
	return got, nil
}

func (t *tail) At(int32) int64 { return t.at }

func (t *tail) Close() {}
