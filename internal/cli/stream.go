package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) streamCommand() *cobra.Command {
	var domain string
	k := kind[client.Stream]{
		cli: c, noun: "stream", name: func(s client.Stream) string { return s.Name },
		cols: []column[client.Stream]{
			{"NAME", func(s client.Stream) string { return s.Name }},
			{"PARTITIONS", func(s client.Stream) string { return strconv.Itoa(s.Partitions) }},
			{"RETENTION", func(s client.Stream) string { return s.Retention }},
			{"STATUS", func(s client.Stream) string { return statusText(s.Status) }},
			{"PUBLISHED AS", func(s client.Stream) string { return s.Published }},
			{"DESCRIPTION", func(s client.Stream) string { return s.Description }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Stream, error) {
			return cl.Streams(ctx, domain)
		},
		get: func(ctx context.Context, cl *client.Client, n string) (client.Stream, error) {
			return cl.Stream(ctx, n)
		},
	}
	list := k.listCommand()
	list.Flags().StringVar(&domain, "domain", "", "only this domain's")
	return noun("stream", "Private streams of domains", c.streamCreate(k), list, k.showCommand(), c.streamEdit(k), c.streamDelete(k),
		c.usageCommand("private stream", k.complete(), (*client.Client).StreamUsage), c.factsCommand("private stream", k.complete(), (*client.Client).StreamFacts))
}

func (c *cli) streamCreate(k kind[client.Stream]) *cobra.Command {
	cmd := &cobra.Command{Use: "create DOMAIN._private.NAME", Short: "Create a private stream and its topic", Args: exactly(1)}
	var n client.NewStream
	f := cmd.Flags()
	f.StringVar(&n.Description, "description", "", "what it holds")
	f.IntVar(&n.Partitions, "partitions", 3, "of its topic, 1 to 64")
	f.StringVar(&n.Retention, "retention", "forever", "how long records are kept: 6h, 7d, forever")
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Stream, error) {
		n.Name = args[0]
		return cl.CreateStream(ctx, n, o...)
	})
}

func (c *cli) streamEdit(k kind[client.Stream]) *cobra.Command {
	cmd := &cobra.Command{Use: "edit NAME", Short: "Change a private stream", Args: exactly(1), ValidArgsFunction: k.complete()}
	f := cmd.Flags()
	description := f.String("description", "", "what it holds")
	partitions := f.Int("partitions", 0, "more than now; partitions are never taken away")
	retention := f.String("retention", "", "how long records are kept: 6h, 7d, forever")
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Stream, error) {
		if err := nothing(cmd, "description", "partitions", "retention"); err != nil {
			return client.Stream{}, err
		}
		return cl.EditStream(ctx, args[0], client.StreamEdit{
			Description: given(cmd, "description", description), Partitions: given(cmd, "partitions", partitions),
			Retention: given(cmd, "retention", retention),
		}, o...)
	})
}

func (c *cli) streamDelete(k kind[client.Stream]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Delete a private stream; its data stays unless you say so", Args: exactly(1), ValidArgsFunction: k.complete(),
	}
	destroy := cmd.Flags().Bool("destroy-data", false, "end its topic too, with all its data, for ever")
	going := "stream %s is deleted; its data is gone when the cluster has ended its topic: weir topic list"
	return c.goingCommand(cmd, "stream %s is deleted", going, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (bool, error) {
		hurts := c.hurts(ctx, cl, args[0])
		if *destroy {
			if err := c.sure(lost("all data of "+args[0]+" will be lost", hurts)); err != nil {
				return false, err
			}
		}
		finished, err := cl.DeleteStream(ctx, args[0], *destroy, o...)
		if err == nil {
			c.saidHurt(hurts)
		}
		return finished, err
	})
}
