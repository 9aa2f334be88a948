package record_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
	"github.com/weirmesh/weir/internal/core/schema/avro/avrotest"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// plainCell is a value of another implementation as a test says it.
func plainCell(v any, t column.Type) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case int32:
		return strconv.Itoa(int(v))
	case int64:
		return strconv.FormatInt(v, 10)
	case uint32:
		return strconv.FormatUint(uint64(v), 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 64)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case *big.Rat:
		return v.FloatString(t.Scale)
	case time.Time:
		if t.Kind == column.Date {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format("2006-01-02T15:04:05.999999Z")
	case []byte:
		return "x" + hex.EncodeToString(v)
	case string:
		if t.Kind == column.UUID {
			return "x" + strings.ReplaceAll(v, "-", "")
		}
		return v
	}
	return fmt.Sprintf("%T", v)
}

// TestAvroOfResultsIsAvro: twmb/avro reads what the encoder wrote, and what it
// writes the decoder reads.
func TestAvroOfResultsIsAvro(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawResult(t)
		s := r.schema(t, weir.FormatAvro)
		lib, err := s.(*avro.Schema).Avro()
		if err != nil {
			t.Fatal(err)
		}
		var again [][]byte
		var want []string
		for _, b := range r.encoded(t, weir.EncodingAvro, s, 7) {
			var v map[string]any
			if rest, err := lib.Decode(b[5:], &v); err != nil || len(rest) > 0 {
				t.Fatalf("%x: %v", b, err)
			}
			var cells []string
			for _, f := range r.fields {
				cells = append(cells, plainCell(v[f.Path], f.Type))
			}
			want = append(want, strings.Join(cells, "|"))
			theirs, err := lib.Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, framed(theirs...))
		}
		if diff := cmp.Diff(want, rows(r.columns, r.n)); diff != "" {
			t.Fatalf("the library reads other values: %s", diff)
		}
		into := vectors(len(r.fields))
		if failed := mustDecoder(t, weir.EncodingAvro, r.fields, s).Decode(again, into); failed != nil {
			t.Fatal(failed)
		}
		if diff := cmp.Diff(want, rows(into, r.n)); diff != "" {
			t.Fatalf("the decoder reads other values: %s", diff)
		}
	})
}

func mustDecoder(t *rapid.T, e weir.Encoding, fields []record.ColumnField, s schema.Schema) *record.Decoder {
	d, err := record.NewDecoder(record.DecoderConfig{Encoding: e, Fields: fields, SchemaOf: ids(s), Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestColumnsAreWhatTheLibraryReads: every column of random records of random
// schemas, all together and a few of them, is what twmb/avro reads at that path.
func TestColumnsAreWhatTheLibraryReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawn := avrotest.Draw(t)
		s, err := avro.Parse(schema.Source{Text: drawn.Text()})
		if err != nil {
			t.Fatal(err)
		}
		lib, err := s.Avro()
		if err != nil {
			t.Fatal(err)
		}
		all, err := record.ColumnsOf(s, weir.EncodingAvro)
		if err != nil {
			t.Skip(err)
		}
		in := drawn.Encode(t)
		var theirs any
		if _, err := lib.Decode(in, &theirs); err != nil {
			t.Skip(err)
		}
		some := rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "some")
		for _, fields := range [][]record.ColumnField{all, some} {
			into := vectors(len(fields))
			if failed := mustDecoder(t, weir.EncodingAvro, fields, s).Decode([][]byte{framed(in...)}, into); failed != nil {
				t.Fatalf("%s: %x: %v", drawn.Text(), in, failed)
			}
			for i, f := range fields {
				want := lookup(theirs, strings.Split(f.Path, "."))
				if got := cell(into[i], 0); !sameCell(t, got, want, f.Type) {
					t.Fatalf("%s: %x: %s is %s, and the library has %v", drawn.Text(), in, f.Path, got, want)
				}
				if want == nil && !f.Nullable {
					t.Fatalf("%s may be null", f.Path)
				}
			}
		}
	})
}

