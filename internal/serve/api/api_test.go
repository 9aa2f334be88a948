package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crypto/rand"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/app/adoption"
	"github.com/weirmesh/weir/internal/app/audit"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/conversation"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/app/lineage"
	"github.com/weirmesh/weir/internal/app/queries"
	"github.com/weirmesh/weir/internal/app/records"
	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/serve/api"
	"github.com/weirmesh/weir/internal/writer"
)

var update = flag.Bool("update", false, "rewrite golden files")

// mesh is an API over a real ledger, state and writer. Its topics are made the
// moment they are wanted, as a worker would.
type mesh struct {
	t        *testing.T
	url      string
	routes   http.Handler // what answers at url
	api      *api.API
	ledger   *ledger.Ledger
	state    *state.State
	registry *registry.Registry
	lines    *lines  // the records of every topic
	beside   *beside // what is on the cluster that the mesh does not know, and who read what
	admin    *client.Client
	token    string
}

func newMesh(t *testing.T) *mesh {
	t.Helper()
	return newMeshOf(t, 0)
}

// newMeshOf is a mesh whose streams of events say that they live after a while.
func newMeshOf(t *testing.T, quiet time.Duration) *mesh {
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
	find, err := state.OpenSearch(ctx, filepath.Join(dir, "search.db"), s, state.SearchOptions{})
	must(t, err)
	start(find.Run)
	judge := &keeper{}
	reg := registry.New(registry.Config{State: s, Writer: rec, Index: index, Policies: judge, Now: time.Now, Home: home})
	read := newLines()
	beside := &beside{lines: read, topics: weir.Topics{}}
	cat := catalog.New(catalog.Config{State: s, Writer: rec, Contracts: reg, Cluster: beside, Shared: true, Measures: beside, Now: time.Now, Home: home})
	judge.Catalog = cat
	start(func(ctx context.Context) error { return makeTopics(ctx, s, cat) })
	who := identity.New(ic)
	made := queries.New(queries.Config{State: s, Writer: rec, Catalog: cat, Identity: who, Schemas: reg, Reader: read, Now: time.Now, Home: home})
	r := chi.NewRouter()
	a := api.New(api.Config{
		Records: records.New(records.Config{State: s, Reader: read, Live: live, Schemas: reg, Queries: made, Now: time.Now}),
		State:   s, Ledger: l, Identity: who, Catalog: cat, Registry: reg, Live: live, Schemas: index, Search: catalog.NewFinder(find),
		Queries:      made,
		Lineage:      lineage.New(lineage.Config{State: s, Ledger: l, Writer: rec, Measures: uncounted{}, Schemas: reg, Now: time.Now, Home: home}),
		Adoption:     adoption.New(adoption.Config{State: s, Ledger: l, Measures: uncounted{}, Now: time.Now}),
		Conversation: conversation.New(conversation.Config{State: s, Writer: rec, Measures: beside, Now: time.Now, Home: home}),
		Granting:     access.New(access.Config{Writer: rec, Now: time.Now, Home: home}), Audit: audit.New(l, s, rec, time.Now),
		Node: api.Node{
			Kafka: func() string { return "127.0.0.1:9092" }, Registry: func() string { return "http://127.0.0.1:8081" }, Cluster: func() client.Cluster { return client.Cluster{Kind: "embedded"} },
			Problem: func(string) (bool, string) { return false, "" },
		},
		Version: "test", Log: log, Quiet: quiet,
	}, r)
	srv := httptest.NewServer(r)
	m := &mesh{t: t, url: srv.URL, routes: r, lines: read, beside: beside, api: a, ledger: l, state: s, registry: reg, token: founding.Token}
	m.admin = m.as(founding.Token)
	t.Cleanup(func() {
		srv.Close()
		cancel()
		running.Wait()
		must(t, find.Close())
		must(t, s.Close())
		must(t, l.Close())
	})
	return m
}

