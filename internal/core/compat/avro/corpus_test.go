package avro_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/compat"
	checker "github.com/weirmesh/weir/internal/core/compat/avro"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// canRead is the checker as compat.Check takes it.
func canRead(reader, writer schema.Schema) []schema.Mismatch {
	return checker.CanRead(reader.(*avro.Schema), writer.(*avro.Schema))
}

func mustParse(t testing.TB, text string) *avro.Schema {
	t.Helper()
	s, err := avro.Parse(schema.Source{Text: text})
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return s
}

// TestAvroCorpus: every verdict of the corpus, by the levels of a registry.
func TestAvroCorpus(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("WEIR_CORPORA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("WEIR_CORPORA is not set")
		}
		t.Skip("SKIPPED: set WEIR_CORPORA to the directory of the corpora")
	}
	b, err := os.ReadFile(filepath.Join(dir, "registry", "avro-compatibility.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tests []struct {
			ID, Compatibility string
			Original, Updated json.RawMessage
		}
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Tests) != 4 {
		t.Fatalf("%d cases, want 4", len(file.Tests))
	}
	for _, c := range file.Tests {
		earlier := []compat.Version{{Version: 1, Schema: mustParse(t, string(c.Original))}}
		check := func(level weir.Compatibility) bool {
			return compat.Check(level, mustParse(t, string(c.Updated)), earlier, canRead).Compatible()
		}
		back, forth := check(weir.CompatBackward), check(weir.CompatForward)
		got := map[[2]bool]string{{true, true}: "both", {true, false}: "backward", {false, true}: "forward", {false, false}: "none"}[[2]bool{back, forth}]
		if got != c.Compatibility {
			t.Errorf("%s: %s, want %s", c.ID, got, c.Compatibility)
		}
	}
}
