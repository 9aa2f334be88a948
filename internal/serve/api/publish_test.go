package api_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/registry"
)

// beside is what a cluster holds that is not the mesh's, and who read what.
type beside struct {
	*lines
	mu     sync.Mutex
	topics weir.Topics
	usage  map[weir.UID][]weir.Usage // by product
	asked  []weir.UsageQuery
}

func (b *beside) Topics(context.Context) (weir.Topics, error) { return b.topics, nil }

func (b *beside) Usage(_ context.Context, q weir.UsageQuery) ([]weir.Usage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, q)
	return b.usage[q.Of], nil
}

// read says that applications read a product a moment ago.
func (m *mesh) read(p client.Product, apps ...client.Application) {
	m.t.Helper()
	of, err := weir.ParseUID(p.UID)
	must(m.t, err)
	m.beside.mu.Lock()
	defer m.beside.mu.Unlock()
	m.beside.usage = map[weir.UID][]weir.Usage{}
	for _, a := range apps {
		who, err := weir.ParseUID(a.UID)
		must(m.t, err)
		m.beside.usage[of] = append(m.beside.usage[of], weir.Usage{
			Passage: weir.Passage{Who: weir.Ref{Noun: weir.NounApplication, UID: who, Name: a.Name}}, Records: 7, Last: time.Unix(1000, 0),
		})
	}
}

// stage is a domain edge with a private stream that has a record, and an
// application of another team.
func stage(t *testing.T) (*mesh, client.Application) {
	t.Helper()
	m := newMesh(t)
	m.domain("edge")
	m.domain("shop")
	m.lines.add("{}")
	_, err := m.admin.CreateStream(t.Context(), client.NewStream{Name: "edge._private.clicks", Partitions: 2, Retention: "7d"})
	must(t, err)
	return m, m.app("reader", "shop")
}

func (m *mesh) app(name, team string) client.Application {
	m.t.Helper()
	a, err := m.admin.CreateApplication(m.t.Context(), client.NewApplication{Name: name, Team: team})
	must(m.t, err)
	got, err := m.admin.Application(m.t.Context(), a.Name)
	must(m.t, err)
	return got
}

// clicks publishes the stream with all that is needed.
func clicks() client.NewPublication {
	return client.NewPublication{
		As: "edge.clicks", Owner: "admin", Description: "Every click", Encoding: "json", AcceptTerms: true,
		Telling: client.Telling{Quality: ptr("curated"), SLA: ptr("tier-2")},
	}
}

func (m *mesh) publish(n client.NewPublication, o ...client.Option) client.Product {
	m.t.Helper()
	p, err := m.admin.Publish(m.t.Context(), "edge._private.clicks", n, o...)
	must(m.t, err)
	return p
}

func TestWhatIsMissingIsToldAtOnce(t *testing.T) {
	t.Parallel()
	m, _ := stage(t)
	_, err := m.admin.Publish(t.Context(), "edge._private.clicks", client.NewPublication{As: "edge.clicks"})
	refused(t, err, 400, "6 things are missing", "--owner PERSON", "--description TEXT", "--quality", "--sla", "--schema FILE", "--accept-terms")
	var p *client.Problem
	if !asProblem(err, &p) || len(p.Errors) != 6 || p.Errors[0].Location != "owner" {
		t.Errorf("each missing part has its field: %+v", p)
	}
	for missing, without := range map[string]func(*client.NewPublication){
		"--owner":         func(n *client.NewPublication) { n.Owner = "" },
		"--description":   func(n *client.NewPublication) { n.Description = " \n" },
		"--quality":       func(n *client.NewPublication) { n.Quality = nil },
		"--sla":           func(n *client.NewPublication) { n.SLA = ptr("") },
		"--schema":        func(n *client.NewPublication) { n.Encoding = "" },
		"--schema FILE":   func(n *client.NewPublication) { n.Encoding = "avro" },
		"--accept-terms":  func(n *client.NewPublication) { n.AcceptTerms = false },
		"--encoding avro": func(n *client.NewPublication) { n.Encoding, n.Schema = "", `"string"` },
	} {
		n := clicks()
		without(&n)
		_, err := m.admin.Publish(t.Context(), "edge._private.clicks", n)
		refused(t, err, 400, "1 thing is missing", missing)
	}
	if got, err := m.admin.Products(t.Context(), "edge"); err != nil || len(got) != 0 {
		t.Errorf("nothing is published of what was refused: %v %v", got, err)
	}
}

