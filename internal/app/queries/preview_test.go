package queries_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/queries"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

func texts(rows []json.RawMessage) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = string(r)
	}
	return out
}

// TestPreview: rows, schema, key, mode, lineage and classification, and nothing
// is made.
func TestPreview(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	m.topics.add("shop.orders.v1", `{"id":4,"price":"dear"}`)
	ann := m.as("ann")
	before := m.ledger.Head().Offset
	got, err := m.Preview(t.Context(), ann.By, `SELECT id, 100 / cast(price - 50 AS bigint) AS q, upper(email) AS who FROM shop.orders`, "")
	must(t, err)
	if d := cmp.Diff([]string{`{"id":1,"q":-2,"who":"A@X"}`, `{"id":3,"q":5,"who":null}`}, texts(got.Rows)); d != "" {
		t.Error(d)
	}
	if got.Mode != sqlang.Append || got.Kind != weir.KindStream || !slices.Equal(got.Key, []string{"id"}) || got.Depth != 1 || got.Encoding != weir.EncodingJSON {
		t.Errorf("it is %+v", got.Understood)
	}
	who := got.Columns[2]
	if who.Classification != weir.ClassPersonal || !slices.Contains(who.From, queries.From{Product: "shop.orders", Field: "email", Direct: true}) {
		t.Errorf("who is %+v", who)
	}
	if !strings.Contains(got.Schema, `"who"`) || !strings.Contains(got.Plan, "scan shop.orders") {
		t.Errorf("schema %s, plan %s", got.Schema, got.Plan)
	}
	if len(got.Failed) != 2 || got.Failed[0].Offset != 3 || got.Failed[1].Offset != 1 || !strings.Contains(got.Failed[1].Reason, "division by zero") || got.Read != 4 {
		t.Errorf("of %d records failed %+v", got.Read, got.Failed)
	}
	if m.ledger.Head().Offset != before {
		t.Error("something was made")
	}
}

// TestPreviewBounds: the newest records of each partition, and the newest rows.
func TestPreviewBounds(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	for i := range 2 * queries.PreviewRecords {
		m.topics.add("shop.orders.v1", fmt.Sprintf(`{"id":%d,"price":1}`, i))
	}
	got, err := m.Preview(t.Context(), m.as("ann").By, `SELECT id FROM shop.orders`, "")
	must(t, err)
	last := fmt.Sprintf(`{"id":%d}`, 2*queries.PreviewRecords-1)
	if got.Read != queries.PreviewRecords || len(got.Rows) != queries.PreviewRows || !got.More || got.Cut || string(got.Rows[len(got.Rows)-1]) != last {
		t.Errorf("%d rows of %d records, more %v, cut %v; the last is %s", len(got.Rows), got.Read, got.More, got.Cut, got.Rows[len(got.Rows)-1])
	}
	got, err = m.Preview(t.Context(), m.as("ann").By, `SELECT id % 3 AS k, count(*) AS n FROM shop.orders GROUP BY id % 3`, "")
	must(t, err)
	n := 0
	for _, r := range got.Rows {
		var row struct{ N int }
		must(t, json.Unmarshal(r, &row))
		n += row.N
	}
	if len(got.Rows) != 3 || n != queries.PreviewRecords || got.Mode != sqlang.Upsert {
		t.Errorf("the groups are %s", texts(got.Rows))
	}
	got, err = m.Preview(t.Context(), m.as("ann").By, `SELECT 1 / (price - price) AS q FROM shop.orders`, "")
	must(t, err)
	if len(got.Failed) != 20 || got.FailedMore != queries.PreviewRecords-20 || len(got.Rows) != 0 {
		t.Errorf("%d records that failed are told, and %d more; %d rows", len(got.Failed), got.FailedMore, len(got.Rows))
	}
	big := strings.Repeat("x", weir.MaxStatement)
	_, err = m.Preview(t.Context(), m.as("ann").By, "SELECT '"+big+"' FROM shop.orders", "")
	refused(t, "a large statement", err, weir.Limit, "65536")
}

// TestPreviewTakesTwoSeconds: a topic that does not come to its end holds nobody
// up.
func TestPreviewTakesTwoSeconds(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	ann := m.as("ann")
	_, err := m.Explain(t.Context(), ann.By, `SELECT id FROM shop.orders`, "") // the parser is ready
	must(t, err)
	m.topics.missing = 5
	begin := time.Now()
	got, err := m.Preview(t.Context(), ann.By, `SELECT id FROM shop.orders`, "")
	must(t, err)
	if took := time.Since(begin); !got.Cut || len(got.Rows) != 3 || took < time.Second || took > 10*time.Second {
		t.Errorf("%d rows, cut %v, in %s", len(got.Rows), got.Cut, took)
	}
}

// TestPreviewOfTables: rows that a table took back are not shown, and a lookup
// sees the table.
func TestPreviewOfTables(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.orders(nil)
	_, err := m.catalog.CreateProduct(t.Context(), m.as("ann"), catalog.NewProduct{
		Name: "shop.customers", Kind: weir.KindTable, Encoding: weir.EncodingJSON, Key: []string{"id"}, KeyEncoding: weir.KeyString,
		Schema: `{"type":"object","properties":{"id":{"type":"string"},"name":{"type":"string"}},"required":["id","name"]}`,
	})
	must(t, err)
	m.made()
	m.topics.add("shop.customers.v1", `{"id":"a@x","name":"Ada"}`, `{"id":"b@x","name":"Ben"}`)
	m.topics.key("shop.customers.v1", "a@x", "b@x")
	got, err := m.Preview(t.Context(), m.as("ann").By, `SELECT o.id, c.name FROM shop.orders o JOIN shop.customers c ON c.id = o.email`, "")
	must(t, err)
	if d := cmp.Diff([]string{`{"id":1,"name":"Ada"}`, `{"id":2,"name":"Ben"}`}, texts(got.Rows)); d != "" {
		t.Error(d)
	}
	m.topics.gone("shop.customers.v1", "b@x")
	got, err = m.Preview(t.Context(), m.as("ann").By, `SELECT id, name FROM shop.customers`, "")
	must(t, err)
	if d := cmp.Diff([]string{`{"id":"a@x","name":"Ada"}`}, texts(got.Rows)); d != "" {
		t.Error(d)
	}
}
