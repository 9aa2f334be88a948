package product

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

func version(major int) string { return fmt.Sprintf("v%d", major) }

// severity is how a finding is drawn.
func severity(s string) ui.State {
	switch s {
	case "error":
		return ui.Failing
	case "warning":
		return ui.Warning
	}
	return ui.Unknown
}

// shorten keeps the first n of a list, and says how many there are besides.
func shorten(all []string, n int) []string {
	if len(all) <= n {
		return all
	}
	return append(slices.Clone(all[:n]), fmt.Sprintf("and %d more", len(all)-n))
}

// safe is an address of somebody's: http, https and mailto alone. Anything else
// leads nowhere.
func safe(address string) templ.SafeURL {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"http", "https", "mailto"}, u.Scheme) {
		return "#"
	}
	return templ.SafeURL(u.String())
}

func promiseTable(all []Promise) ui.TableView {
	t := ui.TableView{Caption: "What is declared and what was measured", Columns: []ui.Column{{Title: "Promise"}, {Title: "Declared"}, {Title: "Measured", Wide: true}}}
	for _, p := range all {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(p.What), ui.Text(p.Declared), measured(p)}})
	}
	return t
}

// sorted are the names of what a form holds.
func sorted(t Typed) []string { return slices.Sorted(maps.Keys(t)) }

func words(empty string, all ...string) []ui.Option {
	var out []ui.Option
	if len(all) == 0 || all[0] != "" {
		out = append(out, ui.Option{Text: empty})
	}
	for _, w := range all {
		if w == "" {
			out = append(out, ui.Option{Text: empty})
		} else {
			out = append(out, ui.Option{Value: w, Text: w})
		}
	}
	return out
}

// inputOf is a field of the form of what is told; what was refused stands at it.
func inputOf(f toldField, value string, p *client.Problem) ui.Input {
	in := ui.Input{Name: f.name, Label: f.label, Help: f.help, Kind: f.kind, Value: value, Rows: 3}
	if f.kind == ui.SelectInput {
		in.Options = words("not said", f.options...)
		if f.options[0] != "" {
			in.Options = in.Options[1:]
		}
	}
	if p != nil && (p.Where == f.name || strings.HasPrefix(p.Where, f.name+".")) {
		in.Error = p.Detail
	}
	return in
}

func joined(all []string) string { return strings.Join(all, ", ") }

func on(b bool) string {
	if b {
		return "on"
	}
	return ""
}

func schemaSays(r FieldRow) string {
	var parts []string
	if r.From == "schema" {
		parts = append(parts, r.Description)
	}
	if r.ClassificationFrom == "schema" {
		parts = append(parts, r.Classification)
	}
	for _, t := range r.Tags {
		if t.From == "schema" {
			parts = append(parts, t.Tag)
		}
	}
	return strings.Join(parts, "; ")
}

func termHref(term string) string { return "/explore?" + url.Values{"f": {"term=" + term}}.Encode() }

// nullShare is how many of a field's values are null.
func nullShare(p client.FieldProfile) string {
	if p.Nulls == 0 {
		return "none"
	}
	return share(p.Nulls, p.Nulls+p.Values)
}

// share is a part of a whole in percent.
func share(n, of int) string {
	if of == 0 {
		return "0 %"
	}
	v := 100 * float64(n) / float64(of)
	switch {
	case n == of:
		return "all"
	case v < 0.1:
		return "< 0.1 %"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " %"
}

func distinctWords(p client.FieldProfile) string {
	switch {
	case p.Distinct == 0:
		return "–"
	case p.AtLeast:
		return "≥ " + ui.Exact(int64(p.Distinct))
	case p.Distinct == p.Values && p.Values > 1:
		return "all"
	}
	return ui.Exact(int64(p.Distinct))
}

func place(r RecordRow) string { return fmt.Sprintf("%d:%d", r.Partition, r.Offset) }

func columnName(columns []string, i int) string {
	if i < len(columns) {
		return columns[i]
	}
	return "Value"
}

func chosenColumn(v Records, c string) bool {
	return slices.Contains(v.Columns, c) || len(v.Columns) == 0 && slices.Contains(v.Shown, c)
}

func columnsWords(v Records) string {
	if len(v.Shown) == 0 {
		return "the whole value"
	}
	return strings.Join(v.Shown, ", ")
}

func noneWords(v Records) string {
	if v.Where != "" {
		return "The condition holds for none of those that were looked at. Look further back, or change it."
	}
	return "There is none from there on. Look further back: earliest shows the oldest."
}

func headerTable(all []Header) ui.TableView {
	t := ui.TableView{Caption: "Headers", Columns: []ui.Column{{Title: "Header"}, {Title: "Value", Wide: true}}}
	for _, h := range all {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Code(h.Key), ui.Code(h.Value)}})
	}
	return t
}

