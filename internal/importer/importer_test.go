package importer_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/importer"
	"github.com/weirmesh/weir/internal/node"
)

// registry is the one of a node that runs as long as the test.
type registry struct {
	*client.Registry
	url, token string
}

func start(t *testing.T) registry {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	ready := make(chan *node.Node, 1)
	dir := t.TempDir()
	go func() {
		ended <- node.Run(ctx, node.Config{
			Data: dir, HTTP: "127.0.0.1:0", Kafka: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader,
		}, func(_ context.Context, n *node.Node) error { ready <- n; return nil })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case n := <-ready:
		return open(t, n.Admin().URL+"/registry", n.Admin().Token)
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return registry{}
	}
}

func open(t *testing.T, url, token string) registry {
	t.Helper()
	r, err := client.OpenRegistry(url, client.RegistryLogin{User: "admin", Password: token})
	must(t, err)
	t.Cleanup(r.Close)
	return registry{r, url, token}
}

// through is a registry behind something that may answer in its stead: if it
// says true.
func (r registry) through(t *testing.T, instead func(http.ResponseWriter, *http.Request) bool) registry {
	t.Helper()
	u, err := url.Parse(r.url)
	must(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(u) }, Transport: &http.Transport{DisableKeepAlives: true}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !instead(w, q) {
			proxy.ServeHTTP(w, q)
		}
	}))
	t.Cleanup(srv.Close)
	return open(t, srv.URL, r.token)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// avro is a record with so many fields.
func avro(name string, fields int) string {
	var fs []string
	for i := range fields {
		fs = append(fs, fmt.Sprintf(`{"name": "f%d", "type": ["null", "string"], "default": null}`, i))
	}
	return fmt.Sprintf(`{"type": "record", "name": %q, "fields": [%s]}`, name, strings.Join(fs, ", "))
}

func (r registry) put(t *testing.T, subject string, n client.NewSchema) {
	t.Helper()
	_, err := r.Register(t.Context(), subject, n, false)
	must(t, err)
}

// fill puts a little of everything into a registry.
func (r registry) fill(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	must(t, r.SetConfig(ctx, "", client.SchemaConfig{Compatibility: "FORWARD"}))
	for v := 1; v <= 3; v++ {
		r.put(t, "money", client.NewSchema{Schema: avro("Money", v)})
	}
	refers := []client.SchemaReference{{Name: "Money", Subject: "money", Version: 2}}
	r.put(t, "a-refers", client.NewSchema{
		Schema: `{"type": "record", "name": "Bill", "fields": [{"name": "sum", "type": "Money"}]}`, References: refers,
		Metadata: &client.SchemaMetadata{Properties: map[string]string{"owner": "me"}, Tags: map[string][]string{"Bill.sum": {"PII"}}},
		RuleSet: &client.SchemaRuleSet{DomainRules: []client.SchemaRule{{
			Name: "positive", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "message.sum > 0",
		}}},
	})
	r.put(t, "proto", client.NewSchema{Type: "PROTOBUF", Schema: "syntax = \"proto3\";\nmessage P { string a = 1; }\n"})
	r.put(t, "json", client.NewSchema{Type: "JSON", Schema: `{"type": "object", "properties": {"a": {"type": "string"}}}`})
	r.put(t, "twin", client.NewSchema{Schema: avro("Money", 1)}) // the same id as money's first
	r.put(t, "gone", client.NewSchema{Schema: avro("Gone", 1)})
	r.put(t, "with space/ü%", client.NewSchema{Schema: avro("Odd", 1)})
	if _, err := r.DeleteSubject(ctx, "gone", false); err != nil {
		t.Fatal(err)
	}
	if _, err := r.DeleteVersion(ctx, "money", 3, false); err != nil {
		t.Fatal(err)
	}
	r.put(t, "z-base", client.NewSchema{Schema: avro("Base", 1)})
	r.put(t, "a-user", client.NewSchema{Schema: avro("User", 1), References: []client.SchemaReference{{Name: "Base", Subject: "z-base", Version: 1}}})
	for _, s := range []string{"a-user", "z-base"} { // who refers to it goes first
		_, err := r.DeleteSubject(ctx, s, false)
		must(t, err)
	}
	yes := true
	must(t, r.SetConfig(ctx, "json", client.SchemaConfig{Compatibility: "FULL_TRANSITIVE", Normalize: &yes, CompatibilityGroup: "major"}))
	must(t, r.SetMode(ctx, "proto", client.ModeChange{Mode: "READONLY"}))
}

