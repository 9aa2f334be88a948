package lineage_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/lineage"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func uid(parts ...byte) (u weir.UID) { copy(u[:], parts); return u }

// Things of the mesh that the tests walk: trades and users are the sources; big
// is made of trades by a query that shows id and filters by price, and names of
// users and big joined; secret is a private product in between; fraud reads big,
// and audit writes what it makes of names.
var (
	team, domain       = uid(1), uid(2)
	trades, users      = uid(10), uid(11)
	big, names, secret = uid(12), uid(13), uid(14)
	fraud, auditor     = uid(20), uid(21)
	ann                = uid(30)
	qBig, qNames       = uid(40), uid(41)
	qSecret, qOpen     = uid(42), uid(43)
	open               = uid(15)
)

// viewer is who sees all, unless told otherwise.
type viewer struct {
	blind  map[weir.UID]bool // of what they do not know
	unseen map[weir.UID]bool // of what they do not watch
}

func (v viewer) Knows(t lineage.Thing) bool   { return !v.blind[t.UID] && !t.Gone }
func (v viewer) Watches(t lineage.Thing) bool { return !v.unseen[t.UID] }
func (v viewer) Told(readers []weir.UID) bool {
	return !slices.ContainsFunc(readers, func(u weir.UID) bool { return v.unseen[u] })
}

func product(u weir.UID, name string) *weir.Product {
	return &weir.Product{UID: u, Name: name, Domain: domain, Major: 1, Created: at}
}

func query(u, makes weir.UID, name string, inputs []weir.UID, l ...weir.Derivation) *weir.Query {
	return &weir.Query{UID: u, Name: name, Domain: domain, Product: makes, Application: uid(90, u[0]), Inputs: inputs, Lineage: l, Created: at}
}

func graph() *lineage.Graph {
	g := lineage.New()
	for _, e := range []weir.Entity{
		&weir.Team{UID: team, Name: "desk"}, &weir.Domain{UID: domain, Name: "market", Team: team},
		&weir.Application{UID: fraud, Name: "fraud", Team: team}, &weir.Application{UID: auditor, Name: "auditor", Team: team},
		&weir.Person{UID: ann, Name: "ann"},
		product(trades, "market.trades"), product(users, "market.users"), product(big, "market.big"), product(names, "market.names"),
		product(secret, "market.secret"), product(open, "market.open"),
		query(qBig, big, "market.big", []weir.UID{trades}, weir.Derivation{Field: "price"},
			weir.Derivation{Column: "id", Field: "id", Direct: true}, weir.Derivation{Column: "who", Field: "trader.name", Direct: true, Masked: "sha256"}),
		query(qNames, names, "market.names", []weir.UID{big, users}, weir.Derivation{Column: "name", Input: 1, Field: "name", Direct: true},
			weir.Derivation{Column: "id", Field: "id", Direct: true}, weir.Derivation{Input: 1, Field: "id"}),
		query(qSecret, secret, "market.secret", []weir.UID{big}, weir.Derivation{Column: "hush", Field: "id", Direct: true}),
		query(qOpen, open, "market.open", []weir.UID{secret}, weir.Derivation{Column: "id", Field: "hush", Direct: true}),
		&weir.Access{UID: uid(50), Name: "market.big/fraud", Product: big, Application: fraud, Domain: domain, Team: team, Created: at},
		&weir.Plan{UID: uid(51), Name: "market.users/fraud", Product: users, Application: fraud, Domain: domain, Team: team, Fields: []string{"name"}, Due: "2026-06-01", Created: at},
	} {
		g.Put(e)
	}
	return g
}

func usage(of, who weir.UID, name string, d weir.Direction) weir.Usage {
	return weir.Usage{
		Passage: weir.Passage{Of: weir.Ref{Noun: weir.NounProduct, UID: of}, Who: weir.Ref{Noun: weir.NounApplication, UID: who, Name: name}, Direction: d, How: weir.ByGateway},
		Records: 7, Bytes: 70, First: at, Last: at.Add(time.Hour),
	}
}

// tell prints a picture: the boxes by how far away they are, then what is between
// them.
func tell(p *lineage.Picture) string {
	var b strings.Builder
	name := func(n *lineage.Node) string {
		if n.Closed {
			return fmt.Sprintf("closed %d", n.Count)
		}
		return fmt.Sprintf("%s %s", n.Thing.Noun, n.Thing.Name)
	}
	for _, n := range p.Nodes {
		fmt.Fprintf(&b, "%d %s %s\n", n.Depth, name(n), strings.Join(n.Fields, ","))
	}
	for _, e := range p.Edges {
		var known []string
		for _, v := range e.Evidence {
			known = append(known, string(v.How)+" "+string(v.What))
		}
		fmt.Fprintf(&b, "%s -> %s: %s\n", name(e.From), name(e.To), strings.Join(known, ", "))
	}
	for _, f := range p.Fields {
		fmt.Fprintf(&b, "%s#%s -> %s#%s direct=%v %s\n", name(f.From), f.FromField, name(f.To), f.ToField, f.Direct, f.Masked)
	}
	return b.String()
}

