package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// groupsOf is how many groups the rows fall into, by their numbers.
const groupsOf = 7

// aggregated are all uses of an aggregate of the reference: over each type that it
// takes and of some rows alone, and how many different values there are.
func aggregated(f sqlang.Function) (out []string) {
	if len(f.Params) == 0 {
		return []string{f.Name, f.Name + " FILTER (WHERE b_boolean)"}
	}
	kinds := f.Params
	if kinds[0] == column.Unknown {
		kinds = nil
		for k := column.Bool; k < column.JSON; k++ {
			kinds = append(kinds, k)
		}
	}
	for _, k := range kinds {
		x := nameOf('a', k)
		uses := []string{f.Name + "(" + x + ")", f.Name + "(" + x + ") FILTER (WHERE b_integer > 0)"}
		if f.Name == "count" {
			uses = append(uses, "count(DISTINCT "+x+")", "count(DISTINCT "+x+") FILTER (WHERE b_boolean)")
		}
		for _, e := range uses {
			if k == column.Interval && f.Name != "count" {
				e = "extract(epoch FROM " + e + ")" // a day has 24 hours here
			}
			out = append(out, e)
		}
	}
	return out
}

// ourGroups is what an aggregate gives for each group.
func (x *table) ourGroups(t *testing.T, expr string) ([]string, error) {
	t.Helper()
	group := fmt.Sprintf("row_number %% %d", groupsOf)
	p, err := compiler.Compile("SELECT "+group+" AS k, ("+expr+")::text AS r FROM d.v GROUP BY "+group, withNumber{x})
	if err != nil {
		return nil, err
	}
	f, err := flow.New(p)
	if err != nil {
		return nil, err
	}
	batches, failed, err := f.Step(0, x.numbered(t, scanOf(p.Root)))
	if err != nil {
		return nil, err
	}
	out := make([]string, groupsOf)
	for _, f := range failed {
		out[f.Origin.Offset%groupsOf] = sqlang.Failure
	}
	for _, b := range batches {
		for i := range b.N {
			k := b.Columns[0].Ints[i]
			if out[k] = "null"; !b.Columns[1].IsNull(i) {
				out[k] = string(b.Columns[1].Texts[i])
			}
		}
	}
	return out, nil
}

// aggregatesAgree compares every aggregate of the reference, over each type, in
// groups of values with borders and nulls.
func aggregatesAgree(t *testing.T, s *server) {
	x := newTable(rand.New(rand.NewPCG(3, 4)))
	ours := map[string][]string{}
	script := x.script() + groupPrelude
	for _, f := range sqlang.Functions() {
		if f.Group != "Aggregates" {
			continue
		}
		for _, e := range aggregated(f) {
			got, err := x.ourGroups(t, e)
			if err != nil {
				t.Errorf("%s: %v", e, err)
				continue
			}
			ours[e] = got
			script += fmt.Sprintf("SELECT json_build_array(%s, i::text, pg_temp.attempt_group(%s, i)) FROM generate_series(0, %d) AS i;\n", quoted(e), quoted(e), groupsOf-1)
		}
	}
	answers := s.asks(t, script)
	if len(answers) != groupsOf*len(ours) || len(ours) < 90 {
		t.Errorf("%d answers to %d aggregates", len(answers), len(ours))
	}
	for _, r := range answers {
		i, _ := strconv.Atoi(r[1])
		if a, b := ours[r[0]][i], r[2]; !equal(a, b) && !meantGroup(r[0], a, b) {
			t.Errorf("%s is %s here, %s there, in group %d", r[0], a, b, i)
		}
	}
}

// meantGroup are the differences of aggregates that the reference tells: the mean
// has a scale of its own.
func meantGroup(expr, ours, theirs string) bool {
	return strings.Contains(expr, "avg(") && within(0.5e-6)(ours, theirs)
}

// groupPrelude is the function that says what an aggregate gives for a group.
const groupPrelude = `
CREATE FUNCTION pg_temp.attempt_group(e text, r integer) RETURNS text LANGUAGE plpgsql AS $attempt$
DECLARE o text;
BEGIN
  EXECUTE 'SELECT (' || e || ')::text FROM v WHERE row_id % 7 = ' || r INTO o;
  RETURN coalesce(o, 'null');
EXCEPTION WHEN OTHERS THEN RETURN 'error';
END $attempt$;
`
