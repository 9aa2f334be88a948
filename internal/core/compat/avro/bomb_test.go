package avro_test

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	checker "github.com/weirmesh/weir/internal/core/compat/avro"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// What one comparison may cost.
const (
	mostTime  = 250 * time.Millisecond
	mostBytes = 64 << 20
)

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

// wide is a record with as many fields as there may be, all of a type.
func wide(typ string) string {
	return record("R", repeat(avro.MaxFields, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"%s"}`, i, typ) }))
}

// namesakes is a union of records of one name in many namespaces.
func namesakes(n int, field string) string {
	return "[" + repeat(n, func(i int) string { return record(fmt.Sprintf("s%d.X", i), field) }) + "]"
}

// aliased is a record with as many fields as there may be, each with an alias.
func aliased(prefix string) string {
	return record("R", repeat(avro.MaxFields, func(i int) string { return fmt.Sprintf(`{"name":"g%d","type":"int","aliases":["%s%d"]}`, i, prefix, i) }))
}

// manyNames is a record whose fields have types of different names; with
// aliases, they have one type for all of these.
func manyNames(aliases, fields int) string {
	names := repeat(max(aliases, 1), func(i int) string { return fmt.Sprintf(`"W%d"`, i) })
	return record("R", repeat(fields, func(i int) string {
		switch {
		case aliases == 0:
			return fmt.Sprintf(`{"name":"f%d","type":{"type":"fixed","name":"W%d","size":1}}`, i, i)
		case i == 0:
			return `{"name":"f0","type":{"type":"fixed","name":"X","size":1,"aliases":[` + names + `]}}`
		}
		return fmt.Sprintf(`{"name":"f%d","type":"X"}`, i)
	}))
}

// enums is a record whose fields are all the same large enum.
func enums(prefix string) string {
	return record("R", `{"name":"e","type":{"type":"enum","name":"E","symbols":[`+repeat(avro.MaxSymbols, func(i int) string { return fmt.Sprintf(`"%s%d"`, prefix, i) })+`]}},`+
		repeat(4_000, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"E"}`, i) }))
}

// inLong is a great many fields in a record under a long name, of which the last
// has the type.
func inLong(last string) string {
	fields := repeat(2_000, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"int"}`, i) }) + `,{"name":"last","type":"` + last + `"}`
	return record("R", `{"name":"`+strings.Repeat("n", 500)+`","type":`+record("S", fields)+`}`)
}

// unions has fields that are all the same large union.
func unions(branches, fields int, size int) string {
	all := repeat(branches, func(i int) string { return fmt.Sprintf(`"F%d"`, i) })
	return record("R", repeat(branches, func(i int) string {
		return fmt.Sprintf(`{"name":"t%d","type":{"type":"fixed","name":"F%d","size":%d}}`, i, i, size)
	})+","+repeat(fields, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":[%s]}`, i, all) }))
}

