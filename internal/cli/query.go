package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

func (c *cli) queryCommand() *cobra.Command {
	var domain string
	k := kind[client.Query]{
		cli: c, noun: "query", name: func(q client.Query) string { return q.Name }, cols: queryColumns(),
		list: func(ctx context.Context, cl *client.Client) ([]client.Query, error) { return cl.Queries(ctx, domain) },
		get:  func(ctx context.Context, cl *client.Client, n string) (client.Query, error) { return cl.Query(ctx, n) },
	}
	list := k.listCommand()
	list.Flags().StringVar(&domain, "domain", "", "only this domain's")
	return noun("query", "Products made of others by SQL", c.queryPreview(), c.queryExplain(), c.queryFunctions(), c.queryCreate(k), list, c.queryShow(k),
		c.queryChange(k, "pause", "Let a query rest; it keeps its place and its state", (*client.Client).PauseQuery), c.queryStart(k),
		c.queryChange(k, "stop", "End a query's run: it gives up its place and its state; what it has made stays", (*client.Client).StopQuery), c.queryDelete(k), c.exampleCommand(k))
}

func queryColumns() []column[client.Query] {
	return []column[client.Query]{
		{"NAME", func(q client.Query) string { return q.Name }},
		{"STATE", func(q client.Query) string { return q.State }},
		{"INPUTS", func(q client.Query) string { return strings.Join(q.Inputs, ", ") }},
		{"IN", func(q client.Query) string { return count(q, func(s *client.QueryStatus) int64 { return s.RowsIn }) }},
		{"OUT", func(q client.Query) string { return count(q, func(s *client.QueryStatus) int64 { return s.RowsOut }) }},
		{"LAG", func(q client.Query) string { return count(q, func(s *client.QueryStatus) int64 { return s.Lag }) }},
		{"ASIDE", func(q client.Query) string { return count(q, func(s *client.QueryStatus) int64 { return s.Aside }) }},
		{"PRODUCT IS", func(q client.Query) string { return q.Lifecycle }},
		{"WHY", func(q client.Query) string { return q.Why }},
	}
}

// count is a number of a query's status; empty if nobody knows.
func count(q client.Query, of func(*client.QueryStatus) int64) string {
	if q.Status == nil {
		return ""
	}
	return strconv.FormatInt(of(q.Status), 10)
}

// statementFlags are those by which a command gets SQL.
type statementFlags struct{ sql, file string }

func (s *statementFlags) of(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.sql, "sql", "", "the statement")
	f.StringVar(&s.file, "file", "", "a file with the statement; - is standard input")
	_ = cmd.MarkFlagFilename("file", "sql")
	cmd.MarkFlagsMutuallyExclusive("sql", "file")
	cmd.MarkFlagsOneRequired("sql", "file")
}

// text is the statement.
func (s *statementFlags) text(c *cli) (string, error) {
	text, err := s.read(c)
	if err == nil && !utf8.ValidString(text) {
		return "", errors.New("the statement is no text: write it in UTF-8")
	}
	return text, err
}

func (s *statementFlags) read(c *cli) (string, error) {
	if s.file == "" {
		return s.sql, nil
	}
	in := c.In
	if s.file != "-" {
		f, err := os.Open(s.file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, weir.MaxStatement+1))
	if err == nil && len(b) > weir.MaxStatement {
		err = fmt.Errorf("the statement has more than %d bytes", weir.MaxStatement)
	}
	return string(b), err
}

const resultEncodings = "of the result's values: json, avro, protobuf or json-schema (default that of the first input)"

func (c *cli) queryPreview() *cobra.Command {
	cmd := &cobra.Command{
		Use: "preview --sql TEXT", Short: "Run a statement over some of the newest records; nothing is made", Args: cobra.NoArgs,
		Long: `Runs a statement over the newest records of its inputs, at most 1,000 of each
partition, with your own rights, and prints the rows. With -o json also the schema of
the result, its key, its mode, which fields each column is made of, and how sensitive
it is. Nothing is made. Inputs are named domain.product; a name with a dash is quoted:
execution."trending-stocks".`,
		Example: `  weir query preview --sql "SELECT symbol, price FROM market.trades WHERE price > 100"`,
	}
	var s statementFlags
	s.of(cmd)
	encoding := cmd.Flags().String("encoding", "", resultEncodings)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		got, err := asked(cmd.Context(), c, &s, *encoding, (*client.Client).PreviewQuery)
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(got)
		}
		return c.printPreview(got)
	}
	return cmd
}

// asked asks a node about a statement.
func asked[T any](ctx context.Context, c *cli, s *statementFlags, encoding string, ask func(*client.Client, context.Context, client.Statement) (T, error)) (T, error) {
	var none T
	text, err := s.text(c)
	if err != nil {
		return none, err
	}
	cl, err := c.client()
	if err != nil {
		return none, err
	}
	return ask(cl, ctx, client.Statement{Statement: text, Encoding: encoding})
}