func TestATopicWithoutRecordsWantsAReason(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("edge")
	_, err := m.admin.CreateStream(t.Context(), client.NewStream{Name: "edge._private.clicks"})
	must(t, err)
	_, err = m.admin.Publish(t.Context(), "edge._private.clicks", clicks())
	refused(t, err, 400, "no record in it", "--reason TEXT")
	if p := m.publish(clicks(), client.Reason("It begins on Monday")); p.Published.Reason != "It begins on Monday" {
		t.Errorf("the reason is kept: %+v", p.Published)
	}
}

// TestTermsAreStored: who accepted which terms, and when, stands in the ledger
// for ever, whatever the terms become.
func TestTermsAreStored(t *testing.T) {
	t.Parallel()
	m, _ := stage(t)
	first, err := m.admin.SetPublishingTerms(t.Context(), "Be kind.")
	must(t, err)
	before := time.Now()
	p := m.publish(clicks())
	if p.Published == nil || p.Published.Terms != first.SHA256 || p.Published.By != "admin" || p.Published.At.Before(before.Add(-time.Second)) {
		t.Fatalf("published %+v, with the terms %s", p.Published, first.SHA256)
	}
	_, err = m.admin.SetPublishingTerms(t.Context(), "Be kinder.")
	must(t, err)
	again, err := m.admin.Product(t.Context(), "edge.clicks")
	must(t, err)
	if again.Published.Terms != first.SHA256 {
		t.Error("what was accepted changed with the terms")
	}
	texts := map[weir.UID]string{}
	var stored *weir.Publication
	m.entries(0, func(e weir.Entry) {
		for _, c := range e.Changes {
			switch entity, err := weir.DecodeEntity(c.Ref.Noun, c.Body); e := entity.(type) {
			case *weir.Text:
				texts[e.UID] = e.Body
			case *weir.Product:
				stored = e.Published
			default:
				must(t, err)
			}
		}
	})
	if stored == nil || texts[stored.Terms] != "Be kind." || stored.By.Name != "admin" || stored.At.IsZero() {
		t.Errorf("the ledger says %+v, which is the text %q", stored, texts[stored.Terms])
	}
}

func TestTheTermsAcceptedAreThoseShown(t *testing.T) {
	t.Parallel()
	m, _ := stage(t)
	shown, err := m.admin.PublishingTerms(t.Context())
	must(t, err)
	if !shown.Default || !strings.Contains(shown.Text, "Terms of publishing") || shown.SHA256 != weir.TextName(shown.Text) {
		t.Errorf("the terms before any were set: %+v", shown)
	}
	_, err = m.admin.SetPublishingTerms(t.Context(), "Other ones.")
	must(t, err)
	n := clicks()
	n.AcceptedTerms = shown.SHA256
	_, err = m.admin.Publish(t.Context(), "edge._private.clicks", n)
	refused(t, err, 409, "not those that you accepted", "weir mesh terms")
	back, err := m.admin.SetPublishingTerms(t.Context(), "")
	must(t, err)
	if diff := cmp.Diff(shown, back); diff != "" {
		t.Error("an empty text brings the default back: " + diff)
	}
	m.publish(n)
	_, err = m.person("carl").SetPublishingTerms(t.Context(), "Mine.")
	refused(t, err, 403, "mesh admin")
}

func TestPublishingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	m, _ := stage(t)
	n := clicks()
	n.Encoding, n.Schema, n.Tags = "json-schema", `{"type":"object","properties":{"page":{"type":"string"}}}`, []string{"area:web"}
	first := m.publish(n)
	head := m.ledger.Head()
	if diff := cmp.Diff(first, m.publish(n)); diff != "" {
		t.Error(diff)
	}
	if m.ledger.Head() != head {
		t.Error("the second time wrote an entry")
	}
	n.Schema = `{"type":"object","properties":{"page":{"type":"integer"}}}`
	_, err := m.admin.Publish(t.Context(), "edge._private.clicks", n)
	refused(t, err, 409, "differs in schema", "weir product edit edge.clicks")
	n.As = "edge.other"
	_, err = m.admin.Publish(t.Context(), "edge._private.clicks", n)
	refused(t, err, 409, "is published as edge.clicks already", "weir product unpublish edge.clicks")
}

