package lineage

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/weirmesh/weir"
)

// Graph is what the ledger says, as nodes and edges. One goroutine changes it, and
// nobody walks it meanwhile; many may walk it at once.
type Graph struct {
	nodes  map[weir.UID]*vertex
	all    []*vertex // by index
	named  map[weir.Ref]*vertex
	says   map[weir.UID][]*arc  // by the entity that says it
	acting map[weir.UID]*vertex // the query that acts as an application
	schema map[weir.UID]*schema
	topics map[string]weir.UID // whose a topic is, by its name on the cluster
	latest map[string]weir.UID // the latest schema of a subject
	held   map[weir.UID]string // the name of a subject
	arcs   int                 // more than any index of an edge
	free   []int               // indices of edges that are no more
	// version counts the changes; what was made of the graph as it was then holds
	// until the next one.
	version int
	made    atomic.Pointer[bound]
}

// vertex is a node of the graph.
type vertex struct {
	Thing
	index   int
	query   *weir.Query
	cluster string // the topic of a product
	in, out []*arc
}

// arc is an edge that the ledger says.
type arc struct {
	from, to *vertex
	index    int
	readers  []weir.UID        // of the decision; nil: who knows both ends
	derived  []weir.Derivation // of the input that a query reads there
	Evidence
}

// schema is who has a schema, and of which it is made.
type schema struct {
	id   weir.SchemaID
	made []weir.UID
	used map[string]bool // subjects whose latest it is
}

// New makes an empty graph.
func New() *Graph {
	return &Graph{
		nodes: map[weir.UID]*vertex{}, named: map[weir.Ref]*vertex{}, says: map[weir.UID][]*arc{}, acting: map[weir.UID]*vertex{},
		schema: map[weir.UID]*schema{}, topics: map[string]weir.UID{}, latest: map[string]weir.UID{}, held: map[weir.UID]string{},
	}
}

// Nouns lists the nouns of which the graph is made, in the order in which it is
// best told of them.
func Nouns() []weir.Noun {
	return []weir.Noun{
		weir.NounTeam, weir.NounPerson, weir.NounDomain, weir.NounApplication, weir.NounProduct, weir.NounStream, weir.NounTopic,
		weir.NounSchema, weir.NounSubject, weir.NounQuery, weir.NounAccess, weir.NounPlan,
	}
}

// Apply takes a change of the ledger.
func (g *Graph) Apply(c weir.Change) error {
	if !slices.Contains(Nouns(), c.Ref.Noun) {
		return nil
	}
	if c.Deleted {
		g.Drop(c.Ref)
		return nil
	}
	e, err := weir.DecodeEntity(c.Ref.Noun, c.Body)
	if err == nil {
		g.Put(e)
	}
	return err
}

// Put takes an entity's state.
func (g *Graph) Put(e weir.Entity) {
	g.version++
	g.silence(e.Ref().UID)
	switch e := e.(type) {
	case *weir.Schema:
		g.putSchema(e)
	case *weir.Subject:
		g.putSubject(e)
	case *weir.Access:
		g.say(e.UID, e.Product, e.Application, e.Readers(), Evidence{How: ByDeclaration, What: Allowed, Since: e.Created})
	case *weir.Plan:
		g.say(e.UID, e.Product, e.Application, e.Readers(), Evidence{
			How: ByDeclaration, What: Planned, Since: e.Created, Fields: e.Fields, Due: e.Due, Note: e.Note, By: e.By.Name,
		})
	case *weir.Topic:
		g.putTopic(e)
	case *weir.Query:
		g.putQuery(e)
	default:
		g.live(e)
	}
	if p, ok := e.(*weir.Product); ok {
		g.putProduct(p)
	}
}

