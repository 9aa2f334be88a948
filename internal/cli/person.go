package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func personColumns() []column[client.Person] {
	return []column[client.Person]{
		{"NAME", func(p client.Person) string { return p.Name }},
		{"ROLES", func(p client.Person) string { return strings.Join(p.Roles, ", ") }},
		{"TEAMS", func(p client.Person) string { return strings.Join(p.Teams, ", ") }},
		{"CREATED", func(p client.Person) string { return when(p.Created) }},
	}
}

// withPassword adds what is shown once.
func withPassword(cols []column[client.Person]) []column[client.Person] {
	return append(cols, column[client.Person]{"PASSWORD", func(p client.Person) string { return p.Password }})
}

func (c *cli) personCommand() *cobra.Command {
	k := kind[client.Person]{
		cli: c, noun: "person", cols: personColumns(), name: func(p client.Person) string { return p.Name },
		list: func(ctx context.Context, cl *client.Client) ([]client.Person, error) { return cl.People(ctx) },
		get: func(ctx context.Context, cl *client.Client, n string) (client.Person, error) {
			return cl.Person(ctx, n)
		},
	}
	once := k
	once.cols = withPassword(personColumns())
	create := once.writeCommand(
		&cobra.Command{Use: "create NAME", Short: "Create a person; the password is shown once", Args: exactly(1)},
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Person, error) {
			return cl.CreatePerson(ctx, client.NewPerson{Name: args[0]}, o...)
		})
	password := once.writeCommand(
		&cobra.Command{Use: "edit NAME", Aliases: []string{"password"}, Short: "Give a person a new password, shown once; sessions end", Args: exactly(1), ValidArgsFunction: k.complete()},
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Person, error) {
			return cl.SetPassword(ctx, args[0], client.NewPassword{}, o...)
		})
	remove := c.endCommand(
		&cobra.Command{Use: "delete NAME", Short: "Delete a person, with tokens and memberships", Args: exactly(1), ValidArgsFunction: k.complete()},
		"person %s is deleted",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
			return cl.DeletePerson(ctx, args[0], o...)
		})
	return noun("person", "People who log in to the mesh", create, k.listCommand(), k.showCommand(), password, remove)
}