// makeTopics does what a worker does, without a cluster.
func makeTopics(ctx context.Context, s weir.State, c *catalog.Catalog) error {
	call := weir.Call{By: weir.Principal{Ref: weir.System}}
	for {
		v, release, err := s.View(ctx)
		if err != nil {
			return err
		}
		page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounTopic, Scope: weir.Everything, Limit: 1000})
		seen := v.Offset()
		release()
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			switch topic := it.Entity.(*weir.Topic); topic.State {
			case weir.TopicWanted:
				err = c.TopicMade(ctx, call, topic.UID, weir.TopicID(weir.NewUID(time.Now())))
			case weir.TopicEnding:
				err = c.TopicGone(ctx, call, topic.UID)
			case weir.TopicMade:
				if topic.Behind {
					err = c.TopicSet(ctx, call, topic.UID, *topic)
				}
			}
			if err != nil {
				return err
			}
		}
		if err := s.Wait(ctx, seen+1); err != nil {
			return err
		}
	}
}

func (m *mesh) as(token string) *client.Client {
	m.t.Helper()
	c, err := client.New(m.url, token)
	must(m.t, err)
	m.t.Cleanup(c.Close)
	return c
}

// person makes someone with a token, in the teams named.
func (m *mesh) person(name string, teams ...string) *client.Client {
	m.t.Helper()
	ctx := m.t.Context()
	_, err := m.admin.CreatePerson(ctx, client.NewPerson{Name: name})
	must(m.t, err)
	for _, team := range teams {
		_, err := m.admin.AddMember(ctx, team, name)
		must(m.t, err)
	}
	tok, err := m.admin.CreateToken(ctx, client.NewToken{Person: name})
	must(m.t, err)
	return m.as(tok.Token)
}

// domain makes a team and a domain of one name.
func (m *mesh) domain(name string) {
	m.t.Helper()
	_, err := m.admin.CreateTeam(m.t.Context(), client.NewTeam{Name: name})
	must(m.t, err)
	_, err = m.admin.CreateDomain(m.t.Context(), client.NewDomain{Name: name, Team: name})
	must(m.t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ended wants something to be gone.
func (m *mesh) ended(done bool, err error) {
	m.t.Helper()
	must(m.t, err)
	if !done {
		m.t.Error("it is still going on")
	}
}

// refused wants a problem with a status, whose text has all of parts.
func refused(t *testing.T, err error, status int, parts ...string) {
	t.Helper()
	var p *client.Problem
	if !errors.As(err, &p) {
		t.Fatalf("got %v, want a problem with status %d", err, status)
	}
	if p.Status != status {
		t.Fatalf("got status %d (%s), want %d", p.Status, p.Error(), status)
	}
	for _, part := range parts {
		if !strings.Contains(p.Error(), part) {
			t.Errorf("%q does not say %q", p.Error(), part)
		}
	}
}

func TestOpenAPIGolden(t *testing.T) {
	t.Parallel()
	got, err := newMesh(t).api.OpenAPI().YAML()
	must(t, err)
	const path = "../../../docs/reference/openapi.yaml"
	if *update {
		must(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the API changed; if that is meant, run go test ./internal/serve/api -update\n%s", diff)
	}
}

func TestFromTeamToApplication(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("membership")
	owner := m.person("olga", "membership")
	p, err := owner.CreateProduct(ctx, client.NewProduct{Name: "membership.users", Kind: "table"})
	must(t, err)
	want := client.Product{
		Name: "membership.users", URN: "weir:test/membership/users/v1", Domain: "membership", Team: "membership", Major: 1,
		Kind: "table", Encoding: "json", KeyEncoding: "string", Visibility: "mesh", Access: "open", Owner: "olga",
		Partitions: 3, Retention: "forever", Topic: "membership.users.v1", Status: client.Status{Topic: "ready"}, Subjects: []client.ProductSubject{{Of: "value", Subject: "membership.users.v1-value", Format: "JSON"}}, Revision: 1,
		UID: p.UID, Created: p.Created, About: client.About{Type: "source-aligned", Lifecycle: "active"}, Warnings: p.Warnings,
	}
	if rules := rulesOf(p.Warnings); !slices.Equal(rules, []string{"description", "purpose", "quality", "sla", "schema", "terms", "key", "tags", "support", "documentation"}) {
		t.Errorf("it lacks %v", rules)
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	a, err := owner.CreateApplication(ctx, client.NewApplication{Name: "importer", Team: "membership"})
	must(t, err)
	if a.Username != "importer" || len(a.Password) < 20 || a.Credentials != "active" {
		t.Errorf("got %+v, want a user name, a long password and active credentials", a)
	}
	again, err := owner.Application(ctx, "importer")
	must(t, err)
	if again.Password != "" {
		t.Error("the password is shown a second time")
	}
	must(t, owner.RevokeCredential(ctx, "importer"))
	again, err = owner.Application(ctx, "importer")
	must(t, err)
	if again.Credentials != "none" {
		t.Errorf("credentials are %q after the revocation", again.Credentials)
	}
	refused(t, owner.RevokeCredential(ctx, "importer"), 409, "no credentials", "weir app rotate importer")
}

func TestRacingCreationsOneWins(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("race")
	errs := make([]error, 20)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			_, errs[i] = m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "race.one"})
		})
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		refused(t, err, 409, "race.one", "already", "weir product show")
	}
	if won != 1 {
		t.Errorf("%d creations of one name won, want 1", won)
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	first, err := m.admin.CreateTeam(ctx, client.NewTeam{Name: "one"}, client.IdempotencyKey("k1"))
	must(t, err)
	head := m.ledger.Head()
	again, err := m.admin.CreateTeam(ctx, client.NewTeam{Name: "one"}, client.IdempotencyKey("k1"))
	must(t, err)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the repetition got another answer:\n%s", diff)
	}
	if m.ledger.Head() != head {
		t.Error("the repetition was written")
	}
	_, err = m.admin.CreateTeam(ctx, client.NewTeam{Name: "two"}, client.IdempotencyKey("k1"))
	refused(t, err, 409)
	_, err = m.person("pia").CreateTeam(ctx, client.NewTeam{Name: "one"}, client.IdempotencyKey("k1"))
	refused(t, err, 403, "pia may not create team one") // another principal's key is another key

	app, err := m.admin.CreateApplication(ctx, client.NewApplication{Name: "a", Team: "one"}, client.IdempotencyKey("k2"))
	must(t, err)
	replay, err := m.admin.CreateApplication(ctx, client.NewApplication{Name: "a", Team: "one"}, client.IdempotencyKey("k2"))
	must(t, err)
	if app.Password == "" || replay.Password != "" || replay.UID != app.UID {
		t.Errorf("got password %q, then %q; want it once", app.Password, replay.Password)
	}
}

