package gallery_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/gallery"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/internal/demo/world"
)

// catalog has the products of the demo.
type catalog struct{ t *testing.T }

func (c catalog) Input(domain, name string) (*sqlang.Input, error) {
	for _, p := range world.Products() {
		if p.Domain == domain && p.Name == name {
			return c.input(p), nil
		}
	}
	return nil, weir.Errorf(weir.NotFound, "there is no product %s.%s", domain, name)
}

func (c catalog) input(p world.Product) *sqlang.Input {
	in := &sqlang.Input{Name: p.Full(), Major: 1, Topic: p.Full() + ".v1", Kind: weir.Kind(p.Kind), Key: []string{p.KeyField}, Time: p.EventTime}
	f, encoding := weir.FormatAvro, weir.Encoding(p.Encoding)
	if encoding == weir.EncodingProtobuf {
		f = weir.FormatProtobuf
	}
	s, err := format.Parse(f, schema.Source{Text: p.Schema()})
	if err != nil {
		c.t.Fatal(err)
	}
	columns, err := record.ColumnsOf(s, encoding)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, col := range columns {
		in.Fields = append(in.Fields, sqlang.Field{Path: col.Path, Type: col.Type, Nullable: col.Nullable})
	}
	return in
}

// results are the key and the mode of what each example makes.
var results = map[string]string{
	"trending-stocks": "upsert symbol window_start", "high-value-stock-trades": "append symbol", "us-enriched-stock-trades": "append symbol",
	"most-popular-stock": "append window_start window_end", "latest-prices": "upsert symbol", "pageviews-enriched": "append userid",
	"pageviews-by-user": "upsert userid", "orders-enriched": "append orderid", "sales-by-country": "upsert country",
	"suspected-fraud": "append card window_end",
}

// TestExamplesAreUnderstood: each is a statement over the products that it names,
// and makes what its text says.
func TestExamplesAreUnderstood(t *testing.T) {
	t.Parallel()
	var compiler sqlang.Compiler
	seen := map[string]bool{}
	for _, e := range gallery.Examples() {
		plan, err := compiler.Compile(e.Statement, catalog{t})
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		var inputs []string
		for _, in := range plan.Inputs {
			inputs = append(inputs, in.Name)
		}
		if diff := cmp.Diff(e.Inputs, inputs); diff != "" {
			t.Errorf("%s: its inputs:\n%s", e.Name, diff)
		}
		got := []string{string(plan.Mode)}
		for _, k := range plan.Key {
			got = append(got, plan.Columns[k].Name)
		}
		if want := results[e.Name]; strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", e.Name, got, want)
		}
		if e.Product != "analytics."+e.Name || seen[e.Name] {
			t.Errorf("%s makes %s", e.Name, e.Product)
		}
		seen[e.Name] = true
	}
	if len(seen) != len(results) {
		t.Errorf("%d examples are understood, want %d", len(seen), len(results))
	}
}

// TestParse: what a file does not say is named.
func TestParse(t *testing.T) {
	t.Parallel()
	whole := []string{"-- product: a.b", "-- title: T", "-- shows: joins", "-- inputs: x.y, x.z", "--", "-- Good for", "-- much: a lot.", "SELECT 1"}
	got, err := gallery.Parse("07-my-name.sql", strings.Join(whole, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := gallery.Example{
		Name: "my-name", Product: "a.b", Title: "T", Shows: "joins", Inputs: []string{"x.y", "x.z"}, Text: "Good for much: a lot.", Statement: "SELECT 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, part := range map[int]string{0: "product", 1: "title", 2: "shows", 3: "inputs", 7: "a statement"} {
		_, err := gallery.Parse("07-my-name.sql", strings.Join(slices.Delete(slices.Clone(whole), i, i+1), "\n"))
		if err == nil || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), "07-my-name.sql") {
			t.Errorf("without its line %d: %v", i, err)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	if e, ok := gallery.Find("suspected-fraud"); !ok || e.Title == "" {
		t.Error("suspected-fraud is not found")
	}
	if _, ok := gallery.Find("nothing"); ok {
		t.Error("nothing is found")
	}
}
