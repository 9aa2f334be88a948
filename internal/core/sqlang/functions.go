package sqlang

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/column"
)

func kinds(k ...column.Kind) []column.Kind { return k }

func operators() []*Function {
	var rows []*Function
	for _, c := range [][2]string{{"=", "equal"}, {"<>", "not equal; != is the same"}, {"<", "less"}, {"<=", "less or equal"}, {">", "greater"}, {">=", "greater or equal"}} {
		rows = append(rows, each(ordered, 2, Function{Group: "Comparison", Name: c[0], Shape: "a " + c[0] + " b", result: is(column.Bool), Doc: c[1], Example: "1 " + c[0] + " 2 gives " + fmt.Sprint(strings.Contains(c[0], "<"))})...)
	}
	rows = append(rows,
		row(Function{Group: "Comparison", Name: "is distinct from", Params: kinds(0, 0), Null: Never, Shape: "a IS DISTINCT FROM b", result: is(column.Bool), Doc: "not equal, where null equals null", Example: "null IS DISTINCT FROM 1 gives true"}),
		row(Function{Group: "Comparison", Name: "is not distinct from", Params: kinds(0, 0), Null: Never, Shape: "a IS NOT DISTINCT FROM b", result: is(column.Bool), Doc: "equal, where null equals null", Example: "null IS NOT DISTINCT FROM null gives true"}),
		row(Function{Group: "Comparison", Name: "in", Params: anything, Rest: true, Shape: "a IN (b, ...)", result: is(column.Bool), Doc: "equal to one of a list; a BETWEEN b AND c is a >= b AND a <= c", Example: "2 IN (1, 2) gives true"}),
		row(Function{Group: "Logic", Name: "and", Params: kinds(column.Bool), Rest: true, Null: Strict, Shape: "a AND b", result: is(column.Bool), Doc: "true if both are; false if one is, even if the other is null", Example: "false AND null gives false"}),
		row(Function{Group: "Logic", Name: "or", Params: kinds(column.Bool), Rest: true, Shape: "a OR b", result: is(column.Bool), Doc: "true if one is, even if the other is null; false if both are", Example: "true OR null gives true"}),
		row(Function{Group: "Logic", Name: "not", Params: kinds(column.Bool), Shape: "NOT a", result: is(column.Bool), Doc: "the opposite", Example: "NOT true gives false"}),
	)
	for _, t := range []string{"null", "not null"} {
		rows = append(rows, row(Function{Group: "Logic", Name: "is " + t, Params: anything, Null: Never, Shape: "a IS " + strings.ToUpper(t), result: is(column.Bool), Doc: "about values that are not there", Example: "1 IS " + strings.ToUpper(t) + " gives " + fmt.Sprint(t != "null")}))
	}
	for _, t := range []string{"true", "not true", "false", "not false"} {
		rows = append(rows, row(Function{Group: "Logic", Name: "is " + t, Params: kinds(column.Bool), Null: Never, Shape: "a IS " + strings.ToUpper(t), result: is(column.Bool), Doc: "never null itself", Example: "null IS " + strings.ToUpper(t) + " gives " + fmt.Sprint(strings.HasPrefix(t, "not"))}))
	}
	return append(rows, arithmetic()...)
}

func arithmetic() []*Function {
	g := "Arithmetic"
	rows := each(numbers, 2, Function{Group: g, Name: "+", Shape: "a + b", result: sum, Doc: "sum; a decimal has the larger scale", Example: "1.5 + 0.25 gives 1.75"})
	rows = append(rows, each(numbers, 2, Function{Group: g, Name: "-", Shape: "a - b", result: sum, Doc: "difference; a decimal has the larger scale", Example: "3 - 5 gives -2"})...)
	rows = append(rows, each(numbers, 2, Function{Group: g, Name: "*", Shape: "a * b", result: product, Doc: "product; a decimal has the scales together", Example: "1.5 * 1.5 gives 2.25"})...)
	rows = append(rows, each(numbers, 2, Function{Group: g, Name: "/", Shape: "a / b", result: quotient, Doc: "quotient; of integers it is cut towards zero; a decimal has the larger scale, at least 6, and is rounded half away from zero; division by zero fails the record", Example: "7 / 2 gives 3"})...)
	rows = append(rows, each(kinds(column.Int32, column.Int64, column.Decimal), 2, Function{Group: g, Name: "%", Shape: "a % b", result: remainder, Doc: "what is left of a division, with the sign of a", Example: "-7 % 2 gives -1"})...)
	rows = append(rows, each(numbers, 1, Function{Group: g, Name: "-", Shape: "- a", Doc: "with the other sign", Example: "- (2) gives -2"})...)
	return rows
}

