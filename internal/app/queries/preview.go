package queries

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Bounds of a preview.
const (
	PreviewRows    = 100  // that are given
	PreviewRecords = 1000 // the newest of each partition of an input that are read
	previewTime    = 1500 * time.Millisecond
	previewBytes   = 16 << 20 // of records of one input
	previewFaults  = 20       // records that failed and are told
	previewsAtOnce = 4        // on a node
)

// Preview is a statement over some of the newest records.
type Preview struct {
	Understood
	Rows   []json.RawMessage // an object each
	Read   int               // records that were looked at
	Bytes  int64             // of those, keys and values
	Took   time.Duration     // how long the statement needed for them, without reading
	More   bool              // there are more rows than are given
	Cut    bool              // a bound of time or bytes came first
	Failed []Fault
	// FailedMore is how many further records the statement could not be computed
	// for.
	FailedMore int
}

// Fault is a record that a statement could not be computed for.
type Fault struct {
	Product   string
	Partition int32
	Offset    int64
	Reason    string
}

// Preview runs a statement over the newest records of its inputs, with the rights
// of the caller. It makes nothing. What it reads it reads within
// two seconds; more is left out.
func (q *Queries) Preview(ctx context.Context, by weir.Principal, statement string, encoding weir.Encoding) (Preview, error) {
	select {
	case q.previews <- struct{}{}:
		defer func() { <-q.previews }()
	default:
		return Preview{}, weir.Errorf(weir.Limit, "%d previews are being made already", previewsAtOnce).WithFix("try again in a moment")
	}
	told, u, err := q.understand(ctx, by, statement, encoding)
	if err != nil {
		return Preview{}, err
	}
	run, err := newTrial(u)
	if err != nil {
		return Preview{}, err
	}
	out := Preview{Understood: told}
	sources, err := q.sources(ctx, u.plan, u.used)
	if err != nil {
		return out, err
	}
	samples, cut, err := q.samples(ctx, sources)
	if err != nil {
		return out, err
	}
	began := q.cfg.Now()
	for _, i := range tablesFirst(u.plan) {
		if err := run.input(i, sources[i], samples[i]); err != nil {
			return out, err
		}
		out.Read += len(samples[i])
		for _, m := range samples[i] {
			out.Bytes += int64(len(m.Key) + len(m.Value))
		}
	}
	if err := run.gave(run.flow.Complete()); err != nil {
		return out, err
	}
	out.Rows, out.More = run.result()
	out.Took = q.cfg.Now().Sub(began)
	out.Failed, out.FailedMore, out.Cut = run.faults, run.more, cut
	return out, nil
}

// tablesFirst are a plan's inputs, those that others look things up in first.
func tablesFirst(plan *sqlang.Plan) []int {
	var tables, streams []int
	for i, in := range plan.Inputs {
		if in.Kind == weir.KindTable {
			tables = append(tables, i)
		} else {
			streams = append(streams, i)
		}
	}
	return append(tables, streams...)
}

// samples reads the newest records of every input at once.
func (q *Queries) samples(ctx context.Context, sources []flow.Source) (all [][]weir.Message, cut bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, previewTime)
	defer cancel()
	all = make([][]weir.Message, len(sources))
	cuts, errs := make([]bool, len(sources)), make([]error, len(sources))
	var wg sync.WaitGroup
	for i, s := range sources {
		wg.Go(func() { all[i], cuts[i], errs[i] = q.sample(ctx, s.Topic) })
	}
	wg.Wait()
	for i := range sources {
		cut = cut || cuts[i]
	}
	return all, cut, errors.Join(errs...)
}

