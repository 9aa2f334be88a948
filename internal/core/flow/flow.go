package flow

import (
	"iter"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Flow is a plan that runs. One goroutine uses it.
//
// It may have several shards, which compute at once: each takes some of the rows
// of a step and, where rows meet by a key, those of some keys. What comes out is
// the same with any number of them, but for the order of rows that windows and
// tables give.
type Flow struct {
	plan     *sqlang.Plan
	shards   []*shard
	together Together
	progress *progress // of the first shard; nil: the plan has no windows
	most     int64     // bytes of state; 0: no bound
	out      []*column.Batch
	failed   []Failed
	errs     []error // of each shard
}

// Together runs do(0) to do(n-1), at once if it likes, and returns when all are
// done. What they do does not depend on whether they run at once.
type Together func(n int, do func(k int))

// MaxShards is how many shards a flow may have.
const MaxShards = 64

// Failed is a row that could not be computed, with the reason: a *weir.Error of
// kind Invalid whose place is that in the statement; or, if ErrLate is in its
// chain, a row that came for a window that had been given already.
type Failed struct {
	Origin column.Origin
	Err    error
}

// New prepares a plan. A plan that needs what flows cannot do is Invalid.
func New(plan *sqlang.Plan) (*Flow, error) { return NewShards(plan, 1, nil) }

// NewShards is New with a number of shards, from 1 to MaxShards, whose work
// together does; nil: one after the other.
func NewShards(plan *sqlang.Plan, shards int, together Together) (*Flow, error) {
	f := &Flow{plan: plan, together: together, errs: make([]error, shards)}
	if shards < 1 || shards > MaxShards {
		return nil, weir.Errorf(weir.Invalid, "%d shards", shards).WithFix("use 1 to %d", MaxShards)
	}
	for k := range shards {
		s, err := newShard(plan, k, shards)
		if err != nil {
			return nil, err
		}
		f.shards = append(f.shards, s)
	}
	f.progress = f.shards[0].progress
	return f, nil
}

// Bound says how many bytes of memory the state may need, about; a step that
// needs more is over a limit. 0: any number.
func (f *Flow) Bound(bytes int64) { f.most = bytes }

// State is how many bytes of memory the state needs, about.
func (f *Flow) State() (bytes int64) {
	for _, s := range f.shards {
		bytes += s.store.size
	}
	return bytes
}

// Changes are the keys of the state whose values are not those of when it was
// last kept, with their values; nil: there is none any more. Neither may be
// changed, nor kept beyond the loop.
func (f *Flow) Changes() iter.Seq2[[]byte, []byte] {
	return f.every(func(s *store) iter.Seq2[[]byte, []byte] { return s.changes() })
}

// All is every key of the state with its value, as Changes gives them, in no
// order. Steps may go on between two of them: what is then changed or added may
// or may not be given, and Changes has it. Neither may be changed, nor kept
// beyond the next step.
func (f *Flow) All() iter.Seq2[[]byte, []byte] {
	return f.every(func(s *store) iter.Seq2[[]byte, []byte] { return s.all() })
}

func (f *Flow) every(of func(s *store) iter.Seq2[[]byte, []byte]) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for _, s := range f.shards {
			for key, value := range of(&s.store) {
				if !yield(key, value) {
					return
				}
			}
		}
	}
}

// Keep makes the state as it is the one to which Undo goes back. It follows a
// commit that has the changes.
func (f *Flow) Keep() {
	for _, s := range f.shards {
		s.store.keep()
	}
}

// Undo takes back what steps did since the state was last kept. It follows an
// epoch that was aborted, and a step with an error.
func (f *Flow) Undo() {
	for _, s := range f.shards {
		s.store.undo()
	}
}

// Restore sets a key to the last value that Changes gave for it; one that is
// empty: there is none. It is for a flow that has made no step yet, and may have
// another number of shards.
func (f *Flow) Restore(key, value []byte) error {
	t, rest, err := f.shards[0].store.find(key)
	if err != nil {
		return err
	}
	owner := f.shards[t.owner(rest, len(f.shards))]
	return owner.store.restore(t.id, rest, value)
}

