package cli

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// shownOf is how many characters of a key or value a tree shows.
const shownOf = 100

func (c *cli) traceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "trace NAME PARTITION OFFSET", Short: "Walk a record back to what it was made of", Args: exactly(3),
		Long: `Walks a record of a product, or of a private stream, back to its sources, over as
many queries as there are, by what each record says that it was made of. What you
may not read is named as hidden. A sum is made of a range of records: some of them
are shown. Goes through 16 queries above each other and 1,000 records, and says
what it left out.`,
		Example: `  weir trace market.big-trades 0 17
  weir trace market._private.big-trades-aside 0 0 -o json`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		partition, err := strconv.ParseInt(args[1], 10, 32)
		if err != nil || partition < 0 {
			return fmt.Errorf("%q is no partition; write a number such as 0", args[1])
		}
		offset, err := strconv.ParseInt(args[2], 10, 64)
		if err != nil || offset < 0 {
			return fmt.Errorf("%q is no offset; write a number such as 17", args[2])
		}
		cl, err := c.client()
		if err != nil {
			return err
		}
		t, err := cl.Trace(cmd.Context(), args[0], int32(partition), offset)
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(t)
		}
		c.printTrace(t)
		return nil
	}
	return cmd
}

// printTrace prints the tree, then the queries, and what is missing below it.
func (c *cli) printTrace(t client.Trace) {
	c.printPlace(t.TracePlace, "", "")
	for _, q := range t.Queries {
		fmt.Fprintf(c.Out, "\n%s, %s, plan %s:\n%s\n", printable(q.Name), q.State, orNone(q.Plan), statement(q.Statement))
		if q.Problem != "" {
			fmt.Fprintf(c.Out, "it is not understood any more: %s\n", printable(q.Problem))
		}
	}
	for _, l := range t.LeftOut {
		fmt.Fprintf(c.Err, "weir: left out by the bound of %s: %d places\n", l.Bound, l.Places)
	}
}

func orNone(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// printPlace prints a place and what is below it. head stands before its first
// line, rest before the others.
func (c *cli) printPlace(p client.TracePlace, head, rest string) {
	fmt.Fprintf(c.Out, "%s%s\n", head, printable(placeLine(p)))
	below := append(append([]client.TracePlace{}, p.Records...), p.From...)
	bar := "│  "
	if len(below) == 0 && p.More == 0 {
		bar = "   "
	}
	for _, line := range placeNotes(p) {
		fmt.Fprintf(c.Out, "%s%s%s\n", rest, bar, printable(line))
	}
	for i, b := range below {
		if i == len(below)-1 && p.More == 0 {
			c.printPlace(b, rest+"└─ ", rest+"   ")
		} else {
			c.printPlace(b, rest+"├─ ", rest+"│  ")
		}
	}
	if p.More > 0 {
		fmt.Fprintf(c.Out, "%s└─ and %d records or more that it does not name\n", rest, p.More)
	}
}

// placeLine is a place in one line: where, when, and what.
func placeLine(p client.TracePlace) string {
	name := p.Name()
	if name == "" {
		name = "(hidden)"
	}
	where := fmt.Sprintf("%s %d/%d", name, p.Partition, p.Offset)
	switch p.State {
	case client.PlaceRead:
		return strings.Join([]string{where, when(p.Timestamp), short(string(p.Key)), short(string(p.Value))}, "  ")
	case client.PlaceRange:
		return fmt.Sprintf("%s-%d  %d records", where, p.Last, p.Count)
	}
	if p.Last > 0 {
		where += fmt.Sprintf("-%d", p.Last)
	}
	return where + "  " + p.State + ": " + p.Why
}

// placeNotes is what else is to be said of a place, a line each.
func placeNotes(p client.TracePlace) []string {
	var out []string
	if p.Again {
		out = append(out, "as above")
	}
	if p.Failed != "" {
		out = append(out, "set aside ("+p.Step+"): "+p.Failed)
	}
	if by := madeBy(p); by != "" {
		out = append(out, by)
	}
	if p.Why != "" && (p.State == client.PlaceRead || p.State == client.PlaceRange) {
		out = append(out, p.Why)
	}
	return out
}

// madeBy says which query made a record, and whether it would make it the same way
// now.
func madeBy(p client.TracePlace) string {
	switch {
	case p.Plan == "" || p.Again:
		return ""
	case p.Query == "":
		return "by the plan " + p.Plan
	case p.Current == nil:
		return "by query " + p.Query + ", plan " + p.Plan
	case *p.Current:
		return "by query " + p.Query + ", plan " + p.Plan + ", the one that it has now"
	}
	return "by query " + p.Query + ", plan " + p.Plan + ", which is not the one that it has now"
}

// short cuts a text that is long for a line.
func short(s string) string {
	if utf8.RuneCountInString(s) <= shownOf {
		return s
	}
	return string([]rune(s)[:shownOf]) + "…"
}
