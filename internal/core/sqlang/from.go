package sqlang

// What flows cannot do yet is refused by its name here, so that no plan is made
// that does not run.
type feature string

const (
	unions    feature = "UNION ALL"
	lookups   feature = "a join with a table"
	bothKept  feature = "a join in which both sides change"
	groups    feature = "GROUP BY"
	windows   feature = "a window"
	topRows   feature = "row_number()"
	subselect feature = "a query in FROM"
)

// supported are the features that flows run, and for the others what to do.
var supported = map[feature]string{
	unions:    "",
	lookups:   "",
	subselect: "",
	bothKept:  "",
	groups:    "",
	windows:   "",
	topRows:   "",
}

// notYet refuses a feature that flows do not run.
func (b *binder) notYet(at int, f feature) error {
	if instead := supported[f]; instead != "" {
		return b.errorf(at, "%s is not supported yet", f).WithFix("%s", instead)
	}
	return nil
}

// env is the names that WITH gave to queries, the last one first.
type env struct {
	name  string
	query *selectStmt
	outer *env // what the query itself may name, and those before
}

// with adds the queries that WITH names. They are bound where they are used.
func (b *binder) with(s *selectStmt, e *env) (*env, error) {
	if s.With == nil {
		return e, nil
	}
	for _, n := range s.With.Queries {
		c := n.CommonTableExpr
		if c == nil || c.Query == nil || c.Query.SelectStmt == nil {
			return nil, b.errorf(s.With.At, "WITH needs a SELECT").WithFix("write WITH name AS (SELECT ...)")
		}
		e = &env{name: c.Name, query: c.Query.SelectStmt, outer: e}
	}
	return e, nil
}

func (e *env) find(name string) *env {
	for ; e != nil; e = e.outer {
		if e.name == name {
			return e
		}
	}
	return nil
}

// from is what stands in FROM: rows, the names of their columns, and the sources
// on which they depend by conditions.
type from struct {
	node      Node
	relations []*relation
	hidden    []Source
}

// placeOf is where something in FROM stands.
func placeOf(n *node) int {
	switch {
	case n.RangeVar != nil:
		return n.RangeVar.At
	case n.JoinExpr != nil:
		return placeOf(n.JoinExpr.Right)
	case n.RangeSubselect != nil && n.RangeSubselect.Query.SelectStmt != nil:
		return firstPlace(n.RangeSubselect.Query.SelectStmt)
	case n.RangeFunction != nil:
		if c := tableFunction(n.RangeFunction); c != nil {
			return c.At
		}
	}
	return 0
}

// tableFunction is the call that a function in FROM is.
func tableFunction(f *rangeFunction) *call {
	if len(f.Functions) != 1 || f.Functions[0].List == nil || len(f.Functions[0].List.Items) == 0 {
		return nil
	}
	return f.Functions[0].List.Items[0].FuncCall
}

func (b *binder) fromItem(n *node, e *env) (*from, error) {
	switch {
	case n.RangeVar != nil && n.RangeVar.Schema == "":
		if q := e.find(n.RangeVar.Name); q != nil {
			return b.subquery(q.query, q.outer, aliasOf(n.RangeVar.Alias, n.RangeVar.Name), n.RangeVar.At)
		}
		return b.scan(n.RangeVar)
	case n.RangeVar != nil:
		return b.scan(n.RangeVar)
	case n.JoinExpr != nil:
		return b.join(n.JoinExpr, e)
	case n.RangeSubselect != nil && n.RangeSubselect.Query.SelectStmt != nil:
		return b.subquery(n.RangeSubselect.Query.SelectStmt, e, aliasOf(n.RangeSubselect.Alias, ""), placeOf(n))
	}
	if n.RangeFunction != nil {
		return b.windowed(n.RangeFunction, e)
	}
	return nil, b.errorf(placeOf(n), "this cannot stand in FROM").WithFix("name a product, or a query in brackets")
}

func aliasOf(a *alias, name string) string {
	if a != nil {
		return a.Name
	}
	return name
}

// subquery makes a relation of a query.
func (b *binder) subquery(s *selectStmt, e *env, name string, at int) (*from, error) {
	n, err := b.query(s, e)
	if err != nil {
		return nil, err
	}
	return &from{node: n, relations: []*relation{{alias: name, at: at, columns: b.outs[n]}}}, nil
}
