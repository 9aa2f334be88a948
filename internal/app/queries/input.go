package queries

import (
	"context"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/rights"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// inputs is what a statement may name: the products that somebody may know of
// and read. It is used for one statement, by one goroutine.
type inputs struct {
	q    *Queries
	ctx  context.Context // of that one statement
	v    weir.View
	by   weir.Principal
	used []used
}

// used is an input as a statement was understood with it.
type used struct {
	product *weir.Product
	rev     weir.Revision
	subject weir.Revision // of its values' schemas; 0: there is none
}

// Input gives a product that may be read.
func (in *inputs) Input(domain, name string) (*sqlang.Input, error) {
	p, rev, err := in.find(domain, name)
	if err != nil {
		return nil, err
	}
	may, err := mayRead(in.ctx, in.v, in.by, p)
	if err != nil {
		return nil, err
	}
	if !may {
		return nil, mayNot(in.by, p)
	}
	out := &sqlang.Input{
		Product: p.UID, Name: p.Name, Major: p.Major, Topic: p.OnCluster(), Kind: p.Kind, Key: p.Key, Time: p.EventTime, Delay: p.Lateness,
	}
	if out.Fields, err = in.fields(p); err != nil {
		return nil, err
	}
	subject, err := subjectRevision(in.ctx, in.v, p)
	in.used = append(in.used, used{p, rev, subject})
	return out, err
}

// find finds a product, or a private stream as one, by the words of a statement.
func (in *inputs) find(domain, name string) (*weir.Product, weir.Revision, error) {
	if strings.HasPrefix(name, private) {
		return in.stream(domain + "." + name)
	}
	whole := domain + "." + strings.TrimSuffix(name, ".v1")
	p, rev, err := weir.Known[*weir.Product](in.ctx, in.v, in.by, weir.Ref{Noun: weir.NounProduct, Name: whole})
	if weir.NotFound.In(err) {
		return nil, 0, noProduct(domain, name)
	}
	return p, rev, err
}

func noProduct(domain, name string) error {
	e := weir.Errorf(weir.NotFound, "there is no product %s.%s", domain, name).
		WithFix("see which there are: weir product list; a name with a dash is quoted: %s.%q", domain, name)
	e.Ref = weir.Ref{Noun: weir.NounProduct, Name: domain + "." + name}
	return e
}

// fields lists the fields of a product's values that are columns, with what
// schema and product say of them.
func (in *inputs) fields(p *weir.Product) ([]sqlang.Field, error) {
	if p.SchemaFormat(weir.OfValue) == "" {
		return nil, weir.Errorf(weir.Invalid, "%s has values in %s, which have no columns", p.Name, p.Encoding).
			WithFix("use a product whose values have a schema")
	}
	_, s, err := in.q.cfg.Schemas.LatestSchema(in.ctx, p.Subject(weir.OfValue))
	if weir.NotFound.In(err) {
		return nil, weir.Errorf(weir.Invalid, "the values of %s have no schema, so nobody knows their columns", p.Name).
			WithFix("register one: weir schema register %s FILE", p.Subject(weir.OfValue))
	}
	if err != nil {
		return nil, err
	}
	columns, err := record.ColumnsOf(s, p.Encoding)
	if err != nil {
		return nil, err
	}
	return described(columns, s.Fields(), p.Fields), nil
}

// described puts what a schema says of its fields, and what a product notes over
// that, on columns.
func described(columns []record.ColumnField, said []schema.Field, notes []weir.FieldNote) []sqlang.Field {
	out := make([]sqlang.Field, len(columns))
	at := make(map[string]int, len(columns))
	for i, c := range columns {
		out[i] = sqlang.Field{Path: c.Path, Type: c.Type, Nullable: c.Nullable}
		at[c.Path] = i
	}
	seen := map[string]bool{}
	for _, f := range said {
		i, ok := at[f.Path]
		if !ok || seen[f.Path] {
			continue
		}
		seen[f.Path] = true
		out[i].Doc, out[i].Tags, out[i].Classification = f.Doc, f.Tags, schema.ClassOf(f.Tags)
	}
	for _, n := range notes {
		i, ok := at[n.Path]
		if !ok {
			continue
		}
		f := &out[i]
		f.Doc, f.Unit = or(n.Description, f.Doc), n.Unit
		f.Classification = or(n.Classification, f.Classification)
		for _, t := range n.Tags {
			f.Tags = append(f.Tags, string(t))
		}
	}
	inherit(out)
	return out
}

// inherit gives fields inside of others the classification of those, if it is
// stricter, and structs that of what is in them: a struct is read as a whole too.
func inherit(fields []sqlang.Field) {
	at := make(map[string]int, len(fields))
	for i, f := range fields {
		at[f.Path] = i
	}
	own := make([]weir.Classification, len(fields))
	for i, f := range fields {
		own[i] = f.Classification
	}
	for i, f := range fields {
		for outer := f.Path; ; {
			dot := strings.LastIndexByte(outer, '.')
			if dot < 0 {
				break
			}
			outer = outer[:dot]
			if j, ok := at[outer]; ok {
				fields[i].Classification = stricter(fields[i].Classification, own[j])
				fields[j].Classification = stricter(fields[j].Classification, own[i])
			}
		}
	}
}

// stricter is the more sensitive of two classifications.
func stricter(a, b weir.Classification) weir.Classification {
	order := []weir.Classification{"", weir.ClassPublic, weir.ClassInternal, weir.ClassPersonal, weir.ClassSecret}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// subjectRevision is the revision of the subject of a product's values; 0 if it
// has none.
func subjectRevision(ctx context.Context, v weir.View, p *weir.Product) (weir.Revision, error) {
	_, rev, err := v.Get(ctx, weir.Ref{Noun: weir.NounSubject, Name: p.Subject(weir.OfValue)})
	if weir.NotFound.In(err) {
		return 0, nil
	}
	return rev, err
}

// or is v, or what stands for nothing.
func or[T comparable](v, otherwise T) T {
	var nothing T
	if v == nothing {
		return otherwise
	}
	return v
}

// mayRead reports whether a person may read a product, as an application of one
// of their teams could, or an application may.
func mayRead(ctx context.Context, v weir.View, by weir.Principal, p *weir.Product) (bool, error) {
	f, err := factsOf(ctx, v, by, p)
	if err != nil || rights.OnTopic(f).Has(rights.Read) {
		return err == nil, err
	}
	if f.Allowed, err = allowed(ctx, v, by, p); err != nil {
		return false, err
	}
	return rights.OnTopic(f).Has(rights.Read), nil
}

// factsOf is what the rule on topics decides by, but for what was allowed.
func factsOf(ctx context.Context, v weir.View, by weir.Principal, p *weir.Product) (rights.TopicFacts, error) {
	d, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, UID: p.Domain})
	if err != nil {
		return rights.TopicFacts{}, err
	}
	mine := slices.Contains(by.Teams, d.Team)
	return rights.TopicFacts{
		OwnDomain: mine && !d.UID.Own(), Product: true, Mesh: p.Visibility == weir.VisibleMesh, Open: p.Access == weir.AccessOpen,
		Closed: p.Stage() == weir.Deprecated, Ended: p.Stage() == weir.Retired,
		Allowed: mine && p.UID.Own() && by.Ref.Noun == weir.NounPerson,
	}, nil
}

