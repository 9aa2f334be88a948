package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) topicCommand() *cobra.Command {
	var domain string
	k := kind[client.Topic]{
		cli: c, noun: "topic", name: func(t client.Topic) string { return t.Name },
		cols: []column[client.Topic]{
			{"NAME", func(t client.Topic) string { return t.Name }},
			{"OF", func(t client.Topic) string {
				if t.Of == "" {
					return "nothing: it was deleted, its data was kept"
				}
				return t.Of
			}},
			{"PARTITIONS", func(t client.Topic) string { return strconv.Itoa(t.Partitions) }},
			{"RETENTION", func(t client.Topic) string { return t.Retention }},
			{"ID", func(t client.Topic) string { return t.ID }},
			{"STATUS", func(t client.Topic) string { return statusText(t.Status) }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Topic, error) { return cl.Topics(ctx, domain) },
		get:  func(ctx context.Context, cl *client.Client, n string) (client.Topic, error) { return cl.Topic(ctx, n) },
	}
	list := k.listCommand()
	list.Flags().StringVar(&domain, "domain", "", "only this domain's")
	return noun("topic", "What the cluster holds", c.orUnpublished(list, &domain), k.showCommand())
}

func (c *cli) meshCommand() *cobra.Command {
	cols := []column[client.Mesh]{
		{"NAME", func(m client.Mesh) string { return m.Name }},
		{"UID", func(m client.Mesh) string { return m.UID }},
		{"VERSION", func(m client.Mesh) string { return m.Version }},
		{"KAFKA", func(m client.Mesh) string { return m.Kafka }},
		{"REGISTRY", func(m client.Mesh) string { return m.Registry }},
		{"CLUSTER", func(m client.Mesh) string { return m.Cluster.Kind }},
		{"USED", func(m client.Mesh) string {
			if m.Cluster.Limit == 0 {
				return ""
			}
			return megabytes(m.Cluster.Used) + " of " + megabytes(m.Cluster.Limit)
		}},
		{"PROBLEMS", func(m client.Mesh) string { return strings.Join(m.Cluster.Problems, "; ") }},
	}
	return noun("mesh", "The mesh and the node", c.meshTerms(), c.meshHealth(), &cobra.Command{
		Use: "show", Short: "Show the mesh and the node that answers", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := c.client()
			if err != nil {
				return err
			}
			m, err := cl.Mesh(cmd.Context())
			if err != nil {
				return err
			}
			return printOne(c, m, cols)
		},
	})
}

func megabytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MB" }
