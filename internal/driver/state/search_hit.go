package state

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// hits reads texts of documents and says where the words are in them.
func (s *searching) hits(ids []int) ([]weir.Hit, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	hits := make([]weir.Hit, len(ids))
	read := 0
	err = s.c.Rows(s.ctx, "select id, body from body where id in (select value from json_each(?))", []any{string(list)}, func(scan func(...any) error) error {
		var id int
		var packed string
		if err := scan(&id, &packed); err != nil {
			return err
		}
		b, err := unpack(packed)
		if err != nil {
			return err
		}
		read++
		hits[slices.Index(ids, id)] = s.hit(id, &b)
		return nil
	})
	if err == nil && read < len(ids) {
		err = errTexts()
	}
	return hits, err
}

// errTexts says that texts in the file are not those that were written.
func errTexts() error {
	return weir.Errorf(weir.Unavailable, "texts in the search index are damaged").
		WithFix("delete the file search.db while weir is stopped; it is made again")
}

func (s *searching) hit(id int, b *body) weir.Hit {
	h := weir.Hit{Ref: s.shelf.items[id], Description: b.Description}
	for _, v := range s.shelf.facts.of(id) {
		h.Facets = append(h.Facets, s.shelf.values[v])
	}
	m := matcher{terms: s.terms, open: len(s.terms), done: make([]bool, len(s.terms))}
	for _, f := range s.finds {
		m.in = append(m.in, f.in[id])
	}
	m.body(h.Ref.Name, b)
	h.Matches = m.out
	return h
}

// matcher looks for terms in texts, the best places first. A place is told for
// the terms that no better one had.
type matcher struct {
	terms []term
	in    []uint8 // the columns that have them
	done  []bool
	open  int
	out   []weir.Match
}

func (m *matcher) body(name string, b *body) {
	m.texts(colName, weir.InName, name)
	if m.wants(colField) {
		for _, f := range b.Fields {
			m.text(colField, weir.InField, f.Path, f.Path)
		}
	}
	m.texts(colTag, weir.InTag, b.Tags...)
	m.texts(colTerm, weir.InTerm, b.Terms...)
	m.texts(colOwner, weir.InOwner, b.Owners...)
	m.texts(colDescription, weir.InDescription, b.Description)
	if m.wants(colFieldDoc) {
		for _, f := range b.Fields {
			m.text(colFieldDoc, weir.InField, f.Path, f.Doc)
		}
	}
	m.texts(colDescription, weir.InDescription, b.More...)
	m.texts(colDocumentation, weir.InDocumentation, b.Documentation)
}

// wants reports whether a column has a term that was not found yet.
func (m *matcher) wants(column int) bool {
	for i, in := range m.in {
		if !m.done[i] && in&(1<<column) != 0 {
			return true
		}
	}
	return false
}

func (m *matcher) texts(column int, p weir.Place, texts ...string) {
	if m.wants(column) {
		for _, t := range texts {
			m.text(column, p, "", t)
		}
	}
}

// span is a piece of a text, in bytes.
type span struct{ from, to int }

// text looks in one text, while there is a term that was not found.
func (m *matcher) text(column int, p weir.Place, of, text string) {
	if m.open == 0 || text == "" || len(m.out) >= weir.MaxMatches {
		return
	}
	ts := m.tokens(column, text)
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

// tokens are the words of a text, up to some behind the place where every term
// was that the column has and nothing had before.
func (m *matcher) tokens(column int, text string) []token {
	var ts []token
	var missing []term
	for i, t := range m.terms {
		if !m.done[i] && m.in[i]&(1<<column) != 0 {
			missing = append(missing, t)
		}
	}
	end := math.MaxInt
	scanUntil(text, func(t token) bool {
		ts = append(ts, t)
		missing = slices.DeleteFunc(missing, func(k term) bool { return len(k.words) == 1 && k.at([]token{t}) })
		if len(missing) == 0 {
			end = min(end, t.to+4*around)
		}
		return t.from < end
	})
	return ts
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
