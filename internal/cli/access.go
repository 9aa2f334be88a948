package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

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
	return noun("access", "Who may read what", c.accessAllow(k), c.accessDecline(), c.accessRevoke(), c.accessAsked(), list)
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

// accessAsked lists who waits for an answer.
func (c *cli) accessAsked() *cobra.Command {
	var product string
	k := kind[client.Plan]{
		cli: c, noun: "access", name: func(p client.Plan) string { return p.Name },
		cols: []column[client.Plan]{
			{"PRODUCT", func(p client.Plan) string { return p.Product }},
			{"APPLICATION", func(p client.Plan) string { return p.Application }},
			{"TEAM", func(p client.Plan) string { return p.Team }},
			{"ASKED", func(p client.Plan) string { return when(*p.Asked) }},
			{"BY", func(p client.Plan) string { return p.By }},
			{"FIELDS", func(p client.Plan) string { return strings.Join(p.Fields, ", ") }},
			{"NOTE", func(p client.Plan) string { return p.Note }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Plan, error) {
			all, err := cl.Plans(ctx, product, "")
			return slices.DeleteFunc(all, func(p client.Plan) bool { return p.Access != "asked" || p.Asked == nil }), err
		},
	}
	list := k.listCommand()
	list.Use, list.Short = "asked", "List which applications asked to read a product and wait for an answer"
	list.Long = `Lists which applications asked to read your products (weir app plan add ... --ask), and
yours that wait. Answer with weir access allow, or weir access decline.`
	list.Flags().StringVar(&product, "product", "", "only of this product")
	return list
}

func (c *cli) accessDecline() *cobra.Command {
	cmd := &cobra.Command{Use: "decline PRODUCT --app NAME", Short: "Tell an application that asked to read a product that it may not, and why", Args: exactly(1)}
	app := cmd.Flags().String("app", "", "the application")
	why := cmd.Flags().String("why", "", "why it may not, or what to do instead")
	return c.endCommand(cmd, "its team is told that it may not read %s", func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
		if *app == "" {
			return errNoApp
		}
		_, err := cl.Decline(ctx, args[0], *app, client.Declining{Why: *why}, o...)
		return err
	})
}
