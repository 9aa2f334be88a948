package protobuf_test

import (
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

const head = "syntax = \"proto3\";\n"

// each writes a line for 1 to n.
func each(n int, format string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// rule is a message that options may have, inside itself.
const rule = `import "google/protobuf/descriptor.proto";
message M { M m = 1; repeated string s = 2; int32 n = 3; } extend google.protobuf.FileOptions { M m = 5000; }
extend google.protobuf.MessageOptions { M o = 5000; }
`

// bombs are texts that cost more than they look; "" means that one is allowed.
func bombs() map[string]struct{ text, want string } {
	return map[string]struct{ text, want string }{
		"bytes":                   {head + strings.Repeat("//\n", 100_000), "over a limit"},
		"fields":                  {head + "message A {" + each(5_000, "int32 f%[1]d = %[1]d;\n") + "}", ""},
		"too many fields":         {head + "message A {" + each(5_001, "int32 f%[1]d = %[1]d;\n") + "}", "over a limit"},
		"50,000 fields":           {head + "message A {" + each(14_000, "A f%[1]d=%[1]d;") + "}", "over a limit"},
		"fields in groups":        {"message A {" + each(2_400, "optional group G%[1]d = %[1]d {}\n") + "}", "over a limit"},
		"optional fields":         {head + "message A {" + each(4_900, "optional int32 f%[1]d = %[1]d;\n") + "}", "over a limit"},
		"some optional fields":    {head + "message A {" + each(2_400, "optional int32 f%[1]d = %[1]d;\n") + "}", ""},
		"optional fields apart":   {head + "message A {" + each(2_400, "optional int32 f%[1]d = %[1]d;\n") + "}\nmessage B {" + each(2_400, "optional int32 f%[1]d = %[1]d;\n") + "}", ""},
		"optional fields, proto2": {"message A {" + each(4_900, "optional int32 f%[1]d = %[1]d;\n") + "}", ""},
		"maps":                    {head + "message A {" + each(2_600, "map<int32, int32> f%[1]d = %[1]d;\n") + "}", ""},
		"too many maps":           {head + "message A {" + each(2_700, "map<int32, int32> f%[1]d = %[1]d;\n") + "}", "over a limit"},
		"oneofs":                  {head + "message A {" + each(3_900, "oneof o%[1]d { int32 f%[1]d = %[1]d; }\n") + "}", "over a limit"},
		"some oneofs":             {head + "message A {" + each(1_700, "oneof o%[1]d { int32 f%[1]d = %[1]d; }\n") + "}", ""},
		"messages":                {head + each(2_001, "message A%d {}\n"), "over a limit"},
		"nested, 20,000":          {head + strings.Repeat("message A{", 20_000) + strings.Repeat("}", 20_000), "over a limit"},
		"nested, open":            {head + strings.Repeat("message A{", 20_000), "over a limit"},
		"nested, 5,000":           {head + strings.Repeat("message A{", 5_000), "over a limit"},
		"deep values":             {head + rule + "option (m) = {" + strings.Repeat("m{", 2_000) + strings.Repeat("}", 2_001) + ";", "over a limit"},
		"long when printed":       {head + rule + "option (m) = {" + strings.Repeat("m{", 60) + "s: [" + strings.Repeat("\"a\",\n", 15_000) + "\"b\"]" + strings.Repeat("}", 61) + ";", "over a limit"},
		"parts of options":        {head + rule + each(1_950, "message A%d {option(o).m.m.m.n=1;}\n"), "over a limit"},
		"some parts of options":   {head + rule + each(790, "message A%d {option(o).m.m.m.n=1;}\n"), ""},
		"parts in brackets":       {head + rule + "message A {" + each(1_950, "int32 f%[1]d = %[1]d [features.(o).m.n = 1];\n") + "}", "over a limit"},
		"nested, 40":              {head + strings.Repeat("message A{", 40) + strings.Repeat("}", 40), "invalid"},
		"enums":                   {head + each(1_001, "enum E%[1]d { V%[1]d = 0; }\n"), "over a limit"},
		"values":                  {head + "enum E { Z = 0;" + each(5_000, "V%[1]d = %[1]d;\n") + "}", "over a limit"},
		"values in options":       {head + "enum E { Z = 0;" + each(3_900, "V%[1]d = %[1]d [deprecated = true];\n") + "}", ""},
		"reserved":                {head + "message A { reserved " + each(20_000, "%d,") + "100000; }", "over a limit"},
		"reserved one each":       {head + "message A {" + each(15_000, "reserved %d;") + "}", "over a limit"},
		"reserved names":          {head + "message A { reserved " + each(20_000, "\"a%d\",") + "\"b\"; }", "over a limit"},
		"reserved in enum":        {head + "enum E { Z = 0; reserved " + each(20_000, "%d,") + "100000; }", "over a limit"},
		"extension ranges":        {"message A { extensions " + each(20_000, "%d,") + "100000 to max; }", "over a limit"},
		"long option name":        {head + rule + "option (m)" + strings.Repeat(".m", 29_000) + " = {};", "over a limit"},
		"long type name":          {head + "message A { A" + strings.Repeat(".A", 100_000) + " a = 1; }", "over a limit"},
		"long package":            {head + "package a" + strings.Repeat(".a", 100_000) + ";", "over a limit"},
		"list in option":          {head + rule + "option (m) = { s: [" + strings.Repeat("\"a\",", 40_000) + "\"b\"] };", "over a limit"},
		"deep option":             {head + rule + "option (m) = {" + strings.Repeat("m{", 10_000) + strings.Repeat("}", 10_001) + ";", "over a limit"},
		"strings":                 {head + "option java_package = " + strings.Repeat("\"a\"", 80_000) + ";", "over a limit"},
		"semicolons":              {head + strings.Repeat(";", 200_000), "over a limit"},
		"brackets":                {head + strings.Repeat("}", 200_000), "over a limit"},
		"methods":                 {head + "message A {} service S {" + each(3_500, "rpc m%d (A) returns (A);\n") + "}", ""},
		"errors":                  {head + "message A {" + each(4_900, "X%[1]d f%[1]d = %[1]d;\n") + "}", "invalid"},
		"fields in one line":      {head + "message A {" + each(4_900, "int32 f%[1]d = %[1]d;") + "}", "over a limit"},
		"values in one line":      {head + "enum E { Z = 0;" + each(4_900, "V%[1]d = %[1]d;") + "}", "over a limit"},
		"some in one line":        {head + "message A {" + each(700, "int32 f%[1]d = %[1]d;") + "}", ""},
		"reserved beside fields":  {head + "message A {" + each(4_000, "int32 f%[1]d = %[1]d;\n") + each(990, "reserved 1%04[1]d;\n") + "}", "over a limit"},
		"some reserved":           {head + "message A {" + each(4_000, "int32 f%[1]d = %[1]d;\n") + each(450, "reserved 1%04[1]d;\n") + "}", ""},
		"one number":              {head + "message A {" + strings.Repeat("int32 a = 1;\n", 4_900) + "}", "invalid"},
		"no such options":         {head + "message A {" + each(4_500, "option (a%d) = 1;\n") + "}", "invalid"},
		"imports":                 {head + strings.Repeat("import \"google/protobuf/any.proto\";\n", 5_000), "invalid"},
		"comments":                {head + strings.Repeat("//x\n", 60_000) + "message A {}", ""},
		"open comment":            {head + "/*" + strings.Repeat("*", 250_000), "invalid"},
		"open string":             {head + "option java_package = \"" + strings.Repeat("\\", 250_000), "invalid"},
		"long name":               {head + "message " + strings.Repeat("a", 250_000) + " {}", ""},
		"zeros":                   {strings.Repeat("\x00", 250_000), "over a limit"},
		"descriptor, deep":        {serialized(deep(5_000)), "invalid"},
		"descriptor, wide":        {base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x22\x00", 90_000))), "over a limit"},
		"descriptor, ranges": {serialized(&descriptorpb.FileDescriptorProto{MessageType: []*descriptorpb.DescriptorProto{{
			Name: proto.String("A"), ReservedRange: make([]*descriptorpb.DescriptorProto_ReservedRange, 20_000),
		}}}), "over a limit"},
		"descriptor, uninterpreted": {serialized(&descriptorpb.FileDescriptorProto{Options: &descriptorpb.FileOptions{
			UninterpretedOption: []*descriptorpb.UninterpretedOption{{Name: parts(15_000), StringValue: []byte("x")}},
		}}), "invalid"},
	}
}

func parts(n int) []*descriptorpb.UninterpretedOption_NamePart {
	ps := make([]*descriptorpb.UninterpretedOption_NamePart, n)
	for i := range ps {
		ps[i] = &descriptorpb.UninterpretedOption_NamePart{NamePart: proto.String("m"), IsExtension: proto.Bool(false)}
	}
	return ps
}

func deep(n int) *descriptorpb.FileDescriptorProto {
	m := &descriptorpb.DescriptorProto{Name: proto.String("A")}
	for range n {
		m = &descriptorpb.DescriptorProto{Name: proto.String("A"), NestedType: []*descriptorpb.DescriptorProto{m}}
	}
	return &descriptorpb.FileDescriptorProto{MessageType: []*descriptorpb.DescriptorProto{m}}
}

func serialized(f *descriptorpb.FileDescriptorProto) string {
	b, err := proto.Marshal(f)
	if err != nil {
		return err.Error()
	}
	return base64.StdEncoding.EncodeToString(b)
}

// TestBombsAreRefused: whatever is sent, no more than 64 MB are allocated in all
// for it, and it is answered within 250 ms of the processor's time: what others
// have of the processor does not count. It runs alone, because it counts the
// process's memory and time.
func TestBombsAreRefused(t *testing.T) {
	for name, bomb := range bombs() {
		got, c := measured(bomb.text)
		if got != bomb.want {
			t.Errorf("%s: %q, want %q", name, got, bomb.want)
		}
		if c.bytes > 64<<20 {
			t.Errorf("%s: %d MB allocated", name, c.bytes>>20)
		}
		t.Logf("%-25s %v, %d KB, %s", name, c.time, c.bytes>>10, got)
		if !raceEnabled && c.time > 250*time.Millisecond {
			t.Errorf("%s: took %v", name, c.time)
		}
	}
}

type cost struct {
	bytes uint64
	time  time.Duration
}

// measured parses a text, and says the kind of error and what it cost.
func measured(text string) (string, cost) {
	var before, after runtime.MemStats
	var start, end syscall.Rusage
	got := ""
	runtime.ReadMemStats(&before)
	startErr := syscall.Getrusage(syscall.RUSAGE_SELF, &start)
	s, err := protobuf.Parse(schema.Source{Text: text})
	endErr := syscall.Getrusage(syscall.RUSAGE_SELF, &end)
	runtime.ReadMemStats(&after)
	switch {
	case startErr != nil || endErr != nil:
		got = "the time is unknown"
	case err != nil:
		got = weir.KindOf(err).String()
	case s.Canonical() == "" || len(s.Fields()) > protobuf.MaxFields:
		got = "no canonical form, or too many fields"
	}
	return got, cost{after.TotalAlloc - before.TotalAlloc, time.Duration(end.Utime.Nano() - start.Utime.Nano())}
}

// TestReferenceLimits: what a schema imports counts with it.
func TestReferenceLimits(t *testing.T) {
	t.Parallel()
	text := func(n int, name string) string {
		return head + fmt.Sprintf("message %s {", name) + each(n, "int32 f%[1]d = %[1]d;\n") + "}"
	}
	ref := func(name, text string, refs ...schema.Reference) schema.Reference {
		return schema.Reference{Name: name, Source: schema.Source{Text: text, References: refs}}
	}
	var many []schema.Reference
	for i := range protobuf.MaxReferences + 1 {
		many = append(many, ref(fmt.Sprintf("f%d.proto", i), head))
	}
	chain := ref("end.proto", head)
	for i := range protobuf.MaxDepth + 1 {
		chain = ref(fmt.Sprintf("c%d.proto", i), head, chain)
	}
	var large []schema.Reference
	for i := range 5 {
		large = append(large, ref(fmt.Sprintf("l%d.proto", i), strings.Repeat(" ", protobuf.MaxText)))
	}
	for name, c := range map[string]struct {
		refs []schema.Reference
		want string
	}{
		"few":         {[]schema.Reference{ref("a.proto", text(3_500, "A")), ref("b.proto", text(3_500, "B"))}, ""},
		"many fields": {[]schema.Reference{ref("a.proto", text(4_000, "A")), ref("b.proto", text(4_000, "B"))}, "b.proto:3998:1: the text and what it imports"},
		"one too big": {[]schema.Reference{ref("a.proto", strings.Repeat(" ", protobuf.MaxText+1))}, "a.proto: the text has"},
		"all too big": {large, "more than 1048576 bytes"},
		"too many":    {many, "more than 100 references"},
		"too deep":    {[]schema.Reference{chain}, "nested deeper"},
	} {
		_, err := protobuf.Parse(schema.Source{Text: head, References: c.refs})
		if c.want == "" && err != nil || c.want != "" && (weir.KindOf(err) != weir.Limit || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestOuterReferenceHolds: where two references have a name, the outer one is it.
func TestOuterReferenceHolds(t *testing.T) {
	t.Parallel()
	inner := schema.Reference{Name: "b.proto", Source: schema.Source{Text: head + "message B { string old = 1; }"}}
	s, err := protobuf.Parse(schema.Source{
		Text: head + `import "a.proto"; import "b.proto"; message X { A a = 1; B b = 2; }`,
		References: []schema.Reference{
			{Name: "a.proto", Source: schema.Source{Text: head + `import "b.proto"; message A { B b = 1; }`, References: []schema.Reference{inner}}},
			{Name: "b.proto", Source: schema.Source{Text: head + "message B { string new = 1; }"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := fieldsOf(s); strings.Contains(got, "old") || !strings.Contains(got, "a.b.new") {
		t.Errorf("fields are\n%s", got)
	}
}

// TestStandardImportsCannotBeReplaced: a reference changes nothing of what
// google.protobuf.Timestamp is, nor has to be right.
func TestStandardImportsCannotBeReplaced(t *testing.T) {
	t.Parallel()
	s := mustParse(t, head+`import "google/protobuf/timestamp.proto"; message A { google.protobuf.Timestamp at = 1; }`,
		[]schema.Reference{{Name: "google/protobuf/timestamp.proto", Source: schema.Source{Text: head + "package google.protobuf; message Timestamp { string x = 1; }"}}})
	if got := fieldsOf(s); !strings.Contains(got, "at.seconds: int64") {
		t.Errorf("fields are\n%s", got)
	}
}

// BenchmarkLargest is the largest schema that is allowed.
func BenchmarkLargest(b *testing.B) {
	text := bombs()["fields"].text
	b.ReportAllocs()
	for b.Loop() {
		if _, err := protobuf.Parse(schema.Source{Text: text}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUsual is a schema as most are.
func BenchmarkUsual(b *testing.B) {
	text := head + "message Order {" + each(20, "string f%[1]d = %[1]d;\n") + "}"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := protobuf.Parse(schema.Source{Text: text}); err != nil {
			b.Fatal(err)
		}
	}
}