// content is all that a registry holds, by its own words.
func (r registry) content(t *testing.T) map[string]any {
	t.Helper()
	ctx := t.Context()
	out := map[string]any{}
	living, err := r.Schemas(ctx, client.SchemaFilter{})
	must(t, err)
	all, err := r.Schemas(ctx, client.SchemaFilter{Deleted: true})
	must(t, err)
	for _, v := range all {
		lives := slices.ContainsFunc(living, func(l client.SchemaVersion) bool { return l.Subject == v.Subject && l.Version == v.Version })
		out[fmt.Sprintf("%s %d lives %t", v.Subject, v.Version, lives)] = v
		out["config of "+v.Subject], _ = r.Config(ctx, v.Subject, false)
		out["mode of "+v.Subject], _ = r.Mode(ctx, v.Subject, false)
	}
	out["config"], err = r.Config(ctx, "", false)
	must(t, err)
	return out
}

func run(t *testing.T, c importer.Config) importer.Report {
	t.Helper()
	report, err := importer.Run(t.Context(), c)
	must(t, err)
	return report
}

// TestImport copies everything, and once more: then nothing is written.
func TestImport(t *testing.T) {
	t.Parallel()
	from, to := start(t), start(t)
	from.fill(t)
	dry := run(t, importer.Config{From: from.Registry, To: to.Registry, DryRun: true})
	want := importer.Plan{Subjects: 9, Versions: 11, Deletes: 4, Configs: 2, Modes: 1}
	if diff := cmp.Diff(want, dry.Planned); diff != "" || len(dry.Rows) != 0 {
		t.Errorf("a dry run: %s, %v", diff, dry.Rows)
	}
	if got, err := to.Subjects(t.Context(), client.SchemaFilter{Deleted: true}); err != nil || len(got) != 0 {
		t.Errorf("a dry run wrote %v, %v", got, err)
	}
	report := run(t, importer.Config{From: from.Registry, To: to.Registry})
	if !report.Equal() {
		t.Errorf("the report says %+v", report.Rows)
	}
	if diff := cmp.Diff(from.content(t), to.content(t)); diff != "" {
		t.Errorf("what is here differs:\n%s", diff)
	}
	again := run(t, importer.Config{From: from.Registry, To: to.Registry})
	if again.Planned != (importer.Plan{}) || !again.Equal() {
		t.Errorf("again: %+v", again)
	}
}

// TestGoesOn stops an import at several places; the next one writes the rest.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	from, to := start(t), start(t)
	from.fill(t)
	for _, part := range []string{"writing 2", "writing 3", "deleting 1", "setting 1"} {
		ctx, stop := context.WithCancel(t.Context())
		_, err := importer.Run(ctx, importer.Config{From: from.Registry, To: to.Registry, Workers: 1, Progress: func(p importer.Progress) {
			if fmt.Sprint(p.Part, " ", p.Done) == part {
				stop()
			}
		}})
		stop()
		if err == nil {
			t.Errorf("stopped at %s: no error", part)
		}
	}
	if report := run(t, importer.Config{From: from.Registry, To: to.Registry}); !report.Equal() || report.Planned.Versions != 0 {
		t.Errorf("the last part: %+v", report)
	}
	if diff := cmp.Diff(from.content(t), to.content(t)); diff != "" {
		t.Errorf("what is here differs:\n%s", diff)
	}
}

// TestPrefix takes a part, and not what is set for the whole.
func TestPrefix(t *testing.T) {
	t.Parallel()
	from, to := start(t), start(t)
	from.fill(t)
	report := run(t, importer.Config{From: from.Registry, To: to.Registry, Prefix: "m"})
	if report.Planned.Versions != 3 || !report.Equal() {
		t.Errorf("got %+v", report)
	}
	if c, err := to.Config(t.Context(), "", false); err != nil || c.Compatibility != "BACKWARD" {
		t.Errorf("the whole registry has %+v, %v", c, err)
	}
	if report := run(t, importer.Config{From: from.Registry, To: to.Registry, Prefix: "none"}); report.Planned != (importer.Plan{}) {
		t.Errorf("got %+v", report)
	}
	run(t, importer.Config{From: from.Registry, To: to.Registry, Prefix: "a-refers"}) // what it refers to is here
}

