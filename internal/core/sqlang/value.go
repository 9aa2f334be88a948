package sqlang

import (
	"slices"

	"github.com/weirmesh/weir"
)

// value is an expression with all that is known about what it gives.
type value struct {
	*Expr
	untyped bool                // a text or a null of the statement, whose type is what is needed
	loose   bool                // it was untyped, and became a text for want of anything else
	from    []Source            // lineage
	class   weir.Classification // of what it is made of; empty: of nothing
	column  *Column             // it is just this column, passed on
	name    string              // that a column of it has without AS
	size    int                 // how many expressions it is made of
}

// isNull reports whether it is a NULL of the statement.
func (v value) isNull() bool { return v.Kind == Literal && v.Value.IsNull(0) }

// as is the same value by another expression.
func (v value) as(e *Expr) value {
	v.Expr, v.untyped = e, false
	v.column = nil
	return v
}

// maxSize bounds how many expressions one value is made of.
const maxSize = 20_000

func (b *binder) tooLarge(v value) error {
	if v.size <= maxSize {
		return nil
	}
	return b.errorf(v.At, "the expression is too large").WithFix("name parts of it in a subquery in FROM")
}

// strictness orders classifications; empty is that of what is made of nothing.
var strictness = []weir.Classification{"", weir.ClassPublic, weir.ClassInternal, weir.ClassPersonal, weir.ClassSecret}

// strictest is the stricter of two.
func strictest(a, b weir.Classification) weir.Classification {
	if slices.Index(strictness, a) >= slices.Index(strictness, b) {
		return a
	}
	return b
}

// madeOf gives a value lineage and classification of its parts.
func (v value) madeOf(parts ...value) value {
	v.size = 1
	for _, p := range parts {
		v.from = merge(v.from, p.from...)
		v.class = strictest(v.class, p.class)
		v.size += p.size
	}
	return v
}

// merge adds sources: each once, as direct if one of them is, and as masked only
// if all are. Direct ones stand first.
func merge(into []Source, more ...Source) []Source {
	out := slices.Clone(into)
	for _, s := range more {
		i := slices.IndexFunc(out, func(o Source) bool { return o.Input == s.Input && o.Path == s.Path && o.Direct == s.Direct })
		switch {
		case i < 0:
			out = append(out, s)
		case s.Masked == "":
			out[i].Masked = ""
		}
	}
	slices.SortStableFunc(out, func(a, b Source) int {
		switch {
		case a.Direct == b.Direct:
			return 0
		case a.Direct:
			return -1
		}
		return 1
	})
	return out
}

// masked is a value behind a mask: what was personal is internal. What is secret
// stays so.
func (v value) masked(by string) value {
	v.from = slices.Clone(v.from)
	for i := range v.from {
		if v.from[i].Masked == "" {
			v.from[i].Masked = by
		}
	}
	if v.class == weir.ClassPersonal {
		v.class = weir.ClassInternal
	}
	return v
}

// indirect are the sources of a condition.
func indirect(from []Source) []Source {
	out := slices.Clone(from)
	for i := range out {
		out[i].Direct = false
	}
	return out
}
