package sqlang

import (
	"slices"

	"github.com/weirmesh/weir/internal/core/column"
)

// rankCall is the row_number() OVER (...) that a SELECT list has as a column of
// its own; nil: none.
func (b *binder) rankCall(s *selectStmt) (*call, error) {
	var found *call
	for _, t := range s.Targets {
		c := t.ResTarget.Val.FuncCall
		if c == nil || c.Over == nil || lastName(c.Name) != "row_number" {
			continue
		}
		if found != nil {
			return nil, b.errorf(c.At, "there is more than one row_number()").WithFix("rank in one query, and again in the one around it")
		}
		found = c
	}
	return found, nil
}

// ranked binds row_number() over the rows of a SELECT. How many of them count is
// said by the query around it.
func (b *binder) ranked(sc *scope, n Node, c *call) (Node, error) {
	if err := b.notYet(c.At, topRows); err != nil {
		return nil, err
	}
	switch {
	case len(c.Args) > 0 || c.Star || c.Filter != nil || c.Distinct:
		return nil, b.errorf(c.At, "row_number has no arguments").WithFix("write row_number() OVER (PARTITION BY ... ORDER BY ...)")
	case len(c.Over.Partition) == 0 || len(c.Over.Order) == 0:
		return nil, b.errorf(c.At, "row_number() needs PARTITION BY and ORDER BY").WithFix("write row_number() OVER (PARTITION BY ... ORDER BY ...): what it counts for, and in which order")
	}
	t := &Top{Of: n, Rank: true}
	if err := b.partition(sc, t, c); err != nil {
		return nil, err
	}
	for _, o := range c.Over.Order {
		v, err := b.orderBy(sc, o.SortBy)
		if err != nil {
			return nil, err
		}
		t.Order = append(t.Order, v)
		b.sorted[t] = merge(b.sorted[t], indirect(b.fromOf(v.Expr))...)
	}
	b.ranks[t] = rank{at: c.At, id: b.attr(Column{Name: "row_number", Type: column.Type{Kind: column.Int64}})}
	b.attrs[b.ranks[t].id].From = b.sorted[t]
	return t, nil
}

// rank is the column with the number of a row.
type rank struct{ at, id int }

func (b *binder) partition(sc *scope, t *Top, c *call) error {
	for _, p := range c.Over.Partition {
		v, err := sc.expr(p)
		if err != nil {
			return err
		}
		if v.Kind != ColumnRef || v.Type.Kind == column.JSON {
			return b.errorf(v.At, "PARTITION BY is by columns that have an equality").WithFix("compute the value in a query in FROM, and name its column")
		}
		t.Partition = append(t.Partition, v.Expr)
		b.sorted[t] = merge(b.sorted[t], indirect(v.from)...)
	}
	b.partitionWindow(t)
	return nil
}

// partitionWindow puts the end of a window beside its begin.
func (b *binder) partitionWindow(t *Top) {
	f := b.facts(t.Of)
	by := func(id int) bool {
		return slices.ContainsFunc(t.Partition, func(e *Expr) bool { return isOneOf(e, []int{id}) })
	}
	if f.end >= 0 && by(f.start) && !by(f.end) {
		t.Partition = append(t.Partition, b.ref(f.end, 0).Expr)
	}
}

func (b *binder) orderBy(sc *scope, s *sortBy) (Order, error) {
	v, err := sc.expr(s.Node)
	if err != nil {
		return Order{}, err
	}
	if v.untyped || v.Type.Kind == column.JSON {
		return Order{}, b.errorf(v.At, "%s has no order", v.Type.Kind).WithFix("order by columns; of JSON by a text of it: a ->> 'field'")
	}
	o := Order{Expr: v.Expr, Descending: s.Dir == "SORTBY_DESC"}
	o.NullsFirst = s.Nulls == "SORTBY_NULLS_FIRST" || s.Nulls != "SORTBY_NULLS_LAST" && o.Descending
	return o, nil
}

// fromOf is the sources of an expression's columns.
func (b *binder) fromOf(e *Expr) []Source {
	if e.Kind == ColumnRef {
		return b.attrs[e.Column].From
	}
	var all []Source
	for _, a := range e.Args {
		all = merge(all, b.fromOf(a)...)
	}
	return all
}