// Drop takes an entity's end.
func (g *Graph) Drop(r weir.Ref) {
	g.version++
	g.silence(r.UID)
	switch r.Noun {
	case weir.NounSubject:
		g.dropSubject(r.UID)
	case weir.NounSchema, weir.NounAccess, weir.NounPlan:
		return
	}
	v, ok := g.nodes[r.UID]
	if !ok {
		return
	}
	v.Gone = true
	if g.named[key(v.Ref)] == v {
		delete(g.named, key(v.Ref))
	}
	if v.query != nil {
		delete(g.acting, v.query.Application)
	}
}

// Find gives a living thing by its name.
func (g *Graph) Find(r weir.Ref) (Thing, bool) {
	v, ok := g.named[key(r)]
	if !ok {
		return Thing{}, false
	}
	return v.Thing, true
}

// Thing gives what is known of a uid.
func (g *Graph) Thing(u weir.UID) (Thing, bool) {
	v, ok := g.nodes[u]
	if !ok || v.Name == "" {
		return Thing{}, false
	}
	return v.Thing, true
}

// Cluster is the topic of a product or a private stream, by its name on the
// cluster.
func (g *Graph) Cluster(u weir.UID) string {
	v, ok := g.nodes[u]
	if !ok {
		return ""
	}
	return cmp.Or(v.cluster, v.Name)
}

func key(r weir.Ref) weir.Ref { return weir.Ref{Noun: r.Noun, Name: r.Name} }

// vertex finds or makes a node; one that was not told of yet is gone.
func (g *Graph) vertex(r weir.Ref) *vertex {
	v, ok := g.nodes[r.UID]
	if !ok {
		v = &vertex{Thing: Thing{Ref: r, Gone: true}, index: len(g.all)}
		g.nodes[r.UID] = v
		g.all = append(g.all, v)
	}
	return v
}

// live makes a node what an entity says.
func (g *Graph) live(e weir.Entity) *vertex {
	v := g.vertex(e.Ref())
	if g.named[key(v.Ref)] == v {
		delete(g.named, key(v.Ref))
	}
	v.Thing = Thing{Ref: e.Ref(), Readers: e.Readers()}
	g.named[key(v.Ref)] = v
	switch e := e.(type) {
	case *weir.Product:
		v.Domain, v.Owner = e.Domain, e.Owner
	case *weir.Stream:
		v.Domain = e.Domain
	case *weir.Topic:
		v.Domain = e.Domain
	case *weir.Query:
		v.Domain = e.Domain
	case *weir.Application:
		v.Team = e.Team
	case *weir.Domain:
		v.Team = e.Team
	}
	return v
}

func (g *Graph) putProduct(p *weir.Product) {
	v := g.nodes[p.UID]
	if v.cluster != p.OnCluster() {
		delete(g.topics, v.cluster)
		v.cluster = p.OnCluster()
	}
	g.topics[v.cluster] = p.UID
	if p.Published != nil && !p.Published.Stream.IsZero() {
		g.say(p.UID, p.Published.Stream, p.UID, nil, Evidence{How: ByDeclaration, What: Published, Since: p.Published.At, By: p.Published.By.Name})
	}
}

// putTopic takes a topic that the mesh did not make; its own are their products.
func (g *Graph) putTopic(t *weir.Topic) {
	if t.Adopted {
		g.live(t)
		g.say(t.UID, t.UID, t.Of, nil, Evidence{How: ByDeclaration, What: Published, Since: t.Created})
	}
}

func (g *Graph) putQuery(q *weir.Query) {
	v := g.live(q)
	v.query = q
	g.acting[q.Application] = v
	for i, in := range q.Inputs {
		a := g.say(q.UID, in, q.UID, nil, Evidence{How: ByPlan, What: Reads, Since: q.Created, Fields: used(q, i)})
		for _, d := range q.Lineage {
			if d.Input == i {
				a.derived = append(a.derived, d)
			}
		}
	}
	g.say(q.UID, q.UID, q.Product, nil, Evidence{How: ByPlan, What: Writes, Since: q.Created})
	if !q.Aside.IsZero() {
		g.say(q.UID, q.UID, q.Aside, nil, Evidence{How: ByPlan, What: SetsAside, Since: q.Created})
	}
}

