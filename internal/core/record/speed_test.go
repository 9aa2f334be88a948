package record_test

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

const tradeSchema = `{"type":"record","name":"Trade","namespace":"execution","fields":[
	{"name":"id","type":"long"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"symbol","type":"string"},{"name":"account","type":"string"},{"name":"price","type":"double"},{"name":"quantity","type":"int"},
	{"name":"side","type":{"type":"enum","name":"Side","symbols":["BUY","SELL"]}},{"name":"venue","type":["null","string"],"default":null},
	{"name":"fee","type":["null","double"],"default":null},{"name":"open","type":"boolean"},{"name":"order","type":"string"},{"name":"note","type":"string"}]}`

// trades are records of 198 bytes, with 12 fields.
func trades(n int) (all [][]byte) {
	text := func(b []byte, s string) []byte { return append(binary.AppendVarint(b, int64(len(s))), s...) }
	for i := range n {
		b := []byte{0, 0, 0, 0, 7}
		b = binary.AppendVarint(b, int64(1_000_000_000+i))
		b = binary.AppendVarint(b, 1_795_000_000_000+int64(i))
		b = text(b, fmt.Sprintf("SYM%05d", i%10_000))
		b = text(b, fmt.Sprintf("account-%08d", i%100_000))
		b = append(b, 0, 0, 0, 0, 0, 0x40, 0x59, 0x40)
		b = binary.AppendVarint(b, int64(i%1000))
		b = binary.AppendVarint(b, int64(i%2))
		b = text(append(b, 2), "XNAS-ARCA")
		b = append(b, 2, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f)
		b = append(b, byte(i%2))
		b = text(b, fmt.Sprintf("order-%012d-%012d", i, i))
		b = text(b, fmt.Sprintf("%-79s", "a note that people wrote, as long as such notes are"))
		all = append(all, b)
	}
	return all
}

func BenchmarkDecodeAvro(b *testing.B) {
	s, err := avro.Parse(schema.Source{Text: tradeSchema})
	if err != nil {
		b.Fatal(err)
	}
	all, err := record.ColumnsOf(s, weir.EncodingAvro)
	if err != nil {
		b.Fatal(err)
	}
	in := trades(column.Rows)
	b.Logf("%d bytes", len(in[0]))
	for _, c := range []struct {
		name   string
		fields []record.ColumnField
	}{{"two", []record.ColumnField{all[2], all[5]}}, {"last", []record.ColumnField{all[11]}}, {"all", all}} {
		b.Run(c.name, func(b *testing.B) {
			d := decoder(b, record.DecoderConfig{Encoding: weir.EncodingAvro, Fields: c.fields, SchemaOf: ids(s)})
			perRow(b, len(in), func() {
				into := vectors(len(c.fields))
				for b.Loop() {
					if failed := d.Decode(in, into); failed != nil {
						b.Fatal(failed)
					}
				}
			})
		})
	}
	b.Run("map", func(b *testing.B) {
		lib, err := s.Avro()
		if err != nil {
			b.Fatal(err)
		}
		perRow(b, len(in), func() {
			for b.Loop() {
				for _, r := range in {
					var v any
					if _, err := lib.Decode(r[5:], &v); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	})
}

// perRow reports allocations, and rows per second of the processor: that figure
// holds on a machine that others use too.
func perRow(b *testing.B, n int, run func()) {
	b.Helper()
	b.ReportAllocs()
	before := processor(b)
	run()
	b.ReportMetric(float64(b.N)*float64(n)/(processor(b)-before).Seconds()/1e6, "Mrows/cpu-s")
}

// processor is the time that this process has used.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkDecodeOthers(b *testing.B) {
	s, err := avro.Parse(schema.Source{Text: tradeSchema})
	if err != nil {
		b.Fatal(err)
	}
	all, err := record.ColumnsOf(s, weir.EncodingAvro)
	if err != nil {
		b.Fatal(err)
	}
	into := vectors(len(all))
	if failed := decoder(b, record.DecoderConfig{Encoding: weir.EncodingAvro, Fields: all, SchemaOf: ids(s)}).Decode(trades(column.Rows), into); failed != nil {
		b.Fatal(failed)
	}
	for _, e := range []weir.Encoding{weir.EncodingAvro, weir.EncodingJSONSchema, weir.EncodingProtobuf} {
		text, err := record.SchemaText(e.SchemaFormat(), "execution.trades", all, nil)
		if err != nil {
			b.Fatal(err)
		}
		own := schemaOf(b, e.SchemaFormat(), text)
		enc, err := record.NewEncoder(record.EncoderConfig{Encoding: e, Fields: all, Schema: own, ID: 7})
		if err != nil {
			b.Fatal(err)
		}
		in := make([][]byte, column.Rows)
		b.Run(string(e)+"/encode", func(b *testing.B) {
			perRow(b, column.Rows, func() {
				for b.Loop() {
					for i := range in {
						if in[i], err = enc.Append(in[i][:0], into, i); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		})
		for name, fields := range map[string][]record.ColumnField{"two": {all[2], all[5]}, "all": all} {
			b.Run(string(e)+"/"+name, func(b *testing.B) {
				d := decoder(b, record.DecoderConfig{Encoding: e, Fields: fields, SchemaOf: ids(own)})
				to := vectors(len(fields))
				perRow(b, column.Rows, func() {
					for b.Loop() {
						if failed := d.Decode(in, to); failed != nil {
							b.Fatal(failed)
						}
					}
				})
			})
		}
	}
}
