package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/weirmesh/weir/client"
)

func (c *cli) schemaDiff() *cobra.Command {
	cmd := &cobra.Command{
		Use: "diff SUBJECT [FROM TO]", Short: "Put two schemas side by side, with the verdict in both directions", ValidArgsFunction: c.subjects(),
		Long: `Puts two versions of a subject side by side (the last two unless you say which),
or with --file the latest version and a file. + is a field that is new, - one
that is gone, ~ one that is another. Behind the type, ? says that the field may be
absent, #3 its number (Protobuf, where fields are told apart by it), = its default,
and { } the values of an enum.
Below stands who can read what: BACKWARD, the new schema what was written with
the old one; FORWARD, the other way round.`,
		Example: "  weir schema diff membership.users.v1-value 1 latest\n  weir schema diff membership.users.v1-value --file users.avsc",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 3 {
				return fmt.Errorf("%d arguments where 1 or 3 are needed; write: %s", len(args), cmd.UseLine())
			}
			return nil
		},
	}
	s := addSchemaFlags(cmd)
	_ = cmd.Flags().MarkHidden("normalize")
	file := cmd.Flags().String("file", "", "the new side: a file instead of a version (- is standard input)")
	width := cmd.Flags().Int("width", 0, "columns to print in (default: the terminal's)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		d, err := c.compare(cmd.Context(), cl, args, *file, s)
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(d)
		}
		return printDiff(c.Out, d, sideBySide{file: *file, width: cmp.Or(*width, c.width())})
	}
	return cmd
}

// compare asks for what diff was told to compare.
func (c *cli) compare(ctx context.Context, cl *client.Client, args []string, file string, s *schemaFlags) (client.SchemaComparison, error) {
	if file != "" && len(args) != 1 {
		return client.SchemaComparison{}, errors.New("--file stands for a version; give a subject and --file, or a subject and two versions")
	}
	if file != "" {
		n, err := s.read(c.In, file)
		if err != nil {
			return client.SchemaComparison{}, err
		}
		return cl.CompareText(ctx, args[0], client.Latest, client.SchemaText{Schema: n.Schema, Type: n.Type, References: n.References})
	}
	p, err := pair(ctx, cl, args)
	if err != nil {
		return client.SchemaComparison{}, err
	}
	return cl.CompareVersions(ctx, args[0], p)
}

// pair is the two versions that were named, or the last two.
func pair(ctx context.Context, cl *client.Client, args []string) (client.VersionPair, error) {
	var p client.VersionPair
	if len(args) == 3 {
		var err error
		if p.From, err = parseVersion(args[1]); err != nil {
			return p, err
		}
		p.To, err = parseVersion(args[2])
		return p, err
	}
	ns, err := cl.Registry().Versions(ctx, args[0], false)
	if err != nil {
		return p, err
	}
	if len(ns) < 2 {
		return p, fmt.Errorf("%s has one version; give --file FILE to compare it with", args[0])
	}
	return client.VersionPair{From: ns[len(ns)-2], To: ns[len(ns)-1]}, nil
}

// width is the terminal's, else what fits most.
func (c *cli) width() int {
	const usual = 100
	if f, ok := c.Out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	if w, err := strconv.Atoi(c.env("COLUMNS")); err == nil && w > 0 {
		return w
	}
	return usual
}

// sideBySide is how a comparison is printed.
type sideBySide struct {
	file  string // of the new side, if it is no version
	width int
}

// minWidth leaves room for two columns that say something.
const minWidth = 40

// printDiff prints two columns of fields, and who can read what.
func printDiff(w io.Writer, d client.SchemaComparison, how sideBySide) error {
	old, next := "version "+strconv.Itoa(d.From), "version "+strconv.Itoa(d.To)
	if d.To == 0 {
		next = printable(how.file)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n\n", printable(d.Subject), d.Type)
	rows := [][3]string{{" ", old, next}}
	side := (max(how.width, minWidth) - 4) / 2 // a mark, a space, two between
	names := nameWidth(d.Fields, side)
	for _, f := range d.Fields {
		rows = append(rows, [3]string{mark(f), fieldText(f.Old, names), fieldText(f.New, names)})
	}
	left := 0
	for _, r := range rows {
		left = min(max(left, utf8.RuneCountInString(r[1])), side)
	}
	for _, r := range rows {
		b.WriteString(strings.TrimRight(r[0]+" "+pad(r[1], left)+"  "+clip(r[2], side), " ") + "\n")
	}
	b.WriteByte('\n')
	reads(&b, "BACKWARD", [2]string{next, old}, d.Backward)
	reads(&b, "FORWARD", [2]string{old, next}, d.Forward)
	_, err := io.WriteString(w, b.String())
	return err
}

// mark says in one letter what became of a field.
func mark(f client.SchemaFieldChange) string {
	switch {
	case f.Same():
		return " "
	case f.Old == nil:
		return "+"
	case f.New == nil:
		return "-"
	}
	return "~"
}

// nameWidth is how wide the names of fields are printed: at most two thirds of
// a side.
func nameWidth(fs []client.SchemaFieldChange, side int) int {
	n := 0
	for _, f := range fs {
		for _, s := range []*client.SchemaField{f.Old, f.New} {
			if s != nil {
				n = max(n, utf8.RuneCountInString(printable(s.Path)))
			}
		}
	}
	return min(n, side*2/3)
}

func fieldText(f *client.SchemaField, names int) string {
	if f == nil {
		return ""
	}
	text := pad(printable(f.Path), names) + " " + printable(f.Type)
	if f.Optional {
		text += "?"
	}
	if f.Number != 0 {
		text += " #" + strconv.Itoa(f.Number)
	}
	if f.Default != nil {
		text += " = " + printable(*f.Default)
	}
	if len(f.Values) > 0 {
		text += " {" + printable(strings.Join(f.Values, ", ")) + "}"
	}
	return text
}

// reads prints one direction of the verdict: whether the first of the two reads
// what was written with the second.
func reads(b *strings.Builder, direction string, of [2]string, ms []client.SchemaMismatch) {
	if len(ms) == 0 {
		fmt.Fprintf(b, "%-8s  yes  %s reads everything that was written with %s\n", direction, of[0], of[1])
		return
	}
	fmt.Fprintf(b, "%-8s  no   %s cannot read everything that was written with %s\n", direction, of[0], of[1])
	for _, m := range ms {
		b.WriteString("          " + printable(mismatchText(m)) + "\n")
	}
}

func mismatchText(m client.SchemaMismatch) string {
	text := m.Rule + ": "
	if m.Path != "" {
		text += m.Path + ": "
	}
	text += m.Message
	if m.Fix != "" {
		text += "; " + m.Fix
	}
	return text
}

// pad makes a text exactly n runes wide.
func pad(s string, n int) string {
	s = clip(s, n)
	return s + strings.Repeat(" ", n-utf8.RuneCountInString(s))
}

// clip makes a text at most n runes wide, and shows that something is missing.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n-1, 0)]) + "…"
}
