package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
)

// fake is a registry that answers with what a function says.
func fake(t *testing.T, h http.HandlerFunc) *client.Registry {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	r, err := client.OpenRegistry(srv.URL+"/apis/v7/", client.RegistryLogin{User: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func write(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// TestRequests: what each call sends, as registries understand it.
func TestRequests(t *testing.T) {
	t.Parallel()
	var got string
	r := fake(t, func(w http.ResponseWriter, q *http.Request) {
		user, password, _ := q.BasicAuth()
		body := make([]byte, 200)
		n, _ := q.Body.Read(body)
		got = strings.TrimSpace(strings.Join([]string{q.Method, q.URL.RequestURI(), user + ":" + password, string(body[:n]), q.Header.Get("Weir-Reason")}, " "))
		write(w, 200, map[string]any{"id": 1, "version": 2, "is_compatible": false})
	}).Because("why")
	ctx := t.Context()
	n := client.NewSchema{Schema: "s"}
	tests := []struct {
		want string
		call func()
	}{
		{`POST /apis/v7/subjects/a%2Fb%20%25/versions?normalize=true u:p {"schema":"s"} why`, func() { _, _ = r.Register(ctx, "a/b %", n, true) }},
		{`POST /apis/v7/subjects/s?deleted=true&normalize=true u:p {"schema":"s"} why`, func() { _, _ = r.Lookup(ctx, "s", n, client.LookupHow{Normalize: true, Deleted: true}) }},
		{`POST /apis/v7/compatibility/subjects/s/versions?verbose=true u:p {"schema":"s"} why`, func() { _, _ = r.Check(ctx, client.Against{Subject: "s"}, n, false) }},
		{`POST /apis/v7/compatibility/subjects/s/versions/latest?verbose=true u:p {"schema":"s"} why`, func() { _, _ = r.Check(ctx, client.Against{Subject: "s", Version: client.Latest}, n, false) }},
		{`GET /apis/v7/subjects/s/versions/3?deleted=true u:p`, func() { _, _ = r.Version(ctx, "s", 3, true) }},
		{`DELETE /apis/v7/subjects/s?permanent=true u:p  why`, func() { _, _ = r.DeleteSubject(ctx, "s", true) }},
		{`DELETE /apis/v7/subjects/s/versions/latest u:p  why`, func() { _, _ = r.DeleteVersion(ctx, "s", client.Latest, false) }},
		{`PUT /apis/v7/config u:p {"compatibility":"FULL"} why`, func() { _ = r.SetConfig(ctx, "", client.SchemaConfig{Compatibility: "FULL"}) }},
		{`PUT /apis/v7/mode/s?force=true u:p {"mode":"IMPORT"} why`, func() { _ = r.SetMode(ctx, "s", client.ModeChange{Mode: "IMPORT", Force: true}) }},
		{`GET /apis/v7/config/s?defaultToGlobal=true u:p`, func() { _, _ = r.Config(ctx, "s", true) }},
		{`DELETE /apis/v7/mode/s u:p  why`, func() { _ = r.DeleteMode(ctx, "s") }},
		{`GET /apis/v7/subjects/s/versions/2/referencedby u:p`, func() { _, _ = r.ReferencedBy(ctx, "s", 2) }},
	}
	for _, tt := range tests {
		tt.call()
		if got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// TestPages: a registry that knows pages, one that gives fewer than it is asked
// for, one that answers with everything, and one that always gives the same.
func TestPages(t *testing.T) {
	t.Parallel()
	all := make([]string, 2500)
	for i := range all {
		all[i] = fmt.Sprint("s", i)
	}
	tests := map[string]struct {
		page func(offset, limit int) []string
		want int
	}{
		"pages":      {func(offset, limit int) []string { return all[min(offset, 2500):min(offset+limit, 2500)] }, 2500},
		"short":      {func(offset, limit int) []string { return all[min(offset, 2500):min(offset+min(limit, 300), 2500)] }, 2500},
		"no pages":   {func(int, int) []string { return all }, 2500},
		"no offsets": {func(_, limit int) []string { return all[:limit] }, 1000},
		"nothing":    {func(int, int) []string { return nil }, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := fake(t, func(w http.ResponseWriter, q *http.Request) {
				offset, _ := strconv.Atoi(q.FormValue("offset"))
				limit, _ := strconv.Atoi(q.FormValue("limit"))
				write(w, 200, tt.page(offset, limit))
			})
			got, err := r.Subjects(t.Context(), client.SchemaFilter{})
			if err != nil || len(got) != tt.want {
				t.Errorf("got %d, %v", len(got), err)
			}
		})
	}
}

// TestPrefixIsNotCutOff: a registry that cuts its list before it looks for the
// prefix gives what is far behind too.
func TestPrefixIsNotCutOff(t *testing.T) {
	t.Parallel()
	r := fake(t, func(w http.ResponseWriter, q *http.Request) {
		offset, _ := strconv.Atoi(q.FormValue("offset"))
		limit, _ := strconv.Atoi(q.FormValue("limit"))
		page := []string{}
		for i := offset; i < min(offset+limit, 5000); i++ {
			if s := fmt.Sprint("s", i); strings.HasPrefix(s, q.FormValue("subjectPrefix")) {
				page = append(page, s)
			}
		}
		write(w, 200, page)
	})
	if got, err := r.Subjects(t.Context(), client.SchemaFilter{Prefix: "s4321"}); err != nil || len(got) != 1 {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestPagesShrink: where a page would be too large, smaller ones are asked for,
// and nothing is left out; what is too large alone is refused.
func TestPagesShrink(t *testing.T) {
	t.Parallel()
	r := fake(t, func(w http.ResponseWriter, q *http.Request) {
		limit, _ := strconv.Atoi(q.FormValue("limit"))
		offset, _ := strconv.Atoi(q.FormValue("offset"))
		if limit > 74 || q.FormValue("subjectPrefix") == "large" {
			write(w, 422, map[string]any{"error_code": 42209, "message": "the list has more than 64 MB of schemas"})
			return
		}
		page := []client.SchemaVersion{}
		for i := offset; i < min(offset+limit, 100); i++ {
			page = append(page, client.SchemaVersion{Subject: fmt.Sprint("s", i), Version: 1, Schema: "{}"})
		}
		write(w, 200, page)
	})
	if got, err := r.Schemas(t.Context(), client.SchemaFilter{}); err != nil || len(got) != 100 {
		t.Errorf("got %d, %v", len(got), err)
	}
	if _, err := r.Schemas(t.Context(), client.SchemaFilter{Prefix: "large"}); client.RegistryCode(err) != client.CodeTooLarge {
		t.Errorf("one that is too large alone: %v", err)
	}
}

// TestRegistryProblems: every answer that is none becomes a sentence.
func TestRegistryProblems(t *testing.T) {
	t.Parallel()
	r := fake(t, func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/apis/v7/subjects/code/versions":
			write(w, 404, map[string]any{"error_code": 40401, "message": "Subject 'x' not found."})
		case "/apis/v7/subjects/page/versions":
			w.WriteHeader(502)
			_, _ = w.Write([]byte("<html>"))
		case "/apis/v7/subjects/away/versions":
			http.Redirect(w, q, "/elsewhere", http.StatusFound)
		case "/apis/v7/subjects/other/versions":
			_, _ = w.Write([]byte("hello"))
		default:
			_, _ = w.Write(make([]byte, 65<<20))
		}
	})
	tests := []struct {
		subject, want string
		code          int
	}{
		{"code", "Subject 'x' not found (error 40401)", client.CodeNoSubject},
		{"page", "answered 502 Bad Gateway (error 502)", 502},
		{"away", "answered 302 Found (error 302)", 302},
		{"other", "cannot be read", 0},
		{"much", "has more than 64 MB", 0},
	}
	for _, tt := range tests {
		_, err := r.Versions(t.Context(), tt.subject, false)
		if err == nil || !strings.Contains(err.Error(), tt.want) || client.RegistryCode(err) != tt.code {
			t.Errorf("%s: got %v", tt.subject, err)
		}
	}
}

// TestSchemaConfigs: what is known is read, in both words for the level, and
// what is not is kept aside if it says something.
func TestSchemaConfigs(t *testing.T) {
	t.Parallel()
	yes := true
	tests := map[string]client.SchemaConfig{
		`{"compatibilityLevel": "FULL"}`:                                {Compatibility: "FULL"},
		`{"compatibility": "NONE", "normalize": true}`:                  {Compatibility: "NONE", Normalize: &yes},
		`{"compatibilityLevel": "NONE", "alias": "x"}`:                  {Compatibility: "NONE", Other: map[string]json.RawMessage{"alias": json.RawMessage(`"x"`)}},
		`{"alias": null, "validateFields": false, "validateRules": ""}`: {},
	}
	for text, want := range tests {
		var got client.SchemaConfig
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, bad := range []string{`[]`, `{"compatibilityLevel": 1}`, `{"normalize": "x"}`} {
		if json.Unmarshal([]byte(bad), &client.SchemaConfig{}) == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// TestRegistryAddresses: no secret of an address comes back in an error.
func TestRegistryAddresses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "localhost:8081", "ftp://x", "http://", "http://u:secret@x", "http://x?secret=1", "http://x#secret"} {
		_, err := client.OpenRegistry(bad, client.RegistryLogin{})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	r, err := client.OpenRegistry("http://127.0.0.1:1", client.RegistryLogin{User: "u", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Versions(t.Context(), "s", false); err == nil || !strings.Contains(err.Error(), "cannot be reached at http://127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}

// TestTypes: registries leave the type of Avro out, and old ones the version of
// what was registered.
func TestTypes(t *testing.T) {
	t.Parallel()
	r := fake(t, func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, "/versions") {
			write(w, 200, map[string]int{"id": 7})
			return
		}
		write(w, 200, map[string]any{"subject": "s", "version": 4, "id": 7})
	})
	got, err := r.Register(t.Context(), "s", client.NewSchema{Schema: "x"}, false)
	if diff := cmp.Diff(client.SchemaVersion{Subject: "s", Version: 4, ID: 7, Type: "AVRO"}, got); diff != "" || err != nil {
		t.Errorf("%s, %v", diff, err)
	}
}
