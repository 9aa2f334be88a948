package flow

import (
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// join keeps the rows of both sides by their keys; its pairs follow what comes
// and goes on either. With each row of the left stands how many partners it has.
type join struct {
	flow  *shard
	sides [2]side
	outer bool
	cond  expr      // nil: none
	final bool      // the rows of a window come at once: nothing is kept
	held  []arrival // of the left, until the step ends
	to    port
	alone *emitter // rows without a partner

	pairs []matched
	met   func(p *matched) error // is told of each pair that is there
	found []int64                // partners of each row of the batch

	values []*vec
}

type side struct {
	key   []expr
	types []column.Type
	bag   *bag
}

// matched is a pair whose condition is to be asked for.
type matched struct {
	rows   [2][]byte
	left   *cell // the row of the left, if it is not of the batch
	row    int   // of the batch
	times  int64 // how often the other one is there
	weight int32
	cause
}

func (b builder) join(n *sqlang.Join, to port) error {
	j := &join{flow: b.flow, outer: n.Outer, final: final(n), to: to}
	for k, in := range n.In() {
		keys := [2][]*sqlang.Expr{n.LeftKey, n.RightKey}[k]
		compiled, err := b.compiler(in).compileAll(keys)
		if err != nil {
			return err
		}
		j.sides[k] = side{key: compiled, types: typesOf(in.Out()), bag: b.flow.store.bag()}
	}
	both := slices.Concat(n.Left.Out(), n.Right.Out())
	if n.Cond != nil {
		var err error
		if j.cond, err = (compiler{flow: b.flow, columns: both}).compile(n.Cond); err != nil {
			return err
		}
	}
	j.alone = newEmitter(b.flow, typesOf(both))
	j.alone.to = to
	for k, in := range n.In() {
		if err := b.buildBy(in, [2][]*sqlang.Expr{n.LeftKey, n.RightKey}[k], port{j, k}); err != nil {
			return err
		}
	}
	if j.final {
		b.flow.begins = append(b.flow.begins, j.begin)
		b.flow.works = append(b.flow.works, work{end: j.end})
	}
	return nil
}

func (j *join) begin() {
	clear(j.held)
	j.held = j.held[:0]
}

func (j *join) push(n int, b *column.Batch, sel []int32) error {
	f := j.flow.frameOf(b)
	keys := evalAll(j.sides[n].key, f, sel, j.values[:0])
	sel = j.flow.settle(f, b, append(j.flow.pool.sel(len(sel)), sel...))
	rows := make([]arrival, 0, len(sel))
	for _, i := range sel {
		key, null := appendKeys(nil, keys, i)
		rows = append(rows, arrival{key, appendRow(nil, b.Columns, int(i)), null, b.Weight(int(i)), causeOf(b, i)})
	}
	for _, v := range keys {
		j.flow.pool.release(v)
	}
	j.values = keys
	j.flow.pool.releaseSel(sel)
	var err error
	switch {
	case j.final:
		j.hold(n, rows)
	case n == 0:
		err = j.left(rows)
	default:
		err = j.right(rows)
	}
	if err != nil {
		return err
	}
	return j.alone.flush()
}

// arrival is a row of a batch.
type arrival struct {
	key, row []byte
	null     bool // a part of the key is: it equals nothing
	weight   int32
	cause
}

// hold keeps rows until their window's step ends.
func (j *join) hold(n int, rows []arrival) {
	if n == 0 {
		j.held = append(j.held, rows...)
		return
	}
	for _, r := range rows {
		if !r.null {
			j.keep(1, r)
		}
	}
}

// keep changes how often a row of a side is there.
func (j *join) keep(n int, r arrival) {
	c := j.sides[n].bag.table.cell(bagKey(nil, r.key, r.row))
	j.sides[n].bag.came(j.flow, c, int64(r.weight), 0, r.cause)
}

// pair is the cause of a pair whose other row is the one of a cell.
func (j *join) pair(why cause, c *cell) cause {
	why.made = j.flow.with(why, behind(c))
	return why
}

// left pairs rows of the left with all partners.
func (j *join) left(rows []arrival) error {
	j.found = append(j.found[:0], make([]int64, len(rows))...)
	j.met = func(p *matched) error {
		j.found[p.row] += p.times
		return nil
	}
	for k, r := range rows {
		if r.null {
			continue
		}
		for _, c := range j.sides[1].bag.of(r.key) {
			_, other := split(c)
			n := countOf(c)
			m := matched{rows: [2][]byte{r.row, []byte(other)}, row: k, times: n, weight: r.weight * int32(n), cause: j.pair(r.cause, c)}
			if err := j.add(m); err != nil {
				return err
			}
		}
	}
	if err := j.give(); err != nil {
		return err
	}
	for k, r := range rows {
		if !r.null && !j.final {
			c := j.sides[0].bag.table.cell(bagKey(nil, r.key, r.row))
			j.sides[0].bag.came(j.flow, c, int64(r.weight), j.found[k], r.cause)
		}
		if j.outer && j.found[k] == 0 {
			if err := j.single(r.row, r.weight, r.cause); err != nil {
				return err
			}
		}
	}
	return nil
}

// right pairs rows of the right with all partners.
func (j *join) right(rows []arrival) error {
	j.met = j.partner
	for _, r := range rows {
		if r.null {
			continue
		}
		j.keep(1, r)
		for _, c := range j.sides[0].bag.of(r.key) {
			_, other := split(c)
			m := matched{rows: [2][]byte{[]byte(other), r.row}, left: c, times: int64(r.weight), weight: r.weight * int32(countOf(c)), cause: j.pair(r.cause, c)}
			if err := j.add(m); err != nil {
				return err
			}
		}
	}
	return j.give()
}

// partner counts the partners of a row of the left: with the first one it is
// taken back without one, and given so when the last one goes.
func (j *join) partner(p *matched) error {
	was := extra(p.left)
	now := was + p.times
	j.sides[0].bag.put(p.left, countOf(p.left), now)
	if !j.outer || (was > 0) == (now > 0) {
		return nil
	}
	weight := int32(countOf(p.left))
	if now > 0 {
		weight = -weight
	}
	return j.single(p.rows[0], weight, p.cause)
}

func (j *join) add(m matched) error {
	if j.pairs = append(j.pairs, m); len(j.pairs) < column.Rows {
		return nil
	}
	return j.give()
}

// give makes rows of those pairs for which the condition is true.
func (j *join) give() error {
	pairs := j.pairs
	if j.pairs = j.pairs[:0]; len(pairs) == 0 {
		return nil
	}
	out := j.batch(pairs)
	sel := append(j.flow.pool.sel(len(pairs)), j.flow.pool.all(len(pairs))...)
	if j.cond != nil {
		f := j.flow.frameOf(out)
		v := j.cond.eval(f, sel)
		_, yes := part(v, sel, j.flow.pool.sel(len(pairs)))
		j.flow.pool.release(v)
		sel = j.flow.settle(f, out, yes)
	}
	for _, i := range sel {
		if err := j.met(&pairs[i]); err != nil {
			return err
		}
	}
	if err := j.spend(len(sel)); err != nil {
		return err
	}
	err := j.to.push(out, sel)
	j.flow.pool.releaseSel(sel)
	return err
}

// spend bounds the rows of a step.
func (j *join) spend(rows int) error {
	if j.alone.given += rows; j.alone.given > maxOut {
		return weir.Errorf(weir.Limit, "one step of the query gives more than %d rows", maxOut).
			WithFix("join on more columns, or on ones that have more different values")
	}
	return nil
}

func (j *join) batch(pairs []matched) *column.Batch {
	p := &j.flow.pool
	out := &column.Batch{N: len(pairs), Weights: p.int32s.take(len(pairs)), From: p.origins.take(len(pairs)), Time: p.int64s.take(len(pairs)), Made: p.made.take(len(pairs))}
	for k := range j.sides {
		var columns []*vec
		for _, t := range j.sides[k].types {
			v := p.take(t, len(pairs))
			columns, out.Columns = append(columns, v), append(out.Columns, &v.Vector)
		}
		for i := range pairs {
			readRow(pairs[i].rows[k], columns, int32(i))
		}
	}
	for i, x := range pairs {
		out.Weights[i], out.From[i], out.Time[i], out.Made[i] = x.weight, x.origin, x.time, x.made
	}
	return out
}

// single gives a row of the left with nulls for its partner.
func (j *join) single(row []byte, weight int32, why cause) error {
	i, err := j.alone.row(weight, why)
	if err != nil {
		return err
	}
	left := len(j.sides[0].types)
	readRow(row, j.alone.columns[:left], i)
	for _, v := range j.alone.columns[left:] {
		v.null(i)
	}
	return nil
}

// end pairs the rows of the windows that were closed, and forgets them.
func (j *join) end() error {
	if err := j.left(j.held); err != nil {
		return err
	}
	for _, c := range j.sides[1].bag.table.cells {
		c.set(nil)
	}
	return j.alone.flush()
}
