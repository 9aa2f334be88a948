package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Lineage is where data comes from and where it goes, as you may know it.
type Lineage struct {
	Of       string          `json:"of" doc:"The product, private stream or application that was asked about."`
	Field    string          `json:"field,omitempty"`
	At       time.Time       `json:"at" doc:"The time that it tells of."`
	From     time.Time       `json:"from" doc:"Records that passed from here on are counted in it."`
	Nodes    []LineageNode   `json:"nodes" nullable:"false" doc:"What was asked about first, then by how far away they are."`
	Edges    []LineageEdge   `json:"edges" nullable:"false" doc:"Each goes the way that data goes."`
	Fields   []LineageFields `json:"fields" nullable:"false" doc:"Which field is made of which, by the statements of queries; those of conditions, joins and groupings too."`
	LeftOut  int             `json:"leftOut,omitempty" doc:"Nodes that a bound was in the way of, at least."`
	Measured Measured        `json:"measured"`
	Problems []string        `json:"problems,omitempty" doc:"What could not be asked."`
}

// LineageNode is a box. One that you may not know of, or whose name you may not
// see there, is closed: it has no name.
type LineageNode struct {
	ID     string   `json:"id" doc:"In this answer only."`
	Kind   string   `json:"kind" enum:"product,stream,topic,query,application,person,schema,closed"`
	Name   string   `json:"name,omitempty"`
	Count  int      `json:"count,omitempty" doc:"Of a closed box that stands for several readers or writers: how many."`
	Domain string   `json:"domain,omitempty"`
	Team   string   `json:"team,omitempty"`
	Depth  int      `json:"depth" doc:"How many things away; a query is as far as what it makes or reads."`
	Up     bool     `json:"up,omitempty" doc:"Data comes from it."`
	Down   bool     `json:"down,omitempty" doc:"Data goes to it."`
	Fields []string `json:"fields,omitempty" doc:"Of it, those that were reached; absent: the whole."`
	Shared []string `json:"shared,omitempty" doc:"Of a schema: what has it."`
	State  string   `json:"state,omitempty" doc:"Of a query, now."`
	Gone   bool     `json:"gone,omitempty" doc:"It does not exist any more."`
}

// LineageEdge says that data goes from one box to another, and how that is known.
type LineageEdge struct {
	From  string            `json:"from"`
	To    string            `json:"to"`
	Last  *time.Time        `json:"last,omitempty" doc:"When it was last seen; absent: not measured."`
	Known []LineageEvidence `json:"known" nullable:"false" doc:"Each way by which it is known."`
}

// LineageEvidence is one reason to know of an edge.
type LineageEvidence struct {
	How     string     `json:"how" enum:"plan,traffic,declaration" doc:"plan: a query's statement says so; traffic: records were counted on the way; declaration: somebody decided or declared it."`
	What    string     `json:"what" enum:"reads,writes,sets-aside,published,allowed,planned,schema"`
	Since   *time.Time `json:"since,omitempty" doc:"On record since."`
	First   *time.Time `json:"first,omitempty"`
	Last    *time.Time `json:"last,omitempty"`
	Records int64      `json:"records,omitempty"`
	Bytes   int64      `json:"bytes,omitempty"`
	Counted []string   `json:"counted,omitempty" doc:"By the gateway, unacknowledged, or http."`
	Fields  []string   `json:"fields,omitempty" doc:"That are used, or will be."`
	Due     string     `json:"due,omitempty" doc:"Of a plan: by when."`
	Note    string     `json:"note,omitempty"`
	By      string     `json:"by,omitempty"`
}

// LineageFields says that a field of one box is made of a field of another.
type LineageFields struct {
	From   string `json:"from"`
	Field  string `json:"field,omitempty" doc:"Absent: its name is not for you."`
	To     string `json:"to"`
	Column string `json:"column,omitempty" doc:"* is every one: the field decides which rows there are."`
	Query  string `json:"query,omitempty" doc:"The id of the box of the query."`
	Direct bool   `json:"direct,omitempty" doc:"It is a part of the value; else it is in a condition, a join or a grouping."`
	Masked string `json:"masked,omitempty" doc:"The function by which it is masked."`
}

// Impact is whom a change would hurt, as you may know it.
type Impact struct {
	Of           string    `json:"of"`
	Field        string    `json:"field,omitempty"`
	At           time.Time `json:"at"`
	From         time.Time `json:"from" doc:"Records that passed from here on are counted in it."`
	Queries      []Hurt    `json:"queries" nullable:"false"`
	Products     []Hurt    `json:"products" nullable:"false"`
	Streams      []Hurt    `json:"streams" nullable:"false"`
	Applications []Hurt    `json:"applications" nullable:"false"`
	People       []Hurt    `json:"people" nullable:"false"`
	Teams        []string  `json:"teams" nullable:"false" doc:"Whose they are."`
	Hidden       int       `json:"hidden,omitempty" doc:"What depends on it too, and is not for you to see by name."`
	LeftOut      int       `json:"leftOut,omitempty" doc:"What a bound was in the way of, at least."`
	Summary      string    `json:"summary,omitempty" doc:"In one line; absent: nobody, as far as is known."`
	Measured     Measured  `json:"measured"`
	Problems     []string  `json:"problems,omitempty" doc:"What could not be asked."`
}

