package web_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/internal/serve/web"
)

// The browser tests look at every page: their list has all routes of all
// families, and no other.
func TestBrowserTestsKnowEveryPage(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../../test/browser/pages.json")
	if err != nil {
		t.Fatal(err)
	}
	var listed map[string][]string
	if err := json.Unmarshal(b, &listed); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, f := range web.Families() {
		for _, r := range f.Routes {
			if r.Method == http.MethodGet {
				want = append(want, r.Method+" "+r.Path)
			}
		}
	}
	for route, paths := range listed {
		got = append(got, route)
		if len(paths) == 0 {
			t.Errorf("%s has no address", route)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes of the pages, and those that test/browser/pages.json lists:\n%s", diff)
	}
}
