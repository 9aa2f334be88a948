package duckdb_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestRandomExpressionsAgreeWithDuckDB: expressions within each other give the
// same over random values, among them nulls. None of them fails: within an
// expression DuckDB does not say which part did.
func TestRandomExpressionsAgreeWithDuckDB(t *testing.T) {
	t.Parallel()
	rapid.Check(t, agreement(t))
}

// FuzzExpressions is the same, led by what the fuzzer has seen.
func FuzzExpressions(f *testing.F) { f.Fuzz(rapid.MakeFuzz(agreement(f))) }

// agreement draws an expression and compares its values.
func agreement(t testing.TB) func(*rapid.T) {
	values := tame(rand.New(rand.NewPCG(5, 6)))
	db := open(t, values)
	var compiler sqlang.Compiler
	var cols []col
	for _, f := range fields {
		cols = append(cols, col{f.Path, f.Type.Kind})
	}
	return func(t *rapid.T) {
		w := writer{t: t, cols: cols}
		kinds := w.kinds()
		e := w.expr(kinds[w.pick(len(kinds))], 1+w.pick(3))
		ours, theirs := weirs(t, &compiler, e.ours, values), ducks(t, db, e.theirs)
		for i := range rows {
			if !same(ours[i], theirs[i]) {
				t.Fatalf("%s is %s, DuckDB says %s of\n%s\nwhere the values are %s", e.ours, ours[i], theirs[i], e.theirs, values[i])
			}
		}
	}
}

// tame is random values whose sums and products are never too large.
func tame(r *rand.Rand) [][]string {
	values := random(r)
	for _, row := range values {
		for k, f := range fields {
			if whole := f.Type.Kind == column.Int32 || f.Type.Kind == column.Int64; whole && row[k] != "NULL" {
				row[k] = fmt.Sprint(r.IntN(200) - 100)
			}
		}
	}
	return values
}
