package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

// publishCommands are those that make products of topics, and end what they
// offer.
func (c *cli) publishCommands(k kind[client.Product]) []*cobra.Command {
	return []*cobra.Command{
		c.productPublish(k), c.productUnpublish(k), c.productReaders(k), c.productDeprecate(k),
		c.productStage(k, "retire", "Say that a product has ended: its own domain alone reads it", (*client.Client).Retire),
		c.productStage(k, "activate", "Take back that a product is deprecated or retired", (*client.Client).Activate),
	}
}

func (c *cli) productPublish(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "publish TOPIC --as DOMAIN.PRODUCT | DOMAIN.PRODUCT", Short: "Publish a topic as a product, or a product that is proposed; nothing of the topic changes", Args: exactly(1),
		ValidArgsFunction: c.names(unpublishedNames),
		Long: `Makes a product of a topic: of a private stream of your domain or, for a mesh
admin on a Kafka cluster, of any topic that the mesh does not know. Nothing of the
topic changes: its records, consumers and offsets stay, and clients may go on using
its name; the product's own name is the same topic.

Others rely on a product, so it needs an owner, a description, a quality tier, an
SLA tier, a schema or an encoding said on purpose, at least one record or a reason,
and that you accept the mesh's terms of publishing (weir mesh terms). All that is
missing is told at once. The file's name says the encoding unless you do: .avsc is
avro, .proto protobuf, .json json-schema (of keys: json). A topic whose subject has a
schema already needs neither.

A product that is proposed to its domain, such as one that a query makes, is
published by its own name, without --as: it becomes active and visible in the mesh.
What else is given is told of it.

The same command again changes nothing.`,
		Example: `  weir product publish edge._private.clicks --as edge.clicks --owner ana --description "Every click" \
    --quality curated --sla tier-2 --schema clicks.avsc --accept-terms
  weir product publish market.big-trades`,
	}
	var n client.NewPublication
	schemas := []schemaFlag{valueSchema(), keySchema()}
	f := cmd.Flags()
	f.StringVar(&n.As, "as", "", "the product's name: DOMAIN.PRODUCT")
	f.StringVar(&n.Owner, "owner", "", "the person who answers for it")
	f.StringVar(&n.Description, "description", "", "what it holds")
	f.StringVar(&n.Kind, "kind", "", "stream (the default): every record counts; table: the latest of a key counts")
	f.StringVar(&n.Encoding, "encoding", "", "of the values: "+listed(words(weir.Encodings())))
	f.StringVar(&n.KeyEncoding, "key-encoding", "", "of the keys: "+listed(words(weir.KeyEncodings())))
	f.StringSliceVar(&n.Key, "key", nil, "the fields of the value that the key holds, in order: FIELD,...")
	f.StringVar(&n.Visibility, "visibility", "", "who knows of it: mesh (the default) or domain")
	f.StringVar(&n.Access, "access", "", "who reads it: open (everyone who knows of it) or request (whom you allow); open unless a field is personal or secret")
	f.StringVar(&schemas[0].file, "schema", "", "a file with the first schema of the values; - is standard input")
	f.StringVar(&schemas[1].file, "key-schema", "", "a file with the first schema of the keys; - is standard input")
	f.BoolVar(&n.AcceptTerms, "accept-terms", false, "that you accept the mesh's terms of publishing")
	for _, s := range schemas {
		_ = cmd.MarkFlagFilename(s.flag, "avsc", "proto", "json")
	}
	productWords(cmd)
	var tell tellFlags
	tell.of(cmd, false)
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Product, error) {
		var err error
		if n.Telling, err = tell.telling(c, cmd); err != nil {
			return client.Product{}, err
		}
		if n.As == "" {
			return publishProduct(ctx, cl, cmd, args[0], n, o)
		}
		if err := schemas[0].fill(c, cmd, &n.Schema, &n.Encoding); err != nil {
			return client.Product{}, err
		}
		if err := schemas[1].fill(c, cmd, &n.KeySchema, &n.KeyEncoding); err != nil {
			return client.Product{}, err
		}
		return cl.Publish(ctx, args[0], n, o...)
	})
}

