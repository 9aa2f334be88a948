package postgres_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// values are what columns of each type have: borders, and what is common.
var values = map[column.Kind][]string{
	column.Bool:      {"true", "false"},
	column.Int32:     {"0", "1", "-1", "2", "3", "-7", "12", "100", "2147483647", "-2147483648"},
	column.Int64:     {"0", "1", "-1", "2", "-7", "18", "255", "9223372036854775807", "-9223372036854775808"},
	column.Decimal:   {"0.00", "1.50", "-2.25", "0.05", "2.50", "-0.50", "12.00", "99999999.99", "-99999999.99"},
	column.Float64:   {"0", "1.5", "-2.5", "0.5", "3", "100", "1e+300", "-1e-300", "NaN", "Infinity", "-Infinity"},
	column.Text:      {"", "a", "abc", "Ab C", "  x ", "é", "ßÄ日本", "a,b,c", "12", "-3", "1.5", "true", "2026-11-21", "a%_\\b", "abcabc"},
	column.Bytes:     {`\x`, `\x01ff`, `\x616263`},
	column.Date:      {"2026-11-21", "2024-02-29", "1969-12-31", "2000-01-01"},
	column.Timestamp: {"2026-11-21 10:38:15.123456", "1969-12-31 23:59:59.5", "2024-02-29 00:00:00", "2021-01-03 12:00:00"},
	column.UUID:      {"00000000-0000-0000-0000-000000000000", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
	column.Interval:  {"01:00:00", "-01:30:00", "00:00:00.5", "00:15:00", "49:00:00"},
	column.JSON:      {`{"a": 1, "b": [1, "x"]}`, `[1, [2], null]`, `"s"`, `1.50`, `{}`, `[]`, `true`},
}

// rowsOf is how many rows are compared.
const rowsOf = 60

// table is random values of three columns for each type, with nulls: a_integer
// and so on.
type table struct {
	fields []sqlang.Field
	rows   [][]string // "null" is one
}

func newTable(r *rand.Rand) *table {
	x := &table{rows: make([][]string, rowsOf)}
	for k := column.Bool; k <= column.JSON; k++ {
		for n, letter := range "abc" {
			t := column.Type{Kind: k}
			if k == column.Decimal {
				t.Precision, t.Scale = 10, 2
			}
			x.fields = append(x.fields, sqlang.Field{Path: nameOf(letter, k), Type: t, Nullable: true})
			for i := range x.rows {
				v := values[k][r.IntN(len(values[k]))]
				if n == 0 && i < len(values[k]) {
					v = values[k][i]
				}
				if r.IntN(8) == 0 {
					v = "null"
				}
				x.rows[i] = append(x.rows[i], v)
			}
		}
	}
	return x
}

func nameOf(letter rune, k column.Kind) string {
	return string(letter) + "_" + strings.ReplaceAll(k.String(), " ", "_")
}

// script makes the table in PostgreSQL.
func (x *table) script() string {
	var b strings.Builder
	names, row := []string{"row_id"}, make([]string, len(x.fields)+1)
	for _, f := range x.fields {
		names = append(names, f.Path)
	}
	b.WriteString("CREATE TEMP TABLE v AS SELECT * FROM (VALUES ")
	for i, values := range x.rows {
		row[0] = strconv.Itoa(i)
		for k, v := range values {
			if row[k+1] = "null"; v != "null" {
				row[k+1] = quoted(v)
			}
			row[k+1] += "::" + x.fields[k].Type.String()
		}
		b.WriteString(map[bool]string{true: ", "}[i > 0] + "(" + strings.Join(row, ", ") + ")")
	}
	return b.String() + ") AS v (" + strings.Join(names, ", ") + ");\n"
}

// Input makes the table a stream.
func (x *table) Input(string, string) (*sqlang.Input, error) {
	return &sqlang.Input{Name: "d.v", Major: 1, Topic: "d.v", Kind: weir.KindStream, Fields: x.fields}, nil
}

// batch is the rows as a plan wants them. Texts become values by casts of ours,
// which are compared, too.
func (x *table) batch(t *testing.T, scan *sqlang.Scan) *column.Batch {
	t.Helper()
	b := &column.Batch{N: len(x.rows), Time: make([]int64, len(x.rows))}
	for i := range x.rows {
		b.From = append(b.From, column.Origin{Offset: int64(i)})
	}
	for _, f := range scan.Fields {
		v := column.Make(x.fields[f].Type, len(x.rows))
		for i, row := range x.rows {
			if row[f] == "null" {
				v.SetNull(i)
			} else if err := set(v, i, row[f]); err != nil {
				t.Fatalf("%s: %v", row[f], err)
			}
		}
		b.Columns = append(b.Columns, v)
	}
	return b
}

func set(v *column.Vector, i int, text string) (err error) {
	b := []byte(text)
	var yes bool
	switch v.Kind {
	case column.Bool:
		if yes, err = column.ParseBool(b); yes {
			v.Ints[i] = 1
		}
	case column.Int32, column.Int64:
		v.Ints[i], err = column.ParseInt(b, 64)
	case column.Date:
		v.Ints[i], err = column.ParseDate(b)
	case column.Timestamp:
		v.Ints[i], err = column.ParseTimestamp(b)
	case column.Interval:
		v.Ints[i], err = column.ParseInterval(b)
	case column.Float64:
		v.Floats[i], err = column.ParseFloat(b)
	case column.Decimal:
		v.Decimals[i], err = column.ParseDecimal(b, v.Scale)
	case column.Bytes:
		v.Texts[i], err = column.ParseBytes(b)
	case column.UUID:
		v.Texts[i], err = column.ParseUUID(b)
	default:
		v.Texts[i] = b
	}
	return err
}

// compiler is one for all tests, so that the parser starts once.
var compiler sqlang.Compiler

// ours is what an expression gives for each row, as text: "null" and "error" are
// such; and the forms of functions that it uses.
func (x *table) ours(t *testing.T, expr string) (out []string, forms []string, err error) {
	t.Helper()
	p, err := compiler.Compile("SELECT ("+expr+")::text AS r, row_number FROM d.v", withNumber{x})
	if err != nil {
		return nil, nil, err
	}
	f, err := flow.New(p)
	if err != nil {
		return nil, nil, err
	}
	batches, failed, err := f.Step(0, x.numbered(t, scanOf(p.Root)))
	if err != nil {
		return nil, nil, err
	}
	out = make([]string, len(x.rows))
	for _, f := range failed {
		out[f.Origin.Offset] = "error"
	}
	for _, b := range batches {
		texts := b.Columns[0].Texts
		for i := range b.N {
			if out[b.Columns[1].Ints[i]] = string(texts[i]); b.Columns[0].IsNull(i) {
				out[b.Columns[1].Ints[i]] = "null"
			}
		}
	}
	return out, formsOf(p.Root.(*sqlang.Project).Exprs[0]), nil
}

// numbered is the rows as a plan wants them that reads the number of each too,
// which is the last field.
func (x *table) numbered(t *testing.T, scan *sqlang.Scan) *column.Batch {
	t.Helper()
	b := x.batch(t, &sqlang.Scan{Fields: scan.Fields[:len(scan.Fields)-1]})
	numbers := column.Make(column.Type{Kind: column.Int64}, b.N)
	for i := range b.N {
		numbers.Ints[i] = int64(i)
	}
	b.Columns = append(b.Columns, numbers)
	return b
}

// withNumber is the table with the number of each row behind it.
type withNumber struct{ *table }

func (x withNumber) Input(d, n string) (*sqlang.Input, error) {
	in, err := x.table.Input(d, n)
	in.Fields = append(slices.Clone(in.Fields), sqlang.Field{Path: "row_number", Type: column.Type{Kind: column.Int64}})
	return in, err
}

func scanOf(n sqlang.Node) *sqlang.Scan {
	if s, ok := n.(*sqlang.Scan); ok {
		return s
	}
	return scanOf(n.In()[0])
}

func formsOf(e *sqlang.Expr) (forms []string) {
	if e.Kind == sqlang.Call {
		forms = append(forms, e.Func)
	}
	for _, a := range e.Args {
		forms = append(forms, formsOf(a)...)
	}
	return forms
}

// words are what must stand in a statement, for functions that want it: argument
// and texts.
var words = map[string][]string{
	"~": {"1", "'^a'", "'b.*c'"}, "~*": {"1", "'A'", "'^[a-b]+$'"}, "regexp_replace": {"1", "'(a)(b)'", "'[bc]+'"},
	"regexp_substr": {"1", "'[bc]+'", "'(a)b'"}, "regexp_like": {"1", "'^a'", "'^[0-9.]+$'"}, "regexp_count": {"1", "'b'", "'[a-c]'"},
	"substring": {"1", "'a(.)c'", "'[0-9]+'", "'b?'"}, "like": {"1", "'a%'", "'%b_'", "'a\\%%'"}, "ilike": {"1", "'A%'", "'%É'"},
	"round": {"1", "1", "0", "4"}, "trunc": {"1", "1", "0"}, "date_part": {"0"}, "extract": {"0"}, "date_trunc": {"0"},
	"date_bin": {"0", "interval '15 minutes'"}, "encode": {"1", "'hex'", "'base64'"}, "decode": {"1", "'base64'", "'hex'"},
	"repeat": {"1", "3", "0", "-1"}, "lpad": {"1", "5", "-1", "2"}, "rpad": {"1", "5", "-1", "2"}, "power": {"1", "2", "0.5", "-1"},
}

// parts are those of extract and units of date_trunc.
var parts = map[column.Kind][]string{
	column.Timestamp: {"year", "month", "day", "hour", "minute", "second", "millisecond", "microsecond", "epoch", "dow", "isodow", "doy", "week", "isoyear", "quarter"},
	column.Date:      {"year", "month", "day", "epoch", "dow", "isodow", "doy", "week", "isoyear", "quarter"},
	column.Interval:  {"epoch"},
}

var units = []string{"microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"}

// expressions are all that are compared of a function. An interval is compared in
// seconds: a day has 24 hours here.
func expressions(f sqlang.Function) []string {
	out := uses(f)
	for i, e := range out {
		if givesInterval(f, e) {
			out[i] = "extract(epoch FROM " + e + ")"
		}
	}
	return out
}

// givesInterval asks the binder.
func givesInterval(f sqlang.Function, e string) bool {
	if !strings.Contains(e, "interval") && !strings.Contains(f.Form, "-(timestamp") {
		return false
	}
	_, err := compiler.Compile("SELECT "+e+" AS x FROM d.v", &table{fields: newTable(rand.New(rand.NewPCG(1, 2))).fields})
	return err != nil && strings.Contains(err.Error(), "is an interval")
}

// uses are the expressions of a function.
func uses(f sqlang.Function) []string {
	args := make([]string, len(f.Params))
	generic := false
	for i, k := range f.Params {
		if generic = k == column.Unknown; generic {
			break
		}
		args[i] = nameOf(rune('a'+i%3), k)
	}
	if generic {
		return ofEveryType(f)
	}
	if f.Rest && len(args) == 1 {
		args = append(args, nameOf('b', f.Params[0]), nameOf('c', f.Params[0]))
	}
	var out []string
	at, choices := choicesOf(f)
	if len(choices) == 0 {
		return []string{written(f, args)}
	}
	for _, c := range choices {
		args[at] = c
		out = append(out, written(f, args))
	}
	return out
}

func choicesOf(f sqlang.Function) (at int, choices []string) {
	w := words[f.Name]
	if len(w) == 0 {
		return 0, nil
	}
	at, _ = strconv.Atoi(w[0])
	switch {
	case f.Name == "date_trunc":
		return at, quotedAll(units)
	case f.Name == "date_part" || f.Name == "extract":
		return at, quotedAll(parts[f.Params[1]])
	case at >= len(f.Params) || f.Params[at] == column.Int32 && strings.HasPrefix(w[1], "'"):
		return 0, nil
	}
	return at, w[1:]
}

func quotedAll(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quoted(w)
	}
	return out
}

