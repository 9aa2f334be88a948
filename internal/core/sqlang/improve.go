package sqlang

import (
	"reflect"
	"slices"
	"strings"
)

// What a plan gives does not depend on what is done here: conditions are asked
// before a join instead of behind it, columns that nobody asks for are not read,
// and what stands in a statement twice is computed once.

// improve makes a plan cheaper. Nodes that are the same are one node then.
func improve(root Node) Node {
	root, _ = pruned(pushed(root), every(root))
	return (&sharing{}).once(root)
}

// pushed asks conditions on one side of a join before the join.
func pushed(n Node) Node {
	n = withInputs(n, func(in Node) Node { return pushed(in) })
	f, ok := n.(*Filter)
	if !ok {
		return n
	}
	j, ok := f.Of.(*Join)
	if !ok {
		return n
	}
	width := len(j.Left.Out())
	var left, right, rest []*Expr
	for _, c := range conjunctsOf(f.Cond) {
		switch used := columnsOf(c); {
		case !cannotFail(c) || len(used) == 0:
			rest = append(rest, c)
		case slices.Max(used) < width:
			left = append(left, c)
		case slices.Min(used) >= width && !j.Outer && !j.Lookup:
			right = append(right, shifted(c, -width))
		default:
			rest = append(rest, c)
		}
	}
	if len(left)+len(right) == 0 {
		return n
	}
	moved := *j
	moved.Left, moved.Right = filtered(j.Left, left, f.Cond), filtered(j.Right, right, f.Cond)
	return filtered(&moved, rest, f.Cond)
}

// filtered lets the rows pass for which some conditions of another one are true.
func filtered(n Node, conds []*Expr, of *Expr) Node {
	if len(conds) == 0 {
		return n
	}
	f := &Filter{Of: n, Cond: conjunction(conds, of)}
	if _, join := n.(*Join); join {
		return pushed(f)
	}
	return f
}

func conjunctsOf(cond *Expr) []*Expr {
	if cond.Kind == Call && cond.Func == "and(boolean)" {
		return slices.Clone(cond.Args)
	}
	return []*Expr{cond}
}

// cannotFail reports whether an expression has a value for every row, so that it
// can be asked of rows that need not be asked.
func cannotFail(e *Expr) bool {
	name, _, _ := strings.Cut(e.Func, "(")
	switch {
	case e.Kind == Case:
		return false
	case e.Kind == Call && !slices.Contains([]string{"=", "<>", "<", "<=", ">", ">=", "and", "or", "not", "in", "is null", "is not null"}, name):
		return false
	}
	return !slices.ContainsFunc(e.Args, func(a *Expr) bool { return !cannotFail(a) })
}

// cannotFail reports whether an aggregate has a value for all rows: sums may
// overflow.
func (a Aggregate) cannotFail() bool {
	return slices.Contains([]string{"count", "min", "max"}, a.Func) && (a.Arg == nil || cannotFail(a.Arg)) && (a.Filter == nil || cannotFail(a.Filter))
}

// columnsOf are the columns that expressions refer to.
func columnsOf(es ...*Expr) (columns []int) {
	for _, e := range es {
		switch {
		case e == nil:
		case e.Kind == ColumnRef:
			columns = append(columns, e.Column)
		default:
			columns = append(columns, columnsOf(e.Args...)...)
		}
	}
	return columns
}

// shifted is an expression whose columns stand elsewhere.
func shifted(e *Expr, by int) *Expr {
	return moved(e, func(c int) int { return c + by })
}

// moved is an expression over other columns.
func moved(e *Expr, to func(c int) int) *Expr {
	if e == nil {
		return nil
	}
	out := *e
	if e.Kind == ColumnRef {
		out.Column = to(e.Column)
	}
	if e.Args != nil {
		out.Args = allMoved(e.Args, to)
	}
	return &out
}

func allMoved(es []*Expr, to func(c int) int) []*Expr {
	if es == nil {
		return nil
	}
	out := make([]*Expr, len(es))
	for i, e := range es {
		out[i] = moved(e, to)
	}
	return out
}

// withInputs is a node over what do gives for its inputs.
func withInputs(n Node, do func(in Node) Node) Node {
	switch n := n.(type) {
	case *Filter:
		out := *n
		out.Of = do(n.Of)
		return &out
	case *Project:
		out := *n
		out.Of = do(n.Of)
		return &out
	case *Window:
		out := *n
		out.Of = do(n.Of)
		return &out
	case *Session:
		out := *n
		out.Of = do(n.Of)
		return &out
	case *Group:
		out := *n
		out.Of = do(n.Of)
		return &out
	case *Top:
		out := *n
		out.Of = do(n.Of)
		return &out
	case *Join:
		out := *n
		out.Left, out.Right = do(n.Left), do(n.Right)
		return &out
	case *Union:
		out := *n
		out.Of = make([]Node, len(n.Of))
		for i, of := range n.Of {
			out.Of[i] = do(of)
		}
		return &out
	}
	return n
}

// sharing finds what stands in a plan more than once.
type sharing struct{ seen []Node }

// once is a node in which equal nodes are one. What only reads is left alone.
func (s *sharing) once(n Node) Node {
	if !reads(n) {
		for _, other := range s.seen {
			if reflect.DeepEqual(n, other) {
				return other
			}
		}
	}
	n = withInputs(n, s.once)
	if !reads(n) {
		s.seen = append(s.seen, n)
	}
	return n
}

// reads reports whether a node gives the rows of an input as they are, or some.
func reads(n Node) bool {
	switch n := n.(type) {
	case *Scan:
		return true
	case *Filter:
		return reads(n.Of)
	case *Project:
		return reads(n.Of)
	}
	return false
}

// Scans are the scans of an input, each once, in the order in which their columns
// stand in a batch of it.
func (p *Plan) Scans(input int) []*Scan {
	var all []*Scan
	var walk func(n Node)
	walk = func(n Node) {
		if s, ok := n.(*Scan); ok && s.Input == input && !slices.Contains(all, s) {
			all = append(all, s)
		}
		for _, in := range n.In() {
			walk(in)
		}
	}
	walk(p.Root)
	return all
}