// allowed reports whether an application was allowed to read a product, or one
// that lives of a person's teams.
func allowed(ctx context.Context, v weir.View, by weir.Principal, p *weir.Product) (bool, error) {
	found := false
	q := weir.ListQuery{Noun: weir.NounAccess, Scope: weir.Everything, Refers: []weir.UID{p.UID}}
	err := weir.All(ctx, v, q, func(it weir.Item) error {
		a, ok := it.Entity.(*weir.Access)
		if !ok || found {
			return nil
		}
		if by.Ref.Noun == weir.NounApplication {
			found = a.Application == by.Ref.UID
			return nil
		}
		app, _, err := weir.Find[*weir.Application](ctx, v, weir.Ref{Noun: weir.NounApplication, UID: a.Application})
		if err != nil {
			return err
		}
		found = !app.Ending && slices.Contains(by.Teams, app.Team)
		return nil
	})
	return found, err
}

// mayNot is the refusal to read a product.
func mayNot(by weir.Principal, p *weir.Product) error {
	e := weir.Errorf(weir.Denied, "%s may not read %s", by.Ref, p.Name)
	e.Ref = p.Ref()
	if by.Ref.Noun == weir.NounApplication {
		return e.WithFix("allow it again: weir access allow %s --app %s; then: weir query start NAME", p.Name, by.Ref.Name)
	}
	return e.WithFix("ask the product's owner to allow an application of one of your teams: weir access allow %s --app NAME", p.Name)
}

// asApplication is an application as who reads.
func asApplication(ctx context.Context, v weir.View, uid weir.UID) (weir.Principal, error) {
	a, _, err := weir.Find[*weir.Application](ctx, v, weir.Ref{Noun: weir.NounApplication, UID: uid})
	if err != nil {
		return weir.Principal{}, err
	}
	p := weir.Principal{Ref: a.Ref(), Teams: []weir.UID{a.Team}}
	err = weir.All(ctx, v, weir.ListQuery{Noun: weir.NounDomain, Scope: weir.Everything, Refers: []weir.UID{a.Team}}, func(it weir.Item) error {
		p.Domains = append(p.Domains, it.Entity.Ref().UID)
		return nil
	})
	return p, err
}
