package schemaregistry_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/serve/schemaregistry"
)

// FuzzRequest sends any method, path, query and body to the API: it never fails
// by itself, and every answer but a text is JSON, every error with its code.
func FuzzRequest(f *testing.F) {
	m := newMesh(f)
	var who *http.Request
	for _, r := range (&schemaregistry.API{}).Routes() {
		path := strings.NewReplacer("{subject}", "a%2Fb", "{version}", "1", "{id}", "1").Replace(r.Path)
		f.Add(r.Method, path, strings.ReplaceAll(r.Params, " ", "=true&"), `{"schema":"\"string\"","compatibility":"FULL","mode":"READWRITE"}`)
	}
	f.Add("POST", "/subjects/%zz/versions", "limit=-1&offset=99999999999", `{"references":[{"name":"a","subject":":.:b","version":-1}],"metadata":{"tags":{"a":["b"]}}}`)
	f.Add("GET", "//registry/../%2e%2e/", "%", "")
	who = m.request("admin", http.MethodGet, "/", nil)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		u, err := url.ParseRequestURI("/" + strings.TrimPrefix(path, "/"))
		if err != nil || slices.Contains([]string{"", http.MethodConnect}, method) {
			return // no request has it
		}
		u.RawQuery = query
		req := who.Clone(t.Context())
		req.Method, req.URL, req.Body = method, u, http.NoBody
		if body != "" {
			req.Body = readCloser{strings.NewReader(body)}
		}
		w := httptest.NewRecorder()
		m.api.ServeHTTP(w, req)
		check(t, w)
	})
}

// check wants an answer that is one.
func check(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code == 200 {
		return
	}
	var e struct {
		Code    int    `json:"error_code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Message == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for e.Code > 999 {
		e.Code /= 10
	}
	if w.Code >= 500 || e.Code != w.Code {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// FuzzBody: what is read of a body is what any JSON decoder reads, and what
// decoders read differently is refused.
func FuzzBody(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":{"b":[1,null,true,"\u0000"]}}`, `{"a":1,"a":2}`, `{`, ``, `null`, `[1]`, `{"a":1}x`, `{"é":1e9}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := schemaregistry.ReadBody(body)
		if err != nil {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("%q is read, and is no JSON: %v", body, err)
		}
		a, err1 := json.Marshal(got)
		b, err2 := json.Marshal(want)
		var a2, b2 any
		if err1 != nil || err2 != nil || json.Unmarshal(a, &a2) != nil || json.Unmarshal(b, &b2) != nil {
			t.Fatal(err1, err2)
		}
		if a, b := mustJSON(t, a2), mustJSON(t, b2); a != b {
			t.Fatalf("%q is read as %s, and means %s", body, a, b)
		}
	})
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// FuzzAccept: a header is answered with one of the three types, and one that
// takes anything is never refused.
func FuzzAccept(f *testing.F) {
	for _, s := range []string{"", "*/*", "application/json;q=0.5, */*;q=0.1", "application/vnd.schemaregistry+json;q=2", ";q=,", "a/b;q"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		media, _ := schemaregistry.Negotiate(accept)
		if !slices.Contains([]string{"application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json", "application/json"}, media) {
			t.Fatalf("%q is answered with %q", accept, media)
		}
		if _, ok := schemaregistry.Negotiate("application/json, " + accept); !ok && !strings.Contains(accept, "application/json") {
			t.Fatalf("application/json, %q is refused", accept)
		}
	})
}
