package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

func (c *cli) schemaCommand() *cobra.Command {
	return noun("schema", "Schemas of records: subjects and their versions",
		c.schemaList(), c.schemaShow(), c.schemaVersions(), c.schemaCheck(), c.schemaDiff(),
		c.schemaRegister(), c.schemaDelete(), c.schemaConfig(), c.schemaMode())
}

// registryCommand gives a command the registry of the node.
func (c *cli) registryCommand(cmd *cobra.Command, run func(context.Context, *client.Registry, []string) error) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		defer cl.Close()
		return run(cmd.Context(), cl.Registry(), args)
	}
	return cmd
}

// registryWrite is a registryCommand that writes, and may say why.
func (c *cli) registryWrite(cmd *cobra.Command, run func(context.Context, *client.Registry, []string) error) *cobra.Command {
	reason := cmd.Flags().String("reason", "", "why, for the audit")
	return c.registryCommand(cmd, func(ctx context.Context, r *client.Registry, args []string) error {
		return run(ctx, r.Because(*reason), args)
	})
}

// subjects completes the name of a subject.
func (c *cli) subjects() cobra.CompletionFunc {
	return c.names(func(ctx context.Context, cl *client.Client) ([]string, error) {
		return cl.Registry().Subjects(ctx, client.SchemaFilter{})
	})
}

// subject completes a subject and then, where a command takes one, a file.
func (c *cli) subjectAndFile() cobra.CompletionFunc {
	subjects := c.subjects()
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return subjects(cmd, args, word)
	}
}

// subjectLine is a subject in a list.
type subjectLine struct {
	Subject string `json:"subject"`
	Version int    `json:"version,omitempty"` // the latest that lives
	ID      int    `json:"id,omitempty"`
	Type    string `json:"schemaType,omitempty"`
	Deleted bool   `json:"deleted,omitempty"`
}

func (c *cli) schemaList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List every subject that you may know of, with its latest version", Args: cobra.NoArgs}
	var f client.SchemaFilter
	cmd.Flags().StringVar(&f.Prefix, "prefix", "", "only those whose names begin so")
	cmd.Flags().BoolVar(&f.Deleted, "deleted", false, "those deleted softly too")
	return c.registryCommand(cmd, func(ctx context.Context, r *client.Registry, _ []string) error {
		lines, err := subjectLines(ctx, r, f)
		if err != nil {
			return err
		}
		return printAll(c, lines, []column[subjectLine]{
			{"SUBJECT", func(l subjectLine) string { return l.Subject }},
			{"VERSION", func(l subjectLine) string { return number(l.Version) }},
			{"ID", func(l subjectLine) string { return number(l.ID) }},
			{"TYPE", func(l subjectLine) string { return l.Type }},
			{"STATUS", func(l subjectLine) string { return deletedWord(l.Deleted) }},
		})
	})
}

// subjectLines lists the living, each with its latest version, and the deleted
// among them by name.
func subjectLines(ctx context.Context, r *client.Registry, f client.SchemaFilter) ([]subjectLine, error) {
	vs, err := r.LatestSchemas(ctx, client.SchemaFilter{Prefix: f.Prefix})
	if err != nil {
		return nil, err
	}
	latest := map[string]client.SchemaVersion{}
	for _, v := range vs {
		latest[v.Subject] = v
	}
	names, err := r.Subjects(ctx, f)
	if err != nil {
		return nil, err
	}
	out := []subjectLine{}
	for _, n := range names {
		v, ok := latest[n]
		out = append(out, subjectLine{Subject: n, Version: v.Version, ID: v.ID, Type: v.Type, Deleted: !ok})
	}
	return out, nil
}

// number prints a number that may be missing.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func deletedWord(deleted bool) string {
	if deleted {
		return "deleted"
	}
	return ""
}

func (c *cli) schemaShow() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show SUBJECT | --id N", Short: "Show a schema", Args: cobra.MaximumNArgs(1), ValidArgsFunction: c.subjects(),
		Example: "  weir schema show membership.users.v1-value --version 2\n  weir schema show --id 7 --raw > users.avsc",
	}
	version := versionFlag(cmd, "latest", "which version: a number or latest")
	id := cmd.Flags().Int("id", 0, "the schema with this id instead of a subject's")
	raw := cmd.Flags().Bool("raw", false, "only the text, exactly as it is")
	referencedBy := cmd.Flags().Bool("referenced-by", false, "list what refers to it instead")
	return c.registryCommand(cmd, func(ctx context.Context, r *client.Registry, args []string) error {
		v, err := oneSchema(ctx, r, args, *id, version)
		if err != nil {
			return err
		}
		if *referencedBy {
			return c.printReferrers(ctx, r, v)
		}
		if *raw {
			_, err := io.WriteString(c.Out, v.Schema)
			return err
		}
		return c.printSchema(v)
	})
}

