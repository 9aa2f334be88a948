package flow

import (
	"maps"
	"slices"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Forms are the names of forms with types, and those that take many.
func Forms() (exact, wide []string) {
	for _, t := range formTables {
		exact = slices.AppendSeq(exact, maps.Keys(t))
	}
	wide = slices.AppendSeq(slices.Collect(maps.Keys(wideForms)), maps.Keys(lazyForms))
	slices.Sort(exact)
	slices.Sort(wide)
	return exact, wide
}

// Texts are the rows of a vector as SQL writes them.
func Texts(v *column.Vector) []string {
	out := make([]string, v.Len())
	for i := range out {
		to, ok := printers[v.Kind]
		switch {
		case v.IsNull(i):
			out[i] = "NULL"
		case ok:
			out[i] = string(to(nil, &vec{Vector: *v}, int32(i)))
		default:
			out[i] = string(v.Texts[i])
		}
	}
	return out
}

// Refs are the columns of a batch as the arguments of a form.
func Refs(types []column.Type) (columns []sqlang.Column, refs []*sqlang.Expr) {
	for i, t := range types {
		columns = append(columns, sqlang.Column{Name: string(rune('a' + i)), Type: t, Nullable: true})
		refs = append(refs, &sqlang.Expr{Kind: sqlang.ColumnRef, Type: t, Nullable: true, Column: i})
	}
	return columns, refs
}
