// Package duckdb_test compares what we compute with what DuckDB does.
package duckdb_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// fields are the columns that expressions have: two of each kind.
var fields = []sqlang.Field{
	{Path: "i", Type: column.Type{Kind: column.Int32}}, {Path: "j", Type: column.Type{Kind: column.Int32}},
	{Path: "b", Type: column.Type{Kind: column.Int64}}, {Path: "c", Type: column.Type{Kind: column.Int64}},
	{Path: "d", Type: column.Type{Kind: column.Decimal, Precision: 10, Scale: 2}}, {Path: "e", Type: column.Type{Kind: column.Decimal, Precision: 10, Scale: 2}},
	{Path: "f", Type: column.Type{Kind: column.Float64}}, {Path: "g", Type: column.Type{Kind: column.Float64}},
	{Path: "t", Type: column.Type{Kind: column.Text}}, {Path: "u", Type: column.Type{Kind: column.Text}},
	{Path: "x", Type: column.Type{Kind: column.Bool}}, {Path: "y", Type: column.Type{Kind: column.Bool}},
	{Path: "ts", Type: column.Type{Kind: column.Timestamp}}, {Path: "us", Type: column.Type{Kind: column.Timestamp}},
	{Path: "dt", Type: column.Type{Kind: column.Date}}, {Path: "du", Type: column.Type{Kind: column.Date}},
}

type product struct{}

func (product) Input(string, string) (*sqlang.Input, error) {
	in := &sqlang.Input{Name: "d.p", Major: 1, Topic: "d.p", Kind: weir.KindStream}
	for _, f := range fields {
		f.Nullable = true
		in.Fields = append(in.Fields, f)
	}
	return in, nil
}

// comparison is an expression; theirs is how DuckDB writes it, if otherwise.
type comparison struct{ ours, theirs string }

