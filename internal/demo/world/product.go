package world

import "embed"

//go:embed schema
var schemas embed.FS

// The encodings of the products, as products name them.
const (
	Avro       = "avro"
	Protobuf   = "protobuf"
	JSONSchema = "json-schema"
)

// The products that have something before anything happens, and the one that is
// called by its name.
const (
	Users     = "membership.users"
	Customers = "shop.customers"
	Trades    = "execution.stocktrades"
)

// Product is a product of the world: its form, and where its records come from.
type Product struct {
	Domain, Name string
	Kind         string // stream or table
	Encoding     string
	File         string  // with the schema
	KeyField     string  // the field that is the key
	EventTime    string  // the field that is the event time; empty: the record's own
	Lateness     string  // how late a record may come; empty: not late
	Rate         float64 // records a second in the demo
	// Next gives the next record.
	Next func(*World) Record
}

// Full is the product's name with its domain.
func (p Product) Full() string { return p.Domain + "." + p.Name }

// Schema is the text of the product's schema.
func (p Product) Schema() string {
	b, err := schemas.ReadFile("schema/" + p.File)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(b)
}

// Products are all of them. Who writes them asks for their records in turn, since
// they tell of the same world.
func Products() []Product {
	return []Product{
		{Domain: "membership", Name: "users", Kind: "table", Encoding: Avro, File: "users.avsc", KeyField: "userid", EventTime: "registertime", Rate: 7, Next: (*World).NextUser},
		{Domain: "execution", Name: "stocktrades", Kind: "stream", Encoding: Protobuf, File: "stocktrades.proto", KeyField: "symbol", Rate: 12, Next: (*World).NextTrade},
		{Domain: "edge", Name: "pageviews", Kind: "stream", Encoding: Avro, File: "pageviews.avsc", KeyField: "userid", EventTime: "viewtime", Lateness: "5m", Rate: 12, Next: (*World).NextView},
		{Domain: "membership", Name: "preferences", Kind: "table", Encoding: JSONSchema, File: "preferences.json", KeyField: "userid", EventTime: "changed", Rate: 6, Next: (*World).NextPreference},
		{Domain: "execution", Name: "quotes", Kind: "stream", Encoding: Avro, File: "quotes.avsc", KeyField: "symbol", EventTime: "quoted", Rate: 7, Next: (*World).NextQuote},
		{Domain: "shop", Name: "customers", Kind: "table", Encoding: Avro, File: "customers.avsc", KeyField: "customerid", EventTime: "since", Rate: 6, Next: (*World).NextCustomer},
		{Domain: "shop", Name: "orders", Kind: "stream", Encoding: Avro, File: "orders.avsc", KeyField: "orderid", EventTime: "ordered", Rate: 6, Next: (*World).NextOrder},
		{Domain: "shop", Name: "payments", Kind: "stream", Encoding: Avro, File: "payments.avsc", KeyField: "card", EventTime: "paid", Lateness: "2s", Rate: 8, Next: (*World).NextPayment},
	}
}
