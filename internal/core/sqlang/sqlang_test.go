package sqlang_test

import (
	"errors"
	"slices"
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

// compiler is one for all tests, so that the parser starts once.
var compiler sqlang.Compiler

// shop is a mesh with a few products.
type shop map[string]*sqlang.Input

func (s shop) Input(domain, name string) (*sqlang.Input, error) {
	in, ok := s[domain+"."+name]
	switch {
	case name == "hidden":
		return nil, weir.Errorf(weir.Denied, "you may not read %s.%s", domain, name).WithFix("ask for access: weir access request ...")
	case !ok:
		return nil, weir.Errorf(weir.NotFound, "there is no product %s.%s", domain, name).WithFix("weir product list")
	}
	return in, nil
}

func field(path string, k column.Kind, words ...string) sqlang.Field {
	f := sqlang.Field{Path: path, Type: column.Type{Kind: k}}
	if k == column.Decimal {
		f.Type.Precision, f.Type.Scale = 10, 2
	}
	for _, w := range words {
		switch w {
		case "null":
			f.Nullable = true
		case "EUR", "kg":
			f.Unit = w
		default:
			f.Classification = weir.Classification(w)
		}
	}
	return f
}

func newShop() shop {
	orders := &sqlang.Input{
		Name: "shop.orders", Major: 1, Topic: "shop.orders", Kind: weir.KindStream, Key: []string{"id"}, Time: "created", Delay: weir.Duration(5 * time.Second),
		Fields: []sqlang.Field{
			field("id", column.Text), field("customer", column.Text, "personal"), field("customerId", column.Int64),
			field("amount", column.Decimal, "EUR"), field("quantity", column.Int32), field("total", column.Int64), field("weight", column.Float64, "null", "kg"),
			field("paid", column.Bool), field("created", column.Timestamp), field("day", column.Date, "null"), field("note", column.Text, "null", "secret"),
			field("address", column.JSON, "null", "personal"), field("address.street", column.Text, "null", "personal"), field("address.city", column.Text, "null", "public"),
			field("address.geo", column.JSON, "null"), field("address.geo.lat", column.Float64, "null"), field("items", column.JSON), field("ref", column.UUID, "null"), field("raw", column.Bytes, "null"),
			field("gap", column.Interval, "null"), field("status", column.Text, "public"),
		},
	}
	orders.Fields[3].Doc = "what the customer pays"
	customers := &sqlang.Input{
		Name: "shop.customers", Major: 1, Topic: "shop.customers", Kind: weir.KindTable, Key: []string{"id"},
		Fields: []sqlang.Field{field("id", column.Int64), field("name", column.Text, "personal"), field("country", column.Text, "null"), field("score", column.Decimal, "null")},
	}
	v2 := &sqlang.Input{Name: "shop.orders", Major: 2, Topic: "shop.orders.v2", Kind: weir.KindStream, Fields: []sqlang.Field{field("id", column.Text)}}
	dashed := &sqlang.Input{Name: "shop.hot-deals", Major: 1, Topic: "shop.hot-deals", Kind: weir.KindStream, Fields: []sqlang.Field{field("sku", column.Text)}}
	nested := &sqlang.Input{Name: "shop.nested", Major: 1, Topic: "shop.nested", Kind: weir.KindStream, Fields: []sqlang.Field{
		field("address", column.JSON, "personal"), field("address.geo", column.JSON), field("address.geo.lat", column.Float64),
		field("deep", column.JSON), field("deep.a", column.Text, "secret"), field("deep.b", column.Text),
	}}
	for i, in := range []*sqlang.Input{orders, customers, v2, dashed, nested} {
		in.Product = weir.UID{byte(i + 1)}
	}
	return shop{"shop.orders": orders, "shop.customers": customers, "shop.orders.v2": v2, "shop.hot-deals": dashed, "shop.nested": nested}
}

// TestStatements gives statements and reads plans, or refusals. Flows run each
// plan.
func TestStatements(t *testing.T) {
	t.Parallel()
	c := &compiler
	products := newShop()
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(_ *testing.T, d *datadriven.TestData) string {
			p, err := c.Compile(d.Input, products)
			if err != nil {
				return refusal(err)
			}
			if _, err := flow.New(p); err != nil {
				return "flows do not run it: " + err.Error() + "\n"
			}
			if d.Cmd == "columns" {
				return columnsOf(p)
			}
			return p.String()
		})
	})
}

