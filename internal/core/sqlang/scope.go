package sqlang

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// The columns that every record has besides its fields.
const (
	TimestampColumn = "_timestamp" // the record's own
	KeyColumn       = "_key"       // its key as text
)

// Fields of a [Scan] that are none of the input's.
const (
	TimestampField = -1
	KeyField       = -2
)

// relation is what stands in FROM under a name.
type relation struct {
	alias    string
	product  string // domain.product, if there is no alias: its columns may be named by both words
	at       int
	columns  []int // by id, of what is no scan
	input    *Input
	index    int // of input
	scan     *Scan
	fields   map[int]int // of a scan: id by field
	nullable bool        // it can be missing beside a row of the left of a join
}

// scope is the columns that an expression may name.
type scope struct {
	b         *binder
	relations []*relation
	at        int       // of the part that is being read
	grouped   *grouping // nil: the rows themselves are there
}

func (s *scope) columnRef(c *columnRef) (value, error) {
	path, star := words(c.Fields)
	if star {
		return value{}, s.b.errorf(c.At, "* stands alone in a SELECT list").WithFix("name a column; count(*) counts rows")
	}
	return s.path(path, c.At)
}

// words are the parts of a name, and whether * ends it.
func words(ns []*node) (path []string, star bool) {
	for _, n := range ns {
		if n.AStar != nil {
			return path, true
		}
		if n.String != nil {
			path = append(path, n.String.Value)
		}
	}
	return path, false
}

// access reads (a).b: the path goes on.
func (s *scope) access(a *access) (value, error) {
	more, star := words(a.Path)
	if a.Arg.ColumnRef != nil && !star {
		path, _ := words(a.Arg.ColumnRef.Fields)
		return s.path(append(path, more...), a.Arg.ColumnRef.At)
	}
	v, err := s.expr(a.Arg)
	if err != nil {
		return v, err
	}
	return v, s.b.errorf(v.At, "only a column has fields").WithFix("of JSON, use -> and ->>")
}

// path finds a column by its words: of a relation that they begin with the name
// of, else of the only one that has it.
func (s *scope) path(path []string, at int) (value, error) {
	for _, r := range s.relations {
		if rest, ok := r.names(path); ok && len(rest) > 0 {
			if id, ok := s.b.find(r, rest); ok {
				return s.b.ref(id, at), nil
			}
		}
	}
	found := -1
	for _, r := range s.relations {
		id, ok := s.b.find(r, path)
		switch {
		case ok && found >= 0:
			return value{}, s.b.errorf(at, "%s is in more than one input", strings.Join(path, ".")).WithFix("put a name before it: %s.%s", r.alias, strings.Join(path, "."))
		case ok:
			found = id
		}
	}
	if found < 0 {
		return value{}, s.noColumn(path, at)
	}
	return s.b.ref(found, at), nil
}

// names reports whether a path begins with the relation's name, and what follows.
func (r *relation) names(path []string) ([]string, bool) {
	if path[0] == r.alias {
		return path[1:], true
	}
	if r.product != "" && len(path) > 1 && path[0]+"."+path[1] == r.product {
		return path[2:], true
	}
	return nil, false
}

// find gives the id of a column by its path.
func (b *binder) find(r *relation, path []string) (int, bool) {
	if r.scan == nil {
		for _, id := range r.columns {
			if len(path) == 1 && b.attrs[id].Name == path[0] {
				return id, true
			}
		}
		return 0, false
	}
	whole := strings.Join(path, ".")
	i := slices.IndexFunc(r.input.Fields, func(f Field) bool { return f.Path == whole })
	switch {
	case i >= 0:
	case whole == TimestampColumn:
		i = TimestampField
	case whole == KeyColumn:
		i = KeyField
	default:
		return 0, false
	}
	return b.field(r, i), true
}

// field gives the id of a field of a scan, which reads it from now on.
func (b *binder) field(r *relation, i int) int {
	if id, ok := r.fields[i]; ok {
		return id
	}
	c := b.columnOf(r, i)
	c.Nullable = c.Nullable || r.nullable
	id := b.attr(c)
	r.fields[i] = id
	return id
}

func (b *binder) columnOf(r *relation, i int) Column {
	switch i {
	case TimestampField:
		return Column{Name: TimestampColumn, Type: column.Type{Kind: column.Timestamp}, Classification: weir.ClassInternal, From: []Source{{Input: r.index, Path: TimestampColumn, Direct: true}}}
	case KeyField:
		return Column{Name: KeyColumn, Type: column.Type{Kind: column.Text}, Nullable: true, Classification: keyClass(r.input), From: []Source{{Input: r.index, Path: KeyColumn, Direct: true}}}
	}
	f := r.input.Fields[i]
	return Column{
		Name: f.Path[strings.LastIndexByte(f.Path, '.')+1:], Type: f.Type, Nullable: f.Nullable, Doc: f.Doc, Unit: f.Unit,
		Classification: classOf(r.input, f), From: []Source{{Input: r.index, Path: f.Path, Direct: true}},
	}
}

// classOf is the classification of a field: its own or that of the struct that
// it is in, and of a struct the strictest of what is in it too.
func classOf(in *Input, f Field) weir.Classification {
	class := ownClass(in, f.Path)
	for _, o := range in.Fields {
		if rest, ok := strings.CutPrefix(o.Path, f.Path); ok && rest != "" && strings.ContainsAny(rest[:1], ".[{") {
			class = strictest(class, o.Classification)
		}
	}
	return class
}