// used is which fields of an input a query uses.
func used(q *weir.Query, input int) []string {
	var out []string
	for _, d := range q.Lineage {
		if d.Input == input && !slices.Contains(out, d.Field) {
			out = append(out, d.Field)
		}
	}
	slices.Sort(out)
	return out
}

// say adds an edge that an entity says.
func (g *Graph) say(by, from, to weir.UID, readers []weir.UID, e Evidence) *arc {
	a := &arc{from: g.vertex(weir.Ref{UID: from}), to: g.vertex(weir.Ref{UID: to}), index: g.index(), readers: readers, Evidence: e}
	a.from.out, a.to.in = append(a.from.out, a), append(a.to.in, a)
	g.says[by] = append(g.says[by], a)
	return a
}

// index numbers an edge.
func (g *Graph) index() int {
	if n := len(g.free); n > 0 {
		i := g.free[n-1]
		g.free = g.free[:n-1]
		return i
	}
	g.arcs++
	return g.arcs - 1
}

// silence takes back what an entity said.
func (g *Graph) silence(by weir.UID) {
	for _, a := range g.says[by] {
		is := func(o *arc) bool { return o == a }
		a.from.out, a.to.in = slices.DeleteFunc(a.from.out, is), slices.DeleteFunc(a.to.in, is)
		g.free = append(g.free, a.index)
	}
	delete(g.says, by)
}

func (g *Graph) putSchema(s *weir.Schema) {
	k := g.schemaOf(s.UID)
	k.id, k.made = s.ID, s.Referred
	v := g.vertex(s.Ref())
	v.Thing = Thing{Ref: s.Ref(), Readers: s.Domains}
}

func (g *Graph) schemaOf(u weir.UID) *schema {
	k, ok := g.schema[u]
	if !ok {
		k = &schema{used: map[string]bool{}}
		g.schema[u] = k
	}
	return k
}

func (g *Graph) putSubject(s *weir.Subject) {
	g.dropSubject(s.UID)
	latest, ok := s.Latest()
	if !ok {
		return
	}
	g.held[s.UID], g.latest[s.Name] = s.Name, latest.Schema
	g.schemaOf(latest.Schema).used[s.Name] = true
}

func (g *Graph) dropSubject(u weir.UID) {
	name, ok := g.held[u]
	if !ok {
		return
	}
	delete(g.schemaOf(g.latest[name]).used, name)
	delete(g.latest, name)
	delete(g.held, u)
}

// schemasOf lists the schemas that a product has in common with others, or that
// its own refer to.
func (g *Graph) schemasOf(v *vertex) []*vertex {
	var out []*vertex
	for _, k := range []weir.SubjectKind{weir.OfKey, weir.OfValue} {
		u, ok := g.latest[weir.SubjectOfTopic(v.cluster, k)]
		if !ok {
			continue
		}
		if s := g.schemaOf(u); len(s.used) > 1 {
			out = append(out, g.nodes[u])
		}
		for _, r := range g.schemaOf(u).made {
			out = append(out, g.nodes[r])
		}
	}
	return slices.DeleteFunc(out, func(v *vertex) bool { return v == nil })
}

// having lists the products and streams that have a schema.
func (g *Graph) having(u weir.UID) []*vertex {
	var out []*vertex
	for subject := range g.schemaOf(u).used {
		topic, _ := strings.CutSuffix(subject, "-value")
		topic, _ = strings.CutSuffix(topic, "-key")
		if v := g.nodes[g.topics[topic]]; v != nil && !v.Gone {
			out = append(out, v)
		}
	}
	return out
}

// related reports whether one field is the other, in it, or around it.
func related(a, b string) bool {
	if a == b {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.HasPrefix(b, a) && (b[len(a)] == '.' || b[len(a)] == '[')
}

// Size is how many nodes and edges there are, of what lives.
func (g *Graph) Size() (nodes, edges int) {
	for _, v := range g.all {
		if !v.Gone {
			nodes++
		}
		edges += len(v.out)
	}
	return nodes, edges
}