// TestObstacles: what is in the way is named, and nothing is written.
func TestObstacles(t *testing.T) {
	t.Parallel()
	from := start(t)
	from.fill(t)
	big := from.through(t, func(w http.ResponseWriter, q *http.Request) bool {
		if strings.HasPrefix(q.URL.Path, "/subjects/proto/versions/1") {
			answer(w, client.SchemaVersion{Subject: "proto", Version: 1, ID: 1_000_000_000, Type: "PROTOBUF", Schema: "message P {}"})
			return true
		}
		return false
	})
	tests := []struct {
		name   string
		from   registry
		prefix string
		before func(to registry)
		want   []string
	}{
		{"an id of another", from, "", func(to registry) { to.put(t, "other", client.NewSchema{Schema: avro("Other", 1)}) },
			[]string{"the id 1 of money version 1 is that of another schema here"}},
		{"another version", from, "", func(to registry) {
			must(t, to.SetConfig(t.Context(), "", client.SchemaConfig{Compatibility: "NONE"}))
			to.put(t, "twin", client.NewSchema{Schema: avro("Money", 1)})
			to.put(t, "twin", client.NewSchema{Schema: avro("Twin", 2)})
		}, []string{"twin version 2 is here but not there"}},
		{"another schema", from, "gone", func(to registry) {
			for i := range 6 {
				to.put(t, fmt.Sprint("x", i), client.NewSchema{Schema: avro("X", i)})
			}
			to.put(t, "gone", client.NewSchema{Schema: avro("Mine", 1)})
		}, []string{"gone version 1 is here already: with another schema"}},
		{"another id", from, "", func(to registry) {
			to.put(t, "gone", client.NewSchema{Schema: avro("Gone", 1)})
		}, []string{"gone version 1 is here already: with the id 1; there it has 7"}},
		{"an id too large", big, "proto", nil, []string{"proto version 1 has the id 1000000000; ids here are 1 to 499999999"}},
		{"a reference outside", from, "a-refers", nil, []string{"a-refers version 1 refers to money version 2, which is neither taken along nor here"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			to := start(t)
			if tt.before != nil {
				tt.before(to)
			}
			before := to.content(t)
			_, err := importer.Run(t.Context(), importer.Config{From: tt.from.Registry, To: to.Registry, Prefix: tt.prefix})
			var o importer.Obstacles
			if !errors.As(err, &o) {
				t.Fatalf("got %v", err)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("got %v, want %q", err, w)
				}
			}
			if diff := cmp.Diff(before, to.content(t)); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
		})
	}
}

