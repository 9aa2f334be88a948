package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// exampleCommand is the statements to begin with; of is what the commands of
// queries share.
func (c *cli) exampleCommand(of kind[client.Query]) *cobra.Command {
	k := kind[client.QueryExample]{
		cli: c, noun: "example", name: func(e client.QueryExample) string { return e.Name }, cols: []column[client.QueryExample]{
			{"NAME", func(e client.QueryExample) string { return e.Name }},
			{"TITLE", func(e client.QueryExample) string { return e.Title }},
			{"SHOWS", func(e client.QueryExample) string { return e.Shows }},
			{"INPUTS", func(e client.QueryExample) string { return strings.Join(e.Inputs, ", ") }},
			{"NOT THERE", func(e client.QueryExample) string { return strings.Join(e.Missing, ", ") }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.QueryExample, error) {
			return cl.QueryExamples(ctx)
		},
		get: func(ctx context.Context, cl *client.Client, n string) (client.QueryExample, error) {
			return cl.QueryExample(ctx, n)
		},
	}
	list := k.listCommand()
	list.Short = "List statements to begin with"
	return noun("example", "Statements to begin with, over the products of the demo", list, c.exampleShow(k), c.exampleCreate(k, of))
}

func (c *cli) exampleShow(k kind[client.QueryExample]) *cobra.Command {
	cmd := k.showCommand()
	cmd.Short = "Show a statement to begin with"
	cmd.Example = "  weir query example show trending-stocks"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		e, err := cl.QueryExample(cmd.Context(), args[0])
		if err != nil || c.format != "table" {
			if err == nil {
				err = c.printValue(e)
			}
			return err
		}
		cols := append(k.cols, column[client.QueryExample]{"PRODUCT", func(e client.QueryExample) string { return e.Product }})
		if err := printOne(c, e, cols); err != nil {
			return err
		}
		fmt.Fprintf(c.Out, "\n%s\n\n%s\n", printable(e.Text), statement(e.Statement))
		return nil
	}
	return cmd
}

func (c *cli) exampleCreate(k kind[client.QueryExample], of kind[client.Query]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Create the query of an example, which runs at once", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Creates a query with the statement of an example, and the product that it makes, as
weir query create does. The product is called as the example says, or as --as says;
you must be a member of the team that owns its domain.`,
		Example: "  weir query example create trending-stocks\n  weir query example create trending-stocks --as desk.trending",
	}
	as := cmd.Flags().String("as", "", "the product that it makes, domain.product (default as the example says)")
	return of.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Query, error) {
		e, err := cl.QueryExample(ctx, args[0])
		if err != nil {
			return client.Query{}, err
		}
		n := client.NewQuery{Name: e.Product, Statement: e.Statement, Description: e.Title + ". " + e.Text}
		if *as != "" {
			n.Name = *as
		}
		return cl.CreateQuery(ctx, n, o...)
	})
}