func walk(t *testing.T, g *lineage.Graph, q lineage.Question) *lineage.Picture {
	t.Helper()
	if q.Viewer == nil {
		q.Viewer = viewer{}
	}
	p, ok := g.Walk(q)
	if !ok {
		t.Fatal("there is no such thing")
	}
	return p
}

func reached(p *lineage.Picture) []string {
	var out []string
	for _, n := range p.Nodes[1:] {
		switch {
		case n.Closed:
			out = append(out, "closed")
		default:
			out = append(out, string(n.Thing.Noun)+" "+n.Thing.Name+"#"+strings.Join(n.Fields, ","))
		}
	}
	slices.Sort(out)
	return out
}

// TestColumnUsedOnlyInAFilter: a field that no column shows and a condition asks
// for decides which rows there are, so all of the result depends on it, and so
// does what is made of that.
func TestColumnUsedOnlyInAFilter(t *testing.T) {
	t.Parallel()
	p := walk(t, graph(), lineage.Question{Of: trades, Field: "price", Down: true})
	want := []string{
		"application fraud#", "product market.big#", "product market.names#", "product market.open#", "product market.secret#",
		"query market.big#", "query market.names#", "query market.open#", "query market.secret#",
	}
	if diff := cmp.Diff(want, reached(p)); diff != "" {
		t.Error(diff)
	}
	var all []string
	for _, f := range p.Fields {
		all = append(all, f.FromField+">"+f.ToField)
	}
	if !slices.Contains(all, "price>") {
		t.Errorf("no edge of the condition: %v", all)
	}
	up := walk(t, graph(), lineage.Question{Of: big, Field: "id", Up: true})
	if diff := cmp.Diff([]string{"product market.trades#id,price", "query market.big#"}, reached(up)); diff != "" {
		t.Error(diff)
	}
}

// TestOneField goes along the fields alone that a query makes of the one asked
// about: parts of it, and what it is a part of, too.
func TestOneField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of    weir.UID
		field string
		up    bool
		want  []string
	}{
		{trades, "trader", false, []string{"product market.big#who", "query market.big#", "application fraud#"}},
		{trades, "trader.name.first", false, []string{"product market.big#who", "query market.big#", "application fraud#"}},
		{trades, "traders", false, nil},
		{trades, "volume", false, nil},
		{users, "name", false, []string{"application fraud#", "product market.names#name", "query market.names#"}},
		{users, "id", false, []string{"product market.names#", "query market.names#"}},
		{names, "name", true, []string{"product market.users#id,name", "query market.names#"}},
		{open, "id", true, []string{"product market.big#id", "product market.secret#hush", "product market.trades#id,price", "query market.big#", "query market.open#", "query market.secret#"}},
	} {
		got := reached(walk(t, graph(), lineage.Question{Of: c.of, Field: c.field, Up: c.up, Down: !c.up}))
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.field, diff)
		}
	}
}

// TestSeenByTrafficAlone: an application that nobody allowed and that declared
// nothing depends on what it was counted reading, and so does what it writes.
func TestSeenByTrafficAlone(t *testing.T) {
	t.Parallel()
	counted := lineage.NewTraffic([]weir.Usage{usage(big, auditor, "auditor", weir.Reading), usage(users, auditor, "auditor", weir.Writing)})
	p := walk(t, graph(), lineage.Question{Of: trades, Field: "id", Down: true, Traffic: counted})
	got := reached(p)
	for _, want := range []string{"application auditor#", "product market.users#"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not in %v", want, got)
		}
	}
	for _, e := range p.Edges {
		if e.To.Thing.Name == "auditor" && (e.Evidence[0].How != lineage.ByTraffic || !e.Last().Equal(at.Add(time.Hour)) || e.Evidence[0].Records != 7) {
			t.Errorf("%+v", e.Evidence)
		}
	}
}

