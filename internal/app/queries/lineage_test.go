package queries_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
)

// TestLineageOfAQueryIsOnRecord: a query's entry says of which fields each column
// is made, and which ones decide which rows there are, though no column shows
// them.
func TestLineageOfAQueryIsOnRecord(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	for _, c := range []struct {
		name, sql string
		want      []weir.Derivation
	}{
		{"filtered", "SELECT id, upper(email) AS who FROM shop.orders WHERE price > 10", []weir.Derivation{
			{Field: "price"},
			{Column: "id", Field: "id", Direct: true},
			{Column: "who", Field: "email", Direct: true},
		}},
		{"grouped", "SELECT email, sum(price) AS total FROM shop.orders GROUP BY email", []weir.Derivation{
			{Field: "email"},
			{Column: "email", Field: "email", Direct: true},
			{Column: "total", Field: "price", Direct: true},
		}},
	} {
		q := m.create(m.as("ann"), "shop."+c.name, c.sql)
		if diff := cmp.Diff(c.want, q.Lineage); diff != "" {
			t.Errorf("%s: %s", c.sql, diff)
		}
	}
}