// comparisons are expressions of every group of the reference.
var comparisons = []comparison{
	{"i + j", ""}, {"i - j", ""}, {"i * j", ""}, {"i / j", "i // j"}, {"i % j", ""}, {"- i", ""}, {"b + c", ""}, {"b - c", ""}, {"b * c", ""},
	{"b / c", "b // c"}, {"b % c", ""}, {"- b", ""}, {"mod(b, c)", ""}, {"d + e", ""}, {"d - e", ""}, {"d * e", ""}, {"d % e", ""}, {"- d", ""},
	{"f + g", ""}, {"f - g", ""}, {"f * g", ""}, {"abs(i)", ""}, {"abs(b)", ""}, {"abs(d)", ""}, {"abs(f)", ""},
	{"ceil(d)", ""}, {"floor(d)", ""}, {"round(d)", ""}, {"round(d, 1)", ""}, {"trunc(d)", ""}, {"round(f)", ""}, {"ceil(f)", ""}, {"floor(f)", ""}, {"trunc(f)", ""},
	{"sqrt(f)", ""}, {"sign(d)", ""}, {"i = j", ""}, {"b <> c", ""}, {"d < e", ""}, {"f <= g", ""}, {"f = g", ""}, {"t > u", ""}, {"t >= u", ""}, {"t = u", ""},
	{"ts < us", ""}, {"dt = du", ""}, {"x = y", ""}, {"i < b", ""}, {"b < d", ""}, {"i IN (1, 2, j)", ""}, {"t IN ('a', u)", ""},
	{"i BETWEEN j AND 100", ""}, {"x AND y", ""}, {"x OR y", ""}, {"NOT x", ""}, {"x AND y OR NOT x", ""}, {"x IS TRUE", ""}, {"x IS NOT FALSE", ""},
	{"i IS NULL", ""}, {"t IS NOT NULL", ""}, {"i IS DISTINCT FROM j", ""}, {"t IS NOT DISTINCT FROM u", ""},
	{"coalesce(i, j)", ""}, {"coalesce(t, u, 'z')", ""}, {"nullif(i, j)", ""}, {"nullif(t, u)", ""}, {"greatest(i, j)", ""}, {"least(d, e)", ""}, {"greatest(f, g)", ""},
	{"CASE WHEN i > j THEN t WHEN x THEN u END", ""}, {"CASE WHEN j <> 0 THEN i / j ELSE -1 END", "CASE WHEN j <> 0 THEN i // j ELSE -1 END"},
	{"t || u", ""}, {"concat(t, u)", ""}, {"upper(t)", ""}, {"lower(t)", ""}, {"length(t)", ""}, {"octet_length(t)", "strlen(t)"}, {"reverse(t)", ""},
	{"btrim(t)", "trim(t, ' ')"}, {"ltrim(t, 'a')", ""}, {"rtrim(t, 'b ')", ""}, {"left(t, 2)", ""}, {"right(t, 2)", ""}, {"left(t, -1)", ""}, {"right(t, -1)", ""},
	{"substr(t, 2)", ""}, {"substr(t, 2, 2)", ""}, {"replace(t, 'a', u)", ""}, {"strpos(t, u)", ""}, {"starts_with(t, u)", ""}, {"split_part(t, 'a', 2)", ""},
	{"lpad(t, 4, '-')", ""}, {"rpad(t, 4, '-')", ""}, {"repeat(t, 3)", ""}, {"translate(t, 'ab', 'xy')", ""}, {"md5(t)", ""}, {"mask_hash(t)", "sha256(t)"},
	{"t LIKE 'a%'", ""}, {"t LIKE '%b_'", ""}, {"t ILIKE 'A%'", ""}, {"t ~ 'a+b'", "regexp_matches(t, 'a+b')"}, {"regexp_replace(t, 'a', '-', 'g')", ""},
	{"cast(i AS text)", ""}, {"cast(b AS text)", ""}, {"cast(d AS text)", ""}, {"cast(x AS text)", ""}, {"cast(dt AS text)", ""}, {"cast(ts AS text)", ""},
	{"cast(b AS integer)", ""}, {"cast(i AS bigint)", ""}, {"cast(i AS double precision)", ""}, {"cast(d AS integer)", ""}, {"cast(d AS double precision)", ""},
	{"cast(f AS bigint)", ""}, {"cast(i AS numeric(12,2))", ""}, {"cast(f AS numeric(12,2))", ""}, {"cast(d AS numeric(10,1))", ""}, {"cast(t AS integer)", ""},
	{"cast(dt AS timestamp)", ""}, {"cast(ts AS date)", ""}, {"cast(cast(f AS text) AS double precision)", ""},
	{"dt + 7", ""}, {"dt - 7", ""}, {"dt - du", ""}, {"ts + interval '90 minutes'", ""}, {"ts - interval '1 day'", ""},
	{"extract(year FROM ts)", ""}, {"extract(month FROM ts)", ""}, {"extract(day FROM dt)", ""}, {"extract(hour FROM ts)", ""}, {"extract(dow FROM ts)", ""},
	{"extract(isodow FROM ts)", ""}, {"extract(doy FROM dt)", ""}, {"extract(week FROM ts)", ""}, {"extract(quarter FROM ts)", ""}, {"extract(epoch FROM ts)", ""},
	{"date_trunc('hour', ts)", ""}, {"date_trunc('day', ts)", ""}, {"date_trunc('week', ts)", ""}, {"date_trunc('month', ts)", ""}, {"date_trunc('year', ts)", ""},
}

// documented are the differences that are meant: ours is PostgreSQL's way. Rows
// may differ so; all others of the expression must agree.
var documented = []struct {
	ours, why string
	so        func(ours, theirs string) bool
}{
	{"d / e", "a quotient of decimals is a decimal here, a double precision in DuckDB", anyhow},
	{"round(f)", "halves of double precision go to the even number here, away from zero in DuckDB", halves},
	{"extract(second FROM ts)", "with the fraction here, without in DuckDB", anyhow},
	{`t LIKE 'a\%'`, "the character \\ takes a meaning away here, unless told not in DuckDB", anyhow},
	{"i % j", "the remainder of the least integer by -1 is 0 here, an error in DuckDB", theirError},
	{"b % c", "the remainder of the least bigint by -1 is 0 here, an error in DuckDB", theirError},
	{"mod(b, c)", "the remainder of the least bigint by -1 is 0 here, an error in DuckDB", theirError},
	{"d * e", "a product of decimals has up to 38 digits here, 18 in DuckDB", theirError},
	{"f * g", "a product beyond double precision is an error here, an infinity in DuckDB", func(ours, theirs string) bool {
		return ours == "NULL" && strings.TrimPrefix(theirs, "-") == "inf"
	}},
}

func anyhow(string, string) bool              { return true }
func theirError(_ string, theirs string) bool { return theirs == "NULL" }
func halves(ours, theirs string) bool {
	a, err := strconv.ParseFloat(ours, 64)
	b, other := strconv.ParseFloat(theirs, 64)
	return err == nil && other == nil && math.Abs(a-b) == 1 && math.Mod(a, 2) == 0
}

