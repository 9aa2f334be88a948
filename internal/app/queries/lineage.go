package queries

import (
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// lineageOf is of which fields the columns of a plan are made. A condition on
// which every column depends stands there once, for all. Nothing is returned of a
// plan with more than an entry of the ledger should hold.
func lineageOf(plan *sqlang.Plan) []weir.Derivation {
	var out []weir.Derivation
	rows := onAll(plan.Columns)
	for _, s := range rows {
		out = append(out, weir.Derivation{Input: s.Input, Field: s.Path, Masked: s.Masked})
	}
	for _, c := range plan.Columns {
		for _, s := range c.From {
			if !s.Direct && slices.Contains(rows, s) {
				continue
			}
			out = append(out, weir.Derivation{Column: c.Name, Input: s.Input, Field: s.Path, Direct: s.Direct, Masked: s.Masked})
		}
		if len(out) > weir.MaxLineage {
			return nil
		}
	}
	return out
}

// onAll are the conditions on which every column depends.
func onAll(columns []sqlang.Column) []sqlang.Source {
	if len(columns) == 0 {
		return nil
	}
	var out []sqlang.Source
	for _, s := range columns[0].From {
		if !s.Direct && !slices.ContainsFunc(columns[1:], func(c sqlang.Column) bool { return !slices.Contains(c.From, s) }) {
			out = append(out, s)
		}
	}
	return out
}