// TestTakingBackLeavesTheTopicAsItWas: the stream has its topic and its subjects
// again, what was allowed and the roles are gone, and publishing again works.
func TestTakingBackLeavesTheTopicAsItWas(t *testing.T) {
	t.Parallel()
	m, reader := stage(t)
	carl := m.person("carl")
	n := clicks()
	n.Encoding, n.Schema, n.Access = "avro", users, "request"
	p := m.publish(n)
	if p.Partitions != 2 || p.Retention != "7d" || p.Status.Topic != "ready" {
		t.Errorf("partitions and retention are the topic's: %+v", p)
	}
	_, err := m.admin.Allow(t.Context(), "edge.clicks", reader.Name)
	must(t, err)
	_, err = m.admin.AddRole(t.Context(), client.Role{Role: "product-owner", Person: "carl", On: "edge.clicks"})
	must(t, err)
	_, err = m.admin.EditProduct(t.Context(), "edge.clicks", client.ProductEdit{Partitions: ptr(3), Retention: ptr("9d")})
	must(t, err)
	who := weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, UID: weir.UID{9}}}
	seen := func() bool {
		_, err := m.registry.Fields(t.Context(), who, "edge._private.clicks-value", -1)
		return err == nil
	}
	if !seen() {
		t.Error("everybody sees the schema of a published stream")
	}

	u, err := carl.Unpublish(t.Context(), "edge.clicks")
	must(t, err)
	if u.Stream != "edge._private.clicks" || len(u.Readers) != 1 || u.Readers[0].Application != "reader" || !u.Readers[0].Allowed {
		t.Errorf("taken back: %+v", u)
	}
	s, err := m.admin.Stream(t.Context(), "edge._private.clicks")
	must(t, err)
	top, err := m.admin.Topic(t.Context(), "edge._private.clicks")
	must(t, err)
	if s.Partitions != 3 || s.Retention != "9d" || s.Published != "" || top.Of != s.Name {
		t.Errorf("the stream is %+v, its topic %+v", s, top)
	}
	if seen() {
		t.Error("everybody sees the schema of a private stream")
	}
	if left, err := m.admin.Accesses(t.Context(), "", "reader"); err != nil || len(left) != 0 {
		t.Errorf("allowed still: %v %v", left, err)
	}
	n.As = "edge.again"
	if p := m.publish(n); p.Subjects[len(p.Subjects)-1].Version != 1 || !seen() {
		t.Errorf("published again with the schema that it had: %+v", p.Subjects)
	}
}

