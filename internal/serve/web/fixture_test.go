package web_test

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/node"
	"github.com/weirmesh/weir/internal/serve/web"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// world is a node that every test of this package asks: its own pages, and its
// API behind sites of a test's own.
type world struct {
	node     *node.Node
	password string // of admin
	stop     func() error
}

var shared = sync.OnceValues(startWorld)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if w, err := shared(); err == nil {
		if err := w.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "the node did not stop:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func startWorld() (world, error) {
	dir, err := os.MkdirTemp("", "weir-web")
	if err != nil {
		return world{}, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	ready := make(chan *node.Node, 1)
	go func() {
		ended <- node.Run(ctx, node.Config{
			Data: dir, HTTP: "127.0.0.1:0", Kafka: "127.0.0.1:0", Version: "test", Mesh: "tests", NoSync: true,
			Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader,
		}, func(_ context.Context, n *node.Node) error { ready <- n; return nil })
	}()
	w := world{stop: func() error { cancel(); return errors.Join(<-ended, os.RemoveAll(dir)) }}
	select {
	case w.node = <-ready:
		w.password = w.node.Founding().Password
		return w, nil
	case err := <-ended:
		cancel()
		return w, errors.Join(err, os.RemoveAll(dir))
	}
}

func mustWorld(t *testing.T) world {
	t.Helper()
	w, err := shared()
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// admin is a client of the API with the admin's token.
func (w world) admin(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New("http://"+w.node.HTTP(), w.node.Admin().Token)
	must(t, err)
	t.Cleanup(c.Close)
	return c
}

// person makes a person in teams that are there, and gives the password.
func (w world) person(t *testing.T, name string, teams ...string) string {
	t.Helper()
	p, err := w.admin(t).CreatePerson(t.Context(), client.NewPerson{Name: name})
	must(t, err)
	for _, team := range teams {
		_, err := w.admin(t).AddMember(t.Context(), team, name)
		must(t, err)
	}
	return p.Password
}

// api is the node's API as a handler.
func (w world) api(t *testing.T) http.Handler {
	t.Helper()
	u, err := url.Parse("http://" + w.node.HTTP())
	must(t, err)
	p := httputil.NewSingleHostReverseProxy(u)
	p.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	return p
}

// logs keeps what was logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// place is a site that listens.
type place struct {
	*httptest.Server
	t    *testing.T
	site *web.Server
	logs *logs
}

// open serves a site with pages of the test's own.
func open(t *testing.T, change func(*web.Config), routes ...site.Route) *place {
	t.Helper()
	l := &logs{}
	c := web.Config{
		API: mustWorld(t).api(t), Families: []site.Family{{Name: "test", Routes: routes}}, Home: "0123456789abcdef", Mesh: "tests",
		Now: time.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	s := web.New(c)
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return &place{srv, t, s, l}
}

// visitor is a browser without scripts: it keeps cookies and does not follow.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
	jar  map[string]string
}

func visit(t *testing.T, base string) *visitor {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t: t, base: base, jar: map[string]string{}, http: &http.Client{
		Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// page is an answer that was read.
type page struct {
	*http.Response
	text string
}

// do sends a request as a browser does.
func (v *visitor) do(method, path string, form url.Values, headers ...string) page {
	v.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, body)
	must(v.t, err)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for name, value := range v.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := v.http.Do(r)
	must(v.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(v.t, err)
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(v.jar, c.Name)
		} else {
			v.jar[c.Name] = c.Value
		}
	}
	return page{res, string(b)}
}

func (v *visitor) get(path string, headers ...string) page {
	v.t.Helper()
	return v.do(http.MethodGet, path, nil, headers...)
}

func (v *visitor) post(path string, form url.Values, headers ...string) page {
	v.t.Helper()
	return v.do(http.MethodPost, path, form, headers...)
}

// signIn signs in and gives the answer.
func (v *visitor) signIn(user, password, next string) page {
	v.t.Helper()
	return v.post("/sign-in", url.Values{"user": {user}, "password": {password}, "next": {next}})
}

// signedIn is a visitor who is the admin.
func signedIn(t *testing.T, base string) *visitor {
	t.Helper()
	v := visit(t, base)
	if p := v.signIn("admin", mustWorld(t).password, "/"); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing in is answered %s: %s", p.Status, p.text)
	}
	return v
}

// session is the token in a visitor's cookie.
func (v *visitor) session() string {
	for name, value := range v.jar {
		if strings.HasPrefix(name, "weir-session-") {
			_, token, _ := strings.Cut(value, ":")
			return token
		}
	}
	return ""
}

// says is a page with a text.
func says(text string) site.Handler {
	return func(*site.Request) (site.Answer, error) {
		return site.Answer{Title: "Test", Body: ui.Text(text)}, nil
	}
}
