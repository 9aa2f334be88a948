package client

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/weirmesh/weir"
)

// The headers of an answer that holds records; all but the first are trailers.
const (
	RecordsFrom     = "Weir-From"           // the position that it begins at
	RecordsNext     = "Weir-Next"           // the position to go on from
	RecordsEnd      = "Weir-End"            // why it ended
	RecordsFailures = "Weir-Where-Failures" // records for which the condition could not be evaluated
)

// Why records ended.
const (
	EndOfRecords = "end"   // there are no more, up to where the reading was to end
	EndOfLimit   = "limit" // there are as many as were asked for
	EndByError   = "error" // something ended it early
)

// RecordsEnded is how an answer of records ended: the last line when it ended
// early, and always the data of the last event.
type RecordsEnded struct {
	Reason  string   `json:"reason"`
	Next    string   `json:"next"` // the position to go on from
	Failed  int64    `json:"failed,omitempty"`
	Failure string   `json:"failure,omitempty"` // why, of the first that failed
	Error   *Problem `json:"error,omitempty"`
}

// Record is one row. Key, Value and the values of headers are JSON.
type Record struct {
	Partition  int32           `json:"partition"`
	Offset     int64           `json:"offset"`
	Timestamp  time.Time       `json:"timestamp"`
	Key        json.RawMessage `json:"key"`
	Value      json.RawMessage `json:"value"`
	Headers    []RecordHeader  `json:"headers"`
	KeyBytes   []byte          `json:"keyBytes,omitempty"` // as it stands in the record; nil unless asked for, and of null
	ValueBytes []byte          `json:"valueBytes,omitempty"`

	// Line is the row as the node sent it.
	Line []byte `json:"-"`
}

// RecordHeader is one header of a [Record].
type RecordHeader struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

// ReadRecords says which records are wanted; see docs/reference/records.md.
type ReadRecords struct {
	From, Until   string
	Newest        int   // of all partitions together, instead of From; 0: from From on
	Limit         int64 // 0: no limit
	Fields, Where string
	Follow        bool
	Raw           bool // with KeyBytes and ValueBytes
}

// Outcome is what is known when all records were read.
type Outcome struct {
	From   string // the position that they began at
	Rows   int64
	Failed int64 // records for which the condition could not be evaluated
}

// errGoOn says that an answer ended early and said where to go on.
var errGoOn = errors.New("it goes on from where it ended")

