package arch_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/arch"
)

// top is the module's root folder, seen from here.
const top = "../.."

func load(t *testing.T) []arch.Source {
	t.Helper()
	all, err := arch.Load(top)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 3 {
		t.Fatalf("found %d packages under %s", len(all), top)
	}
	return all
}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	for _, s := range load(t) {
		if err := s.Imports(); err != nil {
			t.Error(err)
		}
	}
}

func TestNoPackageLevelState(t *testing.T) {
	t.Parallel()
	for _, s := range load(t) {
		if err := s.Global(); err != nil {
			t.Error(err)
		}
	}
}

func TestRulesArePure(t *testing.T) {
	t.Parallel()
	for _, s := range load(t) {
		if err := s.Pure(); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryExportedNameHasAComment(t *testing.T) {
	t.Parallel()
	all := load(t)
	promised := arch.Promised(all)
	for _, s := range all {
		if err := s.Comments(promised); err != nil {
			t.Error(err)
		}
	}
}

func TestTrackedFilesNameNoMachine(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		text, err := os.ReadFile(filepath.Join(top, name))
		if err != nil || bytes.IndexByte(text, 0) >= 0 {
			continue // deleted meanwhile, or not a text
		}
		for _, err := range arch.MachinePaths(name, string(text)) {
			t.Error(err)
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		if filepath.Ext(name) != ".md" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			continue // deleted meanwhile
		}
		for _, err := range arch.DeadLinks(name, string(text), exists) {
			t.Error(err)
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(filepath.Join(top, name))
	return err == nil
}

// tracked lists the files that git knows, without sums of modules.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = top
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("SKIPPED: this is no git clone, so nothing says which files are tracked: %v", err)
	}
	var names []string
	for _, n := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		if filepath.Base(n) != "go.sum" {
			names = append(names, n)
		}
	}
	return names
}

// TestTheTable shows that the table refuses what it should. Each case is a
// mistake that somebody will make, or its right form.
func TestTheTable(t *testing.T) {
	t.Parallel()
	const m = arch.Module
	tests := []struct {
		name, from, to string
		want           string // part of the sentence; empty: allowed
	}{
		{"root takes the standard library", m, "encoding/json", ""},
		{"root takes nothing else", m, "github.com/spf13/cobra", "imports no library"},
		{"root knows nothing", m, m + "/internal/core/rights", "the standard library only"},
		{"root takes the kit", m, m + "/internal/kit/queue", ""},
		{"core takes core", m + "/internal/core/rights", m + "/internal/core/wire", ""},
		{"core takes a pure library", m + "/internal/core/wire", "github.com/twmb/franz-go/pkg/kmsg", ""},
		{"core takes no client", m + "/internal/core/wire", "github.com/twmb/franz-go/pkg/kgo", "never touch the world"},
		{"core does no I/O", m + "/internal/core/wire", "net", "rules do no I/O"},
		{"core reads no files", m + "/internal/core/wire", "os", "rules do no I/O"},
		{"core knows no app", m + "/internal/core/rights", m + "/internal/app/access", "may import"},
		{"app takes core", m + "/internal/app/access", m + "/internal/core/rights", ""},
		{"app knows no sibling", m + "/internal/app/access", m + "/internal/app/catalog", "its sibling"},
		{"app knows no driver", m + "/internal/app/catalog", m + "/internal/driver/state", "may import"},
		{"app knows no writer", m + "/internal/app/catalog", m + "/internal/writer", "may import"},
		{"driver knows no sibling", m + "/internal/driver/kafka", m + "/internal/driver/broker", "its sibling"},
		{"a sibling's own parts are not siblings", m + "/internal/serve/api", m + "/internal/serve/api/problem", ""},
		{"serve knows no sibling", m + "/internal/serve/gateway", m + "/internal/serve/api", "its sibling"},
		{"serve knows no driver", m + "/internal/serve/gateway", m + "/internal/driver/kafka", "may import"},
		{"serve takes client and app", m + "/internal/serve/api", m + "/client", ""},
		{"worker takes app", m + "/internal/worker", m + "/internal/app/access", ""},
		{"worker takes no library", m + "/internal/worker", "github.com/spf13/cobra", "never touch the world"},
		{"writer knows no driver", m + "/internal/writer", m + "/internal/driver/ledger", "may import"},
		{"node takes drivers", m + "/internal/node", m + "/internal/driver/ledger", ""},
		{"client knows the root alone", m + "/client", m + "/internal/app/access", "may import"},
		{"cli wires through node", m + "/internal/cli", m + "/internal/driver/ledger", "may import"},
		{"cli runs the demo", m + "/internal/cli", m + "/internal/demo", ""},
		{"the demo is an ordinary user", m + "/internal/demo", m + "/internal/app/catalog", "may import"},
		{"the importer is an ordinary user", m + "/internal/importer", m + "/internal/app/registry", "may import"},
		{"main is nothing but cli", m + "/cmd/weir", m + "/internal/node", "may import"},
		{"kit is leaves", m + "/internal/kit/queue", m + "/internal/kit/clock", "its sibling"},
		{"suites are for tests", m + "/internal/driver/ledger", m + "/internal/driver/ledgertest", "conformance suite"},
		{"suites test", m + "/internal/driver/ledgertest", "testing", ""},
		{"code does not test", m + "/internal/driver/ledger", "testing", "that is for tests"},
		{"no cgo", m + "/internal/driver/ledger", "C", "without cgo"},
		{"new floors are decided", m + "/internal/util", "fmt", "stands on no floor"},
		{"a name that begins alike is another floor", m + "/internal/apps", "fmt", "stands on no floor"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := arch.Check(tt.from, tt.to)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want a sentence with %q", err, tt.want)
			}
		})
	}
}

