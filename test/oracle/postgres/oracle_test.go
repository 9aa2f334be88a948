package postgres_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestPostgreSQLAgrees asks one server all.
func TestPostgreSQLAgrees(t *testing.T) {
	t.Parallel()
	s := mustServer(t)
	t.Run("functions", func(t *testing.T) { functionsAgree(t, s) })
	t.Run("aggregates", func(t *testing.T) { aggregatesAgree(t, s) })
	t.Run("semantics", func(t *testing.T) { semanticsAgree(t, s) })
}

// documented are the differences over values that are meant; those that the
// reference tells have a row there.
var documented = []struct {
	begins, why string
	so          func(ours, theirs string) bool
}{
	{"a_numeric / b_numeric", "a quotient of numerics has the larger scale, at least 6 digits (reference)", within(0.5e-6)},
	{"a_double_precision / ", "what is too small for double precision is 0 (reference)", theirError},
	{"power(", "what is too small for double precision is 0 (reference)", theirError},
	{"make_date(", "years are 1 to 9999 (reference)", ourError},
	{"to_timestamp(", "timestamptz is timestamp (reference)", func(ours, theirs string) bool { return ours+"+00" == theirs }},
	{"to_timestamp(", "no timestamp is infinite (reference)", ourError},
	{"a_double_precision::numeric", "no numeric is NaN (reference)", func(_, theirs string) bool { return theirs == "NaN" }},
	{"a_text::bytea", "bytes are hexadecimal (reference)", ourError},
	{"a_interval::text", "a day has 24 hours (reference)", func(ours, theirs string) bool { return ours == "2 days 01:00:00" && theirs == "49:00:00" }},
	{"extract(epoch FROM a_text::interval)", "a number without a unit is no interval (reference)", ourError},
	{"right(a_text, b_integer)", "all but the first 2147483648 characters are none; PostgreSQL's number overflows", func(ours, _ string) bool { return ours == "" }},
	{"overlay(", "what is behind the end is the end; PostgreSQL's number overflows", theirError},
}

func theirError(ours, theirs string) bool { return theirs == sqlang.Failure && ours != sqlang.Failure }
func ourError(ours, theirs string) bool   { return ours == sqlang.Failure && theirs != sqlang.Failure }

func within(far float64) func(ours, theirs string) bool {
	return func(ours, theirs string) bool {
		a, err := strconv.ParseFloat(ours, 64)
		b, other := strconv.ParseFloat(theirs, 64)
		return err == nil && other == nil && math.Abs(a-b) <= far
	}
}

func meant(expr, ours, theirs string) bool {
	for _, d := range documented {
		if strings.HasPrefix(expr, d.begins) && d.so(ours, theirs) {
			return true
		}
	}
	return false
}

// functionsAgree compares every function and every cast of the reference over
// many values, among them borders and nulls.
func functionsAgree(t *testing.T, s *server) {
	x := newTable(rand.New(rand.NewPCG(1, 2)))
	var exprs, want []string
	for _, f := range sqlang.Functions() {
		if f.Group == "Aggregates" || f.Group == "Masks" {
			continue // PostgreSQL has no masks; aggregates have a test of their own
		}
		exprs = append(exprs, expressions(f)...)
		want = append(want, f.Form)
	}
	exprs = append(exprs, casts()...)
	forms, wrong := compare(t, s, x, exprs, meant)
	for _, w := range wrong[:min(len(wrong), 50)] {
		t.Error(w)
	}
	for _, form := range want {
		if !forms[strings.ReplaceAll(form, "any", "text")] {
			t.Errorf("%s was not compared", form)
		}
	}
}

// casts are all that may be asked for. Texts that become intervals are compared
// in seconds: a day has 24 hours here.
func casts() (out []string) {
	for _, c := range sqlang.Casts() {
		for _, to := range c.To {
			to = strings.TrimSuffix(to, "*")
			e := fmt.Sprintf("a_%s::%s", strings.ReplaceAll(c.From, " ", "_"), map[string]string{"numeric": "numeric(20,4)"}[to]+map[bool]string{true: to}[to != "numeric"])
			if to == "interval" {
				e = "extract(epoch FROM " + e + ")"
			}
			out = append(out, e)
		}
	}
	return out
}

// semanticsAgree asks the cases of the reference's table.
func semanticsAgree(t *testing.T, s *server) {
	want := map[string]string{}
	script := "CREATE TEMP TABLE v AS SELECT 0 AS row_id, 1::bigint AS n;\n"
	for _, r := range sqlang.SemanticRows() {
		for _, c := range r.Cases {
			if want[c.Expr] = c.PostgreSQL; c.PostgreSQL == "" {
				want[c.Expr] = c.Here
			}
			script += fmt.Sprintf("SELECT json_build_array(%s, pg_temp.attempt(%s, 0));\n", quoted(c.Expr), quoted(c.Expr))
		}
		if r.There == "" && slices.ContainsFunc(r.Cases, func(c sqlang.SemanticCase) bool { return c.PostgreSQL != "" }) {
			t.Errorf("%s: the reference says that PostgreSQL does the same, and a case that it does not", r.What)
		}
	}
	got := s.asks(t, script)
	if len(got) != len(want) {
		t.Errorf("%d answers to %d cases", len(got), len(want))
	}
	for _, a := range got {
		if a[1] != want[a[0]] {
			t.Errorf("%s is %s in PostgreSQL, want %s", a[0], a[1], want[a[0]])
		}
	}
}
