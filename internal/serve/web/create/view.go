package create

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// View is the page.
type View struct {
	Typed   url.Values
	Inputs  []Input
	More    bool // there are products that are not listed
	Teams   bool // the viewer is in a team, and can create
	Preview *Preview
	Problem *client.Problem // why nothing was created

	Examples []client.QueryExample // to begin with; shown while there is no statement
}

// Input is a product that a statement may read.
type Input struct{ Name, Kind, Description string }

// Field is a field of a product.
type Field struct{ Path, Type, Classification string }

// Preview is what a statement makes of the newest records, or what is wrong
// with it.
type Preview struct {
	Statement string
	Result    *client.QueryPreview
	Problem   *client.Problem
	Took      time.Duration
}

func inputs(all []client.Product) []Input {
	var out []Input
	for _, p := range all {
		out = append(out, Input{Name: p.Name, Kind: p.Kind, Description: p.Description})
	}
	return out
}

func fields(all client.ProductFields) []Field {
	var out []Field
	for _, f := range all.Fields {
		out = append(out, Field{Path: f.Path, Type: f.Type, Classification: f.Classification})
	}
	return out
}

// input is one field of the form with what was typed and what is wrong.
func (v View) input(in ui.Input) ui.Input {
	in.Value = v.Typed.Get(in.Name)
	in.Error = site.FieldError(v.Problem, in.Name)
	return in
}

// problem is what stands over the form: what is not at the statement.
func (v View) problem() *client.Problem {
	if v.Problem == nil {
		return nil
	}
	if _, _, at := position(v.Problem.Where); at {
		return nil
	}
	return v.Problem
}

// position is the line and the column of what a refusal is about; it has one if
// it is about the statement.
func position(where string) (line, column int, ok bool) {
	l, c, cut := strings.Cut(where, ":")
	line, err := strconv.Atoi(l)
	if !cut || err != nil {
		return 0, 0, false
	}
	column, err = strconv.Atoi(c)
	return line, column, err == nil && line > 0 && column > 0
}

// pointed is the line of a statement with a mark under a column.
func pointed(statement string, line, column int) string {
	lines := strings.Split(statement, "\n")
	if line > len(lines) {
		return ""
	}
	text := []rune(strings.TrimRight(lines[line-1], "\r"))
	const around = 60
	from := max(0, column-1-around)
	to := min(len(text), column-1+around)
	if from >= to {
		from = max(0, to-1)
	}
	under := make([]rune, 0, column)
	for _, r := range text[from:min(column-1, len(text))] {
		if r != '\t' {
			r = ' '
		}
		under = append(under, r)
	}
	return string(text[from:to]) + "\n" + string(under) + "^"
}

// quoted is a column as SQL takes it.
func quoted(name string) string {
	if plainName(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// inputName is a product as SQL takes it.
func inputName(product string) string {
	domain, name, ok := strings.Cut(product, ".")
	if !ok {
		return quoted(product)
	}
	return quoted(domain) + "." + quoted(name)
}

func plainName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) && (s[0] < '0' || s[0] > '9')
}

