package sqlang

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// String is the plan as text for people: what the result is, where each column
// comes from, and the operators, outermost first.
func (p *Plan) String() string {
	w := &printer{plan: p}
	w.line(0, "%s%s%s", p.Mode, w.keyText(), w.timeText())
	for _, c := range p.Columns {
		w.line(0, "column %s%s", columnText(c), w.sources(c.From))
	}
	w.node(0, p.Root)
	return w.String()
}

type printer struct {
	strings.Builder
	plan *Plan
}

func (w *printer) line(depth int, format string, args ...any) {
	w.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(w, format, args...)
	w.WriteByte('\n')
}

func (w *printer) keyText() string {
	names := make([]string, len(w.plan.Key))
	for i, k := range w.plan.Key {
		names[i] = w.plan.Columns[k].Name
	}
	if len(names) == 0 {
		return ""
	}
	return ", key " + strings.Join(names, ", ")
}

func (w *printer) timeText() string {
	if w.plan.EventTime < 0 {
		return ""
	}
	return ", event time " + w.plan.Columns[w.plan.EventTime].Name
}

func columnText(c Column) string {
	s := c.Name + " " + c.Type.String()
	if !c.Nullable {
		s += " not null"
	}
	if c.Unit != "" {
		s += " in " + c.Unit
	}
	if c.Classification != weir.ClassInternal {
		s += ", " + string(c.Classification)
	}
	return s
}

func (w *printer) sources(from []Source) string {
	var b strings.Builder
	word := ""
	for _, s := range from {
		next := map[bool]string{true: "from", false: "by"}[s.Direct]
		if next != word {
			b.WriteString(", " + next)
			word = next
		}
		b.WriteString(" " + w.plan.Inputs[s.Input].Name + ":" + s.Path)
		if s.Masked != "" {
			b.WriteString(" (" + s.Masked + ")")
		}
	}
	return b.String()
}

func (w *printer) node(depth int, n Node) {
	var in []Column
	for _, of := range n.In() {
		in = append(in, of.Out()...)
	}
	switch n := n.(type) {
	case *Scan:
		w.scan(depth, n)
	case *Filter:
		w.line(depth, "filter %s", exprText(n.Cond, in))
	case *Project:
		w.line(depth, "project")
		for i, e := range n.Exprs {
			w.line(depth+1, "%s = %s", n.Columns[i].Name, exprText(e, in))
		}
	case *Window:
		w.line(depth, "window on %s, %s long, each %s", n.Columns[n.Time].Name, span(n.Size), span(n.Slide))
	case *Session:
		w.session(depth, n, in)
	case *Group:
		w.group(depth, n, in)
	case *Top:
		w.top(depth, n, in)
	case *Union:
		w.line(depth, "union all")
	case *Join:
		w.join(depth, n, in)
	}
	for _, of := range n.In() {
		w.node(depth+1, of)
	}
}

func (w *printer) session(depth int, n *Session, in []Column) {
	by := make([]string, len(n.By))
	for i, e := range n.By {
		by[i] = exprText(e, in)
	}
	of := ""
	if len(by) > 0 {
		of = ", of each " + strings.Join(by, ", ")
	}
	w.line(depth, "session on %s, until %s without one%s", n.Columns[n.Time].Name, span(n.Gap), of)
}

func span(micros int64) string { return (time.Duration(micros) * time.Microsecond).String() }

func (w *printer) group(depth int, n *Group, in []Column) {
	how := "for ever"
	if n.WindowEnd >= 0 {
		how = "until " + n.Columns[n.WindowEnd].Name
	}
	w.line(depth, "group %s", how)
	for i, k := range n.Keys {
		w.line(depth+1, "key %s = %s", n.Columns[i].Name, exprText(k, in))
	}
	for i, a := range n.Aggregates {
		w.line(depth+1, "%s %s", n.Columns[len(n.Keys)+i].Type, aggregateText(a, in))
	}
}

func aggregateText(a Aggregate, in []Column) string {
	arg := "*"
	if a.Arg != nil {
		arg = exprText(a.Arg, in)
	}
	if a.Distinct {
		arg = "distinct " + arg
	}
	s := a.Func + "[" + arg + "]"
	if a.Filter != nil {
		s += " if " + exprText(a.Filter, in)
	}
	return s
}

func (w *printer) top(depth int, n *Top, in []Column) {
	var by, order []string
	for _, p := range n.Partition {
		by = append(by, exprText(p, in))
	}
	for _, o := range n.Order {
		s := exprText(o.Expr, in)
		if o.Descending {
			s += " desc"
		}
		if o.NullsFirst {
			s += " nulls first"
		}
		order = append(order, s)
	}
	w.line(depth, "first %d of each %s, by %s", n.N, strings.Join(by, ", "), strings.Join(order, ", "))
}

func (w *printer) join(depth int, n *Join, in []Column) {
	word := map[bool]string{true: "left lookup", false: "lookup"}[n.Outer]
	if !n.Lookup {
		word = map[bool]string{true: "left join", false: "join"}[n.Outer]
	}
	pairs := make([]string, len(n.LeftKey))
	for i := range pairs {
		pairs[i] = exprText(n.LeftKey[i], n.Left.Out()) + " = " + exprText(n.RightKey[i], n.Right.Out())
	}
	cond := ""
	if n.Cond != nil {
		cond = ", if " + exprText(n.Cond, in)
	}
	w.line(depth, "%s on %s%s", word, strings.Join(pairs, ", "), cond)
}

func (w *printer) scan(depth int, n *Scan) {
	in := w.plan.Inputs[n.Input]
	names := make([]string, len(n.Fields))
	for i, f := range n.Fields {
		names[i] = n.Columns[i].Name
		if f >= 0 {
			names[i] = in.Fields[f].Path
		}
	}
	kind := "scan"
	if n.Table {
		kind = "scan table"
	}
	w.line(depth, "%s %s (%s)", kind, in.Name, strings.Join(names, ", "))
}

// exprText is an expression as text over the columns of its input.
func exprText(e *Expr, in []Column) string {
	switch e.Kind {
	case ColumnRef:
		return in[e.Column].Name
	case Literal:
		return literalWords(e)
	}
	args := make([]string, len(e.Args))
	for i, a := range e.Args {
		args[i] = exprText(a, in)
	}
	name := "case"
	if e.Kind == Call {
		name = e.Func
		if strings.HasPrefix(name, "cast(") {
			name = "cast to " + e.Type.String()
		}
	}
	return name + "[" + strings.Join(args, ", ") + "]"
}

// literalWords is a value of the statement as text.
func literalWords(e *Expr) string {
	v := e.Value
	if v.IsNull(0) {
		return "null"
	}
	switch e.Type.Kind {
	case column.Bool:
		return strconv.FormatBool(v.Ints[0] != 0)
	case column.Float64:
		return strconv.FormatFloat(v.Floats[0], 'g', -1, 64)
	case column.Decimal:
		return string(v.Decimals[0].AppendDecimal(nil, e.Type.Scale))
	case column.Date:
		return time.Unix(v.Ints[0]*86400, 0).UTC().Format(time.DateOnly)
	case column.Timestamp:
		return time.UnixMicro(v.Ints[0]).UTC().Format("2006-01-02T15:04:05.999999Z")
	case column.Interval:
		return (time.Duration(v.Ints[0]) * time.Microsecond).String()
	case column.Int32, column.Int64:
		return strconv.FormatInt(v.Ints[0], 10)
	case column.UUID, column.Bytes:
		return fmt.Sprintf("%x", v.Texts[0])
	}
	return "'" + string(v.Texts[0]) + "'"
}
