package schemaregistry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/serve/schemaregistry"
)

// TestBodiesAreBounded: a megabyte is a schema that is too large; two are no
// body at all.
func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	schema := func(n int) string {
		b, err := json.Marshal(map[string]string{"schema": `{"type":"record","name":"R","doc":"` + strings.Repeat("x", n) + `","fields":[]}`})
		must(t, err)
		return string(b)
	}
	for _, c := range []struct {
		size, status, code int
	}{{1 << 10, 200, 0}, {1<<20 + 1, 422, 42209}, {schemaregistry.MaxBody, 413, 413}} {
		for _, path := range []string{"/subjects/s/versions", "/subjects/s", "/compatibility/subjects/s/versions"} {
			got := m.ask("admin", "POST", path, schema(c.size))
			var f struct {
				Code    int    `json:"error_code"`
				Message string `json:"message"`
			}
			must(t, json.Unmarshal([]byte(got.body), &f))
			if got.status != c.status || f.Code != c.code || c.code != 0 && f.Message == "" {
				t.Errorf("%s with %d bytes: %d %.200s", path, c.size, got.status, got.body)
			}
		}
	}
}

// TestBodiesOfManyValues: two megabytes of zeros would take fifty in memory.
func TestBodiesOfManyValues(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	for name, body := range map[string]string{
		"list":    `{"references":[` + strings.Repeat("0,", 900_000) + `0]}`,
		"lists":   `{"new":[` + strings.Repeat("[],", 600_000) + `0]}`,
		"unknown": `{` + manyFields(60_000) + `}`,
	} {
		got := m.ask("admin", "POST", "/subjects/s/versions", body)
		if got.status != 422 || !strings.Contains(got.body, "more than 20000 values") {
			t.Errorf("%s: %d %.200s", name, got.status, got.body)
		}
	}
}