// columnsOf is the part of a plan before its operators.
func columnsOf(p *sqlang.Plan) string {
	lines := strings.SplitAfter(p.String(), "\n")
	i := slices.IndexFunc(lines[1:], func(l string) bool { return !strings.HasPrefix(l, "column ") })
	return strings.Join(lines[:i+1], "")
}

func refusal(err error) string {
	var e *weir.Error
	if !errors.As(err, &e) {
		return "NOT A weir.Error: " + err.Error()
	}
	return e.Kind.String() + " at " + e.Where + ": " + e.Msg + "\nfix: " + e.Fix + "\n"
}

// everything is a product with one field of each type, of one classification.
func everything(class weir.Classification) shop {
	in := &sqlang.Input{Name: "each.kinds", Major: 1, Kind: weir.KindStream}
	for k := column.Bool; k <= column.JSON; k++ {
		in.Fields = append(in.Fields, field(nameOf(k), k, "null", string(class)))
	}
	return shop{"each.kinds": in}
}

func nameOf(k column.Kind) string { return "a_" + strings.ReplaceAll(k.String(), " ", "_") }

// literals are what must be a value of the statement.
var literals = map[string]string{
	"~": "1:'a'", "~*": "1:'a'", "regexp_replace": "1:'a'", "regexp_substr": "1:'a'", "regexp_like": "1:'a'", "regexp_count": "1:'a'", "substring": "1:'a'", "round": "1:1", "trunc": "1:1",
	"date_part": "0:'epoch'", "date_trunc": "0:'day'", "mask_last": "1:4",
}

// written is how a statement uses a function over the fields of everything.
func written(f sqlang.Function) string {
	args := make([]string, len(f.Params))
	at, literal, _ := strings.Cut(literals[f.Name], ":")
	for i, k := range f.Params {
		if k == column.Unknown {
			k = column.Text
		}
		args[i] = nameOf(k)
		if at == strconv.Itoa(i) && (k == column.Text) == strings.HasPrefix(literal, "'") {
			args[i] = literal
		}
	}
	if f.Name == "regexp_replace" && len(args) == 4 {
		args[3] = "'g'"
	}
	switch {
	case f.Name == "extract":
		return "extract(epoch FROM " + args[1] + ")"
	case strings.HasPrefix(f.Name, "is ") && len(args) == 1:
		return args[0] + " " + f.Name
	case f.Name == "in" || f.Name == "and" || f.Name == "or":
		return args[0] + " " + f.Name + " (" + args[0] + ")"
	case len(args) == 1 && strings.HasPrefix(f.Shape, "- ") || f.Name == "not":
		return f.Name + " " + args[0]
	case strings.HasPrefix(f.Shape, "a "):
		return args[0] + " " + f.Name + " " + args[1]
	}
	return f.Name + "(" + strings.Join(args, ", ") + ")"
}

// compileOne makes a plan of one expression, and gives that. Records have no
// intervals: those go through a cast.
func compileOne(expr string, products shop) (*sqlang.Plan, *sqlang.Expr, error) {
	p, err := compiler.Compile("SELECT "+expr+" AS x FROM each.kinds", products)
	if err != nil && strings.Contains(err.Error(), "is an interval") {
		p, err = compiler.Compile("SELECT ("+expr+")::text AS x FROM each.kinds", products)
	}
	if err != nil {
		return nil, nil, err
	}
	e := p.Root.(*sqlang.Project).Exprs[0]
	if strings.HasPrefix(e.Func, "cast(interval") {
		e = e.Args[0]
	}
	return p, e, nil
}

// scalars are the functions of one row.
func scalars() []sqlang.Function {
	return slices.DeleteFunc(sqlang.Functions(), func(f sqlang.Function) bool { return f.Group == "Aggregates" })
}