func changeTable(all []FieldChange) ui.TableView {
	t := ui.TableView{Caption: "Fields that changed", Columns: []ui.Column{{Title: "Field"}, {Title: "What"}, {Title: "Before"}, {Title: "After", Wide: true}}}
	for _, c := range all {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Code(c.Path), ui.Text(c.Word), ui.Code(c.Before), ui.Code(c.After)}})
	}
	return t
}

func readerTable(all []Reader, caption string, lags bool, now time.Time) ui.TableView {
	t := ui.TableView{Caption: caption, Keys: true, Columns: []ui.Column{
		{Title: "Who", Wide: true}, {Title: "Team"}, {Title: "Records", Number: true}, {Title: "Rate", Number: true}, {Title: "Last"}, {Title: "Client"}, {Title: "Lag", Number: true}, {Title: "How it is known"},
	}}
	if !lags {
		t.Columns = slices.Delete(t.Columns, 6, 7)
	}
	for _, r := range all {
		cells := []templ.Component{readerName(r), ui.Text(r.Team), ui.Number(r.Records), ui.Text(r.PerDay), ui.Time(r.Last, now), ui.Text(r.Library), lag(r), ui.Text(r.How)}
		if !lags {
			cells = slices.Delete(cells, 6, 7)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

func groupTable(all []client.Group) ui.TableView {
	t := ui.TableView{Caption: "Groups of no application", Columns: []ui.Column{{Title: "Group", Wide: true}, {Title: "State"}, {Title: "Members", Number: true}, {Title: "Lag", Number: true}}}
	for _, g := range all {
		behind := "not known"
		if g.Lag != nil {
			behind = ui.Exact(*g.Lag)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Code(g.Name), ui.Text(g.State), ui.Text(strconv.Itoa(g.Members)), ui.Text(behind)}})
	}
	return t
}

func hurtTable(all []client.ProductReader, people []client.Usage) ui.TableView {
	t := ui.TableView{Caption: "Who is hurt", Columns: []ui.Column{{Title: "Who", Wide: true}, {Title: "Team"}, {Title: "Last read"}, {Title: "Records", Number: true}}}
	for _, r := range all {
		last := "not in 30 days; it was allowed to"
		if !r.Last.IsZero() {
			last = ui.UTC(r.Last)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(r.Application), ui.Text(r.Team), ui.Text(last), ui.Number(int64(r.Records))}})
	}
	for _, u := range people {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(u.Person), ui.Text("a person, over HTTP"), ui.Text(ui.UTC(u.Last)), ui.Number(u.Records)}})
	}
	return t
}

func conflictTable(all []Conflict) ui.TableView {
	t := ui.TableView{Caption: "What both changed", Columns: []ui.Column{{Title: "What"}, {Title: "They wrote", Wide: true}, {Title: "You typed", Wide: true}}}
	for _, c := range all {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(c.Label), ui.Text(c.Theirs), ui.Text(c.Yours)}})
	}
	return t
}

func endSubmit(v End) string {
	switch v.What {
	case "deprecate":
		return "Deprecate"
	case "unpublish":
		return "Take back"
	case "delete":
		return "Delete"
	}
	return "Save"
}

// entryWords is what was done, as the record says it.
func entryWords(e client.Entry) string {
	if e.Words != "" {
		return e.Words
	}
	return e.What
}

func changesOf(e client.Entry) int {
	n := 0
	for _, c := range e.Changes {
		n += len(c.Fields)
	}
	return n
}

// maxEntryFields bounds the values that one entry shows.
const maxEntryFields = 60

func entryTable(e client.Entry) ui.TableView {
	t := ui.TableView{Caption: "What changed", Columns: []ui.Column{{Title: "Of"}, {Title: "What"}, {Title: "Before"}, {Title: "After", Wide: true}}}
	for _, c := range e.Changes {
		for _, f := range c.Fields {
			if len(t.Rows) >= maxEntryFields {
				return t
			}
			before, after := short(textOf(f.Old)), short(textOf(f.New))
			if f.Secret {
				before, after = "secret", "secret"
			}
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(c.Noun + " " + c.Name), ui.Code(f.Path), ui.Code(before), ui.Code(after)}})
		}
	}
	return t
}

func ofSubject(subject string) string {
	if subject == "" {
		return ""
	}
	return ", of the newest schema of " + subject
}

// sampleText says what the profile is of.
func sampleText(v Fields) string {
	out := v.Sample
	if v.Cut {
		out += "; fewer than asked for, since they are large or came slowly"
	}
	if v.Undecoded > 0 {
		out += "; " + ui.Exact(int64(v.Undecoded)) + " of them cannot be decoded and are in no field"
	}
	return out
}