// TestReplayHasTheRevisionOfItsTime: the answer of an earlier request is not
// today's, so it must not let its reader overwrite what came since.
func TestReplayHasTheRevisionOfItsTime(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("dom")
	text := func(s string) client.DomainEdit { return client.DomainEdit{Description: &s} }
	first, err := m.admin.EditDomain(ctx, "dom", text("one"), client.IdempotencyKey("k"))
	must(t, err)
	_, err = m.admin.EditDomain(ctx, "dom", text("two"))
	must(t, err)
	again, err := m.admin.EditDomain(ctx, "dom", text("one"), client.IdempotencyKey("k"))
	must(t, err)
	if diff := cmp.Diff(first, again); diff != "" || again.Revision != 2 {
		t.Errorf("the repetition has revision %d:\n%s", again.Revision, diff)
	}
	_, err = m.admin.EditDomain(ctx, "dom", text("three"), client.IfMatch(again.Revision))
	refused(t, err, 412)
}

// TestNoHashOfAPasswordIsKept: the hash of a request that holds a password that
// somebody chose could be guessed at, fast, by who has a copy of the ledger.
func TestNoHashOfAPasswordIsKept(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	_ = m.person("ann")
	var hashes []weir.Hash
	for i, password := range []string{"Winter2026!!", "Summer2026!!"} {
		_, err := m.admin.SetPassword(ctx, "ann", client.NewPassword{Password: password}, client.IdempotencyKey(fmt.Sprint("k", i)))
		must(t, err)
		_, err = m.admin.SetPassword(ctx, "ann", client.NewPassword{Password: password})
		must(t, err)
	}
	must(t, m.ledger.Read(ctx, 0, func(r weir.Record) error {
		if r.Entry.Op == "person.password" {
			hashes = append(hashes, r.Entry.Request)
		}
		return nil
	}))
	if len(hashes) != 4 || hashes[0] != hashes[2] || !hashes[1].IsZero() || !hashes[3].IsZero() {
		t.Errorf("the hashes are %v; want equal ones with a key, and none without", hashes)
	}
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("rev")
	text := func(s string) client.DomainEdit { return client.DomainEdit{Description: &s} }
	d, err := m.admin.EditDomain(ctx, "rev", text("a"), client.IfMatch(1))
	must(t, err)
	if d.Revision != 2 {
		t.Errorf("got revision %d, want 2", d.Revision)
	}
	_, err = m.admin.EditDomain(ctx, "rev", text("b"), client.IfMatch(1))
	refused(t, err, 412, "revision 2, not 1")
	same, err := m.admin.EditDomain(ctx, "rev", text("a"))
	must(t, err)
	if same.Revision != 2 {
		t.Errorf("an edit that changes nothing made revision %d", same.Revision)
	}
}

