package arch

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// link finds what a Markdown text leads to.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// DeadLinks says which relative links of a Markdown file lead to nothing.
// exists is asked for paths from the top folder.
func DeadLinks(name, text string, exists func(string) bool) []error {
	var errs []error
	for i, line := range strings.Split(text, "\n") {
		for _, m := range link.FindAllStringSubmatch(line, -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, ":") {
				continue // in the same file, or elsewhere on the web
			}
			if !exists(path.Join(path.Dir(name), target)) {
				errs = append(errs, fmt.Errorf("%s:%d: the link to %s leads to nothing", name, i+1, m[1]))
			}
		}
	}
	return errs
}
