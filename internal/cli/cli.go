// Package cli is the command line: one file per noun. Commands that talk to a
// node go through package client, so that the API can do whatever they do.
//
// A command prints its result on standard output, in the form that -o asks
// for, and everything else on standard error. It exits with 0 when it is done,
// and with 1 when it failed or was refused. "weir schema check" keeps 1 for a
// schema that may not follow, and exits with 2 when it could not find out.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

// Streams are what a command reads and prints to.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// cli is one run of the program.
type cli struct {
	Streams
	env     func(string) string
	format  string
	context string
}

// Main runs the program and returns its exit code.
func Main(args []string, s Streams, env func(string) string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c := &cli{Streams: s, env: env}
	root := c.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil {
		fmt.Fprintln(s.Err, "weir: "+message(err))
		return exitCode(cmd, err)
	}
	return 0
}

// answers marks a command that answers a question by its exit code.
const answers = "answers"

// no is the error of such a command that found out: the answer is no.
type no struct{ error }

func exitCode(cmd *cobra.Command, err error) int {
	var found no
	if cmd.Annotations[answers] != "" && !errors.As(err, &found) {
		return 2
	}
	return 1
}

// message is an error as one reads it: what was wrong, where, what to do.
func message(err error) string {
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Error()
	}
	var e *weir.Error
	if errors.As(err, &e) {
		return e.Public()
	}
	return err.Error()
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "weir",
		Short: "The data mesh you can download",
		Long: `Weir is a data mesh in one program: domains publish event streams as products,
others find them, get access, and read them with any Kafka client.

Start a node with "weir up". The other commands talk to a node: the one of
WEIR_URL and WEIR_TOKEN, else of the current context (weir login), else of
` + defaultData + `/admin.json in this folder.`,
		SilenceUsage: true, SilenceErrors: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(c.In)
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	flags := root.PersistentFlags()
	flags.StringVarP(&c.format, "output", "o", "table", "form of the result: table, json or yaml")
	flags.StringVar(&c.context, "context", "", "the context to use instead of the current one")
	_ = root.RegisterFlagCompletionFunc("output", fixed("table", "json", "yaml"))
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if takesForm(cmd, c.format) || c.format == "dot" && cmd.Annotations[drawnAs] != "" {
			return nil
		}
		return fmt.Errorf("--output %q is not known here; use %s", c.format, cmp.Or(cmd.Annotations[formsOf], cmd.Annotations[drawnAs], "table, json or yaml"))
	}
	root.AddGroup(
		&cobra.Group{ID: groupNode, Title: "A node:"},
		&cobra.Group{ID: groupMesh, Title: "The mesh:"},
		&cobra.Group{ID: groupRecord, Title: "The record:"},
		&cobra.Group{ID: groupLogin, Title: "You:"},
	)
	c.add(root, groupNode, c.upCommand(), c.adminCommand(), c.meshCommand(), c.topicCommand())
	c.add(root, groupMesh, c.searchCommand(), c.personCommand(), c.teamCommand(), c.domainCommand(), c.productCommand(), c.readCommand(), c.traceCommand(), c.lineageCommand(), c.impactCommand(),
		c.streamCommand(), c.queryCommand(), c.schemaCommand(), c.registryNoun(), c.applicationCommand(), c.accessCommand(), c.tokenCommand(),
		c.questionCommand(), c.announcementCommand(), c.adoptionCommand())
	c.add(root, groupRecord, c.auditCommand(), c.exportCommand())
	c.add(root, groupMesh, c.roleCommand(), c.termCommand(), c.policyCommand())
	c.add(root, groupLogin, c.loginCommand(), c.logoutCommand(), c.contextCommand(), c.whoamiCommand())
	root.AddCommand(c.versionCommand())
	return root
}

// The groups of commands in the help.
const (
	groupNode   = "node"
	groupMesh   = "mesh"
	groupRecord = "record"
	groupLogin  = "login"
)

func (c *cli) add(root *cobra.Command, group string, cmds ...*cobra.Command) {
	for _, cmd := range cmds {
		cmd.GroupID = group
		root.AddCommand(cmd)
	}
}

// noun is a command that only has others below it.
func noun(use, short string, cmds ...*cobra.Command) *cobra.Command {
	n := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	n.AddCommand(cmds...)
	return n
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(c.Out, "weir", version())
			return err
		},
	}
}

// version is that of the module, else of the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

// fixed completes a flag or argument with a few words.
func fixed(words ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// names completes the first argument with what a node lists.
func (c *cli) names(list func(context.Context, *client.Client) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		cl, err := c.client()
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all, _ := list(cmd.Context(), cl) // nothing to complete with is no error
		var out []string
		for _, n := range all {
			if strings.HasPrefix(n, word) {
				out = append(out, n)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}
