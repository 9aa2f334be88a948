package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Query is a statement in SQL that runs and makes a product of others.
type Query struct {
	Name        string       `json:"name" doc:"That of the product that it makes."`
	UID         string       `json:"uid"`
	Domain      string       `json:"domain"`
	Team        string       `json:"team"`
	Application string       `json:"application" doc:"As which it reads and writes."`
	Statement   string       `json:"statement"`
	Inputs      []string     `json:"inputs" nullable:"false" doc:"The products that it reads, as far as you may know of them."`
	State       string       `json:"state" enum:"starting,running,paused,stopped"`
	Why         string       `json:"why,omitempty" doc:"Why Weir itself stopped it; absent if people did, or it runs."`
	Run         int          `json:"run" doc:"Counts up when it begins anew."`
	AtEnd       bool         `json:"atEnd,omitempty" doc:"What its inputs held when it was made is left out."`
	OnFailure   string       `json:"onFailure" enum:"aside,stop" doc:"What it does with a record that it cannot compute."`
	Aside       string       `json:"aside,omitempty" doc:"The private stream of the records that it could not compute."`
	Epoch       string       `json:"epoch" doc:"The least time between two transactions."`
	Topic       string       `json:"topic" doc:"Of the product."`
	Lifecycle   string       `json:"lifecycle" enum:"proposed,active,deprecated,retired" doc:"Of the product."`
	Status      *QueryStatus `json:"status,omitempty" doc:"How it does; absent: it was not run since the node started."`
	Result      *QueryResult `json:"result,omitempty" doc:"How the statement is understood; in the answer about one query alone."`
	Problem     string       `json:"problem,omitempty" doc:"Why the statement is not understood any more."`
	Revision    uint64       `json:"revision"`
	Created     time.Time    `json:"created"`
}

// QueryStatus is how a query does, as the node that runs it knows.
type QueryStatus struct {
	Running   bool      `json:"running"`
	Since     time.Time `json:"since,omitzero" doc:"It runs, or does not."`
	RowsIn    int64     `json:"rowsIn" doc:"Since it began to run."`
	RowsOut   int64     `json:"rowsOut"`
	Aside     int64     `json:"aside" doc:"Records that were set aside."`
	Late      int64     `json:"late" doc:"Rows that came behind the watermark."`
	Lag       int64     `json:"lag" doc:"Records that it has not read yet."`
	Watermark time.Time `json:"watermark,omitzero"`
	State     int64     `json:"state" doc:"Bytes of memory."`
	Epoch     int64     `json:"epoch" doc:"The number of the last one."`
	EpochTime string    `json:"epochTime,omitempty" doc:"How long that took."`
	Busy      string    `json:"busy,omitempty" doc:"How long all of them took since it began to run: what it cost of a processor, at most."`
	Error     string    `json:"error,omitempty" doc:"The last one."`
}

// QueryResult is what a statement makes, as Weir understands it.
type QueryResult struct {
	Inputs         []string          `json:"inputs" nullable:"false" doc:"The products that it reads, in the order of the text."`
	Schema         []QueryColumn     `json:"schema" nullable:"false" doc:"The columns of the result."`
	Key            []string          `json:"key" nullable:"false" doc:"The columns that a record's key holds; none: it has no key."`
	Mode           string            `json:"mode" enum:"append,upsert" doc:"append: every record is a new row; upsert: it is the row of its key from now on."`
	Kind           string            `json:"kind" enum:"stream,table"`
	Encoding       string            `json:"encoding"`
	KeyEncoding    string            `json:"keyEncoding"`
	SchemaText     string            `json:"schemaText" doc:"The schema of the values, in the language of the encoding."`
	Lineage        []QueryLineage    `json:"lineage" nullable:"false" doc:"Which field each column depends on."`
	Classification map[string]string `json:"classification" doc:"Of the columns that are not internal."`
	EventTime      string            `json:"eventTime,omitempty"`
	Depth          int               `json:"depth" doc:"Derivations below it: 1 over products that no query makes."`
	Plan           string            `json:"plan" doc:"The operators, one on a line, each above what it works on."`
}

// QueryColumn is a column of a result.
type QueryColumn struct {
	Name           string `json:"name"`
	Type           string `json:"type" doc:"Its name in SQL."`
	Nullable       bool   `json:"nullable"`
	Description    string `json:"description,omitempty"`
	Unit           string `json:"unit,omitempty"`
	Classification string `json:"classification,omitempty"`
}

// QueryLineage says that a column depends on a field.
type QueryLineage struct {
	Column  string `json:"column"`
	Product string `json:"product"`
	Field   string `json:"field"`
	Direct  bool   `json:"direct" doc:"Its value is made of the field's; else it depends on it through a condition, a join or a grouping."`
	Masked  string `json:"masked,omitempty" doc:"The function by which the field is masked."`
}