// TestEveryChangeIsInOneEntryWithItsAuthor goes red when the audit of a change
// is written apart from the change.
func TestEveryChangeIsInOneEntryWithItsAuthor(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("audited")
	before := m.ledger.Head().Offset
	_, err := m.admin.CreateStream(ctx, client.NewStream{Name: "audited._private.raw"}, client.Reason("because"))
	must(t, err)
	var first weir.Entry
	must(t, m.ledger.Read(ctx, before+1, func(r weir.Record) error {
		if r.Offset == before+1 {
			first = r.Entry
		}
		return nil
	}))
	if first.By.Name != "admin" || first.Op != "stream.create" || first.Why != "because" || first.Via.Door != "api" || len(first.Changes) != 2 {
		t.Errorf("the entry of the change says by %q, op %q, why %q, via %q and has %d changes", first.By.Name, first.Op, first.Why, first.Via.Door, len(first.Changes))
	}
	es, err := m.admin.Entries(ctx, client.EntryFilter{About: "stream/audited._private.raw"})
	must(t, err)
	if len(es) != 1 || es[0].Offset != uint64(before+1) || es[0].Who != "admin" || es[0].Through.Token == "" {
		t.Errorf("the audit of the stream says %+v", es)
	}
	all, err := m.admin.Entries(ctx, client.EntryFilter{})
	must(t, err)
	if len(all) != int(m.ledger.Head().Offset) {
		t.Errorf("the audit has %d entries, the ledger %d", len(all), m.ledger.Head().Offset)
	}
}

func TestRefusalsAreOnRecordAndFolded(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	eve := m.person("eve")
	for range 5 {
		_, err := eve.CreateTeam(ctx, client.NewTeam{Name: "evil"})
		refused(t, err, 403, "ask a mesh admin")
	}
	es, err := m.admin.Entries(ctx, client.EntryFilter{By: "eve"})
	must(t, err)
	if len(es) != 1 || es[0].Refusal == nil || es[0].Refusal.Count != 1 || es[0].What != "team.create" {
		t.Errorf("got %+v, want one entry with the refusal; repetitions wait for the end of the hour", es)
	}
	own, err := eve.Entries(ctx, client.EntryFilter{})
	must(t, err)
	for _, e := range own {
		if mine := e.Who == "eve"; mine != (e.Through.Address != "") {
			t.Errorf("eve is told that %s came from %q", e.Who, e.Through.Address)
		}
	}
	if !slices.ContainsFunc(own, func(e client.Entry) bool { return e.Refusal != nil }) {
		t.Error("eve does not see her own refusal")
	}
}

func TestWhatOneMayNotKnowOfDoesNotExist(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("closed")
	m.domain("other")
	inside, outside := m.person("ina", "closed"), m.person("otto", "other")
	_, err := inside.CreateProduct(ctx, client.NewProduct{Name: "closed.secret", Visibility: "domain"})
	must(t, err)
	_, err = inside.CreateStream(ctx, client.NewStream{Name: "closed._private.raw"})
	must(t, err)

	_, absent := outside.Product(ctx, "closed.nothing")
	_, hidden := outside.Product(ctx, "closed.secret")
	if got, want := strings.ReplaceAll(hidden.Error(), "secret", "nothing"), absent.Error(); got != want {
		t.Errorf("a hidden product says %q, an absent one %q", got, want)
	}
	ps, err := outside.Products(ctx, "")
	must(t, err)
	ss, err := outside.Streams(ctx, "")
	must(t, err)
	ts, err := outside.Topics(ctx, "")
	must(t, err)
	es, err := outside.Entries(ctx, client.EntryFilter{})
	must(t, err)
	b, err := json.Marshal([]any{ps, ss, ts, es})
	must(t, err)
	for _, name := range []string{"closed.secret", "closed._private"} {
		if bytes.Contains(b, []byte(name)) {
			t.Errorf("an outsider's lists name %s", name)
		}
	}
	_, err = outside.DeleteProduct(ctx, "closed.secret", true)
	refused(t, err, 404)
	if ps, err := inside.Products(ctx, "closed"); err != nil || len(ps) != 1 {
		t.Errorf("an insider sees %v, %v", ps, err)
	}
}

