package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/core/policy"
)

// TestFixesOfPoliciesAreCommands: each command that a built-in policy tells to
// run is there, with the flags that it names.
func TestFixesOfPoliciesAreCommands(t *testing.T) {
	t.Parallel()
	root := (&cli{env: func(string) string { return "" }}).root()
	for _, p := range policy.BuiltIn() {
		for _, said := range regexp.MustCompile(`weir [^,;]*|^publish it .*`).FindAllString(p.Fix, -1) {
			said = strings.Replace(said, "publish it ", "weir product publish ", 1)
			cmd, _, err := root.Find(strings.Fields(said)[1:3])
			if err != nil || cmd == root || cmd.HasSubCommands() {
				t.Errorf("%s: %q is no command", p.Name, said)
				continue
			}
			for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(said, -1) {
				if cmd.Flags().Lookup(flag[1]) == nil {
					t.Errorf("%s: weir %s %s has no --%s", p.Name, cmd.Parent().Name(), cmd.Name(), flag[1])
				}
			}
		}
	}
}
