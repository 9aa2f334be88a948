package protobuf_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile/protoutil"
	"github.com/cockroachdb/datadriven"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// read cuts a case's input: the text, and behind lines of "--- NAME" what it
// imports.
func read(in string) schema.Source {
	parts := strings.Split("\n"+in, "\n--- ")
	src := schema.Source{Text: strings.TrimSpace(parts[0]) + "\n"}
	for _, p := range parts[1:] {
		name, text, _ := strings.Cut(p, "\n")
		src.References = append(src.References, schema.Reference{Name: name, Source: schema.Source{Text: text}})
	}
	return src
}

// TestParse is what becomes of a text: canonical and normalized forms, fields,
// errors.
func TestParse(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/parse", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			src := read(d.Input)
			s, err := protobuf.Parse(src)
			if err != nil {
				return fmt.Sprintf("%v: %v\n", weir.KindOf(err), err)
			}
			roundTrips(t, s, src.References)
			switch d.Cmd {
			case "canonical":
				return s.Canonical()
			case "normalized":
				return s.Normalized()
			case "fields":
				return fieldsOf(s)
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

func fieldsOf(s *protobuf.Schema) string {
	var b strings.Builder
	for _, f := range s.Fields() {
		fmt.Fprintf(&b, "%s: %s", f.Path, f.Type)
		if f.Optional {
			b.WriteString(", optional")
		}
		if f.Number != 0 {
			fmt.Fprintf(&b, " #%d", f.Number)
		}
		if f.HasDefault {
			fmt.Fprintf(&b, " = %s", f.Default)
		}
		if len(f.Values) > 0 {
			fmt.Fprintf(&b, " {%s}", strings.Join(f.Values, ", "))
		}
		if f.Doc != "" {
			fmt.Fprintf(&b, ", %q", f.Doc)
		}
		if len(f.Tags) > 0 {
			fmt.Fprintf(&b, ", tags %v", f.Tags)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// roundTrips checks what holds for every schema: its forms are their own
// canonical forms, its descriptor is the canonical text's, and the descriptor
// that a serialiser would send is the same schema.
func roundTrips(t testing.TB, s *protobuf.Schema, refs []schema.Reference) {
	t.Helper()
	again := mustParse(t, s.Canonical(), refs)
	if again.Canonical() != s.Canonical() {
		t.Errorf("the canonical form of the canonical form is another:\n%s\nand\n%s", s.Canonical(), again.Canonical())
	}
	if a, b := descriptorOf(t, s), descriptorOf(t, again); !proto.Equal(a, b) {
		t.Errorf("the canonical form means something else:\n%v\nand\n%v\n%s", a, b, s.Canonical())
	}
	if normal := mustParse(t, s.Normalized(), refs); normal.Canonical() != s.Normalized() || normal.Normalized() != s.Normalized() {
		t.Errorf("the normalized form has another canonical form:\n%s\nand\n%s\nand\n%s", s.Normalized(), normal.Canonical(), normal.Normalized())
	}
	for _, sent := range []string{s.Serialized(), stripped(t, s)} {
		if got := mustParse(t, sent, refs); got.Canonical() != s.Canonical() || got.Serialized() != s.Serialized() {
			t.Errorf("sent as a descriptor it is another:\n%s\nand\n%s", s.Canonical(), got.Canonical())
		}
	}
}

func mustParse(t testing.TB, text string, refs []schema.Reference) *protobuf.Schema {
	t.Helper()
	s, err := protobuf.Parse(schema.Source{Text: text, References: refs})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return s
}

// descriptorOf is what the compiler made, without source info, and with the
// options of every import as bytes.
func descriptorOf(t testing.TB, s *protobuf.Schema) *descriptorpb.FileDescriptorProto {
	t.Helper()
	file := proto.CloneOf(protoutil.ProtoFromFileDescriptor(s.Descriptor()))
	file.SourceCodeInfo = nil
	b, err := base64.StdEncoding.DecodeString(s.Serialized())
	if err != nil {
		t.Fatal(err)
	}
	sent := new(descriptorpb.FileDescriptorProto)
	if err := proto.Unmarshal(b, sent); err != nil {
		t.Fatal(err)
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	file.Reset()
	if err := proto.Unmarshal(raw, file); err != nil {
		t.Fatal(err)
	}
	if file.Name = sent.Name; len(file.ProtoReflect().GetUnknown()) > 0 || proto.Size(file) != proto.Size(sent) {
		t.Errorf("what is sent is not what was compiled:\n%v\nand\n%v", sent, file)
	}
	return sent
}

// stripped is the descriptor as generated code has it: with the name of its
// file, without names for JSON.
func stripped(t testing.TB, s *protobuf.Schema) string {
	t.Helper()
	file := descriptorOf(t, s)
	file.Name = proto.String("some/file.proto")
	var strip func(ms []*descriptorpb.DescriptorProto)
	strip = func(ms []*descriptorpb.DescriptorProto) {
		for _, m := range ms {
			for _, f := range m.Field {
				if f.GetJsonName() == plainJSON(f.GetName()) {
					f.JsonName = nil
				}
			}
			strip(m.NestedType)
		}
	}
	strip(file.MessageType)
	b, err := proto.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// plainJSON is the rule of the language: letters behind underscores are upper
// case, and the underscores go.
func plainJSON(name string) string {
	parts := strings.Split(name, "_")
	for i, p := range parts {
		if i > 0 && p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}

// TestMessage finds messages by their positions, as records name them.
func TestMessage(t *testing.T) {
	t.Parallel()
	s := mustParse(t, `syntax = "proto3"; message A { message B {} message C { message D {} } } message E {}`, nil)
	for _, c := range []struct {
		indexes []int
		want    string
	}{
		{nil, "A"}, {[]int{0}, "A"}, {[]int{1}, "E"}, {[]int{0, 1}, "A.C"}, {[]int{0, 1, 0}, "A.C.D"},
		{[]int{2}, ""}, {[]int{-1}, ""}, {[]int{0, 0, 0}, ""}, {[]int{1, 1 << 40}, ""},
	} {
		got := ""
		if m := s.Message(c.indexes); m != nil {
			got = string(m.FullName())
		}
		if got != c.want {
			t.Errorf("message %v is %q, want %q", c.indexes, got, c.want)
		}
	}
}

// TestKnownImports: what every registry knows needs no reference.
func TestKnownImports(t *testing.T) {
	t.Parallel()
	for path, use := range map[string]string{
		"google/protobuf/any.proto": "google.protobuf.Any", "google/protobuf/api.proto": "google.protobuf.Api",
		"google/protobuf/descriptor.proto": "google.protobuf.FileDescriptorProto",
		"google/protobuf/duration.proto":   "google.protobuf.Duration", "google/protobuf/empty.proto": "google.protobuf.Empty",
		"google/protobuf/field_mask.proto":     "google.protobuf.FieldMask",
		"google/protobuf/source_context.proto": "google.protobuf.SourceContext",
		"google/protobuf/struct.proto":         "google.protobuf.Value", "google/protobuf/timestamp.proto": "google.protobuf.Timestamp",
		"google/protobuf/type.proto": "google.protobuf.Type", "google/protobuf/wrappers.proto": "google.protobuf.Int64Value",
		"google/type/calendar_period.proto": "google.type.CalendarPeriod", "google/type/color.proto": "google.type.Color",
		"google/type/date.proto": "google.type.Date", "google/type/datetime.proto": "google.type.DateTime",
		"google/type/dayofweek.proto": "google.type.DayOfWeek", "google/type/decimal.proto": "google.type.Decimal",
		"google/type/expr.proto": "google.type.Expr", "google/type/fraction.proto": "google.type.Fraction",
		"google/type/interval.proto": "google.type.Interval", "google/type/latlng.proto": "google.type.LatLng",
		"google/type/localized_text.proto": "google.type.LocalizedText", "google/type/money.proto": "google.type.Money",
		"google/type/month.proto": "google.type.Month", "google/type/phone_number.proto": "google.type.PhoneNumber",
		"google/type/postal_address.proto": "google.type.PostalAddress", "google/type/quaternion.proto": "google.type.Quaternion",
		"google/type/timeofday.proto": "google.type.TimeOfDay",
		"confluent/meta.proto":        "confluent.Meta", "confluent/type/decimal.proto": "confluent.type.Decimal",
		"confluent/type/variant.proto": "confluent.type.Variant",
	} {
		s := mustParse(t, fmt.Sprintf("syntax = \"proto3\";\nimport %q;\nmessage A { %s x = 1; }", path, use), nil)
		roundTrips(t, s, nil)
	}
}
