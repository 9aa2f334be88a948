package jsonschema_test

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	compat "github.com/weirmesh/weir/internal/core/compat/jsonschema"
)

// record is a closed object of many fields.
func record(n int, field string) string {
	var b strings.Builder
	b.WriteString(`{"type":"object","additionalProperties":false,"properties":{`)
	for i := range n {
		fmt.Fprintf(&b, `"f%d":%s,`, i, field)
	}
	return strings.TrimSuffix(b.String(), ",") + "}}"
}

// alternatives is definitions of which each has the next one twice.
func alternatives(levels int, leaf string) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/definitions/a0","definitions":{`)
	for i := range levels {
		fmt.Fprintf(&b, `"a%d":{"anyOf":[{"properties":{"x":{"$ref":"#/definitions/a%d"}}},{"properties":{"y":{"$ref":"#/definitions/a%d"}}}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"a%d":%s}}`, levels, leaf)
	return b.String()
}

// many is an allOf of a great many unions.
func many(n int, types string) string {
	return `{"allOf":[` + strings.TrimSuffix(strings.Repeat(`{"anyOf":[{"type":"string","maxLength":5},{`+types+`}]},`, n), ",") + `]}`
}

func enum(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, `"v%d",`, i)
	}
	return `{"enum":[` + strings.TrimSuffix(b.String(), ",") + `]}`
}

// patterned is a closed object of many patterns.
func patterned(n int, suffix string) string {
	return strings.ReplaceAll(strings.Replace(record(n, `{"type":"string"}`), `"properties"`, `"patternProperties"`, 1), `":{"type":"string"`, suffix+`":{"type":"string"`)
}

// TestComparisonIsBounded: pairs that are meant to cost much are judged, or
// found too complex, in bounded time and memory.
func TestComparisonIsBounded(t *testing.T) {
	for name, c := range map[string]struct{ reader, writer, rule string }{
		"every field changed":       {record(2400, `{"type":"string","maxLength":4}`), record(2400, `{"type":"string","maxLength":5}`), "MAX_LENGTH_DECREASED"},
		"every field compatible":    {record(2400, `{"type":["string","null"]}`), record(2400, `{"type":"string"}`), ""},
		"doubling alternatives":     {alternatives(12, `{"type":"string"}`), alternatives(12, `{"type":"number"}`), "COMBINED_TYPE_SUBSCHEMAS_CHANGED"},
		"unions of unions":          {many(200, `"type":"null"`), many(200, `"type":["null","boolean"]`), "TOO_COMPLEX"},
		"enum of thousands":         {enum(0, 9999), enum(1, 10_000), "ENUM_ARRAY_CHANGED"},
		"a field for each pattern":  {record(1000, `{}`), strings.Replace(record(1000, `{}`), `"properties"`, `"patternProperties"`, 1), "TOO_COMPLEX"},
		"patterns against patterns": {patterned(2400, "x"), patterned(2400, "y"), "TOO_COMPLEX"},
	} {
		t.Run(name, func(t *testing.T) {
			reader, writer := mustParse(t, c.reader), mustParse(t, c.writer)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := spent(t)
			ms := compat.CanRead(reader, writer)
			took := spent(t) - began
			runtime.ReadMemStats(&after)
			rule := ""
			if len(ms) > 0 {
				rule = ms[0].Rule
			}
			t.Logf("%v, %d KB: %d findings, %s", took, (after.TotalAlloc-before.TotalAlloc)>>10, len(ms), rule)
			if rule != c.rule {
				t.Errorf("%s, want %s", rule, c.rule)
			}
			if took > 400*time.Millisecond && !raceOn || after.TotalAlloc-before.TotalAlloc > 64<<20 {
				t.Errorf("took %v and %d KB", took, (after.TotalAlloc-before.TotalAlloc)>>10)
			}
		})
	}
}

// spent is the processor time that the tests have taken so far: other programs
// do not count. Tests that measure it do not run beside others.
func spent(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
