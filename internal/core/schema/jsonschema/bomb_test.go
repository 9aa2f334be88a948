package jsonschema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// bomb is a text that is small, or just allowed, and meant to cost much.
type bomb struct {
	name string
	src  schema.Source
	kind weir.ErrKind // what it is refused as; Internal: it is taken
}

func text(s string) schema.Source { return schema.Source{Text: s} }

// bombs are the attacks that are known, at sizes around the limits.
func bombs() []bomb {
	rep := strings.Repeat
	var all []bomb
	add := func(k weir.ErrKind, name, s string) { all = append(all, bomb{name, text(s), k}) }
	add(weir.Limit, "doubling anyOf", doubling("anyOf", 30, false))
	add(weir.Limit, "doubling allOf", doubling("allOf", 30, false))
	add(weir.Limit, "doubling oneOf through properties", doubling("oneOf", 30, true))
	add(weir.Internal, "anyOf doubled 14 times", doubling("anyOf", 14, false))
	add(weir.Limit, "deep arrays", rep("[", 100_000)+rep("]", 100_000))
	add(weir.Limit, "deep items", rep(`{"items":`, 2000)+"{}"+rep("}", 2000))
	add(weir.Limit, "deep not", rep(`{"not":`, 70)+"{}"+rep("}", 70))
	add(weir.Internal, "not 60 deep", rep(`{"not":`, 60)+"{}"+rep("}", 60))
	add(weir.Limit, "a megabyte", `{"description":"`+rep("x", 1<<20)+`"}`)
	add(weir.Limit, "a megabyte of space", rep(" ", 1<<20)+"{}")
	add(weir.Limit, "50,000 fields", fields(50_000, `{}`))
	add(weir.Limit, "6,000 fields", fields(6_000, `{}`))
	add(weir.Internal, "4,900 fields", fields(4_900, `{"type":"string"}`))
	add(weir.Limit, "20,000 enum values", `{"enum":[`+numbers(20_000)+`]}`)
	add(weir.Internal, "10,000 enum values", `{"enum":[`+numbers(10_000)+`]}`)
	add(weir.Internal, "10,000 required", `{"required":[`+quoted(10_000)+`]}`)
	add(weir.Internal, "a great many values", `{"default":[`+rep(`[[],[],[],[],[],[],[],[],[],[]],`, 7_000)+`0]}`)
	add(weir.Limit, "number of a million digits", `{"maximum":1`+rep("0", 200_000)+`}`)
	add(weir.Limit, "exponent of a billion", `{"maximum":1e1000000000}`)
	add(weir.Limit, "small exponent", `{"enum":[1e-99999999]}`)
	add(weir.Invalid, "nested repetition", `{"pattern":"((a{100}){100}){100}"}`)
	add(weir.Limit, "repetition of a thousand, twenty times", `{"pattern":"`+rep("a{1000}", 20)+`"}`)
	add(weir.Limit, "long pattern", `{"pattern":"`+rep("a", 5000)+`"}`)
	add(weir.Limit, "many patterns", `{"patternProperties":{`+manyPatterns(400)+`}}`)
	add(weir.Limit, "2,000 ids", fields(2000, `{"$id":"i%d"}`))
	add(weir.Internal, "4,000 references to one", `{"definitions":{"d":{"type":"string"}},`+fields(4000, `{"$ref":"#/definitions/d"}`)[1:])
	add(weir.Internal, "chain of references", chain(2000))
	add(weir.Internal, "500 references to places that hold no schema", `{"x":[`+rep(`{"a":{}},`, 499)+`{}],`+fields(499, `{"$ref":"#/x/%d/a"}`)[1:])
	add(weir.Invalid, "cycle of references", `{"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"}`)
	add(weir.Invalid, "cycle through anyOf", `{"anyOf":[{"type":"string"},{"$ref":"#"}]}`)
	add(weir.Limit, "long names around 2,000 fields", around(25, 2000, 2000))
	add(weir.Internal, "long names around 900 fields", around(1, 2000, 900))
	add(weir.Invalid, "lookahead", `{"pattern":"^(?=.*a)(?=.*b).*$"}`)
	add(weir.Invalid, "backreference", `{"pattern":"(a+)\\1"}`)
	add(weir.Invalid, "file", `{"$ref":"file:///etc/passwd"}`)
	add(weir.Invalid, "remote", `{"$ref":"http://169.254.169.254/latest/meta-data"}`)
	add(weir.Invalid, "remote metaschema that is none", `{"$ref":"http://json-schema.org/draft-07/../../etc"}`)
	all = append(all, bomb{"doubling references", schema.Source{Text: `{"$ref":"r0"}`, References: doublingRefs(0, 20)}, weir.Internal})
	all = append(all, bomb{"references of two megabytes", schema.Source{Text: `{}`, References: bigRefs(10)}, weir.Limit})
	return all
}

