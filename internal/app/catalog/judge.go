package catalog

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/policy"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Findings is what policies say about a product. As the cause of an
// [weir.AgainstPolicy] it is everything that was found, the gravest first.
type Findings []policy.Finding

// Error names the policies.
func (f Findings) Error() string { return strings.Join(f.names(""), ", ") }

// names lists the policies of a severity; of "" all.
func (f Findings) names(s weir.Severity) []string {
	var names []string
	for _, x := range f {
		if s == "" || x.Severity == s {
			names = append(names, x.Policy)
		}
	}
	return names
}

// sorted is the findings, the gravest first.
func (f Findings) sorted() Findings {
	slices.SortStableFunc(f, func(a, b policy.Finding) int {
		return slices.Index(weir.Severities(), a.Severity) - slices.Index(weir.Severities(), b.Severity)
	})
	return f
}

// maxNamed bounds the policies that a refusal names in its sentence; its cause
// has all.
const maxNamed = 10

// refuse is the refusal of a product with findings of severity error; nil if
// there is none.
func (f Findings) refuse(of weir.Ref) error {
	names := f.names(weir.SeverityError)
	if len(names) == 0 {
		return nil
	}
	word := "policies refuse"
	if len(names) == 1 {
		word = "policy refuses"
	}
	said := strings.Join(names[:min(len(names), maxNamed)], ", ")
	if len(names) > maxNamed {
		said += ", ..."
	}
	e := weir.Errorf(weir.AgainstPolicy, "%d %s %s: %s", len(names), word, of, said).
		WithFix("do what each of them says; weir policy show %s tells more", names[0]).Because(f)
	e.Ref = weir.Ref{Noun: of.Noun, Name: of.Name}
	return e
}

// maxCompiled bounds the policies that are kept ready.
const maxCompiled = 4096

// rulebook keeps policies ready to be judged by.
type rulebook struct {
	start    sync.Once
	compiler *policy.Compiler
	err      error

	mu    sync.Mutex
	ready map[compiledKey]*policy.Compiled
}

// compiledKey is one text of a policy: built in under its name, else as the
// ledger has it.
type compiledKey struct {
	builtIn string
	uid     weir.UID
	rev     weir.Revision
}

// known is the compiler, which is made when it is first wanted.
func (b *rulebook) known() (*policy.Compiler, error) {
	b.start.Do(func() { b.compiler, b.err = policy.NewCompiler() })
	return b.compiler, b.err
}

