package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"
)

// column is one column of a table.
type column[T any] struct {
	head string
	cell func(T) string
}

// printAll prints a list. In json and yaml it has the API's shape.
func printAll[T any](c *cli, items []T, cols []column[T]) error {
	if c.format != "table" {
		return c.printValue(items)
	}
	w := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	heads := make([]string, len(cols))
	for i, col := range cols {
		heads[i] = col.head
	}
	fmt.Fprintln(w, strings.Join(heads, "\t"))
	for _, it := range items {
		cells := make([]string, len(cols))
		for i, col := range cols {
			cells[i] = printable(col.cell(it))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}

// printOne prints one thing: a line for each column, or the API's shape.
func printOne[T any](c *cli, it T, cols []column[T]) error {
	if c.format != "table" {
		return c.printValue(it)
	}
	w := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	for _, col := range cols {
		if cell := col.cell(it); cell != "" {
			fmt.Fprintf(w, "%s\t%s\n", strings.ToLower(col.head), printable(cell))
		}
	}
	return w.Flush()
}

// printable keeps text of others from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case r < ' ', r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, s)
}

// printValue prints the API's shape as JSON or YAML.
func (c *cli) printValue(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if c.format == "json" {
		var b bytes.Buffer
		if err := json.Indent(&b, raw, "", "  "); err != nil {
			return err
		}
		b.WriteByte('\n')
		_, err = b.WriteTo(c.Out)
		return err
	}
	var tree yaml.Node // JSON is YAML; the node keeps the order of the keys
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		return err
	}
	plain(&tree)
	enc := yaml.NewEncoder(c.Out)
	enc.SetIndent(2)
	if err := enc.Encode(&tree); err != nil {
		return err
	}
	return enc.Close()
}

// plain takes the braces and quotes of JSON away where YAML needs none.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		plain(child)
	}
}

// said prints one line of what was done, unless the result was asked for as
// data.
func (c *cli) said(format string, args ...any) {
	if c.format == "table" {
		fmt.Fprintf(c.Out, format+"\n", args...)
	}
}