// Hurt is something that depends on another.
type Hurt struct {
	Name    string     `json:"name"`
	Domain  string     `json:"domain,omitempty"`
	Team    string     `json:"team,omitempty"`
	Depth   int        `json:"depth" doc:"1: it reads it itself."`
	Fields  []string   `json:"fields,omitempty" doc:"Of it, those that depend on it; absent: the whole, or nobody knows which."`
	Uses    []string   `json:"uses,omitempty" doc:"Fields of what it reads."`
	How     []string   `json:"how" nullable:"false" doc:"plan, traffic, declaration"`
	What    []string   `json:"what" nullable:"false" doc:"reads, allowed, planned, writes, ..."`
	Last    *time.Time `json:"last,omitempty" doc:"When it was last seen; absent: not measured."`
	Records int64      `json:"records,omitempty"`
	Due     string     `json:"due,omitempty" doc:"Of a plan: by when."`
	State   string     `json:"state,omitempty" doc:"Of a query, now."`
}

// LineageQuestion says which part of the lineage, and of when. The zero value is
// all of it, now.
type LineageQuestion struct {
	Field string
	Up    bool // neither: both
	Down  bool
	Depth int       // things away; 0: as far as it goes
	At    time.Time // zero: now
	Since string    // counts so far back: 6h, 30d; empty: 30d
}

func (q LineageQuestion) query() string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("field", q.Field)
	set("since", q.Since)
	if q.Up != q.Down {
		set("direction", map[bool]string{true: "up", false: "down"}[q.Up])
	}
	if q.Depth > 0 {
		set("depth", strconv.Itoa(q.Depth))
	}
	if !q.At.IsZero() {
		set("at", q.At.UTC().Format(time.RFC3339Nano))
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// Lineage tells where the data of a product, a private stream
// (domain._private.name) or an application comes from and goes to.
func (c *Client) Lineage(ctx context.Context, of string, q LineageQuestion) (Lineage, error) {
	return call[Lineage](ctx, c, http.MethodGet, "/lineage/"+seg(of)+q.query(), nil, nil)
}

// Impact tells whom a change of it, or of one of its fields, would hurt.
func (c *Client) Impact(ctx context.Context, of string, q LineageQuestion) (Impact, error) {
	q.Up, q.Down = false, false
	return call[Impact](ctx, c, http.MethodGet, "/impact/"+seg(of)+q.query(), nil, nil)
}

// Plan is what a team declares: its application will read a product.
type Plan struct {
	Name        string    `json:"name" doc:"product/application"`
	UID         string    `json:"uid"`
	Product     string    `json:"product"`
	Application string    `json:"application"`
	Team        string    `json:"team"`
	Fields      []string  `json:"fields,omitempty" doc:"That it will need; absent: it does not say."`
	Due         string    `json:"due,omitempty" doc:"The day by which it will read."`
	Note        string    `json:"note,omitempty"`
	By          string    `json:"by"`
	Revision    uint64    `json:"revision"`
	Created     time.Time `json:"created"`

	Access string      `json:"access" enum:"may,asked,declined,no" doc:"may: it may read it now. asked: it asked to, and waits for an answer. declined: it may not. no: it may not, and did not ask."`
	Asked  *time.Time  `json:"asked,omitempty" doc:"When it asked to be allowed to."`
	Answer *PlanAnswer `json:"answer,omitempty" doc:"What it was told."`
}

// PlanAnswer is what an application that asked to read a product was told.
type PlanAnswer struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Allowed bool      `json:"allowed"`
	Why     string    `json:"why,omitempty"`
}

// Declining says why an application may not read a product.
type Declining struct {
	Why string `json:"why,omitempty" maxLength:"1000"`
}

// NewPlan says what an application will read, and by when.
type NewPlan struct {
	Fields []string `json:"fields,omitempty" nullable:"false" maxItems:"200" doc:"Paths; absent: it does not say which."`
	Due    string   `json:"due,omitempty" maxLength:"10" doc:"YEAR-MONTH-DAY; absent: it does not say when."`
	Note   string   `json:"note,omitempty" maxLength:"1000" doc:"What for."`
	Ask    bool     `json:"ask,omitempty" doc:"Ask whoever may allow it to allow it, too."`
}

// Plans lists what is planned with your products and by your applications; product
// and application narrow it, if not empty.
func (c *Client) Plans(ctx context.Context, product, application string) ([]Plan, error) {
	q := url.Values{}
	if product != "" {
		q.Set("product", product)
	}
	if application != "" {
		q.Set("application", application)
	}
	return all[Plan](ctx, c, "/plans", q)
}

// Declare says that an application will read a product. It gives no right to; it
// can ask for it.
func (c *Client) Declare(ctx context.Context, product, application string, n NewPlan, opts ...Option) (Plan, error) {
	return call[Plan](ctx, c, http.MethodPut, planPath(product, application), n, opts)
}

// Decline tells an application that asked to read a product that it may not.
func (c *Client) Decline(ctx context.Context, product, application string, d Declining, opts ...Option) (Plan, error) {
	return call[Plan](ctx, c, http.MethodPost, planPath(product, application)+"/decline", d, opts)
}

// Withdraw takes that back.
func (c *Client) Withdraw(ctx context.Context, product, application string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, planPath(product, application), nil, nil, opts...)
}

func planPath(product, application string) string {
	return "/products/" + seg(product) + "/plans/" + seg(application)
}