// TestInvisibleIsAClosedBox: of what the viewer may not know there is a box without
// a name, a domain or fields, and the way goes on through it.
func TestInvisibleIsAClosedBox(t *testing.T) {
	t.Parallel()
	see := viewer{blind: map[weir.UID]bool{secret: true, qSecret: true, qOpen: true}}
	p := walk(t, graph(), lineage.Question{Of: big, Field: "id", Down: true, Viewer: see})
	text := tell(p)
	for _, not := range []string{"secret", "hush"} {
		if strings.Contains(text, not) || strings.Contains(fmt.Sprintf("%+v", p.Nodes), not) {
			t.Errorf("%s is told in:\n%s", not, text)
		}
	}
	if !slices.Contains(reached(p), "product market.open#id") {
		t.Errorf("the way ends at the closed box:\n%s", text)
	}
	for _, n := range p.Nodes {
		if n.Closed && (n.Thing.Name != "" || !n.Thing.UID.IsZero() || n.Domain != "" || n.Fields != nil) {
			t.Errorf("a closed box says %+v", n)
		}
	}
	if p := walk(t, graph(), lineage.Question{Of: secret, Up: true, Down: true, Viewer: see}); p.Nodes[0].Closed != true {
		t.Error("what is asked about is told, though it may not be known")
	}
}

// TestReadersOfOthersAreCounted: who may watch neither the product nor the
// application sees that there are readers, and how much they read, and nothing of
// who they are or what else they do.
func TestReadersOfOthersAreCounted(t *testing.T) {
	t.Parallel()
	counted := lineage.NewTraffic([]weir.Usage{
		usage(big, auditor, "auditor", weir.Reading), usage(big, fraud, "fraud", weir.Reading), usage(users, auditor, "auditor", weir.Writing),
		{Passage: weir.Passage{Of: weir.Ref{UID: big}, Direction: weir.Reading, How: weir.ByHTTP}, Records: 1, First: at, Last: at},
	})
	see := viewer{unseen: map[weir.UID]bool{big: true, users: true, auditor: true, fraud: true, domain: true}}
	p := walk(t, graph(), lineage.Question{Of: big, Down: true, Depth: 1, Traffic: counted, Viewer: see})
	text := tell(p)
	if strings.Contains(text, "auditor") || strings.Contains(text, "fraud") || !strings.Contains(text, "closed 3") {
		t.Errorf("got:\n%s", text)
	}
	for _, e := range p.Edges {
		if e.To.Closed && e.Evidence[0].Records+e.Evidence[len(e.Evidence)-1].Records < 15 {
			t.Errorf("%+v", e.Evidence)
		}
	}
	// The owner of users sees that somebody writes it, and not what they read.
	see = viewer{unseen: map[weir.UID]bool{big: true, auditor: true, fraud: true, domain: true}}
	up := tell(walk(t, graph(), lineage.Question{Of: users, Up: true, Traffic: counted, Viewer: see}))
	if !strings.Contains(up, "application auditor") || strings.Contains(up, "market.big") || !strings.Contains(up, "closed 1") {
		t.Errorf("got:\n%s", up)
	}
}

// TestWhatIsTakenBackIsForgotten: an edge lasts as long as what says it.
func TestWhatIsTakenBackIsForgotten(t *testing.T) {
	t.Parallel()
	g := graph()
	g.Drop(weir.Ref{Noun: weir.NounAccess, UID: uid(50)})
	g.Drop(weir.Ref{Noun: weir.NounPlan, UID: uid(51)})
	g.Drop(weir.Ref{Noun: weir.NounQuery, UID: qNames})
	if got := reached(walk(t, g, lineage.Question{Of: users, Down: true})); len(got) > 0 {
		t.Errorf("users still reaches %v", got)
	}
	g.Drop(weir.Ref{Noun: weir.NounProduct, UID: users})
	if _, ok := g.Find(weir.Ref{Noun: weir.NounProduct, Name: "market.users"}); ok {
		t.Error("a product that is gone is found")
	}
	g.Put(product(uid(16), "market.users"))
	if got := reached(walk(t, g, lineage.Question{Of: uid(16), Up: true, Down: true})); len(got) > 0 {
		t.Errorf("a product of the same name inherits %v", got)
	}
}

// TestWhereItComesFrom: the topic or stream that was published, and the schemas in
// common.
func TestWhereItComesFrom(t *testing.T) {
	t.Parallel()
	g := graph()
	raw, topic := uid(60), uid(61)
	g.Put(&weir.Stream{UID: raw, Name: "market._private.raw", Domain: domain})
	p := product(trades, "market.trades")
	p.Published = &weir.Publication{Topic: "market._private.raw", Stream: raw, At: at}
	g.Put(p)
	g.Put(&weir.Topic{UID: topic, Name: "orders", Domain: domain, Of: users, Adopted: true})
	u := product(users, "market.users")
	u.Published = &weir.Publication{Topic: "orders", At: at}
	g.Put(u)
	g.Put(&weir.Schema{UID: uid(70), ID: 7})
	for i, s := range []string{"market._private.raw-value", "orders-value"} {
		g.Put(&weir.Subject{UID: uid(71, byte(i)), Name: s, Versions: []weir.SubjectVersion{{Version: 1, Schema: uid(70), ID: 7}}})
	}
	got := walk(t, g, lineage.Question{Of: trades, Up: true})
	if diff := cmp.Diff([]string{"schema 7#", "stream market._private.raw#"}, reached(got)); diff != "" {
		t.Error(diff)
	}
	for _, n := range got.Nodes {
		if n.Thing.Noun == weir.NounSchema && !slices.Equal(n.Shared, []string{"market.trades", "market.users"}) {
			t.Errorf("the schema is shared by %v", n.Shared)
		}
	}
	if diff := cmp.Diff([]string{"schema 7#", "topic orders#"}, reached(walk(t, g, lineage.Question{Of: users, Up: true}))); diff != "" {
		t.Error(diff)
	}
}