// TestTheChecks shows that each check of the source finds its mistake.
func TestTheChecks(t *testing.T) {
	t.Parallel()
	const rules = arch.Module + "/internal/core/rights"
	global := arch.Source.Global
	pure := arch.Source.Pure
	imports := arch.Source.Imports
	comments := func(s arch.Source) error { return s.Comments(arch.Promised([]arch.Source{s})) }
	tests := []struct {
		name  string
		check func(arch.Source) error
		text  string
		want  string
	}{
		{"a bad import", imports, `package p; import _ "net/http"`, "rules do no I/O"},
		{"init", global, `package p; func init() {}`, "an init function"},
		{"a method called init", global, `package p; type t struct{}; func (t) init() {}`, ""},
		{"a table", global, `package p; var table = map[string]int{"a": 1}; func f() int { return table["a"] }`, ""},
		{"a table that is written", global, `package p; var table = map[string]int{}; func f() { table["a"] = 1 }`, "table is changed"},
		{"a table that is emptied", global, `package p; var table = map[string]int{}; func f() { clear(table) }`, "table is changed"},
		{"a counter", global, `package p; var n int; func f() { n++ }`, "n is changed"},
		{"a local of the same name", global, `package p; var n int; func f() { n := 0; n++; _ = n }`, ""},
		{"an address", global, `package p; var n int; func f() *int { return &n }`, "n is changed"},
		{"a lock", global, `package p; import "sync"; var mu sync.Mutex`, "package-level state mu"},
		{"a channel", global, `package p; var c = make(chan int)`, "package-level state c"},
		{"a clock", pure, `package p; import "time"; func f() time.Time { return time.Now() }`, "rules have no clock"},
		{"a goroutine", pure, `package p; func f() { go f() }`, "rules start no goroutine"},
		{"a duration", pure, `package p; import "time"; const d = time.Second`, ""},
		{"no package comment", comments, `package p`, "package p has no comment"},
		{"a function", comments, "// Package p.\npackage p\nfunc F() {}", "F has no comment"},
		{"a type", comments, "// Package p.\npackage p\ntype T struct{}", "T has no comment"},
		{"a method", comments, "// Package p.\npackage p\n// T is.\ntype T struct{}\nfunc (T) M() {}", "M has no comment"},
		{"a promised method", comments, "// Package p.\npackage p\ntype r interface {\n// M does.\nM()\n}\n// T is.\ntype T struct{}\nfunc (T) M() {}", ""},
		{"a method of a hidden type", comments, "// Package p.\npackage p\ntype t struct{}\nfunc (*t) M() {}", ""},
		{"a constant", comments, "// Package p.\npackage p\nconst C = 1", "C has no comment"},
		{"constants of a type", comments, "// Package p.\npackage p\n// T is.\ntype T int\nconst (\nA T = iota\nB\n)", ""},
		{"a variable", comments, "// Package p.\npackage p\n// T is.\ntype T int\nvar V T", "V has no comment"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := arch.Parse(rules, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			err = tt.check(s)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want a sentence with %q", err, tt.want)
			}
		})
	}
}

func TestMachinePaths(t *testing.T) {
	t.Parallel()
	slash := "/"
	for text, want := range map[string]int{
		"a relative tmp/x and network/x":       0,
		"cd " + slash + "work/main":            1,
		"x\n\"" + slash + "tmp/a\"\n":          1,
		"https://example.org/work/of/somebody": 0,
		slash + "root/.config":                 1,
	} {
		if got := len(arch.MachinePaths("file", text)); got != want {
			t.Errorf("%q: %d lines found, want %d", text, got, want)
		}
	}
}

func TestDeadLinks(t *testing.T) {
	t.Parallel()
	there := func(name string) bool { return name == "docs/here.md" }
	for text, want := range map[string]int{
		"[a](here.md)":                          0,
		"[a](here.md#part) [b](gone.md)":        1,
		"[a](#part) [b](https://example.org/x)": 0,
		"[a](../docs/here.md)\n[b](../here.md)": 1,
	} {
		if got := len(arch.DeadLinks("docs/from.md", text, there)); got != want {
			t.Errorf("%q: %d dead links, want %d", text, got, want)
		}
	}
}
