package duckdb_test

import (
	"database/sql"
	"testing"

	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestDuckDBDoesWhatTheReferenceSays asks the cases of the table of semantics,
// whose answers here are tests of flows.
func TestDuckDBDoesWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, r := range sqlang.SemanticRows() {
		for _, c := range r.Cases {
			expr, want := c.Expr, c.Here
			if c.InDuckDB != "" {
				expr = c.InDuckDB
			}
			if c.DuckDB != "" {
				want = c.DuckDB
			}
			if got := given(t, db, expr); got != want {
				t.Errorf("%s is %s in DuckDB, want %s", expr, got, want)
			}
		}
	}
}

// given is what an expression over n gives as text.
func given(t *testing.T, db *sql.DB, expr string) string {
	t.Helper()
	var out sql.NullString
	err := db.QueryRowContext(t.Context(), "SELECT CAST(("+expr+") AS varchar) FROM (SELECT 1::bigint AS n)").Scan(&out)
	switch {
	case err != nil:
		return sqlang.Failure
	case !out.Valid:
		return "null"
	}
	return out.String
}