// ownClass is what is said of a path, or else of the nearest struct around it.
func ownClass(in *Input, path string) weir.Classification {
	for path != "" {
		i := slices.IndexFunc(in.Fields, func(f Field) bool { return f.Path == path })
		if i >= 0 && in.Fields[i].Classification != "" {
			return in.Fields[i].Classification
		}
		path = path[:max(0, strings.LastIndexAny(path, ".[{"))]
	}
	return weir.ClassInternal
}

// keyClass is the classification of a record's key as text: the strictest of the
// fields that it holds; if nobody said which these are, of all.
func keyClass(in *Input) weir.Classification {
	class := weir.ClassInternal
	for _, f := range in.Fields {
		if len(in.Key) == 0 || slices.Contains(in.Key, f.Path) {
			class = strictest(class, classOf(in, f))
		}
	}
	return class
}

// ref is a column that is used.
func (b *binder) ref(id, at int) value {
	c := &b.attrs[id]
	return value{
		Expr: &Expr{Kind: ColumnRef, Type: c.Type, Nullable: c.Nullable, Column: id, At: at},
		from: c.From, class: c.Classification, column: c, name: c.Name, size: 1,
	}
}

// star lists the columns that * stands for: of a scan the outermost fields, or
// those right below a path.
func (s *scope) star(path []string, at int) ([]int, error) {
	if len(path) == 0 {
		var all []int
		for _, r := range s.relations {
			all = append(all, s.b.below(r, "")...)
		}
		return all, nil
	}
	var named []int
	for _, r := range s.relations {
		if rest, ok := r.names(path); ok {
			named = append(named, s.b.below(r, strings.Join(rest, "."))...)
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	for _, r := range s.relations {
		if ids := s.b.below(r, strings.Join(path, ".")); len(ids) > 0 {
			return ids, nil
		}
	}
	return nil, s.noColumn(path, at)
}

func (b *binder) below(r *relation, path string) []int {
	if r.scan == nil {
		if path != "" {
			return nil
		}
		return r.columns
	}
	var ids []int
	for i, f := range r.input.Fields {
		name := f.Path
		if path != "" {
			var ok bool
			if name, ok = strings.CutPrefix(f.Path, path+"."); !ok {
				continue
			}
		}
		if !strings.ContainsAny(name, ".[{") {
			ids = append(ids, b.field(r, i))
		}
	}
	return ids
}

// noColumn says that there is no such column, and which is near.
func (s *scope) noColumn(path []string, at int) error {
	name := strings.Join(path, ".")
	e := s.b.errorf(at, "there is no column %s", clip(name))
	if len(s.relations) == 0 {
		return e.WithFix("there is no FROM: select from a product, or write a text in single quotes")
	}
	if r, whole := s.jsonAbove(path); r {
		return e.WithFix("%s is JSON: %s ->> '%s' is its text", whole, whole, path[len(path)-1])
	}
	before, rest, names := s.around(path)
	if near := nearest(rest, names); near != "" {
		return e.WithFix("did you mean %s?", quoted(before+near))
	}
	return e.WithFix("there are %s", list(names, 10))
}

// around are the columns among which a path looks for one, by what name, and what
// stands before that: those of one relation, if the path begins with its name.
func (s *scope) around(path []string) (before, rest string, names []string) {
	for _, r := range s.relations {
		if of, ok := r.names(path); ok && len(of) > 0 {
			return strings.Join(path[:len(path)-len(of)], ".") + ".", strings.Join(of, "."), s.b.namesOf(r)
		}
	}
	return "", strings.Join(path, "."), s.columnNames()
}

// jsonAbove reports whether a column that a path goes below is there, as JSON.
func (s *scope) jsonAbove(path []string) (bool, string) {
	for n := len(path) - 1; n > 0; n-- {
		for _, r := range s.relations {
			for _, p := range [][]string{path[:n], restOf(r, path[:n])} {
				if len(p) == 0 {
					continue
				}
				if t, ok := s.typeOf(r, p); ok && t.Kind == column.JSON && !s.hasBelow(r, p) {
					return true, quoted(strings.Join(p, "."))
				}
			}
		}
	}
	return false, ""
}

func restOf(r *relation, path []string) []string {
	rest, _ := r.names(path)
	return rest
}

// typeOf is the type of a column, which is not used by that.
func (s *scope) typeOf(r *relation, path []string) (column.Type, bool) {
	whole := strings.Join(path, ".")
	if r.scan == nil {
		for _, id := range r.columns {
			if s.b.attrs[id].Name == whole {
				return s.b.attrs[id].Type, true
			}
		}
		return column.Type{}, false
	}
	for _, f := range r.input.Fields {
		if f.Path == whole {
			return f.Type, true
		}
	}
	return column.Type{}, false
}

func (s *scope) hasBelow(r *relation, path []string) bool {
	prefix := strings.Join(path, ".") + "."
	return r.scan != nil && slices.ContainsFunc(r.input.Fields, func(f Field) bool { return strings.HasPrefix(f.Path, prefix) })
}

func (s *scope) columnNames() []string {
	var names []string
	for _, r := range s.relations {
		names = append(names, s.b.namesOf(r)...)
	}
	return names
}

func (b *binder) namesOf(r *relation) []string {
	var names []string
	for _, id := range r.columns {
		names = append(names, b.attrs[id].Name)
	}
	if r.scan != nil {
		for _, f := range r.input.Fields {
			names = append(names, f.Path)
		}
	}
	return names
}
