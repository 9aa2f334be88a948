package flow_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

func asError(err error, to **weir.Error) bool { return errors.As(err, to) }

var (
	bigint  = column.Type{Kind: column.Int64}
	boolean = column.Type{Kind: column.Bool}
	text    = column.Type{Kind: column.Text}
)

func ref(i int, t column.Type) *sqlang.Expr {
	return &sqlang.Expr{Kind: sqlang.ColumnRef, Type: t, Nullable: true, Column: i}
}

func number(v int64) *sqlang.Expr {
	return &sqlang.Expr{Kind: sqlang.Literal, Type: bigint, Value: &column.Vector{Type: bigint, Ints: []int64{v}}}
}

func fn(t column.Type, name string, args ...*sqlang.Expr) *sqlang.Expr {
	return &sqlang.Expr{Kind: sqlang.Call, Type: t, Nullable: true, Func: name, Args: args}
}

func columnsOf(types ...column.Type) (out []sqlang.Column) {
	for i, t := range types {
		out = append(out, sqlang.Column{Name: fmt.Sprintf("c%d", i), Type: t, Nullable: true})
	}
	return out
}

// planOf is a plan over one input.
func planOf(root sqlang.Node) *sqlang.Plan {
	return &sqlang.Plan{SQL: "select", Inputs: []*sqlang.Input{{Name: "d.p"}}, Root: root, Columns: root.Out(), Mode: sqlang.Append, EventTime: -1}
}

func mustNew(t interface{ Fatal(...any) }, p *sqlang.Plan) *flow.Flow {
	f, err := flow.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ints is a batch of numbers, with the offsets 0, 1, 2, ...
func ints(columns ...[]int64) *column.Batch {
	b := &column.Batch{N: len(columns[0])}
	for _, c := range columns {
		b.Columns = append(b.Columns, &column.Vector{Type: bigint, Ints: c})
	}
	for i := range b.N {
		b.From = append(b.From, column.Origin{Partition: 3, Offset: int64(i)})
	}
	return b
}

// shown is the rows of batches as text.
func shown(batches []*column.Batch) (out []string) {
	for _, b := range batches {
		for i := range b.N {
			row := ""
			for _, c := range b.Columns {
				row += flow.Texts(c)[i] + " "
			}
			if b.From != nil {
				row += fmt.Sprintf("@%d/%d", b.From[i].Partition, b.From[i].Offset)
			}
			out = append(out, row)
		}
	}
	return out
}

// TestRowsThatFailAreLeftOut: the others go on, and the reason is told with the
// record's place; a condition keeps a division from being asked for.
func TestRowsThatFailAreLeftOut(t *testing.T) {
	t.Parallel()
	scan := &sqlang.Scan{Fields: []int{0, 1}, Columns: columnsOf(bigint, bigint), Time: -1}
	divide := fn(bigint, "/(bigint,bigint)", ref(0, bigint), ref(1, bigint))
	divide.At = 3
	even := fn(boolean, "=(bigint,bigint)", fn(bigint, "%(bigint,bigint)", ref(0, bigint), number(2)), number(0))
	notZero := fn(boolean, "<>(bigint,bigint)", ref(1, bigint), number(0))
	guarded := &sqlang.Expr{Kind: sqlang.Case, Type: bigint, Nullable: true, Args: []*sqlang.Expr{notZero, divide, number(-1)}}
	tests := []struct {
		name         string
		node         sqlang.Node
		want, failed []string
	}{
		{"a division", &sqlang.Project{Of: scan, Exprs: []*sqlang.Expr{ref(0, bigint), divide}, Columns: columnsOf(bigint, bigint)},
			[]string{"8 4 @3/0", "9 3 @3/2"}, []string{"3/1: 1:4: division by zero", "3/3: 1:4: division by zero"}},
		{"guarded by CASE", &sqlang.Project{Of: scan, Exprs: []*sqlang.Expr{guarded}, Columns: columnsOf(bigint)},
			[]string{"4 @3/0", "-1 @3/1", "3 @3/2", "-1 @3/3"}, nil},
		{"guarded by AND", &sqlang.Filter{Of: scan, Cond: fn(boolean, "and(boolean)", notZero, fn(boolean, ">(bigint,bigint)", divide, number(3)))},
			[]string{"8 2 @3/0"}, nil},
		{"in a condition", &sqlang.Filter{Of: scan, Cond: fn(boolean, ">(bigint,bigint)", divide, number(3))},
			[]string{"8 2 @3/0"}, []string{"3/1: 1:4: division by zero", "3/3: 1:4: division by zero"}},
		{"behind a filter", &sqlang.Project{Of: &sqlang.Filter{Of: scan, Cond: even}, Exprs: []*sqlang.Expr{divide}, Columns: columnsOf(bigint)},
			[]string{"4 @3/0"}, []string{"3/3: 1:4: division by zero"}},
		{"everything away", &sqlang.Filter{Of: scan, Cond: fn(boolean, ">(bigint,bigint)", ref(0, bigint), number(99))}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := mustNew(t, planOf(tt.node))
			for range 3 {
				out, failed, err := f.Step(0, ints([]int64{8, 7, 9, 4}, []int64{2, 0, 3, 0}))
				if err != nil {
					t.Fatal(err)
				}
				var told []string
				for _, x := range failed {
					told = append(told, fmt.Sprintf("%d/%d: %v", x.Origin.Partition, x.Origin.Offset, x.Err))
				}
				if d := cmp.Diff(tt.want, shown(out)) + cmp.Diff(tt.failed, told); d != "" {
					t.Fatal(d)
				}
			}
		})
	}
}
