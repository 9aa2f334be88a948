package create

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
)

func render(t *testing.T, v View) string {
	t.Helper()
	var b bytes.Buffer
	if err := answer(v).Body.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The mark stands under the character, whatever stands before it.
func TestPointed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		statement    string
		line, column int
		want         string
	}{
		{"SELECT a\nFROM b", 2, 6, "FROM b\n     ^"},
		{"SELECT é, ü", 1, 11, "SELECT é, ü\n          ^"},
		{"\tSELECT", 1, 2, "\tSELECT\n\t^"},
		{"a\r\nb", 1, 2, "a\n ^"},
		{"a", 2, 1, ""},
		{strings.Repeat("x", 200) + "y" + strings.Repeat("z", 200), 1, 201, strings.Repeat("x", 60) + "y" + strings.Repeat("z", 59) + "\n" + strings.Repeat(" ", 60) + "^"},
		{"ab", 1, 9, "ab\n  ^"},
	} {
		if diff := cmp.Diff(c.want, pointed(c.statement, c.line, c.column)); diff != "" {
			t.Errorf("%q %d:%d: %s", c.statement, c.line, c.column, diff)
		}
	}
}

// A refusal with a line and a column is about the statement, and stands there;
// any other stands at the form.
func TestWhereARefusalStands(t *testing.T) {
	t.Parallel()
	typed := url.Values{"statement": {"SELECT <b>x</b>\nFROM a.b"}, "name": {"edge.x"}}
	at := &client.Problem{Status: 400, Where: "1:8", Detail: "there is no column <x>", Fix: "did you mean y?"}
	page := render(t, View{Typed: typed, Teams: true, Problem: at, Preview: &Preview{Statement: typed.Get("statement"), Problem: at}})
	for _, want := range []string{`data-line="1"`, `data-column="8"`, "did you mean y?", "there is no column &lt;x&gt;", `aria-invalid="true"`, `value="edge.x"`, "SELECT &lt;b&gt;x"} {
		if !strings.Contains(page, want) {
			t.Errorf("without %q", want)
		}
	}
	if n := strings.Count(page, "there is no column"); n != 2 { // its text, and the one for the editor
		t.Errorf("it is told %d times", n)
	}
	page = render(t, View{Typed: typed, Teams: true, Problem: &client.Problem{Status: 409, Where: "name", Detail: "there is one already"}})
	if !strings.Contains(page, "there is one already") || strings.Contains(page, "data-line") {
		t.Error("a refusal of the name does not stand at the form")
	}
	if got := answer(View{Typed: typed, Problem: at}).Status; got != 400 {
		t.Errorf("a refused form is answered with %d", got)
	}
}

func TestNamesAsSQLTakesThem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"execution.trending-stocks": `execution."trending-stocks"`, "edge.pageviews": "edge.pageviews", "edge.pageviews.v2": `edge."pageviews.v2"`, "a.1b": `a."1b"`, "a.Big": `a."Big"`,
	} {
		if got := inputName(in); got != want {
			t.Errorf("%s is %s, not %s", in, got, want)
		}
	}
}

// A field that makes a column's value is not told again as a condition.
func TestSourcesAreToldOnce(t *testing.T) {
	t.Parallel()
	made, depends := sourcesOf(client.QueryResult{Lineage: []client.QueryLineage{
		{Column: "a", Product: "p.q", Field: "x", Direct: true, Masked: "mask_hash"}, {Column: "a", Product: "p.q", Field: "x"}, {Column: "a", Product: "p.q", Field: "y"}, {Column: "b", Product: "p.q", Field: "z", Direct: true},
	}}, "a")
	if diff := cmp.Diff([]source{{"p.q.x", "masked by mask_hash"}}, made); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]source{{"p.q.y", ""}}, depends); diff != "" {
		t.Error(diff)
	}
}

// Values are shown as people read them, and a long one is cut at a character.
func TestCell(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{`"a\"b"`: `a"b`, `null`: "null", ``: "", `12.50`: "12.50", `{"a":1}`: `{"a":1}`} {
		if got := cell(json.RawMessage(in)); got != want {
			t.Errorf("%s is %q", in, got)
		}
	}
	if got := cell(json.RawMessage(`"` + strings.Repeat("é", 400) + `"`)); got != strings.Repeat("é", maxCell/2)+"…" {
		t.Errorf("%q", got)
	}
}

// The drawer's command does what the form does.
func TestSameCommand(t *testing.T) {
	t.Parallel()
	got := same(request(url.Values{"statement": {"SELECT 'a'\nFROM b.c"}, "name": {" edge.x "}, "epoch": {"1s"}, "onFailure": {"stop"}, "atEnd": {"on"}}))
	want := "weir query create edge.x --sql 'SELECT '\\''a'\\''\nFROM b.c' --epoch 1s --on-failure stop --at-end"
	if diff := cmp.Diff(want, got.Command); diff != "" {
		t.Error(diff)
	}
	if want := `{"name":"edge.x","statement":"SELECT 'a'\nFROM b.c","epoch":"1s","onFailure":"stop","atEnd":true}`; got.Body != want {
		t.Errorf("%s", got.Body)
	}
	if got := same(request(url.Values{"name": {"edge.x"}})).Command; got != "weir query example list" {
		t.Errorf("%s", got)
	}
	if got := same(request(url.Values{"statement": {"SELECT 1"}})).Command; got != "weir query preview --sql 'SELECT 1'" {
		t.Errorf("%s", got)
	}
}

// Beside the rows stands what the statement makes: schema, key, mode, what each
// column is made of, what is personal, how deep it stands, what it cost.
func TestPreviewSaysWhatItMakes(t *testing.T) {
	t.Parallel()
	page := render(t, View{Typed: url.Values{"statement": {"SELECT 1"}}, Teams: true, Preview: made("SELECT 1", 3)})
	for _, want := range []string{
		"Schema of its values, avro", "&#34;name&#34;: &#34;LongViews&#34;", "append: every record is a new row", "userid (personal)", "membership.users.regionid",
		"3 queries, one above the other", "The policy depth warns of it", "3.21ms of computing for 180 KB of records, about 1.6µs each",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("without %q", want)
		}
	}
}
