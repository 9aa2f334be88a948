package sqlang

import (
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// maxWindows is how many windows a row may be in.
const maxWindows = 1000

// windowed binds TUMBLE(input, time, size) and HOP(input, time, slide, size).
func (b *binder) windowed(f *rangeFunction, e *env) (*from, error) {
	c := tableFunction(f)
	if c == nil {
		return nil, b.errorf(0, "this cannot stand in FROM").WithFix("name a product, a query in brackets, TUMBLE or HOP")
	}
	name := lastName(c.Name)
	if n := map[string]int{"tumble": 3, "hop": 4, "session": 3}[name]; n == 0 || len(c.Args) != n || c.Args[0].ColumnRef == nil {
		return nil, b.errorf(c.At, "%s(...) with %d arguments cannot stand in FROM", name, len(c.Args)).
			WithFix("write TUMBLE(domain.product, time, INTERVAL '1' MINUTE) or HOP(domain.product, time, slide, size) or SESSION(domain.product, time, gap)")
	}
	if err := b.notYet(c.At, windows); err != nil {
		return nil, err
	}
	in, err := b.fromItem(&node{RangeVar: namedIn(c.Args[0].ColumnRef, f.Alias)}, e)
	if err != nil {
		return nil, err
	}
	if inWindows(in.node) {
		return nil, b.errorf(c.At, "a window over windows is not supported yet").WithFix("make a product of the inner query, and open windows over that")
	}
	if name == "session" {
		return b.sessions(in, c)
	}
	w := &Window{Of: in.node}
	if err := b.windowTime(w, in, c.Args[1]); err != nil {
		return nil, err
	}
	if err := b.windowSize(w, c); err != nil {
		return nil, err
	}
	return b.windowColumns(w, in), nil
}

func inWindows(n Node) bool {
	_, window := n.(*Window)
	_, session := n.(*Session)
	return window || session || slices.ContainsFunc(n.In(), inWindows)
}

// namedIn reads an argument that names a product or a query.
func namedIn(c *columnRef, as *alias) *rangeVar {
	path, _ := words(c.Fields)
	v := &rangeVar{At: c.At, Alias: as, Name: path[len(path)-1]}
	if len(path) > 1 {
		v.Schema = path[len(path)-2]
	}
	if len(path) > 2 {
		v.Catalog = path[len(path)-3]
	}
	return v
}

// windowTime: windows close by the watermark, which is that of the event time.
func (b *binder) windowTime(w Node, in *from, n *node) error {
	sc := &scope{b: b, relations: in.relations}
	v, err := sc.expr(n)
	if err != nil {
		return err
	}
	f := b.facts(in.node)
	switch {
	case f.table:
		return b.errorf(v.At, "a table has no windows").WithFix("use a stream")
	case v.Kind != ColumnRef || v.Column != f.time:
		return b.errorf(v.At, "this is not the event time of the input").WithFix("use its event time (weir product show says which field that is), or %s if it has none", TimestampColumn)
	case v.Type.Kind != column.Timestamp:
		return b.errorf(v.At, "the event time is %s, not a timestamp", v.Type).WithFix("use %s, or give the field a timestamp's type in the schema", TimestampColumn)
	}
	b.times[w] = v.Column
	return nil
}

func (b *binder) windowSize(w *Window, c *call) error {
	sizes, err := b.lengths(c)
	if err != nil {
		return err
	}
	w.Slide, w.Size = sizes[0], sizes[len(sizes)-1]
	if w.Slide > w.Size || w.Size/w.Slide > maxWindows {
		return b.errorf(c.At, "windows that are shorter than their distance, or that overlap too often").WithFix("HOP(input, time, slide, size) needs slide <= size <= %d times slide", maxWindows)
	}
	return nil
}

// lengths are those that a call has behind its input and its time.
func (b *binder) lengths(c *call) (sizes []int64, err error) {
	for _, n := range c.Args[2:] {
		sc := &scope{b: b}
		v, err := sc.expr(n)
		if err == nil {
			v, err = b.coerce(v, column.Type{Kind: column.Interval}, false)
		}
		if err != nil {
			return nil, err
		}
		if v.Kind != Literal || v.isNull() || v.Value.Ints[0] <= 0 {
			return nil, b.errorf(v.At, "a window needs a length above zero").WithFix("write INTERVAL '1' MINUTE")
		}
		sizes = append(sizes, v.Value.Ints[0])
	}
	return sizes, nil
}

// windowColumns: the input's, and the begin and end of the window.
func (b *binder) windowColumns(w Node, in *from) *from {
	time := b.attrs[b.times[w]]
	r := &relation{alias: in.relations[0].alias, product: in.relations[0].product, at: in.relations[0].at}
	for _, name := range []string{"window_start", "window_end"} {
		c := Column{Name: name, Type: column.Type{Kind: column.Timestamp}, Classification: time.Classification, From: time.From}
		r.columns = append(r.columns, b.attr(c))
	}
	b.bounds[w] = r.columns
	b.spans[r.columns[1]] = 0
	if w, ok := w.(*Window); ok { // sessions are as long as they come
		b.spans[r.columns[0]] = w.Size
	}
	return &from{node: w, relations: append(slices.Clone(in.relations), r), hidden: in.hidden}
}

// windowFacts: rows know their windows.
func (b *binder) windowFacts(w *Window) facts {
	f := b.facts(w.Of)
	f.start, f.end = b.bounds[w][0], b.bounds[w][1]
	return f
}

// groupFacts: the groups of windows come once, in the order of their ends; others
// are rows of a table.
func (b *binder) groupFacts(g *Group) facts {
	f := facts{table: g.WindowEnd < 0, keyed: true, time: -1, start: -1, end: -1}
	f.final = g.WindowEnd >= 0
	ids, in := b.outs[g], b.facts(g.Of)
	windows := in.windows
	if in.end >= 0 {
		windows = []int{in.start, in.end}
	}
	for i, k := range g.Keys {
		if f.final && isOneOf(k, windows) {
			f.windows = append(f.windows, ids[i])
			if span, ok := b.spans[k.Column]; ok {
				b.spans[ids[i]] = span
			}
			if i != g.WindowEnd {
				continue // its end tells it
			}
		}
		f.key = append(f.key, ids[i])
		f.keyNames = append(f.keyNames, b.attrs[ids[i]].Name)
	}
	if g.WindowEnd >= 0 {
		f.time, f.delay = ids[g.WindowEnd], weir.Duration(0)
	}
	return f
}

func (b *binder) numberWindow(w *Window) []int {
	ids := b.number(w.Of)
	w.Time = slices.Index(ids, b.times[w])
	out := slices.Concat(ids, b.bounds[w])
	for _, id := range out {
		w.Columns = append(w.Columns, b.attrs[id])
	}
	return out
}

func (b *binder) numberGroup(g *Group) []int {
	ids := b.number(g.Of)
	renumber(ids, g.Keys...)
	for _, a := range g.Aggregates {
		renumber(ids, a.Arg, a.Filter)
	}
	return b.columns(g, &g.Columns)
}
