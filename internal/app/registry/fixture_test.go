package registry_test

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/writer"
)

// mesh is a registry over a real ledger, state and writer. Two domains, ours and
// theirs, belong to teams of the same names.
type mesh struct {
	t        testing.TB
	ledger   *ledger.Ledger
	state    *state.State
	writer   *writer.Writer
	home     weir.UID
	identity *identity.Identity
	registry *registry.Registry
	index    *registry.Index
	catalog  *catalog.Catalog
	admin    weir.Call
	domains  map[string]weir.UID
}

func newMesh(t testing.TB) *mesh {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	m := &mesh{t: t, domains: map[string]weir.UID{}}
	var err error
	m.ledger, err = ledger.Open(ctx, filepath.Join(dir, "ledger.db"), ledger.Options{})
	must(t, err)
	m.state, err = state.Open(ctx, filepath.Join(dir, "state.db"), m.ledger, state.Options{})
	must(t, err)
	m.writer = writer.New(m.ledger, m.state, writer.Options{})
	var running sync.WaitGroup
	running.Go(func() { _ = m.writer.Run(ctx) })
	ic := identity.Config{State: m.state, Writer: m.writer, Now: time.Now, Random: rand.Reader}
	m.home, _, err = identity.Found(ctx, ic, "test", "admin", func(identity.Founding) error { return nil })
	must(t, err)
	ic.Home = m.home
	m.identity = identity.New(ic)
	m.index, err = registry.NewIndex(ctx, m.state, m.ledger)
	must(t, err)
	running.Go(func() { _ = m.index.Run(ctx) })
	m.registry = m.with(m.index)
	m.found(ctx)
	t.Cleanup(func() {
		cancel()
		running.Wait()
		must(t, m.state.Close())
		must(t, m.ledger.Close())
	})
	return m
}

func (m *mesh) with(x *registry.Index) *registry.Registry {
	return registry.New(registry.Config{State: m.state, Writer: m.writer, Index: x, Now: time.Now, Home: m.home})
}

// found makes the admin's call and the domains.
func (m *mesh) found(ctx context.Context) {
	p := find[*weir.Person](m, weir.Ref{Noun: weir.NounPerson, Name: "admin"})
	m.admin = weir.Call{By: weir.Principal{Ref: p.Ref(), Roles: p.Roles}}
	m.catalog = catalog.New(catalog.Config{State: m.state, Writer: m.writer, Contracts: m.registry, Now: time.Now, Home: m.home})
	for _, name := range []string{"ours", "theirs"} {
		_, err := m.identity.CreateTeam(ctx, m.admin, name, "")
		must(m.t, err)
		_, err = m.catalog.CreateDomain(ctx, m.admin, catalog.NewDomain{Name: name, Team: name})
		must(m.t, err)
		m.domains[name] = find[*weir.Domain](m, weir.Ref{Noun: weir.NounDomain, Name: name}).UID
	}
}

// member is a call of somebody in a domain's team.
func (m *mesh) member(domain string) weir.Call {
	return weir.Call{By: weir.Principal{
		Ref:     weir.Ref{Noun: weir.NounApplication, UID: weir.UID{9, domain[0]}, Name: domain + "-app"},
		Domains: []weir.UID{m.domains[domain]},
	}}
}

func find[E weir.Entity](m *mesh, r weir.Ref) E {
	m.t.Helper()
	v, done, err := m.state.View(context.Background())
	must(m.t, err)
	defer done()
	e, _, err := weir.Find[E](context.Background(), v, r)
	must(m.t, err)
	return e
}

// register is a registration that must work.
func (m *mesh) register(call weir.Call, subject, text string) registry.Version {
	m.t.Helper()
	v, err := m.registry.Register(context.Background(), call, registry.Registration{Subject: subject, Text: text})
	must(m.t, err)
	return v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// avro is a record with fields that are strings; a field with "?" has a default.
func avro(name string, fields ...string) string {
	out := `{"type":"record","name":"` + name + `","fields":[`
	for i, f := range fields {
		if i > 0 {
			out += ","
		}
		name, def := f, ""
		if f[len(f)-1] == '?' {
			name, def = f[:len(f)-1], `,"default":""`
		}
		out += `{"name":"` + name + `","type":"string"` + def + `}`
	}
	return out + `]}`
}
