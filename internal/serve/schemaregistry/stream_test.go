package schemaregistry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestListOfTextsFlows: the schemas of a list are sent one by one, not put
// together before.
func TestListOfTextsFlows(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.ask("till", http.MethodPut, "/config/shop._private.big", `{"compatibility":"NONE"}`)
	for i := range 5 {
		text := fmt.Sprintf(`{"type":"record","name":"r%d","doc":"%s","fields":[]}`, i, strings.Repeat("x", 100_000))
		b, err := json.Marshal(map[string]string{"schema": text})
		must(t, err)
		if a := m.ask("till", http.MethodPost, "/subjects/shop._private.big/versions", string(b)); a.status != http.StatusOK {
			t.Fatal(a)
		}
	}
	a := m.ask("till", http.MethodGet, "/schemas?subjectPrefix=shop._private.", "")
	var got []struct{ Version int }
	must(t, json.Unmarshal([]byte(a.body), &got))
	if len(got) != 5 || got[4].Version != 5 || a.header.Get("Content-Length") != "" {
		t.Errorf("%v, %s bytes at once", got, a.header.Get("Content-Length"))
	}
	if a := m.ask("till", http.MethodHead, "/schemas?subjectPrefix=shop._private.", ""); a.status != http.StatusOK || a.body != "" {
		t.Errorf("HEAD: %v", a)
	}
	if a := m.ask("till", http.MethodGet, "/schemas?subjectPrefix=nothing", ""); a.body != "[]" {
		t.Errorf("an empty list: %v", a)
	}
}

// TestBrokenListIsNotWhole: what fails in the middle does not look like the end.
func TestBrokenListIsNotWhole(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	for _, n := range []int{0, 3, 100_000} {
		for _, fails := range []error{nil, errors.New("the state is gone")} {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.api.Flow(w, r, n, fails) }))
			res, err := http.Get(srv.URL)
			var got []int
			if err == nil {
				var b []byte
				b, err = io.ReadAll(res.Body)
				_ = json.Unmarshal(b, &got) // what is whole has all of them
				res.Body.Close()
			}
			if (err != nil) != (fails != nil) || fails == nil && len(got) != n {
				t.Errorf("%d items, then %v: got %d, %v", n, fails, len(got), err)
			}
			srv.Close()
		}
	}
}
