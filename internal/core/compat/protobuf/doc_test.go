package protobuf_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocsListTheRules: the reference lists exactly the rules that pairs break.
func TestDocsListTheRules(t *testing.T) {
	t.Parallel()
	listed := found(t, `(?m)^\| `+"`"+`([A-Z_]+)`+"`"+` \| [^|]+ \| [^|]+ \|$`, "../../../../docs/reference/compatibility-protobuf.md")
	pairs, err := filepath.Glob("testdata/pairs/*")
	if err != nil {
		t.Fatal(err)
	}
	broken := found(t, `(?m)^(?:backward|forward): ([A-Z_]+): `, pairs...)
	if d := cmp.Diff(broken, listed); d != "" || len(broken) < 10 {
		t.Errorf("rules that pairs break (-) and that the reference lists (+):\n%s", d)
	}
}

func found(t *testing.T, pattern string, files ...string) []string {
	t.Helper()
	set := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			set[m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}
