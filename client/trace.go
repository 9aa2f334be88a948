package client

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Trace is a record and what it was made of, over as many queries as there are.
type Trace struct {
	TracePlace
	Queries []TraceQuery   `json:"queries" nullable:"false" doc:"The queries that made its records, as they are now, of those that you may know of."`
	Read    int            `json:"read" doc:"How many records were read."`
	LeftOut []TraceLeftOut `json:"leftOut,omitempty" doc:"What a bound was in the way of."`
}

// States of a place in a trace.
const (
	PlaceRead   = "read"
	PlaceRange  = "range"
	PlaceHidden = "hidden"
	PlaceGone   = "gone"
	PlaceUnread = "unread"
)

// TracePlace is a record in a trace, or a range of records of which some count.
type TracePlace struct {
	Product   string          `json:"product,omitempty"`
	Stream    string          `json:"stream,omitempty" doc:"A private stream."`
	Topic     string          `json:"topic,omitempty" doc:"As it is called on the cluster; absent: you may not know whose it is, or it is gone."`
	Partition int32           `json:"partition"`
	Offset    int64           `json:"offset" doc:"Of a range the first."`
	Last      int64           `json:"last,omitempty" doc:"Of a range the last offset."`
	Count     int64           `json:"count,omitempty" doc:"Of a range: how many of its records count, at least."`
	State     string          `json:"state" enum:"read,range,hidden,gone,unread" doc:"read: its record is here; range: some of its records are; hidden: you may not read it; gone: it is not there any more; unread: a bound, or the cluster, was in the way."`
	Why       string          `json:"why,omitempty" doc:"Why it is not read, or what else is to be known of it."`
	Timestamp time.Time       `json:"timestamp,omitzero"`
	Key       json.RawMessage `json:"key,omitempty" doc:"Decoded, as records are."`
	Value     json.RawMessage `json:"value,omitempty"`
	Query     string          `json:"query,omitempty" doc:"The query that made it, or set it aside."`
	Plan      string          `json:"plan,omitempty" doc:"The fingerprint of the plan that made it."`
	Current   *bool           `json:"current,omitempty" doc:"Whether that is the plan that the query has now; absent: unknown."`
	Failed    string          `json:"failed,omitempty" doc:"Why it was set aside."`
	Step      string          `json:"step,omitempty" doc:"What failed: read, decode, compute or encode; or late: it came behind the watermark."`
	Again     bool            `json:"again,omitempty" doc:"It stands in the trace already, with what it was made of."`
	Records   []TracePlace    `json:"records,omitempty" doc:"Of a range: its first records; if not all of them count, the first and the last, which do."`
	From      []TracePlace    `json:"from,omitempty" doc:"What it was made of."`
	More      int64           `json:"more,omitempty" doc:"Records that it was made of and does not name."`
}

// TraceQuery is a query that made records of a trace.
type TraceQuery struct {
	Name      string `json:"name"`
	State     string `json:"state" enum:"starting,running,paused,stopped"`
	Statement string `json:"statement"`
	Plan      string `json:"plan,omitempty" doc:"The fingerprint of its plan now."`
	Explain   string `json:"explain,omitempty" doc:"That plan: the operators, one on a line, each above what it works on."`
	Problem   string `json:"problem,omitempty" doc:"Why its statement is not understood any more."`
}

// TraceLeftOut says how many places a bound was in the way of.
type TraceLeftOut struct {
	Bound  string `json:"bound" enum:"depth,records,bytes,places,time"`
	Places int    `json:"places"`
}

// Trace walks a record of a product, or of a private stream
// (domain._private.name), back to what it was made of.
func (c *Client) Trace(ctx context.Context, name string, partition int32, offset int64) (Trace, error) {
	return call[Trace](ctx, c, http.MethodGet, fmt.Sprintf("%s/%d/%d/trace", recordsPath(name), partition, offset), nil, nil)
}

// Name is the product or private stream of a place; empty if you may not know of
// it.
func (p *TracePlace) Name() string { return cmp.Or(p.Product, p.Stream) }
