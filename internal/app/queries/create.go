package queries

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// NewQuery asks for a query, and for the product that it makes.
type NewQuery struct {
	Product     string // its name: domain.product
	Statement   string
	Encoding    weir.Encoding // of the values; empty: that of the first input
	Epoch       weir.Duration // 0: the usual one
	OnFailure   weir.OnFailure
	AtEnd       bool
	Description string
	Owner       string // a person; empty: the caller
}

// attempts is how often a statement is understood again when something that it
// is about changed meanwhile.
const attempts = 5

// errStale says that the state is not the one with which a statement was
// understood.
var errStale = weir.Errorf(weir.Conflict, "what the statement is about changes all the time").WithFix("try again in a moment")

// Create makes a query that runs at once, and everything that it needs: the
// product, as a proposal to its domain, with the schema of its records; an
// application, with the rights to read the inputs; the topics. All of it or
// nothing.
func (q *Queries) Create(ctx context.Context, call weir.Call, cmd NewQuery) (weir.Receipt, error) {
	if _, _, err := weir.SplitProduct(cmd.Product); err != nil {
		return weir.Receipt{}, err
	}
	for range attempts {
		r, err := q.create(ctx, call, cmd)
		if !errors.Is(err, errStale) {
			return r, err
		}
	}
	return weir.Receipt{}, errStale
}

func (q *Queries) create(ctx context.Context, call weir.Call, cmd NewQuery) (weir.Receipt, error) {
	d := &creating{q: q, call: call, cmd: cmd}
	if err := d.prepare(ctx); err != nil {
		return q.refused(ctx, call, "query.create", err)
	}
	return q.cfg.Writer.Submit(ctx, call.Decision("query.create", d.decide))
}

// refused puts a refusal by right on record; any other error is passed on.
func (q *Queries) refused(ctx context.Context, call weir.Call, op string, err error) (weir.Receipt, error) {
	if !weir.Denied.In(err) {
		return weir.Receipt{}, err
	}
	return q.cfg.Writer.Submit(ctx, call.Decision(op, func(context.Context, weir.View) (weir.Outcome, error) {
		return weir.Outcome{}, err
	}))
}

// creating is one request on its way.
type creating struct {
	q     *Queries
	call  weir.Call
	cmd   NewQuery
	shape *shape
	used  []used
	p     *weir.Product // without domain and owner
	make  func(context.Context, weir.View, *weir.Product) ([]weir.Change, error)
}

// prepare understands the statement, before the queue.
func (d *creating) prepare(ctx context.Context) error {
	var plan *sqlang.Plan
	err := d.q.view(ctx, func(v weir.View) (err error) {
		plan, d.used, err = d.q.compile(ctx, v, d.call.By, d.cmd.Statement)
		return err
	})
	if err != nil {
		return err
	}
	if d.shape, err = shapeOf(plan, d.cmd.Product, d.cmd.Encoding, d.used); err != nil {
		return err
	}
	d.p = d.shape.product(d.cmd.Product, d.used)
	d.p.UID, d.p.Created = d.q.uid(), d.q.cfg.Now().UTC()
	d.p.Description = or(d.cmd.Description, d.p.Description)
	d.make, err = d.q.cfg.Catalog.Derive(ctx, d.call.By, d.p, d.shape.schema, "")
	return err
}

// compile understands a statement with somebody's rights, and says with which
// inputs.
func (q *Queries) compile(ctx context.Context, v weir.View, by weir.Principal, statement string) (*sqlang.Plan, []used, error) {
	if n := len(statement); n > weir.MaxStatement {
		return nil, nil, weir.Errorf(weir.Limit, "the statement has %d bytes", n).At("statement").WithFix("use at most %d", weir.MaxStatement)
	}
	in := &inputs{q: q, ctx: ctx, v: v, by: by}
	plan, err := q.plan(statement, in)
	if err != nil {
		return nil, nil, err
	}
	plan.Depth, err = weir.Depth(ctx, v, productsOf(plan))
	return plan, in.ofPlan(plan), err
}

func productsOf(plan *sqlang.Plan) []weir.UID {
	var out []weir.UID
	for _, in := range plan.Inputs {
		out = append(out, in.Product)
	}
	return out
}

// ofPlan is what was used, in the order of the plan's inputs.
func (in *inputs) ofPlan(plan *sqlang.Plan) []used {
	out := make([]used, len(plan.Inputs))
	for i, of := range plan.Inputs {
		for _, u := range in.used {
			if u.product.UID == of.Product {
				out[i] = u
			}
		}
	}
	return out
}

