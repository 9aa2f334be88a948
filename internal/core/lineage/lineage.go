// Package lineage knows where data comes from and where it goes: a graph of
// sources, topics, products, queries and who reads and writes them, at the grain
// of things and of fields.
//
// It is made of what the ledger says, entity by entity, and walked with what was
// measured. Every edge says how it is known. Who asks is shown what they may know
// of, by name; the rest are closed boxes: that there is one is told, and through
// it where data goes on to, but nothing that says what it is.
package lineage

import (
	"slices"
	"time"

	"github.com/weirmesh/weir"
)

// How says how an edge is known.
type How string

// The ways to know.
const (
	ByPlan        How = "plan"        // a query's statement says so
	ByTraffic     How = "traffic"     // records were counted on the way
	ByDeclaration How = "declaration" // somebody decided or declared it
)

// What says what an edge is.
type What string

// What edges are. Data flows along each.
const (
	Reads     What = "reads"      // a query, an application or a person reads
	Writes    What = "writes"     // a query or an application writes
	SetsAside What = "sets-aside" // a query writes what it could not compute
	Published What = "published"  // a topic or private stream was published as the product
	Allowed   What = "allowed"    // an application was allowed to read
	Planned   What = "planned"    // a team says that its application will read
	Schema    What = "schema"     // the schema is that of the records, or a part of it
)

// Evidence is one reason to know of an edge. What does not apply is zero.
type Evidence struct {
	How            How
	What           What
	Since          time.Time // on record since
	First, Last    time.Time // records were counted
	Records, Bytes int64
	Counted        []weir.Evidence
	Fields         []string // that are used; none: not known, or all
	Due            string
	Note           string
	By             string // who declared it
}

// Viewer says what somebody may know of.
type Viewer interface {
	// Knows reports whether a thing with these readers exists for them.
	Knows(t Thing) bool
	// Watches reports whether they may see by name who reads and writes it, or
	// what it reads and writes.
	Watches(t Thing) bool
	// Told reports whether they may know of a decision with these readers.
	Told(readers []weir.UID) bool
}

// Thing is something of the graph, as rights see it.
type Thing struct {
	weir.Ref
	Readers             []weir.UID
	Domain, Team, Owner weir.UID
	Gone                bool
}

// Question asks for a part of the graph.
type Question struct {
	Of       weir.UID
	Field    string // of a product; empty: all of it
	Up, Down bool
	Depth    int  // things away, not counting queries; 0: as far as it goes
	Most     int  // nodes; 0 is MostNodes
	Plain    bool // no edges: what is known of a node stands in its Into
	Traffic  *Traffic
	Viewer   Viewer
}

// MostNodes bounds how many nodes a picture has, unless asked for fewer.
const MostNodes = 20_000

// Picture is a part of the graph, as somebody may see it.
type Picture struct {
	Nodes   []*Node // the one that was asked about first, then by how far away they are
	Edges   []*Edge
	Fields  []FieldEdge
	LeftOut int // nodes beyond the bound, at least
}

// Node is a box of a picture.
type Node struct {
	ID     int // in the picture
	Closed bool
	Count  int // of a closed box: how many readers or writers it stands for
	Thing  Thing
	Domain string
	Team   string
	Depth  int
	Up     bool // data comes from it
	Down   bool // data goes to it
	Fields []string
	Shared []string    // of a schema: what has it
	Query  *weir.Query // that it is; not to be changed
	Into   []*Evidence // of a plain picture: how it is known that data goes there; not to be changed

	whole bool
	all   bool     // whole, some way
	shown []string // Fields, of every way
	order int
	rank  int32           // by name and noun; -1: by its name now
	many  map[string]bool // Fields, when there are many
	stand map[string]bool // whom a closed box stands for
	moved [2]bool         // who moves records was gone to, down and up
}

// few is up to how many fields are looked through one by one.
const few = 16

// reach notes that a node was reached by a field, or as a whole; false: it was
// already.
func (n *Node) reach(field string) bool {
	switch {
	case n.whole:
		return false
	case field == "":
		n.whole = true
		return true
	case n.many != nil && n.many[field], n.many == nil && slices.Contains(n.Fields, field):
		return false
	}
	n.Fields = append(n.Fields, field)
	switch {
	case n.many != nil:
		n.many[field] = true
	case len(n.Fields) > few:
		n.many = map[string]bool{}
		for _, f := range n.Fields {
			n.many[f] = true
		}
	}
	return true
}

// Edge goes the way that data goes.
type Edge struct {
	From, To *Node
	Evidence []Evidence
}

// Last is when something was last seen on an edge; zero: not measured.
func (e *Edge) Last() time.Time {
	var last time.Time
	for _, v := range e.Evidence {
		if v.Last.After(last) {
			last = v.Last
		}
	}
	return last
}

// FieldEdge says that a field of one product is made of a field of another. An
// empty ToField is every one: the field decides which rows there are. Fields of
// closed boxes have no name.
type FieldEdge struct {
	From, To           *Node
	FromField, ToField string
	Query              *Node
	Direct             bool
	Masked             string
}
