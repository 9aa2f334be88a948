package flow_test

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestForms runs testdata/forms: below the name of a form and the type of its
// result stand rows of arguments; the answer is a value or the reason why there
// is none for each.
func TestForms(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/forms", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			lines := strings.Split(d.Input, "\n")
			name, result, ok := strings.Cut(lines[0], " -> ")
			if !ok {
				d.Fatalf(t, "the first line is FORM -> TYPE")
			}
			out, err := evaluate(name, mustType(t, result), lines[1:])
			if err != nil {
				return "REFUSED: " + err.Error() + "\n"
			}
			return strings.Join(out, "\n") + "\n"
		})
	})
}

// evaluate gives a value as text, or the reason, for each row of arguments.
func evaluate(name string, result column.Type, rows []string) ([]string, error) {
	types, err := argumentTypes(name)
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 {
		for n := strings.Count(rows[0], "|") + 1; len(types) > 0 && len(types) < n; {
			types = append(types, types[len(types)-1])
		}
	}
	in := &column.Batch{N: len(rows)}
	for k, ty := range types {
		v := column.Make(ty, len(rows))
		for i, row := range rows {
			if err := setText(v, i, strings.TrimSpace(strings.Split(row, "|")[k])); err != nil {
				return nil, err
			}
		}
		in.Columns = append(in.Columns, v)
	}
	return evaluateOver(in, types, &sqlang.Expr{Kind: sqlang.Call, Type: result, Nullable: true, Func: bare(name)})
}

// evaluateOver puts the columns of a batch into a call.
func evaluateOver(in *column.Batch, types []column.Type, e *sqlang.Expr) ([]string, error) {
	columns, refs := flow.Refs(types)
	e.Args = refs
	for i := range in.N {
		in.From = append(in.From, column.Origin{Offset: int64(i)})
	}
	out := sqlang.Column{Name: "r", Type: e.Type, Nullable: true}
	f, err := flow.New(&sqlang.Plan{
		SQL: "select r from d.p", Inputs: []*sqlang.Input{{Name: "d.p"}}, Mode: sqlang.Append, EventTime: -1,
		Columns: []sqlang.Column{out},
		Root:    &sqlang.Project{Of: &sqlang.Scan{Fields: make([]int, len(columns)), Columns: columns, Time: -1}, Exprs: []*sqlang.Expr{e}, Columns: []sqlang.Column{out}},
	})
	if err != nil {
		return nil, err
	}
	got, failed, err := f.Step(0, in)
	if err != nil {
		return nil, err
	}
	texts := make([]string, in.N)
	for _, b := range got {
		for i, s := range flow.Texts(b.Columns[0]) {
			texts[b.From[i].Offset] = s
		}
	}
	for _, x := range failed {
		var e *weir.Error
		if !asError(x.Err, &e) || e.Where != "1:1" {
			return nil, fmt.Errorf("a failure without a place: %w", x.Err)
		}
		texts[x.Origin.Offset] = "ERROR: " + e.Msg
	}
	return texts, nil
}

// bare is the name of a form without digits of decimals.
func bare(name string) string {
	for {
		a := strings.Index(name, "numeric(")
		if a < 0 {
			return name
		}
		b := a + strings.IndexByte(name[a:], ')')
		name = name[:a] + "numeric" + name[b+1:]
	}
}

func argumentTypes(name string) ([]column.Type, error) {
	_, list, ok := strings.Cut(strings.TrimSuffix(name, ")"), "(")
	if !ok {
		return nil, fmt.Errorf("%q is no form", name)
	}
	if word, _, _ := strings.Cut(name, "("); word == "cast" {
		list = list[:strings.LastIndex(cutDigits(list), ",")]
	}
	var types []column.Type
	for list != "" {
		var one string
		if strings.HasPrefix(list, "numeric(") {
			end := strings.IndexByte(list, ')') + 1
			one, list = list[:end], strings.TrimPrefix(list[end:], ",")
		} else {
			one, list, _ = strings.Cut(list, ",")
		}
		ty, err := parseType(one)
		if err != nil {
			return nil, err
		}
		types = append(types, ty)
	}
	return types, nil
}

// cutDigits hides the comma within numeric(P,S).
func cutDigits(list string) string {
	b := []byte(list)
	for depth, i := 0, 0; i < len(b); i++ {
		switch b[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth > 0 {
				b[i] = ';'
			}
		}
	}
	return string(b)
}

func parseType(name string) (column.Type, error) {
	if digits, ok := strings.CutPrefix(name, "numeric("); ok {
		var t column.Type
		t.Kind = column.Decimal
		_, err := fmt.Sscanf(digits, "%d,%d)", &t.Precision, &t.Scale)
		return t, err
	}
	for k := column.Bool; k <= column.JSON; k++ {
		if k.String() == name {
			return column.Type{Kind: k}, nil
		}
	}
	return column.Type{}, fmt.Errorf("there is no type %q", name)
}

func mustType(t *testing.T, name string) column.Type {
	t.Helper()
	ty, err := parseType(name)
	if err != nil {
		t.Fatal(err)
	}
	return ty
}

// setText reads a value of a table: texts may be quoted as in Go.
func setText(v *column.Vector, i int, s string) (err error) {
	if s == "NULL" {
		v.SetNull(i)
		return nil
	}
	if strings.HasPrefix(s, `"`) && v.Kind != column.JSON {
		if s, err = strconv.Unquote(s); err != nil {
			return err
		}
	}
	switch v.Kind {
	case column.Bool:
		v.Ints[i] = map[string]int64{"true": 1, "false": 0}[s]
	case column.Float64:
		v.Floats[i], err = strconv.ParseFloat(s, 64)
	case column.Decimal:
		v.Decimals[i], err = column.ParseDecimal([]byte(s), v.Scale)
	case column.Date:
		var t time.Time
		t, err = time.Parse(time.DateOnly, s)
		v.Ints[i] = t.Unix() / 86400
	case column.Timestamp:
		var t time.Time
		t, err = time.Parse("2006-01-02 15:04:05.999999", s)
		v.Ints[i] = t.UnixMicro()
	case column.Interval:
		var d time.Duration
		d, err = time.ParseDuration(s)
		v.Ints[i] = d.Microseconds()
	case column.Text, column.JSON:
		v.Texts[i] = []byte(s)
	case column.Bytes, column.UUID:
		v.Texts[i], err = hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	default:
		v.Ints[i], err = strconv.ParseInt(s, 10, 64)
	}
	return err
}

// TestEveryFormHasACase: no form is there that testdata/forms does not try.
func TestEveryFormHasACase(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	datadriven.Walk(t, "testdata/forms", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(_ *testing.T, d *datadriven.TestData) string {
			name, _, _ := strings.Cut(d.Input, " -> ")
			name = bare(name)
			word, _, _ := strings.Cut(name, "(")
			tried[name], tried[word] = true, true
			return d.Expected
		})
	})
	exact, wide := flow.Forms()
	for _, name := range append(exact, wide...) {
		if !tried[name] && !strings.HasPrefix(name, "cast(unknown,") {
			t.Errorf("no case for %s", name)
		}
	}
}