// decide makes everything, inside the queue.
func (d *creating) decide(ctx context.Context, v weir.View) (weir.Outcome, error) {
	q, p := d.q, *d.p
	home, err := d.home(ctx, v, &p)
	if err != nil {
		return weir.Outcome{}, err
	}
	if err := d.still(ctx, v); err != nil {
		return weir.Outcome{}, err
	}
	r := q.result()
	app := d.application(home, p.UID)
	r.put(nil, 0, app)
	for _, in := range d.used {
		d.access(ctx, v, r, app, in.product)
	}
	r.with(func() ([]weir.Change, error) { return d.make(ctx, v, &p) })
	query := d.query(&p, app)
	if query.OnFailure == weir.FailureAside {
		d.aside(ctx, v, r, query)
	}
	r.with(func() ([]weir.Change, error) { return q.cfg.Catalog.DecideJournal(ctx, v, query) })
	r.put(nil, 0, query)
	return r.outcome("query.created", query)
}

// home finds the domain and the owner, and refuses who may make no queries there.
func (d *creating) home(ctx context.Context, v weir.View, p *weir.Product) (*weir.Domain, error) {
	name, _, _ := weir.SplitProduct(p.Name)
	home, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, Name: name})
	if err != nil {
		return nil, err
	}
	p.Domain, p.Owner = home.UID, d.call.By.Ref.UID
	ref := weir.Ref{Noun: weir.NounQuery, Name: p.Name}
	if err := rights.Must(d.call.By, rights.Create, rights.Thing{Noun: weir.NounQuery, Domain: home.UID}, ref); err != nil {
		return nil, err
	}
	if d.cmd.Owner != "" {
		person, _, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, Name: d.cmd.Owner})
		if err != nil {
			return nil, err
		}
		p.Owner = person.UID
	}
	return home, d.fresh(ctx, v, ref)
}

// fresh refuses a second statement for a product.
func (d *creating) fresh(ctx context.Context, v weir.View, ref weir.Ref) error {
	_, _, err := v.Get(ctx, ref)
	if weir.NotFound.In(err) {
		return nil
	}
	if err != nil {
		return err
	}
	e := weir.Errorf(weir.Exists, "%s is made by a query already, and a query keeps its statement", ref.Name).
		WithFix("make the next major of the new statement beside it: weir query create %s --sql ...; when its readers have moved: weir query delete %s", nextMajor(ref.Name), ref.Name)
	e.Ref = ref
	return e
}

// nextMajor is the name of the major behind that of a name.
func nextMajor(name string) string {
	base, major := weir.SplitMajor(name)
	return base + ".v" + strconv.Itoa(major+1)
}

// plain is the product's own part of a name, as a name of something else: without
// a dot.
func plain(product string) string {
	_, short, _ := weir.SplitProduct(product)
	return strings.ReplaceAll(short, ".", "-")
}

// still refuses to go on where an input is not what it was when the statement
// was understood, or may not be read any more.
func (d *creating) still(ctx context.Context, v weir.View) error {
	for _, in := range d.used {
		_, rev, err := sourceOf(ctx, v, in.product.UID)
		if err != nil && !weir.NotFound.In(err) {
			return err
		}
		subject, serr := subjectRevision(ctx, v, in.product)
		if serr != nil {
			return serr
		}
		if err != nil || rev != in.rev || subject != in.subject {
			return errStale
		}
		may, err := mayRead(ctx, v, d.call.By, in.product)
		if err != nil {
			return err
		}
		if !may {
			return mayNot(d.call.By, in.product)
		}
	}
	return nil
}

// application is the one that the query acts as: named after the product, so that
// nobody can guess it, and without a credential, so that nobody logs in as it.
func (d *creating) application(home *weir.Domain, of weir.UID) *weir.Application {
	tail := "-" + of.String()[30:]
	return &weir.Application{
		UID: d.q.uid(), Name: clip("query-"+plain(d.cmd.Product), 63-len(tail)) + tail, Team: home.Team, Query: true,
		Description: "The query that makes " + d.cmd.Product, Created: d.q.cfg.Now().UTC(),
	}
}

func clip(s string, n int) string { return s[:min(len(s), n)] }

// access allows the query's application to read an input, if it must be, and
// refuses if the caller may not allow that.
func (d *creating) access(ctx context.Context, v weir.View, r *result, app *weir.Application, p *weir.Product) {
	if r.err != nil {
		return
	}
	by := weir.Principal{Ref: app.Ref(), Teams: []weir.UID{app.Team}}
	f, err := factsOf(ctx, v, by, p)
	if err != nil || rights.OnTopic(f).Has(rights.Read) {
		r.err = err
		return
	}
	if r.err = mayGive(d.call.By, f, app, p); r.err != nil {
		return
	}
	r.put(nil, 0, &weir.Access{
		UID: d.q.uid(), Name: p.Name + "/" + app.Name, Product: p.UID, Application: app.UID, Domain: p.Domain, Team: app.Team, Created: d.q.cfg.Now().UTC(),
	})
}

