package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) applicationCommand() *cobra.Command {
	k := kind[client.Application]{
		cli: c, noun: "application", name: func(a client.Application) string { return a.Name },
		cols: []column[client.Application]{
			{"NAME", func(a client.Application) string { return a.Name }},
			{"TEAM", func(a client.Application) string { return a.Team }},
			{"CREDENTIALS", credentialText},
			{"DESCRIPTION", func(a client.Application) string { return a.Description }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Application, error) {
			return cl.Applications(ctx)
		},
		get: func(ctx context.Context, cl *client.Client, n string) (client.Application, error) {
			return cl.Application(ctx, n)
		},
	}
	remove := c.goingCommand(
		&cobra.Command{Use: "delete NAME", Short: "Delete an application, with its credentials and consumer groups", Args: exactly(1), ValidArgsFunction: k.complete()},
		"application %s is deleted",
		"application %s cannot log in any more; it is gone when its consumers have left their groups (weir app list)",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (bool, error) {
			hurts := c.hurts(ctx, cl, args[0])
			finished, err := cl.DeleteApplication(ctx, args[0], o...)
			if err == nil {
				c.saidHurt(hurts)
			}
			return finished, err
		})
	revoke := c.endCommand(
		&cobra.Command{Use: "revoke NAME", Short: "End an application's credentials, on open connections too", Args: exactly(1), ValidArgsFunction: k.complete()},
		"the credentials of application %s are ended",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
			return cl.RevokeCredential(ctx, args[0], o...)
		})
	n := noun("app", "Applications that read and write", c.applicationCreate(k), c.applicationUsage(k), c.applicationFacts(k), k.listCommand(), k.showCommand(),
		c.applicationEdit(k), c.applicationRotate(k), c.planNoun(), revoke, remove)
	n.Aliases = []string{"application"}
	return n
}

func credentialText(a client.Application) string {
	if a.Ending {
		return "being deleted"
	}
	return a.Credentials
}

// connecting is how an application is shown when its password is: with all
// that a Kafka client needs.
func connecting(k kind[client.Application]) kind[client.Application] {
	k.cols = append(k.cols[:len(k.cols):len(k.cols)],
		column[client.Application]{"BOOTSTRAP", func(a client.Application) string { return a.Bootstrap }},
		column[client.Application]{"SECURITY", func(client.Application) string { return "SASL_PLAINTEXT, SCRAM-SHA-256 or SCRAM-SHA-512" }},
		column[client.Application]{"USERNAME", func(a client.Application) string { return a.Username }},
		column[client.Application]{"PASSWORD", func(a client.Application) string { return a.Password }},
	)
	return k
}

func (c *cli) applicationCreate(k kind[client.Application]) *cobra.Command {
	cmd := &cobra.Command{Use: "create NAME", Short: "Register an application; its password is shown once", Args: exactly(1)}
	var n client.NewApplication
	cmd.Flags().StringVar(&n.Team, "team", "", "the team that owns it")
	cmd.Flags().StringVar(&n.Description, "description", "", "what it does")
	_ = cmd.MarkFlagRequired("team")
	return connecting(k).writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Application, error) {
		n.Name = args[0]
		return cl.CreateApplication(ctx, n, o...)
	})
}

func (c *cli) applicationEdit(k kind[client.Application]) *cobra.Command {
	cmd := &cobra.Command{Use: "edit NAME", Short: "Change an application", Args: exactly(1), ValidArgsFunction: k.complete()}
	description := cmd.Flags().String("description", "", "what it does")
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Application, error) {
		if err := nothing(cmd, "description"); err != nil {
			return client.Application{}, err
		}
		return cl.EditApplication(ctx, args[0], client.ApplicationEdit{Description: *description}, o...)
	})
}

func (c *cli) applicationRotate(k kind[client.Application]) *cobra.Command {
	return connecting(k).writeCommand(
		&cobra.Command{Use: "rotate NAME", Short: "Give an application a new password, shown once; the old one ends", Args: exactly(1), ValidArgsFunction: k.complete()},
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Application, error) {
			return cl.RotateCredential(ctx, args[0], o...)
		})
}
