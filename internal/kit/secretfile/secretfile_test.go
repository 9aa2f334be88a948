package secretfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/weirmesh/weir/internal/kit/secretfile"
)

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	if err := os.WriteFile(path, []byte("of before, and readable by all"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := secretfile.WriteJSON(path, map[string]int{"a": 1}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || string(b) != "{\n  \"a\": 1\n}\n" {
		t.Errorf("got %q, %v", b, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := secretfile.WriteJSON(path, func() {}); err == nil {
		t.Error("a function was written")
	}
	if err := secretfile.WriteJSON(filepath.Join(dir, "no", "a.json"), 1); err == nil {
		t.Error("a folder was made")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}
