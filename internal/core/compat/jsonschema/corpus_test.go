package jsonschema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	compat "github.com/weirmesh/weir/internal/core/compat/jsonschema"
	"github.com/weirmesh/weir/internal/core/schema"
	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// expectedDifferences are the cases of Apicurio's corpus on which the verdict
// is meant to be another one, with the reason; the reference on compatibility
// argues each.
var expectedDifferences = map[string]string{}

type corpusCase struct {
	Enabled       bool
	ID            string
	Compatibility string
	Original      json.RawMessage
	Updated       json.RawMessage
}

// corpus reads Apicurio's cases, or skips the test.
func corpus(t *testing.T) []corpusCase {
	t.Helper()
	dir := os.Getenv("WEIR_CORPORA")
	if dir == "" && os.Getenv("CI") == "true" {
		t.Fatal("WEIR_CORPORA is not set: the corpus of Apicurio must be there")
	}
	if dir == "" {
		t.Skip("SKIPPED: set WEIR_CORPORA to the directory of the corpora to compare with Apicurio's verdicts")
	}
	b, err := os.ReadFile(filepath.Join(dir, "registry", "jsonschema-compatibility.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Tests []corpusCase }
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all.Tests
}

func mustParse(t testing.TB, text string, refs ...schema.Reference) *js.Schema {
	t.Helper()
	s, err := js.Parse(schema.Source{Text: text, References: refs})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// TestApicurioCorpus counts on how many cases the verdict is Apicurio's.
func TestApicurioCorpus(t *testing.T) {
	t.Parallel()
	right, all := 0, 0
	for _, c := range corpus(t) {
		if !c.Enabled {
			continue
		}
		all++
		original, updated := mustParse(t, string(c.Original)), mustParse(t, string(c.Updated))
		back, forth := compat.CanRead(updated, original), compat.CanRead(original, updated)
		got := map[[2]bool]string{{true, true}: "both", {true, false}: "backward", {false, true}: "forward", {false, false}: "none"}[[2]bool{len(back) == 0, len(forth) == 0}]
		switch _, expected := expectedDifferences[c.ID]; {
		case got == c.Compatibility:
			right++
		case !expected:
			t.Errorf("%s: %s, but Apicurio says %s\n original %s\n updated %s\n backward %v\n forward %v", c.ID, got, c.Compatibility, c.Original, c.Updated, back, forth)
		}
	}
	t.Logf("%d of %d verdicts are Apicurio's", right, all)
	if all < 145 || right < 143 {
		t.Errorf("%d of %d", right, all)
	}
}