func nullFunctions() []*Function {
	g := "Null handling"
	return []*Function{
		row(Function{Group: g, Name: "coalesce", Params: anything, Rest: true, Null: IfAll, result: common, Shape: "coalesce(a, b, ...)", Doc: "the first that is not null; what follows is not computed", Example: "coalesce(null, 2, 3) gives 2"}),
		row(Function{Group: g, Name: "nullif", Params: kinds(0, 0), Null: Always, result: same, Shape: "nullif(a, b)", Doc: "null if both are equal, else a", Example: "nullif(1, 1) gives null"}),
		row(Function{Group: g, Name: "greatest", Params: anything, Rest: true, Null: IfAll, result: common, Shape: "greatest(a, b, ...)", Doc: "the greatest that is not null", Example: "greatest(1, null, 3) gives 3"}),
		row(Function{Group: g, Name: "least", Params: anything, Rest: true, Null: IfAll, result: common, Shape: "least(a, b, ...)", Doc: "the least that is not null", Example: "least(2, null, 3) gives 2"}),
	}
}

func textFunctions() []*Function {
	text, number := column.Text, column.Int32
	var rows []*Function
	add := func(name string, result column.Kind, doc, example string, params ...column.Kind) {
		rows = append(rows, row(Function{Group: "Text", Name: name, Params: params, result: is(result), Doc: doc, Example: example}))
	}
	infix := func(name, shape, doc, example string, result column.Kind) {
		rows = append(rows, row(Function{Group: "Text", Name: name, Params: kinds(text, text), Shape: shape, result: is(result), Doc: doc, Example: example}))
	}
	infix("||", "a || b", "one behind the other; a number, a time and the like beside a text becomes one", "'a' || 1 gives a1", text)
	rows = append(rows, row(Function{Group: "Text", Name: "||", Params: kinds(column.Bytes, column.Bytes), Shape: "a || b", result: is(column.Bytes), Doc: "bytes, one behind the other", Example: "'\\x01'::bytea || '\\x02'::bytea gives \\x0102"}))
	infix("like", "a LIKE b", "matches a pattern: % is any text, _ one character, \\ takes away what the next one means; with NOT before it, the opposite", "'abc' LIKE 'a%' gives true", column.Bool)
	infix("ilike", "a ILIKE b", "the same without regard to case", "'ABC' ILIKE 'a%' gives true", column.Bool)
	for _, op := range [][2]string{{"~", "matches a regular expression (RE2, which is most of PostgreSQL's); !~ is the opposite"}, {"~*", "the same without regard to case; !~* is the opposite"}} {
		rows = append(rows, row(Function{Group: "Text", Name: op[0], Params: kinds(text, text), Shape: "a " + op[0] + " b", result: is(column.Bool), check: pattern(1), Doc: op[1], Example: "'abc' " + op[0] + " '^a.c$' gives true"}))
	}
	add("upper", text, "in capitals", "upper('ab') gives AB", text)
	add("lower", text, "in small letters", "lower('AB') gives ab", text)
	add("initcap", text, "each word with a capital", "initcap('ada king') gives Ada King", text)
	for _, name := range []string{"length", "char_length", "character_length"} {
		add(name, number, "how many characters", name+"('é') gives 1", text)
	}
	add("octet_length", number, "how many bytes", "octet_length('é') gives 2", text)
	add("octet_length", number, "how many bytes", "octet_length('\\x01ff'::bytea) gives 2", column.Bytes)
	for _, t := range [][2]string{{"btrim", "on both sides; trim is the same"}, {"ltrim", "on the left"}, {"rtrim", "on the right"}} {
		add(t[0], text, "without spaces "+t[1], "length("+t[0]+"(' a ')) gives "+map[bool]string{true: "1", false: "2"}[t[0] == "btrim"], text)
		add(t[0], text, "without any of some characters "+t[1], t[0]+"('xax', 'x') gives "+map[string]string{"btrim": "a", "ltrim": "ax", "rtrim": "xa"}[t[0]], text, text)
	}
	for _, name := range []string{"substring", "substr"} {
		add(name, text, "from a character on, counted from 1", name+"('abcd', 2) gives bcd", text, number)
		add(name, text, "so many characters from one on; substring(a FROM b FOR c) is the same", name+"('abcd', 2, 2) gives bc", text, number, number)
	}
	add("left", text, "the first characters; of a number below zero all but the last", "left('abcd', 2) gives ab", text, number)
	add("right", text, "the last characters; of a number below zero all but the first", "right('abcd', 2) gives cd", text, number)
	add("replace", text, "with each b in a replaced by c", "replace('aXa', 'X', '-') gives a-a", text, text, text)
	add("strpos", number, "the place of b in a, from 1; 0: it is not there; position(b IN a) is the same", "strpos('abc', 'c') gives 3", text, text)
	add("starts_with", column.Bool, "whether a begins with b", "starts_with('abc', 'ab') gives true", text, text)
	add("split_part", text, "the part of that number between separators; below zero counted from the end", "split_part('a,b,c', ',', 2) gives b", text, text, number)
	for _, side := range []string{"lpad", "rpad"} {
		add(side, text, "filled up with spaces, or cut, to a length of at most 65536", "length("+side+"('a', 3)) gives 3", text, number)
		add(side, text, "filled up with a text, or cut, to a length of at most 65536", side+"('a', 3, '-') gives "+map[bool]string{true: "--a", false: "a--"}[side == "lpad"], text, number, text)
	}
	add("repeat", text, "so many times; at most 1 MiB", "repeat('ab', 2) gives abab", text, number)
	add("reverse", text, "the other way round", "reverse('abc') gives cba", text)
	add("translate", text, "with each character of b in a replaced by the one of c at its place", "translate('abc', 'ab', 'x') gives xc", text, text, text)
	add("md5", text, "MD5 in hexadecimal; no mask", "md5('a') gives 0cc175b9c0f1b6a831c399e269772661", text)
	add("ascii", number, "the number of the first character; 0 of an empty text", "ascii('é') gives 233", text)
	add("chr", text, "the character of a number", "chr(233) gives é", number)
	add("bit_length", number, "how many bits", "bit_length('é') gives 16", text)
	for _, k := range kinds(number, column.Int64) {
		add("to_hex", text, "in hexadecimal", "to_hex(255) gives ff", k)
	}
	overlay := func(shape, example string, params ...column.Kind) {
		rows = append(rows, row(Function{Group: "Text", Name: "overlay", Params: params, Shape: shape, result: is(text), Doc: "with b from a character on, in the place of as many, or of d", Example: example}))
	}
	overlay("overlay(a PLACING b FROM c)", "overlay('abcdef' PLACING 'xy' FROM 2) gives axydef", text, text, number)
	overlay("overlay(a PLACING b FROM c FOR d)", "overlay('abcdef' PLACING 'xy' FROM 2 FOR 3) gives axyef", text, text, number, number)
	add("encode", text, "bytes as text: hex, base64 or escape", "encode('\\x01ff'::bytea, 'hex') gives 01ff", column.Bytes, text)
	add("decode", column.Bytes, "a text of hex, base64 or escape as bytes", "decode('01ff', 'hex') gives \\x01ff", text, text)
	add("length", number, "how many bytes", "length('\\x01ff'::bytea) gives 2", column.Bytes)
	add("md5", text, "MD5 in hexadecimal; no mask", "md5('\\x61'::bytea) gives 0cc175b9c0f1b6a831c399e269772661", column.Bytes)
	add("sha256", column.Bytes, "SHA-256; no mask", "left(encode(sha256('\\x61'::bytea), 'hex'), 8) gives ca978112", column.Bytes)
	rows = append(rows,
		row(Function{Group: "Text", Name: "concat_ws", Params: kinds(text), Rest: true, Null: Always, result: is(text), Shape: "concat_ws(a, b, ...)", Doc: "what follows the first, with that between; null is nothing, but for the first", Example: "concat_ws('-', 'a', null, 'b') gives a-b"}),
		row(Function{Group: "Text", Name: "regexp_like", Params: kinds(text, text), result: is(column.Bool), check: pattern(1), Doc: "matches a regular expression, as a ~ b", Example: "regexp_like('abc', '^a.c$') gives true"}),
		row(Function{Group: "Text", Name: "regexp_count", Params: kinds(text, text), result: is(number), check: pattern(1), Doc: "how often a regular expression matches", Example: "regexp_count('a1b2', '[0-9]') gives 2"}),
		row(Function{Group: "Text", Name: "substring", Params: kinds(text, text), Null: Always, Shape: "substring(a FROM b)", result: is(text), check: pattern(1), Doc: "the first match of a regular expression or, if it has groups, of its first one; null if there is none", Example: "substring('id=12' FROM 'id=([0-9]+)') gives 12"}),
		row(Function{Group: "Text", Name: "concat", Params: kinds(text), Rest: true, Null: Never, result: is(text), Shape: "concat(a, b, ...)", Doc: "one behind the other; null is nothing", Example: "concat('a', null, 'b') gives ab"}),
		row(Function{Group: "Text", Name: "regexp_replace", Params: kinds(text, text, text), result: is(text), check: pattern(1), Doc: "with the first match of a regular expression replaced; \\1 is what the first group matched", Example: "regexp_replace('a1b2', '[0-9]', '-') gives a-b2"}),
		row(Function{Group: "Text", Name: "regexp_replace", Params: kinds(text, text, text, text), result: is(text), check: flaggedPattern, Doc: "the same with flags: g for every match, i without regard to case", Example: "regexp_replace('a1b2', '[0-9]', '-', 'g') gives a-b-"}),
		row(Function{Group: "Text", Name: "regexp_substr", Params: kinds(text, text), Null: Always, result: is(text), check: pattern(1), Doc: "the first match of a regular expression; null if there is none", Example: "regexp_substr('a12', '[0-9]+') gives 12"}),
	)
	return rows
}

