package arch

import (
	"fmt"
	"regexp"
	"strings"
)

// machinePath finds folders that exist on one machine only. The classes keep
// the expression from finding itself.
var machinePath = regexp.MustCompile(`(^|[^A-Za-z0-9_.-])/(wor[k]|roo[t]|tm[p]|hom[e]|User[s]|far[m])/`)

// MachinePaths says on which lines a text names a folder of one machine.
func MachinePaths(name, text string) []error {
	var errs []error
	for i, line := range strings.Split(text, "\n") {
		if m := machinePath.FindString(line); m != "" {
			errs = append(errs, fmt.Errorf("%s:%d: names a folder of one machine (%s): use a relative path or a temporary directory", name, i+1, strings.TrimSpace(m)))
		}
	}
	return errs
}