// TestWhatIsMadeOfPersonalIsPersonal goes through the whole table: only a mask
// takes away that a value is personal, and it names itself in the lineage;
// nothing takes away that one is secret.
func TestWhatIsMadeOfPersonalIsPersonal(t *testing.T) {
	t.Parallel()
	for _, class := range []weir.Classification{weir.ClassPublic, weir.ClassPersonal, weir.ClassSecret} {
		for _, f := range scalars() {
			p, _, err := compileOne(written(f), everything(class))
			if err != nil {
				t.Errorf("%s: %v", f.Form, err)
				continue
			}
			want, masked := class, ""
			if f.Masks {
				masked = f.Name
				if class == weir.ClassPersonal {
					want = weir.ClassInternal
				}
			}
			got := p.Columns[0]
			if got.Classification != want || len(got.From) == 0 {
				t.Errorf("%s of %s fields is %s, from %v; want %s", f.Form, class, got.Classification, got.From, want)
			}
			for _, s := range got.From {
				if s.Masked != masked || !s.Direct {
					t.Errorf("%s: source %+v; want masked by %q, direct", f.Form, s, masked)
				}
			}
		}
	}
}

// TestEachFormIsWhatItSays compiles each row of the table and looks for its form.
func TestEachFormIsWhatItSays(t *testing.T) {
	t.Parallel()
	for _, f := range scalars() {
		_, e, err := compileOne(written(f), everything(""))
		if err != nil {
			t.Errorf("%s: %v", f.Form, err)
			continue
		}
		if want := strings.ReplaceAll(f.Form, "any", "text"); e.Func != want {
			t.Errorf("%s becomes %s", f.Form, e.Func)
		}
		if !flow.Runs(e.Func) {
			t.Errorf("flows do not compute %s", e.Func)
		}
		if wantNull := f.Null != sqlang.Never; e.Nullable != wantNull {
			t.Errorf("%s of fields that may be null: nullable %v, want %v", f.Form, e.Nullable, wantNull)
		}
	}
}

// TestExamplesCompile holds the reference to its examples.
func TestExamplesCompile(t *testing.T) {
	t.Parallel()
	for _, f := range scalars() {
		example, _, ok := strings.Cut(f.Example, " gives ")
		if !ok {
			t.Errorf("%s has no example", f.Form)
		}
		if _, _, err := compileOne(example, everything("")); err != nil {
			t.Errorf("%s: %s: %v", f.Form, example, err)
		}
	}
}

// TestTooMuchIsRefusedAtOnce: what is beyond a bound never reaches the parser.
func TestTooMuchIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	c := &compiler
	c.Warm()
	cases := map[string]struct{ sql, says string }{
		"10 MB":           {"SELECT " + strings.Repeat("a, ", 10<<20/3) + "a FROM b.c", "bytes"},
		"100,000 ANDs":    {"SELECT a FROM b.c WHERE a" + strings.Repeat(" AND a", 100_000), "bytes"},
		"many words":      {"SELECT a" + strings.Repeat(",a", 20_000) + " FROM b.c", "more than 10000 words"},
		"brackets":        {"SELECT " + strings.Repeat("(", 30_000) + "a" + strings.Repeat(")", 30_000), "nested too deep"},
		"brackets open":   {strings.Repeat("(", 60_000), "nested too deep"},
		"sums":            {"SELECT a" + strings.Repeat("+a", 4_000) + " FROM b.c", "nested too deep"},
		"signs":           {"SELECT " + strings.Repeat("- ", 4_000) + "a FROM b.c", "nested too deep"},
		"not":             {"SELECT " + strings.Repeat("not ", 4_000) + "a FROM b.c", "nested too deep"},
		"not and between": {"SELECT a" + strings.Repeat(" between a and not a", 1_500) + " FROM b.c", "nested too deep"},
		"casts":           {"SELECT a" + strings.Repeat("::int", 3_000) + " FROM b.c", "nested too deep"},
		"case":            {"SELECT " + strings.Repeat("case when a then ", 2_000) + "a" + strings.Repeat(" end", 2_000), "nested too deep"},
		"case as a name":  {strings.Repeat("(select 1 as end, ", 2_000), "nested too deep"},
		"calls":           {"SELECT " + strings.Repeat("f(", 4_000) + "a", "nested too deep"},
		"queries":         {strings.Repeat("SELECT * FROM (", 2_000), "nested too deep"},
		"joins":           {"SELECT a FROM a.b" + strings.Repeat(" JOIN b.c ON a AND a", 500), "more than 64 joins"},
		"unions":          {"SELECT a" + strings.Repeat(", a UNION SELECT a", 500), "more than 64 joins"},
		"a byte 0":        {"SELECT a\x00 FROM b.c", "byte 0"},
		"no UTF-8":        {"SELECT a\xff FROM b.c", "not UTF-8"},
		"open text":       {"SELECT 'a", "unterminated"},
		"open comment":    {"SELECT a /* /* */", "unterminated"},
		"dollars":         {"SELECT $a$" + strings.Repeat("(", 50_000) + "$a$", "$"},
		"a text with E":   {`SELECT E'\''` + strings.Repeat("(", 50_000), "letter before"},
		"nested between":  {"SELECT " + strings.Repeat("(", 24) + "status" + strings.Repeat(" BETWEEN 'a' AND 'b')::text", 24) + " AS x FROM shop.orders", "too large"},
		"many columns":    {"SELECT " + strings.Repeat("o.*, ", 300) + "o.* FROM shop.orders o", "columns"},
	}
	for name, d := range cases {
		start := time.Now()
		_, err := c.Compile(d.sql, newShop())
		took := time.Since(start)
		if err == nil || weir.KindOf(err) != weir.Invalid || !strings.Contains(err.Error(), d.says) {
			t.Errorf("%s: %.200v; want a refusal with %q", name, err, d.says)
		}
		if took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	if _, err := c.Compile("SELECT id FROM shop.orders", newShop()); err != nil {
		t.Errorf("after these: %v", err)
	}
}

