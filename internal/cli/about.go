package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

// tellFlags are what one tells about a product, as flags.
type tellFlags struct {
	kind, purpose, usage, limitations, quality, sla string
	slos, support, tags, addTags, removeTags        []string
	doc, terms, eventTime, lateness                 string
}

// texts are the flags that are taken as they are.
func (t *tellFlags) texts() map[string]*string {
	return map[string]*string{
		"type": &t.kind, "purpose": &t.purpose, "usage": &t.usage, "limitations": &t.limitations,
		"quality": &t.quality, "sla": &t.sla, "event-time": &t.eventTime, "lateness": &t.lateness,
	}
}

// of adds the flags to a command; a product that is edited has tags already.
func (t *tellFlags) of(cmd *cobra.Command, edit bool) {
	f := cmd.Flags()
	f.StringVar(&t.kind, "type", "", "source-aligned (the default), aggregate or consumer-aligned")
	f.StringVar(&t.purpose, "purpose", "", "what it is for")
	f.StringVar(&t.usage, "usage", "", "how to use it")
	f.StringVar(&t.limitations, "limitations", "", "what it is not good for")
	f.StringVar(&t.quality, "quality", "", "how far its data can be trusted: authoritative, curated or raw")
	f.StringVar(&t.sla, "sla", "", "how soon it is mended when it fails: tier-1, tier-2 or tier-3")
	f.StringArrayVar(&t.slos, "slo", nil, "an objective, such as freshness=60s or availability=99.5%; may be repeated")
	f.StringArrayVar(&t.support, "support", nil, "CHANNEL=URL, where to ask; may be repeated")
	if edit {
		f.StringSliceVar(&t.tags, "tags", nil, "KEY:VALUE,... instead of those before")
		f.StringArrayVar(&t.addTags, "add-tag", nil, "KEY:VALUE, one more; may be repeated")
		f.StringArrayVar(&t.removeTags, "remove-tag", nil, "KEY:VALUE, one less; may be repeated")
	} else {
		f.StringArrayVar(&t.tags, "tag", nil, "KEY:VALUE, such as area:finance; may be repeated")
	}
	f.StringVar(&t.doc, "doc", "", "a file with its documentation, in Markdown; - is standard input")
	f.StringVar(&t.terms, "terms", "", "a file with its terms of use, in Markdown; - is standard input")
	f.StringVar(&t.eventTime, "event-time", "", "the field that says when it happened")
	f.StringVar(&t.lateness, "lateness", "", "how late a record may come: 5m, 1h")
	_ = cmd.MarkFlagFilename("doc", "md")
	_ = cmd.MarkFlagFilename("terms", "md")
	for flag, words := range map[string][]string{
		"type":    {string(weir.TypeSource), string(weir.TypeAggregate), string(weir.TypeConsumer)},
		"quality": {string(weir.QualityAuthoritative), string(weir.QualityCurated), string(weir.QualityRaw)},
		"sla":     {string(weir.SLATier1), string(weir.SLATier2), string(weir.SLATier3)},
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, fixed(words...))
	}
}

// tellNames are the flags that change what is told.
func tellNames() []string {
	return []string{
		"type", "purpose", "usage", "limitations", "quality", "sla", "slo", "support", "tags", "add-tag", "remove-tag",
		"doc", "terms", "event-time", "lateness",
	}
}

// telling is what was given.
func (t *tellFlags) telling(c *cli, cmd *cobra.Command) (client.Telling, error) {
	texts := t.texts()
	text := func(flag string) *string { return given(cmd, flag, texts[flag]) }
	out := client.Telling{
		Type: text("type"), Purpose: text("purpose"), Usage: text("usage"), Limitations: text("limitations"),
		Quality: text("quality"), SLA: text("sla"), EventTime: text("event-time"), Lateness: text("lateness"),
		AddTags: t.addTags, RemoveTags: t.removeTags,
	}
	if cmd.Flags().Changed("tags") || cmd.Flags().Changed("tag") {
		out.Tags = nonempty(t.tags)
	}
	var err error
	if cmd.Flags().Changed("slo") {
		if out.SLOs, err = all(nonempty(t.slos), slo); err != nil {
			return out, err
		}
	}
	if cmd.Flags().Changed("support") {
		if out.Support, err = all(nonempty(t.support), support); err != nil {
			return out, err
		}
	}
	if cmd.Flags().Changed("doc") {
		if out.Documentation, err = c.markdown("doc", t.doc); err != nil {
			return out, err
		}
	}
	if cmd.Flags().Changed("terms") {
		out.Terms, err = c.markdown("terms", t.terms)
	}
	return out, err
}

