package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) tokenCommand() *cobra.Command {
	k := kind[client.Token]{
		cli: c, noun: "token", name: func(t client.Token) string { return t.Name },
		cols: []column[client.Token]{
			{"NAME", func(t client.Token) string { return t.Name }},
			{"PERSON", func(t client.Token) string { return t.Person }},
			{"CREATED", func(t client.Token) string { return when(t.Created) }},
			{"EXPIRES", func(t client.Token) string {
				if t.Expires == nil {
					return "never"
				}
				return when(time.Time(*t.Expires))
			}},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Token, error) { return cl.Tokens(ctx) },
		get:  func(ctx context.Context, cl *client.Client, n string) (client.Token, error) { return cl.Token(ctx, n) },
	}
	once := k
	once.cols = append(k.cols[:len(k.cols):len(k.cols)], column[client.Token]{"TOKEN", func(t client.Token) string { return t.Token }})
	create := &cobra.Command{Use: "create", Short: "Create a token; it is shown once", Args: cobra.NoArgs}
	var n client.NewToken
	create.Flags().StringVar(&n.Person, "for", "", "the person that it acts as (default: you)")
	create.Flags().StringVar(&n.Label, "label", "", "the second part of its name")
	create.Flags().StringVar(&n.Expires, "expires", "", "how long it is good: 12h, 30d (default: for ever)")
	once.writeCommand(create, func(ctx context.Context, cl *client.Client, _ []string, o []client.Option) (client.Token, error) {
		return cl.CreateToken(ctx, n, o...)
	})
	remove := c.endCommand(
		&cobra.Command{Use: "delete NAME", Aliases: []string{"revoke"}, Short: "Revoke a token", Args: exactly(1), ValidArgsFunction: k.complete()},
		"token %s is revoked",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
			return cl.DeleteToken(ctx, args[0], o...)
		})
	return noun("token", "Tokens that act as a person", create, k.listCommand(), k.showCommand(), remove)
}
