package sqlang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/column"
)

// typeNames are the types that a statement may name.
var typeNames = map[string]column.Kind{
	"bool": column.Bool, "boolean": column.Bool, "int4": column.Int32, "int": column.Int32, "integer": column.Int32,
	"int8": column.Int64, "bigint": column.Int64, "float8": column.Float64, "numeric": column.Decimal, "decimal": column.Decimal,
	"text": column.Text, "varchar": column.Text, "bytea": column.Bytes, "date": column.Date,
	"timestamp": column.Timestamp, "timestamptz": column.Timestamp, "uuid": column.UUID, "interval": column.Interval,
	"json": column.JSON, "jsonb": column.JSON,
}

// insteadOf says what to use for types that are not there.
var insteadOf = map[string]string{
	"int2": "integer", "smallint": "integer", "float4": "double precision", "real": "double precision", "bpchar": "text",
	"time": "interval", "timetz": "timestamp", "money": "numeric", "serial": "integer", "name": "text", "xml": "json",
}

// casts are those that a statement may ask for. Text goes into everything; what
// is in widening goes by itself.
var casts = map[column.Kind][]column.Kind{
	column.Bool:      {column.Int32, column.Text},
	column.Int32:     {column.Bool, column.Int64, column.Decimal, column.Float64, column.Text},
	column.Int64:     {column.Int32, column.Decimal, column.Float64, column.Text},
	column.Decimal:   {column.Int32, column.Int64, column.Decimal, column.Float64, column.Text},
	column.Float64:   {column.Int32, column.Int64, column.Decimal, column.Text},
	column.Text:      {column.Bool, column.Int32, column.Int64, column.Decimal, column.Float64, column.Bytes, column.Date, column.Timestamp, column.UUID, column.Interval, column.JSON},
	column.Bytes:     {column.Text},
	column.Date:      {column.Timestamp, column.Text},
	column.Timestamp: {column.Date, column.Text},
	column.UUID:      {column.Text},
	column.Interval:  {column.Text},
	column.JSON:      {column.Text},
}

// widening are the kinds that go into the ones behind them by themselves.
var widening = [][]column.Kind{{column.Int32, column.Int64, column.Decimal, column.Float64}, {column.Date, column.Timestamp}}

// wider is how far it is from one kind to another; false if it does not go by
// itself.
func wider(from, to column.Kind) (int, bool) {
	if from == to {
		return 0, true
	}
	for _, row := range widening {
		i, j := slices.Index(row, from), slices.Index(row, to)
		if i >= 0 && j > i {
			return j - i, true
		}
	}
	return 0, false
}

// typeOf reads the name of a type.
func (b *binder) typeOf(t *typeName, at int) (column.Type, error) {
	name := lastName(t.Names)
	kind, ok := typeNames[name]
	if !ok {
		e := b.errorf(at, "the type %s is not supported", name)
		if other, ok := insteadOf[name]; ok {
			return column.Type{}, e.WithFix("use %s", other)
		}
		return column.Type{}, e.WithFix("use one of boolean, integer, bigint, numeric, double precision, text, bytea, date, timestamp, uuid, interval, json")
	}
	if len(t.Mods) > 0 && kind != column.Decimal {
		return column.Type{}, b.errorf(at, "%s has no length or precision here", kind).WithFix("leave it out")
	}
	if len(t.Mods) > 0 {
		return b.decimalType(t.Mods, at)
	}
	return column.Type{Kind: kind}, nil
}

func (b *binder) decimalType(mods []*node, at int) (column.Type, error) {
	n := make([]int, 2)
	for i, m := range mods {
		if i > 1 || m.AConst == nil || m.AConst.Int == nil {
			return column.Type{}, b.errorf(at, "the digits of numeric are two numbers").WithFix("write numeric(20,4): 20 digits, 4 of them behind the point")
		}
		n[i] = int(m.AConst.Int.Value)
	}
	if n[0] < 1 || n[0] > column.MaxPrecision || n[1] < 0 || n[1] > n[0] {
		return column.Type{}, b.errorf(at, "numeric(%d,%d) is not supported", n[0], n[1]).WithFix("use 1 to %d digits, none to all of them behind the point", column.MaxPrecision)
	}
	return column.Type{Kind: column.Decimal, Precision: n[0], Scale: n[1]}, nil
}

// digitsFor is the numeric that a whole number goes into.
func digitsFor(t column.Type) column.Type {
	switch t.Kind {
	case column.Int32:
		return decimal(10, 0)
	case column.Int64:
		return decimal(19, 0)
	}
	return t
}

