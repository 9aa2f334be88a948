package state

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxToken bounds the bytes of a word that is indexed; a longer one is found by
// its beginning.
const maxToken = 64

// token is a word as it is indexed, and where it stands in its text.
type token struct {
	word     string
	from, to int // bytes of the text
	whole    bool
}

// scan gives the words of a text in order: runs of letters and digits, parted
// where a small letter is followed by a capital one, lower-case and without
// accents. Parts that stand together ("page_id", "pageId", "page-id") are
// besides given joined, whole, behind the last of them.
func scan(text string, yield func(token)) {
	scanUntil(text, func(t token) bool { yield(t); return true })
}

// scanUntil does the same until yield says that it has enough.
func scanUntil(text string, yield func(token) bool) {
	run := runs{text: text, yield: yield}
	var last rune
	from := -1
	for i, r := range text {
		if run.enough {
			return
		}
		inside := unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) && from >= 0
		if from >= 0 && (!inside || unicode.IsUpper(r) && unicode.IsLower(last)) {
			run.part(from, i)
			from = -1
		}
		switch {
		case inside && from < 0:
			from = i
		case !inside && r != '_' && r != '-':
			run.end()
		}
		last = r
	}
	if from >= 0 {
		run.part(from, len(text))
	}
	run.end()
}

// runs collects parts that stand together.
type runs struct {
	text     string
	yield    func(token) bool
	enough   bool
	parts    int
	joined   strings.Builder
	from, to int
}

func (r *runs) part(from, to int) {
	w := fold(r.text[from:to])
	if w == "" {
		return
	}
	r.give(token{word: w, from: from, to: to})
	if r.parts == 0 {
		r.from = from
	}
	r.parts++
	r.to = to
	r.joined.WriteString(w)
}

func (r *runs) give(t token) { r.enough = r.enough || !r.yield(t) }

// end is where nothing joins what is behind to what is before.
func (r *runs) end() {
	if r.parts > 1 {
		r.give(token{word: cut(r.joined.String(), maxToken), from: r.from, to: r.to, whole: true})
	}
	r.parts = 0
	r.joined.Reset()
}

// fold is a word as it is compared: lower-case, without accents, not too long.
func fold(s string) string {
	if isPlain(s) {
		return cut(strings.ToLower(s), maxToken)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return cut(b.String(), maxToken)
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cut is the beginning of a text, of whole runes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// wordsOf are the words of a query's word, those that were joined left out.
func wordsOf(text string) []string {
	var ws []string
	scan(text, func(t token) {
		if !t.whole {
			ws = append(ws, t.word)
		}
	})
	return ws
}

// joined is a name as people write it without anything between its words.
func joined(text string) string { return strings.Join(wordsOf(text), "") }
