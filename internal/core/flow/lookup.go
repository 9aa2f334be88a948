package flow

import (
	"bytes"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// lookup pairs the rows of a stream with those that a table has when they come.
// Rows go on in the order in which they came.
type lookup struct {
	flow     *shard
	leftKey  []expr
	rightKey []expr
	outer    bool
	cond     expr // nil: none
	left     int  // columns
	right    []column.Type
	to       port

	// The table by the key of the join: the rows of a table of records whose key
	// is just that, else a bag.
	latest *table
	bag    *bag

	pairs  []pair
	bytes  []byte
	values []*vec
}

// pair is a row of the left and one of the right, with what that was made of;
// nil: none.
type pair struct {
	left  int32
	right []byte
	made  []byte
}

// maxPairs is how many pairs the rows of one batch may make.
const maxPairs = 1 << 20

func (b builder) lookup(n *sqlang.Join, to port) error {
	j := &lookup{flow: b.flow, outer: n.Outer, left: len(n.Left.Out()), right: typesOf(n.Right.Out()), to: to}
	var err error
	if j.leftKey, err = b.compiler(n.Left).compileAll(n.LeftKey); err != nil {
		return err
	}
	if j.rightKey, err = b.compiler(n.Right).compileAll(n.RightKey); err != nil {
		return err
	}
	if n.Cond != nil {
		both := slices.Concat(n.Left.Out(), n.Right.Out())
		if j.cond, err = (compiler{flow: b.flow, columns: both}).compile(n.Cond); err != nil {
			return err
		}
	}
	if err := b.buildBy(n.Left, n.LeftKey, port{to: j}); err != nil {
		return err
	}
	if s, ok := n.Right.(*sqlang.Scan); ok && keyedBy(s, n.RightKey) {
		j.latest = b.flow.store.table()
		return b.enterBy(s, n.RightKey, port{j, 1})
	}
	b.timed = false
	j.bag = b.flow.store.bag()
	return b.buildBy(n.Right, n.RightKey, port{j, 1})
}

// keyedBy reports whether expressions are just the columns of a table's key.
func keyedBy(s *sqlang.Scan, keys []*sqlang.Expr) bool {
	if !s.Table || len(keys) != len(s.Key) {
		return false
	}
	var columns []int
	for _, k := range keys {
		if k.Kind != sqlang.ColumnRef || !slices.Contains(s.Key, k.Column) || slices.Contains(columns, k.Column) {
			return false
		}
		columns = append(columns, k.Column)
	}
	return true
}

func (j *lookup) push(n int, b *column.Batch, sel []int32) error {
	if n == 1 {
		return j.change(b, sel)
	}
	f := j.flow.frameOf(b)
	values := evalAll(j.leftKey, f, sel, j.values[:0])
	sel = j.flow.settle(f, b, append(j.flow.pool.sel(len(sel)), sel...))
	err := j.match(values, sel)
	j.release(values)
	if err == nil {
		err = j.give(b)
	}
	j.flow.pool.releaseSel(sel)
	return err
}

func evalAll(es []expr, f *frame, sel []int32, into []*vec) []*vec {
	for _, e := range es {
		into = append(into, e.eval(f, sel))
	}
	return into
}

func (j *lookup) release(values []*vec) {
	for _, v := range values {
		j.flow.pool.release(v)
	}
	j.values = values
}

// change takes the changes of the table in.
func (j *lookup) change(b *column.Batch, sel []int32) error {
	f := j.flow.frameOf(b)
	values := evalAll(j.rightKey, f, sel, j.values[:0])
	sel = j.flow.settle(f, b, append(j.flow.pool.sel(len(sel)), sel...))
	for _, i := range sel {
		var null bool
		j.bytes, null = appendKeys(j.bytes[:0], values, i)
		switch {
		case null && j.latest != nil:
			j.flow.failed = append(j.flow.failed, Failed{j.flow.originOf(b, int(i)), weir.Errorf(weir.Invalid, "%s", errKey)})
		case null: // it equals nothing
		case j.latest != nil:
			j.replace(b, i)
		default:
			c := j.bag.table.cell(bagKey(nil, j.bytes, appendRow(nil, b.Columns, int(i))))
			j.bag.came(j.flow, c, int64(b.Weight(int(i))), 0, causeOf(b, i))
		}
	}
	j.release(values)
	j.flow.pool.releaseSel(sel)
	return nil
}

// replace makes row i the one of its key.
func (j *lookup) replace(b *column.Batch, i int32) {
	c := j.latest.cell(j.bytes)
	if b.Weight(int(i)) < 0 {
		c.set(nil)
		return
	}
	j.bytes = appendMade(j.bytes[:0], j.flow.list(causeOf(b, i)))
	row := len(j.bytes)
	j.bytes = appendRow(j.bytes, b.Columns, int(i))
	if c.value == nil || !bytes.Equal(skipMade(c.value), j.bytes[row:]) {
		c.set(bytes.Clone(j.bytes))
	}
}

// match lists the pairs of rows: for each row of the left its partners and, if
// the join is an outer one, one without.
func (j *lookup) match(values []*vec, sel []int32) error {
	j.pairs = j.pairs[:0]
	for _, i := range sel {
		var null bool
		if j.bytes, null = appendKeys(j.bytes[:0], values, i); !null {
			j.partners(i)
		}
		if j.outer && (j.cond != nil || len(j.pairs) == 0 || j.pairs[len(j.pairs)-1].left != i) {
			j.pairs = append(j.pairs, pair{left: i})
		}
		if len(j.pairs) > maxPairs {
			return weir.Errorf(weir.Limit, "a join makes more than %d rows of %d", maxPairs, len(sel)).
				WithFix("join on more columns, or on ones that have more different values")
		}
	}
	return nil
}

func (j *lookup) partners(i int32) {
	if j.latest != nil {
		if c := j.latest.get(j.bytes); c != nil {
			row := skipMade(c.value)
			j.pairs = append(j.pairs, pair{i, row, c.value[:len(c.value)-len(row)]})
		}
		return
	}
	for _, c := range j.bag.of(j.bytes) {
		_, row := split(c)
		made := behind(c)
		for range countOf(c) {
			j.pairs = append(j.pairs, pair{i, []byte(row), made})
		}
	}
}

// give makes batches of the pairs, and lets those pass for which the condition
// is true.
func (j *lookup) give(b *column.Batch) error {
	matched := int32(-1) // the last row of the left that has a partner
	for pairs := j.pairs; len(pairs) > 0; {
		n := min(len(pairs), column.Rows)
		out := j.batch(b, pairs[:n])
		sel := append(j.flow.pool.sel(n), j.flow.pool.all(n)...)
		if j.cond != nil {
			j.flow.pool.releaseSel(sel)
			sel, matched = j.choose(out, pairs[:n], matched)
		}
		if err := j.to.push(out, sel); err != nil {
			return err
		}
		j.flow.pool.releaseSel(sel)
		pairs = pairs[n:]
	}
	return nil
}

func (j *lookup) batch(b *column.Batch, pairs []pair) *column.Batch {
	p := &j.flow.pool
	left := p.sel(len(pairs))
	for _, x := range pairs {
		left = append(left, x.left)
	}
	out := j.flow.gather(b, left)
	p.releaseSel(left)
	made := p.made.take(len(pairs))
	for i, x := range pairs {
		if why := causeOf(out, int32(i)); x.right == nil {
			made[i] = why.made
		} else {
			made[i] = j.flow.with(why, x.made)
		}
	}
	out.Made = made
	right := make([]*vec, len(j.right))
	for k, t := range j.right {
		right[k] = p.take(t, len(pairs))
	}
	for i, x := range pairs {
		if x.right != nil {
			readRow(x.right, right, int32(i))
			continue
		}
		for _, v := range right {
			v.null(int32(i))
		}
	}
	for _, v := range right {
		out.Columns = append(out.Columns, &v.Vector)
	}
	return out
}

// choose evaluates the condition: of a row's pairs those pass for which it is
// true, and if there are none the one without a partner.
func (j *lookup) choose(out *column.Batch, pairs []pair, matched int32) ([]int32, int32) {
	p := &j.flow.pool
	asked := p.sel(len(pairs))
	for i, x := range pairs {
		if x.right != nil {
			asked = append(asked, int32(i))
		}
	}
	f := j.flow.frameOf(out)
	v := j.cond.eval(f, asked)
	sel := p.sel(len(pairs))
	for i, x := range pairs {
		switch {
		case f.faults != nil && f.faults[i].err != nil:
			matched = x.left // nor is it without a partner
		case x.right != nil && (v.IsNull(i) || v.Ints[i] == 0):
		case x.right != nil:
			sel, matched = append(sel, int32(i)), x.left
		case matched != x.left:
			sel = append(sel, int32(i))
		}
	}
	p.release(v)
	p.releaseSel(asked)
	return j.flow.settle(f, out, sel), matched
}