// TestComparisonsAreBounded: schemas at their limits are compared within the
// time and the memory that one comparison may cost, or it says that it gives up.
func TestComparisonsAreBounded(t *testing.T) {
	symbols := func(prefix string) string {
		return `{"type":"enum","name":"E","symbols":[` + repeat(avro.MaxSymbols, func(i int) string { return fmt.Sprintf(`"%s%d"`, prefix, i) }) + "]}"
	}
	for _, c := range []struct {
		name, reader, writer string
		rule                 string // of the first finding; empty: none
	}{
		{"5,000 fields that promote", wide("long"), wide("int"), ""},
		{"5,000 fields that do not", wide("int"), wide("long"), checker.TypeMismatch},
		{"5,000 fields that are not there", wide("int"), record("R", ""), checker.MissingDefault},
		{"symbols at the limit", symbols("a"), symbols("b"), checker.MissingSymbols},
		{"5,000 fields with aliases that are not there", aliased("a"), record("R", ""), checker.MissingDefault},
		{"5,000 fields with aliases, of which none is there", aliased("a"), wide("int"), checker.MissingDefault},
		{"one field that is many others", record("R", `{"name":"g","type":"int","aliases":[`+repeat(99, func(i int) string { return fmt.Sprintf(`"f%d"`, i) })+`]}`), wide("int"), checker.AmbiguousAlias},
		{"one type against many", manyNames(100, 100), manyNames(0, 100), ""},
		{"large unions of unions of all", unions(1_000, 60, 1), unions(999, 60, 2), checker.TooComplex},
		{"enums in every field", enums("a"), enums("b"), checker.MissingSymbols},
		{"a long name around fields", inLong("int"), inLong("long"), checker.TypeMismatch},
		{"namesakes", namesakes(1_900, `{"name":"f","type":"long"}`), namesakes(1_900, `{"name":"f","type":"int"}`), checker.TooComplex},
		{"some namesakes", namesakes(100, `{"name":"f","type":"long"}`), namesakes(100, `{"name":"f","type":"int"}`), ""},
		{"namesakes that are not read", namesakes(100, `{"name":"f","type":"int"}`), namesakes(100, `{"name":"f","type":"long"}`), checker.TypeMismatch},
		{"large unions", unions(200, 150, 1), unions(200, 149, 1), checker.MissingDefault},
		{"large unions that do not match", unions(200, 150, 1), unions(200, 150, 2), checker.FixedSizeMismatch},
	} {
		r, w := mustParse(t, c.reader), mustParse(t, c.writer)
		var ms []schema.Mismatch
		spent, bytes := cost(func() { ms = checker.CanRead(r, w) })
		if spent > slower*mostTime || bytes > mostBytes {
			t.Errorf("%s: %v and %d MB", c.name, spent, bytes>>20)
		}
		if len(ms) > checker.MaxMismatches || (c.rule == "") != (len(ms) == 0) || len(ms) > 0 && ms[0].Rule != c.rule {
			t.Errorf("%s: %d findings, want %q: %v", c.name, len(ms), c.rule, ms[:min(len(ms), 2)])
		}
		t.Logf("%-35s %10v %6d kB, %d findings", c.name, spent.Round(time.Microsecond), bytes>>10, len(ms))
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

// TestTheOrderDecidesNothing: a pair that looks good while it is compared, and
// turns out bad, is bad wherever it was met. Here the first branch of the
// reader's union seems to read the writer's record until its last field.
func TestTheOrderDecidesNothing(t *testing.T) {
	t.Parallel()
	inner := `{"name":"b","type":{"type":"record","name":"B","fields":[{"name":"a","type":["null","s.A"]}]}}`
	reader := mustParse(t, record("R", `{"name":"u","type":[`+record("s.A", inner+`,{"name":"x","type":"int"}`)+`]},{"name":"v","type":"s.B"}`))
	writer := mustParse(t, record("R", `{"name":"u","type":[`+record("s.A", inner+`,{"name":"x","type":"string"}`)+`]},{"name":"v","type":"s.B"}`))
	for _, pair := range [][2]*avro.Schema{{reader, writer}, {writer, reader}} {
		if ms := checker.CanRead(pair[0], pair[1]); len(ms) != 1 || ms[0].Path != "u.A.x" || ms[0].Rule != checker.TypeMismatch {
			t.Errorf("%v", ms)
		}
	}
	back := record("R", `{"name":"v","type":`+record("s.B", `{"name":"a","type":["null",`+record("s.A", `{"name":"b","type":"s.B"},{"name":"x","type":"int"}`)+`]}`)+`}`)
	if ms := checker.CanRead(mustParse(t, back), mustParse(t, strings.Replace(back, `"x","type":"int"`, `"x","type":"string"`, 1))); len(ms) != 1 || ms[0].Path != "v.a.x" {
		t.Errorf("%v", ms)
	}
}

// FuzzCanRead: no two schemas panic, each reads itself, and what is found says
// what to do.
func FuzzCanRead(f *testing.F) {
	f.Add(`["null",{"type":"record","name":"a.X","fields":[{"name":"f","type":["null","X"],"default":null}]}]`, `{"type":"record","name":"b.X","aliases":["a.Y"],"fields":[]}`)
	f.Add(`{"type":"enum","name":"E","symbols":["A"],"default":"A"}`, `{"type":"enum","name":"E","symbols":["A","B"]}`)
	f.Add(`{"type":"map","values":{"type":"array","items":["int","string"]}}`, `{"type":"map","values":{"type":"array","items":"bytes"}}`)
	f.Add(`{"type":"fixed","name":"F","size":8,"logicalType":"decimal","precision":9,"scale":2}`, `{"type":"fixed","name":"F","size":8}`)
	f.Fuzz(func(t *testing.T, reader, writer string) {
		r, errReader := avro.Parse(schema.Source{Text: reader})
		w, errWriter := avro.Parse(schema.Source{Text: writer})
		if errReader != nil || errWriter != nil {
			return
		}
		if ms := checker.CanRead(w, w); len(ms) > 0 {
			t.Fatalf("%s does not read itself: %v", writer, ms)
		}
		for _, m := range checker.CanRead(r, w) {
			if m.Rule == "" || m.Reader == "" || m.Writer == "" || m.Msg == "" || m.Fix == "" {
				t.Fatalf("%+v", m)
			}
		}
	})
}

func BenchmarkCanRead(b *testing.B) {
	fields := func(n int) string {
		return record("R", repeat(n, func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":["null","string"],"default":null}`, i) }))
	}
	r, w := mustParse(b, fields(13)), mustParse(b, fields(12))
	b.ReportAllocs()
	for b.Loop() {
		if len(checker.CanRead(r, w)) > 0 {
			b.Fatal("does not read")
		}
	}
}
