package records

import (
	"context"
	"slices"

	"github.com/weirmesh/weir"
)

// maxRuns bounds the bytes of the runs that a trace holds.
const maxRuns = 32 << 20

// spot is a partition of a topic.
type spot struct {
	topic     string
	partition int32
}

// run is what was read of a partition: all that there is from start up to, not
// including, end. Places that a record names, and those of its neighbours, are
// often near each other, so that one fetch is enough for many.
type run struct {
	start, end int64
	ms         []weir.Message
}

// span is what a partition holds, asked for once in a trace.
func (w *walk) span(topic string, partition int32) (weir.Span, bool, error) {
	all, ok := w.spans[topic]
	if !ok {
		var err error
		if all, err = w.r.cfg.Reader.Spans(w.reading, topic); err != nil {
			return weir.Span{}, false, err
		}
		w.spans[topic] = all
	}
	span, ok := all[partition]
	return span, ok, nil
}

// fetch gives the first n records of a partition from an offset to another. None:
// they are not there any more.
func (w *walk) fetch(of spot, from, last int64, n int) ([]weir.Message, error) {
	if r, ok := w.runs[of]; ok && from >= r.start {
		if ms := r.within(from, last, n); len(ms) == n || last < r.end {
			return ms, nil
		}
	}
	r, err := w.read(of, from, last, n)
	if w.runBytes += r.bytes(); w.runBytes > maxRuns {
		clear(w.runs)
		w.runBytes = r.bytes()
	}
	w.runs[of] = r
	return r.within(from, last, n), err
}

// read reads from the cluster until there are n records, or none is missing.
func (w *walk) read(of spot, from, last int64, n int) (run, error) {
	r := run{start: from, end: from}
	ctx, cancel := context.WithTimeout(w.reading, 2*w.r.cfg.Limits.Tick)
	defer cancel()
	tail, err := w.r.cfg.Reader.Tail(ctx, of.topic, map[int32]int64{of.partition: from})
	if err != nil {
		return r, err
	}
	defer tail.Close()
	for r.end <= last && len(r.ms) < n {
		ms, err := tail.Next(ctx)
		if err != nil && ctx.Err() != nil && w.reading.Err() == nil {
			r.end = last + 1 // it waited long enough to know that nothing comes
			return r, nil
		}
		if err != nil {
			return r, err
		}
		r.ms, r.end = append(r.ms, ms...), max(r.end, tail.At(of.partition))
	}
	return r, nil
}

// within gives the first n of some offsets.
func (r run) within(from, last int64, n int) []weir.Message {
	byOffset := func(m weir.Message, o int64) int {
		return int(min(max(m.Offset-o, -1), 1))
	}
	i, _ := slices.BinarySearchFunc(r.ms, from, byOffset)
	j, _ := slices.BinarySearchFunc(r.ms, last+1, byOffset)
	return r.ms[i:max(i, min(j, i+n))]
}

func (r run) bytes() int {
	n := 0
	for _, m := range r.ms {
		n += len(m.Key) + len(m.Value)
		for _, h := range m.Headers {
			n += len(h.Key) + len(h.Value)
		}
	}
	return n
}
