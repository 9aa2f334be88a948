package web_test

import (
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// TestNothingWithoutASession: every page of every family leads to the one for
// signing in, and no write is done.
func TestNothingWithoutASession(t *testing.T) {
	t.Parallel()
	base := "http://" + mustWorld(t).node.HTTP()
	v := visit(t, base)
	for _, f := range web.Families() {
		for _, r := range f.Routes {
			path := concrete(r.Path)
			p := v.do(r.Method, path, formOf(r.Method))
			to, err := url.Parse(p.Header.Get("Location"))
			if p.StatusCode != http.StatusSeeOther || err != nil || to.Path != "/sign-in" {
				t.Errorf("%s %s is answered %s, to %s", r.Method, path, p.Status, p.Header.Get("Location"))
			}
			if r.Method == http.MethodGet && path != "/" && to.Query().Get("next") != path {
				t.Errorf("%s comes back to %q", path, to.Query().Get("next"))
			}
		}
	}
}

// concrete is a pattern with names in the place of variables.
func concrete(pattern string) string {
	return strings.ReplaceAll(regexp.MustCompile(`\{[a-z.]+\}`).ReplaceAllString(pattern, "a.b"), "{$}", "")
}

func formOf(method string) url.Values {
	if method == http.MethodGet {
		return nil
	}
	return url.Values{"a": {"b"}}
}

// TestWritesFromElsewhereAreRefused is the protection against requests that
// another site makes a browser send.
func TestWritesFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	base := "http://" + mustWorld(t).node.HTTP()
	v := signedIn(t, base)
	paths := []string{"/sign-in", "/sign-out", "/theme"}
	for _, f := range web.Families() {
		for _, r := range f.Routes {
			if r.Method == http.MethodPost {
				paths = append(paths, concrete(r.Path))
			}
		}
	}
	for _, path := range paths {
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
			{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "", "Origin", "null"},
		} {
			if p := v.post(path, url.Values{"a": {"b"}}, headers...); p.StatusCode != http.StatusForbidden || !strings.Contains(p.text, "another site") {
				t.Errorf("POST %s with %v is answered %s", path, headers, p.Status)
			}
		}
	}
	if p := v.get("/"); p.StatusCode != http.StatusOK {
		t.Errorf("after the refused writes the session has ended: %s", p.Status)
	}
	if p := v.post("/theme", url.Values{"theme": {"dark"}}); p.StatusCode != http.StatusSeeOther {
		t.Errorf("the site's own form is answered %s", p.Status)
	}
}

// TestHeaders: whatever is answered has the policy, and the policy allows
// nothing inline.
func TestHeaders(t *testing.T) {
	t.Parallel()
	base := "http://" + mustWorld(t).node.HTTP()
	v := signedIn(t, base)
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp-reports; report-to csp"
	for _, path := range []string{"/", "/nodes", "/sign-in", "/no-such-page", "/nodes?a=%zz"} {
		p := v.get(path)
		got := map[string]string{}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Cache-Control", "Reporting-Endpoints"} {
			got[name] = p.Header.Get(name)
		}
		want := map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store", "Reporting-Endpoints": `csp="/csp-reports"`,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (%s):\n%s", path, p.Status, d)
		}
		if p.Header.Get("Permissions-Policy") == "" {
			t.Errorf("%s says nothing of permissions", path)
		}
	}
}

// inline finds what the policy refuses in a page's HTML, whose attributes have
// no values any more; scheme what no link may have.
var (
	inline = regexp.MustCompile(`(?i)<style|<[^>]*\sstyle=|<script[^>]*>[^<]|<script(>|\s+defer>|\s+type="">)|<[^>]*\son[a-z]+=|<iframe|<object|<embed`)
	scheme = regexp.MustCompile(`(?i)(href|src|action)="\s*(javascript|data|vbscript):`)
	value  = regexp.MustCompile(`"[^"]*"`)
)

