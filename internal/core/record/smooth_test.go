package record_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/record"
)

// TestJSONTextsAtEachPlace: what is special in a text is seen wherever it stands,
// by reading as by writing; the judge is the standard library.
func TestJSONTextsAtEachPlace(t *testing.T) {
	t.Parallel()
	fields := []record.ColumnField{{Path: "a", Type: column.Type{Kind: column.Text}}}
	w, err := record.NewEncoder(record.EncoderConfig{Encoding: weir.EncodingJSON, Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.NewDecoder(record.DecoderConfig{Encoding: weir.EncodingJSON, Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	into := []*column.Vector{column.Make(fields[0].Type, 0)}
	for _, special := range []string{`"`, `\`, "\n", "\x00", "\x1f", " ", "!", "#", "[", "]", "\x7f", "é", "\u2028", "𐍈", "\x80", "\xff", "\xed\xa0\x80"} {
		for n := range 26 {
			for at := range n {
				text := strings.Repeat("x", at) + special + strings.Repeat("~", n-at)
				b, err := w.Append(nil, []*column.Vector{{Type: fields[0].Type, Texts: [][]byte{[]byte(text)}}}, 0)
				if ok := utf8.ValidString(text); ok != (err == nil) {
					t.Fatalf("writing %q: %v", text, err)
				}
				raw := []byte(`{"a":"` + text + `"}`)
				if err == nil {
					var doc struct{ A string }
					if err := json.Unmarshal(b, &doc); err != nil || doc.A != text {
						t.Fatalf("%q is written as %s: %v", text, b, err)
					}
					if failed := r.Decode([][]byte{b}, into); len(failed) > 0 || string(into[0].Texts[0]) != text {
						t.Fatalf("%s is read as %q: %v", b, into[0].Texts[0], failed)
					}
				}
				if failed := r.Decode([][]byte{raw}, into); (len(failed) == 0) != (json.Valid(raw) && utf8.ValidString(text)) {
					t.Fatalf("%q is read with %v", raw, failed)
				}
			}
		}
	}
}
