package sqlang

import (
	"slices"

	"github.com/weirmesh/weir"
)

// facts is what is known of the rows that a node gives.
type facts struct {
	table    bool // a row replaces the one before of its key
	keyed    bool // all of the key is there
	key      []int
	keyNames []string
	time     int // the id of the event time; -1
	start    int // of the window that a row is in; -1
	end      int
	final    bool  // rows of a window come at once, when it is over
	windows  []int // of these: begin and end of the window
	top      *Top  // whose numbers are there, as the column rank
	rank     int
	delay    weir.Duration
}

func (b *binder) facts(n Node) facts {
	switch n := n.(type) {
	case *Scan:
		return b.scanFacts(n)
	case *Project:
		return b.projected(b.facts(n.Of), n)
	case *Union:
		return b.unionFacts(n)
	case *Window:
		return b.windowFacts(n)
	case *Session:
		return b.sessionFacts(n)
	case *Group:
		return b.groupFacts(n)
	case *Join:
		if f, ok := b.joins[n]; ok {
			return f
		}
	case *Top:
		return b.topFacts(n)
	}
	return b.facts(n.In()[0]) // of a filter; of a lookup that of the stream
}

func (b *binder) scanFacts(n *Scan) facts {
	r := b.scans[n]
	f := facts{table: n.Table, keyed: len(r.input.Key) > 0, keyNames: r.input.Key, time: -1, start: -1, end: -1, delay: r.input.Delay}
	for _, path := range r.input.Key {
		id, ok := r.known(path)
		f.keyed = f.keyed && ok
		f.key = append(f.key, id)
	}
	if id, ok := r.known(r.input.Time); ok && r.input.Time != "" {
		f.time = id
	} else if id, ok := r.fields[TimestampField]; ok && r.input.Time == "" {
		f.time = id
	}
	return f
}

// known is the id of a field that is read.
func (r *relation) known(path string) (int, bool) {
	i := slices.IndexFunc(r.input.Fields, func(f Field) bool { return f.Path == path })
	id, ok := r.fields[i]
	if i < 0 || !ok {
		return -1, false
	}
	return id, true
}

// projected follows columns that are passed on unchanged.
func (b *binder) projected(f facts, n *Project) facts {
	out := facts{table: f.table, keyed: f.keyed, keyNames: f.keyNames, time: -1, delay: f.delay}
	passed := func(id int) int {
		for i, e := range n.Exprs {
			if e.Kind == ColumnRef && e.Column == id && id >= 0 {
				return b.outs[n][i]
			}
		}
		return -1
	}
	for _, id := range f.key {
		to := passed(id)
		out.keyed = out.keyed && to >= 0
		out.key = append(out.key, to)
	}
	out.final = f.final
	for _, id := range f.windows {
		if to := passed(id); to >= 0 {
			out.windows = append(out.windows, to)
			if span, ok := b.spans[id]; ok {
				b.spans[to] = span
			}
		}
	}
	if to := passed(f.rank); f.top != nil && to >= 0 {
		out.top, out.rank = f.top, to
	}
	out.time, out.start, out.end = passed(f.time), passed(f.start), passed(f.end)
	return out
}
