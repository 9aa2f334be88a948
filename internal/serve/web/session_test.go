package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// form is a page that shows what it is given back, and takes it.
func form(got *[]url.Values) []site.Route {
	return []site.Route{
		{Method: "GET", Path: "/{$}", Handle: says("home of the test")},
		{Method: "GET", Path: "/things/new", Handle: func(r *site.Request) (site.Answer, error) {
			return site.Answer{Title: "New", Body: ui.Text("kept:" + strings.Join(r.Keep["text"], ",") + "|" + strings.Join(r.Keep["password"], ",") + strings.Join(r.Keep["client_secret"], ","))}, nil
		}},
		{Method: "POST", Path: "/things/new", Handle: func(r *site.Request) (site.Answer, error) {
			*got = append(*got, r.PostForm)
			return site.Answer{Redirect: "/"}, nil
		}},
	}
}

// TestNothingTypedIsLost: a form is sent when the session has ended; after
// signing in again its page has what was typed, without secrets, once, and for
// nobody else.
func TestNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	w := mustWorld(t)
	other := w.person(t, "somebody-else")
	typed := url.Values{"text": {"a long <b>story</b>"}, "password": {"not to be kept"}, "client_secret": {"neither"}}
	from := "/things/new?kind=x"

	end := func(t *testing.T) (*place, *visitor, *[]url.Values) {
		t.Helper()
		var got []url.Values
		p := open(t, nil, form(&got)...)
		v := signedIn(t, p.URL)
		ended, err := client.New("http://"+w.node.HTTP(), v.session())
		must(t, err)
		must(t, ended.Logout(t.Context()))
		a := v.post("/things/new", typed, "Referer", p.URL+from)
		if want := "/sign-in?next=" + url.QueryEscape(from); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != want {
			t.Fatalf("the form is answered %s to %q, want %q", a.Status, a.Header.Get("Location"), want)
		}
		if len(got) != 0 {
			t.Fatal("the form was taken")
		}
		return p, v, &got
	}

	t.Run("the same person", func(t *testing.T) {
		t.Parallel()
		_, v, _ := end(t)
		page := v.get("/sign-in?next=" + url.QueryEscape(from))
		if !strings.Contains(page.text, "What you typed is kept") || !strings.Contains(page.text, `value="admin"`) {
			t.Error("the page for signing in does not say that it is kept, or has no name")
		}
		if a := v.signIn("admin", w.password, from); a.Header.Get("Location") != from {
			t.Fatalf("signing in leads to %q", a.Header.Get("Location"))
		}
		v.get("/") // another page does not take it away
		if text := v.get(from).text; !strings.Contains(text, "kept:a long &lt;b&gt;story&lt;/b&gt;|") {
			t.Errorf("what was typed is lost: %s", text)
		} else if strings.Contains(text, "not to be kept") || strings.Contains(text, "neither") {
			t.Error("a secret was kept")
		}
		if text := v.get(from).text; !strings.Contains(text, "kept:|") {
			t.Error("it is there twice")
		}
	})
	t.Run("somebody else at the same browser", func(t *testing.T) {
		t.Parallel()
		_, v, _ := end(t)
		v.signIn("somebody-else", other, from)
		if text := v.get(from).text; !strings.Contains(text, "kept:|") {
			t.Errorf("somebody else sees it: %s", text)
		}
	})
	t.Run("a part of a page", func(t *testing.T) {
		t.Parallel()
		p, v, _ := end(t)
		a := v.post("/things/new", typed, "HX-Request", "true", "HX-Current-URL", p.URL+from)
		if a.StatusCode != http.StatusNoContent || a.Header.Get("HX-Redirect") != "/sign-in?next="+url.QueryEscape(from) {
			t.Errorf("htmx is answered %s, %v", a.Status, a.Header)
		}
	})
	t.Run("a page of another site is not come back to", func(t *testing.T) {
		t.Parallel()
		_, v, _ := end(t)
		a := v.post("/things/new", typed, "Referer", "https://evil.example/things/new")
		if a.Header.Get("Location") != "/sign-in?next=%2Fthings%2Fnew" {
			t.Errorf("it leads to %q", a.Header.Get("Location"))
		}
	})
}

// TestSigningInStaysOnThisSite.
func TestSigningInStaysOnThisSite(t *testing.T) {
	t.Parallel()
	w := mustWorld(t)
	p := open(t, nil)
	v := visit(t, p.URL)
	for next, want := range map[string]string{
		"/products/a.b?c=d":             "/products/a.b?c=d",
		"":                              "/",
		"//evil.example/":               "/",
		"/\\evil.example":               "/",
		"https://evil.example/":         "/",
		"javascript:alert(1)":           "/",
		"/\t/evil.example":              "/",
		"/sign-out":                     "/",
		"/sign-in?next=/":               "/",
		"/" + strings.Repeat("a", 3000): "/",
	} {
		if got := v.signIn("admin", w.password, next).Header.Get("Location"); got != want {
			t.Errorf("next %q leads to %q, want %q", next, got, want)
		}
	}
}

