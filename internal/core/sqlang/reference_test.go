package sqlang_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestReferenceGolden keeps docs/reference/sql.md what the table says.
func TestReferenceGolden(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/reference/sql.md"
	got := reference()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the table of functions changed; if that is meant, run go test ./internal/core/sqlang -update\n%s", diff)
	}
}

func reference() string {
	var b strings.Builder
	b.WriteString(head)
	for _, r := range sqlang.SemanticRows() {
		there := r.There
		if there == "" {
			there = "the same"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(r.What), cell(r.Here), cell(there))
	}
	b.WriteString("\n## Operators and functions\n\nIf any argument is null, so is the result, unless it is said otherwise.\n")
	group := ""
	for _, l := range lines() {
		if l.Group != group {
			group = l.Group
			fmt.Fprintf(&b, "\n### %s\n\n| | of | what it gives | example |\n|---|---|---|---|\n", group)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | `%s` |\n", cell(l.shape()), strings.Join(l.of, "; "), cell(l.Doc+nulls[l.Null]), cell(l.Example))
	}
	b.WriteString("\n## Casts\n\n`CAST(a AS type)` and `a::type`. What is marked with * goes by itself where it is needed; a text or a number of the statement takes the type that is needed.\n\n| from | to |\n|---|---|\n")
	for _, c := range sqlang.Casts() {
		fmt.Fprintf(&b, "| %s | %s |\n", c.From, strings.Join(c.To, ", "))
	}
	fmt.Fprintf(&b, bounds, weir.MaxStatement>>10, sqlang.MaxWords, sqlang.MaxNest)
	return b.String()
}

var nulls = map[sqlang.NullRule]string{
	sqlang.Strict: "", sqlang.Never: "; never null", sqlang.Always: "; may be null", sqlang.IfAll: "; null if all are",
}

// line is rows of the table that differ in their types alone.
type line struct {
	sqlang.Function
	of []string
}

func (l line) shape() string {
	if l.Shape != "" {
		return l.Shape
	}
	letters := make([]string, len(l.Params))
	for i := range letters {
		letters[i] = string(rune('a' + i))
	}
	return l.Name + "(" + strings.Join(letters, ", ") + ")"
}

func lines() []line {
	var out []line
	for _, f := range sqlang.Functions() {
		words := make([]string, len(f.Params))
		for i, k := range f.Params {
			words[i] = k.String()
			if k == column.Unknown {
				words[i] = "any type"
			}
		}
		if len(slices.Compact(slices.Clone(words))) == 1 {
			words = words[:1]
		}
		of := strings.Join(words, ", ")
		i := slices.IndexFunc(out, func(l line) bool {
			return l.Group == f.Group && l.Name == f.Name && l.Doc == f.Doc && l.Shape == f.Shape
		})
		if i < 0 {
			out = append(out, line{f, []string{of}})
			continue
		}
		out[i].of = append(out[i].of, of)
	}
	return out
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

const head = "# SQL\n\nMade from the table of operators and functions by `go test ./internal/core/sqlang -update`.\n" + `
A query makes a product of others by one statement. The grammar is PostgreSQL's, and so is what it means, except where this page says
otherwise. What is not on this page is refused when the statement is given, with its line and column, the reason and a way out.

` + "```sql" + `
SELECT o.id, o.created, c.country, mask_hash(o.email) AS who, round(o.amount * 1.21, 2) AS gross
FROM shop.orders AS o
LEFT JOIN shop.customers AS c ON c.id = o.customer
WHERE o.paid AND o.amount BETWEEN 1 AND 1000
` + "```" + `

## What a statement is made of

- ` + "`FROM domain.product`" + ` is a product that whoever gives the statement may read. Names with a dash, with capitals, or that are words of SQL stand
  in double quotes: ` + "`execution.\"trending-stocks\"`" + `. ` + "`domain.product.v2`" + ` is its second major.
- A column is a field of the records, by its path: ` + "`address.city`" + `, or ` + "`(address).city`" + `. A whole struct, an array and a map are JSON: ` + "`items -> 0 ->> 'sku'`" + `.
  Each input also has ` + "`_timestamp`" + `, the record's own time, and ` + "`_key`" + `, its key as text; ` + "`*`" + ` leaves them out.
- ` + "`SELECT`" + ` lists columns; one that is computed needs a name (` + "`AS name`" + `) if it does not have one of its function.
  ` + "`*`" + ` is all outermost fields, ` + "`o.*`" + ` those of one input, ` + "`address.*`" + ` those of a struct.
- ` + "`WHERE`" + ` keeps the rows for which its condition is true.
- ` + "`JOIN`" + ` and ` + "`LEFT JOIN`" + ` of a stream, on the left, with a table, on the right: each record sees the row that the table has when it comes. ` + "`ON`" + ` says what
  the table's key is equal to; more conditions may stand beside it with AND.
- ` + "`JOIN`" + ` and ` + "`LEFT JOIN`" + ` of two tables: the result follows both. A left join is on the key of the right one.
  Groups in windows are joined by their windows.
- ` + "`GROUP BY`" + ` with ` + "`count`, `sum`, `avg`, `min` and `max`, `FILTER (WHERE ...)` and `HAVING`" + `. Groups are for ever: the result is a table
  of what they are now.
- ` + "`FROM TUMBLE(input, time, INTERVAL '1' MINUTE)`" + ` puts each record of a stream into the window of its event time,
  ` + "`HOP(input, time, slide, size)`" + ` into each of several. The rows have ` + "`window_start` and `window_end`" + ` too, and ` + "`GROUP BY`" + ` names these: each group
  comes once, as a record of a stream, when the window is over. A record that comes later than that is counted as late,
  left out, and set aside with the reason.
  ` + "`SESSION(input, time, gap)`" + ` stands right below a ` + "`GROUP BY`" + `: the rows of a group that ` + "`WHERE`" + ` keeps, each less than the gap behind the one before, are a session,
  from the first to a gap behind the last. What Flink takes for one session, here are two: rows that are just a gap apart.
  Such groups can be grouped again, by their window or for ever: ` + "`max(n)`" + ` of the counts of each window.
- The first rows of each partition: ` + "`SELECT ... FROM (SELECT *, row_number() OVER (PARTITION BY a ORDER BY b DESC) AS n FROM x) AS t WHERE n <= 3`" + `. The result is
  a table by a and n; with ` + "`n = 1`" + `, the newest or greatest alone, by a. Partitioned by ` + "`window_end`" + `, the first rows of each window
  come once, when it is over.
- ` + "`UNION ALL`" + ` of streams.
- ` + "`WITH name AS (SELECT ...)`" + ` and queries in brackets in ` + "`FROM`" + `.
- ` + "`CASE WHEN a THEN b ... ELSE c END`" + ` and ` + "`CASE a WHEN b THEN c ... END`" + `: the first that is true; what is not needed is not computed.

## What the result is

- A stream's records are new rows, and so are those of the result: its mode is append. If all fields of the input's key are passed on unchanged, they are the
  key of the result.
- A table's records are rows by their key, and so are those of the result: its mode is upsert. The fields of the key must be passed on. A row for which
  the condition of ` + "`WHERE`" + ` is no longer true goes away: the result gets a record without a value.
- Groups are rows by what is grouped by, which must be passed on: the mode is upsert. Groups in windows are append; ` + "`window_end`" + ` is their event time.
- The input's event time is the result's if it is passed on unchanged.
- A field that is passed on keeps its description and unit.
- A column is as sensitive as the most sensitive field of which it is made: of a personal field, also by way of a function, a comparison or ` + "`CASE`" + `,
  it is personal. A mask makes it internal; what is secret stays so. What stands in ` + "`WHERE`" + ` or ` + "`ON`" + ` is part of the lineage and does not count here.
- What a replay would not repeat is refused: ` + "`now()`" + `, ` + "`random()`" + ` and the like.

## Where it differs from PostgreSQL

| | here | PostgreSQL |
|---|---|---|
`

const bounds = `
## Bounds

| | |
|---|---|
| size of a statement | %d KiB |
| words, numbers and signs | %d |
| words within each other | %d |
| inputs | 16 |
| columns of a result | 1000 |
`