func answer(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

// TestDifferences: a registry that does not do what it says is found out at the
// end, thing by thing.
func TestDifferences(t *testing.T) {
	t.Parallel()
	from, to := start(t), start(t)
	from.fill(t)
	lies := to.through(t, func(w http.ResponseWriter, q *http.Request) bool {
		switch {
		case q.Method == http.MethodDelete && strings.HasPrefix(q.URL.Path, "/subjects/money"):
			answer(w, 3)
		case q.Method == http.MethodPut && q.URL.Path == "/config/json":
			answer(w, map[string]string{"compatibility": "FULL"})
		case q.Method == http.MethodPut && q.URL.Path == "/mode/proto" && q.ContentLength == int64(len(`{"mode":"READONLY"}`)):
			answer(w, map[string]string{"mode": "READONLY"})
		case q.Method == http.MethodPost && strings.HasPrefix(q.URL.Path, "/subjects/twin/versions"):
			answer(w, map[string]int{"id": 1})
		default:
			return false
		}
		return true
	})
	report := run(t, importer.Config{From: from.Registry, To: lies.Registry})
	var got []string
	for _, r := range report.Rows {
		got = append(got, r.Different...)
	}
	slices.Sort(got)
	want := []string{
		"json has the level FULL_TRANSITIVE there and none of its own here, or they differ otherwise",
		"money version 3 is deleted there alone",
		"proto has the mode READONLY there and IMPORT here",
		"twin has the versions 1 there and none here",
		"twin version 1 is missing",
	}
	if diff := cmp.Diff(want, got); diff != "" || report.Equal() {
		t.Errorf("differences:\n%s", diff)
	}
}

// TestVague: a registry that answers with the whole's settings for a subject
// that has none is not taken at its word.
func TestVague(t *testing.T) {
	t.Parallel()
	from, to := start(t), start(t)
	from.fill(t)
	vague := from.through(t, func(w http.ResponseWriter, q *http.Request) bool {
		switch {
		case strings.HasPrefix(q.URL.Path, "/mode/") && !strings.HasSuffix(q.URL.Path, "/proto"):
			answer(w, map[string]string{"mode": "READWRITE"})
		case strings.HasPrefix(q.URL.Path, "/config/") && !strings.HasSuffix(q.URL.Path, "/json") && q.URL.RawQuery == "":
			answer(w, map[string]string{"compatibilityLevel": "NONE"}) // which is not in force
		default:
			return false
		}
		return true
	})
	report := run(t, importer.Config{From: vague.Registry, To: to.Registry})
	if !report.Equal() || report.Planned.Configs != 2 || report.Planned.Modes != 1 {
		t.Errorf("got %+v", report)
	}
	if len(report.Notes) == 0 || !strings.Contains(report.Notes[0], "does not say") {
		t.Errorf("notes: %v", report.Notes)
	}
	if diff := cmp.Diff(from.content(t), to.content(t)); diff != "" {
		t.Errorf("what is here differs:\n%s", diff)
	}
}

// TestHidden: a registry that lists the versions of a subject of which nothing
// lives, but does not give them by number.
func TestHidden(t *testing.T) {
	t.Parallel()
	from, to := start(t), start(t)
	from.fill(t)
	hiding := from.through(t, func(w http.ResponseWriter, q *http.Request) bool {
		if strings.HasPrefix(q.URL.Path, "/subjects/gone/versions/") {
			w.WriteHeader(http.StatusNotFound)
			answer(w, client.RegistryProblem{Code: client.CodeNoSubject, Message: "Subject 'gone' not found."})
			return true
		}
		return false
	})
	if report := run(t, importer.Config{From: hiding.Registry, To: to.Registry}); !report.Equal() {
		t.Errorf("got %+v", report)
	}
	if diff := cmp.Diff(from.content(t), to.content(t)); diff != "" {
		t.Errorf("what is here differs:\n%s", diff)
	}
}

// TestFailingSource: reads are repeated; a source that goes on failing ends it.
func TestFailingSource(t *testing.T) {
	t.Parallel()
	from, to := start(t), start(t)
	from.put(t, "a", client.NewSchema{Schema: avro("A", 1)})
	var mu sync.Mutex
	failed := map[string]bool{}
	fails := func(always bool) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, q *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			if failed[q.URL.String()] && !always {
				return false
			}
			failed[q.URL.String()] = true
			w.WriteHeader(http.StatusInternalServerError)
			answer(w, client.RegistryProblem{Code: 50001, Message: "not now"})
			return true
		}
	}
	if report := run(t, importer.Config{From: from.through(t, fails(false)).Registry, To: to.Registry}); !report.Equal() || report.Planned.Versions != 1 {
		t.Errorf("once: %+v", report)
	}
	_, err := importer.Run(t.Context(), importer.Config{From: from.through(t, fails(true)).Registry, To: to.Registry})
	if err == nil || !strings.Contains(err.Error(), "not now (error 50001)") {
		t.Errorf("always: %v", err)
	}
}

// TestCircle: schemas that refer to each other cannot be written.
func TestCircle(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		other := map[string]string{"a": "b", "b": "a"}
		p := strings.Split(q.URL.Path, "/")
		switch {
		case q.URL.Path == "/subjects":
			answer(w, []string{"a", "b"})
		case len(p) == 4:
			answer(w, []int{1})
		case len(p) == 5:
			answer(w, client.SchemaVersion{Subject: p[2], Version: 1, ID: 1, Schema: "{}", References: []client.SchemaReference{{Name: "x", Subject: other[p[2]], Version: 1}}})
		default:
			answer(w, map[string]string{"compatibilityLevel": "NONE", "mode": "READWRITE"})
		}
	}))
	defer srv.Close()
	_, err := importer.Run(t.Context(), importer.Config{From: open(t, srv.URL, "").Registry, To: start(t).Registry})
	if err == nil || !strings.Contains(err.Error(), "a version 1, b version 1, a version 1") {
		t.Errorf("got %v", err)
	}
}