// publishProduct publishes a product by its own name.
func publishProduct(ctx context.Context, cl *client.Client, cmd *cobra.Command, name string, n client.NewPublication, o []client.Option) (client.Product, error) {
	if _, _, err := weir.SplitProduct(name); err != nil {
		return client.Product{}, fmt.Errorf("required flag(s) \"as\" not set: %s is a topic; say which product it becomes: --as DOMAIN.PRODUCT", name)
	}
	for _, flag := range []string{"kind", "encoding", "key-encoding", "key", "schema", "key-schema"} {
		if cmd.Flags().Changed(flag) {
			return client.Product{}, fmt.Errorf("--%s is of a topic that becomes a product; %s is one, and keeps its contract", flag, name)
		}
	}
	return cl.PublishProduct(ctx, name, client.ProductPublication{
		Telling: n.Telling, Owner: given(cmd, "owner", &n.Owner), Description: given(cmd, "description", &n.Description),
		Visibility: given(cmd, "visibility", &n.Visibility), Access: given(cmd, "access", &n.Access),
	}, o...)
}

// unpublishedNames are the topics that could be published.
func unpublishedNames(ctx context.Context, cl *client.Client) ([]string, error) {
	all, err := cl.UnpublishedTopics(ctx, "")
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = t.Name
	}
	return out, err
}

func (c *cli) productUnpublish(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "unpublish NAME", Short: "Take a published product back; its topic and records stay", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Takes a product back that was published: it ends, with what was allowed on it.
Its topic is what it was before, with all records, schemas and offsets. The
applications that read it in the last 30 days or were allowed to are named, and
their teams are told. Without --yes it asks first.`,
	}
	yes := cmd.Flags().Bool("yes", false, "do not ask")
	opts := writeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		if !*yes {
			readers, err := cl.ProductReaders(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := c.agreed(args[0], readers); err != nil {
				return err
			}
		}
		u, err := cl.Unpublish(cmd.Context(), args[0], opts()...)
		if err != nil {
			return err
		}
		c.saidHurt(u.Hurts)
		return printOne(c, u, []column[client.Unpublished]{
			{"PRODUCT", func(u client.Unpublished) string { return u.Product + " is taken back" }},
			{"TOPIC", func(u client.Unpublished) string { return u.Topic }},
			{"READERS", func(u client.Unpublished) string { return readerNames(u.Readers) }},
		})
	}
	return cmd
}

// agreed asks at a terminal before a product is taken from those who read it;
// elsewhere it wants --yes.
func (c *cli) agreed(product string, readers []client.ProductReader) error {
	what := fmt.Sprintf("%s would be taken from %s", product, readerNames(readers))
	f, ok := c.In.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return fmt.Errorf("%s; if that is meant, repeat with --yes", what)
	}
	fmt.Fprintf(c.Err, "%s. Type yes to go on: ", what)
	line, _ := bufio.NewReader(c.In).ReadString('\n')
	if strings.TrimSpace(line) != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}

// readerNames names readers with their teams.
func readerNames(readers []client.ProductReader) string {
	if len(readers) == 0 {
		return "nobody: no application read it in the last 30 days, or was allowed to"
	}
	names := make([]string, len(readers))
	for i, r := range readers {
		names[i] = r.Application + " of " + r.Team
		if r.Own {
			names[i] += ", whose it is"
		}
	}
	return strings.Join(names, "; ")
}

func (c *cli) productReaders(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "readers NAME", Short: "List whom a product's end would hurt", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: "Lists the applications that read a product in the last 30 days, or were allowed to.",
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		all, err := cl.ProductReaders(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return printAll(c, all, []column[client.ProductReader]{
			{"APPLICATION", func(r client.ProductReader) string { return r.Application }},
			{"TEAM", func(r client.ProductReader) string { return r.Team }},
			{"LAST", func(r client.ProductReader) string { return when(r.Last) }},
			{"RECORDS", func(r client.ProductReader) string { return strconv.FormatUint(r.Records, 10) }},
			{"ALLOWED", func(r client.ProductReader) string { return strconv.FormatBool(r.Allowed) }},
		})
	}
	return cmd
}

func (c *cli) productDeprecate(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "deprecate NAME", Short: "Say that a product will end: who reads it goes on, nobody new begins", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Says that a product will end. Applications that read it in the last 30 days or
were allowed to go on; others are refused, with the successor's name. Take it back
with: weir product activate NAME`,
	}
	successor := cmd.Flags().String("successor", "", "the product to use instead")
	_ = cmd.RegisterFlagCompletionFunc("successor", k.complete())
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Product, error) {
		return cl.Deprecate(ctx, args[0], client.Deprecation{Successor: *successor}, o...)
	})
}

