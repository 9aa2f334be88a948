package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/weirmesh/weir/client"
)

// rowPrinter prints records one by one.
type rowPrinter interface {
	add(client.Record) error
	end() error
	hidden() []string // fields that came too late for a column
}

func newRows(format string, follow bool, out io.Writer) rowPrinter {
	switch format {
	case "json":
		return &jsonRows{out}
	case "csv":
		w := csv.NewWriter(out)
		return &tableRows{csv: true, follow: follow, write: w.Write, flush: func() error { w.Flush(); return w.Error() }, cell: plainCell}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	return &tableRows{follow: follow, flush: w.Flush, cell: shownCell, write: func(cells []string) error {
		_, err := fmt.Fprintln(w, strings.Join(cells, "\t"))
		return err
	}}
}

// jsonRows prints each record as the node sent it, on one line.
type jsonRows struct{ out io.Writer }

func (j *jsonRows) add(r client.Record) error {
	_, err := j.out.Write(append(r.Line, '\n'))
	return err
}

func (*jsonRows) end() error       { return nil }
func (*jsonRows) hidden() []string { return nil }

// How many records a table looks at to choose its columns, and prints at once,
// and how wide a cell of it is.
const (
	sample  = 100
	maxCell = 60
)

// tableRows prints records in columns: those of every record, and the fields of
// the first values. What a later value has besides is told at the end.
type tableRows struct {
	write       func([]string) error
	flush       func() error
	cell        func(json.RawMessage) string
	csv, follow bool

	held    []client.Record
	columns []string // fields of the values; nil before the head
	whole   bool     // values that are no objects have a column
	printed int
	missed  []string // fields that have no column
}

func (t *tableRows) add(r client.Record) error {
	if t.columns != nil {
		return t.row(r)
	}
	if t.held = append(t.held, r); !t.follow && len(t.held) < sample {
		return nil
	}
	return t.begin()
}

// begin chooses the columns and prints what was held.
func (t *tableRows) begin() error {
	t.columns = []string{}
	for _, r := range t.held {
		names, ok := fieldsOf(r.Value)
		t.whole = t.whole || !ok
		for _, n := range names {
			if !slices.Contains(t.columns, n) {
				t.columns = append(t.columns, n)
			}
		}
	}
	if err := t.write(t.head()); err != nil {
		return err
	}
	for _, r := range t.held {
		if err := t.row(r); err != nil {
			return err
		}
	}
	t.held = nil
	return t.flush()
}

func (t *tableRows) head() []string {
	own := []string{"partition", "offset", "timestamp", "key"}
	head := slices.Clone(own)
	for _, n := range t.columns {
		if slices.Contains(own, n) || n == "value" {
			n = "value." + n
		}
		head = append(head, n)
	}
	if t.whole {
		head = append(head, "value")
	}
	if !t.csv {
		for i, h := range head {
			if head[i] = printable(h); i < len(own) || t.whole && i == len(head)-1 {
				head[i] = strings.ToUpper(h)
			}
		}
	}
	return head
}

func (t *tableRows) row(r client.Record) error {
	cells := []string{strconv.Itoa(int(r.Partition)), strconv.FormatInt(r.Offset, 10), r.Timestamp.UTC().Format("2006-01-02T15:04:05.000Z07:00"), t.cell(r.Key)}
	var value map[string]json.RawMessage
	object := json.Unmarshal(r.Value, &value) == nil && value != nil
	for _, n := range t.columns {
		cells = append(cells, t.cell(value[n]))
		delete(value, n)
	}
	t.note(value, object)
	if t.whole {
		rest := ""
		if !object {
			rest = t.cell(r.Value)
		}
		cells = append(cells, rest)
	}
	if err := t.write(cells); err != nil {
		return err
	}
	if t.printed++; t.follow || t.printed%sample == 0 {
		return t.flush()
	}
	return nil
}

// note keeps the names of what is not shown.
func (t *tableRows) note(rest map[string]json.RawMessage, object bool) {
	if !object && !t.whole {
		rest = map[string]json.RawMessage{"values that are no objects": nil}
	}
	for n := range rest {
		if len(t.missed) < sample && !slices.Contains(t.missed, n) {
			t.missed = append(t.missed, n)
		}
	}
}

func (t *tableRows) end() error {
	if t.columns == nil && len(t.held) > 0 {
		return t.begin()
	}
	return t.flush()
}

// hidden names what was not shown.
func (t *tableRows) hidden() []string {
	slices.Sort(t.missed)
	return t.missed
}

// fieldsOf are the names in an object, in its order.
func fieldsOf(value json.RawMessage) ([]string, bool) {
	dec := json.NewDecoder(bytes.NewReader(value))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	var names []string
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return names, true
		}
		names = append(names, name)
		var skip json.RawMessage
		if dec.Decode(&skip) != nil {
			return names, true
		}
	}
	return names, true
}

// plainCell is a string as it is, nothing for null, and JSON for the rest.
func plainCell(v json.RawMessage) string {
	var s string
	switch {
	case len(v) == 0 || string(v) == "null":
		return ""
	case json.Unmarshal(v, &s) == nil:
		return s
	}
	return string(v)
}

// shownCell is short enough for a table.
func shownCell(v json.RawMessage) string {
	runes := []rune(printable(plainCell(v)))
	if len(runes) > maxCell {
		return string(runes[:maxCell-1]) + "…"
	}
	return string(runes)
}
