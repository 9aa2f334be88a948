// Package arch is the layout of Weir as a table and a few checks, so that a
// test can say which import is not allowed, and why, in one sentence.
//
// Near the root is pure and knows nothing; what touches the world sits at the
// rim; one package wires. Test files are free: a test uses the real thing, or
// its real fake, wherever that lives.
package arch

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Module is the path of the module that the table is about.
const Module = "github.com/weirmesh/weir"

// libraries says which packages of other modules a floor may import.
type libraries uint8

const (
	standardOnly libraries = iota // the standard library
	pureOnly                      // and those that compute and never touch the world
	allLibraries                  // and any but those for tests
)

// floor is one line of the table. The first whose dir holds a package decides.
type floor struct {
	dir      string   // relative to the module's root; "" is the root itself alone
	may      []string // the floors that it may import, besides itself and the kit
	lib      libraries
	apart    bool // its packages never import each other
	pure     bool // no I/O, no clock, no goroutine
	testCode bool // runs only under test, like a test file
}

// root and kit are importable from everywhere.
const (
	root = ""
	kit  = "internal/kit"
)

// floors is the table of design section 6, from the root to the rim.
var floors = []floor{
	{dir: root},
	{dir: "client"},
	{dir: kit, apart: true},
	{dir: "internal/arch"},
	{dir: "internal/core", lib: pureOnly, pure: true},
	{dir: "internal/format", may: []string{"internal/core"}, lib: allLibraries},
	{dir: "internal/writer", may: []string{"internal/core"}},
	{dir: "internal/app", may: []string{"internal/core", "internal/format"}, lib: pureOnly, apart: true},
	{dir: "internal/apply", may: []string{"internal/core", "internal/format", "internal/app"}, lib: pureOnly},
	{dir: "internal/worker", may: []string{"internal/core", "internal/format", "internal/app"}, lib: pureOnly},
	{dir: "internal/driver", may: []string{"internal/core", "internal/format"}, lib: allLibraries, apart: true},
	{dir: "internal/serve", may: []string{"internal/core", "internal/format", "internal/app", "client"}, lib: allLibraries, apart: true},
	{dir: "internal/demo", may: []string{"client"}, lib: allLibraries},
	{dir: "internal/importer", may: []string{"client"}},
	{dir: "internal/node", may: []string{
		"internal/core", "internal/format", "internal/writer", "internal/app", "internal/apply",
		"internal/worker", "internal/driver", "internal/serve", "client",
	}, lib: allLibraries},
	{dir: "internal/cli", may: []string{"client", "internal/format", "internal/node", "internal/demo", "internal/importer"}, lib: allLibraries},
	{dir: "cmd/weir", may: []string{"internal/cli"}},
	{dir: "test/accept/killnode", may: []string{"internal/node", "internal/driver"}, lib: allLibraries, testCode: true}, // a node with a way to end at a named moment
	{dir: "test", may: []string{"client"}, lib: allLibraries, testCode: true},
	{dir: "examples", lib: allLibraries}, // programs of others, in a module of their own: nothing of ours
}

// pureLibraries compute and never touch the world; the rules may use them.
var pureLibraries = []string{
	"cel.dev/cel-go",
	"github.com/bufbuild/protocompile",
	"github.com/klauspost/compress",
	"github.com/pierrec/lz4/v4",
	"github.com/santhosh-tekuri/jsonschema/v6",
	"github.com/twmb/avro",
	"github.com/twmb/franz-go/pkg/kbin",
	"github.com/twmb/franz-go/pkg/kerr",
	"github.com/twmb/franz-go/pkg/kmsg",
	"github.com/wasilibs/go-pgquery",
	"golang.org/x/crypto/argon2",
	"google.golang.org/protobuf",
}

// testLibraries are for test files and conformance suites.
var testLibraries = []string{
	"testing",
	"github.com/cockroachdb/datadriven",
	"github.com/google/go-cmp",
	"github.com/rogpeppe/go-internal",
	"go.uber.org/goleak",
	"pgregory.net/rapid",
}

