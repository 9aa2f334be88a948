package sqlang

import (
	"strings"

	"github.com/weirmesh/weir/internal/core/column"
)

// Function is an operator or a function that statements may use: one row of the
// table by which they are typed, computed and documented.
type Function struct {
	Group   string // of the reference
	Name    string
	Params  []column.Kind // Unknown: any, the same for all of these
	Rest    bool          // the last parameter may stand any number of times more
	Form    string        // "upper(text)": the name that an [Expr] has
	Null    NullRule
	Masks   bool   // what it gives does not tell what it was given: no longer personal
	Shape   string // how it is written; empty: name(arguments)
	Doc     string
	Example string // an expression, and what it gives

	result func(args []column.Type) column.Type
	digits func(t column.Type, args []*Expr) column.Type // the result by literals too
	check  func(args []*Expr) string                     // of literals among the arguments; says what is wrong
}

// NullRule says when a function gives null.
type NullRule uint8

// The rules.
const (
	Strict NullRule = iota // if any argument is null
	Never
	Always // it can, whatever the arguments are
	IfAll  // if all arguments are null
)

var (
	numbers = []column.Kind{column.Int32, column.Int64, column.Decimal, column.Float64}
	ordered = []column.Kind{
		column.Bool, column.Int32, column.Int64, column.Decimal, column.Float64, column.Text, column.Bytes,
		column.Date, column.Timestamp, column.UUID, column.Interval,
	}
	anything = []column.Kind{column.Unknown}
)

// functions is the table; families of rows that differ in their types alone are
// made of one line.
var functions = slicesOf(operators(), nullFunctions(), textFunctions(), numberFunctions(), timeFunctions(), jsonFunctions(), masks(), aggregateFunctions())

// byName finds the rows of a name.
var byName = index(functions)

// Functions lists every operator and function, in the order of the reference.
func Functions() []Function {
	out := make([]Function, len(functions))
	for i, f := range functions {
		out[i] = *f
	}
	return out
}

func slicesOf(groups ...[]*Function) []*Function {
	var all []*Function
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func index(all []*Function) map[string][]*Function {
	m := map[string][]*Function{}
	for _, f := range all {
		m[f.Name] = append(m[f.Name], f)
	}
	return m
}

// formName is how an expression names a function with these types.
func formName(name string, kinds []column.Kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = k.String()
		if k == column.Unknown {
			words[i] = "any"
		}
	}
	return name + "(" + strings.Join(words, ",") + ")"
}

// row finishes one line of the table.
func row(f Function) *Function {
	f.Form = formName(f.Name, f.Params)
	return &f
}

// each makes a row for every kind: times parameters of it.
func each(kinds []column.Kind, times int, f Function) []*Function {
	var rows []*Function
	for _, k := range kinds {
		g := f
		g.Params = make([]column.Kind, times)
		for i := range g.Params {
			g.Params[i] = k
		}
		if g.result == nil {
			g.result = same
		}
		rows = append(rows, row(g))
	}
	return rows
}

// Results.

func is(k column.Kind) func([]column.Type) column.Type {
	return func([]column.Type) column.Type { return column.Type{Kind: k} }
}

func same(args []column.Type) column.Type { return args[0] }

// decimal is a type of so many digits before and behind the point, as far as
// there is room.
func decimal(before, scale int) column.Type {
	return column.Type{Kind: column.Decimal, Precision: min(column.MaxPrecision, max(before+scale, 1)), Scale: scale}
}

func before(t column.Type) int { return t.Precision - t.Scale }

// sum is of numbers: one digit more than the larger one.
func sum(args []column.Type) column.Type {
	if args[0].Kind != column.Decimal {
		return args[0]
	}
	a, b := args[0], args[1]
	return decimal(max(before(a), before(b))+1, max(a.Scale, b.Scale))
}

func product(args []column.Type) column.Type {
	if args[0].Kind != column.Decimal {
		return args[0]
	}
	a, b := args[0], args[1]
	return decimal(before(a)+before(b), a.Scale+b.Scale)
}

// minQuotient is how many digits behind the point a quotient has at least.
const minQuotient = 6

func quotient(args []column.Type) column.Type {
	if args[0].Kind != column.Decimal {
		return args[0]
	}
	a, b := args[0], args[1]
	return decimal(before(a)+b.Scale, max(a.Scale, b.Scale, minQuotient))
}

func remainder(args []column.Type) column.Type {
	if args[0].Kind != column.Decimal {
		return args[0]
	}
	a, b := args[0], args[1]
	return decimal(max(before(a), before(b)), max(a.Scale, b.Scale))
}

// whole is a number without digits behind the point.
func whole(args []column.Type) column.Type {
	if args[0].Kind != column.Decimal {
		return args[0]
	}
	return decimal(before(args[0])+1, 0)
}

// common is the type that all of several of one kind have room in.
func common(args []column.Type) column.Type {
	t := args[0]
	for _, a := range args[1:] {
		if t.Kind == column.Decimal {
			t = decimal(max(before(t), before(a)), max(t.Scale, a.Scale))
		}
	}
	return t
}
