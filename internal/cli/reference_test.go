package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestReferenceGolden keeps docs/reference/cli.md what the commands say of
// themselves.
func TestReferenceGolden(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("# Commands\n\nMade from the commands themselves by `go test ./internal/cli -update`.\n\n")
	c := &cli{env: func(string) string { return "" }}
	root := c.root()
	root.InitDefaultCompletionCmd()
	describe(&b, root)
	const path = "../../docs/reference/cli.md"
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the commands changed; if that is meant, run go test ./internal/cli -update\n%s", diff)
	}
}

// describe writes a command and all below it.
func describe(b *bytes.Buffer, cmd *cobra.Command) {
	if cmd.Name() == "help" || cmd.HasParent() && cmd.Parent().Name() == "completion" {
		return
	}
	fmt.Fprintf(b, "## %s\n\n%s\n\n", cmd.CommandPath(), cmd.Short+".")
	if cmd.Long != "" && cmd.Name() != "completion" {
		fmt.Fprintf(b, "%s\n\n", cmd.Long)
	}
	if cmd.Runnable() {
		fmt.Fprintf(b, "```\n%s\n```\n\n", cmd.UseLine())
	}
	if cmd.Example != "" {
		fmt.Fprintf(b, "```\n%s\n```\n\n", strings.TrimSpace(cmd.Example))
	}
	if flags := cmd.LocalFlags().FlagUsages(); flags != "" {
		fmt.Fprintf(b, "```\n%s```\n\n", flags)
	}
	for _, child := range cmd.Commands() {
		describe(b, child)
	}
}
