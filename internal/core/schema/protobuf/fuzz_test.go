package protobuf_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// FuzzParse: whatever is sent, Parse does not panic, its errors are the caller's,
// and what it takes has forms that are their own, as text and as a descriptor.
func FuzzParse(f *testing.F) {
	for _, in := range cases(f) {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, text string) { fuzzOne(t, text) })
}

// FuzzDescriptor is the same for a serialized descriptor.
func FuzzDescriptor(f *testing.F) {
	for _, in := range cases(f) {
		if s, err := protobuf.Parse(schema.Source{Text: in}); err == nil {
			b, err := base64.StdEncoding.DecodeString(s.Serialized())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) { fuzzOne(t, base64.StdEncoding.EncodeToString(b)) })
}

// cases are the texts of the tests.
func cases(f *testing.F) []string {
	files, err := filepath.Glob("testdata/parse/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no cases", err)
	}
	var out []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for part := range strings.SplitSeq(string(b), "\n----\n") {
			for _, cmd := range []string{"canonical\n", "normalized\n", "fields\n"} {
				if _, in, ok := strings.Cut("\n"+part, "\n"+cmd); ok {
					out = append(out, in)
				}
			}
		}
	}
	return out
}

func fuzzOne(t *testing.T, text string) {
	s, err := protobuf.Parse(schema.Source{Text: text})
	if err != nil {
		if k := weir.KindOf(err); k != weir.Invalid && k != weir.Limit {
			t.Fatalf("%v: %v", k, err)
		}
		return
	}
	s.Fields()
	roundTrips(t, s, nil)
}