// coerce makes a value one of a type, by itself or because the statement asks.
func (b *binder) coerce(v value, t column.Type, asked bool) (value, error) {
	from := v.Type
	if t.Kind == column.Decimal && t.Precision == 0 && !v.untyped && !integerLiteral(v) {
		if t = digitsFor(from); t.Kind != column.Decimal {
			return value{}, b.errorf(v.At, "%s has no certain digits", from).WithFix("write how many there are: ::numeric(20,4)")
		}
	}
	switch {
	case v.isNull():
		return v.as(nullOf(nullType(t), v.At)), nil
	case v.untyped:
		e, err := parseLiteral(string(v.Value.Texts[0]), t, v.At)
		if err != nil {
			return value{}, b.errorf(v.At, "%q %s", clip(string(v.Value.Texts[0])), err).WithFix("write a value of type %s", t.Kind)
		}
		return v.as(e), nil
	case from == t:
		return v, nil
	}
	if e, ok := folded(v.Expr, t); ok {
		return v.as(e), nil
	}
	return b.cast(v, t, asked)
}

func nullType(t column.Type) column.Type {
	if t.Kind == column.Decimal && t.Precision == 0 {
		return decimal(1, 0)
	}
	return t
}

func (b *binder) cast(v value, t column.Type, asked bool) (value, error) {
	from := v.Type.Kind
	_, byItself := wider(from, t.Kind)
	if !byItself && !(asked && slices.Contains(casts[from], t.Kind)) {
		e := b.errorf(v.At, "%s is no %s", v.Type, t)
		if slices.Contains(casts[from], t.Kind) {
			return value{}, e.WithFix("ask for it: ::%s", t)
		}
		return value{}, e.WithFix("%s", castsOf(from))
	}
	e := &Expr{Kind: Call, Type: t, Nullable: v.Nullable, Func: formName("cast", []column.Kind{from, t.Kind}), Args: []*Expr{v.Expr}, At: v.At}
	out := v.as(e)
	out.size++
	return out, b.tooLarge(out)
}

func castsOf(from column.Kind) string {
	names := make([]string, len(casts[from]))
	for i, k := range casts[from] {
		names[i] = k.String()
	}
	return fmt.Sprintf("%s can be made %s", from, strings.Join(names, ", "))
}

// unify gives values the one type that all of them go into.
func (b *binder) unify(vs []value, what string) ([]value, column.Type, error) {
	t, err := b.commonType(vs, what)
	if err != nil {
		return nil, t, err
	}
	out := make([]value, len(vs))
	for i, v := range vs {
		to := t
		if v.untyped && t.Kind == column.Decimal {
			to = column.Type{Kind: column.Decimal}
		}
		if out[i], err = b.coerce(v, to, false); err != nil {
			return nil, t, err
		}
	}
	if t.Kind == column.Decimal { // texts of the statement bring their digits
		return b.sameDigits(out)
	}
	return out, t, nil
}

func (b *binder) sameDigits(vs []value) ([]value, column.Type, error) {
	types := make([]column.Type, len(vs))
	for i, v := range vs {
		types[i] = v.Type
	}
	t := common(types)
	for i := range vs {
		var err error
		if vs[i], err = b.coerce(vs[i], t, false); err != nil {
			return nil, t, err
		}
	}
	return vs, t, nil
}

func (b *binder) commonType(vs []value, what string) (column.Type, error) {
	t := column.Type{}
	for _, v := range vs {
		if v.untyped {
			continue
		}
		_, up := wider(t.Kind, v.Type.Kind)
		_, down := wider(v.Type.Kind, t.Kind)
		switch {
		case t.Kind == column.Unknown || up:
			t.Kind = v.Type.Kind
		case !down:
			return t, b.errorf(v.At, "%s has values of %s and of %s", what, t.Kind, v.Type.Kind).WithFix("cast one of them, such as (...)::%s", t.Kind)
		}
	}
	switch t.Kind {
	case column.Unknown:
		t.Kind = column.Text
	case column.Decimal:
		return digitsOfAll(vs), nil
	}
	return t, nil
}

// digitsOfAll is the numeric that all typed values go into.
func digitsOfAll(vs []value) column.Type {
	var types []column.Type
	for _, v := range vs {
		if !v.untyped {
			types = append(types, literalDigits(v))
		}
	}
	return common(types)
}

// literalDigits is the numeric that a whole number needs: of a number of the
// statement just its digits.
func literalDigits(v value) column.Type {
	if n, ok := literalInt(v.Expr); ok {
		return decimal(max(1, digitsOf(column.Int(n))), 0)
	}
	return digitsFor(v.Type)
}

func integerLiteral(v value) bool {
	_, ok := literalInt(v.Expr)
	return ok
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}

// CastRow is what values of a type can be made, for the reference: * marks what
// goes by itself.
type CastRow struct {
	From string
	To   []string
}

// Casts lists all casts, in the order of the types.
func Casts() []CastRow {
	var rows []CastRow
	for k := column.Bool; k <= column.JSON; k++ {
		r := CastRow{From: k.String()}
		for _, to := range casts[k] {
			name := to.String()
			if _, ok := wider(k, to); ok {
				name += "*"
			}
			r.To = append(r.To, name)
		}
		rows = append(rows, r)
	}
	return rows
}