// nonempty is a list that was given; one empty word stands for none.
func nonempty(words []string) []string {
	if len(words) == 1 && words[0] == "" {
		return []string{}
	}
	return words
}

func all[T any](words []string, read func(string) (T, error)) ([]T, error) {
	out := []T{}
	for _, w := range words {
		v, err := read(w)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// slo reads PROPERTY=VALUE: a time, or a number of percent.
func slo(word string) (client.SLO, error) {
	property, value, _ := strings.Cut(word, "=")
	bad := fmt.Errorf("--slo %q is no objective; write freshness=60s, latency=5m, retention=7d, completeness=99.9%% or availability=99.5%%", word)
	switch weir.SLOProperty(property) {
	case weir.SLOCompleteness, weir.SLOAvailability:
		n, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
		if err != nil {
			return client.SLO{}, bad
		}
		return client.SLO{Property: property, Value: n, Unit: "percent"}, nil
	case weir.SLOFreshness, weir.SLOLatency, weir.SLORetention:
		d, err := weir.ParseDuration(value)
		if err != nil || d == weir.Forever {
			return client.SLO{}, bad
		}
		return client.SLO{Property: property, Value: float64(d) / 1e9, Unit: "s"}, nil
	}
	return client.SLO{}, bad
}

// support reads CHANNEL=URL.
func support(word string) (client.Support, error) {
	channel, url, ok := strings.Cut(word, "=")
	if !ok || channel == "" {
		return client.Support{}, fmt.Errorf("--support %q is no way of support; write CHANNEL=URL, such as slack=https://chat.example/data", word)
	}
	return client.Support{Channel: channel, URL: url}, nil
}

// markdown reads a file with a text; the name "" takes the text away.
func (c *cli) markdown(flag, file string) (*string, error) {
	if file == "" {
		return &file, nil
	}
	in := c.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", flag, err)
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, weir.MaxDocumentation+1))
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	if len(b) > weir.MaxDocumentation {
		return nil, fmt.Errorf("--%s: %s has more than %d bytes; use at most so many", flag, file, weir.MaxDocumentation)
	}
	text := string(b)
	return &text, nil
}

// toldColumns are what is told about a product.
func toldColumns() []column[client.Product] {
	return []column[client.Product]{
		{"TYPE", func(p client.Product) string { return p.Type }},
		{"LIFECYCLE", func(p client.Product) string { return p.Lifecycle }},
		{"SUCCESSOR", func(p client.Product) string { return p.Successor }},
		{"PURPOSE", func(p client.Product) string { return p.Purpose }},
		{"USAGE", func(p client.Product) string { return p.Usage }},
		{"LIMITATIONS", func(p client.Product) string { return p.Limitations }},
		{"QUALITY", func(p client.Product) string { return p.Quality }},
		{"SLA", func(p client.Product) string { return p.SLA }},
		{"SLOS", func(p client.Product) string { return sloText(p.SLOs) }},
		{"SUPPORT", func(p client.Product) string { return supportText(p.Support) }},
		{"TAGS", func(p client.Product) string { return strings.Join(p.Tags, ", ") }},
		{"EVENT TIME", func(p client.Product) string { return p.EventTime }},
		{"LATENESS", func(p client.Product) string { return p.Lateness }},
		{"DOCUMENTATION", func(p client.Product) string { return p.Documentation }},
		{"TERMS", func(p client.Product) string { return p.Terms }},
		{"LACKS", func(p client.Product) string { return lacks(p.Warnings) }},
	}
}

func sloText(all []client.SLO) string {
	parts := make([]string, len(all))
	for i, s := range all {
		if s.Unit == "s" {
			parts[i] = s.Property + "=" + weir.Duration(s.Value*1e9).String()
			continue
		}
		parts[i] = s.Property + "=" + strconv.FormatFloat(s.Value, 'f', -1, 64) + "%"
	}
	return strings.Join(parts, ", ")
}

func supportText(all []client.Support) string {
	parts := make([]string, len(all))
	for i, s := range all {
		parts[i] = strings.TrimSuffix(s.Channel+" "+s.URL, " ")
	}
	return strings.Join(parts, ", ")
}

// lacks names the policies that a product breaks, without those that are advice.
func lacks(all []client.Warning) string {
	var rules []string
	for _, w := range all {
		switch w.Severity {
		case string(weir.SeverityInfo):
		case string(weir.SeverityWarning):
			rules = append(rules, w.Rule)
		default:
			rules = append(rules, w.Rule+" ("+w.Severity+")")
		}
	}
	return strings.Join(rules, ", ")
}

