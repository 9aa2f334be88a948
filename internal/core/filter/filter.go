// Package filter judges records by an expression in CEL, and cuts values down to
// some of their fields. Both see a record as readers are shown it: as JSON.
//
// An expression knows value, key, partition, offset, timestamp and headers. It
// gives true or false. One that cannot be evaluated for a record, because a
// field is not there or has another type, does not hold for it; the caller
// counts those. Integers that a record writes as such are int (or uint beyond
// 63 bits), other numbers are double; has() asks for a field.
//
// Expressions are untrusted: their text, the steps that they take for one record
// and what they may call are bounded.
package filter

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"cel.dev/cel-go/cel"

	"github.com/weirmesh/weir"
)

// The limits of an expression.
const (
	MaxText = 4096    // bytes
	maxSize = 4096    // code points that its parser reads
	maxCost = 1000000 // of one record, as CEL counts it
)

// Record is what an expression is asked about.
type Record struct {
	Partition int32
	Offset    int64
	Time      time.Time
	Key       []byte // JSON
	Value     []byte // JSON
	Headers   map[string][]byte
}

// Filter is an expression that was understood. Any goroutine may use it.
type Filter struct{ program cel.Program }

// Compile understands an expression. Invalid, with its line and column, if it
// is none; Limit if it is too long.
func Compile(text string) (*Filter, error) {
	if len(text) > MaxText {
		return nil, weir.Errorf(weir.Limit, "the expression has %d bytes", len(text)).At("where").WithFix("use at most %d", MaxText)
	}
	env, err := environment()
	if err != nil {
		return nil, weir.Errorf(weir.Internal, "CEL does not start").Because(err)
	}
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, refused(issues)
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		return nil, weir.Errorf(weir.Invalid, "the expression gives %s, not true or false", t).At("where").
			WithFix("compare with something, such as value.amount > 100")
	}
	program, err := env.Program(ast, cel.CostLimit(maxCost), cel.InterruptCheckFrequency(1000), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, weir.Errorf(weir.Invalid, "%v", err).At("where").WithFix("correct the expression")
	}
	return &Filter{program: program}, nil
}

func environment() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("value", cel.DynType), cel.Variable("key", cel.DynType),
		cel.Variable("partition", cel.IntType), cel.Variable("offset", cel.IntType),
		cel.Variable("timestamp", cel.TimestampType),
		cel.Variable("headers", cel.MapType(cel.StringType, cel.DynType)),
		cel.ParserExpressionSizeLimit(maxSize), cel.ParserRecursionLimit(64),
	)
}

// refused is the first fault of an expression.
func refused(issues *cel.Issues) error {
	where, msg := "where", issues.Err().Error()
	if errs := issues.Errors(); len(errs) > 0 {
		l := errs[0].Location
		where = "where:" + strconv.Itoa(l.Line()) + ":" + strconv.Itoa(l.Column()+1)
		msg = errs[0].Message
	}
	return weir.Errorf(weir.Invalid, "%s", msg).At(where).
		WithFix("write CEL over value, key, partition, offset, timestamp and headers, such as value.country == 'SE' && value.amount > 100")
}

// Match reports whether the expression holds for a record. An error means that
// it could not be evaluated for this one; ctx's error that there was no time.
func (f *Filter) Match(ctx context.Context, r Record) (bool, error) {
	vars := map[string]any{
		"value": func() any { return native(r.Value) }, "key": func() any { return native(r.Key) },
		"partition": int64(r.Partition), "offset": r.Offset, "timestamp": r.Time,
		"headers": func() any { return headers(r.Headers) },
	}
	out, _, err := f.program.ContextEval(ctx, vars)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return false, err
	}
	if yes, ok := out.Value().(bool); ok {
		return yes, nil
	}
	return false, weir.Errorf(weir.Invalid, "the expression gives %s, not true or false", out.Type().TypeName())
}

func headers(hs map[string][]byte) map[string]any {
	m := make(map[string]any, len(hs))
	for k, v := range hs {
		m[k] = native(v)
	}
	return m
}

// native is a JSON value as Go has it, with exact numbers where they fit.
func native(b []byte) any {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return exact(v)
}

// exact gives every number its type.
func exact(v any) any {
	switch v := v.(type) {
	case json.Number:
		return number(string(v))
	case map[string]any:
		for k, e := range v {
			v[k] = exact(e)
		}
	case []any:
		for i, e := range v {
			v[i] = exact(e)
		}
	}
	return v
}

func number(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return n
	}
	f, _ := strconv.ParseFloat(s, 64) // infinite if it is too large
	return f
}
