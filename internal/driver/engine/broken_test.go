package engine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/clustertest"
)

// TestABrokenBatchIsSetAside: a batch whose records cannot be told apart is set
// aside as it came, with the reason and its place, and what stands around it is
// computed.
func TestABrokenBatchIsSetAside(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const bytes = "no record at all, though of some length"
	r.produce(r.numbers(0, 20)...)
	must(t, clustertest.ProduceRaw(t, r.up, r.job.Sources[0].Topic, clustertest.RawBatch(0, 2, []byte(bytes))))
	r.produce(r.numbers(20, 40)...)
	stop := r.start()
	r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 41 && s.Aside == 1 && s.Lag == 0 })
	must(t, stop())
	wantSame(t, "the result", result(0, 40), r.rows(r.read(r.job.Sink.Topic, 18)))
	m := r.read(r.job.Aside, 1)[0]
	if d := cmp.Diff(bytes, string(m.Value)); d != "" {
		t.Error(d)
	}
	from, why := header(m, weir.HeaderFrom), header(m, weir.HeaderFailed)
	if header(m, weir.HeaderStep) != "read" || !strings.HasPrefix(from, r.job.Sources[0].Topic+"/0/") || !strings.HasSuffix(from, "/2") || !strings.Contains(why, "broken") {
		t.Errorf("it says %q, %q, %q", header(m, weir.HeaderStep), from, why)
	}
}

// TestABrokenBatchStopsWhatSetsNothingAside: without a place for it, the query says
// where the batch is, and ends.
func TestABrokenBatchStopsWhatSetsNothingAside(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.job.Aside = ""
	must(t, clustertest.ProduceRaw(t, r.up, r.job.Sources[0].Topic, clustertest.RawBatch(4, 2, []byte("this is not zstd"))))
	stop := r.start()
	s := r.until("it ends", func(s weir.QueryStatus) bool { return s.Error != "" })
	if err := stop(); !weir.Invalid.In(err) || !strings.Contains(s.Error, r.job.Sources[0].Topic+"/0/0-1/2") {
		t.Errorf("it ends with %v, and says %q", err, s.Error)
	}
}
