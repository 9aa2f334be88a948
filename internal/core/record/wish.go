package record

import (
	"strings"

	"github.com/weirmesh/weir"
)

// wish is a place in records with the columns that are wanted of it.
type wish struct {
	name    string
	path    string
	columns []int   // this value
	below   []*wish // fields of it
	all     []int   // its columns, and those below
	id      int     // from 0, the whole first
	count   int     // of the whole: how many there are
}

// wishes makes a tree of paths.
func wishes(fields []ColumnField) (*wish, error) {
	root := &wish{count: 1}
	for i, f := range fields {
		if strings.Contains(f.Path, "[]") || strings.Contains(f.Path, "{}") {
			return nil, weir.Errorf(weir.Invalid, "what a list or a map holds is no column").At(f.Path).
				WithFix("ask for the whole list or map, which is a column of JSON")
		}
		w := root
		w.all = append(w.all, i)
		for _, name := range names(f.Path) {
			w = w.child(root, name)
			w.all = append(w.all, i)
		}
		w.columns = append(w.columns, i)
	}
	return root, nil
}

// names are those of a path; the whole has none.
func names(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, ".")
}

func (w *wish) child(root *wish, name string) *wish {
	if c := w.find(name); c != nil {
		return c
	}
	c := &wish{name: name, path: strings.TrimPrefix(w.path+"."+name, "."), id: root.count}
	root.count++
	w.below = append(w.below, c)
	return c
}

// find is what is wanted of a field; nil: nothing.
func (w *wish) find(name string) *wish {
	for _, c := range w.below {
		if c.name == name {
			return c
		}
	}
	return nil
}

// where is the path, for people.
func (w *wish) where() string {
	if w.path == "" {
		return "the whole"
	}
	return w.path
}
