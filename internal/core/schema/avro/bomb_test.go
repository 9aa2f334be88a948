package avro_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// What one text may cost, whatever is in it.
const (
	mostTime  = 250 * time.Millisecond
	mostBytes = 64 << 20
)

// bomb is a text that wants to cost much. Says is part of the refusal; empty:
// it is taken, and costs little.
type bomb struct {
	name, text, says string
	refs             []schema.Reference
}

// repeat joins n parts.
func repeat(n int, part func(i int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = part(i)
	}
	return strings.Join(parts, ",")
}

func record(name, fields string) string {
	return `{"type":"record","name":"` + name + `","fields":[` + fields + `]}`
}

func nested(n int, open, inner, end string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
}

// field is a field with a short name.
func field(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"int"}`, i) }

// nestedRecords has a record in a record, n deep.
func nestedRecords(n int) string {
	text := `"int"`
	for i := range n {
		text = record(fmt.Sprintf("R%d", i), `{"name":"f","type":`+text+`}`)
	}
	return text
}

// choices is a default that fits one of two records at each of its levels, and
// none at the end.
func choices(levels int) string {
	var types []string
	inner := `"int"`
	for i := range levels {
		a, b := fmt.Sprintf("A%d", i), fmt.Sprintf("B%d", i)
		types = append(types, `{"name":"t`+a+`","type":`+record(a, `{"name":"f","type":`+inner+`}`)+`}`, `{"name":"t`+b+`","type":`+record(b, `{"name":"f","type":`+inner+`}`)+`}`)
		inner = `["` + a + `","` + b + `"]`
	}
	def := nested(levels, `{"f":`, `"no int"`, `}`)
	return record("R", strings.Join(types, ",")+`,{"name":"x","type":`+inner+`,"default":`+def+`}`)
}

// filled has records whose defaults fill each other's fields, doubling.
func filled(levels int) string {
	fields := `{"name":"t0","type":` + record("T0", `{"name":"a","type":"int","default":1}`) + `}`
	for i := 1; i < levels; i++ {
		inner := fmt.Sprintf(`"type":"T%d","default":{}}`, i-1)
		fields += fmt.Sprintf(`,{"name":"t%d","type":%s}`, i, record(fmt.Sprintf("T%d", i), `{"name":"a",`+inner+`,{"name":"b",`+inner))
	}
	return record("R", fields)
}

// diamond is references that refer to the same two again and again.
func diamond(levels int) []schema.Reference {
	var refs []schema.Reference
	for i := range levels {
		a := fmt.Sprintf(`{"type":"fixed","name":"A%d","size":1}`, i)
		b := fmt.Sprintf(`{"type":"fixed","name":"B%d","size":1}`, i)
		refs = []schema.Reference{{Name: "a", Source: schema.Source{Text: a, References: refs}}, {Name: "b", Source: schema.Source{Text: b, References: refs}}}
	}
	return refs
}

// deepReferences is a chain.
func deepReferences(n int) []schema.Reference {
	var refs []schema.Reference
	for i := range n {
		refs = []schema.Reference{{Name: "r", Source: schema.Source{Text: fmt.Sprintf(`{"type":"fixed","name":"A%d","size":1}`, i), References: refs}}}
	}
	return refs
}

// large is a reference to half of what all texts together may have.
func large(name string) schema.Reference {
	text := fmt.Sprintf(`{"type":"fixed","name":"%s","size":1,"doc":"%s"}`, name, strings.Repeat("x", avro.MaxSource-100))
	return schema.Reference{Name: name, Source: schema.Source{Text: text}}
}

func bombs() []bomb {
	long := strings.Repeat("n", 600)
	much := strings.Repeat("9", avro.MaxSource-200)
	return []bomb{
		{name: "50,000 fields", text: record("R", repeat(50_000, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":%d}`, i, i) })), says: "more than"},
		{name: "one field too many", text: record("R", repeat(avro.MaxFields+1, field)), says: "more than 5000 fields"},
		{name: "fields at the limit", text: record("R", repeat(avro.MaxFields, field))},
		{name: "10,000 arrays", text: nested(10_000, `{"type":"array","items":`, `"int"`, "}"), says: "nested more than"},
		{name: "10,000 brackets", text: nested(10_000, "[", "", "]"), says: "nested more than"},
		{name: "10,000 braces in a property", text: `{"type":"int","p":` + nested(10_000, `{"a":`, "1", "}") + "}", says: "nested more than"},
		{name: "one type too deep", text: nested(schema.MaxDepth, `{"type":"array","items":`, `"int"`, "}"), says: "types are nested more than 64 deep"},
		{name: "records too deep", text: nestedRecords(schema.MaxDepth), says: "nested more than"},
		{name: "records at the limit", text: nestedRecords(schema.MaxDepth - 1)},
		{name: "one byte too many", text: `"string"` + strings.Repeat(" ", avro.MaxSource), says: "more than 524288 bytes of text"},
		{name: "much space", text: strings.Repeat(" ", avro.MaxSource-8) + `"string"`},
		{name: "much comment", text: `"string"/*` + strings.Repeat("/x", avro.MaxSource/2-10) + "*/"},
		{name: "much comments", text: strings.Repeat("/**/", avro.MaxSource/4-10) + `"string"`},
		{name: "much digits", text: `{"type":"fixed","name":"F","size":` + much + "}", says: "is not a size"},
		{name: "much digits for a double", text: record("R", `{"name":"d","type":"double","default":`+much+"}"), says: "is not a value of its type"},
		{name: "much doc", text: `{"type":"fixed","name":"F","size":1,"doc":"` + much + `"}`},
		{name: "much escapes", text: `{"type":"string","p":"` + strings.Repeat(`\u0001`, (avro.MaxSource-100)/6) + `"}`},
		{name: "much name", text: `{"type":"fixed","size":1,"name":"n` + much + `"}`, says: "use at most 512"},
		{name: "a long field", text: record("R", `{"name":"`+long+`","type":"int"}`), says: "use at most 512"},
		{name: "a long symbol", text: `{"type":"enum","name":"E","symbols":["` + long + `"]}`, says: "use at most 512"},
		{name: "a long alias", text: `{"type":"fixed","name":"F","size":1,"aliases":["` + long + `"]}`, says: "use at most 512"},
		{name: "too many values", text: "[" + strings.Repeat("0,", avro.MaxSource/2-2) + "0]", says: "more than 100000 JSON values"},
		{name: "too many objects", text: `{"type":"int","p":[` + strings.Repeat("{},", avro.MaxSource/3-10) + "0]}", says: "more than 100000 JSON values"},
		{name: "many keys", text: "{" + repeat(45_000, func(i int) string { return fmt.Sprintf(`"%d":0`, i) }) + "}", says: "no \"type\""},
		{name: "many of one key", text: "{" + repeat(80_000, func(int) string { return `"a":0` }) + "}", says: "twice"},
		{name: "many branches", text: "[" + repeat(70_000, func(int) string { return `"int"` }) + "]", says: "twice"},
		{name: "many symbols", text: `{"type":"enum","name":"E","symbols":[` + repeat(50_000, func(i int) string { return fmt.Sprintf(`"s%d"`, i) }) + "]}", says: "more than 10000 symbols"},
		{name: "many aliases", text: `{"type":"fixed","name":"F","size":1,"aliases":[` + repeat(101, func(i int) string { return fmt.Sprintf(`"s%d"`, i) }) + "]}", says: "more than 100 aliases"},
		{name: "many types", text: "[" + repeat(avro.MaxTypes+1, func(i int) string { return fmt.Sprintf(`{"type":"fixed","name":"F%d","size":1}`, i) }) + "]", says: "more than 2000 named types"},
		{name: "types at the limit, with aliases", text: "[" + repeat(avro.MaxTypes, func(i int) string {
			return fmt.Sprintf(`{"type":"fixed","name":"F%d","size":1,"aliases":[%s]}`, i, repeat(30, func(j int) string { return fmt.Sprintf(`"a%d"`, j) }))
		}) + "]"},
		{name: "a default that may be 2^20 things", text: choices(20), says: "steps to check"},
		{name: "defaults that fill each other", text: filled(60)},
		{name: "a default of many symbols", text: record("R", `{"name":"e","type":{"type":"enum","name":"E","symbols":[`+repeat(9_000, func(i int) string { return fmt.Sprintf(`"s%d"`, i) })+`]}},{"name":"d","type":{"type":"array","items":"E"},"default":[`+repeat(50_000, func(int) string { return `"s8999"` })+`]}`), says: "steps to check"},
		{name: "a default of many keys", text: record("R", `{"name":"e","type":`+record("S", repeat(4_000, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"int","default":1}`, i) }))+`,"default":{`+repeat(30_000, func(i int) string { return fmt.Sprintf(`"k%d":0`, i) })+`}}`), says: "steps to check"},
		{name: "references in diamonds", text: `"string"`, refs: diamond(60)},
		{name: "references too deep", text: `"string"`, refs: deepReferences(schema.MaxDepth + 1), says: "references are nested more than 64 deep"},
		{name: "parts too large", text: `{"type":"fixed","name":"F","size":1,"doc":"` + much + `"}`, refs: []schema.Reference{large("G"), large("H")}, says: "more than 1048576 bytes of text, with"},
		{name: "no UTF-8", text: "\"\xff\"", says: "not UTF-8"},
	}
}

// TestBombsAreRefused: every text is refused by a limit that has a name, or
// taken, within the time and the memory that one text may cost.
func TestBombsAreRefused(t *testing.T) {
	for _, b := range bombs() {
		var s *avro.Schema
		var err error
		spent, bytes := cost(func() { s, err = avro.Parse(schema.Source{Text: b.text, References: b.refs}) })
		check(t, b, err)
		within(t, b.name, spent, bytes)
		if s != nil {
			spent, bytes = cost(func() { s.Fields() })
			within(t, b.name+": fields", spent, bytes)
		}
	}
}

func check(t *testing.T, b bomb, err error) {
	t.Helper()
	var e *weir.Error
	switch {
	case b.says == "" && err != nil:
		t.Errorf("%s: %v", b.name, err)
	case b.says != "" && (!errors.As(err, &e) || !strings.Contains(e.Public(), b.says) || e.Fix == ""):
		t.Errorf("%s: %v, want %q and a fix", b.name, err, b.says)
	case strings.Contains(b.says, "more than") && e.Kind != weir.Limit:
		t.Errorf("%s: kind %v", b.name, e.Kind)
	case e != nil && len(e.Public()) > 4_000:
		t.Errorf("%s: the error has %d bytes", b.name, len(e.Public()))
	}
}

// cost runs f alone and gives what it took: the time of the processor, which
// does not depend on what else the machine does, and the bytes.
func cost(f func()) (time.Duration, uint64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := processorTime()
	f()
	spent := processorTime() - start
	runtime.ReadMemStats(&after)
	return spent, after.TotalAlloc - before.TotalAlloc
}

// processorTime is what this process has taken so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func within(t *testing.T, name string, spent time.Duration, bytes uint64) {
	t.Helper()
	if spent > slower*mostTime || bytes > mostBytes {
		t.Errorf("%s: %v and %d MB, more than %v and %d MB", name, spent, bytes>>20, mostTime, mostBytes>>20)
	}
	t.Logf("%-40s %10v %6d kB", name, spent.Round(time.Microsecond), bytes>>10)
}

// TestFieldsAreBounded: a small text may have very many places.
func TestFieldsAreBounded(t *testing.T) {
	long := strings.Repeat("n", 500)
	for name, text := range map[string]string{
		"records in records in records": func() string {
			fields := `{"name":"t0","type":` + record("T0", `{"name":"a","type":"int"}`) + `}`
			for i := 1; i < 60; i++ {
				inner := fmt.Sprintf(`"type":"T%d"}`, i-1)
				fields += fmt.Sprintf(`,{"name":"t%d","type":%s}`, i, record(fmt.Sprintf("T%d", i), `{"name":"a",`+inner+`,{"name":"b",`+inner))
			}
			return record("R", fields)
		}(),
		"records without fields": record("R", `{"name":"u","type":[`+repeat(1_900, func(i int) string { return record(fmt.Sprintf("T%d", i), "") })+`]},`+
			repeat(30, func(i int) string {
				return fmt.Sprintf(`{"name":"a%d","type":[`, i) + repeat(1_900, func(i int) string { return fmt.Sprintf(`"T%d"`, i) }) + `]}`
			})),
		"long paths": func() string {
			text := record("Q", repeat(4_000, field))
			for i := range 60 {
				text = record(fmt.Sprintf("R%d", i), `{"name":"`+long+`","type":`+text+`}`)
			}
			return text
		}(),
	} {
		s := mustParse(t, text)
		spent, bytes := cost(func() {
			if n := len(s.Fields()); n > avro.MaxFields {
				t.Errorf("%s: %d fields", name, n)
			}
		})
		within(t, name, spent, bytes)
	}
}

// FuzzParse: no text panics, and what is taken is consistent.
func FuzzParse(f *testing.F) {
	for _, b := range bombs() {
		if len(b.text) < 4_000 {
			f.Add(b.text)
		}
	}
	for _, seed := range []string{
		`"null"`, `[ "int" , {"type":"boolean"} ]`, `{"type":"string","logicalType":"uuid","x":[1.50,null,{"a":"\u00e9"}]}`,
		`{"fields":[{"type":{"type":"boolean"}, "name":"f1"}], "type":"record", "name":"foo", "namespace":"x.y", "aliases":["foo","a.bar"]}`,
		`{"fields":[{"type":"boolean","aliases":["z"],"name":"f1","default":true},{"order":"descending","name":"f2","doc":"Hello","type":"int"}],"type":"error","name":"foo"}`,
		`{"namespace":"x.y.z","type":"enum","name":"foo","doc":"foo bar","symbols":["A1","A2"],"default":"A2"} // end`,
		`{"name":"PigValue","type":"record","fields":[{"name":"value","type":["null","int","long","PigValue"],"default":null}]}`,
		`{"type":"record","name":"a.R","fields":[{"name":"f","type":{"type":"fixed","name":"S","namespace":"","size":2,"logicalType":"decimal","precision":3,"scale":1},"default":"ab"},{"name":"g","type":{"type":"map","values":"S"},"default":{"k":"\u00ff\u0000"}}]}`,
		`{"type":"record","name":"R","fields":[{"name":"d","type":"double","default":"NaN"},{"name":"s","type":{"type":"record","name":"S","fields":[{"name":"x","type":"int","default":1}]},"default":{}}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := avro.Parse(schema.Source{Text: text})
		if err != nil {
			var e *weir.Error
			if !errors.As(err, &e) || e.Fix == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		if wrong := consistent(s); wrong != "" {
			t.Fatal(wrong)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{"12 fields": record("R", repeat(12, field)), "5000 fields": record("R", repeat(avro.MaxFields, field))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustParse(b, text)
			}
		})
	}
}
