package nexmark

import (
	"embed"
	"slices"
	"strconv"
	"strings"
)

//go:embed *.avsc queries/*.sql
var files embed.FS

// Domain is whose products the events are.
const Domain = "nexmark"

// Product is where the events of one kind go.
type Product struct {
	Name       string // without the domain
	Table      bool   // by Key; else a stream without keys
	Key        string
	Partitions int
}

// Products are a table of people and one of auctions, and the stream of bids. Who
// comes and what is put on sale are streams too, for windows.
func Products() []Product {
	return []Product{
		{Name: "person", Table: true, Key: "id", Partitions: 2},
		{Name: "auction", Table: true, Key: "id", Partitions: 2},
		{Name: "bid", Partitions: 4},
		{Name: "new-person", Partitions: 2},
		{Name: "new-auction", Partitions: 2},
	}
}

// Of reports whether an event goes to this product.
func (p Product) Of(e *Event) bool {
	switch p.kind() {
	case "person":
		return e.Person != nil
	case "auction":
		return e.Auction != nil
	}
	return e.Bid != nil
}

func (p Product) kind() string { return strings.TrimPrefix(p.Name, "new-") }

// Schema is the Avro schema of its values.
func (p Product) Schema() string { return read(p.kind() + ".avsc") }

// Values are an event's fields, in the order of the schema: int64, string and
// time.Time.
func (e *Event) Values() []any {
	switch {
	case e.Person != nil:
		p := e.Person
		return []any{p.ID, p.Name, p.Email, p.CreditCard, p.City, p.State, p.Time, p.Extra}
	case e.Auction != nil:
		a := e.Auction
		return []any{a.ID, a.ItemName, a.Description, a.InitialBid, a.Reserve, a.Time, a.Expires, a.Seller, a.Category, a.Extra}
	}
	b := e.Bid
	return []any{b.Auction, b.Bidder, b.Price, b.Channel, b.URL, b.Time, b.Extra}
}

// Queries are the names of all queries, such as q0, in order.
func Queries() []string {
	entries, err := files.ReadDir("queries")
	if err != nil {
		panic(err) // they are part of the binary
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".sql")
	}
	number := func(name string) int { n, _ := strconv.Atoi(name[1:]); return n }
	slices.SortFunc(names, func(a, b string) int { return number(a) - number(b) })
	return names
}

// Query is the statement of a query.
func Query(name string) string { return read("queries/" + name + ".sql") }

func read(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is part of the binary
	}
	return string(text)
}