// oneSchema gets what show was asked for. A version that was deleted softly is
// shown too.
func oneSchema(ctx context.Context, r *client.Registry, args []string, id int, version *versionValue) (client.SchemaVersion, error) {
	if (len(args) == 1) == (id != 0) {
		return client.SchemaVersion{}, errors.New("which schema? give a subject, or --id N")
	}
	if id != 0 {
		return r.SchemaByID(ctx, id)
	}
	return r.Version(ctx, args[0], version.n, version.n != client.Latest)
}

// printReferrers lists the versions of subjects that refer to one.
func (c *cli) printReferrers(ctx context.Context, r *client.Registry, v client.SchemaVersion) error {
	if v.Subject == "" {
		return errors.New("what refers to a schema refers to a version of a subject; give the subject instead of --id")
	}
	ids, err := r.ReferencedBy(ctx, v.Subject, v.Version)
	if err != nil {
		return err
	}
	lines := []subjectLine{}
	for _, id := range ids {
		uses, err := r.SchemaUses(ctx, id)
		if err != nil {
			return err
		}
		for _, u := range uses {
			lines = append(lines, subjectLine{Subject: u.Subject, Version: u.Version, ID: id})
		}
	}
	return printAll(c, lines, []column[subjectLine]{
		{"SUBJECT", func(l subjectLine) string { return l.Subject }},
		{"VERSION", func(l subjectLine) string { return number(l.Version) }},
		{"ID", func(l subjectLine) string { return number(l.ID) }},
	})
}

// printSchema prints what belongs to a schema, and its text below.
func (c *cli) printSchema(v client.SchemaVersion) error {
	err := printOne(c, v, []column[client.SchemaVersion]{
		{"SUBJECT", func(v client.SchemaVersion) string { return v.Subject }},
		{"VERSION", func(v client.SchemaVersion) string { return number(v.Version) }},
		{"ID", func(v client.SchemaVersion) string { return number(v.ID) }},
		{"TYPE", func(v client.SchemaVersion) string { return v.Type }},
		{"REFERENCES", func(v client.SchemaVersion) string { return referenceText(v.References) }},
		{"METADATA", func(v client.SchemaVersion) string { return jsonText(v.Metadata) }},
		{"RULES", func(v client.SchemaVersion) string { return jsonText(v.RuleSet) }},
	})
	if err != nil || c.format != "table" {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "\n%s\n", printableLines(indented(v)))
	return err
}

// indented is a schema's text as people read it.
func indented(v client.SchemaVersion) string {
	var b bytes.Buffer
	if v.Type != "PROTOBUF" && json.Indent(&b, []byte(v.Schema), "", "  ") == nil {
		return b.String()
	}
	return strings.TrimRight(v.Schema, "\n")
}

// printableLines is printable, line by line.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = printable(l)
	}
	return strings.Join(lines, "\n")
}

func referenceText(refs []client.SchemaReference) string {
	var out []string
	for _, r := range refs {
		out = append(out, fmt.Sprintf("%s=%s:%d", r.Name, r.Subject, r.Version))
	}
	return strings.Join(out, ", ")
}

// jsonText is a value that may be missing, in one line.
func jsonText[T any](v *T) string {
	if v == nil {
		return ""
	}
	b, _ := json.Marshal(v) // plain data always can be written
	return string(b)
}

// versionLine is one version in the list of a subject's.
type versionLine struct {
	Version    int                      `json:"version"`
	ID         int                      `json:"id"`
	Type       string                   `json:"schemaType"`
	References []client.SchemaReference `json:"references,omitempty"`
	Deleted    bool                     `json:"deleted,omitempty"`
}