// TestReadersAreNamedAndTold: who takes a product back is told who read it in the
// last 30 days, the entry names them, and a member of their team finds that it is
// about their application, without what else changed.
func TestReadersAreNamedAndTold(t *testing.T) {
	t.Parallel()
	m, reader := stage(t)
	ann, stranger := m.person("ann", "shop"), m.person("stranger")
	p := m.publish(clicks())
	own := m.app("own", "edge")
	m.read(p, reader, own)
	got, err := m.admin.ProductReaders(t.Context(), "edge.clicks")
	must(t, err)
	want := []client.ProductReader{
		{Application: "own", Team: "edge", Last: time.Unix(1000, 0).UTC(), Records: 7, Own: true},
		{Application: "reader", Team: "shop", Last: time.Unix(1000, 0).UTC(), Records: 7},
	}
	for i := range got {
		got[i].Last = got[i].Last.UTC()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if q := m.beside.asked[len(m.beside.asked)-1]; q.Direction != weir.Reading || time.Since(q.From).Round(time.Hour) != 30*24*time.Hour {
		t.Errorf("asked for %+v", q)
	}
	_, err = ann.ProductReaders(t.Context(), "edge.clicks")
	refused(t, err, 403)
	_, err = ann.Unpublish(t.Context(), "edge.clicks")
	refused(t, err, 403)

	_, err = m.admin.Unpublish(t.Context(), "edge.clicks", client.Reason("Too early"))
	must(t, err)
	about := client.EntryFilter{About: "application/reader"}
	told, err := ann.Entries(t.Context(), about)
	must(t, err)
	i := slices.IndexFunc(told, func(e client.Entry) bool { return e.What == "product.unpublish" })
	if i < 0 || told[i].Words != "took back edge.clicks, which application reader reads" || told[i].Why != "Too early" || len(told[i].Changes) != 0 {
		t.Errorf("a member of the reader's team is told %+v", told)
	}
	if others, err := stranger.Entries(t.Context(), about); err != nil || slices.ContainsFunc(others, func(e client.Entry) bool { return e.What == "product.unpublish" }) {
		t.Errorf("others are told %+v %v", others, err)
	}
	m.entries(0, func(e weir.Entry) {
		var names struct{ Readers []string }
		if e.Op == "product.unpublish" && e.Refusal == nil && (json.Unmarshal(e.Events[0].Data, &names) != nil || !slices.Equal(names.Readers, []string{"own", "reader"})) {
			t.Errorf("the entry names %v", names.Readers)
		}
	})
}

// TestDeprecatedIsForThoseWhoReadIt: who read an open product in the last 30 days
// is allowed in the same entry, somebody new is refused with the successor, and
// activating opens it again.
func TestDeprecatedIsForThoseWhoReadIt(t *testing.T) {
	t.Parallel()
	m, reader := stage(t)
	late := m.app("late", "shop")
	p := m.publish(clicks())
	_, err := m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "edge.taps"})
	must(t, err)
	_, err = m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "edge.hidden", Visibility: "domain"})
	must(t, err)
	m.read(p, reader, m.app("own", "edge"))
	head := m.ledger.Head()
	got, err := m.admin.Deprecate(t.Context(), "edge.clicks", client.Deprecation{Successor: "edge.taps"})
	must(t, err)
	if got.Lifecycle != "deprecated" || got.Successor != "edge.taps" || m.ledger.Head().Offset != head.Offset+1 {
		t.Errorf("deprecated in %d entries: %s, %s", m.ledger.Head().Offset-head.Offset, got.Lifecycle, got.Successor)
	}
	allowed, err := m.admin.Accesses(t.Context(), "edge.clicks", "")
	must(t, err)
	if len(allowed) != 1 || allowed[0].Application != "reader" {
		t.Errorf("allowed: %+v", allowed)
	}
	_, err = m.admin.Allow(t.Context(), "edge.clicks", late.Name)
	refused(t, err, 409, "edge.clicks is deprecated", "use its successor: edge.taps")
	_, err = m.person("carl").Deprecate(t.Context(), "edge.clicks", client.Deprecation{})
	refused(t, err, 403)
	for successor, why := range map[string]string{"edge.clicks": "is the same", "edge.hidden": "not everybody", "edge.nothing": "there is no product"} {
		_, err = m.admin.Deprecate(t.Context(), "edge.clicks", client.Deprecation{Successor: successor})
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("the successor %s: %v, want %q", successor, err, why)
		}
	}
	again, err := m.admin.Activate(t.Context(), "edge.clicks")
	must(t, err)
	if again.Lifecycle != "active" || again.Successor != "" {
		t.Errorf("active again: %s, %s", again.Lifecycle, again.Successor)
	}
	_, err = m.admin.Allow(t.Context(), "edge.clicks", late.Name)
	must(t, err)
}