// compiled is a policy ready to be judged by. One that is not understood any
// more is a finding about every product.
func (b *rulebook) compiled(p PolicyItem) (*policy.Compiled, error) {
	compiler, err := b.known()
	if err != nil {
		return nil, err
	}
	key := compiledKey{uid: p.UID, rev: p.Rev}
	if p.BuiltIn {
		key = compiledKey{builtIn: p.Name}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.ready[key]
	if !ok {
		rule := RuleOf(p.Policy)
		if one, err = compiler.Compile(rule); err != nil {
			one = policy.Unreadable(rule, err)
		}
		if b.ready == nil || len(b.ready) >= maxCompiled {
			b.ready = map[compiledKey]*policy.Compiled{}
		}
		b.ready[key] = one
	}
	return one.As(p.Severity), nil
}

// Judge judges products by the policies in force at a view.
type Judge struct {
	c     *Catalog
	v     weir.View
	mesh  []*policy.Compiled
	own   map[weir.UID][]*policy.Compiled // of domains
	names map[weir.UID]string
}

// Judge is the judge at a view, for as long as that is held. One goroutine uses
// it.
func (c *Catalog) Judge(v weir.View) *Judge {
	return &Judge{c: c, v: v, own: map[weir.UID][]*policy.Compiled{}, names: map[weir.UID]string{}}
}

// Product is what the policies say about a product that lives, as it is: none
// about publishing.
func (j *Judge) Product(ctx context.Context, p *weir.Product) (Findings, error) {
	known, err := j.c.fieldsOf(ctx, p)
	if err != nil {
		return nil, err
	}
	return j.judge(ctx, p, known, nil)
}

// judge is what the policies say about a product with the fields of a schema.
func (j *Judge) judge(ctx context.Context, p *weir.Product, known []schema.Field, at *policy.Publish) (Findings, error) {
	rules, err := j.rules(ctx, p.Domain)
	if err != nil {
		return nil, err
	}
	facts, err := j.facts(ctx, p, described(known, p.Fields))
	if err != nil {
		return nil, err
	}
	found, err := policy.Judge(ctx, rules, policy.Facts{Product: facts, Publish: at})
	return Findings(found).sorted(), err
}

// rules are those in force for the products of a domain: all of the mesh's, and
// the domain's own beside them.
func (j *Judge) rules(ctx context.Context, domain weir.UID) ([]*policy.Compiled, error) {
	if j.mesh == nil {
		items, err := j.c.policiesOfMesh(ctx, j.v)
		if err != nil {
			return nil, err
		}
		if j.mesh, err = j.enabled(items); err != nil {
			return nil, err
		}
	}
	own, ok := j.own[domain]
	if !ok {
		items, err := listPolicies(ctx, j.v, policiesOn(domain))
		if err != nil {
			return nil, err
		}
		if own, err = j.enabled(items); err != nil {
			return nil, err
		}
		j.own[domain] = own
	}
	return append(slices.Clip(j.mesh), own...), nil
}

func (j *Judge) enabled(items []PolicyItem) ([]*policy.Compiled, error) {
	out := []*policy.Compiled{}
	for _, p := range items {
		if !p.Enabled {
			continue
		}
		one, err := j.c.rules.compiled(p)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// facts is a product as expressions see it.
func (j *Judge) facts(ctx context.Context, p *weir.Product, fields []Field) (policy.Product, error) {
	_, short, _ := weir.SplitProduct(p.Name)
	f := policy.Product{
		Name: p.Name, ShortName: short, Type: string(or(p.Type, weir.TypeSource)), Lifecycle: string(p.Stage()),
		Description: p.Description, Purpose: p.Purpose, Usage: p.Usage, Limitations: p.Limitations,
		Quality: string(p.Quality), SLA: string(p.SLA), Tags: map[string][]string{},
		HasDocumentation: !p.Documentation.IsZero(), HasTerms: !p.Terms.IsZero(),
		Kind: string(p.Kind), Encoding: string(p.Encoding), KeyEncoding: string(p.KeyEncoding), Key: p.Key,
		Visibility: string(p.Visibility), Access: string(p.Access), Partitions: p.Partitions, Retention: time.Duration(p.Retention),
		EventTime: p.EventTime, Lateness: time.Duration(p.Lateness), Topic: p.Topic(), Subject: p.Subject(weir.OfValue),
		Published: p.Published != nil, Created: p.Created,
	}
	for _, s := range p.SLOs {
		f.SLOs = append(f.SLOs, policy.SLO{Property: string(s.Property), Value: s.Value, Unit: s.Unit})
	}
	for _, s := range p.Support {
		f.Support = append(f.Support, policy.Support(s))
	}
	for _, t := range p.Tags {
		key, value := t.Split()
		f.Tags[key] = append(f.Tags[key], value)
	}
	if err := j.people(ctx, p, &f); err != nil {
		return f, err
	}
	above, err := weir.Depth(ctx, j.v, []weir.UID{p.UID})
	if err != nil {
		return f, err
	}
	f.Depth = above - 1
	return f, j.contract(ctx, p, fields, &f)
}

// people fills in who answers for it.
func (j *Judge) people(ctx context.Context, p *weir.Product, f *policy.Product) error {
	d, _, err := weir.Find[*weir.Domain](ctx, j.v, weir.Ref{Noun: weir.NounDomain, UID: p.Domain})
	if err != nil {
		return err
	}
	team, _, err := weir.Find[*weir.Team](ctx, j.v, weir.Ref{Noun: weir.NounTeam, UID: d.Team})
	if err != nil {
		return err
	}
	f.Domain, f.Team, f.OwnerInTeam = d.Name, team.Name, slices.Contains(team.Members, p.Owner)
	f.Owner, err = j.name(ctx, weir.NounPerson, p.Owner)
	if err != nil || p.Successor.IsZero() {
		return err
	}
	s, _, err := weir.Find[*weir.Product](ctx, j.v, weir.Ref{Noun: weir.NounProduct, UID: p.Successor})
	f.Successor = p.Successor.String() // of one that not everybody may know of
	if err == nil && len(s.Readers()) == 0 {
		f.Successor = s.Name
	}
	return absentIsNone(err)
}

// contract fills in schemas and fields.
func (j *Judge) contract(ctx context.Context, p *weir.Product, fields []Field, f *policy.Product) error {
	for k, has := range map[weir.SubjectKind]*bool{weir.OfValue: &f.HasSchema, weir.OfKey: &f.HasKeySchema} {
		if p.SchemaFormat(k) == "" {
			continue
		}
		s, _, err := weir.Find[*weir.Subject](ctx, j.v, weir.Ref{Noun: weir.NounSubject, Name: p.Subject(k)})
		if absentIsNone(err) != nil {
			return err
		}
		if err == nil {
			_, *has = s.Latest()
		}
	}
	f.Fields = make([]policy.Field, len(fields))
	for i, x := range fields {
		term, err := j.name(ctx, weir.NounTerm, x.Term)
		if err != nil {
			return err
		}
		f.Fields[i] = policy.Field{
			Path: x.Path, Type: x.Type, Optional: x.Optional, Description: x.Description, Classification: string(x.Classification), Term: term, Unit: x.Unit, Examples: x.Examples,
		}
		for _, t := range x.Tags {
			f.Fields[i].Tags = append(f.Fields[i].Tags, t.Tag)
		}
	}
	return nil
}

// name is a living thing's name; empty if there is none.
func (j *Judge) name(ctx context.Context, n weir.Noun, u weir.UID) (string, error) {
	if u.IsZero() {
		return "", nil
	}
	if name, ok := j.names[u]; ok {
		return name, nil
	}
	e, _, err := j.v.Get(ctx, weir.Ref{Noun: n, UID: u})
	if err == nil {
		j.names[u] = e.Ref().Name
	}
	return j.names[u], absentIsNone(err)
}

func absentIsNone(err error) error {
	if weir.NotFound.In(err) {
		return nil
	}
	return err
}

// mayPublish refuses, inside the queue, a product that breaks a policy of
// severity error. The view shows what the entry decides; known are the fields of
// its schema; records is how many the topic holds.
func (c *Catalog) mayPublish(ctx context.Context, v weir.View, by weir.Principal, p *weir.Product, known []schema.Field, records int64) error {
	at := &policy.Publish{By: by.Ref.Name, Roles: rolesOn(by, p.Domain), Records: records, Accepted: true}
	if p.Published != nil {
		at.Topic, at.Reason = p.Published.Topic, p.Published.Reason
	}
	found, err := c.Judge(v).judge(ctx, p, known, at)
	if err != nil {
		return err
	}
	return found.refuse(p.Ref())
}

// rolesOn lists the roles of a principal on the mesh and a domain.
func rolesOn(by weir.Principal, domain weir.UID) []string {
	roles := []string{}
	for _, b := range by.Roles {
		if b.On.Noun == weir.NounMesh || b.On.UID == domain {
			roles = append(roles, string(b.Role))
		}
	}
	return roles
}

// stillPublished refuses, inside the queue, an edit by which a product that was
// published breaks a policy of severity error that it kept before: what cannot
// be published cannot be made of it afterwards either. The views are before and
// after the edit.
func (c *Catalog) stillPublished(ctx context.Context, v weir.View, by weir.Principal, before, after *weir.Product, known []schema.Field) error {
	return c.stillKeeps(ctx, v, by, kept{before, known, 0}, kept{after, known, 0})
}

// KeepsWith refuses, inside the queue, a schema by which a published product
// would break a policy that it keeps as it is: what the schema says of its
// fields decides as much as what the product does.
func (c *Catalog) KeepsWith(ctx context.Context, v weir.View, by weir.Principal, p *weir.Product, before, after []schema.Field) error {
	return c.stillKeeps(ctx, v, by, kept{p, before, 0}, kept{p, after, 0})
}

// kept is a product with the fields that its schema has.
type kept struct {
	*weir.Product
	fields  []schema.Field
	records int64 // in its topic, where that matters
}

// stillKeeps refuses what breaks a policy that was kept before.
func (c *Catalog) stillKeeps(ctx context.Context, v weir.View, by weir.Principal, before, after kept) error {
	if before.Published == nil {
		return nil
	}
	at := &policy.Publish{
		Topic: before.Published.Topic, By: before.Published.By.Name, Roles: rolesOn(by, before.Domain), Records: 1, Reason: before.Published.Reason, Accepted: true,
	}
	judge := c.Judge(v)
	found, err := judge.judge(ctx, after.Product, after.fields, at)
	if err != nil || len(found.names(weir.SeverityError)) == 0 {
		return err
	}
	old, err := judge.judge(ctx, before.Product, before.fields, at)
	if err != nil {
		return err
	}
	was := old.names(weir.SeverityError)
	return slices.DeleteFunc(found, func(f policy.Finding) bool { return slices.Contains(was, f.Policy) }).refuse(after.Ref())
}
