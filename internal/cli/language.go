package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// queryFunctions lists what statements may use.
func (c *cli) queryFunctions() *cobra.Command {
	cmd := &cobra.Command{
		Use: "functions [WORD]", Short: "List the operators and functions of statements",
		Long:    "Lists the operators and functions that statements may use; with a word those\nthat have it in their name, their form or what they do.",
		Example: "  weir query functions mask", Args: cobra.MaximumNArgs(1),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		all, err := cl.QueryFunctions(cmd.Context())
		if err != nil {
			return err
		}
		var some []client.QueryFunction
		for _, f := range all {
			if len(args) == 0 || strings.Contains(strings.ToLower(f.Form+" "+f.Doc), strings.ToLower(args[0])) {
				some = append(some, f)
			}
		}
		return printAll(c, some, []column[client.QueryFunction]{
			{"FORM", func(f client.QueryFunction) string { return f.Form }},
			{"DOES", func(f client.QueryFunction) string { return f.Doc }},
			{"EXAMPLE", func(f client.QueryFunction) string { return f.Example }},
		})
	}
	return cmd
}