// TestPeopleGoOnReadingWhatIsDeprecated: a person who read an open product over
// HTTP in the last 30 days goes on; another one is refused with the successor's
// name; retiring ends it for both, and nobody is told who goes on.
func TestPeopleGoOnReadingWhatIsDeprecated(t *testing.T) {
	t.Parallel()
	m, _ := stage(t)
	p := m.publish(clicks())
	_, err := m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "edge.taps"})
	must(t, err)
	ana, bob := m.person("ana"), m.person("bob")
	reads := func(c *client.Client) error {
		_, err := c.Look(t.Context(), "edge.clicks", client.ReadRecords{From: "earliest"}, client.Look{Rows: 1, Bytes: 1000, For: 5 * time.Second})
		return err
	}
	must(t, reads(ana))
	must(t, reads(bob))
	of, err := weir.ParseUID(p.UID)
	must(t, err)
	me, err := ana.Person(t.Context(), "ana")
	must(t, err)
	who, err := weir.ParseUID(me.UID)
	must(t, err)
	m.beside.mu.Lock()
	one := weir.Usage{Passage: weir.Passage{Who: weir.Ref{Noun: weir.NounPerson, UID: who, Name: "ana"}, How: weir.ByHTTP}, Records: 1, Last: time.Unix(1000, 0)}
	m.beside.usage = map[weir.UID][]weir.Usage{of: {one, one, {Passage: weir.Passage{How: weir.ByHTTP}}}}
	m.beside.mu.Unlock()
	_, err = m.admin.Deprecate(t.Context(), "edge.clicks", client.Deprecation{Successor: "edge.taps"})
	must(t, err)
	// Deprecated once more when nobody is counted any more: who goes on stays.
	m.beside.mu.Lock()
	m.beside.usage = nil
	m.beside.mu.Unlock()
	_, err = m.admin.Deprecate(t.Context(), "edge.clicks", client.Deprecation{})
	must(t, err)
	_, err = m.admin.Deprecate(t.Context(), "edge.clicks", client.Deprecation{Successor: "edge.taps"})
	must(t, err)
	if err := reads(ana); err != nil {
		t.Errorf("who read it before: %v", err)
	}
	refused(t, reads(bob), 403, "edge.clicks is deprecated", "use its successor: edge.taps")
	for _, path := range []string{"/products/edge.clicks", "/products", "/audit?about=product/edge.clicks"} {
		if status, body := m.raw("GET", path, "", nil); status == 200 && strings.Contains(body, me.UID) {
			t.Errorf("%s tells who goes on", path)
		}
	}
	_, err = m.admin.Retire(t.Context(), "edge.clicks")
	must(t, err)
	refused(t, reads(ana), 403, "edge.clicks is retired")
	_, err = m.admin.Activate(t.Context(), "edge.clicks")
	must(t, err)
	must(t, reads(bob))
}

// TestATopicOfTheClusterIsAdopted: a mesh admin alone sees and publishes what the
// mesh did not make; it is never changed, and forgotten when it is taken back.
func TestATopicOfTheClusterIsAdopted(t *testing.T) {
	t.Parallel()
	m, _ := stage(t)
	id := weir.TopicID{1, 2}
	m.beside.topics = weir.Topics{
		"Orders_1": {Name: "Orders_1", ID: id, Partitions: 5}, "_weir.x": {Name: "_weir.x"}, "__share_group_state": {Name: "__share_group_state"},
		"edge._private.clicks": {Name: "edge._private.clicks", Partitions: 2}, "huge": {Name: "huge", ID: id, Partitions: 500},
	}
	eve := m.person("eve", "edge")
	list := func(c *client.Client) (names []string) {
		all, err := c.UnpublishedTopics(t.Context(), "")
		must(t, err)
		for _, x := range all {
			names = append(names, x.Name)
		}
		return names
	}
	if got := list(m.admin); !slices.Equal(got, []string{"Orders_1", "edge._private.clicks", "huge"}) {
		t.Errorf("the admin sees %v", got)
	}
	if got := list(eve); !slices.Equal(got, []string{"edge._private.clicks"}) {
		t.Errorf("a member of the domain's team sees %v", got)
	}
	if got := list(m.person("carl", "shop")); len(got) != 0 {
		t.Errorf("others see %v", got)
	}
	n := clicks()
	n.As = "edge.orders"
	for topic, c := range map[string]struct {
		by     *client.Client
		status int
		why    string
	}{
		"Orders_1": {eve, 403, "mesh admin"}, "Nothing": {eve, 403, "mesh admin"}, "None": {m.admin, 404, "weir topic list --unpublished"},
		"_weir.x": {m.admin, 400, "own use"}, "__share_group_state": {m.admin, 400, "own use"},
	} {
		_, err := c.by.Publish(t.Context(), topic, n)
		refused(t, err, c.status, c.why)
	}
	huge := n
	huge.As = "edge.huge"
	p, err := m.admin.Publish(t.Context(), "huge", huge)
	must(t, err)
	if p.Partitions != 500 {
		t.Errorf("it has %d partitions, more than Weir would make", p.Partitions)
	}
	p, err = m.admin.Publish(t.Context(), "Orders_1", n)
	must(t, err)
	if p.Partitions != 5 || p.Retention != "" || p.Published.Topic != "Orders_1" || p.Published.Stream != "" || p.Topic != "edge.orders.v1" || p.Status.Topic != "ready" {
		t.Errorf("published %+v", p)
	}
	if got := list(m.admin); slices.Contains(got, "Orders_1") {
		t.Errorf("published, and in the list still: %v", got)
	}
	top, err := m.admin.Topic(t.Context(), "Orders_1")
	must(t, err)
	if top.ID != id.String() || top.Of != "edge.orders" {
		t.Errorf("its topic is %+v", top)
	}
	_, err = eve.EditProduct(t.Context(), "edge.orders", client.ProductEdit{Retention: ptr("1d")})
	refused(t, err, 400, "not made by Weir")
	_, err = m.admin.DeleteProduct(t.Context(), "edge.orders", true)
	refused(t, err, 409, "weir product unpublish edge.orders")
	_, err = eve.Unpublish(t.Context(), "edge.orders")
	must(t, err)
	_, err = m.admin.Topic(t.Context(), "Orders_1")
	refused(t, err, 404)
	if got := list(m.admin); !slices.Contains(got, "Orders_1") {
		t.Errorf("taken back, and not in the list: %v", got)
	}
}

