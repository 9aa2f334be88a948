package schemaregistry_test

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/app/catalog"
)

// wire is one connection that is kept open.
type wire struct {
	m      *mesh
	client *http.Client
	dials  int
}

func newWire(m *mesh) *wire {
	w := &wire{m: m, client: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}}
	m.t.Cleanup(w.client.CloseIdleConnections)
	return w
}

// get asks for a path with a user and a password, and gives the status.
func (w *wire) get(path, user, password string) int {
	w.m.t.Helper()
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if !i.Reused {
			w.dials++
		}
	}}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), http.MethodGet, w.m.url+path, nil)
	must(w.m.t, err)
	req.SetBasicAuth(user, password)
	res, err := w.client.Do(req)
	must(w.m.t, err)
	defer res.Body.Close()
	_, err = res.Body.Read(make([]byte, 1<<10))
	if err == nil {
		w.m.t.Fatal("an answer has more than it says")
	}
	return res.StatusCode
}

func (w *wire) want(status int, user, password string) {
	w.m.t.Helper()
	if got := w.get("/subjects", user, password); got != status {
		w.m.t.Errorf("%s is answered %d, want %d", user, got, status)
	}
}

// TestRevokedWithinTheSecond: on one open connection, what ended is refused at
// the next request.
func TestRevokedWithinTheSecond(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	w := newWire(m)
	first := m.basic["till"][1]
	w.want(200, "till", first)
	w.want(401, "till", "wrong")
	w.want(401, "tall", first)
	w.want(401, "till", "")

	rotated, err := m.identity.RotateCredential(ctx, m.admin, "till")
	must(t, err)
	m.settle(rotated.Receipt)
	w.want(401, "till", first)
	w.want(200, "till", rotated.Password)

	began := time.Now()
	revoked, err := m.identity.RevokeCredential(ctx, m.admin, "till")
	must(t, err)
	m.settle(revoked)
	w.want(401, "till", rotated.Password)
	if took := time.Since(began); took > time.Second {
		t.Errorf("the revocation took %s", took)
	}

	again, err := m.identity.RotateCredential(ctx, m.admin, "till")
	must(t, err)
	m.settle(again.Receipt)
	w.want(200, "till", again.Password)
	deleted, err := m.identity.DeleteApplication(ctx, m.admin, "till")
	must(t, err)
	m.settle(deleted)
	w.want(401, "till", again.Password)
	if w.dials != 1 {
		t.Errorf("%d connections were made, want one that is kept", w.dials)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	w := newWire(m)
	sara, _ := m.who("sara")
	token := sara[1]
	w.want(200, "sara", token)
	w.want(200, "token", token)
	w.want(401, "pia", token)
	w.want(401, "", token)
	w.want(401, "token", token+"x")
	w.want(401, "token", "weir_")

	req := m.request("", http.MethodGet, "/subjects", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	if got := m.do(req); got.status != 200 {
		t.Errorf("a bearer token is answered %d %s", got.status, got.body)
	}
	req.Header.Set("Authorization", "bearer "+token) // a scheme has no case
	if got := m.do(req); got.status != 200 {
		t.Errorf("a bearer token, small, is answered %d %s", got.status, got.body)
	}
	_, err := m.identity.DeleteToken(t.Context(), m.admin, "sara/first")
	must(t, err)
	w.want(401, "sara", token)
	if got := m.do(req); got.status != 401 || got.header.Get("WWW-Authenticate") == "" {
		t.Errorf("a deleted token is answered %d %s", got.status, got.body)
	}
	pia, _ := m.who("pia")
	w.want(200, "token", pia[1])
	_, err = m.identity.DeletePerson(t.Context(), m.admin, "pia")
	must(t, err)
	w.want(401, "token", pia[1])
}

// TestPasswordsOfPeople: a person's password opens no registry, as it opens no
// other door for programs.
func TestPasswordsOfPeople(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.person("sara", "shop")
	_, err := m.identity.SetPassword(t.Context(), m.admin, "sara", "a long password")
	must(t, err)
	newWire(m).want(401, "sara", "a long password")
}

// TestPasswordAndNothing: a password with a zero byte behind it, which hashes as
// the one without, is another.
func TestPasswordAndNothing(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	w := newWire(m)
	w.want(200, "till", m.basic["till"][1])
	w.want(401, "till", m.basic["till"][1]+"\x00")
}

// TestAuthorizationThatIsNone refuses what is neither.
func TestAuthorizationThatIsNone(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	for _, header := range []string{"", "Basic", "Basic !", "Basic YQ==", "Bearer", "Bearer ", "Bearer x", "Digest a", "basic"} {
		req := m.request("", http.MethodGet, "/subjects", nil)
		req.Header.Set("Authorization", header)
		if got := m.do(req); got.status != 401 || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q is answered %d %s", header, got.status, got.body)
		}
	}
}

// TestAnotherTeamsDomain: what a login may see follows the
// ledger, without a new check of the password.
func TestAnotherTeamsDomain(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	if got := m.ask("till", "POST", "/subjects/shop._private.a/versions", `{"schema":"\"string\""}`); got.status != 200 {
		t.Fatal(got)
	}
	team := "other"
	r, err := m.catalog.EditDomain(t.Context(), m.admin, "shop", catalog.DomainEdit{Team: &team})
	must(t, err)
	m.settle(r)
	if got := m.ask("till", "GET", "/subjects", ""); got.body != "[]" {
		t.Errorf("till sees %s after its domain went to another team", got.body)
	}
	if got := m.ask("spy", "GET", "/subjects", ""); got.body != `["shop._private.a"]` {
		t.Errorf("spy sees %s of the domain that its team got", got.body)
	}
}