// pattern checks that an argument is a literal and a regular expression.
func pattern(arg int) func([]*Expr) string {
	return func(args []*Expr) string {
		text, ok := literalText(args[arg])
		if !ok {
			return "the regular expression must be a text of the statement"
		}
		if _, err := regexp.Compile(text); err != nil {
			return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		}
		return ""
	}
}

func flaggedPattern(args []*Expr) string {
	if flags, ok := literalText(args[3]); !ok || strings.Trim(flags, "gi") != "" {
		return "the flags must be a text of g and i"
	}
	return pattern(1)(args)
}

func literalText(e *Expr) (string, bool) {
	if e.Kind != Literal || e.Type.Kind != column.Text || e.Value.IsNull(0) {
		return "", false
	}
	return string(e.Value.Texts[0]), true
}

func literalInt(e *Expr) (int64, bool) {
	if e.Kind != Literal || e.Value.IsNull(0) || e.Type.Kind != column.Int32 && e.Type.Kind != column.Int64 {
		return 0, false
	}
	return e.Value.Ints[0], true
}

func numberFunctions() []*Function {
	g, float, dec := "Numbers", column.Float64, column.Decimal
	rows := each(numbers, 1, Function{Group: g, Name: "abs", Doc: "without its sign", Example: "abs(-2) gives 2"})
	for _, f := range [][3]string{{"ceil", "the next whole number that is not less", "2"}, {"ceiling", "the next whole number that is not less", "2"}, {"floor", "the next whole number that is not greater", "1"}} {
		rows = append(rows, each(kinds(dec, float), 1, Function{Group: g, Name: f[0], result: whole, Doc: f[1], Example: f[0] + "(1.5) gives " + f[2]})...)
	}
	rows = append(rows, each(kinds(dec, float), 1, Function{Group: g, Name: "round", result: whole, Doc: "the nearest whole number; halves go away from zero, those of double precision to the even one", Example: "round(2.5) gives 3"})...)
	rows = append(rows, each(kinds(dec, float), 1, Function{Group: g, Name: "trunc", result: whole, Doc: "without what is behind the point", Example: "trunc(-1.5) gives -1"})...)
	for _, f := range [][3]string{{"round", "rounded to so many digits behind the point, halves away from zero", "1.24"}, {"trunc", "cut to so many digits behind the point", "1.23"}} {
		rows = append(rows, row(Function{Group: g, Name: f[0], Params: kinds(dec, column.Int32), result: same, check: digits, digits: keepDigits, Doc: f[1], Example: f[0] + "(1.235, 2) gives " + f[2]}))
	}
	rows = append(rows, each(kinds(dec, float), 1, Function{Group: g, Name: "sign", result: signType, Doc: "-1, 0 or 1", Example: "sign(-2.5) gives -1"})...)
	for _, f := range [][3]string{{"sqrt", "square root", "sqrt(9) gives 3"}, {"cbrt", "cubic root", "cbrt(27) gives 3"}, {"exp", "e to the power", "exp(0) gives 1"}, {"ln", "natural logarithm", "ln(1) gives 0"}, {"log10", "logarithm to base 10", "log10(100) gives 2"}} {
		rows = append(rows, row(Function{Group: g, Name: f[0], Params: kinds(float), result: is(float), Doc: f[1], Example: f[2]}))
	}
	for _, f := range [][3]string{{"sin", "sine", "sin(0) gives 0"}, {"cos", "cosine", "cos(0) gives 1"}, {"tan", "tangent", "tan(0) gives 0"}, {"asin", "arc sine", "asin(0) gives 0"}, {"acos", "arc cosine", "acos(1) gives 0"}, {"atan", "arc tangent", "atan(0) gives 0"}, {"degrees", "of radians", "degrees(0) gives 0"}, {"radians", "of degrees", "radians(0) gives 0"}} {
		rows = append(rows, row(Function{Group: g, Name: f[0], Params: kinds(float), result: is(float), Doc: f[1], Example: f[2]}))
	}
	rows = append(rows, row(Function{Group: g, Name: "atan2", Params: kinds(float, float), result: is(float), Doc: "arc tangent of a / b", Example: "atan2(0, 1) gives 0"}))
	rows = append(rows, each(kinds(column.Int32, column.Int64), 2, Function{Group: g, Name: "gcd", Doc: "the greatest common divisor", Example: "gcd(12, 18) gives 6"})...)
	rows = append(rows, each(kinds(column.Int32, column.Int64), 2, Function{Group: g, Name: "lcm", Doc: "the least common multiple", Example: "lcm(4, 6) gives 12"})...)
	rows = append(rows, row(Function{Group: g, Name: "power", Params: kinds(float, float), result: is(float), Doc: "a to the power of b; a ^ b is the same", Example: "power(2, 3) gives 8"}))
	return append(rows, each(kinds(column.Int32, column.Int64, dec), 2, Function{Group: g, Name: "mod", result: remainder, Doc: "what is left of a division", Example: "mod(7, 4) gives 3"})...)
}