func manyFields(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"f%d":0`, i)
	}
	return strings.Join(all, ",")
}

// TestBodyIsNotReadForStrangers: who is refused is refused before the body.
func TestBodyIsNotReadForStrangers(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	body := &counted{Reader: strings.NewReader(strings.Repeat(" ", 1<<20))}
	req := m.request("", http.MethodPost, "/subjects/s/versions", body)
	req.Header.Set("Expect", "100-continue")
	if got := m.do(req); got.status != 401 {
		t.Errorf("got %d", got.status)
	}
	if body.read > 0 {
		t.Errorf("%d bytes of a stranger's body were asked for", body.read)
	}
}

type counted struct {
	*strings.Reader
	read int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.read += n
	return n, err
}

func TestHeadersOfWrites(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	for _, h := range []string{"Weir-Reason", "Idempotency-Key"} {
		got := m.ask("admin", "PUT", "/config/s", `{"compatibility":"FULL"}`, h, strings.Repeat("x", 2000))
		if got.status != 422 || !strings.Contains(got.body, h) {
			t.Errorf("a long %s: %d %s", h, got.status, got.body)
		}
	}
}

func TestRenderedAnswersAreBounded(t *testing.T) {
	t.Parallel()
	kept, bytes := schemaregistry.Render(100, 1000, 10_000)
	if kept < 5 || kept > 10 || bytes > 10_000 {
		t.Errorf("%d answers of %d bytes are kept of at most 10000", kept, bytes)
	}
	if kept, _ := schemaregistry.Render(3, 1000, 100); kept != 0 {
		t.Errorf("%d answers are kept that have no room", kept)
	}
}

// TestCodes: the first three digits of a fault's code are its status, and every
// code is told once.
func TestCodes(t *testing.T) {
	t.Parallel()
	var got []string
	for _, c := range schemaregistry.Codes() {
		got = append(got, fmt.Sprint(c[0], " ", c[1]))
	}
	want := []string{
		"404 40401", "404 40402", "404 40403", "404 40404", "404 40405", "404 40406", "404 40407", "404 40408", "404 40409",
		"409 409", "422 42201", "422 42202", "422 42203", "422 42204", "422 42205", "422 42206", "422 42207", "422 42208", "422 42209", "422 42210",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestWritesWithoutALedger: reads go on while nothing can be written, and a
// write says why not.
func TestWritesWithoutALedger(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	if got := m.ask("till", "POST", "/subjects/shop.sales.v1-value/versions", `{"schema":"\"string\""}`); got.status != 200 {
		t.Fatal(got)
	}
	if got := m.ask("till", "POST", "/subjects/shop._private.b/versions", `{"schema":"\"string\""}`); got.status != 200 {
		t.Fatal(got)
	}
	must(t, m.ledger.Close())
	for path, want := range map[string]string{
		"/schemas/ids/1": `{"schema":"\"string\""}`,
		"/subjects":      `["shop._private.b","shop.sales.v1-value"]`,
		"/subjects/shop.sales.v1-value/versions/latest": `{"subject":"shop.sales.v1-value","version":1,"id":1,"schema":"\"string\""}`,
		"/config": `{"compatibilityLevel":"BACKWARD"}`,
	} {
		if got := m.ask("till", "GET", path, ""); got.status != 200 || got.body != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := m.ask("till", "POST", "/subjects/shop.sales.v1-value", `{"schema":"\"string\""}`); got.status != 200 {
		t.Errorf("lookup: %d %s", got.status, got.body)
	}
	for _, w := range [][3]string{
		{"POST", "/subjects/shop._private.a/versions", `{"schema":"\"string\""}`},
		{"PUT", "/config/shop._private.a", `{"compatibility":"FULL"}`},
		{"DELETE", "/subjects/shop._private.b", ""},
	} {
		got := m.ask("till", w[0], w[1], w[2])
		if got.status != 503 || !strings.Contains(got.body, `"error_code":50001`) || got.header.Get("Retry-After") == "" {
			t.Errorf("%s %s: %d %s", w[0], w[1], got.status, got.body)
		}
	}
	// What is there already needs no ledger.
	if got := m.ask("till", "POST", "/subjects/shop.sales.v1-value/versions", `{"schema":"\"string\""}`); got.status != 200 {
		t.Errorf("registering what is registered: %d %s", got.status, got.body)
	}
}

// TestGoneCallers: a caller that leaves takes nothing with it.
func TestGoneCallers(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := m.request("admin", http.MethodPost, "/subjects/s/versions", strings.NewReader(`{"schema":"\"string\""}`)).WithContext(ctx)
	w := &recorder{header: http.Header{}}
	m.api.ServeHTTP(w, req)
	if w.status != 503 {
		t.Errorf("a write of a caller that left is answered %d %s", w.status, w.body.String())
	}
	if got := m.ask("admin", "GET", "/subjects", ""); got.status != 200 {
		t.Errorf("then: %d %s", got.status, got.body)
	}
}

type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// TestLimitsOfTheInput: what is too much in the request itself is not answered
// with "come again".
func TestLimitsOfTheInput(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		weir.Errorf(weir.Limit, "the queue is full"):                     429,
		weir.Errorf(weir.Limit, "2,001 versions").At("versions"):         422,
		weir.Errorf(weir.Invalid, "not good"):                            422,
		weir.Errorf(weir.OutcomeUnknown, "it may have happened"):         503,
		fmt.Errorf("wrapped: %w", context.Canceled):                      503,
		weir.Errorf(weir.Damaged, "bytes"):                               500,
		errors.New("not classified"):                                     500,
		weir.Errorf(weir.Conflict, "moved").At(weir.AtRevision):          409,
		fmt.Errorf("wrapped: %w", weir.Errorf(weir.Unauthorized, "who")): 401,
	} {
		if got, _ := schemaregistry.CodeOf(err); got != want {
			t.Errorf("%v is answered %d, want %d", err, got, want)
		}
	}
}
