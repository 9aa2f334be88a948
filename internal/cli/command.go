package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/weirmesh/weir/client"
)

// kind is what the commands of a noun share.
type kind[T any] struct {
	cli  *cli
	noun string
	cols []column[T]
	name func(T) string
	list func(context.Context, *client.Client) ([]T, error)
	get  func(context.Context, *client.Client, string) (T, error)
}

// listCommand lists all things of a noun.
func (k kind[T]) listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List every " + k.noun + " that you may know of", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := k.cli.client()
			if err != nil {
				return err
			}
			items, err := k.list(cmd.Context(), cl)
			if err != nil {
				return err
			}
			return printAll(k.cli, items, k.cols)
		},
	}
}

// showCommand shows one thing.
func (k kind[T]) showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show one " + k.noun, Args: exactly(1), ValidArgsFunction: k.complete(),
		RunE: func(cmd *cobra.Command, args []string) error {
			cl, err := k.cli.client()
			if err != nil {
				return err
			}
			it, err := k.get(cmd.Context(), cl, args[0])
			if err != nil {
				return err
			}
			return printOne(k.cli, it, k.cols)
		},
	}
}

// complete completes a name of the noun.
func (k kind[T]) complete() cobra.CompletionFunc {
	return k.cli.names(func(ctx context.Context, cl *client.Client) ([]string, error) {
		items, err := k.list(ctx, cl)
		out := make([]string, len(items))
		for i, it := range items {
			out[i] = k.name(it)
		}
		return out, err
	})
}

// writeCommand is a command that changes something and prints what it is then.
func (k kind[T]) writeCommand(cmd *cobra.Command, run func(context.Context, *client.Client, []string, []client.Option) (T, error)) *cobra.Command {
	opts := writeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := k.cli.client()
		if err != nil {
			return err
		}
		it, err := run(cmd.Context(), cl, args, opts())
		if err != nil {
			return err
		}
		return printOne(k.cli, it, k.cols)
	}
	return cmd
}

// endCommand is a command that ends something; done says what was done.
func (c *cli) endCommand(cmd *cobra.Command, done string, run func(context.Context, *client.Client, []string, []client.Option) error) *cobra.Command {
	return c.goingCommand(cmd, done, "", func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (bool, error) {
		return true, run(ctx, cl, args, o)
	})
}

// goingCommand is an endCommand of what may take longer than the command; run
// says whether all is done, and going is printed when it is not.
func (c *cli) goingCommand(cmd *cobra.Command, done, going string, run func(context.Context, *client.Client, []string, []client.Option) (bool, error)) *cobra.Command {
	opts := writeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		finished, err := run(cmd.Context(), cl, args, opts())
		if err != nil {
			return err
		}
		if finished {
			c.said(done, args[0])
		} else {
			c.said(going, args[0])
		}
		return nil
	}
	return cmd
}

// writeFlags are those of every write.
func writeFlags(cmd *cobra.Command) func() []client.Option {
	reason := cmd.Flags().String("reason", "", "why, for the audit")
	key := cmd.Flags().String("idempotency-key", "", "repeat the command safely: the same key gets the first answer")
	revision := cmd.Flags().Uint64("if-match", 0, "only if the thing is still at this revision")
	return func() []client.Option {
		var opts []client.Option
		if *reason != "" {
			opts = append(opts, client.Reason(*reason))
		}
		if *key != "" {
			opts = append(opts, client.IdempotencyKey(*key))
		}
		if *revision != 0 {
			opts = append(opts, client.IfMatch(*revision))
		}
		return opts
	}
}

// given is a flag's value if it was given, so that an edit leaves the rest.
func given[T any](cmd *cobra.Command, flag string, v *T) *T {
	if cmd.Flags().Changed(flag) {
		return v
	}
	return nil
}

// nothing refuses an edit that changes nothing.
func nothing(cmd *cobra.Command, flags ...string) error {
	for _, f := range flags {
		if cmd.Flags().Changed(f) {
			return nil
		}
	}
	return fmt.Errorf("nothing to change; give at least one of --%s", strings.Join(flags, ", --"))
}

// sure asks at a terminal before something is lost for ever. Scripts are not
// asked.
func (c *cli) sure(what string) error {
	f, ok := c.In.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	fmt.Fprintf(c.Err, "%s; this cannot be undone. Type yes to go on: ", what)
	line, _ := bufio.NewReader(c.In).ReadString('\n')
	if strings.TrimSpace(line) != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}

// when prints a moment.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// exactly wants so many arguments, and says which if there are others.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return fmt.Errorf("%d arguments where %d are needed; write: %s", len(args), n, cmd.UseLine())
	}
}