// TestWhatOneMayNotPublishIsNotTold: a private stream of another domain does not
// exist, whatever is missing or wrong.
func TestWhatOneMayNotPublishIsNotTold(t *testing.T) {
	t.Parallel()
	m, _ := stage(t)
	carl := m.person("carl", "shop")
	n := clicks()
	n.As = "shop.clicks"
	for _, change := range []func(*client.NewPublication){
		func(*client.NewPublication) {}, func(n *client.NewPublication) { n.Owner, n.AcceptTerms = "", false },
		func(n *client.NewPublication) { n.Encoding, n.Schema = "avro", users },
	} {
		try := n
		change(&try)
		_, there := carl.Publish(t.Context(), "edge._private.clicks", try)
		_, none := carl.Publish(t.Context(), "edge._private.nothing", try)
		refused(t, there, 404)
		if a, b := strings.ReplaceAll(there.Error(), "clicks", "X"), strings.ReplaceAll(none.Error(), "nothing", "X"); a != b {
			t.Errorf("a stream that is there: %s; one that is not: %s", a, b)
		}
	}
}

func asProblem(err error, p **client.Problem) bool {
	got, ok := err.(*client.Problem)
	*p = got
	return ok
}

// keeper is the catalogue for the registry, which is made before it.
type keeper struct{ *catalog.Catalog }

// TestASchemaKeepsPolicies: what a policy refuses of a published product cannot
// come by a schema either, under no name; what it does not refuse can.
func TestASchemaKeepsPolicies(t *testing.T) {
	t.Parallel()
	m, _ := stage(t)
	n := clicks()
	n.Encoding, n.Access = "json-schema", "open"
	n.Schema = `{"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer"}}}`
	m.publish(n)
	register := func(subject, properties string) error {
		_, err := m.registry.Register(t.Context(), weirs, registry.Registration{
			Subject: subject, Format: weir.FormatJSON, Text: `{"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer"}` + properties + `}}`,
		})
		return err
	}
	for _, subject := range []string{"edge.clicks.v1-value", "edge._private.clicks-value"} {
		err := register(subject, `,"email":{"type":"string","confluent:tags":["PII"]}`)
		if !weir.AgainstPolicy.In(err) || !strings.Contains(err.Error(), "open-when-published") {
			t.Errorf("%s: a personal field of an open product: %v", subject, err)
		}
	}
	must(t, register("edge.clicks.v1-value", `,"page":{"type":"string"}`))
	_, err := m.admin.EditProduct(t.Context(), "edge.clicks", client.ProductEdit{Access: ptr("request")})
	must(t, err)
	must(t, register("edge.clicks.v1-value", `,"page":{"type":"string"},"email":{"type":"string","confluent:tags":["PII"]}`))
}