// lookup finds a value by its path. Names that begin with R are those of records
// in unions, which the library leaves out.
func lookup(v any, path []string) any {
	for _, name := range path {
		if strings.HasPrefix(name, "R") {
			continue
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	if last := path[len(path)-1]; strings.HasPrefix(last, "R") {
		return nil
	}
	return v
}

func sameCell(t *rapid.T, got string, want any, typ column.Type) bool {
	if want == nil || typ.Kind != column.JSON {
		return got == plainCell(want, typ)
	}
	return cmp.Equal(plainOf(want), parsed(t, []byte(got)))
}

// TestJSONOfResultsIsJSON: encoding/json reads what the encoder wrote, and what
// it writes the decoder reads.
func TestJSONOfResultsIsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawResult(t)
		s := r.schema(t, weir.FormatJSON)
		var again [][]byte
		for i, b := range r.encoded(t, weir.EncodingJSON, s, 0) {
			dec := json.NewDecoder(bytes.NewReader(b))
			dec.UseNumber()
			var v map[string]any
			if err := dec.Decode(&v); err != nil || len(v) != len(r.fields) {
				t.Fatalf("%s: %v", b, err)
			}
			for j, f := range r.fields {
				if got := jsonCell(v[f.Path], f.Type); got != cell(r.columns[j], i) && f.Type.Kind != column.JSON {
					t.Fatalf("%s: %s is read as %s, and is %s", b, f.Path, got, cell(r.columns[j], i))
				}
			}
			theirs, err := json.MarshalIndent(v, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, theirs)
		}
		into := vectors(len(r.fields))
		if failed := mustDecoder(t, weir.EncodingJSON, r.fields, s).Decode(again, into); failed != nil {
			t.Fatalf("%s: %v", again, failed)
		}
		if diff := cmp.Diff(rows(r.columns, r.n), rows(into, r.n)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// jsonCell is a value of encoding/json as a test says it.
func jsonCell(v any, t column.Type) string {
	s, isText := v.(string)
	switch {
	case v == nil:
		return "null"
	case t.Kind == column.Bytes && isText:
		b, _ := base64.StdEncoding.DecodeString(s)
		return "x" + hex.EncodeToString(b)
	case t.Kind == column.Float64:
		f, _ := v.(json.Number).Float64()
		return strconv.FormatFloat(f, 'g', -1, 64)
	case isText:
		return plainCell(s, t)
	}
	return fmt.Sprint(v)
}

// TestProtobufOfResultsIsProtobuf: dynamicpb reads what the encoder wrote, and
// what it writes the decoder reads.
func TestProtobufOfResultsIsProtobuf(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawResult(t)
		s := r.schema(t, weir.FormatProtobuf)
		d := s.(*protobuf.Schema).Message(nil)
		var again [][]byte
		var want []string
		for _, b := range r.encoded(t, weir.EncodingProtobuf, s, 7) {
			m := dynamicpb.NewMessage(d)
			if err := proto.Unmarshal(b[6:], m); err != nil || b[5] != 0 || len(m.GetUnknown()) > 0 {
				t.Fatalf("%x: %v", b, err)
			}
			var cells []string
			for _, f := range r.fields {
				cells = append(cells, messageCell(m, d.Fields().ByName(protoreflect.Name(f.Path)), f.Type))
			}
			want = append(want, strings.Join(cells, "|"))
			theirs, err := proto.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, framed(append([]byte{0}, theirs...)...))
		}
		if diff := cmp.Diff(want, rows(r.columns, r.n)); diff != "" {
			t.Fatalf("the library reads other values: %s", diff)
		}
		into := vectors(len(r.fields))
		if failed := mustDecoder(t, weir.EncodingProtobuf, r.fields, s).Decode(again, into); failed != nil {
			t.Fatal(failed)
		}
		if diff := cmp.Diff(want, rows(into, r.n)); diff != "" {
			t.Fatalf("the decoder reads other values: %s", diff)
		}
	})
}

// messageCell is a field of a message as a test says it.
func messageCell(m protoreflect.Message, f protoreflect.FieldDescriptor, t column.Type) string {
	if f.HasPresence() && !m.Has(f) {
		return "null"
	}
	v := m.Get(f)
	if f.Message() == nil {
		return scalarCell(f, v, t)
	}
	part := func(name protoreflect.Name) protoreflect.Value {
		return v.Message().Get(f.Message().Fields().ByName(name))
	}
	switch f.Message().FullName() {
	case "google.protobuf.Timestamp":
		return plainCell(time.Unix(part("seconds").Int(), part("nanos").Int()), t)
	case "google.protobuf.Duration":
		return strconv.FormatInt(part("seconds").Int()*1e6+floor(part("nanos").Int(), 1000), 10)
	case "google.type.Date":
		return fmt.Sprintf("%04d-%02d-%02d", part("year").Int(), part("month").Int(), part("day").Int())
	case "confluent.type.Decimal":
		n := new(big.Int).SetBytes(part("value").Bytes())
		if b := part("value").Bytes(); len(b) > 0 && b[0] > 127 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(part("scale").Int()), nil)
		return new(big.Rat).SetFrac(n, ten).FloatString(t.Scale)
	case "google.protobuf.Int64Value", "google.protobuf.StringValue":
		return plainCell(part("value").Interface(), t)
	}
	return "a message"
}

func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

