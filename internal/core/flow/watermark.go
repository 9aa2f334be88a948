package flow

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// progress is how far event time has come, for plans with windows: the latest
// time of each partition, and the watermark. It is state as any other.
type progress struct {
	table  *table
	inputs map[int]*timed // whose rows come into windows
}

// timed is an input whose event time counts.
type timed struct {
	delay      int64          // microseconds
	partitions map[int32]bool // those that count; nil: each that was seen
	idle       map[int32]bool
}

// What the table's keys begin with.
const (
	keyPartition = 'p'
	keyWatermark = 'w'
	keyLate      = 'l'
)

// Assign says which partitions of an input count for the watermark: it waits for
// a row of each. Without it, those count of which a row came.
func (f *Flow) Assign(input int, partitions []int32) {
	if in := f.timed(input); in != nil {
		in.partitions = map[int32]bool{}
		for _, p := range partitions {
			in.partitions[p] = true
		}
	}
}

// Idle says whether the watermark shall not wait for a partition, as nothing
// comes from it.
func (f *Flow) Idle(input int, partition int32, idle bool) {
	if in := f.timed(input); in != nil {
		in.idle[partition] = idle
	}
}

// Watermark is the event time in microseconds before which nothing is expected
// any more; false: there is none yet, or the plan needs none.
func (f *Flow) Watermark() (int64, bool) {
	if f.progress == nil {
		return 0, false
	}
	return f.progress.number(keyWatermark, nil)
}

// Late is how many rows came for windows that had been given already: each row
// once, however many windows it is in. They are left out of those windows.
func (f *Flow) Late() int64 {
	if f.progress == nil {
		return 0
	}
	n, _ := f.progress.number(keyLate, nil)
	return n
}

// Advance moves the watermark on and gives the rows of the windows that end
// before it; a plan without windows gives none. It ends an epoch, before its
// changes are asked for: rows of one epoch are never late for each other.
func (f *Flow) Advance() (out []*column.Batch, failed []Failed, err error) {
	if f.progress == nil {
		return nil, nil, nil
	}
	f.begin(-1)
	now, ok := f.progress.watermark()
	if was, known := f.Watermark(); !ok || known && now <= was {
		return nil, nil, nil
	}
	return f.close(now)
}

// Complete gives the rows of every window that is open, as if nothing followed;
// nothing may follow.
func (f *Flow) Complete() (out []*column.Batch, failed []Failed, err error) {
	if f.progress == nil {
		return nil, nil, nil
	}
	f.begin(-1)
	return f.close(math.MaxInt64)
}

// close moves the watermark to a moment, and gives what ends before it.
func (f *Flow) close(now int64) (out []*column.Batch, failed []Failed, err error) {
	f.progress.set(keyWatermark, nil, now)
	if err := f.work(&now); err != nil {
		return nil, nil, err
	}
	if err := f.finish(); err != nil {
		return nil, nil, err
	}
	return f.out, f.failed, nil
}

func (f *Flow) timed(input int) *timed {
	if f.progress == nil {
		return nil
	}
	return f.progress.inputs[input]
}

// countLate hands out the rows that came late, each once, with the first of its
// windows.
func (f *Flow) countLate() {
	var all []tooLate
	for _, s := range f.shards {
		all = append(all, s.late...)
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b tooLate) int {
		return cmp.Or(compareOrigins(a.origin, b.origin), cmp.Compare(a.end, b.end))
	})
	all = slices.CompactFunc(all, func(a, b tooLate) bool { return a.origin.Offset >= 0 && a.origin == b.origin })
	for _, x := range all {
		f.failed = append(f.failed, Failed{x.origin, weir.Errorf(weir.Invalid, "it came late: the window that ends at %s was given when the watermark was %s", moment(x.end), moment(f.shards[0].mark)).Because(ErrLate)})
	}
	f.progress.set(keyLate, nil, f.Late()+int64(len(all)))
}

// tooLate is a row that came for a window that ends there.
type tooLate struct {
	origin column.Origin
	end    int64
}

// timedInput makes an input one whose event time counts.
func (f *shard) timedInput(input int) {
	if f.progress.inputs[input] == nil {
		delay := f.plan.Inputs[input].Delay
		f.progress.inputs[input] = &timed{delay: int64(delay) / 1000, idle: map[int32]bool{}}
	}
}

func (p *progress) key(kind byte, rest []byte) []byte { return append([]byte{kind}, rest...) }

func (p *progress) number(kind byte, rest []byte) (int64, bool) {
	c := p.table.get(p.key(kind, rest))
	if c == nil {
		return 0, false
	}
	v, _ := binary.Varint(c.value)
	return v, true
}

func (p *progress) set(kind byte, rest []byte, v int64) {
	p.table.cell(p.key(kind, rest)).set(binary.AppendVarint(nil, v))
}

// observe takes the times of a batch in.
func (p *progress) observe(input int, b *column.Batch, times []int64, null []bool) {
	if p.inputs[input] == nil || b.N == 0 {
		return
	}
	for i := 0; i < b.N; {
		partition := originAt(b, int32(i)).Partition
		latest, any := int64(0), false
		for ; i < b.N && originAt(b, int32(i)).Partition == partition; i++ {
			if (null == nil || !null[i]) && (!any || times[i] > latest) {
				latest, any = times[i], true
			}
		}
		rest := binary.AppendVarint(binary.AppendUvarint(nil, uint64(input)), int64(partition))
		if was, known := p.number(keyPartition, rest); any && (!known || latest > was) {
			p.set(keyPartition, rest, latest)
		}
	}
}

