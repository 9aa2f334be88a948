package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) productProfile(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "profile NAME", Short: "Say what stands in the fields of a product's newest records", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Looks at the newest records, as an application of one of your teams could read
them, and says of each field how often it is null, how many different values it
has, the smallest, the largest and the most frequent ones. It is a sample: what
it says holds for these records.`,
		Example: `  weir product profile edge.pageviews -n 5000`,
	}
	n := cmd.Flags().IntP("records", "n", 1000, "how many to look at, 1 to 10000")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *n < 1 {
			return fmt.Errorf("-n %d; use 1 to 10000", *n)
		}
		cl, err := c.client()
		if err != nil {
			return err
		}
		got, err := cl.ProductProfile(cmd.Context(), args[0], *n)
		if err != nil {
			return err
		}
		return c.printProfile(got)
	}
	return cmd
}

func (c *cli) printProfile(p client.Profile) error {
	if c.format != "table" {
		return c.printValue(p)
	}
	fmt.Fprintf(c.Err, "sampled: the newest %d records\n", p.Records)
	if p.Undecoded > 0 {
		fmt.Fprintf(c.Err, "%d of them cannot be decoded\n", p.Undecoded)
	}
	return printAll(c, p.Fields, []column[client.FieldProfile]{
		{"FIELD", func(f client.FieldProfile) string { return f.Path }},
		{"VALUES", func(f client.FieldProfile) string { return strconv.Itoa(f.Values) }},
		{"NULLS", func(f client.FieldProfile) string { return strconv.Itoa(f.Nulls) }},
		{"DISTINCT", distinct},
		{"SMALLEST", func(f client.FieldProfile) string { return f.Smallest }},
		{"LARGEST", func(f client.FieldProfile) string { return f.Largest }},
		{"MOST FREQUENT", func(f client.FieldProfile) string {
			var all []string
			for _, v := range f.Top {
				all = append(all, fmt.Sprintf("%s (%d)", v.Value, v.Count))
			}
			return strings.Join(all, ", ")
		}},
	})
}

func distinct(f client.FieldProfile) string {
	n := strconv.Itoa(f.Distinct)
	if f.AtLeast {
		return "at least " + n
	}
	return n
}
