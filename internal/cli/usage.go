package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// usageCommand shows who read and wrote a product or a private stream.
func (c *cli) usageCommand(noun string, complete cobra.CompletionFunc, get func(*client.Client, context.Context, string, string) (client.ProductUsage, error)) *cobra.Command {
	cmd := &cobra.Command{
		Use: "usage NAME", Short: "Show who read and wrote a " + noun, Args: exactly(1), ValidArgsFunction: complete,
		Long: `Shows which applications and people read and wrote a ` + noun + `, how much, when last and
with which client library, as the gateway and the API counted it. Those that you
may not see by name are added up.`,
	}
	since := cmd.Flags().String("since", "30d", "how long ago it begins: 6h, 30d, at most 400d")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		u, err := get(cl, cmd.Context(), args[0], *since)
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(u)
		}
		if err := printAll(c, append(u.Readers, u.Writers...), usageColumns(false)); err != nil {
			return err
		}
		c.saidHidden("readers", u.HiddenReaders)
		c.saidHidden("writers", u.HiddenWriters)
		c.saidMeasured(u.Measured, u.From)
		return nil
	}
	return cmd
}

// applicationUsage shows what an application read and wrote.
func (c *cli) applicationUsage(k kind[client.Application]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "usage NAME", Short: "Show what an application read and wrote", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Shows which products and private streams an application read and wrote, how much,
when last and with which client library, as far as you may see it.`,
	}
	since := cmd.Flags().String("since", "30d", "how long ago it begins: 6h, 30d, at most 400d")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		u, err := cl.ApplicationUsage(cmd.Context(), args[0], *since)
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(u)
		}
		if err := printAll(c, u.Usage, usageColumns(true)); err != nil {
			return err
		}
		c.saidMeasured(u.Measured, u.From)
		return nil
	}
	return cmd
}

// usageColumns shows what was moved, or by whom.
func usageColumns(what bool) []column[client.Usage] {
	first := column[client.Usage]{"WHO", usedBy}
	if what {
		first = column[client.Usage]{"WHAT", func(u client.Usage) string { return u.Product + u.Stream }}
	}
	return []column[client.Usage]{
		first,
		{"TEAM", func(u client.Usage) string { return u.Team }},
		{"DIRECTION", func(u client.Usage) string { return u.Direction }},
		{"RECORDS", func(u client.Usage) string { return strconv.FormatInt(u.Records, 10) }},
		{"BYTES", func(u client.Usage) string { return strconv.FormatInt(u.Bytes, 10) }},
		{"LAST", func(u client.Usage) string { return u.Last.UTC().Format(time.RFC3339) }},
		{"LIBRARY", func(u client.Usage) string { return strings.TrimSpace(u.Library + " " + u.Version) }},
		{"HOW", func(u client.Usage) string { return howText(u.How) }},
	}
}

func usedBy(u client.Usage) string {
	who := u.Application
	switch {
	case u.Others:
		return "others"
	case u.Person != "":
		who = u.Person + " (a person)"
	}
	if u.Gone {
		who += " (deleted)"
	}
	return who
}

// howText says how a count is known.
func howText(how string) string {
	switch how {
	case "gateway":
		return "measured at the gateway"
	case "unacknowledged":
		return "sent, not acknowledged"
	case "http":
		return "over HTTP"
	}
	return how
}

func (c *cli) saidHidden(what string, h *client.Hidden) {
	if h != nil {
		c.said("besides, %d %s that you may not see: %d records, %d bytes", h.Count, what, h.Records, h.Bytes)
	}
}

// saidMeasured tells what the counts since a moment do not cover.
func (c *cli) saidMeasured(m client.Measured, from time.Time) {
	if m.Since.After(from) {
		c.said("not measured before %s", m.Since.UTC().Format(time.RFC3339))
	}
	for _, g := range m.Gaps {
		if g.Until.Before(from) {
			continue
		}
		most := "all of it"
		if g.AtMost != "" {
			most = "up to " + g.AtMost
		}
		c.said("missing %s between %s and %s: %s", most, g.From.UTC().Format(time.RFC3339), g.Until.UTC().Format(time.RFC3339), g.Why)
	}
}

// factsCommand shows what a product or a private stream holds now.
func (c *cli) factsCommand(noun string, complete cobra.CompletionFunc, get func(*client.Client, context.Context, string) (client.ProductFacts, error)) *cobra.Command {
	return &cobra.Command{
		Use: "facts NAME", Short: "Show what a " + noun + " holds now, how fast it is written, and its consumer groups", Args: exactly(1), ValidArgsFunction: complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			cl, err := c.client()
			if err != nil {
				return err
			}
			f, err := get(cl, cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if c.format != "table" {
				return c.printValue(f)
			}
			if err := printOne(c, f, factColumns()); err != nil || len(f.Groups) == 0 {
				return err
			}
			c.said("")
			return printAll(c, f.Groups, groupColumns())
		},
	}
}

const unknown = "unknown"

func factColumns() []column[client.ProductFacts] {
	when := func(t *time.Time, otherwise string) string {
		if t == nil {
			return otherwise
		}
		return t.UTC().Format(time.RFC3339)
	}
	number := func(n *int) string {
		if n == nil {
			return unknown
		}
		return strconv.Itoa(*n) + " in the last 30 days"
	}
	return []column[client.ProductFacts]{
		{"NAME", func(f client.ProductFacts) string { return f.Product + f.Stream }},
		{"RECORDS", func(f client.ProductFacts) string {
			if f.Records == nil {
				return unknown
			}
			return strconv.FormatInt(*f.Records, 10) + " (end minus start offsets)"
		}},
		{"FIRST RECORD", func(f client.ProductFacts) string { return when(f.First, "") }},
		{"LAST RECORD", func(f client.ProductFacts) string { return when(f.Last, "") }},
		{"WRITTEN NOW", func(f client.ProductFacts) string {
			if f.Pace.PerSecond == nil {
				return unknown
			}
			return fmt.Sprintf("%.1f records/s over %.0f s, measured at the gateway", *f.Pace.PerSecond, f.Pace.Seconds)
		}},
		{"READERS", func(f client.ProductFacts) string { return number(f.Readers) }},
		{"WRITERS", func(f client.ProductFacts) string { return number(f.Writers) }},
		{"MEASURED SINCE", func(f client.ProductFacts) string { return f.Measured.Since.UTC().Format(time.RFC3339) }},
		{"GROUPS", func(f client.ProductFacts) string {
			text := strconv.Itoa(len(f.Groups))
			if f.HiddenGroups > 0 {
				text += fmt.Sprintf(", and %d that you may not see", f.HiddenGroups)
			}
			if f.MoreGroups {
				text += ", and more than are looked at"
			}
			return text
		}},
		{"PROBLEMS", func(f client.ProductFacts) string { return strings.Join(f.Problems, "; ") }},
	}
}

func groupColumns() []column[client.Group] {
	return []column[client.Group]{
		{"GROUP", func(g client.Group) string { return g.Name }},
		{"APPLICATION", func(g client.Group) string {
			if g.Application == "" {
				return "none: not measured"
			}
			return g.Application
		}},
		{"STATE", func(g client.Group) string { return g.State }},
		{"MEMBERS", func(g client.Group) string { return strconv.Itoa(g.Members) }},
		{"LAG", func(g client.Group) string { return lagText(g.Lag, g.Unread) }},
	}
}

func lagText(lag *int64, unread int) string {
	if lag == nil {
		return unknown
	}
	text := strconv.FormatInt(*lag, 10)
	if unread > 0 {
		text += fmt.Sprintf(", without %d partitions that it committed nothing of", unread)
	}
	return text
}

// meshHealth shows how the node and the brokers are.
func (c *cli) meshHealth() *cobra.Command {
	return &cobra.Command{
		Use: "health", Short: "Show how the node and the brokers are", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := c.client()
			if err != nil {
				return err
			}
			h, err := cl.Health(cmd.Context())
			if err != nil {
				return err
			}
			if c.format != "table" {
				return c.printValue(h)
			}
			for _, n := range h.Nodes {
				if err := printOne(c, n, nodeColumns()); err != nil {
					return err
				}
			}
			c.said("")
			if err := printAll(c, h.Brokers, brokerColumns()); err != nil {
				return err
			}
			for _, p := range append(h.Problems, h.Cluster.Problems...) {
				c.said("problem: %s", p)
			}
			return nil
		},
	}
}

func nodeColumns() []column[client.NodeHealth] {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	return []column[client.NodeHealth]{
		{"NODE", func(n client.NodeHealth) string { return n.Name }},
		{"VERSION", func(n client.NodeHealth) string { return n.Version }},
		{"STARTED", func(n client.NodeHealth) string { return n.Started.UTC().Format(time.RFC3339) }},
		{"KAFKA", func(n client.NodeHealth) string { return n.Kafka }},
		{"LEDGER", func(n client.NodeHealth) string { return number(n.Ledger) }},
		{"STATE", func(n client.NodeHealth) string { return number(n.State) }},
		{"RIGHTS", func(n client.NodeHealth) string { return number(n.Rights) }},
		{"MEMORY", func(n client.NodeHealth) string { return megabytes(int64(n.Memory)) }},
		{"CONNECTIONS", func(n client.NodeHealth) string { return strconv.FormatInt(n.Connections, 10) }},
		{"MEASURED", func(n client.NodeHealth) string {
			m := n.Measures
			text := fmt.Sprintf("since %s, %d counts, %s", m.Since.UTC().Format(time.RFC3339), m.Rows, megabytes(m.Bytes))
			if m.Problem != "" {
				text += "; " + m.Problem
			}
			return text
		}},
		{"PROBLEMS", func(n client.NodeHealth) string { return strings.Join(n.Problems, "; ") }},
	}
}

func brokerColumns() []column[client.BrokerHealth] {
	return []column[client.BrokerHealth]{
		{"BROKER", func(b client.BrokerHealth) string { return strconv.Itoa(int(b.ID)) }},
		{"ADDRESS", func(b client.BrokerHealth) string { return b.Address }},
		{"LEADS", func(b client.BrokerHealth) string { return strconv.Itoa(b.Leads) }},
		{"STATUS", func(b client.BrokerHealth) string {
			if b.Problem != "" {
				return b.Problem
			}
			return "answers"
		}},
	}
}