// Step takes a batch of one input and gives the rows that follow. The batch has
// the columns of the input's scans ([sqlang.Plan.Scans]), one behind the other. Of a table's batch, a row of weight -1
// is a record without a value: only the columns of its key count; the records of
// one key stand in one partition. The rows are in the order of their places:
// those of a partition by offset, one partition behind the other.
//
// What comes out has the plan's columns and is valid until the next Step or
// Advance. Out of a plan that makes a table comes at most one row of a key: of weight 1, the row
// that it is now; of weight -1, with the columns of the key alone, there is none
// any more. Rows of a stream come in the order in which the records came that
// they follow.
//
// A row that fails is left out, the others go on. An error says that the flow
// cannot go on at all, and nothing of this step counts; the flow must then be
// undone to where it was last kept.
func (f *Flow) Step(input int, in *column.Batch) (out []*column.Batch, failed []Failed, err error) {
	f.begin(input)
	for _, e := range f.shards[0].entries[input] {
		if e.from+e.width > len(in.Columns) {
			return nil, nil, weir.Errorf(weir.Internal, "a batch of input %d has %d columns", input, len(in.Columns))
		}
		if err := f.observe(input, e, in); err != nil {
			return nil, nil, err
		}
	}
	err = f.do(in.N, func(s *shard) error { return s.enter(input, in, len(f.shards)) })
	if err == nil {
		err = f.work(nil)
	}
	if err != nil {
		return nil, nil, err
	}
	if err := f.finish(); err != nil {
		return nil, nil, err
	}
	if len(f.shards) > 1 && f.plan.Mode == sqlang.Append {
		f.inOrder(f.outs())
	}
	return f.out, f.failed, nil
}

// observe takes the event times of a batch in, as an entry has them.
func (f *Flow) observe(input int, e entry, b *column.Batch) error {
	switch {
	case !e.timed || f.timed(input) == nil:
	case e.time >= 0:
		times := b.Columns[e.from+e.time]
		f.progress.observe(input, b, times.Ints, times.Null)
	case b.Time == nil:
		return weir.Errorf(weir.Internal, "a batch of input %d has no times", input)
	default:
		f.progress.observe(input, b, b.Time, nil)
	}
	return nil
}

// begin makes what the last step gave out free for use.
func (f *Flow) begin(input int) {
	mark, marked := f.Watermark()
	f.out, f.failed = f.out[:0], f.failed[:0]
	for _, s := range f.shards {
		s.mark, s.marked = mark, marked
		s.begin(input)
	}
}

// atOnce is how many rows are worth it that shards work at once.
const atOnce = 256

// do lets every shard do something that takes a number of rows.
func (f *Flow) do(rows int, what func(s *shard) error) error {
	if f.together == nil || rows < atOnce || len(f.shards) == 1 {
		for _, s := range f.shards {
			if err := what(s); err != nil {
				return err
			}
		}
		return nil
	}
	f.together(len(f.shards), func(k int) { f.errs[k] = what(f.shards[k]) })
	for _, err := range f.errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// work lets the shards do what there is to do behind their scans, inputs first: a
// part that takes rows of all shards begins when all are done with what is before
// it. closing is the watermark that closes windows; nil: it does not move.
func (f *Flow) work(closing *int64) error {
	works := f.shards[0].works
	for from := 0; from < len(works); {
		to := from + 1
		for to < len(works) && works[to].from == nil {
			to++
		}
		if err := f.do(f.waiting(from, closing), func(s *shard) error { return s.work(from, to, closing, f.shards) }); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// waiting is how many rows a part of the work has to take.
func (f *Flow) waiting(at int, closing *int64) (rows int) {
	if closing != nil {
		return atOnce
	}
	for _, s := range f.shards {
		if x := s.works[at].from; x != nil {
			rows += x.rows
		}
	}
	return rows
}

// finish collects what came out of all shards.
func (f *Flow) finish() error {
	if err := f.do(f.waitingOut(), func(s *shard) error { return s.finish() }); err != nil {
		return err
	}
	for _, s := range f.shards {
		f.out, f.failed = append(f.out, s.out...), append(f.failed, s.failed...)
	}
	f.countLate()
	if size := f.State(); f.most > 0 && size > f.most {
		return weir.Errorf(weir.Limit, "the state needs more than %d bytes", f.most).
			WithFix("give the query more memory, or let it keep less: fewer keys, shorter windows, fewer columns of tables")
	}
	return nil
}

// outs is what came out of each shard.
func (f *Flow) outs() (lists [][]parcel) {
	for _, s := range f.shards {
		var list []parcel
		for _, b := range s.out {
			if b.N > 0 {
				list = append(list, parcel{b, s.pool.all(b.N)})
			}
		}
		if list != nil {
			lists = append(lists, list)
		}
	}
	return lists
}

func (f *Flow) waitingOut() (rows int) {
	for _, s := range f.shards {
		rows += s.sink.waiting()
	}
	return rows
}