// sample reads the newest records of a topic, as far as the bounds let it.
func (q *Queries) sample(ctx context.Context, topic string) (out []weir.Message, cut bool, err error) {
	spans, err := q.cfg.Reader.Spans(ctx, topic)
	if err != nil {
		return nil, false, err
	}
	from, left := map[int32]int64{}, 0
	for n, s := range spans {
		if s.End > s.Start {
			from[n] = max(s.Start, s.End-PreviewRecords)
			left++
		}
	}
	if left == 0 {
		return nil, false, nil
	}
	tail, err := q.cfg.Reader.Tail(ctx, topic, from)
	if err != nil {
		return nil, false, err
	}
	defer tail.Close()
	for size := 0; ; {
		done := true
		for n := range from {
			done = done && tail.At(n) >= spans[n].End
		}
		if done || size > previewBytes {
			return out, !done, nil
		}
		got, err := tail.Next(ctx)
		for _, m := range got {
			if m.Offset < spans[m.Partition].End {
				out = append(out, m)
				size += len(m.Key) + len(m.Value)
			}
		}
		if err != nil && ctx.Err() != nil {
			return out, true, nil
		}
		if err != nil {
			return out, true, err
		}
	}
}

// trial is a statement that runs over a few records in memory.
type trial struct {
	u      understood
	flow   *flow.Flow
	rows   *record.Encoder
	keys   *record.Encoder
	out    []json.RawMessage
	byKey  map[string]int // of a table: its row in out
	faults []Fault
	more   int // faults that are not kept
}

func newTrial(u understood) (*trial, error) {
	f, err := flow.New(u.plan)
	if err != nil {
		return nil, err
	}
	t := &trial{u: u, flow: f, byKey: map[string]int{}}
	if t.rows, err = record.NewEncoder(record.EncoderConfig{Encoding: weir.EncodingJSON, Fields: u.fields}); err != nil {
		return nil, err
	}
	if u.plan.Mode == sqlang.Upsert {
		t.keys, err = record.NewEncoder(record.EncoderConfig{KeyEncoding: weir.KeyJSON, Fields: u.key})
	}
	return t, err
}

// input gives the records of one input to the statement.
func (t *trial) input(input int, src flow.Source, ms []weir.Message) error {
	b, err := newBatcher(t.u.plan, input, src)
	if err != nil {
		return err
	}
	for len(ms) > 0 {
		n := min(len(ms), column.Rows)
		batch, failed := b.batch(ms[:n])
		for _, f := range failed {
			t.fault(ms[f.Row].Partition, ms[f.Row].Offset, input, f.Err)
		}
		if err := t.gave(t.flow.Step(input, batch)); err != nil {
			return err
		}
		ms = ms[n:]
	}
	return nil
}