// productStage is a command that moves a product to another stage of its life.
func (c *cli) productStage(k kind[client.Product], use, short string, do func(*client.Client, context.Context, string, ...client.Option) (client.Product, error)) *cobra.Command {
	cmd := &cobra.Command{Use: use + " NAME", Short: short, Args: exactly(1), ValidArgsFunction: k.complete()}
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Product, error) {
		return do(cl, ctx, args[0], o...)
	})
}

// orUnpublished lets a list of topics be one of those that could be published.
func (c *cli) orUnpublished(list *cobra.Command, domain *string) *cobra.Command {
	only := list.Flags().Bool("unpublished", false, "those that could be published: private streams and, to a mesh admin, topics that the mesh does not know")
	known := list.RunE
	list.RunE = func(cmd *cobra.Command, args []string) error {
		if !*only {
			return known(cmd, args)
		}
		cl, err := c.client()
		if err != nil {
			return err
		}
		all, err := cl.UnpublishedTopics(cmd.Context(), *domain)
		if err != nil {
			return err
		}
		return printAll(c, all, unpublishedColumns())
	}
	return list
}

// unpublishedColumns show topics that could be published.
func unpublishedColumns() []column[client.UnpublishedTopic] {
	return []column[client.UnpublishedTopic]{
		{"NAME", func(t client.UnpublishedTopic) string { return t.Name }},
		{"IS", func(t client.UnpublishedTopic) string {
			if t.Stream {
				return "private stream of " + t.Domain
			}
			return "not of the mesh"
		}},
		{"PARTITIONS", func(t client.UnpublishedTopic) string { return strconv.Itoa(t.Partitions) }},
		{"SCHEMA", func(t client.UnpublishedTopic) string { return t.Encoding }},
		{"DESCRIPTION", func(t client.UnpublishedTopic) string { return t.Description }},
	}
}

// meshTerms prints the terms of publishing, or sets them.
func (c *cli) meshTerms() *cobra.Command {
	cmd := &cobra.Command{
		Use: "terms", Short: "Print the mesh's terms of publishing, or set them", Args: cobra.NoArgs,
		Long: `Prints what who publishes a product agrees to. With --set a mesh admin changes it:
the text of a Markdown file; --set '' brings the default back. What was accepted
before is kept with each product.`,
	}
	file := cmd.Flags().String("set", "", "a file with the text, in Markdown; - is standard input")
	_ = cmd.MarkFlagFilename("set", "md")
	opts := writeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		t, err := client.PublishingTerms{}, error(nil)
		if cmd.Flags().Changed("set") {
			var text *string
			if text, err = c.markdown("set", *file); err != nil {
				return err
			}
			t, err = cl.SetPublishingTerms(cmd.Context(), *text, opts()...)
		} else {
			t, err = cl.PublishingTerms(cmd.Context())
		}
		if err != nil {
			return err
		}
		if c.format != "table" {
			return printOne(c, t, []column[client.PublishingTerms]{})
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(t.Text, "\n"), "\n") {
			fmt.Fprintln(c.Out, printable(line))
		}
		return nil
	}
	return cmd
}
