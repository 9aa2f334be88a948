package flow

import (
	"slices"

	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Rows of a plan are final if those of a window come at once, when the watermark
// closes it, and never again: what is asked of them within their window needs
// nothing that outlives the step.

// final reports whether the rows of a node are.
func final(n sqlang.Node) bool {
	switch n := n.(type) {
	case *sqlang.Session:
		return true
	case *sqlang.Group:
		return n.WindowEnd >= 0
	case *sqlang.Top:
		if final(n.Of) {
			return refersTo(n.Partition, windowColumns(n.Of))
		}
		return refersTo(n.Partition, windowEnds(n.Of))
	case *sqlang.Join:
		if n.Lookup {
			return final(n.Left)
		}
		return final(n.Left) && final(n.Right) && onWindow(n)
	case *sqlang.Filter, *sqlang.Project, *sqlang.Union:
		return !slices.ContainsFunc(n.In(), func(in sqlang.Node) bool { return !final(in) })
	}
	return false
}

// onlyAdds reports whether rows of a node are never taken back.
func onlyAdds(n sqlang.Node) bool {
	switch n := n.(type) {
	case *sqlang.Scan:
		return !n.Table
	case *sqlang.Join:
		return n.Lookup && onlyAdds(n.Left) || final(n)
	case *sqlang.Group, *sqlang.Top:
		return final(n)
	}
	return !slices.ContainsFunc(n.In(), func(in sqlang.Node) bool { return !onlyAdds(in) })
}

// onWindow reports whether both sides of a join meet within a window alone.
func onWindow(n *sqlang.Join) bool {
	left, right := windowColumns(n.Left), windowColumns(n.Right)
	for i := range n.LeftKey {
		if refersTo(n.LeftKey[i:i+1], left) && refersTo(n.RightKey[i:i+1], right) {
			return true
		}
	}
	return false
}

func refersTo(es []*sqlang.Expr, columns []int) bool {
	return slices.ContainsFunc(es, func(e *sqlang.Expr) bool { return e.Kind == sqlang.ColumnRef && slices.Contains(columns, e.Column) })
}

// windowColumns are the columns of a node that are the begin or the end of a
// row's window.
func windowColumns(n sqlang.Node) []int {
	return carried(n, func(w sqlang.Node) []int { return []int{len(w.Out()) - 2, len(w.Out()) - 1} })
}

// windowEnds are those that are its end.
func windowEnds(n sqlang.Node) []int {
	return carried(n, func(w sqlang.Node) []int { return []int{len(w.Out()) - 1} })
}

// carried follows columns of windows up to a node.
func carried(n sqlang.Node, of func(w sqlang.Node) []int) []int {
	switch n := n.(type) {
	case *sqlang.Window, *sqlang.Session:
		return of(n)
	case *sqlang.Project:
		return among(n.Exprs, carried(n.Of, of))
	case *sqlang.Group:
		return among(n.Keys, carried(n.Of, of))
	case *sqlang.Filter, *sqlang.Top:
		return carried(n.In()[0], of)
	case *sqlang.Join:
		columns := carried(n.Left, of)
		for _, c := range carried(n.Right, of) {
			columns = append(columns, len(n.Left.Out())+c)
		}
		return columns
	}
	return nil
}

// among are the expressions that are one of some columns.
func among(es []*sqlang.Expr, columns []int) (out []int) {
	for i := range es {
		if refersTo(es[i:i+1], columns) {
			out = append(out, i)
		}
	}
	return out
}
