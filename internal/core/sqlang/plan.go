// Package sqlang understands statements: PostgreSQL's grammar, names and types
// from the catalogue, and a typed [Plan] that says what the result is, what it is
// made of and how sensitive that is.
package sqlang

import (
	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// Catalog is what a statement may name.
type Catalog interface {
	// Input gives a product by the words before and behind the dot: domain and
	// product, or product.vN. NotFound for one that whoever asks may not know of,
	// Denied for one that they know of and may not read, Invalid for one without
	// a schema: each with a fix.
	Input(domain, name string) (*Input, error)
}

// Input is a product as a statement sees it.
type Input struct {
	Product weir.UID
	Name    string // domain.product
	Major   int
	Topic   string // on the cluster
	Kind    weir.Kind
	Fields  []Field
	Key     []string      // paths of the fields that a record's key holds, in order; a table has one
	Time    string        // path of the event time; empty: the record's own timestamp
	Delay   weir.Duration // how late a record may come
}

// Field is a value that a record of an input can have, by its path as package
// schema says it. A struct is there as a whole (of kind JSON), and by its fields.
type Field struct {
	Path           string
	Type           column.Type
	Nullable       bool
	Doc            string
	Unit           string
	Tags           []string
	Classification weir.Classification // empty: internal
}

// Mode says what the records of a result mean.
type Mode string

const (
	Append Mode = "append" // every record is a new row: a stream
	Upsert Mode = "upsert" // a record is the row of its key from now on; null: there is none any more. A table
)

// Plan is a statement that was understood. It never changes.
type Plan struct {
	SQL     string
	Inputs  []*Input // each once, in the order of the text
	Root    Node
	Columns []Column // of the result
	Mode    Mode
	Key     []int // of Columns: the key of the result; none: the records have none
	// EventTime is the column of the result that carries event time, and Delay
	// how late its records may come; -1: none.
	EventTime int
	Delay     weir.Duration
	Depth     int // derivations below it: 1 over products that are not derived
}

// Column is a column of a result or of a node.
type Column struct {
	Name           string
	Type           column.Type
	Nullable       bool
	Doc            string              // of the field that it is, if it is one
	Unit           string              // likewise
	Classification weir.Classification // of what it is made of
	From           []Source            // lineage, direct first
}

// Source is a field of an input on which a column depends.
type Source struct {
	Input  int // of Plan.Inputs
	Path   string
	Direct bool   // else through a condition, a join or a grouping
	Masked string // the function by which it is masked; empty: it is not
}

// Node is an operator of a plan. Its expressions refer to the columns of its
// inputs, one behind the other.
type Node interface {
	Out() []Column
	In() []Node
}

// Scan reads an input: its columns are Fields of it, by index. The record's own
// timestamp is the field -1, its key as text -2.
type Scan struct {
	Input   int
	Fields  []int
	Columns []Column
	Alias   string
	// Table: its rows are those of a table, of which only the latest of a key
	// counts; a record without a value takes the row away.
	Table bool
	Key   []int // of Columns; of a table
	Time  int   // of Columns: the event time; -1: the record's timestamp
}

// Filter lets rows pass whose condition is true.
type Filter struct {
	Of   Node
	Cond *Expr
}

// Project computes columns.
type Project struct {
	Of      Node
	Exprs   []*Expr
	Columns []Column
}

// Union is the rows of all its inputs, whose columns agree.
type Union struct {
	Of      []Node
	Columns []Column
}

// Join pairs rows whose keys are equal. A null equals nothing.
type Join struct {
	Left, Right       Node
	LeftKey, RightKey []*Expr // over the columns of that side alone
	Outer             bool    // a row of the left without a partner is paired with nulls
	Cond              *Expr   // what else must be true of a pair; nil: nothing
	// Lookup: the left is a stream and sees the right as it is when it comes;
	// else both sides are kept and the result follows them.
	Lookup  bool
	Columns []Column
}

// Window gives each row the windows that it is in.
type Window struct {
	Of          Node
	Time        int      // of the input's columns
	Size, Slide int64    // microseconds; the same: they do not overlap
	Columns     []Column // the input's, then window_start and window_end
}

// Session gives each row the session that it is in: rows that have the same By,
// each less than a gap behind the one before. They come when the watermark has
// passed the end of the session, all at once.
type Session struct {
	Of      Node
	By      []*Expr
	Time    int      // of the input's columns
	Gap     int64    // microseconds
	Columns []Column // the input's, then window_start and window_end
}

// Group folds the rows that have the same keys.
type Group struct {
	Of   Node
	Keys []*Expr
	// WindowEnd is which key is the end of a window: its groups end when the
	// watermark passes; -1: groups are for ever.
	WindowEnd  int
	Aggregates []Aggregate
	Columns    []Column // keys, then aggregates
}

// Aggregate is a value over the rows of a group.
type Aggregate struct {
	Func     string // count, sum, avg, min, max
	Arg      *Expr  // nil: count(*)
	Distinct bool
	Filter   *Expr // nil: all
	Type     column.Type
}

// Top is the first N rows of each partition, by an order.
type Top struct {
	Of        Node
	Partition []*Expr
	Order     []Order
	N         int
	Rank      bool // the last column is the number of the row
	Columns   []Column
}

// Order is one word of an ORDER BY.
type Order struct {
	Expr       *Expr
	Descending bool
	NullsFirst bool
}

// Out is the columns of its rows.
func (n *Scan) Out() []Column { return n.Columns }

// Out is the columns of its rows.
func (n *Filter) Out() []Column { return n.Of.Out() }

// Out is the columns of its rows.
func (n *Project) Out() []Column { return n.Columns }

// Out is the columns of its rows.
func (n *Union) Out() []Column { return n.Columns }

// Out is the columns of its rows.
func (n *Join) Out() []Column { return n.Columns }

// Out is the columns of its rows.
func (n *Window) Out() []Column { return n.Columns }

// Out is the columns of its rows.
func (n *Session) Out() []Column { return n.Columns }

// Out is the columns of its rows.
func (n *Group) Out() []Column { return n.Columns }

// Out is the columns of its rows.
func (n *Top) Out() []Column { return n.Columns }

// In is what it works on.
func (n *Scan) In() []Node { return nil }

// In is what it works on.
func (n *Filter) In() []Node { return []Node{n.Of} }

// In is what it works on.
func (n *Project) In() []Node { return []Node{n.Of} }

// In is what it works on.
func (n *Union) In() []Node { return n.Of }

// In is what it works on.
func (n *Join) In() []Node { return []Node{n.Left, n.Right} }

// In is what it works on.
func (n *Window) In() []Node { return []Node{n.Of} }

// In is what it works on.
func (n *Session) In() []Node { return []Node{n.Of} }

// In is what it works on.
func (n *Group) In() []Node { return []Node{n.Of} }

// In is what it works on.
func (n *Top) In() []Node { return []Node{n.Of} }

// ExprKind says what an expression is.
type ExprKind uint8

const (
	ColumnRef ExprKind = iota // Column of the input
	Literal                   // Value
	Call                      // Func of Args
	Case                      // Args: condition, value, condition, value, ..., else
)

// Expr is a typed expression: nothing is left to be converted but what a Call
// of a cast says.
type Expr struct {
	Kind     ExprKind
	Type     column.Type
	Nullable bool
	Column   int
	Value    *column.Vector // of one row
	Func     string         // the name of a [Function]'s form, such as "upper(text)" or "+(bigint,bigint)"
	Args     []*Expr
	At       int // byte offset in the statement
}
