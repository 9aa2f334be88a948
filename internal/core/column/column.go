// Package column is what queries compute with: typed columns of values, a few
// thousand rows at a time.
//
// A [Vector] is one column of a [Batch]. Its values stand in the slice that its
// kind uses, and Null says which of them are none; a value that is null is the
// zero of its slice. Vectors are made once and used again for batch after
// batch: what a text or bytes value points to is valid as long as the batch is,
// so who keeps a value copies it.
//
// Rows have a weight ([Batch.Weights]): 1 says that a row is there now, -1 that
// an equal one of before is not any more. Operators that know this need no
// order among rows (Z-sets).
package column

import "strconv"

// Rows is how many rows a batch has at most.
const Rows = 2048

// Kind says in which slice the values of a vector are, and what they mean.
type Kind uint8

const (
	Unknown   Kind = iota // of a bare NULL
	Bool                  // Ints: 0, 1
	Int32                 // Ints
	Int64                 // Ints
	Float64               // Floats
	Decimal               // Decimals
	Text                  // Texts, UTF-8
	Bytes                 // Texts
	Date                  // Ints: days since 1970-01-01
	Timestamp             // Ints: microseconds since 1970-01-01 UTC
	UUID                  // Texts: 16 bytes
	Interval              // Ints: microseconds; months are refused
	JSON                  // Texts: a struct, an array or a map as JSON
)

// names are those of PostgreSQL.
var names = [...]string{
	Unknown: "unknown", Bool: "boolean", Int32: "integer", Int64: "bigint", Float64: "double precision", Decimal: "numeric",
	Text: "text", Bytes: "bytea", Date: "date", Timestamp: "timestamp", UUID: "uuid", Interval: "interval", JSON: "json",
}

// String is the kind's name in SQL.
func (k Kind) String() string { return names[k] }

// Type is what a column holds. Precision and Scale are of decimals alone.
type Type struct {
	Kind      Kind
	Precision int // digits, at most 38
	Scale     int // digits behind the point
}

// String is the type's name in SQL.
func (t Type) String() string {
	if t.Kind == Decimal && t.Precision > 0 {
		return "numeric(" + strconv.Itoa(t.Precision) + "," + strconv.Itoa(t.Scale) + ")"
	}
	return t.Kind.String()
}

// Vector is a column of a batch.
type Vector struct {
	Type
	Null     []bool // as long as the batch; nil: no value is null
	Ints     []int64
	Floats   []float64
	Decimals []Int128 // times ten to the power of Scale
	Texts    [][]byte
}

// IsNull reports whether row i has no value.
func (v *Vector) IsNull(i int) bool { return v.Null != nil && v.Null[i] }

// Batch is rows in columns.
type Batch struct {
	N       int // rows
	Columns []*Vector
	Weights []int32 // nil: each row is there once
	// From says which record each row follows: that which came last. nil where
	// nobody asks.
	From []Origin
	// Made says what each row was made of, in the order of inputs and partitions,
	// each once; nil, for all or for a row: the record in From alone.
	Made [][]Range
	// Time is the event time of each row in microseconds; nil where the plan
	// needs none.
	Time []int64
}

// Weight is how often row i came (or, negative, went).
func (b *Batch) Weight(i int) int32 {
	if b.Weights == nil {
		return 1
	}
	return b.Weights[i]
}

// Origin is the place of the record that a row was made of.
type Origin struct {
	Input     int32 // the plan's
	Partition int32
	Offset    int64
}

// Range is the records of one partition of which a row was made.
type Range struct {
	Input     int32 // the plan's; [Further]: they are not named, only counted
	Partition int32
	First     int64 // offset
	Last      int64 // offset
	Count     int64 // how many from First to Last count, at least
}

// Further is the input of the last range of a row that was made of records of
// more partitions than it names.
const Further = -1

// Int128 is a signed number of 128 bits in two's complement.
type Int128 struct {
	Hi int64
	Lo uint64
}
