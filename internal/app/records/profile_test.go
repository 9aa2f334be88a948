package records_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/records"
	"github.com/weirmesh/weir/internal/core/profile"
	"github.com/weirmesh/weir/internal/core/rights"
)

func (w *world) profile(n int) (records.Sample, error) {
	p := weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, UID: person, Name: "ann"}}
	return w.Profile(w.t.Context(), p, weir.Ref{Noun: weir.NounProduct, Name: "demo.open"}, n, nil)
}

// The newest records are looked at, whatever partition they are in, and no
// others; what cannot be decoded is counted and in no field.
func TestProfileOfTheNewest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	for i := range 50 {
		w.topic.add(int32(i%2), w.clock.now.Add(time.Duration(i)*time.Second), fmt.Sprintf(`{"n":%d,"half":%d}`, i, i/10))
	}
	w.topic.add(0, w.clock.now.Add(time.Minute), `{`)
	s, err := w.profile(11)
	must(t, err)
	want := records.Sample{
		At: w.clock.now, Records: 11, Undecoded: 1, First: w.clock.now.Add(40 * time.Second).UTC(), Last: w.clock.now.Add(time.Minute).UTC(),
		Fields: []profile.Field{
			{Path: "n", Values: 10, Distinct: 10, Smallest: "40", Largest: "49"},
			{Path: "half", Values: 10, Distinct: 1, Smallest: "4", Largest: "4", Top: []profile.Count{{Value: "4", Times: 10}}},
		},
	}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
}

func TestProfileNeedsTheRightToRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	w.topic.add(0, w.clock.now, `{"secret":"tulip"}`)
	w.live.set(rights.See)
	if s, err := w.profile(10); !weir.Denied.In(err) || len(s.Fields) > 0 {
		t.Errorf("who may not read gets %+v, %v", s, err)
	}
	if _, err := w.profile(0); !weir.Invalid.In(err) {
		t.Errorf("a sample of none: %v", err)
	}
}

// A record's bytes are told if they are asked for, as they stand in it.
func TestRawBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	w.topic.put(0, weir.Message{Time: time.UnixMilli(1), Key: nil, Value: []byte("{\xff")})
	p := weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, UID: person, Name: "ann"}}
	s, err := w.Open(t.Context(), p, func(context.Context) (weir.Principal, error) { return p, nil }, weir.Ref{Noun: weir.NounProduct, Name: "demo.open"}, records.Question{Raw: true})
	must(t, err)
	defer s.Close()
	rows, err := s.Next(t.Context())
	must(t, err)
	want := `{"partition":0,"offset":0,"timestamp":"1970-01-01T00:00:00.001Z","key":null,"value":{"error":"it is no UTF-8 text, so no JSON","bytes":"e/8="},"headers":[],"keyBytes":null,"valueBytes":"e/8="}`
	if d := cmp.Diff(want, string(rows[0].JSON)); d != "" {
		t.Error(d)
	}
}
