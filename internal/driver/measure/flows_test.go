package measure_test

import (
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/measure"
)

// TestFlows: who moved what which way, all libraries together, in a time and
// nothing beside it.
func TestFlows(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	of := weir.Ref{Noun: weir.NounProduct, UID: uid(100), Name: "a.b"}
	add := func(who int, d weir.Direction, library string, n int64) {
		b.Add(weir.Passage{Who: app(who), Of: of, Direction: d, How: weir.ByGateway, Library: weir.Library{Name: library}}, n, 10*n)
	}
	begun := b.now()
	add(1, weir.Reading, "kcat", 3)
	add(1, weir.Reading, "kgo", 4)
	add(2, weir.Writing, "kgo", 5)
	b.flush()
	b.move(3 * time.Hour)
	add(1, weir.Reading, "kcat", 100)
	b.flush()
	flows, err := b.Flows(t.Context(), begun, begun.Add(time.Hour))
	must(t, err)
	if len(flows) != 2 {
		t.Fatalf("in the first hour there are %+v", flows)
	}
	for _, f := range flows {
		if f.Who.UID == app(1).UID && (f.Records != 7 || f.Bytes != 70 || f.Direction != weir.Reading || f.Of != of) {
			t.Errorf("the reader is %+v", f)
		}
		if f.Who.UID == app(2).UID && f.Direction != weir.Writing {
			t.Errorf("the writer is %+v", f)
		}
	}
	all, err := b.Flows(t.Context(), time.Time{}, time.Time{})
	must(t, err)
	if len(all) != 2 || all[0].Records != 107 || !all[0].Last.After(begun.Add(2*time.Hour)) {
		t.Errorf("in all the time there are %+v", all)
	}
}
