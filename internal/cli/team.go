package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) teamCommand() *cobra.Command {
	k := kind[client.Team]{
		cli: c, noun: "team", name: func(t client.Team) string { return t.Name },
		cols: []column[client.Team]{
			{"NAME", func(t client.Team) string { return t.Name }},
			{"MEMBERS", func(t client.Team) string { return strings.Join(t.Members, ", ") }},
			{"DESCRIPTION", func(t client.Team) string { return t.Description }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Team, error) { return cl.Teams(ctx) },
		get:  func(ctx context.Context, cl *client.Client, n string) (client.Team, error) { return cl.Team(ctx, n) },
	}
	create := &cobra.Command{Use: "create NAME", Short: "Create a team", Args: exactly(1)}
	description := create.Flags().String("description", "", "what the team does")
	k.writeCommand(create, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Team, error) {
		return cl.CreateTeam(ctx, client.NewTeam{Name: args[0], Description: *description}, o...)
	})
	edit := &cobra.Command{Use: "edit NAME", Short: "Change a team", Args: exactly(1), ValidArgsFunction: k.complete()}
	text := edit.Flags().String("description", "", "what the team does")
	k.writeCommand(edit, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Team, error) {
		if err := nothing(edit, "description"); err != nil {
			return client.Team{}, err
		}
		return cl.EditTeam(ctx, args[0], client.TeamEdit{Description: *text}, o...)
	})
	add := k.writeCommand(
		&cobra.Command{Use: "add TEAM PERSON", Short: "Put a person into a team", Args: exactly(2), ValidArgsFunction: k.complete()},
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Team, error) {
			return cl.AddMember(ctx, args[0], args[1], o...)
		})
	out := c.endCommand(
		&cobra.Command{Use: "remove TEAM PERSON", Short: "Take a person out of a team", Args: exactly(2), ValidArgsFunction: k.complete()},
		"team %s is changed",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
			return cl.RemoveMember(ctx, args[0], args[1], o...)
		})
	remove := c.endCommand(
		&cobra.Command{Use: "delete NAME", Short: "Delete a team that owns nothing", Args: exactly(1), ValidArgsFunction: k.complete()},
		"team %s is deleted",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
			return cl.DeleteTeam(ctx, args[0], o...)
		})
	return noun("team", "Teams that own domains and applications", create, k.listCommand(), k.showCommand(), edit, add, out, remove)
}