func TestDataOutlivesItsProductUntilDestroyed(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("gone")
	create := func() error {
		_, err := m.admin.CreateProduct(ctx, client.NewProduct{Name: "gone.soon"})
		return err
	}
	must(t, create())
	m.ended(m.admin.DeleteProduct(ctx, "gone.soon", false))
	refused(t, create(), 409, "still kept in topic gone.soon.v1", "weir product delete gone.soon --destroy-data")
	refused(t, m.admin.DeleteDomain(ctx, "gone"), 409, "gone.soon.v1")
	m.ended(m.admin.DeleteProduct(ctx, "gone.soon", true))
	must(t, create())
	m.ended(m.admin.DeleteProduct(ctx, "gone.soon", true))
	_, err := m.admin.DeleteProduct(ctx, "gone.soon", true)
	refused(t, err, 404)
	must(t, m.admin.DeleteDomain(ctx, "gone"))
}

func TestAllowing(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("giver")
	m.domain("taker")
	giver, taker := m.person("gus", "giver"), m.person("tim", "taker")
	_, err := giver.CreateProduct(ctx, client.NewProduct{Name: "giver.gift", Access: "request"})
	must(t, err)
	_, err = taker.CreateApplication(ctx, client.NewApplication{Name: "reader", Team: "taker"})
	must(t, err)
	_, err = taker.Allow(ctx, "giver.gift", "reader")
	refused(t, err, 403, "a member of the team that owns the domain")
	a, err := giver.Allow(ctx, "giver.gift", "reader")
	must(t, err)
	again, err := giver.Allow(ctx, "giver.gift", "reader")
	must(t, err)
	if diff := cmp.Diff(a, again); diff != "" {
		t.Errorf("allowing twice changed something:\n%s", diff)
	}
	for name, c := range map[string]*client.Client{"giver": giver, "taker": taker} {
		if as, err := c.Accesses(ctx, "giver.gift", ""); err != nil || len(as) != 1 {
			t.Errorf("the %s sees %v, %v", name, as, err)
		}
	}
	must(t, giver.Revoke(ctx, "giver.gift", "reader"))
	refused(t, giver.Revoke(ctx, "giver.gift", "reader"), 404, "weir access list --product giver.gift")
	_, err = giver.CreateProduct(ctx, client.NewProduct{Name: "giver.hidden", Visibility: "domain"})
	must(t, err)
	_, err = giver.Allow(ctx, "giver.hidden", "reader")
	refused(t, err, 409, "--visibility mesh")
}

func TestLoginAndSessions(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	p, err := m.admin.CreatePerson(ctx, client.NewPerson{Name: "lea"})
	must(t, err)
	s, err := m.as("").Login(ctx, client.NewSession{User: "lea", Password: p.Password})
	must(t, err)
	lea := m.as(s.Token)
	me, err := lea.Me(ctx)
	must(t, err)
	if me.Name != "lea" {
		t.Errorf("the session is %s's", me.Name)
	}
	own := "a new password of mine"
	_, err = lea.SetPassword(ctx, "lea", client.NewPassword{Password: own})
	must(t, err)
	_, err = lea.Me(ctx)
	refused(t, err, 401)
	s, err = m.as("").Login(ctx, client.NewSession{User: "lea", Password: own})
	must(t, err)
	must(t, m.as(s.Token).Logout(ctx))
	_, err = m.as(s.Token).Me(ctx)
	refused(t, err, 401, "weir login")

	_, unknown := m.as("").Login(ctx, client.NewSession{User: "nobody", Password: own})
	_, wrong := m.as("").Login(ctx, client.NewSession{User: "lea", Password: "wrong"})
	if unknown.Error() != wrong.Error() {
		t.Errorf("an unknown name says %q, a wrong password %q", unknown, wrong)
	}
	for range 6 {
		_, wrong = m.as("").Login(ctx, client.NewSession{User: "lea", Password: "wrong"})
	}
	refused(t, wrong, 429, "wait")
}

