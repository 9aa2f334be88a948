// Package ui is how Weir looks: the components that every page is made of, the
// one stylesheet and the frame. A component is a function of plain values; it
// asks nobody, and whatever it is given is escaped. No component needs a
// script, and none writes a style attribute, which the pages' policy forbids.
//
// The head of a page and its parts:
//
//	Heading(title, lead) {actions}   the title; children stand at its right
//	Panel(title) {body}              a box with a heading; Fold the same, closed until asked
//	Facts([]Fact)                    the strip of numbers over a thing
//	Properties([]Property)           names and values, as a list
//	Tabs(label, []TabLink)           the parts of a page, as links
//	Empty(title, text, snippet)      nothing is there: what to do; children follow
//	Note(state, text)                a sentence that must not be missed
//
// Words and values:
//
//	Status(state, word, why)         word, shape and colour; good, warning, failing, unknown
//	Badge(text)                      a property in one word: stream, avro
//	Tag(text, href)                  a tag; a link if href is not empty
//	Time(t, now)                     "3 min ago", the exact UTC time in the title
//	Number(n) Bytes(n) Rate(perSecond)  short, the exact one in the title
//	Copy(text)                       an identifier with a button that copies it
//	Code(text)  Pre(text)            text of a machine, in a line or as a block
//	Text(text)  Link(text, href)  Mark([]Piece)  for cells; Mark shows what was found
//	Markdown(text)                   of people: without HTML, scripts and foreign pictures
//	Icon(name)                       16 px; see icons.go for those that there are
//
// Forms:
//
//	Form(FormView) {fields}          posts, shows a problem above the fields, and a button
//	Field(Input)                     label, control, help and error of one value
//	Search(value, label)             the search box of a page
//	Button(text)  Danger(text)       submit the form around them
//	Action(href, text, icon)         a link that looks like a button
//	Problem(*client.Problem)         what was refused, and what to do
//
// Lists and pictures:
//
//	Table(TableView)                 real headers; on narrow screens a list of cards
//	Diff([]DiffRow)                  two texts side by side
//	Snippets(id, []Snippet)          the same in several languages, one at a time
//	Spark(values, label)             a small line of numbers, with a table behind it
//	Bars([]Bar, label)               bars with their numbers, as a table
//	Pager(next)                      to the next page of a list
//	Island(file)                     a script of static that makes a part live
//	Asset(file)                      the path of a file in static, with its hash
//
// Go functions for texts in views: ShortNumber, ShortBytes, ShortRate, Exact,
// Ago, UTC, Plural.
//
// A component that takes part in what htmx does gets its attributes by Attrs.
// New looks belong in static/weir.css, by the tokens at its top.
package ui

import (
	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
)

// State is how well a thing is. Its word is chosen by the page.
type State string

// The states. Unknown is what nobody measured; it is never drawn as good.
const (
	Good    State = "good"
	Warning State = "warning"
	Failing State = "failing"
	Unknown State = "unknown"
)

// Fact is one number of the strip over a thing.
type Fact struct {
	Label string    // records
	Value string    // 1.2 M; empty: nobody measured it
	Exact string    // 1,204,113; shown in the title
	Spark []float64 // how it was, oldest first; empty: no picture
	State State     // empty: neither good nor bad
	Why   string    // why it is not good, or not measured
}

// Property is a name and its value.
type Property struct {
	Label string
	Value string          // used if Body is nil; empty: the property is left out
	Body  templ.Component // any component instead of a text
}

// TabLink is one part of a page.
type TabLink struct {
	Text  string
	Href  string
	Count string // beside the text; empty: none
	Here  bool   // it is what is shown
}

// Kind is what an input is.
type Kind string

// The kinds of inputs. The zero value is a line of text.
const (
	TextInput     Kind = ""
	AreaInput     Kind = "area"
	SelectInput   Kind = "select"
	CheckInput    Kind = "check"
	PasswordInput Kind = "password"
	SearchInput   Kind = "search"
	NumberInput   Kind = "number"
	HiddenInput   Kind = "hidden"
)

// Input is one value of a form.
type Input struct {
	Name     string
	Label    string
	Value    string // of a check: "on" is checked
	Help     string // under the control
	Error    string // what is wrong with the value; shown at the control
	Kind     Kind
	Options  []Option // of a select
	Required bool
	Mono     bool             // what is written is for a machine: a schema, a name, an expression
	Rows     int              // of an area; 0: 6
	Attrs    templ.Attributes // more attributes of the control
}

// Option is one choice of a select.
type Option struct {
	Value string
	Text  string // empty: the value
}

// FormView is a form without its fields, which are the component's children.
type FormView struct {
	Action  string
	Get     bool            // a form that changes nothing, such as a search
	Submit  string          // the button's text; empty: the children have their own
	Cancel  string          // where "Cancel" leads; empty: there is none
	Danger  bool            // it takes something away
	Problem *client.Problem // why it was refused the last time
	Attrs   templ.Attributes
}

// TableView is a table.
type TableView struct {
	Caption string // read by screen readers; shown if Titled
	Titled  bool
	Columns []Column
	Rows    []Row
	ID      string // for live parts
	Keys    bool   // j and k go through the rows, Enter opens a row's first link
}

// Column is a column of a table.
type Column struct {
	Title  string
	Number bool // right-aligned, tabular figures
	Wide   bool // takes what is left
}

// Row is a row: a cell for each column.
type Row struct {
	Cells []templ.Component
	Attrs templ.Attributes
}

// Piece is a piece of a text; Found is drawn as what was searched for.
type Piece struct {
	Text  string
	Found bool
}

// Side says how two lines relate.
type Side string

// The sides of a difference.
const (
	Same    Side = ""
	Changed Side = "changed"
	Added   Side = "added"
	Removed Side = "removed"
)

// DiffRow is a line of two texts side by side. A number of 0 is no line.
type DiffRow struct {
	OldNumber int
	Old       string
	NewNumber int
	New       string
	Side      Side
}

// Snippet is a text to copy, in one language or for one tool.
type Snippet struct {
	Title    string // Go
	Language string // go
	Code     string
	Note     string // a sentence over it; empty: none
}

// Bar is one bar.
type Bar struct {
	Label string
	Value float64
	Text  string // the value as it is shown; empty: ShortNumber
}
