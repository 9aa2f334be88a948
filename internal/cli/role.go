package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

func (c *cli) roleCommand() *cobra.Command {
	var person, on string
	k := kind[client.Role]{
		cli: c, noun: "role", name: func(r client.Role) string { return r.Role },
		cols: []column[client.Role]{
			{"ROLE", func(r client.Role) string { return r.Role }},
			{"PERSON", func(r client.Role) string { return r.Person }},
			{"ON", func(r client.Role) string { return where(r.On) }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Role, error) { return cl.Roles(ctx, person, on) },
	}
	list := k.listCommand()
	list.Short = "List who has which role where"
	list.Flags().StringVar(&person, "person", "", "only this person's")
	list.Flags().StringVar(&on, "on", "", "only those on this domain or product")
	return noun("role", "What people may do, and where", c.roleAdd(k), c.roleRemove(), list)
}

// where is what a role is on, in words.
func where(on string) string {
	if on == "" {
		return "the mesh"
	}
	return on
}

func (c *cli) roleAdd(k kind[client.Role]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "add ROLE PERSON", Short: "Give a person a role", Args: exactly(2), ValidArgsFunction: fixed(words(weir.Roles())...),
		Long: `Gives a person a role on the mesh, or with --on on a domain or a product.
A mesh admin gives every role; an owner of a domain or product those on it.
What each role may do is in docs/reference/roles.md.`,
		Example: `  weir role add steward olga
  weir role add domain-owner olga --on membership
  weir role add reader otto --on membership.users`,
	}
	on := cmd.Flags().String("on", "", "the domain or DOMAIN.PRODUCT (default: the mesh)")
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Role, error) {
		return cl.AddRole(ctx, client.Role{Role: args[0], Person: args[1], On: *on}, o...)
	})
}

func (c *cli) roleRemove() *cobra.Command {
	cmd := &cobra.Command{Use: "remove ROLE PERSON", Short: "Take a role away", Args: exactly(2), ValidArgsFunction: fixed(words(weir.Roles())...)}
	on := cmd.Flags().String("on", "", "the domain or DOMAIN.PRODUCT (default: the mesh)")
	opts := writeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		r := client.Role{Role: args[0], Person: args[1], On: *on}
		if err := cl.RemoveRole(cmd.Context(), r, opts()...); err != nil {
			return err
		}
		c.said("%s", fmt.Sprintf("%s is no longer %s on %s", r.Person, r.Role, where(r.On)))
		return nil
	}
	return cmd
}
