package sqlang

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

var textType = column.Type{Kind: column.Text}

// Bounds of a plan.
const (
	maxColumns = 1000 // of a result
	maxScans   = 16
)

// binder makes a plan of a statement. While it does, expressions refer to
// columns by ids; [binder.number] makes these the indices that a [Plan] has.
type binder struct {
	sql     string
	catalog Catalog
	plan    *Plan
	attrs   []Column // by id
	outs    map[Node][]int
	scans   map[*Scan]*relation
	loose   map[int]bool     // columns that are a text or a null of the statement
	times   map[Node]int     // of windows: the column of the event time
	bounds  map[Node][]int   // of windows: start and end
	spans   map[int]int64    // columns that are a bound of their row's window: microseconds from it to the end
	open    map[*Session]int // of which nobody has said yet whose they are: the place
	ranks   map[*Top]rank
	joins   map[*Join]facts   // of those that keep both sides
	sorted  map[*Top][]Source // on which the order depends
	places  map[int]int       // where a column stands in its SELECT list
	unnamed bool              // columns need no names: those of the first query count
}

// bind makes a plan of the syntax of a statement.
func bind(sql string, s *selectStmt, c Catalog) (*Plan, error) {
	b := &binder{sql: sql, catalog: c, plan: &Plan{SQL: sql, EventTime: -1, Depth: 1}, outs: map[Node][]int{}, scans: map[*Scan]*relation{}, loose: map[int]bool{}, places: map[int]int{}, times: map[Node]int{}, bounds: map[Node][]int{}, spans: map[int]int64{}, open: map[*Session]int{}, ranks: map[*Top]rank{}, sorted: map[*Top][]Source{}, joins: map[*Join]facts{}}
	root, err := b.query(s, nil)
	if err != nil {
		return nil, err
	}
	if err := b.finish(root); err != nil {
		return nil, err
	}
	return b.plan, nil
}

func (b *binder) errorf(at int, format string, args ...any) *weir.Error {
	return weir.Errorf(weir.Invalid, format, args...).At(place(b.sql, at))
}

func (b *binder) attr(c Column) int {
	b.attrs = append(b.attrs, c)
	return len(b.attrs) - 1
}

// query binds a SELECT or a UNION of them. What it gives is in outs.
func (b *binder) query(s *selectStmt, e *env) (Node, error) {
	e, err := b.with(s, e)
	if err != nil {
		return nil, err
	}
	if s.Op != "" && s.Op != "SETOP_NONE" {
		return b.union(s, e)
	}
	if len(s.From) == 0 {
		return nil, b.errorf(firstPlace(s), "there is no FROM").WithFix("select from a product: FROM domain.product")
	}
	if len(s.From) > 1 {
		return nil, b.errorf(placeOf(s.From[1]), "inputs side by side are not supported: each row would meet each").WithFix("write JOIN ... ON")
	}
	f, err := b.fromItem(s.From[0], e)
	if err != nil {
		return nil, err
	}
	return b.selected(&scope{b: b, relations: f.relations}, f, s)
}

// firstPlace is where the first target of a SELECT stands.
func firstPlace(s *selectStmt) int {
	for s.Left != nil {
		s = s.Left
	}
	if len(s.Targets) > 0 && s.Targets[0].ResTarget != nil {
		return s.Targets[0].ResTarget.At
	}
	return 0
}

// scan binds a product.
func (b *binder) scan(v *rangeVar) (*from, error) {
	domain, name, err := b.productName(v)
	if err != nil {
		return nil, err
	}
	index, err := b.input(domain, name, v.At)
	if err != nil {
		return nil, err
	}
	in := b.plan.Inputs[index]
	short, _, _ := strings.Cut(name, ".")
	r := &relation{alias: short, product: domain + "." + short, at: v.At, input: in, index: index, fields: map[int]int{}}
	if v.Alias != nil {
		r.alias, r.product = v.Alias.Name, ""
	}
	r.scan = &Scan{Input: index, Alias: r.alias, Table: in.Kind == weir.KindTable, Time: -1}
	b.scans[r.scan] = r
	if len(b.scans) > maxScans {
		return nil, b.errorf(v.At, "there are more than %d inputs", maxScans).WithFix("make products of parts of the statement")
	}
	if err := b.tableKey(r); err != nil {
		return nil, err
	}
	return &from{node: r.scan, relations: []*relation{r}}, nil
}

