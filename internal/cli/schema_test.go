package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/importer"
)

func TestReferences(t *testing.T) {
	t.Parallel()
	got, err := parseReferences([]string{"a.proto=shop._private.a:1", "n=urn:x:y:12"})
	want := []client.SchemaReference{{Name: "a.proto", Subject: "shop._private.a", Version: 1}, {Name: "n", Subject: "urn:x:y", Version: 12}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s, %v", diff, err)
	}
	for _, bad := range []string{"", "a", "a=", "=s:1", "a=s", "a=:1", "a=s:", "a=s:0", "a=s:latest"} {
		if _, err := parseReferences([]string{bad}); err == nil || !strings.Contains(err.Error(), "--reference") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestCheckSaysWhatItFound: a script can tell "no" from "I do not know".
func TestCheckSaysWhatItFound(t *testing.T) {
	t.Parallel()
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.Contains(q.URL.Path, "/compatibility/"):
			_, _ = fmt.Fprintf(w, `{"is_compatible":%t,"messages":["why"]}`, strings.Contains(q.URL.Path, "good"))
		case strings.Contains(q.URL.Path, "absent"):
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"error_code":40401,"message":"Subject not found."}`))
		default:
			_, _ = w.Write([]byte(`["good","bad"]`))
		}
	}))
	t.Cleanup(node.Close)
	file := filepath.Join(t.TempDir(), "a.avsc")
	if err := os.WriteFile(file, []byte(`"int"`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		url  string
		want int
	}{
		{[]string{"schema", "check", "good", file}, node.URL, 0},
		{[]string{"schema", "check", "bad", file}, node.URL, 1},
		{[]string{"schema", "check", "absent", file}, node.URL, 2},
		{[]string{"schema", "check", "good", file + "x"}, node.URL, 2},
		{[]string{"schema", "check", "good"}, node.URL, 2},
		{[]string{"schema", "check", "good", file}, "http://127.0.0.1:1", 2},
		{[]string{"schema", "versions", "absent"}, node.URL, 1},
	} {
		var out, err bytes.Buffer
		env := map[string]string{"WEIR_URL": tt.url, "WEIR_TOKEN": "t"}
		if got := Main(tt.args, Streams{In: strings.NewReader(""), Out: &out, Err: &err}, func(k string) string { return env[k] }); got != tt.want {
			t.Errorf("%v at %s: exit %d, want %d: %s%s", tt.args[1:3], tt.url, got, tt.want, &out, &err)
		}
	}
}

func TestSchemaTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ given, file, want string }{
		{"", "a.avsc", "AVRO"}, {"", "x/A.AVRO", "AVRO"}, {"", "a.proto", "PROTOBUF"}, {"", "a.schema.json", "JSON"},
		{"json", "a.avsc", "JSON"}, {"Protobuf", "-", "PROTOBUF"},
		{"", "-", ""}, {"", "json", ""}, {"xml", "a.avsc", ""},
	} {
		got, err := schemaType(tt.given, tt.file)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q %q: got %q, %v", tt.given, tt.file, got, err)
		}
	}
}

func TestSchemaFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "is empty", " \n": "is empty", strings.Repeat("x", maxSchemaFile+1): "more than 1 MB",
	} {
		if _, err := readSchema(strings.NewReader(text), "-"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if got, err := readSchema(strings.NewReader(`"int"`), "-"); got != `"int"` || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestDiff: what was removed, changed and added stands where it is, in columns
// that fit, and nothing in a schema steers the terminal.
func TestDiff(t *testing.T) {
	t.Parallel()
	field := func(path, kind string, optional bool) *client.SchemaField {
		return &client.SchemaField{Path: path, Type: kind, Optional: optional}
	}
	state := func(optional bool, values ...string) *client.SchemaField {
		f := field("state", "enum State", optional)
		f.Values = values
		return f
	}
	count := func(path string, n int, def string) *client.SchemaField {
		f := field(path, "int", false)
		f.Number, f.Default = n, &def
		return f
	}
	d := client.SchemaComparison{
		Subject: "users\x1b[31m", Type: "AVRO", From: 1, To: 2,
		Fields: []client.SchemaFieldChange{
			{Old: field("id", "long", false), New: field("id", "long", false)},
			{Old: field("age", "int", false), New: field("age", "long", true)},
			{Old: field("gone", "string", false)},
			{Old: state(false, "NEW", "GONE"), New: state(false, "NEW", "OLD")},
			{Old: count("n", 3, "1"), New: count("n", 3, "2")},
			{Old: count("price", 4, "0"), New: count("cost", 4, "0")},
			{Old: count("same", 5, "0"), New: count("same", 5, "0")},
			{New: field("addresses[].street", "string", true)},
		},
		Forward: []client.SchemaMismatch{{Path: "age", Rule: "TYPE_CHANGED", Message: "int cannot\nhold long", Fix: "keep it"}},
	}
	want := strings.Join([]string{
		"users\ufffd[31m (AVRO)",
		"",
		"  version 1                                  version 2",
		"  id                 long                    id                 long",
		"~ age                int                     age                long?",
		"- gone               string",
		"~ state              enum State {NEW, GONE}  state              enum State {NEW, OLD}",
		"~ n                  int #3 = 1              n                  int #3 = 2",
		"~ price              int #4 = 0              cost               int #4 = 0",
		"  same               int #5 = 0              same               int #5 = 0",
		"+                                            addresses[].street string?",
		"",
		"BACKWARD  yes  version 2 reads everything that was written with version 1",
		"FORWARD   no   version 1 cannot read everything that was written with version 2",
		"          TYPE_CHANGED: age: int cannot hold long; keep it",
		"",
	}, "\n")
	var b bytes.Buffer
	if err := printDiff(&b, d, sideBySide{width: 100}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("wide:\n%s", diff)
	}
	b.Reset()
	if err := printDiff(&b, d, sideBySide{width: 1}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "+                     addresses[]… stri…\n") {
		t.Errorf("narrow:\n%s", b.String())
	}
	fields, _, _ := strings.Cut(b.String(), "\nBACKWARD")
	for _, line := range strings.Split(fields, "\n") {
		if n := len([]rune(line)); n > minWidth {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestVersionFlag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"latest": client.Latest, "1": 1, "2000": 2000} {
		if n, err := parseVersion(text); n != want || err != nil {
			t.Errorf("%s: %d, %v", text, n, err)
		}
		if got := (&versionValue{want}).String(); got != text {
			t.Errorf("%d prints as %s", want, got)
		}
	}
	for _, bad := range []string{"", "0", "-1", "x", "1.5"} {
		if _, err := parseVersion(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestProgress: one line that changes on a terminal, else one every few seconds.
func TestProgress(t *testing.T) {
	t.Parallel()
	for terminal, want := range map[bool]string{
		true:  "\rwriting 2 of 9\x1b[K\rwriting 3 of 9\x1b[K\r\x1b[K",
		false: "writing 3 of 9\n",
	} {
		var b bytes.Buffer
		at := time.Unix(0, 0)
		l := &progressLine{out: &b, terminal: terminal, now: func() time.Time { return at }}
		for i, step := range []time.Duration{0, time.Second, 5 * time.Second} {
			at = at.Add(step)
			l.tell(importer.Progress{Part: "writing", Done: i + 1, Total: 9})
		}
		l.end()
		if b.String() != want {
			t.Errorf("terminal %t: got %q", terminal, b.String())
		}
	}
}
