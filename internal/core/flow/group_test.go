package flow_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

var twoDigits = column.Type{Kind: column.Decimal, Precision: 38, Scale: 2}

// allAggregates are those of the second column.
func allAggregates() []sqlang.Aggregate {
	arg := ref(1, bigint)
	more := fn(boolean, ">(bigint,bigint)", ref(1, bigint), number(1))
	return []sqlang.Aggregate{
		{Func: "count", Type: bigint},
		{Func: "count", Arg: arg, Type: bigint},
		{Func: "sum", Arg: arg, Type: column.Type{Kind: column.Decimal, Precision: 38}},
		{Func: "avg", Arg: arg, Type: twoDigits},
		{Func: "min", Arg: arg, Type: bigint},
		{Func: "max", Arg: arg, Type: bigint},
		{Func: "count", Arg: arg, Distinct: true, Type: bigint},
		{Func: "sum", Arg: arg, Filter: more, Type: bigint},
		{Func: "sum", Arg: arg, Distinct: true, Type: bigint},
	}
}

// folded is what allAggregates say of numbers; nil is null.
func folded(rows []*int64) string {
	var all, more, distinct []int64
	for _, r := range rows {
		if r == nil {
			continue
		}
		all = append(all, *r)
		if *r > 1 {
			more = append(more, *r)
		}
		if !slices.Contains(distinct, *r) {
			distinct = append(distinct, *r)
		}
	}
	avg, least, most := "NULL", "NULL", "NULL"
	if len(all) > 0 {
		avg = big.NewRat(sumOf(all), int64(len(all))).FloatString(2)
		least, most = fmt.Sprint(slices.Min(all)), fmt.Sprint(slices.Max(all))
	}
	return fmt.Sprintf("%d %d %s %s %s %s %d %s %s", len(rows), len(all), nullSum(all), avg, least, most, len(distinct), nullSum(more), nullSum(distinct))
}

func sumOf(v []int64) (s int64) {
	for _, x := range v {
		s += x
	}
	return s
}

func nullSum(v []int64) string {
	if len(v) == 0 {
		return "NULL"
	}
	return fmt.Sprint(sumOf(v))
}

func aggregateColumns(keys int) []sqlang.Column {
	types := slices.Repeat([]column.Type{bigint}, keys)
	for _, a := range allAggregates() {
		types = append(types, a.Type)
	}
	return columnsOf(types...)
}

// TestGroupsAreWhatTheirRowsSay: after every epoch the groups are those of all
// rows that are there, over a stream and over a table, whose rows come, change
// and go; with a key, and of everything at once.
func TestGroupsAreWhatTheirRowsSay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		table bool
		keyed bool
	}{{"of a stream", false, true}, {"of a table", true, true}, {"everything of a table", true, false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan := func() *sqlang.Plan {
				g := &sqlang.Group{Of: scanOf(0, tt.table), WindowEnd: -1, Aggregates: allAggregates(), Columns: aggregateColumns(0)}
				if tt.keyed {
					key := fn(bigint, "%(bigint,bigint)", ref(0, bigint), number(2))
					g.Keys, g.Columns = []*sqlang.Expr{key}, aggregateColumns(1)
				}
				p := planOf(g)
				p.Mode = sqlang.Upsert
				if tt.keyed {
					p.Key = []int{0}
				}
				return p
			}
			rapid.Check(t, func(t *rapid.T) {
				epochs(t, plan, records(!tt.table), func(in []change, out []string) {
					keys := int(map[bool]int{true: 1}[tt.keyed])
					if d := cmp.Diff(grouped(in, tt.table, tt.keyed), table(t, out, keys)); d != "" {
						t.Fatal(d)
					}
				})
			})
		})
	}
}

func grouped(in []change, isTable, keyed bool) map[string]string {
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
	groups := map[string][]*int64{}
	if !keyed && len(in) > 0 && slices.ContainsFunc(in, func(c change) bool { return !c.gone }) {
		groups[""] = nil
	}
	for _, c := range rows {
		key := ""
		if keyed {
			key = "NULL"
			if c.row[0] != nil {
				key = fmt.Sprint(*c.row[0] % 2)
			}
		}
		groups[key] = append(groups[key], c.row[1])
	}
	out := map[string]string{}
	for key, of := range groups {
		if keyed {
			out["["+key+"]"] = key + " " + folded(of)
		} else {
			out["[]"] = folded(of)
		}
	}
	return out
}
