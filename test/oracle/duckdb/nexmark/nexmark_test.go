// Package nexmark_test runs the queries of the Nexmark benchmark and compares
// their rows with those of DuckDB.
package nexmark_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/test/nexmark"
)

// size is how many events there are: SIZE, or few.
func size(t *testing.T) int64 {
	t.Helper()
	text := os.Getenv("SIZE")
	if text == "" {
		return 50_000
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRowsEqualDuckDBs: each query reads the same events, cut into epochs, of
// which some are undone and done again, and before some of which another flow, of
// another number of shards, takes the state over. When an epoch ends, what the
// query has made until then are the rows that DuckDB makes of all events until
// then.
func TestRowsEqualDuckDBs(t *testing.T) {
	t.Parallel()
	n := size(t)
	generator := nexmark.New(nexmark.Config{Delay: 997 * time.Microsecond, OutOfOrderGroupSize: 500})
	events := make([]nexmark.Event, n)
	for i := range events {
		events[i] = generator.Event(int64(i))
	}
	epochs := cut(n, rand.New(rand.NewPCG(7, uint64(n))))
	db := open(t, events, epochs)
	var compiler sqlang.Compiler
	for _, name := range nexmark.Queries() {
		t.Run(name, func(t *testing.T) {
			plan, err := compiler.Compile(nexmark.Query(name), catalog{})
			if err != nil {
				t.Fatal(err)
			}
			r := newRun(t, plan, events, epochs)
			for _, last := range looks(len(epochs)) {
				r.until(last)
				same(t, last, r.rows(), theirs(t, db, name, last, r.watermark()))
			}
			if len(r.rows()) < 4 {
				t.Errorf("there are only %d rows", len(r.rows()))
			}
		})
	}
}

// cut gives the first event of each epoch.
func cut(n int64, r *rand.Rand) (firsts []int64) {
	for at := int64(0); at < n; at += 1 + r.Int64N(1+n/100) {
		firsts = append(firsts, at)
	}
	return firsts
}

// looks are the epochs behind which rows are compared.
func looks(epochs int) []int { return []int{epochs / 20, epochs / 3, epochs / 2, epochs - 1} }

func same(t *testing.T, epoch int, ours, theirs map[string]int) {
	t.Helper()
	if maps.Equal(ours, theirs) {
		return
	}
	t.Errorf("behind epoch %d there are %d rows, by DuckDB %d. Some of ours alone:\n%s\nSome of DuckDB's alone:\n%s",
		epoch, len(ours), len(theirs), without(ours, theirs), without(theirs, ours))
}

// without is some rows of a that b has not as often.
func without(a, b map[string]int) string {
	var some []string
	for row, times := range a {
		if b[row] != times {
			some = append(some, row+" x"+strconv.Itoa(times))
		}
	}
	slices.Sort(some)
	return strings.Join(some[:min(len(some), 5)], "\n")
}

// theirs is the rows that DuckDB makes of all events until an epoch, of windows
// that end until the watermark. Text of each row, with how often it is there.
func theirs(t *testing.T, db *sql.DB, query string, epoch int, watermark string) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	statement, err := os.ReadFile("testdata/" + query + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, table := range []string{"person", "auction", "bid"} {
		if _, err := c.ExecContext(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT * FROM all_%s WHERE epoch <= %d", table, table, epoch)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.ExecContext(ctx, "CREATE OR REPLACE TEMP VIEW mark AS SELECT TIMESTAMP '"+watermark+"' AS mark"); err != nil {
		t.Fatal(err)
	}
	rows, err := c.QueryContext(ctx, "SELECT CAST(r AS varchar), count(*) FROM (SELECT concat_ws('|', *COLUMNS(*)) AS r FROM ("+string(statement)+")) GROUP BY r")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	return counted(t, rows)
}

func counted(t *testing.T, rows *sql.Rows) map[string]int {
	t.Helper()
	out := map[string]int{}
	for rows.Next() {
		var row string
		var times int
		if err := rows.Scan(&row, &times); err != nil {
			t.Fatal(err)
		}
		out[row] = times
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
