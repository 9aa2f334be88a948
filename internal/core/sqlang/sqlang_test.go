package sqlang_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// shop is a mesh with a few products.
type shop map[string]*sqlang.Input

func (s shop) Input(domain, name string) (*sqlang.Input, error) {
	in, ok := s[domain+"."+name]
	switch {
	case name == "hidden":
		return nil, weir.Errorf(weir.Denied, "you may not read %s.%s", domain, name).WithFix("ask for access: weir access request ...")
	case !ok:
		return nil, weir.Errorf(weir.NotFound, "there is no product %s.%s", domain, name).WithFix("weir product list")
	}
	return in, nil
}

func field(path string, k column.Kind, words ...string) sqlang.Field {
	f := sqlang.Field{Path: path, Type: column.Type{Kind: k}}
	if k == column.Decimal {
		f.Type.Precision, f.Type.Scale = 10, 2
	}
	for _, w := range words {
		switch w {
		case "null":
			f.Nullable = true
		case "EUR", "kg":
			f.Unit = w
		default:
			f.Classification = weir.Classification(w)
		}
	}
	return f
}

func newShop() shop {
	orders := &sqlang.Input{
		Name: "shop.orders", Major: 1, Topic: "shop.orders", Kind: weir.KindStream, Key: []string{"id"}, Time: "created", Delay: weir.Duration(5 * time.Second),
		Fields: []sqlang.Field{
			field("id", column.Text), field("customer", column.Text, "personal"), field("customerId", column.Int64),
			field("amount", column.Decimal, "EUR"), field("quantity", column.Int32), field("total", column.Int64), field("weight", column.Float64, "null", "kg"),
			field("paid", column.Bool), field("created", column.Timestamp), field("day", column.Date, "null"), field("note", column.Text, "null", "secret"),
			field("address", column.JSON, "null", "personal"), field("address.street", column.Text, "null", "personal"), field("address.city", column.Text, "null", "public"),
			field("address.geo", column.JSON, "null"), field("address.geo.lat", column.Float64, "null"), field("items", column.JSON), field("ref", column.UUID, "null"), field("raw", column.Bytes, "null"),
			field("gap", column.Interval, "null"), field("status", column.Text, "public"),
		},
	}
	orders.Fields[3].Doc = "what the customer pays"
	customers := &sqlang.Input{
		Name: "shop.customers", Major: 1, Topic: "shop.customers", Kind: weir.KindTable, Key: []string{"id"},
		Fields: []sqlang.Field{field("id", column.Int64), field("name", column.Text, "personal"), field("country", column.Text, "null"), field("score", column.Decimal, "null")},
	}
	v2 := &sqlang.Input{Name: "shop.orders", Major: 2, Topic: "shop.orders.v2", Kind: weir.KindStream, Fields: []sqlang.Field{field("id", column.Text)}}
	dashed := &sqlang.Input{Name: "shop.hot-deals", Major: 1, Topic: "shop.hot-deals", Kind: weir.KindStream, Fields: []sqlang.Field{field("sku", column.Text)}}
	for i, in := range []*sqlang.Input{orders, customers, v2, dashed} {
		in.Product = weir.UID{byte(i + 1)}
	}
	return shop{"shop.orders": orders, "shop.customers": customers, "shop.orders.v2": v2, "shop.hot-deals": dashed}
}

// TestStatements gives statements and reads plans, or refusals.
func TestStatements(t *testing.T) {
	t.Parallel()
	var c sqlang.Compiler
	products := newShop()
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(_ *testing.T, d *datadriven.TestData) string {
			p, err := c.Compile(d.Input, products)
			if err != nil {
				return refusal(err)
			}
			if d.HasArg("columns") || d.Cmd == "columns" {
				return columnsOf(p)
			}
			return p.String()
		})
	})
}

// columnsOf is the part of a plan before its operators.
func columnsOf(p *sqlang.Plan) string {
	lines := strings.SplitAfter(p.String(), "\n")
	i := slices.IndexFunc(lines[1:], func(l string) bool { return !strings.HasPrefix(l, "column ") })
	return strings.Join(lines[:i+1], "")
}

func refusal(err error) string {
	var e *weir.Error
	if !errors.As(err, &e) {
		return "NOT A weir.Error: " + err.Error()
	}
	return e.Kind.String() + " at " + e.Where + ": " + e.Msg + "\nfix: " + e.Fix + "\n"
}