// TestWrongPasswordsLockNobodyOut: who says wrong passwords for a name has to
// wait; from another address its person signs in, by the same API.
func TestWrongPasswordsLockNobodyOut(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	p, err := m.admin.CreatePerson(t.Context(), client.NewPerson{Name: "lea"})
	must(t, err)
	login := func(from, password string) int {
		t.Helper()
		dial := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		hc := &http.Client{Transport: &http.Transport{DialContext: dial.DialContext, DisableKeepAlives: true}}
		body, err := json.Marshal(client.NewSession{User: "lea", Password: password})
		must(t, err)
		res, err := hc.Post(m.url+"/api/v1/sessions", "application/json", bytes.NewReader(body))
		must(t, err)
		must(t, res.Body.Close())
		return res.StatusCode
	}
	for login("127.0.0.1", "wrong") != http.StatusTooManyRequests {
	}
	if got := login("127.0.0.1", p.Password); got != http.StatusTooManyRequests {
		t.Errorf("where the guesses come from, the right password is answered %d", got)
	}
	if got := login("127.0.0.2", p.Password); got != http.StatusCreated {
		t.Errorf("from elsewhere the right password is answered %d", got)
	}
}

func TestTokensExpireAndAreRevoked(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	short, err := m.admin.CreateToken(ctx, client.NewToken{Label: "short", Expires: "1ms"})
	must(t, err)
	_, err = m.as(short.Token).Me(ctx)
	refused(t, err, 401)
	long, err := m.admin.CreateToken(ctx, client.NewToken{Label: "long", Expires: "1d"})
	must(t, err)
	_, err = m.as(long.Token).Me(ctx)
	must(t, err)
	must(t, m.admin.DeleteToken(ctx, "admin/long"))
	_, err = m.as(long.Token).Me(ctx)
	refused(t, err, 401)
	_, err = m.as(long.Token + "x").Me(ctx)
	refused(t, err, 401)
}

func TestPeopleLeaveWhole(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	m.domain("left")
	ann := m.person("ann", "left")
	_, err := ann.CreateProduct(ctx, client.NewProduct{Name: "left.owned"})
	must(t, err)
	refused(t, m.admin.DeletePerson(ctx, "ann"), 409, "left.owned")
	admin := "admin"
	_, err = m.admin.EditProduct(ctx, "left.owned", client.ProductEdit{Owner: &admin})
	must(t, err)
	must(t, m.admin.DeletePerson(ctx, "ann"))
	_, err = ann.Me(ctx)
	refused(t, err, 401)
	team, err := m.admin.Team(ctx, "left")
	must(t, err)
	if len(team.Members) != 0 {
		t.Errorf("the team still has %v", team.Members)
	}
	refused(t, m.admin.DeletePerson(ctx, "admin"), 409, "last mesh admin")
}

func TestListsComeInPages(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	var want []string
	for i := range 25 {
		name := fmt.Sprintf("team-%02d", i)
		_, err := m.admin.CreateTeam(ctx, client.NewTeam{Name: name})
		must(t, err)
		want = append(want, name)
	}
	var got []string
	cursor, pages := "", 0
	for {
		var page client.List[client.Team]
		m.raw("GET", "/teams?limit=10&cursor="+cursor, "", &page)
		for _, team := range page.Items {
			got = append(got, team.Name)
		}
		if pages++; page.Next == "" {
			break
		}
		cursor = page.Next
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("%d pages\n%s", pages, diff)
	}
}

// raw sends a request as the admin and returns status and body.
func (m *mesh) raw(method, path, body string, out any) (int, string) {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.url+"/api/v1"+path, strings.NewReader(body))
	must(m.t, err)
	req.Header.Set("Authorization", "Bearer "+m.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(m.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(m.t, err)
	if out != nil {
		must(m.t, json.Unmarshal(b, out))
	}
	if res.StatusCode >= 400 && res.Header.Get("Content-Type") != "application/problem+json" {
		m.t.Errorf("%s %s answers %d as %q", method, path, res.StatusCode, res.Header.Get("Content-Type"))
	}
	return res.StatusCode, string(b)
}

// TestSchemeInAnyCase: the scheme of an Authorization header is known in any
// case, and no other scheme is taken for it.
func TestSchemeInAnyCase(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	for scheme, want := range map[string]int{"Bearer ": 200, "bearer ": 200, "BEARER  ": 200, "Bearer": 401, "Basic ": 401, "": 401} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.url+"/api/v1/teams", nil)
		must(t, err)
		req.Header.Set("Authorization", scheme+m.token)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%q: %d, want %d", scheme, res.StatusCode, want)
		}
	}
}