// productFields lists the fields of a product.
func (c *cli) productFields(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "fields NAME", Short: "List the fields of a product's values", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Lists the fields of a product's values: what the schema says, and what the product
says over it (weir product field). What the product says is marked with *.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		fs, err := cl.ProductFields(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return printFields(c, fs)
	}
	return cmd
}

func printFields(c *cli, fs client.ProductFields) error {
	if c.format != "table" {
		return c.printValue(fs)
	}
	return printAll(c, fs.Fields, []column[client.ProductField]{
		{"FIELD", func(f client.ProductField) string { return f.Path }},
		{"TYPE", func(f client.ProductField) string { return f.Type }},
		{"CLASSIFICATION", func(f client.ProductField) string { return marked(f.Classification, f.ClassificationFrom) }},
		{"TAGS", fieldTags},
		{"TERM", func(f client.ProductField) string { return marked(f.Term, "product") }},
		{"UNIT", func(f client.ProductField) string { return marked(f.Unit, "product") }},
		{"EXAMPLES", func(f client.ProductField) string { return marked(strings.Join(f.Examples, ", "), "product") }},
		{"DESCRIPTION", func(f client.ProductField) string { return marked(f.Description, f.DescriptionFrom) }},
	})
}

func marked(text, from string) string {
	if text != "" && from == "product" {
		return text + "*"
	}
	return text
}

func fieldTags(f client.ProductField) string {
	var parts []string
	for _, t := range f.Tags {
		parts = append(parts, marked(t.Tag, t.From))
	}
	return strings.Join(parts, ", ")
}

// productField changes what the product says about one field.
func (c *cli) productField(k kind[client.Product]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "field NAME FIELD", Short: "Say something about a field of a product, over what its schema says", Args: exactly(2), ValidArgsFunction: k.complete(),
		Example: `  weir product field membership.users userid --classification personal --tag pii:id --term customer
  weir product field membership.users userid --clear`,
	}
	var description, classification, term, unit string
	var tags, examples []string
	n := client.NoteEdit{}
	f := cmd.Flags()
	f.StringVar(&description, "description", "", "what it holds")
	f.StringVar(&classification, "classification", "", "public, internal, personal or secret")
	f.StringArrayVar(&tags, "tag", nil, "KEY:VALUE, such as pii:email, instead of those before; may be repeated")
	f.StringVar(&term, "term", "", "of the glossary: what it means")
	f.StringVar(&unit, "unit", "", "that its numbers are in")
	f.StringArrayVar(&examples, "example", nil, "a value as it stands in records, instead of those before; may be repeated")
	f.BoolVar(&n.Clear, "clear", false, "take away all that the product says about it")
	_ = cmd.RegisterFlagCompletionFunc("classification", fixed("public", "internal", "personal", "secret"))
	opts := writeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := nothing(cmd, "description", "classification", "tag", "term", "unit", "example", "clear"); err != nil {
			return err
		}
		if args[1] == "" {
			return errors.New("the field has no name; see weir product fields NAME")
		}
		n.Path = args[1]
		n.Description, n.Classification = given(cmd, "description", &description), given(cmd, "classification", &classification)
		n.Term, n.Unit = given(cmd, "term", &term), given(cmd, "unit", &unit)
		if cmd.Flags().Changed("tag") {
			n.Tags = nonempty(tags)
		}
		if cmd.Flags().Changed("example") {
			n.Examples = nonempty(examples)
		}
		return c.noteField(cmd.Context(), args[0], n, opts())
	}
	return cmd
}

func (c *cli) noteField(ctx context.Context, product string, n client.NoteEdit, opts []client.Option) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	if _, err := cl.EditProduct(ctx, product, client.ProductEdit{Telling: client.Telling{Fields: []client.NoteEdit{n}}}, opts...); err != nil {
		return err
	}
	fs, err := cl.ProductFields(ctx, product)
	if err != nil {
		return err
	}
	var one []client.ProductField
	for _, f := range fs.Fields {
		if f.Path == n.Path {
			one = append(one, f)
		}
	}
	fs.Fields = one
	return printFields(c, fs)
}

// productText prints a product's documentation or terms.
func (c *cli) productText(k kind[client.Product], use, short string, get func(context.Context, *client.Client, string) (string, error)) *cobra.Command {
	cmd := &cobra.Command{Use: use + " NAME", Short: short, Args: exactly(1), ValidArgsFunction: k.complete()}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		text, err := get(cmd.Context(), cl, args[0])
		if err != nil {
			return err
		}
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for i, line := range lines {
			lines[i] = printable(line)
		}
		_, err = fmt.Fprintln(c.Out, strings.Join(lines, "\n"))
		return err
	}
	return cmd
}
