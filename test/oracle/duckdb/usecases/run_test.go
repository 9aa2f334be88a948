package usecases_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/internal/demo/world"
)

// catalog has the products of the demo as statements see them.
type catalog struct{}

// Input gives a product.
func (catalog) Input(domain, name string) (*sqlang.Input, error) {
	i := slices.IndexFunc(world.Products(), func(p world.Product) bool { return p.Domain == domain && p.Name == name })
	if i < 0 {
		return nil, weir.Errorf(weir.NotFound, "there is no product %s.%s", domain, name)
	}
	return inputOf(world.Products()[i], byte(i+1))
}

func inputOf(p world.Product, uid byte) (*sqlang.Input, error) {
	in := &sqlang.Input{Product: weir.UID{uid}, Name: p.Full(), Major: 1, Topic: p.Full() + ".v1", Kind: weir.Kind(p.Kind), Key: []string{p.KeyField}, Time: p.EventTime, Delay: weir.Duration(time.Second)}
	f := map[string]weir.SchemaFormat{world.Avro: weir.FormatAvro, world.Protobuf: weir.FormatProtobuf, world.JSONSchema: weir.FormatJSON}[p.Encoding]
	s, err := format.Parse(f, schema.Source{Text: p.Schema()})
	if err != nil {
		return nil, err
	}
	columns, err := record.ColumnsOf(s, weir.Encoding(p.Encoding))
	for _, c := range columns {
		in.Fields = append(in.Fields, sqlang.Field{Path: c.Path, Type: c.Type, Nullable: c.Nullable})
	}
	return in, err
}