func TestBadInputSaysWhereAndWhatToDo(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("bad")
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		parts              []string
	}{
		"a key twice":         {"POST", "/teams", `{"name":"a","name":"b"}`, 400, []string{"stands twice"}},
		"another case":        {"POST", "/teams", `{"name":"a","Name":"b"}`, 400, []string{"stands twice"}},
		"an unknown field":    {"POST", "/teams", `{"name":"a","colour":"red"}`, 422, []string{"colour", "openapi"}},
		"no JSON":             {"POST", "/teams", `name=a`, 400, nil},
		"something after":     {"POST", "/teams", `{"name":"a"}{}`, 400, []string{"after"}},
		"nothing":             {"POST", "/teams", ``, 400, nil},
		"a bad name":          {"POST", "/teams", `{"name":"Großes Team"}`, 400, []string{"name", "lower-case letters"}},
		"one part":            {"POST", "/products", `{"name":"users"}`, 400, []string{"two"}},
		"no such domain":      {"POST", "/products", `{"name":"nowhere.users"}`, 404, []string{"domain nowhere"}},
		"a bad kind":          {"POST", "/products", `{"name":"bad.users","kind":"queue"}`, 422, []string{"kind"}},
		"a bad retention":     {"POST", "/products", `{"name":"bad.users","retention":"soon"}`, 400, []string{"retention", "6h"}},
		"a short retention":   {"POST", "/products", `{"name":"bad.users","retention":"5s"}`, 400, []string{"at least 1m"}},
		"too many partitions": {"POST", "/products", `{"name":"bad.users","partitions":65}`, 422, []string{"partitions", "64"}},
		"a control character": {"POST", "/teams", `{"name":"a","description":"a\u0000b"}`, 400, []string{"description", "U+0000"}},
		"no such path":        {"GET", "/nothing", ``, 404, []string{"openapi"}},
		"no such method":      {"PUT", "/teams", ``, 405, []string{"openapi"}},
		"a bad cursor":        {"GET", "/audit?cursor=x", ``, 400, []string{"cursor", "next"}},
		"an unknown query":    {"GET", "/teams?colour=red", ``, 422, []string{"colour"}},
		"a huge limit":        {"GET", "/teams?limit=1000000", ``, 422, []string{"limit"}},
	} {
		status, body := m.raw(c.method, c.path, c.body, nil)
		if status != c.status {
			t.Errorf("%s: got %d, want %d: %s", name, status, c.status, body)
		}
		for _, part := range c.parts {
			if !strings.Contains(body, part) {
				t.Errorf("%s: %s does not say %q", name, body, part)
			}
		}
	}
	if status, body := m.raw("POST", "/teams", `{"name":"a","description":"`+strings.Repeat("x", api.MaxBody)+`"}`, nil); status != 413 {
		t.Errorf("a body beyond the bound: got %d: %s", status, body[:min(len(body), 200)])
	}
}

// TestNaughtyStrings sends text that has broken other programs into every text
// field: it is stored and given back unchanged, or refused.
func TestNaughtyStrings(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("WEIR_CORPORA")
	if dir == "" {
		t.Skip("SKIPPED: WEIR_CORPORA is not set, so nothing was tested against the naughty strings")
	}
	b, err := os.ReadFile(filepath.Join(dir, "strings", "blns.json"))
	must(t, err)
	var naughty []string
	must(t, json.Unmarshal(b, &naughty))
	m := newMesh(t)
	ctx := t.Context()
	m.domain("naughty")
	kept, refusedN := 0, 0
	for _, s := range naughty {
		_, err := m.admin.EditDomain(ctx, "naughty", client.DomainEdit{Description: &s})
		if err != nil {
			refused(t, err, 400)
			refusedN++
			continue
		}
		d, err := m.admin.Domain(ctx, "naughty")
		must(t, err)
		if d.Description != s {
			t.Errorf("%q came back as %q", s, d.Description)
		}
		kept++
		if _, err := m.admin.CreateTeam(ctx, client.NewTeam{Name: s}); err == nil && strings.ContainsFunc(s, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
		}) {
			t.Errorf("a team may be called %q", s)
		}
	}
	t.Logf("%d strings kept, %d refused", kept, refusedN)
	if kept < 300 {
		t.Errorf("only %d of %d strings were kept", kept, len(naughty))
	}
}