// TestLargeStatementsAreFine: what is within the bounds is understood.
func TestLargeStatementsAreFine(t *testing.T) {
	t.Parallel()
	c := &compiler
	cases := map[string]string{
		"ANDs":  "SELECT id FROM shop.orders WHERE paid" + strings.Repeat(" AND paid", 2_000),
		"ORs":   "SELECT id FROM shop.orders WHERE id = 'a'" + strings.Repeat(" OR id = 'a'", 1_500),
		"IN":    "SELECT id FROM shop.orders WHERE quantity IN (1" + strings.Repeat(", 2", 4_000) + ")",
		"CASE":  "SELECT CASE" + strings.Repeat(" WHEN paid THEN 1", 1_500) + " END AS a FROM shop.orders",
		"text":  "SELECT '" + strings.Repeat("(", 60_000) + "' AS a FROM shop.orders",
		"||":    "SELECT id" + strings.Repeat(" || id", 240) + " AS a FROM shop.orders",
		"deep":  "SELECT " + strings.Repeat("upper(", 200) + "id" + strings.Repeat(")", 200) + " AS a FROM shop.orders",
		"notes": "SELECT id /* " + strings.Repeat("( AND ", 5_000) + " */ -- it's\n FROM shop.orders",
	}
	for name, sql := range cases {
		if _, err := c.Compile(sql, newShop()); err != nil {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}

// FuzzCompile: whatever comes, an answer comes, soon, with a place and no fault
// of ours.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"SELECT id, upper(status) AS s FROM shop.orders WHERE amount > 10 AND NOT paid",
		"SELECT CASE WHEN paid THEN 1.5 ELSE quantity END AS a, coalesce(weight, 0) b FROM shop.orders o",
		"SELECT (address).city, items -> 0 ->> 'x' AS x, created + interval '1 hour' AS t FROM shop.orders",
		"WITH a AS (SELECT id FROM shop.orders) SELECT a.id, c.name FROM a JOIN shop.customers c ON a.id = c.id::text",
		"SELECT id, count(*) AS n FROM TUMBLE(shop.orders, created, INTERVAL '1' MINUTE) GROUP BY id, window_start HAVING count(*) > 1",
		"SELECT id FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY created DESC) AS n FROM shop.orders) x WHERE n <= 3",
		"SELECT mask_hash(name) AS n, id FROM shop.customers UNION ALL SELECT 'x', 1 FROM shop.orders",
		"SELECT 'a''b' AS \"x\", -1e5 AS y, '2026-01-01'::date - 1 AS z /* c */ FROM shop.orders -- end",
	} {
		f.Add(s)
	}
	c := &compiler
	c.Warm() // an input that takes ten seconds counts as one that hangs
	products := newShop()
	f.Fuzz(func(t *testing.T, sql string) {
		start := time.Now()
		p, err := c.Compile(sql, products)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("took %s", took)
		}
		if err == nil {
			if p.String() == "" || len(p.Columns) == 0 {
				t.Error("a plan without columns")
			}
			return
		}
		var e *weir.Error
		if !errors.As(err, &e) || e.Where == "" || e.Msg == "" || e.Fix == "" || e.Kind == weir.Internal {
			t.Errorf("%v", err)
		}
	})
}
