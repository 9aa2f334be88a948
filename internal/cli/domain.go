package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) domainCommand() *cobra.Command {
	k := kind[client.Domain]{
		cli: c, noun: "domain", name: func(d client.Domain) string { return d.Name },
		cols: []column[client.Domain]{
			{"NAME", func(d client.Domain) string { return d.Name }},
			{"TEAM", func(d client.Domain) string { return d.Team }},
			{"DESCRIPTION", func(d client.Domain) string { return d.Description }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Domain, error) { return cl.Domains(ctx) },
		get: func(ctx context.Context, cl *client.Client, n string) (client.Domain, error) {
			return cl.Domain(ctx, n)
		},
	}
	create := &cobra.Command{Use: "create NAME", Short: "Create a domain", Args: exactly(1)}
	var n client.NewDomain
	create.Flags().StringVar(&n.Team, "team", "", "the team that owns it")
	create.Flags().StringVar(&n.Description, "description", "", "what it is about")
	_ = create.MarkFlagRequired("team")
	k.writeCommand(create, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Domain, error) {
		n.Name = args[0]
		return cl.CreateDomain(ctx, n, o...)
	})
	edit := &cobra.Command{Use: "edit NAME", Short: "Change a domain", Args: exactly(1), ValidArgsFunction: k.complete()}
	team := edit.Flags().String("team", "", "the team that owns it")
	description := edit.Flags().String("description", "", "what it is about")
	k.writeCommand(edit, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Domain, error) {
		if err := nothing(edit, "team", "description"); err != nil {
			return client.Domain{}, err
		}
		return cl.EditDomain(ctx, args[0], client.DomainEdit{
			Team: given(edit, "team", team), Description: given(edit, "description", description),
		}, o...)
	})
	remove := c.endCommand(
		&cobra.Command{Use: "delete NAME", Short: "Delete a domain that holds nothing", Args: exactly(1), ValidArgsFunction: k.complete()},
		"domain %s is deleted",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
			return cl.DeleteDomain(ctx, args[0], o...)
		})
	return noun("domain", "Domains and who owns them", create, k.listCommand(), k.showCommand(), edit, remove)
}
