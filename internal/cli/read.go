package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// Bounds of weir read.
const (
	newest      = 10               // rows, when nothing says which
	maxNewest   = 10_000           // of those that are held
	maxPatience = 30 * time.Second // with a node that went away
)

func (c *cli) readCommand() *cobra.Command {
	var q client.ReadRecords
	products := kind[client.Product]{
		cli: c, name: func(p client.Product) string { return p.Name },
		list: func(ctx context.Context, cl *client.Client) ([]client.Product, error) { return cl.Products(ctx, "") },
	}
	cmd := &cobra.Command{
		Use: "read NAME", Short: "Read the records of a product or a private stream", Args: exactly(1), ValidArgsFunction: products.complete(),
		Long: `Reads records as the node decodes them: what an application of one of your teams
could read. Without --from, --until, --follow and --where these are the newest
10, or the newest -n; with --follow those that come from now on; else all from
the earliest on. It ends at the end, after -n rows, or with Ctrl-C.

--from and --until take earliest, latest, a time (2026-11-21T15:00:00Z), how long
ago it is (2h, 7d), or an offset of each partition that is wanted
(0:120,1:77); --until is not included.

With -o json each line is one record: partition, offset, timestamp, key, value,
headers. With -o table and -o csv the fields of the first values are columns.`,
		Example: `  weir read membership.users
  weir read membership.users --from 2h --fields userid,regionid -o csv
  weir read edge.pageviews --follow --where "value.userid == 'User_4'" -o json`,
		Annotations: map[string]string{formsOf: "table, json or csv"},
	}
	f := cmd.Flags()
	f.StringVar(&q.From, "from", "", "where to begin")
	f.StringVar(&q.Until, "until", "", "where to end (default: the end as it is now)")
	f.Int64VarP(&q.Limit, "limit", "n", 0, "how many rows at most (default: all)")
	f.StringVar(&q.Fields, "fields", "", "only these of the value: id,address.city")
	f.StringVar(&q.Where, "where", "", "only those that this holds for, in CEL over value, key, partition, offset, timestamp and headers")
	f.BoolVarP(&q.Follow, "follow", "f", false, "wait for records to come")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if q.Limit < 0 || cmd.Flags().Changed("limit") && q.Limit == 0 {
			return fmt.Errorf("-n %d; use a positive number, or leave it out for all", q.Limit)
		}
		cl, err := c.client()
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGPIPE)
		defer stop()
		return c.read(ctx, cl, args[0], q)
	}
	return cmd
}

// read prints what is asked for. Being told to stop is a good end.
func (c *cli) read(ctx context.Context, cl *client.Client, name string, q client.ReadRecords) error {
	out := newRows(c.format, q.Follow, c.Out)
	var got client.Outcome
	var err error
	if q.From == "" && q.Until == "" && q.Where == "" && !q.Follow {
		err = c.readNewest(ctx, cl, name, q, out)
	} else {
		got, err = cl.Records(ctx, name, q, maxPatience, out.add)
	}
	if e := out.end(); err == nil {
		err = e
	}
	if hidden := out.hidden(); len(hidden) > 0 {
		fmt.Fprintf(c.Err, "weir: not shown, since they came after the columns were chosen: %s; name the columns with --fields, or use -o json\n", printable(strings.Join(hidden, ", ")))
	}
	if got.Failed > 0 {
		fmt.Fprintf(c.Err, "weir: for %d records the condition could not be evaluated, so they are left out; has(value.FIELD) asks whether a field is there\n", got.Failed)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}

// readNewest prints the newest records of all partitions, the oldest of them
// first.
func (c *cli) readNewest(ctx context.Context, cl *client.Client, name string, q client.ReadRecords, out rowPrinter) error {
	n := cmp.Or(q.Limit, newest)
	if n > maxNewest {
		return fmt.Errorf("the newest %d are too many to hold, %d at most; say where to begin: --from earliest", n, maxNewest)
	}
	q.Limit = 0
	all, err := cl.Newest(ctx, name, q, int(n), maxPatience)
	if err != nil {
		return err
	}
	for _, r := range all {
		if err := out.add(r); err != nil {
			return err
		}
	}
	return nil
}

// formsOf is the annotation of a command whose result has other forms.
const formsOf = "forms"

// takesForm reports whether a command's result can have a form.
func takesForm(cmd *cobra.Command, form string) bool {
	if _, ok := cmd.Annotations[formsOf]; ok {
		return slices.Contains([]string{"table", "json", "csv"}, form)
	}
	return slices.Contains([]string{"table", "json", "yaml"}, form)
}