// TestSessionCookie: out of reach of scripts and of other sites, and another one
// for each mesh.
func TestSessionCookie(t *testing.T) {
	t.Parallel()
	w := mustWorld(t)
	names := map[string]bool{}
	for _, home := range []string{"aaaaaaaa11111111", "aaaaaaaa22222222"} {
		p := open(t, func(c *web.Config) { c.Home = home })
		res := visit(t, p.URL).signIn("admin", w.password, "/")
		cookies := res.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%d cookies are set", len(cookies))
		}
		c := cookies[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the cookie is %+v", c)
		}
		names[c.Name] = true
	}
	if len(names) != 2 {
		t.Errorf("two meshes on one host have the same cookie: %v", names)
	}
}

// TestWrongPassword: told on the page, with the name still there, and nothing
// of the password.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	v := visit(t, p.URL)
	got := v.signIn("nobody-like-this", "the-wrong-password", "/x")
	if got.StatusCode != http.StatusUnauthorized || len(got.Cookies()) != 0 {
		t.Errorf("it is answered %s with %d cookies", got.Status, len(got.Cookies()))
	}
	for _, want := range []string{"wrong name or password", `value="nobody-like-this"`, `value="/x"`} {
		if !strings.Contains(got.text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(got.text, "the-wrong-password") {
		t.Error("the page shows the password")
	}
}

// TestSignOut ends the session for every copy of the cookie.
func TestSignOut(t *testing.T) {
	t.Parallel()
	p := open(t, nil, site.Route{Method: "GET", Path: "/{$}", Handle: says("home of the test")})
	v := signedIn(t, p.URL)
	again := visit(t, p.URL)
	for k, c := range v.jar {
		again.jar[k] = c
	}
	if got := v.post("/sign-out", url.Values{}); got.Header.Get("Location") != "/sign-in" {
		t.Errorf("signing out leads to %q", got.Header.Get("Location"))
	}
	for name, who := range map[string]*visitor{"the browser": v, "a copy of its cookie": again} {
		if got := who.get("/"); got.StatusCode != http.StatusSeeOther {
			t.Errorf("%s is still signed in: %s", name, got.Status)
		}
	}
}

// TestTheDoorIsWeb: what is done by a page stands in the audit as done through
// the pages, from the browser's address; nobody can say so from outside.
func TestTheDoorIsWeb(t *testing.T) {
	t.Parallel()
	w := mustWorld(t)
	base := "http://" + w.node.HTTP()
	v := signedIn(t, base)
	if got := v.post("/new/team", url.Values{"name": {"by-page"}}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("making a team is answered %s: %s", got.Status, got.text)
	}
	_, err := w.admin(t).CreateTeam(t.Context(), client.NewTeam{Name: "by-api"}, func(r *http.Request) {
		r.Header.Set("Via", "web")
		r.Header.Set("Weir-Door", "web")
		r.Header.Set("X-Forwarded-For", "10.9.8.7")
	})
	must(t, err)
	for name, want := range map[string]string{"by-page": "web", "by-api": "api"} {
		entries, err := w.admin(t).Entries(t.Context(), client.EntryFilter{About: "team/" + name, Limit: 1})
		must(t, err)
		if len(entries) != 1 || entries[0].Through.Door != want || !strings.HasPrefix(entries[0].Through.Address, "127.0.0.1:") {
			t.Errorf("%s: %+v", name, entries)
		}
	}
}

// TestNodeThatDoesNotAnswer: the page says so, and keeps who was signed in.
func TestNodeThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	dead := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("the API is broken") })
	p := open(t, func(c *web.Config) { c.API = dead }, site.Route{Method: "GET", Path: "/{$}", Handle: says("home")})
	v := visit(t, p.URL)
	v.jar["weir-session-89abcdef"] = "admin:weirs_x_y"
	got := v.get("/")
	if got.StatusCode != http.StatusInternalServerError || strings.Contains(got.text, "broken") {
		t.Errorf("it is answered %s: %s", got.Status, got.text)
	}
	if v.jar["weir-session-89abcdef"] == "" {
		t.Error("the session's cookie is gone")
	}
}

// TestStarting: browsers get a page that comes again, programs plain text.
func TestStarting(t *testing.T) {
	t.Parallel()
	h := web.Starting(func() string { return "The state shows 3 of 20 entries." })
	ask := func(accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/explore", nil)
		r.Header.Set("Accept", accept)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	page := ask("text/html")
	if page.Code != http.StatusServiceUnavailable || page.Header().Get("Refresh") == "" || !strings.Contains(page.Body.String(), "3 of 20") {
		t.Errorf("a browser is answered %d, %v", page.Code, page.Header())
	}
	if text := ask("*/*"); text.Code != http.StatusServiceUnavailable || strings.Contains(text.Body.String(), "<") {
		t.Errorf("a program is answered %d: %s", text.Code, text.Body)
	}
}