func signType(args []column.Type) column.Type {
	if args[0].Kind == column.Decimal {
		return decimal(1, 0)
	}
	return args[0]
}

func keepDigits(t column.Type, args []*Expr) column.Type {
	n, _ := literalInt(args[1])
	return decimal(before(t)+1, int(n))
}

// digits checks how many digits behind the point shall stay; the type of the
// result says so.
func digits(args []*Expr) string {
	if n, ok := literalInt(args[1]); !ok || n < 0 || n > column.MaxPrecision {
		return fmt.Sprintf("the number of digits must be a number of the statement, 0 to %d", column.MaxPrecision)
	}
	return ""
}

// timeParts are what can be taken out of a time; truncUnits to what it can be cut.
var (
	timeParts  = []string{"year", "month", "day", "hour", "minute", "second", "millisecond", "microsecond", "epoch", "dow", "isodow", "doy", "week", "isoyear", "quarter"}
	truncUnits = []string{"microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"}
)

func oneOf(arg int, words []string) func([]*Expr) string {
	return func(args []*Expr) string {
		w, ok := literalText(args[arg])
		w = strings.ToLower(w)
		if !ok || !slices.Contains(words, w) && !slices.Contains(words, strings.TrimSuffix(w, "s")) {
			return "the first argument must be one of " + strings.Join(words, ", ")
		}
		return ""
	}
}

