package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) termCommand() *cobra.Command {
	k := kind[client.Term]{
		cli: c, noun: "term", name: func(t client.Term) string { return t.Name },
		cols: []column[client.Term]{
			{"NAME", func(t client.Term) string { return t.Name }},
			{"TITLE", func(t client.Term) string { return t.Title }},
			{"DEFINITION", func(t client.Term) string { return t.Definition }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Term, error) { return cl.Terms(ctx) },
		get:  func(ctx context.Context, cl *client.Client, n string) (client.Term, error) { return cl.Term(ctx, n) },
	}
	list := k.listCommand()
	list.Short = "List the glossary"
	k.cols = append(k.cols, column[client.Term]{"REVISION", func(t client.Term) string { return strconv.FormatUint(t.Revision, 10) }})
	remove := c.endCommand(
		&cobra.Command{Use: "delete NAME", Short: "Delete a term to which no field points", Args: exactly(1), ValidArgsFunction: k.complete()},
		"term %s is deleted",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
			return cl.DeleteTerm(ctx, args[0], o...)
		})
	return noun("term", "The glossary: what words mean in this mesh", c.termCreate(k), list, k.showCommand(), c.termEdit(k), remove)
}

func (c *cli) termCreate(k kind[client.Term]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "create NAME --definition TEXT", Short: "Put a term into the glossary", Args: exactly(1),
		Example: `  weir term create customer --title Customer --definition "Who has a contract with us"`,
	}
	var n client.NewTerm
	cmd.Flags().StringVar(&n.Title, "title", "", "as people write it")
	cmd.Flags().StringVar(&n.Definition, "definition", "", "what the word means in this mesh")
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Term, error) {
		n.Name = args[0]
		return cl.CreateTerm(ctx, n, o...)
	})
}

func (c *cli) termEdit(k kind[client.Term]) *cobra.Command {
	cmd := &cobra.Command{Use: "edit NAME", Short: "Change a term", Args: exactly(1), ValidArgsFunction: k.complete()}
	title := cmd.Flags().String("title", "", "as people write it")
	definition := cmd.Flags().String("definition", "", "what the word means in this mesh")
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Term, error) {
		if err := nothing(cmd, "title", "definition"); err != nil {
			return client.Term{}, err
		}
		return cl.EditTerm(ctx, args[0], client.TermEdit{Title: given(cmd, "title", title), Definition: given(cmd, "definition", definition)}, o...)
	})
}