func (c *cli) schemaVersions() *cobra.Command {
	cmd := &cobra.Command{Use: "versions SUBJECT", Short: "List the versions of a subject", Args: exactly(1), ValidArgsFunction: c.subjects()}
	deleted := cmd.Flags().Bool("deleted", false, "those deleted softly too")
	return c.registryCommand(cmd, func(ctx context.Context, r *client.Registry, args []string) error {
		lines, err := versionLines(ctx, r, args[0], *deleted)
		if err != nil {
			return err
		}
		return printAll(c, lines, []column[versionLine]{
			{"VERSION", func(l versionLine) string { return strconv.Itoa(l.Version) }},
			{"ID", func(l versionLine) string { return strconv.Itoa(l.ID) }},
			{"TYPE", func(l versionLine) string { return l.Type }},
			{"REFERENCES", func(l versionLine) string { return referenceText(l.References) }},
			{"STATUS", func(l versionLine) string { return deletedWord(l.Deleted) }},
		})
	})
}

func versionLines(ctx context.Context, r *client.Registry, subject string, deleted bool) ([]versionLine, error) {
	ns, err := r.Versions(ctx, subject, deleted)
	if err != nil {
		return nil, err
	}
	living := map[int]bool{}
	if deleted {
		some, err := r.Versions(ctx, subject, false)
		if err != nil && client.RegistryCode(err) != client.CodeNoSubject {
			return nil, err
		}
		for _, n := range some {
			living[n] = true
		}
	}
	out := []versionLine{}
	for _, n := range ns {
		v, err := r.Version(ctx, subject, n, deleted)
		if err != nil {
			return nil, err
		}
		out = append(out, versionLine{Version: n, ID: v.ID, Type: v.Type, References: v.References, Deleted: deleted && !living[n]})
	}
	return out, nil
}

func (c *cli) schemaCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use: "check SUBJECT FILE", Short: "Ask whether a schema may follow in a subject", Args: exactly(2), Annotations: map[string]string{answers: "yes"}, ValidArgsFunction: c.subjectAndFile(),
		Long: `Asks whether the schema in FILE (- is standard input) may be the next version of
a subject, at the subject's compatibility level. Exits with 1 and says which
field breaks which rule if it may not, and with 2 if that could not be found out:
a schema that is none, no such subject (unless --new says that this would be its
first schema), a node that does not answer.`,
		Example: "  weir schema check membership.users.v1-value users.avsc",
	}
	s := addSchemaFlags(cmd)
	version := versionFlag(cmd, "", "compare with this version alone: a number or latest (default: with those that the level says)")
	first := cmd.Flags().Bool("new", false, "the subject need not exist yet")
	return c.registryCommand(cmd, func(ctx context.Context, r *client.Registry, args []string) error {
		n, err := s.read(c.In, args[1])
		if err != nil {
			return err
		}
		if !*first {
			if err := subjectExists(ctx, r, args[0]); err != nil {
				return err
			}
		}
		v, err := r.Check(ctx, client.Against{Subject: args[0], Version: version.n}, n, s.normalize)
		if err != nil {
			return err
		}
		return c.printVerdict(args[0], args[1], v)
	})
}

func (c *cli) printVerdict(subject, file string, v client.SchemaVerdict) error {
	if c.format != "table" {
		if err := c.printValue(v); err != nil {
			return err
		}
	}
	if v.Compatible {
		c.said("%s may follow in %s", file, printable(subject))
		return nil
	}
	at := ""
	for _, m := range v.Messages {
		if level, ok := strings.CutPrefix(m, "{compatibility: '"); ok { // registries say it so
			at = " at the level " + strings.TrimSuffix(level, "'}")
			continue
		}
		c.said("%s", printable(m))
	}
	return no{fmt.Errorf("%s may not follow in %s%s", file, printable(subject), printable(at))}
}