// rowTable are the rows of a preview, a column for each of the result's.
func rowTable(p client.QueryPreview) ui.TableView {
	t := ui.TableView{Caption: "Rows of the preview"}
	for _, c := range p.Schema {
		t.Columns = append(t.Columns, ui.Column{Title: c.Name, Number: numeric(c.Type)})
	}
	for _, raw := range p.Rows {
		var row map[string]json.RawMessage
		if json.Unmarshal(raw, &row) != nil {
			continue // the API gives objects
		}
		var cells []templ.Component
		for _, c := range p.Schema {
			cells = append(cells, ui.Text(cell(row[c.Name])))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

func numeric(sqlType string) bool {
	return slices.Contains([]string{"integer", "bigint", "double precision", "numeric"}, strings.TrimRight(sqlType, "(0123456789,) "))
}

// maxCell bounds what a cell shows of a value, in bytes.
const maxCell = 300

// cell is a value as a person reads it.
func cell(raw json.RawMessage) string {
	text := string(bytes.TrimSpace(raw))
	var s string
	if json.Unmarshal(raw, &s) == nil && len(text) > 0 && text[0] == '"' {
		text = s
	}
	if len(text) > maxCell {
		return strings.ToValidUTF8(text[:maxCell], "") + "…"
	}
	return text
}

// columnTable is what each column is made of.
func columnTable(p client.QueryResult) ui.TableView {
	t := ui.TableView{Caption: "Columns of the result", Columns: []ui.Column{{Title: "Column"}, {Title: "Type"}, {Title: "Made of", Wide: true}}}
	for _, c := range p.Schema {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{columnName(c), ui.Text(columnType(p, c)), sources(p, c.Name)}})
	}
	return t
}

func columnType(p client.QueryResult, c client.QueryColumn) string {
	out := c.Type
	if c.Nullable {
		out += ", may be null"
	}
	if slices.Contains(p.Key, c.Name) {
		out += ", key"
	}
	return out
}

// source is a field that a column depends on.
type source struct{ Text, How string }

// sourcesOf are the fields that a column's value is made of, and then those
// that decide whether there is a row; each once.
func sourcesOf(p client.QueryResult, column string) (made, depends []source) {
	for _, l := range p.Lineage {
		s := source{Text: l.Product + "." + l.Field}
		if l.Masked != "" {
			s.How = "masked by " + l.Masked
		}
		switch {
		case l.Column != column:
		case l.Direct:
			made = append(made, s)
		default:
			depends = append(depends, s)
		}
	}
	return made, slices.DeleteFunc(depends, func(s source) bool {
		return slices.ContainsFunc(made, func(m source) bool { return m.Text == s.Text })
	})
}

// personalColumns are the columns that are not for everybody.
func personalColumns(p client.QueryResult) string {
	var out []string
	for _, c := range p.Schema {
		if c.Classification == "personal" || c.Classification == "secret" {
			out = append(out, c.Name+" ("+c.Classification+")")
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// deepest is how many derivations may stand one above the other before the page
// warns, as the policy depth does of a product that is there.
const deepest = 2

// indented is a schema on lines of its own, if it is JSON.
func indented(schema string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(schema), "", "  ") != nil {
		return schema
	}
	return b.String()
}

func depthWords(n int) string {
	if n <= 1 {
		return "1: no query makes what it reads"
	}
	return fmt.Sprintf("%d queries, one above the other, from the sources", n)
}

// costWords says what the preview cost, and so about what each record will.
func costWords(p client.QueryPreview) string {
	took, err := time.ParseDuration(p.Took)
	if err != nil || p.Read == 0 {
		return "nothing was read"
	}
	each := (took / time.Duration(p.Read)).Round(100 * time.Nanosecond)
	return fmt.Sprintf("%s of computing for %s of records, about %s each", took.Round(10*time.Microsecond), ui.ShortBytes(p.Bytes), each)
}

func keyWords(p client.QueryResult) string {
	if len(p.Key) == 0 {
		return "none: a record has no key"
	}
	return strings.Join(p.Key, ", ")
}

func modeWords(p client.QueryResult) string {
	if p.Mode == "upsert" {
		return "upsert: a record is the row of its key from now on"
	}
	return "append: every record is a new row"
}

// readWords says what the rows are of.
func readWords(p *Preview) string {
	r := p.Result
	out := fmt.Sprintf("%s of the newest %s, in %s.", ui.Plural(len(r.Rows), "row", "rows"), ui.Plural(r.Read, "record", "records"), p.Took.Round(time.Millisecond))
	if r.More {
		out += " There are more rows."
	}
	if r.Cut {
		out += " Fewer records than usual were read, since they are large or came slowly."
	}
	return out
}

// maxFailed bounds the records that a preview names.
const maxFailed = 5

func failedWords(p client.QueryPreview) string {
	return ui.Plural(len(p.Failed)+p.FailedMore, "record", "records") + " could not be computed, and would be set aside:"
}

func encodings() []ui.Option {
	out := []ui.Option{{Text: "that of the first input"}}
	for _, e := range []weir.Encoding{weir.EncodingAvro, weir.EncodingJSON, weir.EncodingProtobuf, weir.EncodingJSONSchema} {
		out = append(out, ui.Option{Value: string(e)})
	}
	return out
}

// same is the command that does what the page does next.
func same(n client.NewQuery) site.Same {
	if strings.TrimSpace(n.Statement) == "" {
		return site.Same{Command: "weir query example list", Method: http.MethodGet, Path: "/api/v1/queries/examples"}
	}
	sql := " --sql " + site.Quoted(n.Statement)
	if n.Name == "" {
		s := site.Same{Command: "weir query preview" + sql, Method: http.MethodPost, Path: "/api/v1/queries/preview"}
		return withBody(s, client.Statement{Statement: n.Statement, Encoding: n.Encoding})
	}
	parts := []string{"weir query create " + site.Quoted(n.Name) + sql}
	flag := func(name, value string) {
		if value != "" {
			parts = append(parts, "--"+name+" "+site.Quoted(value))
		}
	}
	flag("encoding", n.Encoding)
	flag("epoch", n.Epoch)
	flag("on-failure", n.OnFailure)
	flag("description", n.Description)
	flag("owner", n.Owner)
	if n.AtEnd {
		parts = append(parts, "--at-end")
	}
	return withBody(site.Same{Command: strings.Join(parts, " "), Method: http.MethodPost, Path: "/api/v1/queries"}, n)
}

func withBody(s site.Same, body any) site.Same {
	if b, err := json.Marshal(body); err == nil {
		s.Body = string(b)
	}
	return s
}

// wrong reports whether the statement is what was refused.
func (v View) wrong() bool { return v.Preview != nil && v.Preview.Problem != nil }
