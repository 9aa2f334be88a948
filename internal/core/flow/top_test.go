package flow_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestTheFirstRowsOfPartitions: numbered rows are the first by their order, of a
// stream and of a table; nulls stand where the order says.
func TestTheFirstRowsOfPartitions(t *testing.T) {
	t.Parallel()
	for _, isTable := range []bool{false, true} {
		for _, o := range []sqlang.Order{{}, {Descending: true}, {NullsFirst: true}, {Descending: true, NullsFirst: true}} {
			for _, rank := range []bool{true, false} {
				if !rank && !isTable {
					continue // equal rows have no key
				}
				t.Run(fmt.Sprintf("table %v, %v %v, number %v", isTable, o.Descending, o.NullsFirst, rank), func(t *testing.T) {
					t.Parallel()
					plan := func() *sqlang.Plan { return topPlan(isTable, o, rank) }
					rapid.Check(t, func(t *rapid.T) {
						epochs(t, plan, records(!isTable), func(in []change, out []string) {
							keys := map[bool]int{true: 2, false: 1}[rank]
							if d := cmp.Diff(firstRows(in, isTable, o, rank), table(t, out, keys)); d != "" {
								t.Fatal(d)
							}
						})
					})
				})
			}
		}
	}
}

// topPlan is the first two rows by the second column, then the first, of each
// remainder of the first column by two.
func topPlan(isTable bool, o sqlang.Order, rank bool) *sqlang.Plan {
	part := fn(bigint, "%(bigint,bigint)", ref(0, bigint), number(2))
	o.Expr = ref(1, bigint)
	top := &sqlang.Top{Of: scanOf(0, isTable), Partition: []*sqlang.Expr{part}, Order: []sqlang.Order{o, {Expr: ref(0, bigint)}}, N: 2, Rank: rank, Columns: columnsOf(bigint, bigint)}
	project := &sqlang.Project{Of: top, Exprs: []*sqlang.Expr{ref(0, bigint), ref(1, bigint)}, Columns: columnsOf(bigint, bigint)}
	if rank {
		top.Columns = columnsOf(bigint, bigint, bigint)
		project.Exprs = []*sqlang.Expr{part, ref(2, bigint), ref(0, bigint), ref(1, bigint)}
		project.Columns = columnsOf(bigint, bigint, bigint, bigint)
	}
	p := planOf(project)
	p.Mode, p.Key = sqlang.Upsert, []int{0}
	if rank {
		p.Key = []int{0, 1}
	}
	return p
}

func firstRows(in []change, isTable bool, o sqlang.Order, rank bool) map[string]string {
	rows := map[int64]change{}
	for i, c := range in {
		at := int64(i)
		if isTable {
			at = *c.row[0]
		}
		rows[at] = c
		if c.gone {
			delete(rows, at)
		}
	}
	parts := map[string][]change{}
	for _, c := range rows {
		key := "NULL"
		if c.row[0] != nil {
			key = fmt.Sprint(*c.row[0] % 2)
		}
		parts[key] = append(parts[key], c)
	}
	out := map[string]string{}
	for key, of := range parts {
		slices.SortFunc(of, func(a, b change) int {
			if d := compareBy(a.row[1], b.row[1], o); d != 0 {
				return d
			}
			return compareBy(a.row[0], b.row[0], sqlang.Order{})
		})
		for k, c := range of[:min(2, len(of))] {
			if rank {
				out[fmt.Sprintf("[%s %d]", key, k+1)] = fmt.Sprintf("%s %d %s %s", key, k+1, show(c.row[0]), show(c.row[1]))
			} else {
				out["["+show(c.row[0])+"]"] = show(c.row[0]) + " " + show(c.row[1])
			}
		}
	}
	return out
}

func compareBy(a, b *int64, o sqlang.Order) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil && o.NullsFirst, b == nil && !o.NullsFirst:
		return -1
	case a == nil, b == nil:
		return 1
	case o.Descending:
		return int(*b - *a)
	}
	return int(*a - *b)
}