// printPreview prints rows as a table, and what else is to be known below it.
func (c *cli) printPreview(p client.QueryPreview) error {
	w := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	heads := make([]string, len(p.Schema))
	for i, col := range p.Schema {
		heads[i] = col.Name
	}
	cols := make([]string, len(heads))
	for i, h := range heads {
		cols[i] = printable(h)
	}
	fmt.Fprintln(w, strings.Join(cols, "\t"))
	for _, row := range p.Rows {
		values := map[string]json.RawMessage{}
		if err := json.Unmarshal(row, &values); err != nil {
			return err
		}
		cells := make([]string, len(heads))
		for i, h := range heads {
			cells[i] = printable(cell(values[h]))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(c.Err, "%d rows of %d records%s\n", len(p.Rows), p.Read, more(p))
	for _, f := range p.Failed {
		fmt.Fprintf(c.Err, "%s partition %d offset %d: %s\n", f.Product, f.Partition, f.Offset, printable(f.Reason))
	}
	if p.FailedMore > 0 {
		fmt.Fprintf(c.Err, "and %d records more\n", p.FailedMore)
	}
	return nil
}

func more(p client.QueryPreview) string {
	switch {
	case p.More:
		return "; there are more"
	case p.Cut:
		return "; not all were read in time"
	}
	return ""
}

// cell is a JSON value as a table has it: a text without its quotes.
func cell(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil && string(v) != "null" {
		return s
	}
	return string(v)
}

func (c *cli) queryExplain() *cobra.Command {
	cmd := &cobra.Command{
		Use: "explain --sql TEXT", Short: "Say how a statement is understood; nothing is made", Args: cobra.NoArgs,
		Long: "Prints the operators of a statement, each above what it works on, and the columns of its result.",
	}
	var s statementFlags
	s.of(cmd)
	encoding := cmd.Flags().String("encoding", "", resultEncodings)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		got, err := asked(cmd.Context(), c, &s, *encoding, (*client.Client).ExplainQuery)
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(got)
		}
		return c.printResult(got)
	}
	return cmd
}

// printResult prints how a statement is understood.
func (c *cli) printResult(r client.QueryResult) error {
	for line := range strings.SplitSeq(r.Plan, "\n") {
		fmt.Fprintln(c.Out, printable(line))
	}
	key := "none"
	if len(r.Key) > 0 {
		key = strings.Join(r.Key, ", ")
	}
	fmt.Fprintf(c.Out, "\n%s of %s, values in %s, key: %s\n\n", r.Mode, strings.Join(r.Inputs, ", "), r.Encoding, printable(key))
	return printAll(c, r.Schema, []column[client.QueryColumn]{
		{"COLUMN", func(q client.QueryColumn) string { return q.Name }},
		{"TYPE", func(q client.QueryColumn) string { return q.Type }},
		{"NULL", func(q client.QueryColumn) string { return strconv.FormatBool(q.Nullable) }},
		{"CLASSIFICATION", func(q client.QueryColumn) string { return q.Classification }},
		{"FROM", func(q client.QueryColumn) string { return lineage(r.Lineage, q.Name) }},
	})
}

// lineage is what a column is made of, in a few words.
func lineage(all []client.QueryLineage, col string) string {
	var parts []string
	for _, l := range all {
		if l.Column != col || !l.Direct {
			continue
		}
		from := l.Product + "." + l.Field
		if l.Masked != "" {
			from = l.Masked + " of " + from
		}
		if !slices.Contains(parts, from) {
			parts = append(parts, from)
		}
	}
	return strings.Join(parts, ", ")
}

func (c *cli) queryCreate(k kind[client.Query]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "create DOMAIN.PRODUCT --sql TEXT", Short: "Create a query, which runs at once, and the product that it makes", Args: exactly(1),
		Long: `Creates a query and the product that it makes: proposed, visible to its domain,
with the schema of the result. The query runs at once, from the beginning of its
inputs, as an application of its own of the team that owns the domain; each record
of an input counts exactly once. Publish the product when it is good:
weir product publish DOMAIN.PRODUCT`,
		Example: `  weir query create market.big-trades --sql "SELECT symbol, price FROM market.trades WHERE price > 100"`,
	}
	var n client.NewQuery
	var s statementFlags
	s.of(cmd)
	f := cmd.Flags()
	f.StringVar(&n.Encoding, "encoding", "", resultEncodings)
	f.StringVar(&n.Epoch, "epoch", "", "the least time between two transactions, 20ms to 10s (default 200ms)")
	f.StringVar(&n.OnFailure, "on-failure", "", "what to do with a record that cannot be computed: aside (the default; to a private stream, with the reason) or stop")
	f.BoolVar(&n.AtEnd, "at-end", false, "leave out what the inputs hold already")
	f.StringVar(&n.Description, "description", "", "of the product")
	f.StringVar(&n.Owner, "owner", "", "who answers for the product (default you)")
	_ = cmd.RegisterFlagCompletionFunc("encoding", fixed("json", "avro", "protobuf", "json-schema"))
	_ = cmd.RegisterFlagCompletionFunc("on-failure", fixed("aside", "stop"))
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Query, error) {
		var err error
		if n.Statement, err = s.text(c); err != nil {
			return client.Query{}, err
		}
		n.Name = args[0]
		return cl.CreateQuery(ctx, n, o...)
	})
}

