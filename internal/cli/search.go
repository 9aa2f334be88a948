package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) searchCommand() *cobra.Command {
	var s client.Search
	cmd := &cobra.Command{
		Use: "search TEXT...", Short: "Search products, domains and terms",
		Long: `Finds what has every word, in its name, fields, tags, glossary terms, owner,
description or documentation: the best first. Words are found as prefixes, and
one typing error in a word of five letters or more is mended.

Besides words: "a phrase"; -word for without it; FACET:VALUE, and -FACET:VALUE
for another value. The facets are noun, domain, type, kind, format, lifecycle,
quality, sla, classification, term, owner, and tag:DIMENSION=VALUE.`,
		Example: `weir search page views
weir search tag:area=finance classification:personal email
weir search 'domain:edge "page view" -bot' -o json`,
		Args: cobra.MinimumNArgs(1), ValidArgsFunction: c.suggested,
	}
	cmd.Flags().IntVarP(&s.Limit, "limit", "n", 20, "how many, at most 200")
	cmd.Flags().StringVar(&s.Cursor, "cursor", "", "go on where the page before ended, as its next said")
	cmd.Flags().BoolVar(&s.Facets, "facets", false, "count what was found by its properties")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		s.Text = strings.Join(args, " ")
		found, err := cl.Search(cmd.Context(), s)
		if err != nil {
			return err
		}
		return c.printFound(found)
	}
	return cmd
}

// suggested completes a word with names that begin with it.
func (c *cli) suggested(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	cl, err := c.client()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	named, _ := cl.Suggest(cmd.Context(), word, "") // nothing to complete with is no error
	var out []string
	for _, n := range named {
		out = append(out, n.Name)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// printFound prints what was found, and on standard error what one should know
// of the answer.
func (c *cli) printFound(f client.Found) error {
	if c.format != "table" {
		return c.printValue(f)
	}
	for _, fix := range f.Corrected {
		fmt.Fprintf(c.Err, "nothing has %s; this is for %s\n", printable(fix.From), printable(fix.To))
	}
	if f.Building != "" {
		fmt.Fprintln(c.Err, "the search index is not complete yet,", f.Building)
	}
	err := printAll(c, f.Items, []column[client.Hit]{
		{"NAME", func(h client.Hit) string { return h.Name }},
		{"NOUN", func(h client.Hit) string { return h.Noun }},
		{"MATCH", place},
		{"DESCRIPTION", func(h client.Hit) string { return h.Description }},
	})
	if err != nil {
		return err
	}
	for _, facet := range f.Facets {
		var counts []string
		for _, v := range facet.Values {
			counts = append(counts, fmt.Sprintf("%s %d", v.Value, v.Count))
		}
		fmt.Fprintf(c.Out, "%s: %s\n", printable(facet.Name), printable(strings.Join(counts, ", ")))
	}
	if f.Next != "" {
		fmt.Fprintf(c.Err, "%d of %d; go on with --cursor %s\n", len(f.Items), f.Total, f.Next)
	}
	return nil
}

// place is where the first match is.
func place(h client.Hit) string {
	if len(h.Matches) == 0 {
		return ""
	}
	m := h.Matches[0]
	if m.Of != "" {
		return m.Place + " " + m.Of
	}
	return m.Place
}
