package sqlang

import (
	"fmt"
	"slices"
)

// number makes the ids in a node's expressions indices of its inputs' columns,
// and gives the ids of its own.
func (b *binder) number(n Node) []int {
	switch n := n.(type) {
	case *Scan:
		return b.numberScan(n)
	case *Filter:
		ids := b.number(n.Of)
		renumber(ids, n.Cond)
		return ids
	case *Project:
		renumber(b.number(n.Of), n.Exprs...)
		return b.columns(n, &n.Columns)
	case *Union:
		for _, of := range n.Of {
			b.number(of)
		}
		return b.columns(n, &n.Columns)
	case *Join:
		return b.numberJoin(n)
	case *Window:
		return b.numberWindow(n)
	case *Session:
		return b.numberSession(n)
	case *Group:
		return b.numberGroup(n)
	case *Top:
		return b.numberTop(n)
	}
	panic(fmt.Sprintf("sqlang: no numbers for %T", n))
}

func (b *binder) columns(n Node, into *[]Column) []int {
	for _, id := range b.outs[n] {
		*into = append(*into, b.attrs[id])
	}
	return b.outs[n]
}

func (b *binder) numberJoin(n *Join) []int {
	left, right := b.number(n.Left), b.number(n.Right)
	renumber(left, n.LeftKey...)
	renumber(right, n.RightKey...)
	ids := slices.Concat(left, right)
	renumber(ids, n.Cond)
	for _, id := range ids {
		n.Columns = append(n.Columns, b.attrs[id])
	}
	return ids
}

// numberScan reads the fields that are used: those of the schema in its order,
// then the record's own.
func (b *binder) numberScan(n *Scan) []int {
	r := b.scans[n]
	for i := range r.fields {
		n.Fields = append(n.Fields, i)
	}
	slices.SortFunc(n.Fields, func(x, y int) int {
		if (x < 0) != (y < 0) {
			return y - x
		}
		return x - y
	})
	var ids []int
	for i, f := range n.Fields {
		id := r.fields[f]
		ids = append(ids, id)
		n.Columns = append(n.Columns, b.attrs[id])
		if f >= 0 && r.input.Time == r.input.Fields[f].Path {
			n.Time = i
		}
	}
	for _, path := range r.input.Key {
		if id, ok := r.known(path); ok && n.Table {
			n.Key = append(n.Key, slices.Index(ids, id))
		}
	}
	return ids
}

// renumber walks expressions; one that is used twice is changed once.
func renumber(ids []int, es ...*Expr) {
	seen := map[*Expr]bool{}
	var walk func(e *Expr)
	walk = func(e *Expr) {
		if e == nil || seen[e] {
			return
		}
		seen[e] = true
		if e.Kind == ColumnRef {
			e.Column = slices.Index(ids, e.Column)
		}
		for _, a := range e.Args {
			walk(a)
		}
	}
	for _, e := range es {
		walk(e)
	}
}