func (c *cli) queryShow(k kind[client.Query]) *cobra.Command {
	cmd := k.showCommand()
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		q, err := cl.Query(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		cols := append(queryColumns(),
			column[client.Query]{"APPLICATION", func(q client.Query) string { return q.Application }},
			column[client.Query]{"TOPIC", func(q client.Query) string { return q.Topic }},
			column[client.Query]{"SET ASIDE IN", func(q client.Query) string { return q.Aside }},
			column[client.Query]{"PROBLEM", func(q client.Query) string { return q.Problem }})
		cols = append(cols, statusColumns(time.Now())...)
		if err := printOne(c, q, cols); err != nil || c.format != "table" {
			return err
		}
		fmt.Fprintf(c.Out, "\n%s\n", statement(q.Statement))
		if q.Result == nil {
			return nil
		}
		fmt.Fprintln(c.Out)
		return c.printResult(*q.Result)
	}
	return cmd
}

// statusColumns are how a query does, as far as the list does not say it.
func statusColumns(now time.Time) []column[client.Query] {
	known := func(cell func(q client.Query, s *client.QueryStatus) string) func(client.Query) string {
		return func(q client.Query) string {
			if q.Status == nil {
				return ""
			}
			return cell(q, q.Status)
		}
	}
	return []column[client.Query]{
		{"WATERMARK", known(func(q client.Query, s *client.QueryStatus) string { return watermark(q, s.Watermark, now) })},
		{"LATE", known(func(_ client.Query, s *client.QueryStatus) string { return strconv.FormatInt(s.Late, 10) })},
		{"REMEMBERS", known(func(_ client.Query, s *client.QueryStatus) string { return strconv.FormatInt(s.State, 10) + " bytes" })},
		{"EPOCHS", known(func(_ client.Query, s *client.QueryStatus) string {
			if s.EpochTime == "" {
				return strconv.FormatInt(s.Epoch, 10)
			}
			return strconv.FormatInt(s.Epoch, 10) + ", the last took " + s.EpochTime
		})},
		{"BUSY", known(func(_ client.Query, s *client.QueryStatus) string { return s.Busy })},
		{"LAST ERROR", known(func(_ client.Query, s *client.QueryStatus) string { return s.Error })},
	}
}

// watermark is how far event time is, and what waits for it.
func watermark(q client.Query, at, now time.Time) string {
	const given = "a window is given when the watermark passes its end"
	waits := q.Result != nil && strings.Contains(q.Result.Plan, "window")
	switch {
	case at.IsZero() && waits:
		return "none yet; " + given
	case at.IsZero():
		return ""
	}
	text := when(at) + ", " + now.Sub(at).Round(time.Second).String() + " ago"
	if waits {
		text += "; " + given
	}
	return text
}

// statement is SQL as it stands, without what steers a terminal.
func statement(sql string) string {
	lines := strings.Split(strings.TrimSpace(sql), "\n")
	for i, l := range lines {
		lines[i] = printable(l)
	}
	return strings.Join(lines, "\n")
}

func (c *cli) queryStart(k kind[client.Query]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "start NAME", Short: "Let a query go on from where it was, or begin anew", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Lets a query go on from where it was; after a stop, and with --from-beginning, it
begins anew over all that its inputs hold. A product that is a stream then has what
the query made before, and all of it again.`,
	}
	begin := cmd.Flags().Bool("from-beginning", false, "as a new run over all that its inputs hold")
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Query, error) {
		return cl.StartQuery(ctx, args[0], client.QueryStart{FromBeginning: *begin}, o...)
	})
}

// queryChange is a command that changes what a query shall do.
func (c *cli) queryChange(k kind[client.Query], use, short string, do func(*client.Client, context.Context, string, ...client.Option) (client.Query, error)) *cobra.Command {
	cmd := &cobra.Command{Use: use + " NAME", Short: short, Args: exactly(1), ValidArgsFunction: k.complete()}
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Query, error) {
		return do(cl, ctx, args[0], o...)
	})
}

func (c *cli) queryDelete(k kind[client.Query]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Delete a query; its product and data stay unless you say so", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Ends a query and the application as which it ran. Its product stays, with its
records, its schema and what was set aside; end it with: weir product delete NAME`,
	}
	destroy := cmd.Flags().Bool("destroy-data", false, "end the product and what was set aside too, with all their data, for ever")
	done := "query %s is deleted"
	return c.goingCommand(cmd, done, "query %s is deleted; its data is gone when the cluster has ended its topics: weir topic list",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (bool, error) {
			hurts := c.hurts(ctx, cl, args[0])
			if *destroy {
				if err := c.sure(lost("the product "+args[0]+" and all its data will be lost", hurts)); err != nil {
					return false, err
				}
			}
			finished, err := cl.DeleteQuery(ctx, args[0], *destroy, o...)
			if err == nil {
				c.saidHurt(hurts)
			}
			if err == nil && !*destroy {
				c.said("the product %s stays with its data; to end it: weir product delete %s --destroy-data", args[0], args[0])
			}
			return finished, err
		})
}
