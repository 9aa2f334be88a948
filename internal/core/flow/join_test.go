package flow_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestJoinsFollowBothSides: a join of two tables is what it would be of their
// rows at once, whatever came, changed and went on either side: on the key of
// one (a foreign key of the other) and on columns that are keys of none; inner
// and left; with and without a condition.
func TestJoinsFollowBothSides(t *testing.T) {
	t.Parallel()
	for _, outer := range []bool{false, true} {
		for _, cond := range []bool{false, true} {
			for _, on := range []int{0, 1} {
				t.Run(fmt.Sprintf("outer %v, condition %v, on %d", outer, cond, on), func(t *testing.T) {
					t.Parallel()
					plan := func() *sqlang.Plan {
						j := &sqlang.Join{Left: scanOf(0, true), Right: scanOf(1, true), Outer: outer,
							LeftKey: []*sqlang.Expr{ref(1, bigint)}, RightKey: []*sqlang.Expr{ref(on, bigint)}, Columns: columnsOf(bigint, bigint, bigint, bigint)}
						if cond {
							j.Cond = fn(boolean, "<(bigint,bigint)", ref(0, bigint), ref(2, bigint))
						}
						order := []int{0, 2, 1, 3}
						p := &sqlang.Project{Of: j, Columns: j.Columns}
						for _, k := range order {
							p.Exprs = append(p.Exprs, ref(k, bigint))
						}
						return planOfTwo(p, sqlang.Upsert, 0, 1)
					}
					rapid.Check(t, func(t *rapid.T) {
						epochs(t, plan, records(false, false), func(in []change, out []string) {
							if d := cmp.Diff(joined(in, outer, cond, on), table(t, out, 2)); d != "" {
								t.Fatal(d)
							}
						})
					})
				})
			}
		}
	}
}

func joined(in []change, outer, cond bool, on int) map[string]string {
	var sides [2]map[int64]change
	for k := range sides {
		sides[k] = map[int64]change{}
	}
	for _, c := range in {
		sides[c.input][*c.row[0]] = c
		if c.gone {
			delete(sides[c.input], *c.row[0])
		}
	}
	out := map[string]string{}
	for _, l := range sides[0] {
		found := false
		for _, r := range sides[1] {
			a, b := l.row[1], r.row[on]
			if a == nil || b == nil || *a != *b || cond && *l.row[0] >= *r.row[0] {
				continue
			}
			found = true
			out[fmt.Sprintf("[%d %d]", *l.row[0], *r.row[0])] = fmt.Sprintf("%d %d %s %s", *l.row[0], *r.row[0], show(a), show(r.row[1]))
		}
		if !found && outer {
			out[fmt.Sprintf("[%d NULL]", *l.row[0])] = fmt.Sprintf("%d NULL %s NULL", *l.row[0], show(l.row[1]))
		}
	}
	return out
}