// around is fields within records that have long names.
func around(levels, length, n int) string {
	name := strings.Repeat("n", length)
	return strings.Repeat(`{"properties":{"`+name+`":`, levels) + fields(n, `{"type":"string"}`) + strings.Repeat("}}", levels)
}

// doubling is definitions of which each has the next one twice.
func doubling(keyword string, levels int, deeper bool) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/definitions/a0","definitions":{`)
	for i := range levels {
		next := fmt.Sprintf(`{"$ref":"#/definitions/a%d"}`, i+1)
		if deeper {
			next = `{"properties":{"x":` + next + `}}`
		}
		fmt.Fprintf(&b, `"a%d":{%q:[%s,%s]},`, i, keyword, next, next)
	}
	fmt.Fprintf(&b, `"a%d":{"type":"string"}}}`, levels)
	return b.String()
}

func fields(n int, schema string) string {
	var b strings.Builder
	b.WriteString(`{"properties":{`)
	for i := range n {
		s := schema
		if strings.Contains(s, "%d") {
			s = fmt.Sprintf(s, i)
		}
		fmt.Fprintf(&b, `"f%d":%s,`, i, s)
	}
	return strings.TrimSuffix(b.String(), ",") + "}}"
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,", i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func quoted(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"r%d",`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func manyPatterns(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"^%d[a-z]{900}$":{},`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func chain(n int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/definitions/a0","definitions":{`)
	for i := range n {
		fmt.Fprintf(&b, `"a%d":{"$ref":"#/definitions/a%d"},`, i, i+1)
	}
	fmt.Fprintf(&b, `"a%d":{}}}`, n)
	return b.String()
}

func doublingRefs(level, levels int) []schema.Reference {
	if level == levels {
		return []schema.Reference{{Name: fmt.Sprintf("r%d", level), Source: text(`{}`)}}
	}
	refs := doublingRefs(level+1, levels)
	one := fmt.Sprintf(`{"$ref":"r%d"}`, level+1)
	return []schema.Reference{
		{Name: fmt.Sprintf("r%d", level), Source: schema.Source{Text: one, References: refs}},
		{Name: fmt.Sprintf("s%d", level), Source: schema.Source{Text: one, References: refs}},
	}
}

func bigRefs(n int) []schema.Reference {
	var refs []schema.Reference
	for i := range n {
		refs = append(refs, schema.Reference{Name: fmt.Sprintf("r%d", i), Source: text(fmt.Sprintf(`{"title":"%d %s"}`, i, strings.Repeat("x", 200_000)))})
	}
	return refs
}

const (
	maxTime  = 250 * time.Millisecond
	maxBytes = 64 << 20
)

// TestBombs: every one is refused by a named limit, or taken, within the time
// and the memory that are promised.
func TestBombs(t *testing.T) {
	for _, b := range bombs() {
		t.Run(b.name, func(t *testing.T) {
			took, bytes, err := measured(t, b.src)
			t.Logf("%v, %d KB: %v", took, bytes>>10, err)
			if bytes > maxBytes || took > maxTime && !raceOn {
				t.Errorf("took %v and %d KB", took, bytes>>10)
			}
			var e *weir.Error
			switch {
			case b.kind == weir.Internal && err != nil, b.kind != weir.Internal && weir.KindOf(err) != b.kind:
				t.Errorf("%v, but it should be %v", err, b.kind)
			case err != nil && (!errors.As(err, &e) || e.Msg == "" || e.Fix == ""):
				t.Errorf("the refusal says too little: %v", err)
			}
		})
	}
}

func measured(t *testing.T, src schema.Source) (time.Duration, uint64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := spent(t)
	_, err := jsonschema.Parse(src)
	took := spent(t) - began
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc, err
}

// TestValidateIsBounded: a value that many branches would look at is refused
// before any does.
func TestValidateIsBounded(t *testing.T) {
	s := mustParse(t, `{"definitions":{"a":{"anyOf":[{"properties":{"x":{"$ref":"#/definitions/a"}},"required":["y"]},{"properties":{"x":{"$ref":"#/definitions/a"}},"required":["y"]}]}},"$ref":"#/definitions/a"}`)
	var v any = map[string]any{}
	for range 60 {
		v = map[string]any{"x": v}
	}
	began := spent(t)
	if err := s.Validate(v); !errors.Is(err, weir.Limit) || spent(t)-began > maxTime {
		t.Errorf("%v after %v", err, spent(t)-began)
	}
	if err := s.Validate(json.Number("1e999999999")); !errors.Is(err, weir.Limit) {
		t.Errorf("a dear number: %v", err)
	}
	if err := mustParse(t, `{"type":"integer"}`).Validate("x"); !errors.Is(err, weir.Invalid) {
		t.Errorf("a string is no integer: %v", err)
	}
	if err := mustParse(t, `{"properties":{"a":{"type":"integer"}}}`).Validate(map[string]any{"a": json.Number("7")}); err != nil {
		t.Error(err)
	}
}

// TestFieldsAreBounded: fields are listed in time that does not grow with the
// square of their number, and a list that would take too long ends.
func TestFieldsAreBounded(t *testing.T) {
	many := func(n int, form string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf(form, i)
		}
		return strings.Join(parts, ",")
	}
	wide := `{"properties":{` + many(4990, `"f%d":{"type":"string"}`) + `},"required":[` + many(4990, `"f%d"`) + `]}`
	web := `{"properties":{` + many(1000, `"f%d":{"$ref":"#/$defs/all"}`) + `},"$defs":{"all":{"allOf":[` + many(1900, `{"$ref":"#/$defs/d%d"}`) + `]},` +
		many(1900, `"d%d":{"minLength":1}`) + `}}`
	names := `{"properties":{` + many(1000, `"f%d":{"$ref":"#/$defs/d0"}`) + `},"$defs":{` +
		many(800, `"d%[1]d":{"required":["r%[1]d"],"allOf":[{"$ref":"#/$defs/last"},{"$ref":"#/$defs/e%[1]d"}]}`) + `,` +
		many(800, `"e%d":{"anyOf":[{"$ref":"#/$defs/last"}]}`) + `,"last":{"required":[` + many(5000, `"q%d"`) + `]}}}`
	for name, c := range map[string]struct {
		text  string
		least int
	}{"wide": {wide, 4990}, "web": {web, 20}, "names": {names, 1}} {
		s := mustParse(t, c.text)
		began := spent(t)
		fields := s.Fields()
		if took := spent(t) - began; took > maxTime && !raceOn {
			t.Errorf("%s: %v", name, took)
		}
		if len(fields) < c.least {
			t.Errorf("%s: %d fields, not %d", name, len(fields), c.least)
		}
		if name == "wide" && slices.ContainsFunc(fields, func(f schema.Field) bool { return f.Optional }) {
			t.Error("a required field is said to be optional")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, x := range bombs() {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = jsonschema.Parse(x.src)
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