func (c *cli) schemaRegister() *cobra.Command {
	cmd := &cobra.Command{
		Use: "register SUBJECT FILE", Short: "Register a schema as the next version of a subject", Args: exactly(2), ValidArgsFunction: c.subjectAndFile(),
		Long: `Registers the schema in FILE (- is standard input) as the next version of a
subject. A schema that is there already stays as it is.`,
		Example: "  weir schema register membership.users.v1-value users.avsc\n" +
			"  weir schema register shop.orders.v1-value order.proto --reference address.proto=shop._shared.address:1",
	}
	s := addSchemaFlags(cmd)
	cmd.Flags().StringToStringVar(&s.metadata, "metadata", nil, "a property to keep beside it: KEY=VALUE; may be repeated")
	return c.registryWrite(cmd, func(ctx context.Context, r *client.Registry, args []string) error {
		n, err := s.read(c.In, args[1])
		if err != nil {
			return err
		}
		v, err := r.Register(ctx, args[0], n, s.normalize)
		if err != nil {
			return err
		}
		return printOne(c, subjectLine{Subject: args[0], Version: v.Version, ID: v.ID, Type: n.Type}, []column[subjectLine]{
			{"SUBJECT", func(l subjectLine) string { return l.Subject }},
			{"VERSION", func(l subjectLine) string { return number(l.Version) }},
			{"ID", func(l subjectLine) string { return number(l.ID) }},
			{"TYPE", func(l subjectLine) string { return l.Type }},
		})
	})
}

func (c *cli) schemaDelete() *cobra.Command {
	cmd := &cobra.Command{
		Use: "delete SUBJECT", Short: "Delete a subject, or one version of it", Args: exactly(1), ValidArgsFunction: c.subjects(),
		Long: `Deletes a subject, or one version of it, softly: it is not listed any more, but
who has its id still gets the schema. With --permanent it is gone for ever;
records written with it can then no longer be read.`,
	}
	version := versionFlag(cmd, "", "only this version: a number or latest")
	permanent := cmd.Flags().Bool("permanent", false, "for ever, not softly")
	return c.registryWrite(cmd, func(ctx context.Context, r *client.Registry, args []string) error {
		a := client.Against{Subject: args[0], Version: version.n}
		if err := c.sureOfDelete(a, *permanent); err != nil {
			return err
		}
		gone, err := deleteSchemas(ctx, r, a, *permanent)
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(gone)
		}
		c.said("%s: deleted %s%s", printable(args[0]), versionsText(gone), forEver(*permanent))
		return nil
	})
}

// sureOfDelete asks before something goes for ever.
func (c *cli) sureOfDelete(a client.Against, permanent bool) error {
	if !permanent {
		return nil
	}
	what := "every version of "
	if v := (&versionValue{a.Version}).String(); v != "" {
		what = "version " + v + " of "
	}
	return c.sure(what + printable(a.Subject) + " will be deleted for ever")
}

func forEver(permanent bool) string {
	if permanent {
		return " for ever"
	}
	return ""
}

func versionsText(ns []int) string {
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = strconv.Itoa(n)
	}
	word := "version "
	if len(ns) != 1 {
		word = "versions "
	}
	return word + strings.Join(out, ", ")
}

// deleteSchemas deletes softly and, if asked to, then for ever. It gives the
// versions that went.
func deleteSchemas(ctx context.Context, r *client.Registry, a client.Against, permanent bool) ([]int, error) {
	if !permanent {
		return deleteOnce(ctx, r, a, false)
	}
	gone, err := deleteOnce(ctx, r, a, true)
	if code := client.RegistryCode(err); code != client.CodeSubjectNotDeleted && code != client.CodeVersionNotDeleted {
		return gone, err
	}
	if gone, err = deleteOnce(ctx, r, a, false); err != nil {
		return nil, err
	}
	if a.Version == client.Latest {
		a.Version = gone[0] // another one is the latest now
	}
	return deleteOnce(ctx, r, a, true)
}

func deleteOnce(ctx context.Context, r *client.Registry, a client.Against, permanent bool) ([]int, error) {
	if a.Version == 0 {
		return r.DeleteSubject(ctx, a.Subject, permanent)
	}
	n, err := r.DeleteVersion(ctx, a.Subject, a.Version, permanent)
	return []int{n}, err
}

// subjectExists refuses a name that no subject has: a registry takes anything
// as the first schema of such a one, so a slip of the pen would pass every check.
func subjectExists(ctx context.Context, r *client.Registry, name string) error {
	names, err := r.Subjects(ctx, client.SchemaFilter{})
	if err != nil || slices.Contains(names, name) {
		return err
	}
	near := ""
	for _, n := range names {
		if strings.HasPrefix(n, name) || strings.HasPrefix(name, n) {
			near = "; did you mean " + printable(n) + "?"
			break
		}
	}
	return fmt.Errorf("there is no subject %s%s If it is meant to be new, say --new; weir schema list shows every subject", printable(name), cmp.Or(near, "."))
}