// mayGive refuses to give a query the right to read an input that it lacks.
func mayGive(by weir.Principal, f rights.TopicFacts, app *weir.Application, p *weir.Product) error {
	var e *weir.Error
	switch {
	case !f.Mesh:
		e = weir.Errorf(weir.Denied, "%s is visible to its domain only, and a query of another team could not see it", p.Name).
			WithFix("make the query in the domain of %s, or make that visible first: weir product edit %s --visibility mesh --access request", p.Name, p.Name)
	case f.Closed || f.Ended:
		e = weir.Errorf(weir.Denied, "%s is %s, so nobody new reads it", p.Name, p.Stage()).WithFix("ask the product's owner what to use instead")
	case !rights.May(by, rights.Allow, rights.OfProduct(weir.NounAccess, p)):
		e = weir.Errorf(weir.Denied, "%s is read by those whom its owner allows, and %s may not allow the query to", p.Name, by.Ref).
			WithFix("ask the product's owner to run this command, who may allow it, or to open the product: weir product edit %s --access open", p.Name)
	default:
		return nil
	}
	e.Ref = p.Ref()
	return e
}

// query is the query itself.
func (d *creating) query(p *weir.Product, app *weir.Application) *weir.Query {
	out := &weir.Query{
		UID: d.q.uid(), Name: p.Name, Domain: p.Domain, Product: p.UID, Application: app.UID, Statement: d.cmd.Statement,
		Wish: weir.QueryRun, Run: 1, AtEnd: d.cmd.AtEnd, OnFailure: or(d.cmd.OnFailure, weir.FailureAside),
		Epoch: or(d.cmd.Epoch, weir.DefaultEpoch), Created: d.q.cfg.Now().UTC(), Lineage: lineageOf(d.shape.plan),
	}
	for _, in := range d.used {
		out.Inputs = append(out.Inputs, in.product.UID)
	}
	return out
}

// aside makes the private stream of what the query sets aside, or takes the one
// that an earlier query left.
func (d *creating) aside(ctx context.Context, v weir.View, r *result, query *weir.Query) {
	if r.err != nil {
		return
	}
	domain, _, _ := weir.SplitProduct(query.Name)
	short := plain(query.Name)
	for n := 1; n < 100; n++ {
		tail := "-aside"
		if n > 1 {
			tail += "-" + strconv.Itoa(n)
		}
		name := domain + "._private." + strings.TrimRight(clip(short, 63-len(tail)), "-") + tail
		uid, free, err := asideFree(ctx, v, name)
		if err != nil {
			r.err = err
			return
		}
		if !uid.IsZero() {
			query.Aside = uid
			return
		}
		if free {
			s := &weir.Stream{
				UID: d.q.uid(), Name: name, Domain: query.Domain, Description: "Records that the query " + query.Name + " could not compute, each with the reason",
				Partitions: 1, Retention: weir.Forever, Created: d.q.cfg.Now().UTC(),
			}
			query.Aside = s.UID
			r.with(func() ([]weir.Change, error) { return d.q.cfg.Catalog.DecideStream(ctx, v, d.call.By, s) })
			return
		}
	}
	r.err = weir.Errorf(weir.Limit, "there is no name left for the stream of what the query sets aside").At("name").
		WithFix("end the data of earlier queries: weir stream delete NAME --destroy-data")
}

// asideFree finds a private stream of a name that may be used on, or says whether
// one can be made.
func asideFree(ctx context.Context, v weir.View, name string) (use weir.UID, free bool, err error) {
	t, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: name})
	if weir.NotFound.In(err) {
		return weir.UID{}, true, nil
	}
	if err != nil || t.State == weir.TopicEnding {
		return weir.UID{}, false, err
	}
	s, _, err := weir.Find[*weir.Stream](ctx, v, weir.Ref{Noun: weir.NounStream, Name: name})
	if weir.NotFound.In(err) || err == nil && t.Of != s.UID {
		return weir.UID{}, false, nil
	}
	if err != nil {
		return weir.UID{}, false, err
	}
	page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounQuery, Scope: weir.Everything, Refers: []weir.UID{s.UID}, Limit: 1})
	if err != nil || len(page.Items) > 0 {
		return weir.UID{}, false, err // it is another query's
	}
	return s.UID, false, nil
}
