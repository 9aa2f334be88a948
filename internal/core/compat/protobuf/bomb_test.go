package protobuf_test

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/core/compat"
	rules "github.com/weirmesh/weir/internal/core/compat/protobuf"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// What one comparison may cost.
const (
	mostTime  = 250 * time.Millisecond
	mostBytes = 64 << 20
)

// lines is a message of parts, each with its number.
func lines(n int, part string) string {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\nmessage M {\n")
	for i := range n {
		b.WriteString(strings.NewReplacer("%d", fmt.Sprint(i), "%n", fmt.Sprint(i+1), "%m", fmt.Sprint(5001+i), "%o", fmt.Sprint(5001+(i+1)%n)).Replace(part) + "\n")
	}
	return b.String() + "}\n"
}

// TestComparisonIsBounded: schemas near their limits are compared within the
// time and the memory that one comparison may cost.
func TestComparisonIsBounded(t *testing.T) {
	pairOf := func(n int, reader, writer string) [2]string { return [2]string{lines(n, reader), lines(n, writer)} }
	for name, c := range map[string]struct {
		texts [2]string
		rule  string // of the first finding
	}{
		"fields of thousands of oneofs change places": {pairOf(1000, "oneof o%d { int32 a%d = %n; string b%d = %o; }", "oneof o%d { int32 a%d = %n; string b%d = %m; }"), "MULTIPLE_FIELDS_MOVED_TO_ONEOF"},
		"thousands of oneofs lose a field":            {pairOf(1000, "oneof o%d { int32 a%d = %n; }", "oneof o%d { int32 a%d = %n; string b%d = %m; }"), "ONEOF_FIELD_REMOVED"},
		"thousands of oneofs":                         {pairOf(1000, "oneof o%d { int32 a%d = %n; string b%d = %m; }", "oneof o%d { int64 a%d = %n; bytes b%d = %m; }"), ""},
		"every field changes":                         {pairOf(4900, "string f%d = %n;", "int32 f%d = %n;"), "FIELD_SCALAR_KIND_CHANGED"},
		"every field is compatible":                   {pairOf(4900, "int64 f%d = %n;", "int32 f%d = %n;"), ""},
		"every field optional":                        {pairOf(2400, "optional int64 f%d = %n;", "optional int32 f%d = %n;"), ""},
		"messages in a message":                       {pairOf(1900, "message N%d { int64 f = 1; }", "message N%d { int32 f = 1; }"), ""},
		"groups of messages":                          {pairOf(1900, "message N%d { } N%d n%d = %n;", "message N%d { string f = 1; } N%d n%d = %n;"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, w := understood(t, c.texts[0]), understood(t, c.texts[1])
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			began := spent(t)
			ms := rules.CanRead(r, w)
			took := spent(t) - began
			runtime.ReadMemStats(&after)
			bytes := after.TotalAlloc - before.TotalAlloc
			t.Logf("%v, %d KB, %d findings", took, bytes>>10, len(ms))
			if took > mostTime && !raceOn || bytes > mostBytes {
				t.Errorf("took %v and %d KB", took, bytes>>10)
			}
			if len(ms) > compat.MaxFindings || (c.rule == "") != (len(ms) == 0) || len(ms) > 0 && ms[0].Rule != c.rule {
				t.Errorf("%d findings, want %q: %v", len(ms), c.rule, ms[:min(len(ms), 2)])
			}
		})
	}
}

// understood parses a text within the bounds, too.
func understood(t *testing.T, text string) *protobuf.Schema {
	t.Helper()
	began := spent(t)
	s, err := protobuf.Parse(schema.Source{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("parsed in %v", spent(t)-began)
	return s
}

// spent is the processor time that the tests have taken so far: other programs
// do not count. Tests that measure it do not run beside others.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
