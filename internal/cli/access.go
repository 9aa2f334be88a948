package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) accessCommand() *cobra.Command {
	var product, application string
	k := kind[client.Access]{
		cli: c, noun: "access", name: func(a client.Access) string { return a.Name },
		cols: []column[client.Access]{
			{"PRODUCT", func(a client.Access) string { return a.Product }},
			{"APPLICATION", func(a client.Access) string { return a.Application }},
			{"SINCE", func(a client.Access) string { return when(a.Created) }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Access, error) {
			return cl.Accesses(ctx, product, application)
		},
	}
	list := k.listCommand()
	list.Short = "List who was allowed to read what"
	list.Flags().StringVar(&product, "product", "", "only this product's")
	list.Flags().StringVar(&application, "app", "", "only this application's")
	return noun("access", "Who may read what", c.accessAllow(k), c.accessRevoke(), list)
}

var errNoApp = errors.New("which application? give --app NAME")

func (c *cli) accessAllow(k kind[client.Access]) *cobra.Command {
	cmd := &cobra.Command{Use: "allow PRODUCT --app NAME", Short: "Let an application read a product", Args: exactly(1)}
	app := cmd.Flags().String("app", "", "the application")
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Access, error) {
		if *app == "" {
			return client.Access{}, errNoApp
		}
		return cl.Allow(ctx, args[0], *app, o...)
	})
}

func (c *cli) accessRevoke() *cobra.Command {
	cmd := &cobra.Command{Use: "revoke PRODUCT --app NAME", Short: "Take it back, on open connections too", Args: exactly(1)}
	app := cmd.Flags().String("app", "", "the application")
	return c.endCommand(cmd, "access to %s is revoked", func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
		if *app == "" {
			return errNoApp
		}
		hurts := c.hurts(ctx, cl, *app)
		err := cl.Revoke(ctx, args[0], *app, o...)
		if err == nil {
			c.saidHurt(hurts)
		}
		return err
	})
}