// object is a record as its JSON has it, its numbers as they are written.
func object(t *testing.T, r world.Record) (fields map[string]any) {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// run is an example that reads records, and what it has made.
type run struct {
	t       *testing.T
	plan    *sqlang.Plan
	flow    *flow.Flow
	records []came
	epoch   int // the next
	random  *rand.Rand
	journal map[string]string // what a flow needs to go on
	made    map[string]int    // rows of a stream, with how often they came
	table   map[string]string // rows of a table, by key
}

func newRun(t *testing.T, plan *sqlang.Plan, records []came) *run {
	r := &run{
		t: t, plan: plan, records: records, random: rand.New(rand.NewPCG(1, 2)),
		journal: map[string]string{}, made: map[string]int{}, table: map[string]string{},
	}
	r.flow = r.start()
	return r
}

// start is a flow that goes on from the journal, in any number of shards.
func (r *run) start() *flow.Flow {
	r.t.Helper()
	f, err := flow.NewShards(r.plan, 1+r.random.IntN(3), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for k, v := range r.journal {
		if err := f.Restore([]byte(k), []byte(v)); err != nil {
			r.t.Fatal(err)
		}
	}
	for i := range r.plan.Inputs {
		f.Assign(i, []int32{0, 1, 2}[:partitions])
	}
	return f
}

// until runs all epochs up to one.
func (r *run) until(last int) {
	r.t.Helper()
	for ; r.epoch <= last; r.epoch++ {
		n := 0
		for n < len(r.records) && r.records[n].epoch == r.epoch {
			n++
		}
		of := r.records[:n]
		r.records = r.records[n:]
		switch r.random.IntN(10) {
		case 0: // aborted, then again
			r.step(of)
			r.flow.Undo()
		case 1: // somewhere else
			r.flow = r.start()
		}
		r.commit(r.step(of))
	}
}

// step runs an epoch: first what comes for tables, then for streams.
func (r *run) step(of []came) *outcome {
	r.t.Helper()
	out := &outcome{run: r, table: map[string]string{}}
	for _, tables := range []bool{true, false} {
		for i, in := range r.plan.Inputs {
			if (in.Kind == weir.KindTable) != tables {
				continue
			}
			product := slices.IndexFunc(world.Products(), func(p world.Product) bool { return p.Full() == in.Name })
			for p := range int32(partitions) {
				var some []came
				for _, c := range of {
					if c.partition == p && c.product == product {
						some = append(some, c)
					}
				}
				for few := range slices.Chunk(some, column.Rows) {
					out.take(r.flow.Step(i, r.batch(i, few)))
				}
			}
		}
	}
	out.take(r.flow.Advance())
	return out
}

// batch is records of an input in the columns of its scan.
func (r *run) batch(input int, of []came) *column.Batch {
	b, in, scan := &column.Batch{N: len(of)}, r.plan.Inputs[input], scanOf(r.plan.Root, input)
	for _, c := range scan.Columns {
		v := column.Make(c.Type, len(of))
		v.Null = make([]bool, len(of))
		b.Columns = append(b.Columns, v)
	}
	for i, c := range of {
		b.From = append(b.From, column.Origin{Input: int32(input), Partition: c.partition, Offset: c.offset})
		at := c.stamp.UnixMicro()
		if in.Time != "" && scan.Time >= 0 {
			at = micros(c.fields[in.Time])
		}
		b.Time = append(b.Time, at)
		for k, field := range scan.Fields {
			if field < 0 {
				b.Columns[k].Ints[i] = c.stamp.UnixMicro()
				continue
			}
			r.set(b.Columns[k], i, c.fields[in.Fields[field].Path])
		}
	}
	return b
}

// micros is a time of a record: milliseconds, or a text.
func micros(value any) int64 {
	if n, ok := value.(json.Number); ok {
		ms, _ := n.Int64()
		return 1000 * ms
	}
	at, _ := time.Parse(time.RFC3339, value.(string))
	return at.UnixMicro()
}

// set makes row i of a column a value of a record.
func (r *run) set(v *column.Vector, i int, value any) {
	r.t.Helper()
	text, ok := value.(string)
	if n, isNumber := value.(json.Number); isNumber {
		text, ok = n.String(), true
	}
	var err error
	switch {
	case value == nil:
		v.Null[i] = true
	case v.Kind == column.Timestamp:
		v.Ints[i] = micros(value)
	case v.Kind == column.Decimal:
		v.Decimals[i], err = column.ParseDecimal([]byte(text), v.Scale)
	case v.Kind.Store() == column.InTexts && ok:
		v.Texts[i] = []byte(text)
	case v.Kind.Store() == column.InTexts:
		v.Texts[i], err = json.Marshal(value)
	default:
		v.Ints[i], err = strconv.ParseInt(text, 10, 64)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// scanOf is the only scan of an input.
func scanOf(n sqlang.Node, input int) *sqlang.Scan {
	if s, ok := n.(*sqlang.Scan); ok && s.Input == input {
		return s
	}
	for _, in := range n.In() {
		if s := scanOf(in, input); s != nil {
			return s
		}
	}
	return nil
}

// outcome is what an epoch gives.
type outcome struct {
	run   *run
	made  []string          // of a stream
	table map[string]string // of a table, by key; empty: the row is gone
}

func (o *outcome) take(out []*column.Batch, failed []flow.Failed, err error) {
	t, plan := o.run.t, o.run.plan
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range failed {
		t.Fatalf("a row failed: %v", f.Err)
	}
	for _, b := range out {
		for i := range b.N {
			row, key := text(b, i, nil), text(b, i, plan.Key)
			switch {
			case plan.Mode == sqlang.Append && b.Weight(i) == 1:
				o.made = append(o.made, row)
			case plan.Mode == sqlang.Upsert && b.Weight(i) == 1:
				o.table[key] = row
			case plan.Mode == sqlang.Upsert && b.Weight(i) == -1:
				o.table[key] = ""
			default:
				t.Fatalf("a row of weight %d in a result that is %s: %s", b.Weight(i), plan.Mode, row)
			}
		}
	}
}

// text is a row, or some columns of it, as DuckDB writes it.
func text(b *column.Batch, i int, columns []int) string {
	var words []string
	for k, v := range b.Columns {
		switch {
		case columns != nil && !slices.Contains(columns, k) || v.IsNull(i):
		case v.Kind == column.Decimal:
			words = append(words, string(v.Decimals[i].AppendDecimal(nil, v.Scale)))
		case v.Kind == column.Timestamp:
			words = append(words, moment(v.Ints[i]))
		case v.Kind.Store() == column.InTexts:
			words = append(words, string(v.Texts[i]))
		default:
			words = append(words, strconv.FormatInt(v.Ints[i], 10))
		}
	}
	return strings.Join(words, "|")
}

func moment(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.999999")
}

// commit makes what an epoch gave count.
func (r *run) commit(o *outcome) {
	for _, row := range o.made {
		r.made[row]++
	}
	for key, row := range o.table {
		if r.table[key] = row; row == "" {
			delete(r.table, key)
		}
	}
	for k, v := range r.flow.Changes() {
		if v == nil {
			delete(r.journal, string(k))
		} else {
			r.journal[string(k)] = string(v)
		}
	}
	r.flow.Keep()
}

func (r *run) watermark() string {
	mark, _ := r.flow.Watermark()
	return moment(mark)
}

func (r *run) rows() map[string]int {
	if r.plan.Mode == sqlang.Append {
		return r.made
	}
	out := map[string]int{}
	for _, row := range r.table {
		out[row]++
	}
	return out
}
