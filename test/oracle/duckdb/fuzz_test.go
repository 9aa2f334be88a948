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
	rapid.Check(t, agreement(t, rows, 1))
}

// FuzzExpressions is the same, led by what the fuzzer has seen: some expressions
// at once over fewer rows, so that it sees many.
func FuzzExpressions(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(agreement(f, 60, 8)))
}

// agreement draws expressions and compares their values over some rows.
func agreement(t testing.TB, rows, exprs int) func(*rapid.T) {
	values := tame(rand.New(rand.NewPCG(5, 6)))[:rows]
	db := open(t, values)
	db.SetMaxOpenConns(1) // thinking little about statements is a setting of a connection
	if _, err := db.ExecContext(t.Context(), "PRAGMA disable_optimizer"); err != nil {
		t.Fatal(err)
	}
	var compiler sqlang.Compiler
	var cols []col
	for _, f := range fields {
		cols = append(cols, col{f.Path, f.Type.Kind})
	}
	return func(t *rapid.T) {
		w := writer{t: t, cols: cols}
		kinds := w.kinds()
		var all []expr
		var mine, other []string
		for range exprs {
			e := w.expr(kinds[w.pick(len(kinds))], 1+w.pick(3))
			all, mine, other = append(all, e), append(mine, e.ours), append(other, e.theirs)
		}
		ours, theirs := weirsAll(t, &compiler, mine, values), ducksAll(t, db, other)
		for k, e := range all {
			for i := range values {
				if !same(ours[k][i], theirs[k][i]) {
					t.Fatalf("%s is %s, DuckDB says %s of\n%s\nwhere the values are %s", e.ours, ours[k][i], theirs[k][i], e.theirs, values[i])
				}
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
