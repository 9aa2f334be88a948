package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// shop is a mesh of a few products, in testdata/sql.
type shop map[string]*sqlang.Input

func (s shop) Input(domain, name string) (*sqlang.Input, error) {
	in, ok := s[domain+"."+name]
	if !ok {
		return nil, weir.Errorf(weir.NotFound, "there is no product %s.%s", domain, name)
	}
	return in, nil
}

// product is a stream, or a table if it has a key. Its fields are NAME TYPE, and
// NAME TYPE null.
func product(name, key string, fields ...string) *sqlang.Input {
	in := &sqlang.Input{Name: name, Major: 1, Topic: name, Kind: weir.KindStream}
	if key != "" {
		in.Kind, in.Key = weir.KindTable, []string{key}
	}
	for _, f := range fields {
		f, null := strings.CutSuffix(f, " null")
		path, typeName, _ := strings.Cut(f, " ")
		t, err := parseType(typeName)
		if err != nil {
			panic(err)
		}
		in.Fields = append(in.Fields, sqlang.Field{Path: path, Type: t, Nullable: null})
		if t.Kind == column.Timestamp {
			in.Time, in.Delay = path, weir.Duration(5*time.Second)
		}
	}
	return in
}

func newShop() shop {
	s := shop{}
	for _, in := range []*sqlang.Input{
		product("shop.orders", "", "id bigint", "customer bigint null", "amount numeric(10,2)", "status text null", "created timestamp"),
		product("shop.payments", "", "order bigint", "amount numeric(10,2)", "paid timestamp"),
		product("shop.customers", "id", "id bigint", "name text null", "country text null"),
		product("shop.items", "id", "id bigint", "customer bigint null", "price numeric(10,2) null"),
	} {
		s[in.Name] = in
	}
	return s
}

// statement is one that runs.
type statement struct {
	shop shop
	plan *sqlang.Plan
	flow *flow.Flow
	next map[int]int64 // offset of each input
}

// TestStatements runs testdata/sql: a statement, then records of its inputs, one
// a line with all fields (a line with - before a key takes a table's row away),
// and the end of an epoch. The answer is what comes out: weight, values, and from
// where.
func TestStatements(t *testing.T) {
	t.Parallel()
	var compiler sqlang.Compiler
	datadriven.Walk(t, "testdata/sql", func(t *testing.T, path string) {
		s := &statement{shop: newShop()}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "sql":
				return s.compile(t, &compiler, d.Input)
			case "advance":
				if s.plan == nil {
					return "there is no plan\n"
				}
				out, failed, err := s.flow.Advance()
				return answer(out, failed, err)
			}
			return s.step(t, d)
		})
	})
}

func (s *statement) compile(t *testing.T, c *sqlang.Compiler, sql string) string {
	plan, err := c.Compile(sql, s.shop)
	s.plan = nil
	if err != nil {
		return err.Error() + "\n"
	}
	s.plan, s.next = plan, map[int]int64{}
	s.flow = mustNew(t, plan)
	words := []string{string(plan.Mode)}
	for _, k := range plan.Key {
		words = append(words, "key "+plan.Columns[k].Name)
	}
	for _, c := range plan.Columns {
		words = append(words, c.Name+" "+c.Type.String())
	}
	return strings.Join(words, ", ") + "\n"
}

func (s *statement) step(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	if s.plan == nil {
		return "there is no plan\n"
	}
	input := slices.IndexFunc(s.plan.Inputs, func(in *sqlang.Input) bool { return in.Name == d.Cmd })
	if input < 0 {
		d.Fatalf(t, "%s is no input", d.Cmd)
	}
	lines := strings.Split(d.Input, "\n")
	b := &column.Batch{N: len(lines), Weights: make([]int32, len(lines)), Time: make([]int64, len(lines))}
	for i, l := range lines {
		b.Weights[i] = 1
		if strings.HasPrefix(l, "- ") {
			b.Weights[i] = -1
		}
		b.From = append(b.From, column.Origin{Input: int32(input), Offset: s.next[input]})
		s.next[input]++
	}
	for _, scan := range s.plan.Scans(input) {
		for k, field := range scan.Fields {
			v := column.Make(scan.Columns[k].Type, len(lines))
			for i, l := range lines {
				values := strings.Split(strings.TrimPrefix(l, "- "), "|")
				switch {
				case field >= len(values):
					v.SetNull(i)
				default:
					if err := setText(v, i, strings.TrimSpace(values[field])); err != nil {
						d.Fatalf(t, "%s: %v", l, err)
					}
				}
			}
			b.Columns = append(b.Columns, v)
		}
	}
	out, failed, err := s.flow.Step(input, b)
	return answer(out, failed, err)
}

// from is what a row was made of: each range of an input.
func from(b *column.Batch, i int) (s string) {
	if b.Made == nil || b.Made[i] == nil {
		return fmt.Sprintf(" (%d:%d)", b.From[i].Input, b.From[i].Offset)
	}
	for _, r := range b.Made[i] {
		s += fmt.Sprintf(" (%d:%d-%d/%d)", r.Input, r.First, r.Last, r.Count)
	}
	return s
}

func answer(out []*column.Batch, failed []flow.Failed, err error) string {
	if err != nil {
		return "ERROR: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, batch := range out {
		for i := range batch.N {
			fmt.Fprintf(&b, "%+d", batch.Weight(i))
			for _, c := range batch.Columns {
				b.WriteString(" | " + flow.Texts(c)[i])
			}
			b.WriteString(from(batch, i) + "\n")
		}
	}
	for _, f := range failed {
		fmt.Fprintf(&b, "FAILED %d:%d: %v\n", f.Origin.Input, f.Origin.Offset, f.Err)
	}
	return b.String()
}
