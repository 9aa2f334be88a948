package flow

import (
	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// shard is a part of a flow: the operators of the whole plan, with the state of
// some keys. Shards share nothing but what they give each other at exchanges.
type shard struct {
	plan    *sqlang.Plan
	number  int
	of      int // how many there are
	pool    pool
	entries [][]entry            // of each input: where the rows of its scans go
	places  map[*sqlang.Scan]int // where the columns of a scan stand in a batch of its input
	shared  map[shared]*tee      // of nodes that several others are over
	sink    sink
	store   store
	works   []work   // inputs first
	begins  []func() // of operators that remember something of a step
	emits   []*emitter
	failed  []Failed
	out     []*column.Batch
	frame   frame

	progress *progress // nil: the plan has no windows
	mark     int64     // the watermark of this step
	marked   bool      // there is one
	input    int       // of this step
	late     []tooLate // rows of this step
}

// entry is where the rows of an input enter.
type entry struct {
	from  int  // of the columns of the input's batch
	width int  // how many
	time  int  // of these the event time; -1: the batch's
	timed bool // its rows come into windows: their times count
	to    port
}

// work is what is to do in a step behind the scans: rows of all shards are taken;
// then windows are closed, if the watermark moves; then an operator ends its step.
type work struct {
	from  *exchange
	close func(watermark int64) error
	end   func() error
}

func newShard(plan *sqlang.Plan, number, of int) (*shard, error) {
	f := &shard{plan: plan, number: number, of: of, entries: make([][]entry, len(plan.Inputs)), places: map[*sqlang.Scan]int{}, shared: map[shared]*tee{}}
	for i := range plan.Inputs {
		at := 0
		for _, s := range plan.Scans(i) {
			f.places[s] = at
			at += len(s.Columns)
		}
	}
	s, err := newSink(f, plan)
	if err != nil {
		return nil, err
	}
	f.sink = s
	b := builder{flow: f}
	if plan.Mode == sqlang.Append || togetherBy(plan.Root, plan.Key) {
		err = b.build(plan.Root, port{to: s})
	} else {
		err = b.buildBy(plan.Root, refsTo(plan.Columns, plan.Key), port{to: s})
	}
	f.store.keep()
	return f, err
}

// begin makes what the last step gave out free for use.
func (f *shard) begin(input int) {
	f.input = input
	f.pool.reset()
	f.failed, f.late, f.out = f.failed[:0], f.late[:0], nil
	for _, e := range f.emits {
		e.begin()
	}
	for _, begin := range f.begins {
		begin()
	}
	for _, w := range f.works {
		if w.from != nil {
			w.from.begin()
		}
	}
	f.sink.begin()
}

// enter takes its part of the rows of a batch.
func (f *shard) enter(input int, in *column.Batch, shards int) error {
	from, to := f.number*in.N/shards, (f.number+1)*in.N/shards
	for _, e := range f.entries[input] {
		b := *in
		b.Columns = in.Columns[e.from : e.from+e.width]
		if err := e.to.push(&b, f.pool.all(in.N)[from:to]); err != nil {
			return err
		}
	}
	return nil
}

// work does some of its works.
func (f *shard) work(from, to int, closing *int64, all []*shard) error {
	for k, w := range f.works[from:to] {
		if w.from != nil {
			if err := w.from.take(from+k, all); err != nil {
				return err
			}
		}
		if w.close != nil && closing != nil {
			if err := w.close(*closing); err != nil {
				return err
			}
		}
		if w.end != nil {
			if err := w.end(); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish lets the sink give what it has.
func (f *shard) finish() (err error) {
	f.out, err = f.sink.end()
	return err
}

// operator takes rows. What it gets is valid until the step ends. sel names the
// rows of b that count, in order.
type operator interface {
	push(port int, b *column.Batch, sel []int32) error
}

// port is an input of an operator.
type port struct {
	to operator
	n  int
}

func (p port) push(b *column.Batch, sel []int32) error {
	if len(sel) == 0 {
		return nil
	}
	return p.to.push(p.n, b, sel)
}

// builder makes operators of a plan, from its root to its scans.
type builder struct {
	flow  *shard
	timed bool // what is built comes into windows
}

// build builds a node and what it is over. One that others are over too is built
// once.
func (b builder) build(n sqlang.Node, to port) error {
	key := shared{n, b.timed}
	if t := b.flow.shared[key]; t != nil {
		t.to = append(t.to, to)
		return nil
	}
	t := &tee{to: []port{to}}
	b.flow.shared[key] = t
	return b.operator(n, port{to: t})
}

// shared is a node as it is built.
type shared struct {
	node  sqlang.Node
	timed bool
}

// tee gives rows to several.
type tee struct{ to []port }

func (t *tee) push(_ int, b *column.Batch, sel []int32) error {
	for _, to := range t.to {
		if err := to.push(b, sel); err != nil {
			return err
		}
	}
	return nil
}

func (b builder) operator(n sqlang.Node, to port) error {
	switch n := n.(type) {
	case *sqlang.Scan:
		return b.scan(n, nil, to)
	case *sqlang.Filter:
		cond, err := b.compiler(n.Of).compile(n.Cond)
		if err != nil {
			return err
		}
		if s, ok := n.Of.(*sqlang.Scan); ok && s.Table {
			return b.scan(s, cond, to)
		}
		return b.build(n.Of, port{to: &filter{flow: b.flow, cond: cond, to: to}})
	case *sqlang.Project:
		exprs, err := b.compiler(n.Of).compileAll(n.Exprs)
		if err != nil {
			return err
		}
		return b.build(n.Of, port{to: &project{flow: b.flow, exprs: exprs, to: to}})
	case *sqlang.Union:
		for _, of := range n.Of {
			if err := b.build(of, to); err != nil {
				return err
			}
		}
		return nil
	case *sqlang.Session:
		return b.session(n, to)
	case *sqlang.Window:
		return b.window(n, to)
	case *sqlang.Group:
		return b.group(n, to)
	case *sqlang.Join:
		if n.Lookup {
			return b.lookup(n, to)
		}
		return b.join(n, to)
	case *sqlang.Top:
		return b.top(n, to)
	}
	return weir.Errorf(weir.Invalid, "%T is not supported yet", n)
}

// scan lets the rows of an input enter; of a table, those for which cond is true.
func (b builder) scan(n *sqlang.Scan, cond expr, to port) error {
	if n.Input < 0 || n.Input >= len(b.flow.entries) {
		return weir.Errorf(weir.Internal, "the plan has no input %d", n.Input)
	}
	if b.timed {
		b.flow.timedInput(n.Input)
	}
	if n.Table {
		return b.enterBy(n, refsTo(n.Columns, n.Key), port{to: newTableScan(b.flow, n, cond, to)})
	}
	b.enter(n, to)
	return nil
}

// enter lets the rows of a scan enter.
func (b builder) enter(n *sqlang.Scan, to port) {
	b.flow.entries[n.Input] = append(b.flow.entries[n.Input], entry{from: b.flow.places[n], width: len(n.Columns), time: n.Time, timed: b.timed, to: to})
}

func (b builder) compiler(of sqlang.Node) compiler {
	return compiler{flow: b.flow, columns: of.Out()}
}
