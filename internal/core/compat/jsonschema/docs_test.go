package jsonschema_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	compat "github.com/weirmesh/weir/internal/core/compat/jsonschema"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestRulesAreDocumented: the reference has the table of rules as the code has
// it.
func TestRulesAreDocumented(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "docs", "reference", "compatibility-json-schema.md")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), "<!-- rules -->\n")
	_, after, ok2 := strings.Cut(rest, "<!-- end of rules -->")
	if !ok || !ok2 {
		t.Fatal("the page has no place for the rules")
	}
	want := before + "<!-- rules -->\n" + table() + "<!-- end of rules -->" + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(want, string(b)); d != "" {
		t.Errorf("run go test -update: %s", d)
	}
}

func table() string {
	var b strings.Builder
	for _, g := range compat.Groups() {
		fmt.Fprintf(&b, "\n### %s\n\n| Rule | Looks at | Broken when | What helps |\n|---|---|---|---|\n", g.Title)
		for _, r := range g.Rules {
			says := strings.NewReplacer("%R", "*R*", "%W", "*W*").Replace(r.Breaks)
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Name, r.Compares, says, r.Fix)
		}
	}
	return b.String() + "\n"
}

// TestEveryRuleHasAPair: each rule but the one on too much work is broken by a
// pair in testdata.
func TestEveryRuleHasAPair(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/pairs/*")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	seen := map[string]bool{}
	for _, r := range compat.Rules() {
		if seen[r.Name] {
			t.Errorf("%s stands twice in the table", r.Name)
		}
		seen[r.Name] = true
		if !strings.Contains(all.String(), "  "+r.Name+": ") && !slices.Contains([]string{"TOO_COMPLEX"}, r.Name) {
			t.Errorf("no pair breaks %s", r.Name)
		}
	}
}
