package lineage_test

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/app/lineage"
	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/writer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// counter is measures that a test fills.
type counter struct {
	counted []weir.Usage
	fails   error
	asked   int
}

func (c *counter) Flows(context.Context, time.Time, time.Time) ([]weir.Usage, error) {
	c.asked++
	return slices.Clone(c.counted), c.fails
}

func (c *counter) Coverage(context.Context) (weir.Coverage, error) { return weir.Coverage{}, nil }

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond) // no two moments are one
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// mesh is lineage over a real ledger, state, writer, registry and catalogue. The
// teams shop and desk own the domains of those names; ann is in shop, dora in
// desk, eve in none.
type mesh struct {
	t        *testing.T
	clock    *clock
	ledger   *ledger.Ledger
	state    *state.State
	writer   *writer.Writer
	home     weir.UID
	identity *identity.Identity
	catalog  *catalog.Catalog
	registry *registry.Registry
	index    *registry.Index
	measures *counter
	*lineage.Lineage
}

func newMesh(t *testing.T) *mesh {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	m := &mesh{t: t, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, measures: &counter{}}
	var err error
	m.ledger, err = ledger.Open(ctx, filepath.Join(dir, "ledger.db"), ledger.Options{})
	must(t, err)
	m.state, err = state.Open(ctx, filepath.Join(dir, "state.db"), m.ledger, state.Options{})
	must(t, err)
	m.writer = writer.New(m.ledger, m.state, writer.Options{Now: m.clock.Now})
	var running sync.WaitGroup
	running.Go(func() { _ = m.writer.Run(ctx) })
	ic := identity.Config{State: m.state, Writer: m.writer, Now: m.clock.Now, Random: rand.Reader}
	m.home, _, err = identity.Found(ctx, ic, "test", "admin", func(identity.Founding) error { return nil })
	must(t, err)
	ic.Home = m.home
	m.identity = identity.New(ic)
	m.index, err = registry.NewIndex(ctx, m.state, m.ledger)
	must(t, err)
	running.Go(func() { _ = m.index.Run(ctx) })
	m.registry = registry.New(registry.Config{State: m.state, Writer: m.writer, Index: m.index, Now: m.clock.Now, Home: m.home})
	m.catalog = catalog.New(catalog.Config{State: m.state, Writer: m.writer, Contracts: m.registry, Now: m.clock.Now, Home: m.home})
	m.Lineage = m.fresh()
	t.Cleanup(func() {
		cancel()
		running.Wait()
		must(t, m.state.Close())
		must(t, m.ledger.Close())
	})
	m.people()
	return m
}

// fresh is lineage as after a start.
func (m *mesh) fresh() *lineage.Lineage {
	return lineage.New(lineage.Config{
		State: m.state, Ledger: m.ledger, Writer: m.writer, Measures: m.measures, Schemas: m.registry, Now: m.clock.Now, Home: m.home,
	})
}

func (m *mesh) people() {
	ctx, admin := m.t.Context(), m.admin()
	for team, member := range map[string]string{"shop": "ann", "desk": "dora", "": "eve"} {
		_, err := m.identity.CreatePerson(ctx, admin, member)
		must(m.t, err)
		if team == "" {
			continue
		}
		_, err = m.identity.CreateTeam(ctx, admin, team, "")
		must(m.t, err)
		_, err = m.identity.AddMember(ctx, admin, team, member)
		must(m.t, err)
		_, err = m.catalog.CreateDomain(ctx, admin, catalog.NewDomain{Name: team, Team: team})
		must(m.t, err)
	}
}

func find[E weir.Entity](m *mesh, n weir.Noun, name string) E {
	m.t.Helper()
	v, done, err := m.state.View(m.t.Context())
	must(m.t, err)
	defer done()
	e, _, err := weir.Find[E](m.t.Context(), v, weir.Ref{Noun: n, Name: name})
	must(m.t, err)
	return e
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

func (m *mesh) product(by, name string, v weir.Visibility) *weir.Product {
	m.t.Helper()
	_, err := m.catalog.CreateProduct(m.t.Context(), m.as(by), catalog.NewProduct{Name: name, Encoding: weir.EncodingJSON, Visibility: v, Schema: schemaOf})
	must(m.t, err)
	must(m.t, m.index.Wait(m.t.Context(), m.ledger.Head().Offset))
	return find[*weir.Product](m, weir.NounProduct, name)
}

const schemaOf = `{"type":"object","properties":{"id":{"type":"integer"},"price":{"type":"number"}}}`

func (m *mesh) application(by, name, team string) *weir.Application {
	m.t.Helper()
	_, err := m.identity.CreateApplication(m.t.Context(), m.as(by), identity.NewApplication{Name: name, Team: team})
	must(m.t, err)
	return find[*weir.Application](m, weir.NounApplication, name)
}

// counted says that an application moved records.
func (m *mesh) counted(of *weir.Product, who *weir.Application, d weir.Direction) {
	now := m.clock.Now()
	m.measures.counted = append(m.measures.counted, weir.Usage{
		Passage: weir.Passage{Of: of.Ref(), Who: who.Ref(), Direction: d, How: weir.ByGateway}, Records: 7, First: now.Add(-time.Minute), Last: now,
	})
	m.clock.add(2 * time.Minute) // so that counts are asked for again
}

// reached are the boxes of an answer but for the first, by kind and name.
func reached(a lineage.Answer) []string {
	out := []string{}
	for _, n := range a.Nodes[1:] {
		if n.Closed {
			out = append(out, "closed")
			continue
		}
		out = append(out, string(n.Thing.Noun)+" "+n.Thing.Name)
	}
	slices.Sort(out)
	return out
}

func (m *mesh) tell(by string, a lineage.Asking) lineage.Answer {
	m.t.Helper()
	got, err := m.Tell(m.t.Context(), m.as(by).By, a)
	must(m.t, err)
	return got
}

func wants(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