func timeFunctions() []*Function {
	g, date, ts, iv := "Time", column.Date, column.Timestamp, column.Interval
	infix := func(op string, a, b, result column.Kind, doc, example string) *Function {
		return row(Function{Group: g, Name: op, Params: kinds(a, b), Shape: "a " + op + " b", result: is(result), Doc: doc, Example: example})
	}
	rows := []*Function{
		infix("+", date, column.Int32, date, "so many days later", "'2026-11-21'::date + 1 gives 2026-11-22"),
		infix("+", column.Int32, date, date, "so many days later", "1 + '2026-11-21'::date gives 2026-11-22"),
		infix("-", date, column.Int32, date, "so many days earlier", "'2026-11-21'::date - 1 gives 2026-11-20"),
		infix("-", date, date, column.Int32, "days between", "'2026-11-21'::date - '2026-11-01'::date gives 20"),
		infix("+", ts, iv, ts, "later", "'2026-11-21 10:00:00'::timestamp + interval '1 hour' gives 2026-11-21 11:00:00"),
		infix("+", iv, ts, ts, "later", "interval '1 hour' + '2026-11-21 10:00:00'::timestamp gives 2026-11-21 11:00:00"),
		infix("-", ts, iv, ts, "earlier", "'2026-11-21 10:00:00'::timestamp - interval '1 hour' gives 2026-11-21 09:00:00"),
		infix("-", ts, ts, iv, "time between; days have 24 hours", "'2026-11-21 10:00:00'::timestamp - '2026-11-21 09:00:00'::timestamp gives 01:00:00"),
		infix("+", iv, iv, iv, "both together", "interval '1 hour' + interval '1 minute' gives 01:01:00"),
		infix("-", iv, iv, iv, "the difference", "interval '1 hour' - interval '1 minute' gives 00:59:00"),
		infix("*", iv, column.Int64, iv, "so many times", "interval '1 hour' * 2 gives 02:00:00"),
		infix("*", column.Int64, iv, iv, "so many times", "2 * interval '1 hour' gives 02:00:00"),
		infix("*", iv, column.Float64, iv, "so many times, rounded to microseconds", "interval '1 hour' * 1.5 gives 01:30:00"),
		infix("*", column.Float64, iv, iv, "so many times, rounded to microseconds", "1.5 * interval '1 hour' gives 01:30:00"),
		infix("/", iv, column.Float64, iv, "a part of it, rounded to microseconds", "interval '1 hour' / 2 gives 00:30:00"),
		row(Function{Group: g, Name: "-", Params: kinds(iv), Shape: "- a", result: is(iv), Doc: "the other way", Example: "- interval '1 hour' gives -01:00:00"}),
	}
	for _, k := range kinds(ts, date) {
		example := "extract(year FROM '2026-11-21'::" + k.String() + ") gives 2026"
		rows = append(rows,
			row(Function{Group: g, Name: "extract", Params: kinds(column.Text, k), Shape: "extract(part FROM a)", result: func([]column.Type) column.Type { return decimal(14, 6) }, check: oneOf(0, timeParts), Doc: "a part of a time: " + strings.Join(timeParts, ", "), Example: example}),
			row(Function{Group: g, Name: "date_part", Params: kinds(column.Text, k), result: is(column.Float64), check: oneOf(0, timeParts), Doc: "the same as double precision", Example: "date_part('year', '2026-11-21'::" + k.String() + ") gives 2026"}))
	}
	for _, name := range []string{"extract", "date_part"} {
		shape, result := "extract(epoch FROM a)", decimal(19, 6)
		if name == "date_part" {
			shape, result = "", column.Type{Kind: column.Float64}
		}
		rows = append(rows, row(Function{Group: g, Name: name, Params: kinds(column.Text, iv), Shape: shape, result: func([]column.Type) column.Type { return result }, check: oneOf(0, []string{"epoch"}), Doc: "an interval in seconds: the part is epoch", Example: map[bool]string{true: "extract(epoch FROM interval '1 minute')", false: "date_part('epoch', interval '1 minute')"}[shape != ""] + " gives 60"}))
	}
	return append(rows,
		row(Function{Group: g, Name: "date_trunc", Params: kinds(column.Text, ts), result: is(ts), check: oneOf(0, truncUnits), Doc: "cut to " + strings.Join(truncUnits, ", "), Example: "date_trunc('hour', '2026-11-21 10:30:00'::timestamp) gives 2026-11-21 10:00:00"}),
		row(Function{Group: g, Name: "date_bin", Params: kinds(iv, ts, ts), result: is(ts), Doc: "the begin of the interval that b is in, counted from c", Example: "date_bin(interval '15 minutes', '2026-11-21 10:38:00'::timestamp, '2026-01-01'::timestamp) gives 2026-11-21 10:30:00"}),
		row(Function{Group: g, Name: "make_timestamp", Params: kinds(column.Int32, column.Int32, column.Int32, column.Int32, column.Int32, column.Float64), result: is(ts), Doc: "of year, month, day, hour, minute, second", Example: "make_timestamp(2026, 11, 21, 10, 30, 15.5) gives 2026-11-21 10:30:15.5"}),
		row(Function{Group: g, Name: "to_timestamp", Params: kinds(column.Float64), result: is(ts), Doc: "of seconds since 1970-01-01 UTC", Example: "to_timestamp(0) gives 1970-01-01 00:00:00"}),
		row(Function{Group: g, Name: "make_date", Params: kinds(column.Int32, column.Int32, column.Int32), result: is(date), Doc: "of year, month, day", Example: "make_date(2026, 11, 21) gives 2026-11-21"}))
}

