package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

func productColumns() []column[client.Product] {
	return []column[client.Product]{
		{"NAME", func(p client.Product) string { return p.Name }},
		{"KIND", func(p client.Product) string { return p.Kind }},
		{"ENCODING", func(p client.Product) string { return p.KeyEncoding + " → " + p.Encoding }},
		{"VISIBILITY", func(p client.Product) string { return p.Visibility }},
		{"ACCESS", func(p client.Product) string { return p.Access }},
		{"OWNER", func(p client.Product) string { return p.Owner }},
		{"TEAM", func(p client.Product) string { return p.Team }},
		{"TOPIC", func(p client.Product) string { return p.Topic }},
		{"STATUS", func(p client.Product) string { return statusText(p.Status) }},
	}
}

func statusText(s client.Status) string {
	if s.Problem != "" {
		return s.Topic + ": " + s.Problem
	}
	return s.Topic
}

// wholeProduct is every column that one product is shown with.
func wholeProduct() []column[client.Product] {
	return append(append(productColumns(), toldColumns()...),
		column[client.Product]{"KEY", func(p client.Product) string { return strings.Join(p.Key, ", ") }},
		schemaColumn("key", "KEY SCHEMA"), schemaColumn("value", "VALUE SCHEMA"),
		column[client.Product]{"PARTITIONS", func(p client.Product) string { return strconv.Itoa(p.Partitions) }},
		column[client.Product]{"RETENTION", func(p client.Product) string { return p.Retention }},
		column[client.Product]{"PUBLISHED", publishedText},
		column[client.Product]{"URN", func(p client.Product) string { return p.URN }},
		column[client.Product]{"DESCRIPTION", func(p client.Product) string { return p.Description }},
		column[client.Product]{"REVISION", func(p client.Product) string { return strconv.FormatUint(p.Revision, 10) }},
	)
}

func (c *cli) productCommand() *cobra.Command {
	var domain string
	k := kind[client.Product]{
		cli: c, noun: "product", cols: productColumns(), name: func(p client.Product) string { return p.Name },
		list: func(ctx context.Context, cl *client.Client) ([]client.Product, error) {
			return cl.Products(ctx, domain)
		},
		get: func(ctx context.Context, cl *client.Client, n string) (client.Product, error) {
			return cl.Product(ctx, n)
		},
	}
	list := k.listCommand()
	list.Flags().StringVar(&domain, "domain", "", "only this domain's")
	k.cols = wholeProduct()
	all := noun("product", "Products that domains offer",
		c.productCreate(k), list, k.showCommand(), c.productEdit(k), c.productDelete(k), c.productFields(k), c.productField(k), c.productSnippet(k), c.productProfile(k),
		c.productText(k, "doc", "Print a product's documentation", func(ctx context.Context, cl *client.Client, n string) (string, error) {
			return cl.Documentation(ctx, n)
		}),
		c.productText(k, "terms", "Print a product's terms of use", func(ctx context.Context, cl *client.Client, n string) (string, error) {
			return cl.ProductTerms(ctx, n)
		}))
	all.AddCommand(c.publishCommands(k)...)
	all.AddCommand(c.usageCommand("product", k.complete(), (*client.Client).ProductUsage), c.factsCommand("product", k.complete(), (*client.Client).ProductFacts))
	return all
}

// publishedText tells of which topic a product was made, by whom and when.
func publishedText(p client.Product) string {
	if p.Published == nil {
		return ""
	}
	return "from " + p.Published.Topic + ", by " + p.Published.By + ", " + when(p.Published.At)
}

// words are the names in a list of the vocabulary.
func words[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return out
}

// listed is a choice as one says it: a, b or c.
func listed(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// productWords completes the flags of which each takes one of two words.
func productWords(cmd *cobra.Command) {
	for flag, words := range map[string][]string{
		"kind": {"stream", "table"}, "encoding": words(weir.Encodings()), "key-encoding": words(weir.KeyEncodings()),
		"visibility": {"mesh", "domain"}, "access": {"open", "request"},
	} {
		if cmd.Flags().Lookup(flag) != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag, fixed(words...))
		}
	}
}