// meant reports whether a difference is documented.
func meant(expr, ours, theirs string) bool {
	for _, d := range documented {
		if d.ours == expr && d.so(ours, theirs) {
			return true
		}
	}
	return false
}

const rows = 2000

// TestExpressionsAgreeWithDuckDB: over random values, among them borders and
// nulls, both give the same; a row that fails here is null there (TRY).
func TestExpressionsAgreeWithDuckDB(t *testing.T) {
	t.Parallel()
	values := random(rand.New(rand.NewPCG(1, 2)))
	db := open(t, values)
	var compiler sqlang.Compiler
	for _, c := range comparisons {
		if c.theirs == "" {
			c.theirs = c.ours
		}
		ours, theirs := weirs(t, &compiler, c.ours, values), ducks(t, db, "TRY("+c.theirs+")")
		wrong := 0
		for i := range rows {
			if same(ours[i], theirs[i]) || meant(c.ours, ours[i], theirs[i]) {
				continue
			}
			if wrong++; wrong <= 3 {
				t.Errorf("%s is %s, DuckDB says %s, of %s", c.ours, ours[i], theirs[i], values[i])
			}
		}
	}
}

// TestDocumentedDifferences: each difference that is documented is there.
func TestDocumentedDifferences(t *testing.T) {
	t.Parallel()
	values := random(rand.New(rand.NewPCG(3, 4)))
	for i := range values[:10] {
		values[i][6], values[i][8] = strconv.Itoa(i)+".5", "a%"
	}
	db := open(t, values)
	var compiler sqlang.Compiler
	for _, d := range documented {
		ours, theirs := weirs(t, &compiler, d.ours, values), ducks(t, db, "TRY("+d.ours+")")
		wrong := 0
		for i := range rows {
			if !same(ours[i], theirs[i]) {
				wrong++
			}
		}
		if wrong == 0 {
			t.Errorf("%s gives the same as DuckDB, but: %s", d.ours, d.why)
		}
	}
}