func scalarCell(f protoreflect.FieldDescriptor, v protoreflect.Value, t column.Type) string {
	if f.Enum() == nil {
		return plainCell(v.Interface(), t)
	}
	if name := f.Enum().Values().ByNumber(v.Enum()); name != nil {
		return string(name.Name())
	}
	return strconv.Itoa(int(v.Enum()))
}

const manyKinds = `syntax = "proto3"; package p;
import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto";
message All {
  int32 i32 = 1; int64 i64 = 2; uint32 u32 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = 6;
  fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10;
  float fl = 11; double db = 12; bool yes = 13; string text = 14; bytes raw = 15;
  enum Kind { NONE = 0; SOME = 1; } Kind kind = 16;
  optional int64 maybe = 17; optional string words = 18;
  oneof one { string a = 19; int64 b = 20; Inner c = 21; }
  Inner inner = 22; repeated int64 many = 23; map<string, int64> named = 24;
  google.protobuf.Timestamp ts = 30; google.protobuf.Duration du = 31; google.protobuf.Int64Value wrapped = 32; google.protobuf.StringValue said = 33;
  int32 far = 5000;
  message Inner { int32 n = 1; optional bool flag = 2; Deep deep = 3; Kind kind = 4; }
  message Deep { string s = 1; int64 big = 200; }
}`

// TestProtobufColumnsAreWhatTheLibraryReads: every column of random messages,
// also of such whose parts come several times, is what dynamicpb reads.
func TestProtobufColumnsAreWhatTheLibraryReads(t *testing.T) {
	t.Parallel()
	s, err := protobuf.Parse(schema.Source{Text: manyKinds})
	if err != nil {
		t.Fatal(err)
	}
	all, err := record.ColumnsOf(s, weir.EncodingProtobuf)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var in []byte
		for range rapid.IntRange(1, 3).Draw(t, "parts") { // one behind the other they are one message
			m := dynamicpb.NewMessage(s.Message(nil))
			drawMessage(t, m, 0)
			b, err := proto.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			in = append(in, b...)
		}
		whole := dynamicpb.NewMessage(s.Message(nil))
		if err := proto.Unmarshal(in, whole); err != nil {
			t.Fatal(err)
		}
		fields := rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "some")
		if rapid.Bool().Draw(t, "all") {
			fields = all
		}
		into := vectors(len(fields))
		if failed := mustDecoder(t, weir.EncodingProtobuf, fields, s).Decode([][]byte{framed(append([]byte{0}, in...)...)}, into); failed != nil {
			t.Fatalf("%x: %v", in, failed)
		}
		for i, f := range fields {
			want, ok := pathCell(whole, strings.Split(f.Path, "."), f.Type)
			if got := cell(into[i], 0); ok && got != want {
				t.Fatalf("%x: %s is %s, and the library has %s", in, f.Path, got, want)
			}
			if want == "null" && !f.Nullable {
				t.Fatalf("%s may be null", f.Path)
			}
		}
	})
}

// pathCell is the field at a path; it is not ok for what is only JSON.
func pathCell(m protoreflect.Message, path []string, t column.Type) (string, bool) {
	f := m.Descriptor().Fields().ByName(protoreflect.Name(path[0]))
	if len(path) > 1 {
		if !m.Has(f) {
			return "null", true
		}
		return pathCell(m.Get(f).Message(), path[1:], t)
	}
	if f.IsList() || f.IsMap() || t.Kind == column.JSON && m.Has(f) {
		return "", false
	}
	return messageCell(m, f, t), true
}

// drawMessage sets some fields of a message.
func drawMessage(t *rapid.T, m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		if rapid.Bool().Draw(t, "set") || f.IsMap() || depth > 3 {
			continue
		}
		switch {
		case f.IsList():
			m.Mutable(f).List().Append(protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "element")))
		case f.Message() != nil && f.Message().ParentFile().Package() == "google.protobuf" && f.Message().Fields().Len() == 2:
			inner := m.Mutable(f).Message()
			inner.Set(f.Message().Fields().Get(0), protoreflect.ValueOfInt64(rapid.Int64Range(0, 4e9).Draw(t, "seconds")))
			inner.Set(f.Message().Fields().Get(1), protoreflect.ValueOfInt32(rapid.Int32Range(0, 999_999_999).Draw(t, "nanos")))
		case f.Message() != nil:
			drawMessage(t, m.Mutable(f).Message(), depth+1)
		default:
			m.Set(f, drawScalar(t, f))
		}
	}
}

func drawScalar(t *rapid.T, f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.IntRange(-1, 2).Draw(t, "enum")))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint32"))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "uint64"))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(rapid.Float32().Draw(t, "float"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(rapid.Float64().Draw(t, "double"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	}
	return protoreflect.ValueOfString(rapid.String().Draw(t, "string"))
}
