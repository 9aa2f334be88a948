package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/engine"
)

// TestProvenanceOfGroups: the last row of each group says, for each partition, the
// first and the last record that came into it and how many did, though the query
// was killed meanwhile and went on with another number of shards.
func TestProvenanceOfGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run(groups(r.job.Sources[0].Topic))
	var calls atomic.Int64
	r.config.Rows = 40
	r.config.Hook = func(_ context.Context, at engine.Point) error {
		if at != engine.Put || calls.Add(1)%4 != 0 {
			return nil
		}
		r.kill()
		return weir.Errorf(weir.Unavailable, "a crash")
	}
	for k := range int64(2) {
		r.job.Shards = int(3 - k)
		records := r.numbers(300*k, 300*(k+1))
		for i, one := 0, int64(1); i < len(records); i++ {
			records[i].Value = r.row(300*k+int64(i), &one) // each changes its sum
		}
		r.produce(records...)
		stop := r.start()
		r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 300*(k+1) && s.Lag == 0 })
		must(t, stop())
	}
	want := map[string][]string{}
	for key, ps := range r.origins() {
		for _, p := range ps {
			want[key] = append(want[key], p.String())
		}
	}
	got := map[string][]string{}
	for _, m := range r.read(r.job.Sink.Topic, 50) {
		got[string(m.Key)] = headers(m, weir.HeaderFrom)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}

// origins are the places of the input by the key of their group.
func (r *rig) origins() map[string][]weir.Provenance {
	topic := r.job.Sources[0].Topic
	all := map[string][]weir.Provenance{}
	in := r.read(topic, 0)
	slices.SortFunc(in, func(a, b weir.Message) int {
		if a.Partition != b.Partition {
			return int(a.Partition - b.Partition)
		}
		return int(a.Offset - b.Offset)
	})
	for _, m := range in {
		id, err := strconv.Atoi(string(m.Key))
		must(r.t, err)
		key := string([]byte{0, 0, 0, 0, 0, 0, 0, byte(id % 50)})
		ps := all[key]
		if n := len(ps); n > 0 && ps[n-1].Partition == m.Partition {
			ps[n-1].Last = m.Offset
			ps[n-1].Count = max(ps[n-1].Count, 1) + 1
			continue
		}
		all[key] = append(ps, weir.Provenance{Topic: topic, Partition: m.Partition, Offset: m.Offset})
	}
	if len(all) != 50 {
		r.t.Fatal(fmt.Sprint(len(all), " groups"))
	}
	return all
}

// headers are all of a name.
func headers(m weir.Message, key string) (all []string) {
	for _, h := range m.Headers {
		if h.Key == key {
			all = append(all, string(h.Value))
		}
	}
	return all
}