// random is rows of values as text; "NULL" is null.
func random(r *rand.Rand) [][]string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	out := make([][]string, rows)
	for i := range out {
		for _, f := range fields {
			v := "NULL"
			if r.IntN(8) > 0 {
				v = one(r, f.Type.Kind, pick)
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}

func one(r *rand.Rand, k column.Kind, pick func(...string) string) string {
	switch k {
	case column.Int32:
		return pick("0", "1", "-1", "2147483647", "-2147483648", fmt.Sprint(r.IntN(200)-100), fmt.Sprint(int32(r.Uint32())))
	case column.Int64:
		return pick("0", "1", "-1", "9223372036854775807", "-9223372036854775808", fmt.Sprint(r.IntN(200)-100), fmt.Sprint(int64(r.Uint64())))
	case column.Decimal:
		return pick("0.00", "0.01", "-0.01", "0.50", "-2.50", "99999999.99", fmt.Sprintf("%.2f", r.Float64()*200-100))
	case column.Float64:
		return pick("0", "0.5", "-2.5", "1e300", "-1e300", "NaN", "1e-300", fmt.Sprint(r.Float64()*200-100), fmt.Sprint(r.IntN(100)))
	case column.Bool:
		return pick("true", "false")
	case column.Timestamp:
		return time.UnixMicro(r.Int64N(4e15) - 1e15).UTC().Format("2006-01-02 15:04:05.999999")
	case column.Date:
		return time.Unix(r.Int64N(4e9)-1e9, 0).UTC().Format(time.DateOnly)
	}
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteString(pick("a", "b", "A", " ", "é", "7", "日", "c"))
	}
	return b.String()
}

// open makes the table p of the values.
func open(t testing.TB, values [][]string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var columns, marks []string
	for _, f := range fields {
		columns = append(columns, f.Path+" "+f.Type.String())
		marks = append(marks, "CAST(? AS "+f.Type.String()+")")
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE p (n integer, "+strings.Join(columns, ", ")+")"); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	insert, err := tx.PrepareContext(t.Context(), "INSERT INTO p VALUES (?, "+strings.Join(marks, ", ")+")")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range values {
		args := []any{i}
		for _, v := range row {
			if v == "NULL" {
				args = append(args, nil)
			} else {
				args = append(args, v)
			}
		}
		if _, err := insert.ExecContext(t.Context(), args...); err != nil {
			t.Fatalf("%v: %v", row, err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return db
}

// tester is a test, of rapid too.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// ducks is what an expression gives in DuckDB for each row, as text.
func ducks(t tester, db *sql.DB, expr string) []string {
	t.Helper()
	return ducksAll(t, db, []string{expr})[0]
}

// ducksAll is ducks for some expressions at once.
func ducksAll(t tester, db *sql.DB, exprs []string) [][]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	list := "CAST(" + strings.Join(exprs, " AS varchar), CAST(") + " AS varchar)"
	found, err := db.QueryContext(ctx, "SELECT "+list+" FROM p ORDER BY n")
	if err != nil {
		t.Fatalf("%s: %v", exprs, err)
	}
	defer func() { _ = found.Close() }()
	values, into := make([]sql.NullString, len(exprs)), make([]any, len(exprs))
	for i := range values {
		into[i] = &values[i]
	}
	out := make([][]string, len(exprs))
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if !v.Valid {
				v.String = "NULL"
			}
			out[i] = append(out[i], v.String)
		}
	}
	if err := found.Err(); err != nil {
		t.Fatalf("%s: %v", exprs, err)
	}
	return out
}

// weirs is what an expression gives here for each row, as text; a row that fails
// is null.
func weirs(t tester, c *sqlang.Compiler, expr string, values [][]string) []string {
	t.Helper()
	return weirsAll(t, c, []string{expr}, values)[0]
}

// weirsAll is weirs for some expressions at once: a row that fails in one is null
// in all.
func weirsAll(t tester, c *sqlang.Compiler, exprs []string, values [][]string) [][]string {
	t.Helper()
	list := make([]string, len(exprs))
	for i, e := range exprs {
		list[i] = fmt.Sprintf("cast(%s AS text) AS r%d", e, i)
	}
	plan, err := c.Compile("SELECT "+strings.Join(list, ", ")+" FROM d.p", product{})
	if err != nil {
		t.Fatalf("%s: %v", exprs, err)
	}
	f, err := flow.New(plan)
	if err != nil {
		t.Fatal(err)
	}
	in := &column.Batch{N: len(values), From: make([]column.Origin, len(values))}
	for i := range values {
		in.From[i].Offset = int64(i)
	}
	scan := scanOf(plan.Root)
	for _, k := range scan.Fields {
		v := column.Make(fields[k].Type, len(values))
		for i, row := range values {
			if err := set(v, i, row[k]); err != nil {
				t.Fatal(err)
			}
		}
		in.Columns = append(in.Columns, v)
	}
	out, _, err := f.Step(0, in)
	if err != nil {
		t.Fatal(err)
	}
	texts := make([][]string, len(exprs))
	for k := range texts {
		texts[k] = slices.Repeat([]string{"NULL"}, len(values)) // as rows that failed
		for _, b := range out {
			for i := range b.N {
				if !b.Columns[k].IsNull(i) {
					texts[k][b.From[i].Offset] = string(b.Columns[k].Texts[i])
				}
			}
		}
	}
	return texts
}

func scanOf(n sqlang.Node) *sqlang.Scan {
	if s, ok := n.(*sqlang.Scan); ok {
		return s
	}
	return scanOf(n.In()[0])
}

func set(v *column.Vector, i int, s string) (err error) {
	if s == "NULL" {
		v.SetNull(i)
		return nil
	}
	switch v.Kind {
	case column.Bool:
		v.Ints[i] = map[string]int64{"true": 1}[s]
	case column.Float64:
		v.Floats[i], err = strconv.ParseFloat(s, 64)
	case column.Decimal:
		v.Decimals[i], err = column.ParseDecimal([]byte(s), v.Scale)
	case column.Timestamp:
		v.Ints[i], err = column.ParseTimestamp([]byte(s))
	case column.Date:
		v.Ints[i], err = column.ParseDate([]byte(s))
	case column.Text:
		v.Texts[i] = []byte(s)
	default:
		v.Ints[i], err = strconv.ParseInt(s, 10, 64)
	}
	return err
}

// same takes texts for the same that are one number, or one moment.
func same(a, b string) bool {
	if a == b {
		return true
	}
	x, err := strconv.ParseFloat(a, 64)
	y, other := strconv.ParseFloat(b, 64)
	if err == nil && other == nil {
		return x == y || math.IsNaN(x) && math.IsNaN(y)
	}
	return strings.TrimSuffix(a, " 00:00:00") == strings.TrimSuffix(b, " 00:00:00")
}