// tableKey reads the key of a table: its rows are told apart by it.
func (b *binder) tableKey(r *relation) error {
	if !r.scan.Table {
		return nil
	}
	if len(r.input.Key) == 0 {
		return b.errorf(r.at, "the table %s has a key without fields", r.input.Name).WithFix("name the fields that the key holds: weir product create ... --key FIELD,...")
	}
	for _, path := range r.input.Key {
		if _, ok := b.find(r, strings.Split(path, ".")); !ok {
			return b.errorf(r.at, "the key of the table %s is %s, which its schema does not have", r.input.Name, path).WithFix("add the field to the schema")
		}
	}
	return nil
}

// productName reads domain.product, domain.product.v2 and "domain.product.v2".
func (b *binder) productName(v *rangeVar) (domain, name string, err error) {
	parts := []string{v.Catalog, v.Schema, v.Name}
	whole := strings.TrimLeft(strings.Join(parts, "."), ".")
	domain, name, ok := strings.Cut(whole, ".")
	if !ok {
		return "", "", b.errorf(v.At, "%s is no product", clip(whole)).WithFix("name domain and product: FROM domain.%s; names with a dash in double quotes", clip(whole))
	}
	return domain, name, nil
}

// input gives the index of a product among the inputs.
func (b *binder) input(domain, name string, at int) (int, error) {
	in, err := b.catalog.Input(domain, name)
	if err != nil {
		return 0, b.fromCatalog(err, domain+"."+name, at)
	}
	i := slices.IndexFunc(b.plan.Inputs, func(o *Input) bool { return o.Product == in.Product && o.Name == in.Name && o.Major == in.Major })
	if i >= 0 {
		return i, nil
	}
	b.plan.Inputs = append(b.plan.Inputs, in)
	return len(b.plan.Inputs) - 1, nil
}

// fromCatalog puts the place into what the catalogue says.
func (b *binder) fromCatalog(err error, name string, at int) error {
	var e *weir.Error
	if errors.As(err, &e) {
		placed := *e
		placed.Where = place(b.sql, at)
		return &placed
	}
	return weir.Errorf(weir.Internal, "the product %s cannot be looked up", name).At(place(b.sql, at)).Because(err)
}

// selected binds WHERE and the SELECT list over what stands in FROM.
func (b *binder) selected(sc *scope, f *from, s *selectStmt) (Node, error) {
	n, hidden := f.node, f.hidden
	if s.Where != nil {
		cond, err := sc.condition(s.Where, "WHERE")
		if err != nil {
			return nil, err
		}
		left, err := b.limitTop(n, cond)
		if err != nil {
			return nil, err
		}
		if hidden = merge(hidden, indirect(cond.from)...); left != nil {
			n = &Filter{Of: n, Cond: left}
		}
	}
	if len(s.Group) > 0 || s.Having != nil {
		return b.grouped(sc, n, s, hidden)
	}
	c, err := b.rankCall(s)
	if err != nil {
		return nil, err
	}
	if c != nil {
		if n, err = b.ranked(sc, n, c); err != nil {
			return nil, err
		}
		hidden = merge(hidden, b.sorted[n.(*Top)]...)
	}
	return b.project(sc, n, s, hidden)
}

func (b *binder) project(sc *scope, n Node, s *selectStmt, hidden []Source) (Node, error) {
	p := &Project{Of: n}
	var ids []int
	for _, t := range s.Targets {
		vs, err := b.target(sc, n, t.ResTarget)
		if err != nil {
			return nil, err
		}
		for _, v := range vs {
			p.Exprs = append(p.Exprs, v.Expr)
			id := b.attr(b.named(v, hidden))
			b.loose[id], b.places[id] = v.loose, t.ResTarget.At
			ids = append(ids, id)
		}
	}
	if err := b.uniqueNames(ids, s); err != nil {
		return nil, err
	}
	b.outs[p] = ids
	return p, nil
}

// named is the column that a value of a SELECT list becomes.
func (b *binder) named(v value, hidden []Source) Column {
	c := Column{Name: v.name, Type: v.Type, Nullable: v.Nullable, Classification: v.class, From: merge(v.from, hidden...)}
	if c.Classification == "" {
		c.Classification = weir.ClassInternal
	}
	if v.column != nil {
		c.Doc, c.Unit = v.column.Doc, v.column.Unit
	}
	return c
}

