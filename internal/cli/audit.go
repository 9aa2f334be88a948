package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func entryColumns() []column[client.Entry] {
	return []column[client.Entry]{
		{"OFFSET", func(e client.Entry) string { return e.Name }},
		{"WHEN", func(e client.Entry) string { return when(happened(e)) }},
		{"WHO", func(e client.Entry) string { return e.Noun + " " + e.Who }},
		{"THROUGH", func(e client.Entry) string { return e.Through.Door }},
		{"OPERATION", func(e client.Entry) string { return e.What }},
		{"WHAT", func(e client.Entry) string { return e.Words }},
		{"THINGS", things},
		{"WHY", func(e client.Entry) string { return e.Why }},
	}
}

// happened is when it was: refusals that repeat are put on record later.
func happened(e client.Entry) time.Time {
	if e.Refusal != nil {
		return e.Refusal.Last
	}
	return e.At
}

// things says what an entry was about.
func things(e client.Entry) string {
	if e.Refusal != nil {
		return "REFUSED"
	}
	var out []string
	for _, c := range e.Changes {
		if c.Noun == "text" {
			continue // named by its hash; what points to it is listed
		}
		verb := ""
		if c.Deleted {
			verb = "-"
		} else if c.Revision == 1 {
			verb = "+"
		}
		out = append(out, verb+c.Noun+" "+strings.TrimLeft(c.Name, "0")+versionsOf(c))
	}
	return strings.Join(out, ", ")
}

// versionsOf says which versions of a subject a change is about: "+3" came, "-3"
// was deleted.
func versionsOf(c client.EntryChange) string {
	var vs []string
	for _, f := range c.Fields {
		n, ok := strings.CutPrefix(f.Path, "versions.")
		if !ok {
			continue
		}
		sign := "+"
		if f.New == nil || strings.Contains(string(f.New), `"deleted":true`) {
			sign = "-"
		}
		vs = append(vs, sign+n)
	}
	if len(vs) == 0 {
		return ""
	}
	return " (versions " + strings.Join(vs, " ") + ")"
}

func (c *cli) auditCommand() *cobra.Command {
	return noun("audit", "Who did what, when, and through what", c.auditList(), c.auditVerify())
}

func (c *cli) auditList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List what was decided and refused, newest first", Args: cobra.NoArgs}
	var f client.EntryFilter
	var follow bool
	cmd.Flags().StringVar(&f.By, "by", "", "only this person's or application's; weir is Weir itself")
	cmd.Flags().StringVar(&f.About, "about", "", "only about this: noun/name, such as product/membership.users")
	cmd.Flags().StringVar(&f.Noun, "noun", "", "only about such things: product, team, access, ...")
	cmd.Flags().StringVar(&f.What, "what", "", "only this operation, such as product.create, or all of a noun: product")
	cmd.Flags().StringVar(&f.Door, "door", "", "only what came through this: api, web, registry, worker, start, ...")
	cmd.Flags().StringVar(&f.Result, "result", "", "only what was done, or refused")
	cmd.Flags().StringVar(&f.Since, "since", "", "not before a time, such as 2026-11-21T15:00:00Z, or how long ago: 2h, 7d")
	cmd.Flags().StringVar(&f.Until, "until", "", "before a time, or how long ago")
	cmd.Flags().StringVar(&f.Why, "why", "", "only with this in the reason or the refusal")
	cmd.Flags().IntVar(&f.Limit, "limit", 0, "at most so many (default: all)")
	cmd.Flags().BoolVar(&follow, "follow", false, "wait for what happens from now on; one line of JSON each, or with -o table one of text")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		if follow {
			return c.followEntries(cmd.Context(), cl, f)
		}
		es, err := cl.Entries(cmd.Context(), f)
		if err != nil {
			return err
		}
		return printAll(c, es, entryColumns())
	}
	return cmd
}

// followEntries prints entries as they come, as many as were asked for. A node
// that went away is waited for.
func (c *cli) followEntries(ctx context.Context, cl *client.Client, f client.EntryFilter) error {
	after, err := newestEntry(ctx, cl)
	if err != nil {
		return err
	}
	enough := errors.New("enough")
	n := 0
	err = cl.FollowEntries(ctx, f, after, maxPatience, func(e client.Entry) error {
		if err := c.printEntry(e); err != nil {
			return err
		}
		if n++; n == f.Limit {
			return enough
		}
		return nil
	})
	if errors.Is(err, enough) || ctx.Err() != nil {
		return nil
	}
	return err
}

// newestEntry is the offset of the newest entry that the caller may see, 0 if none.
func newestEntry(ctx context.Context, cl *client.Client) (uint64, error) {
	es, err := cl.Entries(ctx, client.EntryFilter{Limit: 1})
	if err != nil || len(es) == 0 {
		return 0, err
	}
	return es[0].Offset, nil
}

// printEntry prints one entry as a line.
func (c *cli) printEntry(e client.Entry) error {
	if c.format != "table" {
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.Out, string(b))
		return err
	}
	_, err := fmt.Fprintf(c.Out, "%s  %s  %s %s\n", e.Name, when(happened(e)), printable(e.Who), printable(e.Words))
	return err
}

func (c *cli) auditVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check the chain of the whole ledger", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := c.client()
			if err != nil {
				return err
			}
			v, err := cl.Verify(cmd.Context())
			if err != nil {
				return err
			}
			return printOne(c, v, []column[client.Verification]{
				{"VERIFIED", func(v client.Verification) string {
					return strconv.FormatUint(v.Entries, 10) + " entries, the chain is whole"
				}},
				{"HASH", func(v client.Verification) string { return v.Hash }},
				{"LEDGER", func(v client.Verification) string { return v.Ledger }},
			})
		},
	}
}

func (c *cli) exportCommand() *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Print every living entity, without secrets, as JSON", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := c.client()
			if err != nil {
				return err
			}
			raw, err := cl.Export(cmd.Context())
			if err != nil {
				return err
			}
			if c.format == "table" {
				c.format = "json"
			}
			return c.printValue(raw)
		},
	}
}
