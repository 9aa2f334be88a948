package state

import (
	"context"
	"strconv"
	"strings"

	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// term is a word of a query as the index is asked for it: words that stand
// beside each other, the last one perhaps only the beginning of one.
type term struct {
	words  []string
	prefix bool
	not    bool
	phrase bool
}

func (t term) key() string {
	if t.prefix {
		return strings.Join(t.words, " ") + "*"
	}
	return strings.Join(t.words, " ")
}

// match is the term in the language of FTS5. Words hold letters and digits
// alone, so nothing in them has a meaning there.
func (t term) match(prefix bool) string {
	m := `"` + strings.Join(t.words, " ") + `"`
	if prefix {
		m += "*"
	}
	return m
}

// find is the documents that have a term: anywhere, whole, and by column.
type find struct {
	any, exact docs
	in         [columns]docs
}

func (f *find) bytes() int {
	n := f.any.bytes() + f.exact.bytes() + 512
	for _, d := range f.in {
		n += d.bytes()
	}
	return n
}

// find asks the index, or remembers.
func (s *shelf) find(ctx context.Context, c *sqlite.Conn, t term) (*find, error) {
	key := t.key()
	s.found.Lock()
	f, ok := s.found.by[key]
	s.found.Unlock()
	if ok {
		return f, nil
	}
	f, err := s.ask(ctx, c, t)
	if err != nil {
		return nil, err
	}
	s.found.Lock()
	defer s.found.Unlock()
	if s.found.bytes += f.bytes(); s.found.bytes > minFinds+len(s.items)*findsPerItem {
		s.found.by, s.found.bytes = map[string]*find{}, f.bytes()
	}
	s.found.by[key] = f
	return f, nil
}

func (s *shelf) ask(ctx context.Context, c *sqlite.Conn, t term) (*find, error) {
	f := &find{}
	if err := s.askColumns(ctx, c, t, f); err != nil {
		return f, err
	}
	var ids []uint32
	for _, d := range f.in {
		d.each(func(id int) { ids = append(ids, uint32(id)) })
	}
	f.any = newDocs(ids, len(s.items))
	f.exact = f.any
	if !t.prefix || len(ids) == 0 {
		return f, nil
	}
	var text string
	err := c.Row(ctx, idsOf, []any{t.match(false)}, &text)
	f.exact = s.ids(text)
	return f, err
}

const idsOf = "select coalesce(group_concat(rowid), '') from doc where doc match ?"

var idsByColumn = strings.Repeat(idsOf+" union all ", columns-1) + idsOf

func (s *shelf) askColumns(ctx context.Context, c *sqlite.Conn, t term, f *find) error {
	var args []any
	for _, name := range columnNames {
		args = append(args, "{"+name+"} : "+t.match(t.prefix))
	}
	i := 0
	return c.Rows(ctx, idsByColumn, args, func(scan func(...any) error) error {
		var ids string
		err := scan(&ids)
		f.in[i] = s.ids(ids)
		i++
		return err
	})
}

func (s *shelf) ids(text string) docs {
	if text == "" {
		return docs{}
	}
	ids := make([]uint32, 0, strings.Count(text, ",")+1)
	for part := range strings.SplitSeq(text, ",") {
		if id, err := strconv.Atoi(part); err == nil && id < len(s.items) {
			ids = append(ids, uint32(id))
		}
	}
	return newDocs(ids, len(s.items))
}
