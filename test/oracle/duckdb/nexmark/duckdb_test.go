package nexmark_test

import (
	"database/sql"
	"database/sql/driver"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/test/nexmark"
)

// open makes tables all_person, all_auction and all_bid, each event with the
// epoch in which it comes.
func open(t *testing.T, events []nexmark.Event, epochs []int64) *sql.DB {
	t.Helper()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	for _, setting := range []string{"SET threads = 2", "SET memory_limit = '4GB'", "SET TimeZone = 'UTC'"} {
		if _, err := db.ExecContext(t.Context(), setting); err != nil {
			t.Fatal(err)
		}
	}
	c, err := connector.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, p := range nexmark.Products()[:3] {
		fill(t, db, c, p, events, epochs)
	}
	return db
}

func fill(t *testing.T, db *sql.DB, c driver.Conn, p nexmark.Product, events []nexmark.Event, epochs []int64) {
	t.Helper()
	in, err := catalog{}.Input(nexmark.Domain, p.Name)
	if err != nil {
		t.Fatal(err)
	}
	columns := []string{"epoch bigint"}
	for _, f := range in.Fields {
		columns = append(columns, f.Path+" "+typeName(f.Type))
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE all_"+p.Name+" ("+strings.Join(columns, ", ")+")"); err != nil {
		t.Fatal(err)
	}
	a, err := duckdb.NewAppenderFromConn(c, "", "all_"+p.Name)
	if err != nil {
		t.Fatal(err)
	}
	epoch := 0
	for i := range events {
		for epoch+1 < len(epochs) && epochs[epoch+1] <= int64(i) {
			epoch++
		}
		if !p.Of(&events[i]) {
			continue
		}
		row := []driver.Value{int64(epoch)}
		for _, v := range events[i].Values() {
			row = append(row, v)
		}
		if err := a.AppendRow(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func typeName(c column.Type) string {
	if c.Kind == column.Text {
		return "varchar"
	}
	return c.String()
}
