package state

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// Bounds of correction: shorter words are near to too many others.
const (
	minCorrected = 5
	maxCandidate = 4000 // words that are looked at, from each end
	maxTried     = 64   // words that are one error away
	maxKnown     = 100_000
)

// learn adds a document's words to the vocabulary, but those with digits:
// they are as many as there are numbers, and are not mistyped but mistaken.
func (x *Search) learn(ctx context.Context, cs *[columns]words) error {
	for _, c := range cs {
		for _, list := range [][]string{c.main, c.joined} {
			for _, w := range list {
				if err := x.learnWord(ctx, w); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (x *Search) learnWord(ctx context.Context, w string) error {
	if x.known[w] || len(w) > maxToken/2 || utf8.RuneCountInString(w) < minCorrected-1 || strings.ContainsFunc(w, unicode.IsNumber) {
		return nil
	}
	if len(x.known) >= maxKnown {
		clear(x.known)
	}
	x.known[w] = true
	_, err := x.w.Exec(ctx, "insert or ignore into vocabulary (word, drow) values (?, ?)", w, backwards(w))
	return err
}

func backwards(w string) string {
	rs := []rune(w)
	slices.Reverse(rs)
	return string(rs)
}

// neighbours lists words of the vocabulary that are one error away: a letter
// too many, too few, another one, or two that changed places. One error leaves
// the first or the second half of a word as it was, unless two letters changed
// places over the middle.
func neighbours(ctx context.Context, c *sqlite.Conn, w string) ([]string, error) {
	rs := []rune(w)
	half := len(rs) / 2
	swapped := slices.Clone(rs)
	swapped[half-1], swapped[half] = swapped[half], swapped[half-1]
	out := []string{string(swapped)}
	take := func(candidate string) {
		if len(out) < maxTried && !slices.Contains(out, candidate) && oneError(rs, []rune(candidate)) {
			out = append(out, candidate)
		}
	}
	head, tail := string(rs[:half]), backwards(string(rs[half:]))
	for _, q := range []struct{ query, from string }{
		{"select word from vocabulary where word >= ? and word < ? and length(word) between ? and ? limit ?", head},
		{"select word from vocabulary where drow >= ? and drow < ? and length(word) between ? and ? limit ?", tail},
	} {
		err := c.Rows(ctx, q.query, []any{q.from, q.from + string(utf8.MaxRune), len(rs) - 1, len(rs) + 1, maxCandidate}, func(scan func(...any) error) error {
			var candidate string
			err := scan(&candidate)
			take(candidate)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// oneError reports whether one edit makes one of the other.
func oneError(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	from := 0
	for from < len(a) && a[from] == b[from] {
		from++
	}
	to := 0
	for to < len(a)-from && a[len(a)-1-to] == b[len(b)-1-to] {
		to++
	}
	left, right := a[from:len(a)-to], b[from:len(b)-to]
	switch {
	case len(a) != len(b):
		return len(left) == 0 && len(right) == 1
	case len(left) == 1:
		return true
	}
	return len(left) == 2 && left[0] == right[1] && left[1] == right[0]
}