// ofEveryType uses a function of any type with columns of each that has an order.
func ofEveryType(f sqlang.Function) (out []string) {
	for k := column.Bool; k < column.JSON; k++ {
		args := []string{nameOf('a', k), nameOf('b', k), nameOf('c', k)}
		if !f.Rest {
			args = args[:len(f.Params)]
		}
		out = append(out, written(f, args))
	}
	return out
}

// written is a use of a function as a statement has it.
func written(f sqlang.Function, args []string) string {
	switch name := strings.ToUpper(f.Name); {
	case f.Name == "regexp_replace":
		return "regexp_replace(" + args[0] + ", " + args[1] + ", '<\\1>'" + map[bool]string{true: ", 'g'"}[len(args) == 4] + ")"
	case f.Name == "extract":
		return "extract(" + strings.Trim(args[0], "'") + " FROM " + args[1] + ")"
	case f.Name == "in":
		return args[0] + " IN (" + strings.Join(args[1:], ", ") + ")"
	case f.Name == "and" || f.Name == "or":
		return strings.Join(args, " "+name+" ")
	case f.Name == "not" || f.Name == "-" && len(args) == 1:
		return name + " " + args[0]
	case strings.HasPrefix(f.Name, "is ") && len(args) == 1:
		return args[0] + " " + name
	case f.Name == "substring" && f.Params[1] == column.Text:
		return "substring(" + args[0] + " FROM " + args[1] + ")"
	case strings.HasPrefix(f.Shape, "a ") && len(args) == 2:
		return args[0] + " " + name + " " + args[1]
	case f.Name == "overlay":
		return "overlay(" + args[0] + " PLACING " + args[1] + " FROM " + strings.Join(args[2:], " FOR ") + ")"
	}
	return f.Name + "(" + strings.Join(args, ", ") + ")"
}

