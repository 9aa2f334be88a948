package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// lineageFlags are what both questions take.
type lineageFlags struct {
	q  client.LineageQuestion
	at string
}

func (l *lineageFlags) of(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVar(&l.q.Depth, "depth", 0, "how many products and applications away; 0: as far as it goes")
	f.StringVar(&l.at, "at", "", "as it was then: a day, or a time by RFC 3339")
	f.StringVar(&l.q.Since, "since", "30d", "count records from so long before on: 6h, 30d, at most 400d")
}

// question is the flags and the argument NAME[#FIELD].
func (l *lineageFlags) question(arg string) (name string, q client.LineageQuestion, err error) {
	name, field, of := strings.Cut(arg, "#")
	if of && field == "" {
		return "", q, fmt.Errorf("%q names no field; write DOMAIN.PRODUCT#FIELD", arg)
	}
	q = l.q
	q.Field = field
	if l.at != "" {
		q.At, err = moment(l.at)
	}
	if q.Depth < 0 {
		err = errors.New("--depth is at least 0")
	}
	return name, q, err
}

// drawnAs is the annotation of a command whose result can be drawn, too.
const drawnAs = "drawn"

// moment reads a day, which is its end, or a time.
func moment(s string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("--at %q is no time; write a day, such as 2026-03-01, or 2026-03-01T12:00:00Z", s)
	}
	return t, nil
}

func (c *cli) lineageCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "lineage NAME[#FIELD]", Short: "Show where data comes from and where it goes", Args: exactly(1), ValidArgsFunction: c.suggested,
		Long: `Shows what a product, a private stream or an application is made of, and what is
made of it: sources, queries, products, and who reads and writes them, with how
that is known (plan: a query's statement says so; traffic: records were counted on
the way; declaration: somebody decided or declared it) and when it was last seen.
Of a field: the fields that it is made of and that are made of it, those of
conditions, joins and groupings too. What you may not know of is a closed box.`,
		Example: `  weir lineage market.big-trades#total --up
  weir lineage membership.users --down --depth 2
  weir lineage membership.users --at 2026-03-01 -o dot | dot -Tsvg > users.svg`,
		Annotations: map[string]string{drawnAs: "table, json, yaml or dot"},
	}
	var l lineageFlags
	l.of(cmd)
	cmd.Flags().BoolVar(&l.q.Up, "up", false, "only where it comes from")
	cmd.Flags().BoolVar(&l.q.Down, "down", false, "only where it goes")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, q, err := l.question(args[0])
		if err != nil {
			return err
		}
		cl, err := c.client()
		if err != nil {
			return err
		}
		t, err := cl.Lineage(cmd.Context(), name, q)
		if err != nil {
			return err
		}
		switch c.format {
		case "table":
			return c.printLineage(t)
		case "dot":
			c.printDot(t)
			return nil
		}
		return c.printValue(t)
	}
	return cmd
}

// drawn is one edge as a line of a table, with the names of its ends.
type drawn struct {
	client.LineageEdge
	from, to string
}

// printLineage prints the edges, then the fields, and what is missing below.
func (c *cli) printLineage(t client.Lineage) error {
	names := boxNames(t)
	var edges []drawn
	for _, e := range t.Edges {
		edges = append(edges, drawn{e, names[e.From], names[e.To]})
	}
	err := printAll(c, edges, []column[drawn]{
		{"FROM", func(d drawn) string { return d.from }},
		{"TO", func(d drawn) string { return d.to }},
		{"KNOWN BY", func(d drawn) string { return knownBy(d.Known) }},
		{"RECORDS", func(d drawn) string { return counted(d.Known) }},
		{"LAST SEEN", func(d drawn) string { return lastSeen(d.Last) }},
	})
	if err == nil && len(t.Fields) > 0 {
		fmt.Fprintln(c.Out)
		err = printAll(c, t.Fields, []column[client.LineageFields]{
			{"FIELD", func(f client.LineageFields) string { return names[f.From] + "#" + cmp.Or(f.Field, "?") }},
			{"GOES INTO", func(f client.LineageFields) string { return names[f.To] + "#" + cmp.Or(f.Column, "?") }},
			{"AS", fieldAs},
		})
	}
	c.saidBounds(t.LeftOut, t.Problems)
	c.saidMeasured(t.Measured, t.From)
	return err
}

// boxNames is what each box is called, by its id.
func boxNames(t client.Lineage) map[string]string {
	names := map[string]string{}
	for _, n := range t.Nodes {
		name := n.Name
		switch {
		case n.Kind == "closed" && n.Count > 1:
			name = fmt.Sprintf("(%d not for you to see)", n.Count)
		case n.Kind == "closed":
			name = "(not for you to see)"
		case n.Kind != "product":
			name = n.Kind + " " + name
		}
		if n.Gone {
			name += " (gone)"
		}
		names[n.ID] = name
	}
	return names
}

