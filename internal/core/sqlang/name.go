package sqlang

import (
	"strings"
	"unicode/utf8"
)

// isName reports whether a name can be written in every schema language.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || i > 0 && isDigit(c)) {
			return false
		}
	}
	return s != ""
}

// quoted is a path as a statement must write it: names with capitals or signs in
// double quotes.
func quoted(path string) string {
	parts := strings.Split(path, ".")
	for i, p := range parts {
		if !isName(p) || p != strings.ToLower(p) {
			parts[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
		}
	}
	return strings.Join(parts, ".")
}

// list names the first of some things.
func list(names []string, most int) string {
	shown := make([]string, 0, most)
	for _, n := range names[:min(len(names), most)] {
		shown = append(shown, quoted(n))
	}
	if len(names) > most {
		shown = append(shown, "...")
	}
	return strings.Join(shown, ", ")
}

// nearest is the one of some names that is most like another; empty: none is.
func nearest(name string, names []string) string {
	if utf8.RuneCountInString(name) > 100 {
		return ""
	}
	best, least := "", max(1, utf8.RuneCountInString(name)/3)+1
	for _, n := range names[:min(len(names), 5000)] {
		if strings.EqualFold(n, name) {
			return n
		}
		if len(n) > 120 {
			continue
		}
		for _, short := range []string{n, n[strings.LastIndexByte(n, '.')+1:]} {
			if d := edits([]rune(strings.ToLower(name)), []rune(strings.ToLower(short))); d < least {
				best, least = n, d
			}
		}
	}
	return best
}

// edits is how many letters must be changed, added or taken away to make one
// name of another.
func edits(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		corner := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := corner
			if x != y {
				cost = 1 + min(corner, row[j], row[j+1])
			}
			corner, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
