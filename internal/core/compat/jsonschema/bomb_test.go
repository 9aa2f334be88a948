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

// names is a list of names in quotes.
func names(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%s%d",`, prefix, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// shared is a definition that many properties have, each beside something of
// its own, which stands where %d is.
func shared(definition, own string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"definitions":{"b":%s},"properties":{`, definition)
	for i := range n {
		fmt.Fprintf(&b, `"p%d":%s,`, i, strings.ReplaceAll(own, "%d", fmt.Sprint(i)))
	}
	return strings.TrimSuffix(b.String(), ",") + "}}"
}

// dependent is a name that needs a great many others.
func dependent(prefix string, n int) string {
	return `{"dependencies":{"x":[` + names(prefix, n) + `]}}`
}

// branching has an inner schema at many places of the same path.
func branching(levels int, leaf string) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/definitions/a0","definitions":{`)
	for i := range levels {
		fmt.Fprintf(&b, `"a%d":{"allOf":[{"$ref":"#/definitions/a%d"},{"$ref":"#/definitions/a%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"a%d":%s}}`, levels, leaf)
	return b.String()
}

// allOf is one schema of a great many.
func allOf(n int, part string) string {
	return `{"allOf":[` + strings.TrimSuffix(strings.Repeat(part+",", n), ",") + `]}`
}

// chained is definitions that the validator has to judge by, all together.
func chained(n int) string {
	var defs, refs []string
	for i := range n {
		defs = append(defs, fmt.Sprintf(`"a%d":{"pattern":"a"}`, i))
		refs = append(refs, fmt.Sprintf(`{"$ref":"#/definitions/a%d"}`, i))
	}
	return `{"definitions":{` + strings.Join(defs, ",") + `},"allOf":[` + strings.Join(refs, ",") + `]}`
}

// unevaluated has many schemas that judge what a large one leaves.
func unevaluated(n, fields int) string {
	return `{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{"b":` + record(fields, "true") + `},"properties":{` +
		strings.TrimSuffix(strings.Repeat(`"p%d":{"$ref":"#/$defs/b","unevaluatedProperties":false},`, n), ",") + `}}`
}

// numbered fills in different numbers.
func numbered(s string) string {
	parts := strings.Split(s, "%d")
	var b strings.Builder
	for i, p := range parts[:len(parts)-1] {
		fmt.Fprintf(&b, "%s%d", p, i)
	}
	return b.String() + parts[len(parts)-1]
}

// judged has many values and a schema in which each is looked for dearly.
func judged(values, fields int, keyword string) string {
	return shared(`{"enum":[`+names("v", values)+`]}`, `{"allOf":[{"$ref":"#/definitions/b"},`+keyword+`]}`, fields)
}

// TestComparisonIsBounded: pairs that are meant to cost much are judged, or
// found too complex, in bounded time and memory.
func TestComparisonIsBounded(t *testing.T) {
	for name, c := range map[string]struct{ reader, writer, rule string }{
		"every field changed":               {record(2400, `{"type":"string","maxLength":4}`), record(2400, `{"type":"string","maxLength":5}`), "MAX_LENGTH_DECREASED"},
		"every field compatible":            {record(2400, `{"type":["string","null"]}`), record(2400, `{"type":"string"}`), ""},
		"doubling alternatives":             {alternatives(12, `{"type":"string"}`), alternatives(12, `{"type":"number"}`), "COMBINED_TYPE_SUBSCHEMAS_CHANGED"},
		"unions of unions":                  {many(200, `"type":"null"`), many(200, `"type":["null","boolean"]`), "TOO_COMPLEX"},
		"enum of thousands":                 {enum(0, 9999), enum(1, 10_000), "ENUM_ARRAY_CHANGED"},
		"a field for each pattern":          {record(1000, `{}`), strings.Replace(record(1000, `{}`), `"properties"`, `"patternProperties"`, 1), "TOO_COMPLEX"},
		"thousands required":                {`{"required":[` + names("q", 9999) + `]}`, `{"required":[` + names("r", 9999) + `]}`, "REQUIRED_ATTRIBUTE_ADDED"},
		"thousands required, as before":     {`{"required":[` + names("r", 9999) + `]}`, `{"required":[` + names("r", 9998) + `]}`, "REQUIRED_ATTRIBUTE_ADDED"},
		"an enum shared by a thousand":      {shared(`{"enum":[`+names("q", 9000)+`]}`, `{"anyOf":[{"$ref":"#/definitions/b"},{"const":%d}]}`, 1200), shared(`{"enum":[`+names("r", 9000)+`]}`, `{"anyOf":[{"$ref":"#/definitions/b"},{"const":%d}]}`, 1200), "VALUE_REJECTED"},
		"an enum grown, shared by hundreds": {shared(`{"enum":[`+names("r", 9001)+`]}`, `{"anyOf":[{"$ref":"#/definitions/b"},{"const":%d}]}`, 300), shared(`{"enum":[`+names("r", 9000)+`]}`, `{"anyOf":[{"$ref":"#/definitions/b"},{"const":%d}]}`, 300), ""},
		"required, shared by a thousand":    {shared(`{"required":[`+names("q", 9000)+`]}`, `{"allOf":[{"$ref":"#/definitions/b"},{"minProperties":%d}]}`, 1200), shared(`{"required":[`+names("r", 9000)+`]}`, `{"allOf":[{"$ref":"#/definitions/b"},{"minProperties":%d}]}`, 1200), "REQUIRED_ATTRIBUTE_ADDED"},
		"dependencies":                      {dependent("q", 9999), dependent("r", 9999), "DEPENDENCY_ARRAY_CHANGED"},
		"what is wrong doubles":             {branching(12, record(1000, `{"maxLength":3}`)), branching(12, record(1000, `{"type":"string"}`)), "MAX_LENGTH_ADDED"},
		"all of thousands":                  {allOf(4900, `{"minLength":1}`), allOf(4900, `{"minLength":2}`), "TOO_COMPLEX"},
		"all of thousands of names":         {allOf(2400, `{"properties":{"a":{"minLength":3}}}`), allOf(2400, `{"properties":{"a":{"minLength":2}}}`), "TOO_COMPLEX"},
		"unevaluated":                       {numbered(unevaluated(1500, 1500)), numbered(unevaluated(1499, 1500)), "TOO_COMPLEX"},
		"values judged":                     {judged(5000, 100, `{"pattern":"^(v[0-9]?){500}$"}`), judged(5000, 100, `{"pattern":"^(v[0-9]?){499}$"}`), "TOO_COMPLEX"},
		"long values judged":                {`{"pattern":"(a?a?a?a?a?){500}$"}`, `{"enum":["` + strings.Repeat("a", 200_000) + `"]}`, "TOO_COMPLEX"},
		"long names":                        {`{"patternProperties":{"(a?a?a?a?a?){500}$":{"type":"string"}}}`, `{"properties":{"` + strings.Repeat("a", 200_000) + `":{"type":"string"}}}`, "TOO_COMPLEX"},
		"values by reference":               {shared(`{"anyOf":[{"minLength":1},{"type":"number"}]}`, `{"$ref":"#/definitions/b"}`, 2000), shared(`{"enum":[`+names("r", 2000)+`]}`, `{"$ref":"#/definitions/b"}`, 2000), "TOO_COMPLEX"},
		"values judged by many":             {chained(2400), `{"enum":["a"]}`, ""},
		"patterns against patterns":         {patterned(2400, "x"), patterned(2400, "y"), "TOO_COMPLEX"},
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
			t.Logf("%-40s %10v, %6d KB: %d findings, %s", name, took, (after.TotalAlloc-before.TotalAlloc)>>10, len(ms), rule)
			if rule != c.rule {
				t.Errorf("%s, want %s", rule, c.rule)
			}
			if took > 250*time.Millisecond && !raceOn || after.TotalAlloc-before.TotalAlloc > 64<<20 {
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
