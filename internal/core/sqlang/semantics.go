package sqlang

// Semantic is a row of the reference that says what something means here, and in
// PostgreSQL. Its cases show it: ours are tests of flows, the others are asked of
// a PostgreSQL and a DuckDB.
type Semantic struct {
	What, Here string
	There      string // PostgreSQL; empty: the same
	Cases      []SemanticCase
}

// SemanticCase is an expression over the one column n, a bigint that is 1, and what it gives as text. Null is
// null; what is refused, or fails its record, is an error.
type SemanticCase struct {
	Expr       string
	Here       string
	PostgreSQL string // empty: the same
	DuckDB     string // likewise
	InDuckDB   string // how DuckDB writes it; empty: the same
}

// Failure is what a case gives that is refused, or fails its record.
const Failure = "error"

// SemanticRows lists what the reference says of differences, in its order.
func SemanticRows() []Semantic {
	return []Semantic{
		{"timestamps", "UTC, to the microsecond; `timestamptz` is the same type; a text with an offset is converted; none is infinite", "two types, infinity and -infinity", []SemanticCase{
			{Expr: "'2026-11-21 12:00:00+02'::timestamptz", Here: "2026-11-21 10:00:00", PostgreSQL: "2026-11-21 10:00:00+00", DuckDB: "2026-11-21 10:00:00+00"},
			{Expr: "'2026-11-21 12:00:00.1234567'::timestamp", Here: "2026-11-21 12:00:00.123457", DuckDB: "2026-11-21 12:00:00.123456"},
			{Expr: "to_timestamp(1.5)", Here: "1970-01-01 00:00:01.5", PostgreSQL: "1970-01-01 00:00:01.5+00", DuckDB: "1970-01-01 00:00:01.5+00"},
			{Expr: "to_timestamp('Infinity'::double precision)", Here: Failure, PostgreSQL: "infinity", DuckDB: Failure},
		}},
		{"dates", "the years 1 to 9999", "4713 BC to 5874897", []SemanticCase{
			{Expr: "make_date(-1, 12, 31)", Here: Failure, PostgreSQL: "0001-12-31 BC", DuckDB: "0002-12-31 (BC)"},
			{Expr: "'2026-02-30'::date", Here: Failure},
		}},
		{"intervals", "microseconds; a day has 24 hours; months, years and numbers without a unit are refused", "months, days, microseconds", []SemanticCase{
			{Expr: "interval '1 month'", Here: Failure, PostgreSQL: "1 mon", DuckDB: "1 month"},
			{Expr: "interval '25 hours'", Here: "1 day 01:00:00", PostgreSQL: "25:00:00", DuckDB: "25:00:00"},
			{Expr: "interval '12'", Here: Failure, PostgreSQL: "00:00:12", DuckDB: "00:00:12"},
			{Expr: "interval '1 day' = interval '24 hours'", Here: "true"},
		}},
		{"numeric", "up to 38 digits; each value has the scale of its type; none is NaN", "any number of digits, NaN", []SemanticCase{
			{Expr: "99999999999999999999999999999999999999 + 1", Here: Failure, PostgreSQL: "100000000000000000000000000000000000000", DuckDB: "100000000000000000000000000000000000000"},
			{Expr: "coalesce(1.5, 1.25)", Here: "1.50", PostgreSQL: "1.5"},
			{Expr: "round(2.5)", Here: "3"}, {Expr: "'NaN'::double precision::numeric(5,2)", Here: Failure, PostgreSQL: "NaN"},
		}},
		{"sum and difference of numerics", "the larger scale", "", []SemanticCase{{Expr: "1.5 + 0.25", Here: "1.75"}, {Expr: "1.50 - 0.5", Here: "1.00"}}},
		{"product of numerics", "both scales together; more than 38 are refused", "", []SemanticCase{{Expr: "1.5 * 1.50", Here: "2.250"}}},
		{"quotient of numerics", "the larger scale, at least 6 digits, rounded half away from zero", "at least 16 significant digits", []SemanticCase{
			{Expr: "2.0 / 3", Here: "0.666667", PostgreSQL: "0.66666666666666666667", DuckDB: "0.6666666666666666"},
			{Expr: "1.0000000 / 8", Here: "0.1250000", PostgreSQL: "0.12500000000000000000", DuckDB: "0.125"},
		}},
		{"division of integers", "cut towards zero", "", []SemanticCase{{Expr: "-7 / 2", Here: "-3", InDuckDB: "-7 // 2"}, {Expr: "-7 % 2", Here: "-1"}}},
		{"division by zero, overflow, a text that is no number", "fails that record, which is set aside with the reason", "fails the statement", []SemanticCase{
			{Expr: "1 / (n - n)", Here: Failure, InDuckDB: "1 // (n - n)", DuckDB: "null"}, {Expr: "n::integer + 2147483647", Here: Failure}, {Expr: "(n::text || 'a')::integer", Here: Failure},
		}},
		{"double precision too small to be one", "0", "fails the statement", []SemanticCase{
			{Expr: "'1e-300'::double precision / '1e300'::double precision", Here: "0", PostgreSQL: Failure, DuckDB: "0.0"},
		}},
		{"text", "compares by its bytes", "by the collation", []SemanticCase{{Expr: "'a' < 'B'", Here: "false"}, {Expr: "'é' > 'z'", Here: "true"}}},
		{"a text as `bytea`", "`\\x` and hexadecimal digits", "also characters as they are", []SemanticCase{
			{Expr: `'\x01ff'::bytea`, Here: `\x01ff`, DuckDB: `\x01ff`}, {Expr: `'ab'::bytea`, Here: Failure, PostgreSQL: `\x6162`, DuckDB: "ab"},
		}},
		{"regular expressions", "RE2", "POSIX, with back references", []SemanticCase{
			{Expr: `'abab' ~ '(ab)\1'`, Here: Failure, PostgreSQL: "true", InDuckDB: `regexp_matches('abab', '(ab)\1')`},
			{Expr: `substring('ab12' FROM '[a-z]([0-9]+)')`, Here: "12", InDuckDB: `regexp_extract('ab12', '[a-z]([0-9]+)', 1)`},
		}},
		{"null", "unknown in conditions; NULLs are not distinct in GROUP BY", "", []SemanticCase{
			{Expr: "null = 1", Here: "null"}, {Expr: "(null = 1) IS NULL", Here: "true"}, {Expr: "null OR true", Here: "true"}, {Expr: "1 IN (2, null)", Here: "null"},
			{Expr: "concat('a', null)", Here: "a"}, {Expr: "'a' || null", Here: "null"}, {Expr: "greatest(1, null)", Here: "1"},
		}},
		{"`NaN`", "equal to itself and greater than all else", "", []SemanticCase{
			{Expr: "'NaN'::double precision = 'NaN'::double precision", Here: "true"}, {Expr: "'NaN'::double precision > 'Infinity'::double precision", Here: "true"},
		}},
		{"`'2 ' || 3`", "a number beside a text becomes one", "", []SemanticCase{{Expr: "'2 ' || 3", Here: "2 3"}}},
		{"names", "folded to small letters unless quoted", "", []SemanticCase{{Expr: `N = n AND "n" = n`, Here: "true"}, {Expr: `"N" = n`, Here: Failure, DuckDB: "true"}}},
		{"`varchar(n)`, `char(n)`, `smallint`, `real`", "refused: text, integer, double precision", "types of their own", []SemanticCase{
			{Expr: "'abc'::varchar(2)", Here: Failure, PostgreSQL: "ab", DuckDB: "abc"}, {Expr: "1::smallint", Here: Failure, PostgreSQL: "1", DuckDB: "1"},
		}},
	}
}