// TestPagesHaveNothingInline draws every story.
func TestPagesHaveNothingInline(t *testing.T) {
	t.Parallel()
	p := open(t, func(c *web.Config) { c.Development, c.Families = true, web.Families() })
	v := visit(t, p.URL)
	n := 0
	for _, f := range web.Families() {
		for _, s := range f.Stories {
			n++
			got := v.get("/_stories/" + s.Name)
			if got.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s: %s", s.Name, got.Status)
			}
			if bad := inline.FindString(value.ReplaceAllString(got.text, `""`)) + scheme.FindString(got.text); bad != "" {
				t.Errorf("%s has %q", s.Name, bad)
			}
			for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(got.text, -1) {
				if strings.Contains(m[1], "/static/") && !strings.HasPrefix(m[1], "/static/") {
					t.Errorf("%s loads %q", s.Name, m[1])
				}
				if m[1] == "" {
					t.Errorf("%s has a link to nothing, or a file that is not there", s.Name)
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("there are only %d stories", n)
	}
}

// TestStoriesAreForDevelopment.
func TestStoriesAreForDevelopment(t *testing.T) {
	t.Parallel()
	v := signedIn(t, "http://"+mustWorld(t).node.HTTP())
	for _, path := range []string{"/_stories", "/_stories/home/many"} {
		if p := v.get(path); p.StatusCode != http.StatusNotFound {
			t.Errorf("%s is answered %s", path, p.Status)
		}
	}
}

// TestWhatAPageRefuses is a page for each way to fail; none tells of the inside.
func TestWhatAPageRefuses(t *testing.T) {
	t.Parallel()
	refusing := func(status int) site.Handler {
		return func(*site.Request) (site.Answer, error) {
			return site.Answer{}, &client.Problem{Status: status, Detail: "the detail of it", Fix: "do this instead"}
		}
	}
	failing := func(err error) site.Handler {
		return func(*site.Request) (site.Answer, error) { return site.Answer{}, err }
	}
	const secret = "dial tcp 10.0.0.7: secret-host"
	p := open(
		t, nil,
		site.Route{Method: "GET", Path: "/400", Handle: refusing(400)}, site.Route{Method: "GET", Path: "/403", Handle: refusing(403)},
		site.Route{Method: "GET", Path: "/404", Handle: refusing(404)}, site.Route{Method: "GET", Path: "/409", Handle: refusing(409)},
		site.Route{Method: "GET", Path: "/412", Handle: refusing(412)}, site.Route{Method: "GET", Path: "/422", Handle: refusing(422)},
		site.Route{Method: "GET", Path: "/429", Handle: refusing(429)}, site.Route{Method: "GET", Path: "/503", Handle: refusing(503)},
		site.Route{Method: "GET", Path: "/500", Handle: refusing(500)},
		site.Route{Method: "GET", Path: "/failed", Handle: failing(errors.New(secret))},
		site.Route{Method: "GET", Path: "/unreachable", Handle: failing(&client.Unreachable{Base: "x", Err: errors.New(secret)})},
		site.Route{Method: "GET", Path: "/panicked", Handle: func(*site.Request) (site.Answer, error) { panic(secret) }},
		site.Route{Method: "POST", Path: "/write", Handle: says("written")},
		site.Route{Method: "GET", Path: "/undrawable", Handle: func(*site.Request) (site.Answer, error) {
			return site.Answer{Title: "x", Body: ui.Text("half a page")}, fs.ErrInvalid
		}},
	)
	v := signedIn(t, p.URL)
	for _, tt := range []struct {
		path   string
		status int
		want   []string
	}{
		{"/400", 400, []string{"That cannot be done", "The detail of it", "do this instead"}},
		{"/403", 403, []string{"That is not yours to do", "etail of it"}},
		{"/404", 404, []string{"There is nothing here", "etail of it"}},
		{"/409", 409, []string{"does not fit with what is there", "etail of it"}},
		{"/412", 412, []string{"Somebody else has changed it meanwhile", "etail of it"}},
		{"/422", 422, []string{"That is not accepted", "etail of it"}},
		{"/429", 429, []string{"too much at once", "etail of it"}},
		{"/503", 503, []string{"cannot answer now", "etail of it"}},
		{"/500", 500, []string{"The node failed"}},
		{"/failed", 500, []string{"The node failed"}},
		{"/unreachable", 503, []string{"cannot answer now"}},
		{"/panicked", 500, []string{"The node failed"}},
		{"/undrawable", 500, []string{"The node failed"}},
		{"/nowhere", 404, []string{"There is nothing here", "Search for it"}},
		{"/write", 405, []string{"That does not work like this"}},
	} {
		got := v.get(tt.path)
		if got.StatusCode != tt.status {
			t.Errorf("%s is answered %s", tt.path, got.Status)
		}
		for _, want := range tt.want {
			if !strings.Contains(strings.ToLower(got.text), strings.ToLower(want)) {
				t.Errorf("%s does not say %q", tt.path, want)
			}
		}
		if strings.Contains(got.text, "secret-host") || strings.Contains(got.text, "goroutine") {
			t.Errorf("%s tells of the inside", tt.path)
		}
		part := v.get(tt.path, "HX-Request", "true")
		if part.StatusCode != tt.status || strings.Contains(part.text, "<html") {
			t.Errorf("a part of %s is answered %s with a whole page", tt.path, part.Status)
		}
	}
	if allow := v.get("/write").Header.Get("Allow"); allow != "POST" {
		t.Errorf("a page that takes writes says Allow: %q", allow)
	}
	if log := p.logs.String(); !strings.Contains(log, secret) {
		t.Error("the log does not say what failed")
	}
	if got := visit(t, p.URL).get("/nowhere", "Accept", "application/json"); got.StatusCode != 404 || !strings.Contains(got.text, "/api/v1") {
		t.Errorf("a program is answered %s: %s", got.Status, got.text)
	}
}

// TestTooMuchIsRefused: 10 MB of documentation is told to be too much, and none
// of it reaches a page.
func TestTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	called := false
	p := open(t, nil, site.Route{Method: "POST", Path: "/write", Handle: func(*site.Request) (site.Answer, error) {
		called = true
		return site.Answer{Redirect: "/"}, nil
	}})
	v := signedIn(t, p.URL)
	got := v.post("/write", url.Values{"documentation": {strings.Repeat("many words ", 1<<20)}})
	if got.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(got.text, "262144 bytes") {
		t.Errorf("10 MB are answered %s: %s", got.Status, got.text)
	}
	if called {
		t.Error("the page was asked")
	}
	if got := v.post("/write", url.Values{"documentation": {strings.Repeat("x", 300<<10)}}); got.StatusCode != http.StatusSeeOther || !called {
		t.Errorf("300 KB are answered %s", got.Status)
	}
	if got := v.do("POST", "/write", url.Values{"a": {"b"}}, "Content-Type", "multipart/form-data; boundary=x"); got.StatusCode != http.StatusBadRequest {
		t.Errorf("a broken form is answered %s", got.Status)
	}
}

// TestAfterAWrite: the next page tells once what was done and the command that
// would have done it, to the same person only.
func TestAfterAWrite(t *testing.T) {
	t.Parallel()
	p := open(
		t, nil, site.Route{Method: "GET", Path: "/{$}", Handle: says("home of the test")}, site.Route{Method: "GET", Path: "/next", Handle: says("next page")},
		site.Route{Method: "POST", Path: "/write", Handle: func(*site.Request) (site.Answer, error) {
			return site.Answer{Redirect: "/next?a=b", Notice: "It is done & stored.", Same: []site.Same{{Command: "weir team create new", Method: "POST", Path: "/api/v1/teams", Body: `{"name":"it's"}`}}}, nil
		}},
		site.Route{Method: "POST", Path: "/away", Handle: func(*site.Request) (site.Answer, error) {
			return site.Answer{Redirect: "//evil.example/"}, nil
		}},
	)
	v := signedIn(t, p.URL)
	if got := v.post("/write", url.Values{}); got.Header.Get("Location") != "/next?a=b" {
		t.Fatalf("the write leads to %q", got.Header.Get("Location"))
	}
	if got := v.get("/"); strings.Contains(got.text, "is done") {
		t.Error("another page tells it")
	}
	got := v.get("/next?a=b").text
	for _, want := range []string{"It is done &amp; stored.", "weir team create new", "curl -H", "-X POST", `it&#39;\&#39;&#39;s`, "$WEIR_TOKEN"} {
		if !strings.Contains(got, want) {
			t.Errorf("the next page does not say %q", want)
		}
	}
	if strings.Contains(v.get("/next?a=b").text, "is done") {
		t.Error("it is told twice")
	}
	if got := v.post("/write", url.Values{}, "HX-Request", "true"); got.Header.Get("HX-Redirect") != "/next?a=b" || got.StatusCode != http.StatusNoContent {
		t.Errorf("htmx is answered %s, %v", got.Status, got.Header)
	}
	if got := v.post("/away", url.Values{}); got.Header.Get("Location") != "/" {
		t.Errorf("a page leads to %q", got.Header.Get("Location"))
	}
}

// TestFiles: their names change with what is in them, they may be kept for
// ever, and a first page with them is small.
func TestFiles(t *testing.T) {
	t.Parallel()
	v := visit(t, "http://"+mustWorld(t).node.HTTP())
	text := v.get("/sign-in").text
	paths := map[string]bool{}
	for _, m := range regexp.MustCompile(`/static/[a-z0-9.-]+`).FindAllString(text, -1) {
		paths[m] = true
	}
	if len(paths) < 5 {
		t.Fatalf("the page for signing in loads only %v", slices.Collect(maps.Keys(paths)))
	}
	sum := len(text)
	for path := range paths {
		p := v.get(path, "Accept-Encoding", "gzip")
		if p.StatusCode != http.StatusOK || !strings.Contains(p.Header.Get("Cache-Control"), "immutable") || p.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s, %v", path, p.Status, p.Header)
		}
		sum += len(p.text)
		if plain := v.get(path, "Accept-Encoding", "gzip;q=0"); plain.Header.Get("Content-Encoding") != "" || len(plain.text) < len(p.text) {
			t.Errorf("%s is squeezed for who cannot read it", path)
		}
		if head := v.do(http.MethodHead, path, nil); head.StatusCode != http.StatusOK || head.text != "" {
			t.Errorf("HEAD %s: %s", path, head.Status)
		}
	}
	if sum > 100_000 {
		t.Errorf("the first page and its files are %d bytes", sum)
	}
	if p := v.get("/static/weir.000000000000.css", "Accept", "text/css"); p.StatusCode != http.StatusNotFound {
		t.Errorf("a file of another version is answered %s", p.Status)
	}
}

// TestReports: what browsers report is counted, and logged within bounds.
func TestReports(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	v := visit(t, p.URL)
	for range 40 {
		if got := v.post("/csp-reports", url.Values{"a": {"b"}}, "Sec-Fetch-Site", "cross-site", "Content-Type", "application/csp-report"); got.StatusCode != http.StatusNoContent {
			t.Fatalf("a report is answered %s", got.Status)
		}
	}
	if n := p.site.Reports(); n != 40 {
		t.Errorf("%d reports were counted", n)
	}
	if n := strings.Count(p.logs.String(), "a browser refused"); n != 10 {
		t.Errorf("%d reports were logged", n)
	}
	if got := v.post("/csp-reports", url.Values{"a": {strings.Repeat("x", 100<<10)}}); got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a report of 100 KB is answered %s", got.Status)
	}
}
