package protobuf_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/weirmesh/weir/internal/core/compat"
)

// TestBufAgrees puts every pair before `buf breaking` with the rules of its
// category WIRE. Where its verdict is another one, testdata/buf-differences says
// why; a difference that is not there fails, and so does one that is gone.
func TestBufAgrees(t *testing.T) {
	t.Parallel()
	buf := os.Getenv("WEIR_BUF")
	if buf == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("WEIR_BUF is not set: export WEIR_BUF=$(scripts/buf)")
		}
		t.Skip("SKIPPED: WEIR_BUF is not set, so no verdict was compared with buf's; export WEIR_BUF=$(scripts/buf)")
	}
	m := writeModules(t)
	theirs := map[string]string{}
	m.breaking(t, buf, "backward", "older", "newer", theirs)
	m.breaking(t, buf, "forward", "newer", "older", theirs)
	var got []string
	for name, ours := range m.ours {
		if (ours == "") != (theirs[name] == "") {
			got = append(got, fmt.Sprintf("%s: weir %s, buf %s", name, cmp.Or(ours, "compatible"), cmp.Or(theirs[name], "compatible")))
		}
	}
	known := argued(t)
	for _, l := range got {
		if !slices.Contains(known, l) {
			t.Errorf("a difference from buf that testdata/buf-differences gives no reason for:\n%s", l)
		}
	}
	for _, l := range known {
		if !slices.Contains(got, l) {
			t.Errorf("testdata/buf-differences has a difference that is none:\n%s", l)
		}
	}
}

// modules is all pairs in two directories, so that two runs judge all.
type modules struct {
	dir  string
	of   map[string]string // the pair of each file
	ours map[string]string // rules broken, by pair and direction
}

func writeModules(t *testing.T) *modules {
	t.Helper()
	m := &modules{dir: t.TempDir(), of: map[string]string{}, ours: map[string]string{}}
	datadriven.Walk(t, "testdata/pairs", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if !d.HasArg("without-buf") { // it cannot read what is older than proto2
				m.add(t, filepath.Base(path)+"/"+d.CmdArgs[0].Key, d.Input)
			}
			return d.Expected
		})
	})
	for _, dir := range []string{"older", "newer"} {
		write(t, filepath.Join(m.dir, dir, "buf.yaml"), "version: v2\nbreaking: {use: [WIRE]}\n")
	}
	return m
}

func (m *modules) add(t *testing.T, name, pair string) {
	older, newer := parsePair(t, pair)
	backward, forward := verdicts(older, newer)
	m.ours[name+" backward"], m.ours[name+" forward"] = rulesOf(backward), rulesOf(forward)
	a, b, _ := strings.Cut(pair, "\n=>\n")
	m.side(t, "older", name, readSide(a))
	m.side(t, "newer", name, readSide(b))
}

func rulesOf(v compat.Verdict) string {
	set := map[string]bool{}
	for _, f := range v.Findings {
		set[f.Rule] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), " ")
}

func (m *modules) side(t *testing.T, dir, name string, s side) {
	t.Helper()
	text := s.text
	if !strings.Contains(text, "\npackage ") { // names are known in a whole module
		head, rest, _ := strings.Cut(text, "\n")
		text = head + "\npackage " + strings.NewReplacer("/", ".p_", "-", "_").Replace(name) + ";\n" + rest
	}
	files := map[string]string{name + ".proto": text}
	for _, r := range s.imports {
		files[r.Name] = r.Text
	}
	for path, text := range files {
		m.of[path] = name
		write(t, filepath.Join(m.dir, dir, path), text)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// breaking adds the rules that buf finds broken, by pair and direction.
func (m *modules) breaking(t *testing.T, buf, direction, older, newer string, found map[string]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), buf, "breaking", newer, "--against", older, "--error-format", "json")
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "BUF_CACHE_DIR="+filepath.Join(m.dir, "cache"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 100) { // 100: something is broken
		t.Fatalf("buf: %v: %s", err, stderr.String())
	}
	broken := map[string]map[string]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var problem struct{ Path, Type, Message string }
		if err := json.Unmarshal(lines.Bytes(), &problem); err != nil {
			t.Fatalf("buf said %q", lines.Text())
		}
		file := strings.TrimPrefix(filepath.ToSlash(problem.Path), newer+"/")
		pair, ok := m.of[file]
		if !ok {
			t.Fatalf("buf found %s in %q, which is no file of a pair: %s", problem.Type, problem.Path, problem.Message)
		}
		if broken[pair] == nil {
			broken[pair] = map[string]bool{}
		}
		broken[pair][problem.Type] = true
	}
	for pair, types := range broken {
		found[pair+" "+direction] = strings.Join(slices.Sorted(maps.Keys(types)), " ")
	}
}

// argued reads the differences; each stands below the lines that say why.
func argued(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/buf-differences")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	why := false
	for l := range strings.Lines(string(text)) {
		switch l = strings.TrimSpace(l); {
		case l == "":
			why = false
		case strings.HasPrefix(l, "#"):
			why = true
		case !why:
			t.Errorf("no reason stands above %q", l)
		default:
			lines = append(lines, l)
		}
	}
	return lines
}
