package audit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/app/audit"
)

// TestEveryOperationAndDoorIsAWord: what the code decides and through what can
// be asked for.
func TestEveryOperationAndDoorIsAWord(t *testing.T) {
	t.Parallel()
	decided := regexp.MustCompile(`(?:Op: |op: |Decision\(|op := |[a-z]\(ctx, call, |edit\(ctx, call, |"], )"([a-z]+\.[a-z]+)"`)
	door := regexp.MustCompile(`(?:Door: |Through\()"([a-z]+)"`)
	ops, doors := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "test/") || strings.HasSuffix(path, "story.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range decided.FindAllSubmatch(src, -1) {
			ops[string(m[1])] = true
		}
		for _, m := range door.FindAllSubmatch(src, -1) {
			doors[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for op := range ops {
		if err := audit.Operation(op); err != nil {
			t.Errorf("%s: %v", op, err)
		}
	}
	for d := range doors {
		if err := audit.Door(d); err != nil {
			t.Errorf("%s: %v", d, err)
		}
	}
	if len(ops) < 45 || len(doors) < 4 {
		t.Errorf("found %d operations and %d doors only: %v %v", len(ops), len(doors), ops, doors)
	}
}
