package clustertest

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// sessionPacked: whatever packs the batches of an input, and however few records
// are asked for at a time, each is given whole and in its order.
func sessionPacked(t *testing.T, s worked) {
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			packed(t, worked{newSuite(t, s.Subject), s.over}, codec)
		})
	}
}

func packed(t *testing.T, s worked, codec kgo.CompressionCodec) {
	j := s.job(t, 1, 1)
	client := Client(t, s.Upstream, kgo.ProducerBatchCompression(codec), kgo.DefaultProduceTopic(j.spec.Inputs[0]))
	var want []string
	for batch := range 3 {
		var records []*kgo.Record
		for i := range 200 {
			r := various(batch*200 + i)
			records, want = append(records, r), append(want, shown(r.Timestamp.UnixMilli(), r.Key, r.Value, headersOf(r)))
		}
		if err := client.ProduceSync(s.ctx, records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	one := j.open(t, s.Cluster)
	var got []string
	for next := int64(0); len(got) < len(want); {
		all, err := one.Poll(s.ctx, 7, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		given := 0
		for _, m := range all {
			given += len(m.Offsets)
			for i := range m.Offsets {
				if m.Offsets[i] != next {
					t.Fatalf("the offset %d follows %d", m.Offsets[i], next-1)
				}
				next++
				got = append(got, shown(m.Times[i], m.Keys[i], m.Values[i], m.Headers(i)))
			}
		}
		if given > 7 {
			t.Fatalf("%d records at a time, want at most 7", given)
		}
		if given > 0 && next%21 == 0 {
			j.commit(t, one, weir.Epoch{})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// various is a record: some have no key, no value, no headers, or much of them.
func various(i int) *kgo.Record {
	r := &kgo.Record{Timestamp: time.UnixMilli(int64(1_700_000_000_000 + i*1000 - i%3*5000))}
	if i%5 != 0 {
		r.Key = []byte(strconv.Itoa(i))
	}
	if i%7 != 0 {
		r.Value = fmt.Appendf(nil, "%0*d", i%400, i)
	}
	for h := range i % 4 {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: "h" + strconv.Itoa(h), Value: []byte(strconv.Itoa(i * h))})
	}
	return r
}

func headersOf(r *kgo.Record) (hs []weir.Header) {
	for _, h := range r.Headers {
		hs = append(hs, weir.Header{Key: h.Key, Value: h.Value})
	}
	return hs
}

func shown(at int64, key, value []byte, hs []weir.Header) string {
	return fmt.Sprintf("%d %t %s %t %s %s", at, key == nil, key, value == nil, value, hs)
}
