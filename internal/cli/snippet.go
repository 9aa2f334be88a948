package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) productSnippet(k kind[client.Product]) *cobra.Command {
	languages := []string{"kcat", "go", "java", "python", "node", "curl"}
	return &cobra.Command{
		Use: "snippet NAME [LANG]", Short: "Print a program that reads a product", Args: cobra.RangeArgs(1, 2),
		Long: `Prints a complete program that reads a product, with this mesh's addresses and
names: for ` + listed(languages) + `; without a language all of them.

What speaks Kafka takes an application's name and password from the environment
variables WEIR_APP and WEIR_PASSWORD, curl a person's token from WEIR_TOKEN.
weir app create makes an application.`,
		Example: `  weir product snippet edge.pageviews python > reader.py
  eval "$(weir product snippet edge.pageviews curl)"`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return languages, cobra.ShellCompDirectiveNoFileComp
			}
			return k.complete()(cmd, args, prefix)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cl, err := c.client()
			if err != nil {
				return err
			}
			lang := ""
			if len(args) == 2 {
				lang = args[1]
			}
			got, err := cl.Snippets(cmd.Context(), args[0], lang, "")
			if err != nil {
				return err
			}
			return c.printSnippets(got)
		},
	}
}

// printSnippets prints one as it is, and several with a heading each.
func (c *cli) printSnippets(all []client.Snippet) error {
	if c.format != "table" {
		return c.printValue(all)
	}
	if len(all) == 1 {
		_, err := fmt.Fprintln(c.Out, strings.TrimSuffix(all[0].Text, "\n"))
		return err
	}
	for _, s := range all {
		fmt.Fprintf(c.Out, "== %s\n", s.Title)
		for _, line := range []struct{ what, text string }{{"install", s.Install}, {"save as", s.File}, {"run", s.Run}, {"note", s.Note}} {
			if line.text != "" {
				fmt.Fprintf(c.Out, "%s: %s\n", line.what, line.text)
			}
		}
		if _, err := fmt.Fprintf(c.Out, "\n%s\n\n", strings.TrimSuffix(s.Text, "\n")); err != nil {
			return err
		}
	}
	return nil
}