// equal compares texts, and numbers by their value: those of double precision by
// fifteen digits.
func equal(a, b string) bool {
	if a == b {
		return true
	}
	x, err := strconv.ParseFloat(a, 64)
	y, other := strconv.ParseFloat(b, 64)
	return err == nil && other == nil && (x == y || math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= 1e-15*math.Abs(x+y))
}

// compare asks both for expressions and gives what is not the same, one line
// each.
func compare(t *testing.T, s *server, x *table, exprs []string, meant func(expr, ours, theirs string) bool) (forms map[string]bool, wrong []string) {
	t.Helper()
	forms = map[string]bool{}
	script := x.script()
	ours := map[string][]string{}
	for _, e := range exprs {
		got, used, err := x.ours(t, e)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", e, err))
			continue
		}
		ours[e] = got
		for _, f := range used {
			forms[f] = true
		}
		script += fmt.Sprintf("SELECT json_build_array(%s, i::text, pg_temp.attempt(%s, i)) FROM generate_series(0, %d) AS i;\n", quoted(e), quoted(e), len(x.rows)-1)
	}
	for _, r := range s.asks(t, script) {
		i, _ := strconv.Atoi(r[1])
		if a, b := ours[r[0]][i], r[2]; !equal(a, b) && !meant(r[0], a, b) {
			wrong = append(wrong, fmt.Sprintf("%s is %s here, %s there; row %s", r[0], a, b, x.shown(r[0], i)))
		}
	}
	return forms, wrong
}

// shown is the values of a row that an expression uses.
func (x *table) shown(expr string, i int) string {
	var b strings.Builder
	for k, f := range x.fields {
		if strings.Contains(expr, f.Path) {
			fmt.Fprintf(&b, " %s=%q", f.Path, x.rows[i][k])
		}
	}
	return b.String()
}