// worldly are the packages of the standard library by which code reaches the
// world; the rules do without.
var worldly = []string{"database", "log", "net", "os", "plugin", "syscall"}

// Check says why a package may not import another, or nil. Both are import
// paths; test files are not asked about.
func Check(from, to string) error {
	here, ok := floorOf(from)
	if !ok {
		return fmt.Errorf("%s stands on no floor: put it where the table in internal/arch has a place, or add a line there with its reason", from)
	}
	if within(to, Module) {
		return checkOwn(here, from, to)
	}
	return checkForeign(here, from, to)
}

// checkOwn judges an import of this module.
func checkOwn(here floor, from, to string) error {
	there, ok := floorOf(to)
	switch {
	case !ok:
		return fmt.Errorf("%s imports %s, which stands on no floor: add it to the table in internal/arch", from, to)
	case isSuite(to) && !isSuite(from):
		return fmt.Errorf("%s imports %s: a conformance suite is for tests; import it from a _test.go file", from, to)
	case here.dir == there.dir && here.apart && sibling(here, from) != sibling(here, to):
		return fmt.Errorf("%s imports its sibling %s: name what you need as an unexported interface and let internal/node wire it", from, to)
	case here.dir == there.dir, there.dir == root, there.dir == kit, slices.Contains(here.may, there.dir):
		return nil
	}
	return fmt.Errorf("%s imports %s: %s may import %s; move the code to the floor it belongs to, or take what you need as a parameter",
		from, to, name(here), allowed(here))
}

// checkForeign judges an import of the standard library or another module.
func checkForeign(here floor, from, to string) error {
	suite := here.testCode || isSuite(from)
	standard := !strings.Contains(strings.Split(to, "/")[0], ".")
	switch {
	case to == "C":
		return fmt.Errorf("%s imports C: weir is built without cgo", from)
	case anyWithin(to, testLibraries) && !suite:
		return fmt.Errorf("%s imports %s: that is for tests; move the code to a _test.go file or a package whose name ends in test", from, to)
	case standard && here.pure && anyWithin(to, worldly):
		return fmt.Errorf("%s imports %s: rules do no I/O; take what you need as a parameter", from, to)
	case standard, suite, here.lib == allLibraries:
		return nil
	case here.lib == pureOnly && anyWithin(to, pureLibraries):
		return nil
	case here.lib == pureOnly:
		return fmt.Errorf("%s imports %s: %s may use only the libraries listed in internal/arch, which compute and never touch the world", from, to, name(here))
	}
	return fmt.Errorf("%s imports %s: %s imports no library", from, to, name(here))
}

// floorOf finds a package's line of the table.
func floorOf(pkg string) (floor, bool) {
	if pkg == Module {
		return floors[0], true
	}
	rel, ok := strings.CutPrefix(pkg, Module+"/")
	if !ok {
		return floor{}, false
	}
	i := slices.IndexFunc(floors, func(f floor) bool { return f.dir != root && within(rel, f.dir) })
	if i < 0 {
		return floor{}, false
	}
	return floors[i], true
}

// sibling is the part of a package's path by which neighbours are told apart.
func sibling(f floor, pkg string) string {
	rel := strings.TrimPrefix(strings.TrimPrefix(pkg, Module+"/"+f.dir), "/")
	first, _, _ := strings.Cut(rel, "/")
	return first
}

// isSuite reports whether a package is a conformance suite or a test helper.
func isSuite(pkg string) bool { return strings.HasSuffix(path.Base(pkg), "test") }

// within reports whether a path is dir or lies in it.
func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func anyWithin(p string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return within(p, d) })
}

func name(f floor) string {
	if f.dir == root {
		return "the root package"
	}
	return f.dir
}

// allowed lists what a floor may import of this module, for people.
func allowed(f floor) string {
	if f.dir == root {
		return "the standard library only"
	}
	return strings.Join(append([]string{"the root package", kit}, f.may...), ", ")
}
