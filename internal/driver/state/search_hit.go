package state

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// hit reads a document's texts and says where the words are in them.
func (s *searching) hit(id int) (weir.Hit, error) {
	h := weir.Hit{Ref: s.shelf.items[id]}
	for _, v := range s.shelf.facts.of(id) {
		h.Facets = append(h.Facets, s.shelf.values[v])
	}
	var text string
	var b body
	if err := s.c.Row(s.ctx, "select body from body where id = ?", []any{id}, &text); err != nil {
		return h, err
	}
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return h, err
	}
	h.Description = b.Description
	m := matcher{terms: s.terms, open: len(s.terms)}
	m.done = make([]bool, len(s.terms))
	m.body(h.Ref.Name, &b)
	h.Matches = m.out
	return h, nil
}

// matcher looks for terms in texts, the best places first. A place is told for
// the terms that no better one had.
type matcher struct {
	terms []term
	done  []bool
	open  int
	out   []weir.Match
}

func (m *matcher) body(name string, b *body) {
	m.text(weir.InName, "", name)
	for _, f := range b.Fields {
		m.text(weir.InField, f.Path, f.Path)
	}
	for _, t := range b.Tags {
		m.text(weir.InTag, "", t)
	}
	for _, t := range b.Terms {
		m.text(weir.InTerm, "", t)
	}
	for _, o := range b.Owners {
		m.text(weir.InOwner, "", o)
	}
	m.text(weir.InDescription, "", b.Description)
	for _, f := range b.Fields {
		m.text(weir.InField, f.Path, f.Doc)
	}
	for _, t := range b.More {
		m.text(weir.InDescription, "", t)
	}
	m.text(weir.InDocumentation, "", b.Documentation)
}

// span is a piece of a text, in bytes.
type span struct{ from, to int }

// text looks in one text, while there is a term that was not found.
func (m *matcher) text(p weir.Place, of, text string) {
	if m.open == 0 || text == "" || len(m.out) >= weir.MaxMatches {
		return
	}
	var ts []token
	scan(text, func(t token) { ts = append(ts, t) })
	var spans []span
	found := false
	for i, t := range m.terms {
		got := t.spans(ts)
		if len(got) == 0 {
			continue
		}
		spans = append(spans, got...)
		if !m.done[i] {
			m.done[i], found = true, true
			m.open--
		}
	}
	if found {
		m.out = append(m.out, weir.Match{Place: p, Of: of, Parts: parts(text, spans)})
	}
}

// spans are where a text has the term.
func (t term) spans(ts []token) []span {
	var out []span
	main := slices.DeleteFunc(slices.Clone(ts), func(k token) bool { return k.whole })
	for i := range main {
		if n := len(t.words); i+n <= len(main) && t.at(main[i:i+n]) {
			out = append(out, span{main[i].from, main[i+n-1].to})
		}
	}
	for _, k := range ts {
		if k.whole && t.at([]token{k}) {
			out = append(out, span{k.from, k.to})
		}
	}
	return out
}

// at reports whether tokens are the term's words.
func (t term) at(ts []token) bool {
	for i, w := range t.words {
		last := i == len(t.words)-1
		if ts[min(i, len(ts)-1)].word != w && !(last && t.prefix && strings.HasPrefix(ts[min(i, len(ts)-1)].word, w)) {
			return false
		}
	}
	return len(ts) == len(t.words)
}

// around is how many bytes of a text are shown on each side of what was found.
const around = 80

// parts is the text around what was found first, parted where words begin and
// end.
func parts(text string, spans []span) []weir.MatchPart {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	from, to := window(text, spans[0])
	var out []weir.MatchPart
	add := func(a, b int, found bool) {
		if a < b {
			out = append(out, weir.MatchPart{Text: text[a:b], Found: found})
		}
	}
	if from > 0 {
		out = append(out, weir.MatchPart{Text: "…"})
	}
	at := from
	for _, s := range spans {
		if s.from < at {
			s.from = at
		}
		if s.to <= s.from || s.to > to {
			continue
		}
		add(at, s.from, false)
		add(s.from, s.to, true)
		at = s.to
	}
	add(at, to, false)
	if to < len(text) {
		out = append(out, weir.MatchPart{Text: "…"})
	}
	return out
}

// window is the piece of a text that is shown, cut between words.
func window(text string, s span) (from, to int) {
	from, to = max(0, s.from-around), min(len(text), s.to+around)
	if from > 0 {
		if i := strings.IndexAny(text[from:s.from], " \n\t"); i >= 0 {
			from += i + 1
		} else {
			from = s.from
		}
	}
	if to < len(text) {
		if i := strings.LastIndexAny(text[s.to:to], " \n\t"); i >= 0 {
			to = s.to + i
		} else {
			to = s.to
		}
	}
	return from, to
}
