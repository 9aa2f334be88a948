package activity

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// View is the page.
type View struct {
	Now     time.Time
	Filter  client.EntryFilter
	Problem *client.Problem // why the filter is none
	Lines   []Line
	Next    string // the cursor of the page after it
}

// Line is one entry of the record.
type Line struct {
	Name    string // its offset
	At      time.Time
	Who     string
	WhoNoun string
	Words   string // what was done, in words
	What    string // the operation
	Thing   string // what it was done to; empty: nothing, or not alone
	Href    string // of the thing; empty: it is gone, or has no page
	Why     string
	Door    string
	Address string
	Refused string // why; empty: it was done
	Times   int    // of a refusal
	First   time.Time
	Last    time.Time
	Changes []Change
}

// Change is a thing that an entry changed.
type Change struct {
	Noun   string
	Name   string
	Word   string // made, changed, ended
	Rev    uint64
	Fields []Field
}

// Field is a field that changed, before and after.
type Field struct {
	Path     string
	Old, New string
	Secret   bool
}

// Bounds of what a line shows; the API and the command have all.
const (
	maxChanges = 20
	maxFields  = 40
	maxValue   = 400
)

func lines(entries []client.Entry) []Line {
	out := make([]Line, 0, len(entries))
	for _, e := range entries {
		out = append(out, lineOf(e))
	}
	return out
}

func lineOf(e client.Entry) Line {
	l := Line{
		Name: e.Name, At: e.At, Who: e.Who, WhoNoun: e.Noun, Words: e.Words, What: e.What, Why: e.Why,
		Door: e.Through.Door, Address: e.Through.Address,
	}
	if e.Thing != nil {
		l.Thing = e.Thing.Name
		if !e.Thing.Gone {
			l.Href = hrefOf(e.Thing.Noun, e.Thing.Name)
		}
	}
	if r := e.Refusal; r != nil {
		l.Refused, l.Times, l.First, l.Last = r.Msg, r.Count, r.First, r.Last
	}
	for i, c := range e.Changes {
		if i == maxChanges {
			break
		}
		l.Changes = append(l.Changes, changeOf(c))
	}
	return l
}

func changeOf(c client.EntryChange) Change {
	out := Change{Noun: c.Noun, Name: c.Name, Rev: c.Revision, Word: "changed"}
	switch {
	case c.Deleted:
		out.Word = "ended"
	case c.Revision == 1:
		out.Word = "made"
	}
	for i, f := range c.Fields {
		if i == maxFields {
			break
		}
		out.Fields = append(out.Fields, Field{Path: f.Path, Old: value(f.Old), New: value(f.New), Secret: f.Secret})
	}
	return out
}

// value is a JSON value as one reads it: a text without its quotes.
func value(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		var b bytes.Buffer
		if json.Compact(&b, raw) != nil {
			return ""
		}
		text = b.String()
	}
	if len(text) > maxValue {
		return strings.ToValidUTF8(text[:maxValue], "") + " …"
	}
	return text
}

// pages are the nouns that have pages of their own.
var pages = map[string]string{
	"product": "/products/", "domain": "/domains/", "team": "/teams/", "application": "/applications/", "person": "/people/", "stream": "/publish/",
}

func hrefOf(noun, name string) string {
	top, ok := pages[noun]
	if !ok || name == "" {
		return ""
	}
	return top + url.PathEscape(name)
}

// options of the filters that are chosen from a list.

func sinceOptions() []ui.Option {
	return []ui.Option{{Value: "", Text: "since ever"}, {Value: "1h", Text: "last hour"}, {Value: "24h", Text: "last 24 hours"}, {Value: "7d", Text: "last 7 days"}, {Value: "30d", Text: "last 30 days"}}
}

func resultOptions() []ui.Option {
	return []ui.Option{{Value: "", Text: "done and refused"}, {Value: client.ResultDone, Text: "done"}, {Value: client.ResultRefused, Text: "refused"}}
}

func doorOptions() []ui.Option {
	return []ui.Option{
		{Value: "", Text: "any way"}, {Value: "web", Text: "pages"}, {Value: "api", Text: "commands and API"}, {Value: "registry", Text: "schema registry"},
		{Value: "worker", Text: "Weir itself"}, {Value: "start", Text: "the first start"},
	}
}

// door is what somebody came through, as one says it.
func door(name string) string {
	for _, o := range doorOptions() {
		if o.Value == name && name != "" {
			return o.Text
		}
	}
	return name
}

func nounOptions() []ui.Option {
	out := []ui.Option{{Value: "", Text: "anything"}}
	for _, n := range [...]string{"product", "stream", "domain", "team", "application", "access", "person", "role", "token", "subject", "schema", "term", "policy", "topic", "mesh"} {
		out = append(out, ui.Option{Value: n})
	}
	return out
}

// with keeps a value that a list of options has not, so that an address can say
// more than the form.
func with(options []ui.Option, value string) []ui.Option {
	for _, o := range options {
		if o.Value == value {
			return options
		}
	}
	return append(options, ui.Option{Value: value})
}

// narrowed is the filter with one thing more.
func narrowed(f client.EntryFilter, set func(*client.EntryFilter)) string {
	f.Cursor = ""
	set(&f)
	return href(f)
}

// filtered reports whether the record is narrowed at all.
func filtered(f client.EntryFilter) bool {
	f.Cursor, f.Limit = "", 0
	return f != client.EntryFilter{}
}

func through(l Line) string {
	if l.Address == "" {
		return door(l.Door)
	}
	return door(l.Door) + ", from " + l.Address
}

// first is the newest page of a filter, after the one from a cursor on.
func first(f client.EntryFilter) client.EntryFilter { return after(f, "") }

func after(f client.EntryFilter, cursor string) client.EntryFilter {
	f.Cursor = cursor
	return f
}

// liveQuery is what follows the same entries from now on.
func liveQuery(f client.EntryFilter) url.Values {
	f.Cursor, f.Limit, f.Since, f.Until = "", 0, "", ""
	return f.Values()
}

func changeTable(c Change) ui.TableView {
	t := ui.TableView{
		Caption: "What changed in " + c.Noun + " " + c.Name,
		Columns: []ui.Column{{Title: "Field"}, {Title: "Before"}, {Title: "After", Wide: true}},
	}
	for _, f := range c.Fields {
		before, now := ui.Text(f.Old), ui.Text(f.New)
		if f.Secret {
			before, now = ui.Text(""), ui.Text("changed; a secret, so it is not shown")
		} else if f.Old == "" && f.New == "" {
			now = ui.Text("changed; too long to be shown here")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Code(f.Path), before, now}})
	}
	return t
}