// Records calls yield with the records of a product, or of a private stream
// (domain._private.name), until there are no more, yield returns an error or
// ctx ends. A connection that breaks, and an answer that ends early with a place
// to go on from, are gone on from there: no record comes twice or is missing.
// Only a node that is away for longer than patience ends it.
func (c *Client) Records(ctx context.Context, name string, q ReadRecords, patience time.Duration, yield func(Record) error) (Outcome, error) {
	r := &recordReader{c: c, path: recordsPath(name), q: q, yield: yield}
	var since time.Time
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		before := r.position.String()
		done, err := r.once(ctx)
		switch {
		case ctx.Err() != nil:
			return r.out, ctx.Err()
		case done, err != nil && !again(err) && !errors.Is(err, errGoOn):
			return r.out, err
		case r.position.String() != before:
			since, wait = time.Time{}, 50*time.Millisecond
		}
		if err == nil || errors.Is(err, errGoOn) {
			continue
		}
		if since.IsZero() {
			since = time.Now()
		}
		if !r.begun || time.Since(since) > patience {
			return r.out, err
		}
		select {
		case <-ctx.Done():
			return r.out, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Newest gives the newest n records before q.Until, of all partitions together,
// the oldest of them first; fewer only if there are no more. It asks as often as
// it takes, and holds them all.
func (c *Client) Newest(ctx context.Context, name string, q ReadRecords, n int, patience time.Duration) ([]Record, error) {
	var all []Record
	for len(all) < n {
		q.Newest = min(n-len(all), maxNewest)
		var some []Record
		out, err := c.Records(ctx, name, q, patience, func(r Record) error {
			some = append(some, r)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if all = append(some, all...); len(some) == 0 {
			break
		}
		q.Until = strings.TrimSuffix(out.From, ",*")
	}
	return all, nil
}

// maxNewest is how many of the newest one answer has.
const maxNewest = 10_000

func recordsPath(name string) string {
	if strings.Contains(name, "._private.") {
		return "/streams/" + seg(name) + "/records"
	}
	return "/products/" + seg(name) + "/records"
}

// again reports whether asking again may help.
func again(err error) bool {
	var away *Unreachable
	var p *Problem
	return errors.As(err, &away) || errors.As(err, &p) && p.Status == http.StatusServiceUnavailable || errors.Is(err, errBroken)
}

var errBroken = errors.New("the connection to the node broke")

// recordReader is one reading, over several answers.
type recordReader struct {
	c        *Client
	path     string
	q        ReadRecords
	yield    func(Record) error
	begun    bool
	position weir.Position
	out      Outcome
}

// once reads one answer; done says that nothing is left.
func (r *recordReader) once(ctx context.Context) (done bool, err error) {
	res, err := r.c.send(ctx, http.MethodGet, r.path+"?"+r.query().Encode(), nil, []Option{accepting("application/x-ndjson")})
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	if !r.begun {
		r.begun = true
		if r.position, err = weir.ParsePosition(res.Header.Get(RecordsFrom)); err != nil {
			return false, err
		}
		r.out.From = r.position.String()
	}
	in := bufio.NewReaderSize(res.Body, 64<<10)
	for {
		line, err := in.ReadBytes('\n')
		if err == nil {
			if done, err = r.line(bytes.TrimSuffix(line, []byte{'\n'})); err != nil || done {
				return done, err
			}
			continue
		}
		if !errors.Is(err, io.EOF) {
			return false, fmt.Errorf("%w: %w", errBroken, err)
		}
		return r.ended(res.Trailer)
	}
}

func accepting(form string) Option {
	return func(req *http.Request) { req.Header.Set("Accept", form) }
}

func (r *recordReader) query() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("from", r.q.From)
	switch {
	case r.begun:
		v.Set("from", r.position.String())
	case r.q.Newest > 0:
		v.Set("newest", strconv.Itoa(r.q.Newest))
	}
	set("until", r.q.Until)
	set("fields", r.q.Fields)
	set("where", r.q.Where)
	if limit := r.limit(); limit > 0 {
		v.Set("limit", strconv.FormatInt(limit-r.out.Rows, 10))
	}
	if r.q.Follow {
		v.Set("follow", "true")
	}
	if r.q.Raw {
		v.Set("raw", "true")
	}
	return v
}

// limit is how many rows there are at most; a question for the newest that goes
// on says it itself.
func (r *recordReader) limit() int64 {
	if r.begun && r.q.Newest > 0 {
		return int64(r.q.Newest)
	}
	return r.q.Limit
}

// line takes one line: a record, or how the answer ended early.
func (r *recordReader) line(b []byte) (done bool, err error) {
	var row struct {
		Record
		RecordsEnded
	}
	if err := json.Unmarshal(b, &row); err != nil {
		return false, fmt.Errorf("the node sent a line that is no record: %w", err)
	}
	if row.Error != nil {
		r.out.Failed += row.Failed
		if next, err := weir.ParsePosition(row.Next); err == nil {
			r.position = next
			if row.Error.Status == http.StatusTooManyRequests {
				return false, errGoOn
			}
		}
		return false, row.Error
	}
	row.Line = b
	if err := r.yield(row.Record); err != nil {
		return false, err
	}
	r.out.Rows++
	r.position.Offsets[row.Partition] = row.Offset + 1
	return r.limit() > 0 && r.out.Rows >= r.limit(), nil
}

// ended looks at why an answer ended in order.
func (r *recordReader) ended(trailer http.Header) (bool, error) {
	failed, _ := strconv.ParseInt(cmp.Or(trailer.Get(RecordsFailures), "0"), 10, 64)
	r.out.Failed += failed
	switch trailer.Get(RecordsEnd) {
	case EndOfRecords, EndOfLimit:
		return true, nil
	}
	return false, errBroken
}
