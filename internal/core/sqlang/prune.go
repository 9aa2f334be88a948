package sqlang

import "slices"

// kept says where the columns of a node stand when some are left out; -1: it is
// left out.
type kept []int

func (k kept) to(c int) int { return k[c] }

// every is all columns of a node.
func every(n Node) []int {
	all := make([]int, len(n.Out()))
	for i := range all {
		all[i] = i
	}
	return all
}

// keeping is where columns stand when those that are wanted are kept.
func keeping(columns int, wanted []int) (kept, []int) {
	var which []int
	k := make(kept, columns)
	for c := range k {
		k[c] = -1
		if slices.Contains(wanted, c) {
			k[c] = len(which)
			which = append(which, c)
		}
	}
	return k, which
}

// pick is some of a list.
func pick[T any](of []T, which []int) []T {
	var out []T
	for _, i := range which {
		out = append(out, of[i])
	}
	return out
}

// pruned is a node with the wanted columns, and perhaps some more.
func pruned(n Node, wanted []int) (Node, kept) {
	switch n := n.(type) {
	case *Scan:
		return prunedScan(n, wanted)
	case *Filter:
		of, k := pruned(n.Of, append(columnsOf(n.Cond), wanted...))
		return &Filter{Of: of, Cond: moved(n.Cond, k.to)}, k
	case *Project:
		return prunedProject(n, wanted)
	case *Union:
		return prunedUnion(n, wanted)
	case *Join:
		return prunedJoin(n, wanted)
	case *Window:
		out := *n
		k := prunedWindow(n.Of, &out.Of, &out.Columns, append([]int{n.Time}, wanted...))
		out.Time = k[n.Time]
		return &out, k
	case *Session:
		out := *n
		k := prunedWindow(n.Of, &out.Of, &out.Columns, slices.Concat([]int{n.Time}, columnsOf(n.By...), wanted))
		out.Time, out.By = k[n.Time], allMoved(n.By, k.to)
		return &out, k
	case *Group:
		return prunedGroup(n, wanted)
	case *Top:
		return prunedTop(n, wanted)
	}
	k, _ := keeping(len(n.Out()), every(n))
	return n, k
}

// prunedScan keeps a table's key and the event time: they are read in any case.
func prunedScan(n *Scan, wanted []int) (Node, kept) {
	wanted = append(slices.Clone(n.Key), wanted...)
	if n.Time >= 0 {
		wanted = append(wanted, n.Time)
	}
	k, which := keeping(len(n.Columns), wanted)
	out := *n
	out.Fields, out.Columns, out.Key = pick(n.Fields, which), pick(n.Columns, which), nil
	for _, c := range n.Key {
		out.Key = append(out.Key, k[c])
	}
	if n.Time >= 0 {
		out.Time = k[n.Time]
	}
	return &out, k
}

// prunedProject keeps what may fail: a row for which it does is left out, whoever
// asks for the value.
func prunedProject(n *Project, wanted []int) (Node, kept) {
	wanted = slices.Clone(wanted)
	for c, e := range n.Exprs {
		if !cannotFail(e) {
			wanted = append(wanted, c)
		}
	}
	if len(wanted) == 0 {
		wanted = []int{0}
	}
	k, which := keeping(len(n.Columns), wanted)
	exprs := pick(n.Exprs, which)
	of, below := pruned(n.Of, columnsOf(exprs...))
	return &Project{Of: of, Exprs: allMoved(exprs, below.to), Columns: pick(n.Columns, which)}, k
}

// prunedUnion leaves columns out if all inputs can: they agree before and after.
func prunedUnion(n *Union, wanted []int) (Node, kept) {
	wanted = slices.Clone(wanted)
	for _, of := range n.Of {
		p, ok := of.(*Project)
		if !ok {
			wanted = every(n)
			break
		}
		for c, e := range p.Exprs {
			if !cannotFail(e) {
				wanted = append(wanted, c)
			}
		}
	}
	out := &Union{}
	var k kept
	for _, of := range n.Of {
		in, at := pruned(of, wanted)
		out.Of, k = append(out.Of, in), at
	}
	out.Columns = keptOf(n.Columns, k)
	return out, k
}

func prunedJoin(n *Join, wanted []int) (Node, kept) {
	width := len(n.Left.Out())
	left, right := columnsOf(n.LeftKey...), columnsOf(n.RightKey...)
	for _, c := range append(columnsOf(n.Cond), wanted...) {
		if c < width {
			left = append(left, c)
		} else {
			right = append(right, c-width)
		}
	}
	out := *n
	var l, r kept
	out.Left, l = pruned(n.Left, left)
	out.Right, r = pruned(n.Right, right)
	out.LeftKey, out.RightKey = allMoved(n.LeftKey, l.to), allMoved(n.RightKey, r.to)
	k := slices.Clone(l)
	for _, c := range r {
		if c >= 0 {
			c += len(out.Left.Out())
		}
		k = append(k, c)
	}
	out.Cond, out.Columns = moved(n.Cond, k.to), keptOf(n.Columns, k)
	return &out, k
}

// keptOf are the columns that are kept.
func keptOf(columns []Column, k kept) (out []Column) {
	for c := range columns {
		if k[c] >= 0 {
			out = append(out, columns[c])
		}
	}
	return out
}

// prunedWindow prunes what a window is over; its own columns stay.
func prunedWindow(of Node, into *Node, columns *[]Column, wanted []int) kept {
	width := len(of.Out())
	in, k := pruned(of, slices.DeleteFunc(wanted, func(c int) bool { return c >= width }))
	k = append(k, len(in.Out()), len(in.Out())+1)
	*into, *columns = in, keptOf(*columns, k)
	return k
}

// prunedGroup keeps the keys, and what may fail.
func prunedGroup(n *Group, wanted []int) (Node, kept) {
	wanted = slices.Clone(wanted)
	for c := range n.Keys {
		wanted = append(wanted, c)
	}
	for c, a := range n.Aggregates {
		if !a.cannotFail() {
			wanted = append(wanted, len(n.Keys)+c)
		}
	}
	k, which := keeping(len(n.Columns), wanted)
	out := *n
	out.Aggregates = nil
	used := columnsOf(n.Keys...)
	for _, c := range which[len(n.Keys):] {
		a := n.Aggregates[c-len(n.Keys)]
		used = append(used, columnsOf(a.Arg, a.Filter)...)
		out.Aggregates = append(out.Aggregates, a)
	}
	of, below := pruned(n.Of, used)
	out.Of, out.Keys, out.Columns = of, allMoved(n.Keys, below.to), pick(n.Columns, which)
	for i := range out.Aggregates {
		a := &out.Aggregates[i]
		a.Arg, a.Filter = moved(a.Arg, below.to), moved(a.Filter, below.to)
	}
	return &out, k
}

func prunedTop(n *Top, wanted []int) (Node, kept) {
	width := len(n.Of.Out())
	used := append(columnsOf(n.Partition...), slices.DeleteFunc(slices.Clone(wanted), func(c int) bool { return c >= width })...)
	for _, o := range n.Order {
		used = append(used, columnsOf(o.Expr)...)
	}
	out := *n
	of, k := pruned(n.Of, used)
	out.Of, out.Partition, out.Order = of, allMoved(n.Partition, k.to), slices.Clone(n.Order)
	for i := range out.Order {
		out.Order[i].Expr = moved(out.Order[i].Expr, k.to)
	}
	if n.Rank {
		k = append(k, len(of.Out()))
	}
	out.Columns = keptOf(n.Columns, k)
	return &out, k
}
