package records

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/profile"
)

// Bounds of a profile.
const (
	MaxSample    = 10_000
	sampleRows   = 20_000   // that are read to find the newest
	sampleBytes  = 16 << 20 // of rows that are held
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
	rows, cut, err := r.newest(ctx, p, of, n)
	if err != nil {
		return Sample{}, err
	}
	s := sampled(rows, cut, isMap)
	s.At = r.cfg.Now()
	return s, nil
}

// newest reads the newest n records, or fewer if a bound is reached.
func (r *Records) newest(ctx context.Context, p weir.Principal, of weir.Ref, n int) (rows []sampleRow, cut bool, err error) {
	still := func(context.Context) (weir.Principal, error) { return p, nil } // for seconds at most
	src, err := r.find(ctx, p, of)
	if err != nil {
		return nil, false, err
	}
	spans, err := r.cfg.Reader.Spans(ctx, src.topic)
	if err != nil {
		return nil, false, err
	}
	parts := max(len(spans), 1)
	each := min(n, max((n+parts-1)/parts, sampleRows/parts))
	s, err := r.Open(ctx, p, still, of, Question{From: "-" + strconv.Itoa(each)})
	if err != nil {
		return nil, false, err
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(ctx, sampleTime)
	defer cancel()
	size := 0
	for {
		got, err := s.Next(ctx)
		for _, row := range got {
			rows = append(rows, parseRow(row.JSON))
			size += len(row.JSON)
		}
		switch {
		case errors.Is(err, io.EOF):
			return lastOf(rows, n), cut, nil
		case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return lastOf(rows, n), true, nil
		case err != nil:
			return nil, false, err
		case size > sampleBytes:
			return lastOf(rows, n), true, nil
		}
	}
}

// lastOf keeps the newest n by their times.
func lastOf(rows []sampleRow, n int) []sampleRow {
	slices.SortStableFunc(rows, func(a, b sampleRow) int { return cmp.Compare(a.at, b.at) })
	return rows[max(len(rows)-n, 0):]
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