// target binds one entry of a SELECT list; * becomes many.
func (b *binder) target(sc *scope, n Node, t *resTarget) ([]value, error) {
	if t.Val.ColumnRef != nil {
		if path, star := words(t.Val.ColumnRef.Fields); star {
			return b.starred(sc, path, t)
		}
	}
	sc.at = t.At
	v, ok := b.rankedAs(n, t.Val.FuncCall)
	if !ok {
		var err error
		if v, err = sc.expr(t.Val); err != nil {
			return nil, err
		}
	}
	if v.untyped {
		var err error
		if v, err = b.coerce(v, textType, false); err != nil {
			return nil, err
		}
		v.loose = true
	}
	if t.Name != "" {
		v.name = t.Name
	}
	if v.name == "" && b.unnamed {
		v.name = "_" + strconv.Itoa(t.At)
	}
	if v.name == "" {
		return nil, b.errorf(t.At, "the column has no name").WithFix("give it one: AS name")
	}
	if !isName(v.name) {
		return nil, b.errorf(t.At, "%q cannot be the name of a field", clip(v.name)).WithFix("give it another: AS name; letters, digits and _ are good everywhere")
	}
	return []value{v}, nil
}

func (b *binder) starred(sc *scope, path []string, t *resTarget) ([]value, error) {
	if sc.grouped != nil {
		return nil, b.errorf(t.At, "* cannot stand beside GROUP BY").WithFix("name the columns that are grouped by, and aggregates")
	}
	ids, err := sc.star(path, t.At)
	if err != nil {
		return nil, err
	}
	var vs []value
	for _, id := range ids {
		vs = append(vs, b.ref(id, t.At))
	}
	return vs, nil
}

func (b *binder) uniqueNames(ids []int, s *selectStmt) error {
	at := firstPlace(s)
	if len(ids) > maxColumns {
		return b.errorf(at, "the result has %d columns", len(ids)).WithFix("use at most %d", maxColumns)
	}
	seen := map[string]bool{}
	for _, id := range ids {
		name := b.attrs[id].Name
		if seen[name] {
			return b.errorf(at, "two columns of the result are named %s", name).WithFix("give one of them another name: AS name")
		}
		seen[name] = true
	}
	return nil
}

// finish says what the result is: columns, mode, key, time.
func (b *binder) finish(root Node) error {
	ids := b.outs[root]
	if len(ids) == 0 {
		return b.errorf(0, "the result has no columns").WithFix("name one")
	}
	if err := b.unlimited(); err != nil {
		return err
	}
	if err := b.ungrouped(); err != nil {
		return err
	}
	facts := b.facts(root)
	p := b.plan
	p.Root, p.Mode = root, Append
	if facts.table {
		p.Mode = Upsert
	}
	p.Key = indicesOf(ids, facts.key)
	if p.Mode == Upsert && (p.Key == nil || !facts.keyed) {
		return b.lostKey(facts)
	}
	if i := slices.Index(ids, facts.time); i >= 0 {
		p.EventTime, p.Delay = i, facts.delay
	}
	b.number(root)
	p.Columns = root.Out()
	if err := b.writable(); err != nil {
		return err
	}
	p.Root = improve(root)
	return nil
}

// writable refuses columns that no record can have.
func (b *binder) writable() error {
	for i, c := range b.plan.Columns {
		if c.Type.Kind == column.Interval {
			return b.errorf(b.places[b.outs[b.plan.Root][i]], "the column %s is an interval, which records do not have", c.Name).WithFix("make it a text: (...)::text, or seconds: extract(epoch FROM ...)")
		}
	}
	return nil
}

func (b *binder) lostKey(f facts) error {
	return b.errorf(0, "the result is a table, and its rows cannot be told apart: the key %s is not passed on", list(f.keyNames, 10)).
		WithFix("add %s to the SELECT list, unchanged", list(f.keyNames, 10))
}

// indicesOf is where some ids are among others; nil if one is not.
func indicesOf(ids, some []int) []int {
	var at []int
	for _, id := range some {
		i := slices.Index(ids, id)
		if i < 0 {
			return nil
		}
		at = append(at, i)
	}
	return at
}
