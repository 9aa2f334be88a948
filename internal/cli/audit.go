package cli

import (
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
		{"WHAT", func(e client.Entry) string { return e.What }},
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
	if f := e.Refusal; f != nil {
		times := ""
		if f.Count > 1 {
			times = fmt.Sprintf(" (%d times)", f.Count)
		}
		return "REFUSED " + f.Msg + times
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
	cmd.Flags().StringVar(&f.By, "by", "", "only this person's")
	cmd.Flags().StringVar(&f.About, "about", "", "only about this: noun/name, such as product/membership.users")
	cmd.Flags().IntVar(&f.Limit, "limit", 0, "at most so many (default: all)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		es, err := cl.Entries(cmd.Context(), f)
		if err != nil {
			return err
		}
		return printAll(c, es, entryColumns())
	}
	return cmd
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
