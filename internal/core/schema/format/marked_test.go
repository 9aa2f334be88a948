package format_test

import (
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// TestFilesOfOtherEditors: a mark of the encoding in front, and other line ends,
// change nothing of what a text means.
func TestFilesOfOtherEditors(t *testing.T) {
	t.Parallel()
	for f, text := range map[weir.SchemaFormat]string{
		weir.FormatAvro:     "{\n \"type\": \"record\", \"name\": \"R\",\n \"fields\": []\n}\n",
		weir.FormatJSON:     "{\n \"type\": \"object\"\n}\n",
		weir.FormatProtobuf: "syntax = \"proto3\";\n// What it is.\nmessage M {\n  int32 f = 1; // why\n}\n",
	} {
		plain, err := format.Parse(f, schema.Source{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		other, err := format.Parse(f, schema.Source{Text: "\ufeff" + strings.ReplaceAll(text, "\n", "\r\n")})
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		if other.Canonical() != plain.Canonical() {
			t.Errorf("%s: %s is not %s", f, other.Canonical(), plain.Canonical())
		}
	}
}