// watermark is the least of all partitions that count.
func (p *progress) watermark() (int64, bool) {
	least, any := int64(0), false
	for input, in := range p.inputs {
		latest, ok := p.latest(input, in)
		if !ok {
			return 0, false
		}
		for _, t := range latest {
			if t -= in.delay; !any || t < least {
				least, any = t, true
			}
		}
	}
	return least, any
}

// latest is the times of an input's partitions that count; false if one has none
// yet.
func (p *progress) latest(input int, in *timed) (times []int64, ok bool) {
	seen := map[int32]int64{}
	for _, c := range p.table.cells {
		if c.value == nil || c.key[0] != keyPartition {
			continue
		}
		n, w := binary.Uvarint([]byte(c.key[1:]))
		partition, _ := binary.Varint([]byte(c.key[1+w:]))
		if int(n) == input {
			t, _ := binary.Varint(c.value)
			seen[int32(partition)] = t
		}
	}
	for partition := range in.partitions {
		if _, ok := seen[partition]; !ok && !in.idle[partition] {
			return nil, false
		}
	}
	for partition, t := range seen {
		if !in.idle[partition] && (in.partitions == nil || in.partitions[partition]) {
			times = append(times, t)
		}
	}
	idle := len(times) == 0 && (len(in.partitions) > 0 || len(seen) > 0)
	return times, len(times) > 0 || idle
}

// ErrLate is in the chain of the error of a row that came for a window that had
// been given already.
var ErrLate = errors.New("late")

// isLate reports whether a window that ends there has been given already, and
// remembers the row if so.
func (f *shard) isLate(b *column.Batch, row int32, end int64) bool {
	if !f.marked || end > f.mark {
		return false
	}
	f.late = append(f.late, tooLate{f.originOf(b, int(row)), end})
	return true
}

// moment is microseconds as one reads them.
func moment(t int64) string { return time.UnixMicro(t).UTC().Format("2006-01-02T15:04:05.999999Z") }

// maxWindows is how many windows a row may be in.
const maxWindows = 1000

var errNoTime = errors.New("the event time is null")

// window gives each row the windows that it is in.
type window struct {
	flow        *shard
	time        int
	size, slide int64
	to          port
	rows        []int32
	starts      []int64
}

func (b builder) window(n *sqlang.Window, to port) error {
	if n.Size <= 0 || n.Slide <= 0 || n.Slide > n.Size || n.Size/n.Slide > maxWindows {
		return weir.Errorf(weir.Invalid, "a window of %d microseconds every %d", n.Size, n.Slide).
			WithFix("use windows that begin at least as often as they are long, and at most %d of them for a row", maxWindows)
	}
	b = b.opened()
	return b.build(n.Of, port{to: &window{flow: b.flow, time: n.Time, size: n.Size, slide: n.Slide, to: to}})
}

// opened is a builder of what comes into windows.
func (b builder) opened() builder {
	if b.flow.progress == nil {
		b.flow.progress = &progress{table: b.flow.store.table().alone(), inputs: map[int]*timed{}}
	}
	b.timed = true
	return b
}

func (o *window) push(_ int, b *column.Batch, sel []int32) error {
	if o.size == o.slide {
		return o.single(b, sel)
	}
	times := b.Columns[o.time]
	o.rows, o.starts = o.rows[:0], o.starts[:0]
	for _, i := range sel {
		if times.IsNull(int(i)) {
			o.timeless(b, i)
			continue
		}
		t := times.Ints[i]
		last := floorDiv(t, o.slide) * o.slide
		for start := last - (o.size-1-(t-last))/o.slide*o.slide; start <= last; start += o.slide {
			o.rows, o.starts = append(o.rows, i), append(o.starts, start)
			if len(o.rows) == column.Rows {
				if err := o.give(b); err != nil {
					return err
				}
			}
		}
	}
	return o.give(b)
}

// timeless says of a row that it has no time.
func (o *window) timeless(b *column.Batch, i int32) {
	if b.Weight(int(i)) > 0 {
		o.flow.failed = append(o.flow.failed, Failed{o.flow.originOf(b, int(i)), weir.Errorf(weir.Invalid, "%s", errNoTime)})
	}
}

// single gives each row the one window that it is in.
func (o *window) single(b *column.Batch, sel []int32) error {
	times, p := b.Columns[o.time], &o.flow.pool
	start, end := p.take(column.Type{Kind: column.Timestamp}, b.N), p.take(column.Type{Kind: column.Timestamp}, b.N)
	o.rows = o.rows[:0]
	for _, i := range sel {
		if times.IsNull(int(i)) {
			o.timeless(b, i)
			continue
		}
		o.rows = append(o.rows, i)
		start.Ints[i] = floorDiv(times.Ints[i], o.size) * o.size
		end.Ints[i] = start.Ints[i] + o.size
	}
	out := *b
	out.Columns = append(slices.Clone(b.Columns), &start.Vector, &end.Vector)
	return o.to.push(&out, o.rows)
}

// give makes a batch of rows with their windows.
func (o *window) give(b *column.Batch) error {
	out := o.flow.gather(b, o.rows)
	start := o.flow.pool.take(column.Type{Kind: column.Timestamp}, out.N)
	end := o.flow.pool.take(column.Type{Kind: column.Timestamp}, out.N)
	for i, s := range o.starts {
		start.Ints[i], end.Ints[i] = s, s+o.size
	}
	out.Columns = append(out.Columns, &start.Vector, &end.Vector)
	o.rows, o.starts = o.rows[:0], o.starts[:0]
	return o.to.push(out, o.flow.pool.all(out.N))
}
