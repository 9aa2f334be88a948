package avro_test

import (
	"strings"
	"testing"

	lib "github.com/twmb/avro"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/compat"
	checker "github.com/weirmesh/weir/internal/core/compat/avro"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
	"github.com/weirmesh/weir/internal/core/schema/avro/avrotest"
)

// parse understands a schema that avrotest made.
func parse(t *rapid.T, s *avrotest.Schema) *avro.Schema {
	p, err := avro.Parse(schema.Source{Text: s.Text()})
	if err != nil {
		t.Fatalf("%s\n%v", s.Text(), err)
	}
	return p
}

// TestEverySchemaReadsItself, also with other docs, so that it is compared type
// by type.
func TestEverySchemaReadsItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := avrotest.Draw(t)
		a := parse(t, s)
		other, err := avro.Parse(schema.Source{Text: strings.ReplaceAll(s.Text(), `"doc":"of `, `"doc":"about `)})
		if err != nil {
			t.Fatal(err)
		}
		for _, reader := range []*avro.Schema{a, parse(t, s), other} {
			if ms := checker.CanRead(reader, a); len(ms) > 0 {
				t.Fatalf("%s\n%v", s.Text(), ms)
			}
		}
	})
}

// TestFullIsBackwardAndForward: for every two schemas.
func TestFullIsBackwardAndForward(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := avrotest.Draw(t)
		next, earlier := parse(t, avrotest.Evolve(t, s)), []compat.Version{{Version: 1, Schema: parse(t, s)}}
		check := func(l weir.Compatibility) bool { return compat.Check(l, next, earlier, canRead).Compatible() }
		if check(weir.CompatFull) != (check(weir.CompatBackward) && check(weir.CompatForward)) {
			t.Fatalf("%s\n%s", next.Canonical(), s.Text())
		}
	})
}

// TestWhatCanBeReadIsDecoded: if nothing stops a reader, a reference decoder
// with his schema takes whatever the writer writes, to its last byte. And if
// something does, that decoder's library finds something, too, but for what the
// docs argue.
func TestWhatCanBeReadIsDecoded(t *testing.T) {
	t.Parallel()
	good, bad := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := avrotest.Draw(t)
		next := avrotest.Evolve(t, s)
		reader, writer := parse(t, next), parse(t, s)
		record := s.Encode(t)
		if rapid.Bool().Draw(t, "forward") {
			reader, writer, record = writer, reader, next.Encode(t)
		}
		ms := checker.CanRead(reader, writer)
		resolved, err := resolve(t, reader, writer)
		switch {
		case len(ms) == 0 && err != nil:
			t.Fatalf("reader %s\nwriter %s\nthe library says %v", reader.Canonical(), writer.Canonical(), err)
		case len(ms) == 0:
			good++
			decode(t, resolved, record)
		case err == nil && !argued(ms):
			t.Fatalf("reader %s\nwriter %s\nthe library says nothing, and the checker %v", reader.Canonical(), writer.Canonical(), ms)
		default:
			bad++
		}
	})
	if good < 10 || bad < 10 {
		t.Errorf("%d good pairs and %d bad ones: the test is too one-sided", good, bad)
	}
}

func resolve(t *rapid.T, reader, writer *avro.Schema) (*lib.Schema, error) {
	w, err := writer.Avro()
	if err != nil {
		t.Fatal(err)
	}
	r, err := reader.Avro()
	if err != nil {
		t.Fatal(err)
	}
	return lib.Resolve(w, r)
}

func decode(t *rapid.T, s *lib.Schema, record []byte) {
	var v any
	rest, err := s.Decode(record, &v)
	if err != nil || len(rest) > 0 {
		t.Fatalf("%s\n%x: %v, %d bytes left", s, record, err, len(rest))
	}
}

// argued reports whether all of it is what the library takes and the docs say
// why it should not be taken: a field that may be null and has no default, and
// an alias without a namespace for a type of another namespace.
func argued(ms []schema.Mismatch) bool {
	for _, m := range ms {
		nullable := m.Rule == checker.MissingDefault && strings.HasPrefix(m.Reader, "union<null")
		alias := m.Rule == checker.NameMismatch && namespace(m.Reader) != namespace(m.Writer)
		if !nullable && !alias {
			return false
		}
	}
	return true
}

func namespace(full string) string { return full[:strings.LastIndexByte(full, '.')+1] }