// gave keeps what a step of the statement gave.
func (t *trial) gave(out []*column.Batch, failed []flow.Failed, err error) error {
	if err != nil {
		return err
	}
	for _, f := range failed {
		t.fault(f.Origin.Partition, f.Origin.Offset, int(f.Origin.Input), f.Err)
	}
	for _, o := range out {
		if err := t.take(o); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) fault(partition int32, offset int64, input int, err error) {
	if len(t.faults) == previewFaults {
		t.more++
		return
	}
	t.faults = append(t.faults, Fault{t.u.plan.Inputs[input].Name, partition, offset, publicText(err)})
}

// publicText is an error as people read it.
func publicText(err error) string {
	var e *weir.Error
	if errors.As(err, &e) {
		return e.Public()
	}
	return err.Error()
}

// take keeps rows of the result: of a table the latest of each key.
func (t *trial) take(b *column.Batch) error {
	for i := range b.N {
		at := len(t.out)
		if t.keys != nil {
			key, err := t.keys.Append(nil, pick(b.Columns, t.u.plan.Key), i)
			if err != nil {
				return err
			}
			was, ok := t.byKey[string(key)]
			if ok {
				at = was
			}
			if b.Weight(i) < 0 {
				if ok {
					t.out[at] = nil
				}
				continue
			}
			t.byKey[string(key)] = at
		}
		row, err := t.rows.Append(nil, b.Columns, i)
		if err != nil {
			return err
		}
		if at < len(t.out) {
			t.out[at] = row
			continue
		}
		t.out = append(t.out, row)
	}
	return nil
}

func pick(all []*column.Vector, of []int) []*column.Vector {
	out := make([]*column.Vector, len(of))
	for i, c := range of {
		out[i] = all[c]
	}
	return out
}

// result is the newest rows.
func (t *trial) result() (rows []json.RawMessage, more bool) {
	rows = []json.RawMessage{}
	for _, r := range t.out {
		if r != nil {
			rows = append(rows, r)
		}
	}
	if len(rows) > PreviewRows {
		return rows[len(rows)-PreviewRows:], true
	}
	return rows, false
}

// batcher turns records of one input into the columns of its scans.
type batcher struct {
	plan       *sqlang.Plan
	input      int
	scans      []*sqlang.Scan
	value, key *record.Decoder
	values     []*column.Vector
	keys       []*column.Vector
}

func newBatcher(plan *sqlang.Plan, input int, src flow.Source) (*batcher, error) {
	b := &batcher{plan: plan, input: input, scans: plan.Scans(input), values: vectors(src.Value.Fields), keys: vectors(src.Key.Fields)}
	var err error
	if b.value, err = record.NewDecoder(src.Value); err != nil {
		return nil, err
	}
	if len(src.Key.Fields) > 0 {
		b.key, err = record.NewDecoder(src.Key)
	}
	return b, err
}

func vectors(fields []record.ColumnField) []*column.Vector {
	out := make([]*column.Vector, len(fields))
	for i, f := range fields {
		out[i] = column.Make(f.Type, 0)
	}
	return out
}

// batch is the rows of some records. Those that cannot be decoded are left out,
// and so are those without a value, which say nothing in a stream.
func (b *batcher) batch(ms []weir.Message) (*column.Batch, []record.Failed) {
	kept, failed := b.decode(ms)
	n := len(kept)
	out := &column.Batch{N: n, From: make([]column.Origin, n), Time: make([]int64, n)}
	table := false
	for i, at := range kept {
		m := ms[at]
		out.From[i] = column.Origin{Input: int32(b.input), Partition: m.Partition, Offset: m.Offset}
		out.Time[i] = m.Time.UnixMicro()
	}
	value, key := 0, 0
	for _, scan := range b.scans {
		table = table || scan.Table
		first := len(out.Columns)
		for j, f := range scan.Fields {
			v := column.Make(scan.Columns[j].Type, n)
			switch {
			case f >= 0:
				b.copy(v, b.values[value], kept)
				value++
			case f == -1:
				for i, at := range kept {
					v.Ints[i] = ms[at].Time.UnixMicro()
				}
			default:
				for i, at := range kept {
					v.Texts[i] = ms[at].Key
				}
			}
			out.Columns = append(out.Columns, v)
		}
		if !scan.Table {
			continue
		}
		for _, c := range scan.Key {
			if scan.Fields[c] >= 0 {
				b.gone(out.Columns[first+c], b.keys[key], ms, kept)
				key++
			}
		}
	}
	if table {
		out.Weights = make([]int32, n)
		for i, at := range kept {
			out.Weights[i] = 1
			if ms[at].Value == nil {
				out.Weights[i] = -1
			}
		}
	}
	return out, failed
}

// decode fills the columns of the records, and says which rows count.
func (b *batcher) decode(ms []weir.Message) (kept []int, failed []record.Failed) {
	values, keys := make([][]byte, len(ms)), make([][]byte, len(ms))
	for i, m := range ms {
		values[i], keys[i] = m.Value, m.Key
	}
	bad := map[int]bool{}
	failed = b.value.Decode(values, b.values)
	if b.key != nil {
		failed = append(failed, b.key.Decode(keys, b.keys)...)
	}
	for _, f := range failed {
		bad[f.Row] = true
	}
	for i, m := range ms {
		if !bad[i] && (m.Value != nil || b.key != nil) {
			kept = append(kept, i)
		}
	}
	return kept, failed
}

// copy takes the rows that count.
func (b *batcher) copy(to, from *column.Vector, kept []int) {
	for i, at := range kept {
		to.Set(i, from, at)
	}
}

// gone takes the key of records without a value from the record's own key.
func (b *batcher) gone(to, from *column.Vector, ms []weir.Message, kept []int) {
	for i, at := range kept {
		if ms[at].Value == nil {
			to.Set(i, from, at)
		}
	}
}
