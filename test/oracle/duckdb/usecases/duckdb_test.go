package usecases_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/demo/world"
)

// open makes a table all_PRODUCT for each product, each record with its epoch, its
// place among all, and its own time.
func open(t *testing.T, records []came) *sql.DB {
	t.Helper()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	for _, setting := range []string{"SET threads = 2", "SET memory_limit = '2GB'", "SET TimeZone = 'UTC'"} {
		must(t, db, setting)
	}
	c, err := connector.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, p := range world.Products() {
		fill(t, db, c, i, p, records)
	}
	return db
}

func must(t *testing.T, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// fill copies a product's records: first as text, which DuckDB then reads as what
// the columns are.
func fill(t *testing.T, db *sql.DB, c driver.Conn, product int, p world.Product, records []came) {
	t.Helper()
	in, err := inputOf(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	texts, casts := []string{"epoch bigint", "n bigint", "_timestamp timestamp"}, []string{"epoch", "n", "_timestamp"}
	for _, f := range in.Fields {
		texts = append(texts, f.Path+" varchar")
		casts = append(casts, cast(f.Path, f.Type))
	}
	must(t, db, "CREATE TABLE text_"+p.Name+" ("+strings.Join(texts, ", ")+")")
	a, err := duckdb.NewAppenderFromConn(c, "", "text_"+p.Name)
	if err != nil {
		t.Fatal(err)
	}
	for n, r := range records {
		if r.product != product {
			continue
		}
		row := []driver.Value{int64(r.epoch), int64(n), r.stamp}
		for _, f := range in.Fields {
			row = append(row, written(t, r.fields[f.Path]))
		}
		if err := a.AppendRow(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	must(t, db, "CREATE TABLE all_"+p.Name+" AS SELECT "+strings.Join(casts, ", ")+" FROM text_"+p.Name)
}

// cast makes a column of its text; a time is milliseconds, or a text.
func cast(name string, of column.Type) string {
	switch of.Kind {
	case column.Text, column.JSON:
		return name
	case column.Timestamp:
		return "coalesce(make_timestamp(1000 * try_cast(" + name + " AS bigint)), try_cast(" + name + " AS timestamp)) AS " + name
	}
	return "CAST(" + name + " AS " + of.String() + ") AS " + name
}

func written(t *testing.T, value any) driver.Value {
	t.Helper()
	switch value := value.(type) {
	case nil:
		return nil
	case string:
		return value
	case json.Number:
		return value.String()
	}
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// theirs is the rows that DuckDB makes of all records until an epoch, of windows
// that end until the watermark: the text of each row, with how often it is there. What
// was known of users and customers in an epoch is in users_at and customers_at.
func theirs(t *testing.T, db *sql.DB, example string, epoch int, watermark string) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	statement, err := os.ReadFile("testdata/" + example + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, p := range world.Products() {
		must(t, c, fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT * FROM all_%s WHERE epoch <= %d", p.Name, p.Name, epoch))
	}
	for _, view := range []string{
		"users_at AS SELECT userid, epoch, arg_max(regionid, n) AS regionid, arg_max(gender, n) AS gender FROM users GROUP BY userid, epoch",
		"customers_at AS SELECT customerid, epoch, arg_max(country, n) AS country, arg_max(segment, n) AS segment FROM customers GROUP BY customerid, epoch",
		"mark AS SELECT TIMESTAMP '" + watermark + "' AS mark",
	} {
		must(t, c, "CREATE OR REPLACE TEMP VIEW "+view)
	}
	rows, err := c.QueryContext(ctx, "SELECT CAST(r AS varchar), count(*) FROM (SELECT concat_ws('|', *COLUMNS(*)) AS r FROM ("+string(statement)+")) GROUP BY r")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
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