func jsonFunctions() []*Function {
	g := "JSON"
	var rows []*Function
	for _, k := range kinds(column.Text, column.Int32) {
		what := map[column.Kind]string{column.Text: "the field of that name", column.Int32: "the element of that number, from 0; below zero from the end"}[k]
		arg := map[column.Kind]string{column.Text: `'{"a": [1]}'::json %s 'a'`, column.Int32: `'["x", [1]]'::json %s 1`}[k]
		rows = append(rows,
			row(Function{Group: g, Name: "->", Params: kinds(column.JSON, k), Null: Always, Shape: "a -> b", result: is(column.JSON), Doc: what + ", as JSON; null if there is none", Example: fmt.Sprintf(arg, "->") + " gives [1]"}),
			row(Function{Group: g, Name: "->>", Params: kinds(column.JSON, k), Null: Always, Shape: "a ->> b", result: is(column.Text), Doc: what + ", as text; null if there is none", Example: fmt.Sprintf(arg, "->>") + " gives [1]"}))
	}
	return append(rows,
		row(Function{Group: g, Name: "json_array_length", Params: kinds(column.JSON), result: is(column.Int32), Doc: "how many elements an array has", Example: "json_array_length('[1, 2]'::json) gives 2"}),
		row(Function{Group: g, Name: "json_typeof", Params: kinds(column.JSON), result: is(column.Text), Doc: "object, array, string, number, boolean or null", Example: "json_typeof('[1]'::json) gives array"}))
}

// maxLast is how many characters mask_last leaves at most.
const maxLast = 4

func masks() []*Function {
	g := "Masks"
	return []*Function{
		row(Function{Group: g, Name: "mask_hash", Params: kinds(column.Text), Masks: true, result: is(column.Text), Doc: "SHA-256 of the text in hexadecimal: equal texts stay equal. Who can guess a text can find it again: no mask for what has few values", Example: "left(mask_hash('a'), 8) gives ca978112"}),
		row(Function{Group: g, Name: "mask_last", Params: kinds(column.Text, column.Int32), Masks: true, result: is(column.Text), check: lastFew, Doc: fmt.Sprintf("the last characters, 0 to %d of them, and * for each other; a text of no more than these is all *", maxLast), Example: "mask_last('4111111111111234', 4) gives ************1234"}),
		row(Function{Group: g, Name: "mask_null", Params: anything, Null: Always, Masks: true, result: same, Doc: "null of the same type", Example: "mask_null(1) gives null"}),
	}
}

func lastFew(args []*Expr) string {
	if n, ok := literalInt(args[1]); !ok || n < 0 || n > maxLast {
		return fmt.Sprintf("the number of characters must be a number of the statement, 0 to %d", maxLast)
	}
	return ""
}
