package schemaregistry_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/app/audit"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/serve/schemaregistry"
	"github.com/weirmesh/weir/internal/writer"
)

var update = flag.Bool("update", false, "rewrite golden files")

// mesh is the registry's API over a real ledger, state and writer: the domain
// shop with its products sales (for all) and books (for itself), its application
// till and its member sara; the domain other with the application spy; and pia,
// who is in no team.
type mesh struct {
	t        testing.TB
	url      string
	api      *schemaregistry.API
	ledger   *ledger.Ledger
	live     *access.Live
	identity *identity.Identity
	catalog  *catalog.Catalog
	admin    weir.Call
	basic    map[string][2]string // user and password by who
}

func newMesh(t testing.TB) *mesh {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	l, err := ledger.Open(ctx, filepath.Join(dir, "ledger.db"), ledger.Options{})
	must(t, err)
	s, err := state.Open(ctx, filepath.Join(dir, "state.db"), l, state.Options{})
	must(t, err)
	w := writer.New(l, s, writer.Options{})
	log := slog.New(slog.DiscardHandler)
	rec := audit.NewRecorder(w, time.Now, log)
	var running sync.WaitGroup
	start := func(fn func(context.Context) error) { running.Go(func() { _ = fn(ctx) }) }
	start(w.Run)
	ic := identity.Config{State: s, Writer: rec, Now: time.Now, Random: rand.Reader}
	home, founding, err := identity.Found(ctx, ic, "test", "admin", func(identity.Founding) error { return nil })
	must(t, err)
	ic.Home = home
	live, err := access.NewLive(ctx, l)
	must(t, err)
	start(live.Run)
	index, err := registry.NewIndex(ctx, s, l)
	must(t, err)
	start(index.Run)
	reg := registry.New(registry.Config{State: s, Writer: rec, Index: index, Now: time.Now, Home: home})
	m := &mesh{
		t: t, ledger: l, live: live, identity: identity.New(ic), basic: map[string][2]string{},
		catalog: catalog.New(catalog.Config{State: s, Writer: rec, Contracts: reg, Now: time.Now, Home: home}),
	}
	m.api = schemaregistry.New(schemaregistry.Config{
		Registry: reg, Applications: access.NewPasswords(live, []byte("secret"), time.Now), People: m.identity,
		Metrics: schemaregistry.NewMetrics(), Cluster: "cluster", Version: "test", Log: log,
	})
	srv := httptest.NewServer(m.api)
	m.url = srv.URL
	t.Cleanup(func() {
		srv.Close()
		cancel()
		running.Wait()
		must(t, s.Close())
		must(t, l.Close())
	})
	m.people(founding)
	return m
}

func (m *mesh) people(f *identity.Founding) {
	m.t.Helper()
	ctx := context.Background()
	p, err := m.identity.Authenticate(ctx, f.Token, weir.Via{Door: "test"})
	must(m.t, err)
	m.admin, m.basic["admin"] = weir.Call{By: p}, [2]string{"admin", f.Token}
	for _, team := range []string{"shop", "other"} {
		_, err = m.identity.CreateTeam(ctx, m.admin, team, "")
		must(m.t, err)
		_, err = m.catalog.CreateDomain(ctx, m.admin, catalog.NewDomain{Name: team, Team: team})
		must(m.t, err)
	}
	for name, visibility := range map[string]weir.Visibility{"shop.sales": weir.VisibleMesh, "shop.books": weir.VisibleDomain} {
		_, err = m.catalog.CreateProduct(ctx, m.admin, catalog.NewProduct{Name: name, Encoding: "avro", Visibility: visibility})
		must(m.t, err)
	}
	m.application("till", "shop")
	m.application("spy", "other")
}

// person makes someone with a token, when somebody first asks as them: a
// person's password takes its time.
func (m *mesh) person(name string, teams ...string) {
	m.t.Helper()
	ctx := context.Background()
	_, err := m.identity.CreatePerson(ctx, m.admin, name)
	must(m.t, err)
	m.token(name, "first")
	for _, team := range teams {
		_, err = m.identity.AddMember(ctx, m.admin, team, name)
		must(m.t, err)
	}
}

// who is a name and what opens the registry with it.
func (m *mesh) who(name string) (who [2]string, ok bool) {
	m.t.Helper()
	if _, there := m.basic[name]; !there && name == "sara" {
		m.person(name, "shop")
	} else if !there && name == "pia" {
		m.person(name)
	}
	who, ok = m.basic[name]
	return who, ok
}

func (m *mesh) application(name, team string) {
	m.t.Helper()
	a, err := m.identity.CreateApplication(context.Background(), m.admin, identity.NewApplication{Name: name, Team: team})
	must(m.t, err)
	m.settle(a.Receipt)
	m.basic[name] = [2]string{name, a.Password}
}

func (m *mesh) token(name, label string) {
	m.t.Helper()
	made, err := m.identity.CreateToken(context.Background(), m.admin, identity.NewToken{Person: name, Label: label})
	must(m.t, err)
	m.basic[name] = [2]string{name, made.Secret}
}

// settle waits as the API's writes do before they answer.
func (m *mesh) settle(r weir.Receipt) {
	m.t.Helper()
	must(m.t, m.live.Wait(context.Background(), r.Offset))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request as somebody; "" is nobody.
func (m *mesh) ask(as, method, path, body string, headers ...string) answer {
	m.t.Helper()
	req := m.request(as, method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return m.do(req)
}

func (m *mesh) request(as, method, path string, body io.Reader) *http.Request {
	m.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, m.url+path, body)
	must(m.t, err)
	if who, ok := m.who(as); ok {
		req.SetBasicAuth(who[0], who[1])
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	}
	return req
}

func (m *mesh) do(req *http.Request) answer {
	m.t.Helper()
	res, err := http.DefaultClient.Do(req)
	must(m.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(m.t, err)
	return answer{res.StatusCode, res.Header, string(bytes.TrimSpace(b))}
}