// knownBy is each way by which an edge is known.
func knownBy(known []client.LineageEvidence) string {
	var out []string
	for _, k := range known {
		text := k.How + ": " + k.What
		if k.Due != "" {
			text += " by " + k.Due
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, ", ")
}

func counted(known []client.LineageEvidence) string {
	var n int64
	for _, k := range known {
		n += k.Records
	}
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func lastSeen(t *time.Time) string {
	if t == nil {
		return "not measured"
	}
	return t.UTC().Format(time.RFC3339)
}

func fieldAs(f client.LineageFields) string {
	as := "condition, join or grouping"
	if f.Direct {
		as = "value"
	}
	if f.Masked != "" {
		as += ", masked by " + f.Masked
	}
	return as
}

func (c *cli) saidBounds(leftOut int, problems []string) {
	if leftOut > 0 {
		fmt.Fprintf(c.Err, "weir: more than %d things are left out; ask for fewer: --depth 2\n", leftOut)
	}
	for _, p := range problems {
		fmt.Fprintf(c.Err, "weir: the counts are missing: %s\n", printable(p))
	}
}

// printDot prints the graph in the language of Graphviz.
func (c *cli) printDot(t client.Lineage) {
	fmt.Fprintf(c.Out, "digraph lineage {\n  rankdir=LR\n  node [shape=box fontname=\"sans-serif\"]\n")
	names := boxNames(t)
	for i, n := range t.Nodes {
		style := ""
		switch {
		case i == 0:
			style = " penwidth=2"
		case n.Kind == "closed":
			style = " style=filled fillcolor=gray"
		case n.Kind == "query":
			style = " shape=cds"
		case n.Kind == "application" || n.Kind == "person":
			style = " shape=component"
		}
		label := names[n.ID]
		if len(n.Fields) > 0 {
			label += "\n" + strings.Join(n.Fields, ", ")
		}
		fmt.Fprintf(c.Out, "  %s [label=%s%s]\n", n.ID, dotText(label), style)
	}
	for _, e := range t.Edges {
		style := ""
		if !slices.ContainsFunc(e.Known, func(k client.LineageEvidence) bool { return k.How != "declaration" }) {
			style = " style=dashed"
		}
		fmt.Fprintf(c.Out, "  %s -> %s [label=%s%s]\n", e.From, e.To, dotText(knownBy(e.Known)), style)
	}
	fmt.Fprintln(c.Out, "}")
}

// dotText is a text in the language of Graphviz.
func dotText(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(printable(l))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}

func (c *cli) impactCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "impact NAME[#FIELD]", Short: "Show whom a change would hurt", Args: exactly(1), ValidArgsFunction: c.suggested,
		Long: `Shows which queries, products, applications and teams depend on a product, a private
stream, an application, or one field, near and far, with how that is known and when
they were last seen. An application gets whole records: of which fields it makes
use nobody knows, so that it depends on each, unless it declared which it will
need.`,
		Example: `  weir impact membership.users#regionid
  weir impact market.trades -o json`,
	}
	var l lineageFlags
	l.of(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, q, err := l.question(args[0])
		if err != nil {
			return err
		}
		cl, err := c.client()
		if err != nil {
			return err
		}
		i, err := cl.Impact(cmd.Context(), name, q)
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(i)
		}
		return c.printImpact(i)
	}
	return cmd
}

// hurt is one thing that depends on another, with what it is.
type hurt struct {
	client.Hurt
	kind string
}

func (c *cli) printImpact(i client.Impact) error {
	var all []hurt
	for _, k := range []struct {
		kind string
		of   []client.Hurt
	}{{"application", i.Applications}, {"query", i.Queries}, {"product", i.Products}, {"stream", i.Streams}, {"person", i.People}} {
		for _, h := range k.of {
			all = append(all, hurt{h, k.kind})
		}
	}
	err := printAll(c, all, []column[hurt]{
		{"HURT", func(h hurt) string { return h.kind + " " + h.Name }},
		{"TEAM", func(h hurt) string { return h.Team }},
		{"FIELDS", func(h hurt) string { return strings.Join(h.Fields, ", ") }},
		{"AWAY", func(h hurt) string { return strconv.Itoa(h.Depth) }},
		{"KNOWN BY", func(h hurt) string {
			text := strings.Join(h.How, ", ")
			if h.Due != "" {
				text += ", by " + h.Due
			}
			return text
		}},
		{"LAST SEEN", func(h hurt) string { return lastSeen(h.Last) }},
	})
	if len(i.Teams) > 0 {
		c.said("teams to talk to: %s", strings.Join(i.Teams, ", "))
	}
	if len(all) == 0 && i.Hidden == 0 {
		c.said("nobody depends on it, as far as is known")
	}
	if i.Hidden > 0 {
		c.said("and %d more that you may not see by name", i.Hidden)
	}
	c.saidBounds(i.LeftOut, i.Problems)
	c.saidMeasured(i.Measured, i.From)
	return err
}

// hurts names whom the end of a product, a stream, a query or an application would
// hurt; asked before it is done. What cannot be asked is not told.
func (c *cli) hurts(ctx context.Context, cl *client.Client, name string) string {
	i, err := cl.Impact(ctx, name, client.LineageQuestion{})
	if err != nil {
		return ""
	}
	return i.Summary
}

func (c *cli) saidHurt(whom string) {
	if whom != "" {
		fmt.Fprintf(c.Err, "weir: this hurts %s\n", printable(whom))
	}
}