// NewQuery asks for a query, and for the product that it makes.
type NewQuery struct {
	Name        string `json:"name" maxLength:"134" doc:"The product's: domain.product; of a later major domain.product.vMAJOR"`
	Statement   string `json:"statement" maxLength:"65536" doc:"In SQL; inputs are named domain.product."`
	Encoding    string `json:"encoding,omitempty" enum:"json,avro,protobuf,json-schema" doc:"Of the values; absent: that of the first input."`
	Epoch       string `json:"epoch,omitempty" maxLength:"32" doc:"The least time between two transactions, 20ms to 10s; absent: 200ms."`
	OnFailure   string `json:"onFailure,omitempty" enum:"aside,stop" doc:"Absent: aside."`
	AtEnd       bool   `json:"atEnd,omitempty" doc:"Leave out what the inputs hold already."`
	Description string `json:"description,omitempty" maxLength:"4096" doc:"Of the product; absent: which inputs it is made of."`
	Owner       string `json:"owner,omitempty" maxLength:"63" doc:"Who answers for the product; absent: you."`
}

// Statement is SQL to be understood.
type Statement struct {
	Statement string `json:"statement" maxLength:"65536"`
	Encoding  string `json:"encoding,omitempty" enum:"json,avro,protobuf,json-schema" doc:"Of the result's values; absent: that of the first input."`
}

// QueryStart says how a query goes on.
type QueryStart struct {
	FromBeginning bool `json:"fromBeginning,omitempty" doc:"As a new run over all that its inputs hold; absent: from where it was."`
}

// QueryPreview is a statement over some of the newest records.
type QueryPreview struct {
	QueryResult
	Rows   []json.RawMessage `json:"rows" nullable:"false" doc:"An object each, at most 100."`
	Read   int               `json:"read" doc:"How many records were looked at."`
	More   bool              `json:"more,omitempty" doc:"There are more rows than are given."`
	Bytes  int64             `json:"bytes" doc:"Of those records, keys and values."`
	Took   string            `json:"took" doc:"How long the statement needed for them, without reading them."`
	Cut    bool              `json:"cut,omitempty" doc:"A bound of time or bytes came before the newest 1,000 records of each partition were read."`
	Failed []QueryFault      `json:"failed,omitempty" doc:"Records that the statement could not be computed for, at most 20."`
	// FailedMore is how many more there are than Failed has.
	FailedMore int `json:"failedMore,omitempty" doc:"Further records that it could not be computed for."`
}

// QueryFault is a record that a statement could not be computed for.
type QueryFault struct {
	Product   string `json:"product"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Reason    string `json:"reason"`
}

// Queries lists the queries of your domains, or of one.
func (c *Client) Queries(ctx context.Context, domain string) ([]Query, error) {
	return all[Query](ctx, c, "/queries", inDomain(domain))
}

// Query gets one query, with how its statement is understood.
func (c *Client) Query(ctx context.Context, name string) (Query, error) {
	return call[Query](ctx, c, http.MethodGet, "/queries/"+seg(name), nil, nil)
}

// CreateQuery makes a query that runs at once, its product and all that it needs.
func (c *Client) CreateQuery(ctx context.Context, n NewQuery, opts ...Option) (Query, error) {
	return call[Query](ctx, c, http.MethodPost, "/queries", n, opts)
}

// PreviewQuery runs a statement over some of the newest records, and makes
// nothing.
func (c *Client) PreviewQuery(ctx context.Context, s Statement) (QueryPreview, error) {
	return call[QueryPreview](ctx, c, http.MethodPost, "/queries/preview", s, nil)
}

// ExplainQuery says how a statement is understood, and makes nothing.
func (c *Client) ExplainQuery(ctx context.Context, s Statement) (QueryResult, error) {
	return call[QueryResult](ctx, c, http.MethodPost, "/queries/explain", s, nil)
}

// PauseQuery lets a query rest: it keeps its place and its state.
func (c *Client) PauseQuery(ctx context.Context, name string, opts ...Option) (Query, error) {
	return call[Query](ctx, c, http.MethodPost, "/queries/"+seg(name)+"/pause", nil, opts)
}

// StartQuery lets a query go on.
func (c *Client) StartQuery(ctx context.Context, name string, s QueryStart, opts ...Option) (Query, error) {
	return call[Query](ctx, c, http.MethodPost, "/queries/"+seg(name)+"/start", s, opts)
}

// StopQuery ends a query's run: it gives up its place and its state.
func (c *Client) StopQuery(ctx context.Context, name string, opts ...Option) (Query, error) {
	return call[Query](ctx, c, http.MethodPost, "/queries/"+seg(name)+"/stop", nil, opts)
}

// DeleteQuery ends a query. Its product stays with its data; with destroy both
// end. It says whether all is gone: as long as the cluster does not answer, it is
// not.
func (c *Client) DeleteQuery(ctx context.Context, name string, destroy bool, opts ...Option) (bool, error) {
	return c.end(ctx, "/queries/"+seg(name)+destroying(destroy), opts)
}
