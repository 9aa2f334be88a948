package flow

import (
	"iter"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Flow is a plan that runs. One goroutine uses it.
type Flow struct {
	plan     *sqlang.Plan
	pool     pool
	entries  [][]entry // of each input: its scans
	sink     sink
	store    store
	ends     []func() error                // of operators that give rows when a step ends, inputs first
	begins   []func()                      // of operators that remember something of a step
	windows  []func(watermark int64) error // of operators that close windows, inputs first
	emits    []*emitter
	failed   []Failed
	frame    frame
	progress *progress              // nil: the plan has no windows
	mark     int64                  // the watermark of this step
	marked   bool                   // there is one
	input    int                    // of this step
	lates    map[column.Origin]bool // rows of this step that came late
}

// entry is where the rows of an input enter.
type entry struct {
	width int // columns of the input's batch
	time  int // of these the event time; -1: the batch's
	to    port
}

// Failed is a row that could not be computed, with the reason: a *weir.Error of
// kind Invalid whose place is that in the statement; or, if ErrLate is in its
// chain, a row that came for a window that had been given already.
type Failed struct {
	Origin column.Origin
	Err    error
}

// New prepares a plan. A plan that needs what flows cannot do is Invalid.
func New(plan *sqlang.Plan) (*Flow, error) {
	f := &Flow{plan: plan, entries: make([][]entry, len(plan.Inputs)), lates: map[column.Origin]bool{}}
	s, err := newSink(f, plan)
	if err != nil {
		return nil, err
	}
	f.sink = s
	b := builder{flow: f}
	if err := b.build(plan.Root, port{to: s}); err != nil {
		return nil, err
	}
	f.store.keep()
	return f, nil
}

// Bound says how many bytes of memory the state may need, about; a step that
// needs more is over a limit. 0: any number.
func (f *Flow) Bound(bytes int64) { f.store.most = bytes }

// State is how many bytes of memory the state needs, about.
func (f *Flow) State() int64 { return f.store.size }

// Changes are the keys of the state whose values are not those of when it was
// last kept, with their values; nil: there is none any more. Neither may be
// changed, nor kept beyond the loop.
func (f *Flow) Changes() iter.Seq2[[]byte, []byte] { return f.store.changes() }

// Keep makes the state as it is the one to which Undo goes back. It follows a
// commit that has the changes.
func (f *Flow) Keep() { f.store.keep() }

// Undo takes back what steps did since the state was last kept. It follows an
// epoch that was aborted, and a step with an error.
func (f *Flow) Undo() { f.store.undo() }

// Restore sets a key to the last value that Changes gave for it; one that is
// empty: there is none. It is for a flow that has made no step yet.
func (f *Flow) Restore(key, value []byte) error { return f.store.restore(key, value) }

// Step takes a batch of one input and gives the rows that follow. The batch has
// the columns of the input's scan; if the plan scans it more than once, those of
// the first scan, then those of the next. Of a table's batch, a row of weight -1
// is a record without a value: only the columns of its key count.
//
// What comes out has the plan's columns and is valid until the next Step or
// Advance. Out of
// a plan that makes a table comes at most one row of a key: of weight 1, the row
// that it is now; of weight -1, with the columns of the key alone, there is none
// any more.
//
// A row that fails is left out, the others go on. An error says that the flow
// cannot go on at all, and nothing of this step counts; the flow must then be
// undone to where it was last kept.
func (f *Flow) Step(input int, in *column.Batch) (out []*column.Batch, failed []Failed, err error) {
	f.begin(input)
	at := 0
	for _, e := range f.entries[input] {
		if at+e.width > len(in.Columns) {
			return nil, nil, weir.Errorf(weir.Internal, "a batch of input %d has %d columns", input, len(in.Columns))
		}
		b := *in
		b.Columns = in.Columns[at : at+e.width]
		at += e.width
		if err := f.observe(input, e, &b); err != nil {
			return nil, nil, err
		}
		if err := e.to.push(&b, f.pool.all(b.N)); err != nil {
			return nil, nil, err
		}
	}
	return f.finish()
}

// observe takes the event times of a batch in.
func (f *Flow) observe(input int, e entry, b *column.Batch) error {
	switch {
	case f.timed(input) == nil:
	case e.time >= 0:
		f.progress.observe(input, b, b.Columns[e.time].Ints, b.Columns[e.time].Null)
	case b.Time == nil:
		return weir.Errorf(weir.Internal, "a batch of input %d has no times", input)
	default:
		f.progress.observe(input, b, b.Time, nil)
	}
	return nil
}

// finish lets operators give what they have at the end of a step.
func (f *Flow) finish() ([]*column.Batch, []Failed, error) {
	for _, end := range f.ends {
		if err := end(); err != nil {
			return nil, nil, err
		}
	}
	out, err := f.sink.end()
	if err == nil {
		err = f.store.check()
	}
	return out, f.failed, err
}

// begin makes what the last step gave out free for use.
func (f *Flow) begin(input int) {
	f.input = input
	f.mark, f.marked = f.Watermark()
	f.pool.reset()
	f.failed = f.failed[:0]
	clear(f.lates)
	for _, e := range f.emits {
		e.begin()
	}
	for _, begin := range f.begins {
		begin()
	}
	f.sink.begin()
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
	flow  *Flow
	timed bool // what is built comes into windows
}

func (b builder) build(n sqlang.Node, to port) error {
	switch n := n.(type) {
	case *sqlang.Scan:
		return b.scan(n, to)
	case *sqlang.Filter:
		cond, err := b.compiler(n.Of).compile(n.Cond)
		if err != nil {
			return err
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

func (b builder) scan(n *sqlang.Scan, to port) error {
	if n.Input < 0 || n.Input >= len(b.flow.entries) {
		return weir.Errorf(weir.Internal, "the plan has no input %d", n.Input)
	}
	if n.Table {
		to = port{to: newTableScan(b.flow, n, to)}
	}
	if b.timed {
		b.flow.timedInput(n.Input)
	}
	b.flow.entries[n.Input] = append(b.flow.entries[n.Input], entry{width: len(n.Columns), time: n.Time, to: to})
	return nil
}

func (b builder) compiler(of sqlang.Node) compiler {
	return compiler{flow: b.flow, columns: of.Out()}
}