func (c *cli) productCreate(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "create DOMAIN.PRODUCT", Short: "Create a product and its topic", Args: exactly(1),
		Long: `Creates a product and its topic. With --schema and --key-schema the first schemas
of its values and keys are registered with it: all of it is made, or nothing.
The file's name says the encoding unless you do: .avsc is avro, .proto protobuf,
.json json-schema (of keys: json).`,
		Example: `  weir product create membership.users --kind table --key userid --schema users.avsc
  weir product create edge.clicks --description "Every click" --retention 7d`,
	}
	var n client.NewProduct
	schemas := []schemaFlag{valueSchema(), keySchema()}
	f := cmd.Flags()
	f.StringVar(&n.Kind, "kind", "stream", "stream: every record counts; table: the latest of a key counts")
	f.StringVar(&n.Encoding, "encoding", "json", "of the values: "+listed(words(weir.Encodings())))
	f.StringVar(&n.KeyEncoding, "key-encoding", "string", "of the keys: "+listed(words(weir.KeyEncodings())))
	f.StringSliceVar(&n.Key, "key", nil, "the fields of the value that the key holds, in order: FIELD,...")
	f.StringVar(&n.Visibility, "visibility", "mesh", "who knows of it: mesh or domain")
	f.StringVar(&n.Access, "access", "", "who reads it: open (everyone who knows of it) or request (whom you allow); open unless a field is personal or secret")
	f.StringVar(&n.Owner, "owner", "", "the person who answers for it (default: you)")
	f.StringVar(&n.Description, "description", "", "what it holds")
	f.IntVar(&n.Partitions, "partitions", 3, "of its topic, 1 to 64")
	f.StringVar(&n.Retention, "retention", "forever", "how long records are kept: 6h, 7d, forever")
	f.StringVar(&schemas[0].file, "schema", "", "a file with the first schema of the values; - is standard input")
	f.StringVar(&schemas[1].file, "key-schema", "", "a file with the first schema of the keys; - is standard input")
	for _, s := range schemas {
		_ = cmd.MarkFlagFilename(s.flag, "avsc", "proto", "json")
	}
	productWords(cmd)
	var tell tellFlags
	tell.of(cmd, false)
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Product, error) {
		n.Name = args[0]
		var err error
		if n.Telling, err = tell.telling(c, cmd); err != nil {
			return client.Product{}, err
		}
		if err := schemas[0].fill(c, cmd, &n.Schema, &n.Encoding); err != nil {
			return client.Product{}, err
		}
		if err := schemas[1].fill(c, cmd, &n.KeySchema, &n.KeyEncoding); err != nil {
			return client.Product{}, err
		}
		if n.Partitions < 1 {
			return client.Product{}, fmt.Errorf("--partitions %d; use 1 to 64", n.Partitions)
		}
		return cl.CreateProduct(ctx, n, o...)
	})
}

func (c *cli) productEdit(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{Use: "edit NAME", Short: "Change a product", Args: exactly(1), ValidArgsFunction: k.complete()}
	f := cmd.Flags()
	owner := f.String("owner", "", "the person who answers for it")
	description := f.String("description", "", "what it holds")
	visibility := f.String("visibility", "", "who knows of it: mesh or domain")
	access := f.String("access", "", "who reads it: open or request")
	partitions := f.Int("partitions", 0, "more than now; partitions are never taken away")
	retention := f.String("retention", "", "how long records are kept: 6h, 7d, forever")
	productWords(cmd)
	var tell tellFlags
	tell.of(cmd, true)
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Product, error) {
		if err := nothing(cmd, append([]string{"owner", "description", "visibility", "access", "partitions", "retention"}, tellNames()...)...); err != nil {
			return client.Product{}, err
		}
		telling, err := tell.telling(c, cmd)
		if err != nil {
			return client.Product{}, err
		}
		p, err := cl.EditProduct(ctx, args[0], client.ProductEdit{
			Owner: given(cmd, "owner", owner), Description: given(cmd, "description", description),
			Visibility: given(cmd, "visibility", visibility), Access: given(cmd, "access", access),
			Partitions: given(cmd, "partitions", partitions), Retention: given(cmd, "retention", retention),
			Telling: telling,
		}, o...)
		c.saidHurt(p.Hurts)
		return p, err
	})
}

func (c *cli) productDelete(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Delete a product; its data stays unless you say so", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Deletes a product. Its topic and data stay, and its name stays taken, until the
data is destroyed too: with --destroy-data now, or with the same command later.`,
	}
	destroy := cmd.Flags().Bool("destroy-data", false, "end its topic too, with all its data, for ever")
	going := "product %s is deleted; its data is gone when the cluster has ended its topic: weir topic list"
	return c.goingCommand(cmd, "product %s is deleted", going, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (bool, error) {
		hurts := c.hurts(ctx, cl, args[0])
		if *destroy {
			if err := c.sure(lost("all data of "+args[0]+" will be lost", hurts)); err != nil {
				return false, err
			}
		}
		finished, err := cl.DeleteProduct(ctx, args[0], *destroy, o...)
		if err == nil {
			c.saidHurt(hurts)
		}
		return finished, err
	})
}

// lost is what one is asked before something is lost that others need.
func lost(what, hurts string) string {
	if hurts == "" {
		return what
	}
	return what + ", which hurts " + hurts
}