// TestBounds: as far as was asked, and no more boxes than there may be.
func TestBounds(t *testing.T) {
	t.Parallel()
	if got := reached(walk(t, graph(), lineage.Question{Of: trades, Down: true, Depth: 1})); !slices.Equal(got, []string{"product market.big#", "query market.big#"}) {
		t.Errorf("one away are %v", got)
	}
	p := walk(t, graph(), lineage.Question{Of: trades, Down: true, Most: 4})
	if len(p.Nodes) != 4 || p.LeftOut == 0 {
		t.Errorf("%d boxes, %d left out", len(p.Nodes), p.LeftOut)
	}
}

// TestLoops: what reads what it writes ends, too.
func TestLoops(t *testing.T) {
	t.Parallel()
	counted := lineage.NewTraffic([]weir.Usage{usage(big, auditor, "auditor", weir.Reading), usage(trades, auditor, "auditor", weir.Writing)})
	p := walk(t, graph(), lineage.Question{Of: trades, Field: "id", Up: true, Down: true, Traffic: counted})
	if len(p.Nodes) < 8 {
		t.Errorf("%s", tell(p))
	}
}

// large is a graph of 10,000 nodes and 50,000 edges: products and queries in
// layers, and applications that read.
func large(tb testing.TB) (*lineage.Graph, *lineage.Traffic, []weir.UID) {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	g := lineage.New()
	g.Put(&weir.Team{UID: team, Name: "desk"})
	g.Put(&weir.Domain{UID: domain, Name: "market", Team: team})
	const products, queries, apps = 4000, 3000, 3000
	var all []weir.UID
	for i := range products {
		u := uid(100, byte(i>>8), byte(i))
		all = append(all, u)
		g.Put(product(u, fmt.Sprintf("market.p%d", i)))
	}
	for i := range queries {
		makes := products - queries + i
		q := query(uid(101, byte(i>>8), byte(i)), all[makes], fmt.Sprintf("market.p%d", makes), nil)
		q.Application = uid(103, byte(i>>8), byte(i))
		for n := range 4 {
			q.Inputs = append(q.Inputs, all[r.IntN(makes)])
			for c := range 5 {
				q.Lineage = append(q.Lineage, weir.Derivation{Column: fmt.Sprint("f", c), Input: n, Field: fmt.Sprint("f", r.IntN(5)), Direct: c > 0})
			}
		}
		g.Put(q)
	}
	var counted []weir.Usage
	for i := range apps {
		u := uid(102, byte(i>>8), byte(i))
		g.Put(&weir.Application{UID: u, Name: fmt.Sprint("app", i), Team: team})
		for range 11 {
			counted = append(counted, usage(all[r.IntN(products)], u, fmt.Sprint("app", i), weir.Reading))
		}
		counted = append(counted, usage(all[r.IntN(products)], u, fmt.Sprint("app", i), weir.Writing))
	}
	return g, lineage.NewTraffic(counted), all
}

// threadTime is how long the thread of the test was on a core: what others do
// with the machine is not in it.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	const thread = 1 // RUSAGE_THREAD
	var r syscall.Rusage
	if err := syscall.Getrusage(thread, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkImpact10k is the impact of a field of each product in turn; p99 is told
// beside the mean, of the clock and of the core.
func BenchmarkImpact10k(b *testing.B) {
	g, counted, all := large(b)
	nodes, edges := g.Size()
	var took, busy []time.Duration
	var most int
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := 0; b.Loop(); i++ {
		begun, used := time.Now(), threadTime(b)
		p, _ := g.Walk(lineage.Question{Of: all[i*37%len(all)], Field: fmt.Sprint("f", i%5), Down: true, Plain: true, Traffic: counted, Viewer: viewer{}})
		took, busy = append(took, time.Since(begun)), append(busy, threadTime(b)-used)
		most = max(most, len(p.Nodes))
	}
	slices.Sort(took)
	slices.Sort(busy)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(float64(busy[len(busy)*99/100].Microseconds())/1000, "cpu-ms-p99")
	b.ReportMetric(float64(most), "boxes-most")
	b.ReportMetric(float64(nodes), "nodes")
	b.ReportMetric(float64(edges)+36000, "edges")
}