// rankedAs replaces a row_number() of a SELECT list by its column.
func (b *binder) rankedAs(n Node, c *call) (value, bool) {
	t, ok := n.(*Top)
	if !ok || c == nil || c.Over == nil || lastName(c.Name) != "row_number" {
		return value{}, false
	}
	v := b.ref(b.ranks[t].id, c.At)
	v.column = nil
	return v, true
}

// limitTop takes from a condition how many rows of a rank count, and gives what
// is left of it.
func (b *binder) limitTop(n Node, cond value) (*Expr, error) {
	f := b.facts(n)
	if f.top == nil || f.top.N > 0 {
		return cond.Expr, nil
	}
	parts := []*Expr{cond.Expr}
	if cond.Kind == Call && cond.Func == "and(boolean)" {
		parts = slices.Clone(cond.Args)
	}
	for i, p := range parts {
		if most, ok := atMost(p, f.rank); ok {
			if most < 1 || most > maxTop {
				return nil, b.errorf(p.At, "row_number() up to %d", most).WithFix("keep 1 to %d rows", maxTop)
			}
			f.top.N = int(most)
			return conjunction(slices.Delete(parts, i, i+1), cond.Expr), nil
		}
	}
	return cond.Expr, nil
}

// maxTop is how many rows of a partition are kept at most.
const maxTop = 10_000

// conjunction is what is left of an AND; nil: nothing.
func conjunction(parts []*Expr, of *Expr) *Expr {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	e := *of
	e.Args = parts
	e.Nullable = nullable(Strict, parts)
	return &e
}

// atMost reads rank <= n, rank < n, rank = 1 and the same the other way round.
func atMost(e *Expr, rank int) (int64, bool) {
	if e.Kind != Call || len(e.Args) != 2 {
		return 0, false
	}
	op, a, b := operatorOf(e.Func), e.Args[0], e.Args[1]
	if a.Kind == Literal {
		op, a, b = map[string]string{">=": "<=", ">": "<", "=": "="}[op], b, a
	}
	n, ok := literalInt(b)
	if !ok || a.Kind != ColumnRef || a.Column != rank {
		return 0, false
	}
	switch {
	case op == "<=", op == "=" && n == 1:
		return n, true
	case op == "<":
		return n - 1, true
	}
	return 0, false
}

func operatorOf(form string) string {
	for _, op := range []string{"<=", ">=", "<>", "<", ">", "="} {
		if len(form) > len(op) && form[:len(op)+1] == op+"(" {
			return op
		}
	}
	return ""
}

// topFacts: the first rows of each partition are rows of a table by partition
// and number; if only the first counts, by partition. Those of a window are a
// stream.
func (b *binder) topFacts(t *Top) facts {
	f := facts{table: true, keyed: true, time: -1, start: -1, end: -1, top: t, rank: b.ranks[t].id}
	in := b.facts(t.Of)
	windows, time := in.windows, in.time
	if in.end >= 0 {
		windows, time = []int{in.start, in.end}, in.end
	}
	if slices.ContainsFunc(t.Partition, func(p *Expr) bool { return isOneOf(p, windows) }) {
		f.table, f.final, f.windows = false, true, windows
		if f.time = time; in.final {
			f.delay = in.delay
		}
	}
	for _, p := range t.Partition {
		if f.final && isOneOf(p, []int{in.start}) {
			continue // its end tells it
		}
		f.key = append(f.key, p.Column)
		f.keyNames = append(f.keyNames, b.attrs[p.Column].Name)
	}
	if t.N != 1 {
		f.key = append(f.key, f.rank)
		f.keyNames = append(f.keyNames, "row_number")
	}
	return f
}

// unlimited refuses a row_number() of which nobody said how many count.
func (b *binder) unlimited() error {
	first := -1
	for t, r := range b.ranks {
		if t.N == 0 && (first < 0 || r.at < first) {
			first = r.at
		}
	}
	if first >= 0 {
		return b.errorf(first, "row_number() without a bound would number all rows there ever were").WithFix("put it into a query in FROM and keep some: WHERE n <= 3")
	}
	return nil
}

func (b *binder) numberTop(t *Top) []int {
	ids := b.number(t.Of)
	renumber(ids, t.Partition...)
	for _, o := range t.Order {
		renumber(ids, o.Expr)
	}
	out := append(slices.Clone(ids), b.ranks[t].id)
	for _, id := range out {
		t.Columns = append(t.Columns, b.attrs[id])
	}
	return out
}
