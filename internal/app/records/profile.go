package records

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/profile"
)

// Bounds of a profile.
const (
	MaxSample    = 10_000
	sampleTime   = 4 * time.Second
	samplesAtOne = 4 // at once, on a node
)

// Sample is what stands in the fields of some of the newest records.
type Sample struct {
	At        time.Time // when it was made
	Records   int       // that were looked at
	Undecoded int       // of them could not be decoded, and are in no field
	First     time.Time // the oldest of them; zero: there was none, or it has no time
	Last      time.Time
	Cut       bool // fewer than were asked for, since a bound of bytes or time was reached
	Fields    []profile.Field
	More      int // fields beyond the bound
}

// Profile looks at the newest n records that a principal may read. isMap says
// which fields are maps. Errors as [Records.Open] has them, and Limit when too
// many profiles are being made.
func (r *Records) Profile(ctx context.Context, p weir.Principal, of weir.Ref, n int, isMap func(path string) bool) (Sample, error) {
	if n < 1 || n > MaxSample {
		return Sample{}, weir.Errorf(weir.Invalid, "a sample of %d records", n).At("records").WithFix("use 1 to %d", MaxSample)
	}
	select {
	case r.samples <- struct{}{}:
		defer func() { <-r.samples }()
	default:
		return Sample{}, weir.Errorf(weir.Limit, "%d profiles are being made already", samplesAtOne).WithFix("try again in a moment")
	}
	rows, cut, err := r.sample(ctx, p, of, n)
	if err != nil {
		return Sample{}, err
	}
	s := sampled(rows, cut, isMap)
	s.At = r.cfg.Now()
	return s, nil
}

// sample reads the newest n records, or fewer if a bound is reached.
func (r *Records) sample(ctx context.Context, p weir.Principal, of weir.Ref, n int) (rows []sampleRow, cut bool, err error) {
	still := func(context.Context) (weir.Principal, error) { return p, nil } // for seconds at most
	ctx, cancel := context.WithTimeout(ctx, sampleTime)
	defer cancel()
	s, err := r.Open(ctx, p, still, of, Question{Newest: n})
	if err != nil {
		return nil, false, err
	}
	defer s.Close()
	older := s.older()
	for {
		got, err := s.Next(ctx)
		for _, row := range got {
			rows = append(rows, parseRow(row.JSON))
		}
		switch {
		case errors.Is(err, io.EOF):
			return byTime(rows), older && len(rows) < n, nil
		case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return byTime(rows), true, nil
		case err != nil:
			return nil, false, err
		}
	}
}

// byTime sorts rows by their times.
func byTime(rows []sampleRow) []sampleRow {
	slices.SortStableFunc(rows, func(a, b sampleRow) int { return cmp.Compare(a.at, b.at) })
	return rows
}

// sampleRow is what a profile needs of a row.
type sampleRow struct {
	at    string // as rows have it, which sorts by time
	value json.RawMessage
}

func parseRow(b []byte) sampleRow {
	var row struct {
		Timestamp string          `json:"timestamp"`
		Value     json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(b, &row); err != nil {
		return sampleRow{} // we wrote it
	}
	return sampleRow{row.Timestamp, row.Value}
}

func sampled(rows []sampleRow, cut bool, isMap func(string) bool) Sample {
	out := Sample{Records: len(rows), Cut: cut}
	p := profile.New(isMap)
	for _, row := range rows {
		if undecoded(row.value) || p.Add(row.value) != nil {
			out.Undecoded++
		}
	}
	if len(rows) > 0 {
		out.First, _ = time.Parse(time.RFC3339, rows[0].at) // zero for what has no time
		out.Last, _ = time.Parse(time.RFC3339, rows[len(rows)-1].at)
	}
	out.Fields, out.More = p.Fields(), p.More()
	return out
}

// undecoded reports whether a value is the object that says why it could not be
// decoded.
func undecoded(value []byte) bool {
	if !bytes.HasPrefix(value, []byte(`{"error":`)) {
		return false
	}
	var bad map[string]string
	return json.Unmarshal(value, &bad) == nil && len(bad) == 2 && bad["error"] != "" && has(bad, "bytes")
}

func has(m map[string]string, key string) bool {
	_, ok := m[key]
	return ok
}
