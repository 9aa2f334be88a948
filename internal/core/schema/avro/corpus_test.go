package avro_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// corpus reads a file of the registry's corpora; without them the test is
// skipped, which is a failure where everything has to be there.
func corpus(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("WEIR_CORPORA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("WEIR_CORPORA is not set")
		}
		t.Skip("SKIPPED: set WEIR_CORPORA to the directory of the corpora")
	}
	b, err := os.ReadFile(filepath.Join(dir, "registry", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mustParse(t testing.TB, text string, refs ...schema.Reference) *avro.Schema {
	t.Helper()
	s, err := avro.Parse(schema.Source{Text: text, References: refs})
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return s
}

// formCase is a case of the corpus of canonical forms; a missing fingerprint
// is not given there.
type formCase struct{ input, canonical, fingerprint string }

func formCases(t *testing.T) (cases []formCase) {
	var c formCase
	lines := strings.Split(corpus(t, "avro-canonical-forms.txt"), "\n")
	for i := 0; i < len(lines); i++ {
		switch line := lines[i]; {
		case line == "<<INPUT":
			for i++; lines[i] != "INPUT"; i++ {
				c.input += lines[i] + "\n"
			}
		case strings.HasPrefix(line, "<<INPUT "):
			c = formCase{input: strings.TrimPrefix(line, "<<INPUT ")}
		case strings.HasPrefix(line, "<<canonical "):
			c.canonical = strings.TrimPrefix(line, "<<canonical ")
			cases, c = append(cases, c), formCase{}
		case strings.HasPrefix(line, "<<fingerprint "):
			cases[len(cases)-1].fingerprint = strings.TrimPrefix(line, "<<fingerprint ")
		}
	}
	return cases
}

// TestCanonicalFormsOfTheCorpus: every case of the specification's own file.
func TestCanonicalFormsOfTheCorpus(t *testing.T) {
	t.Parallel()
	cases := formCases(t)
	if len(cases) != 34 {
		t.Fatalf("%d cases, want 34", len(cases))
	}
	for i, c := range cases {
		s := mustParse(t, c.input)
		if got := s.CanonicalForm(); got != c.canonical {
			t.Errorf("%d: %s\ngot  %s\nwant %s", i, c.input, got, c.canonical)
		}
		if got := strconv.FormatInt(int64(s.Fingerprint()), 10); c.fingerprint != "" && got != c.fingerprint {
			t.Errorf("%d: %s: fingerprint %s, want %s", i, c.input, got, c.fingerprint)
		}
	}
}
