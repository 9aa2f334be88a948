package records_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/records"
	"github.com/weirmesh/weir/internal/core/rights"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
)

// chain is a mesh with the domain demo and products that queries make of each
// other, over topics in memory.
type chain struct {
	*records.Records
	t      *testing.T
	ledger *ledger.Ledger
	state  *state.State
	live   *reading
	topics topics
	plans  plans
	meter  *meter
	clock  *clock
	uids   map[string]weir.UID // by topic
}

func newChain(t *testing.T, limits records.Limits) *chain {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	l, err := ledger.Open(ctx, filepath.Join(dir, "ledger.db"), ledger.Options{})
	must(t, err)
	s, err := state.Open(ctx, filepath.Join(dir, "state.db"), l, state.Options{})
	must(t, err)
	t.Cleanup(func() { s.Close(); l.Close() })
	c := &chain{
		t: t, ledger: l, state: s, live: &reading{shut: map[string]bool{}, uids: map[string]weir.UID{}}, topics: topics{}, plans: plans{},
		meter: &meter{}, clock: &clock{now: time.Unix(1_800_000_000, 0)},
	}
	c.uids = c.live.uids
	c.Records = records.New(records.Config{
		State: s, Reader: c.topics, Live: c.live, Schemas: none{}, Queries: c.plans, Now: c.clock.Now, Meter: c.meter, Limits: limits,
	})
	return c
}

func uid(of string) (u weir.UID) {
	copy(u[:], of)
	return u
}

// product makes a product with its topic.
func (c *chain) product(name string, visible weir.Visibility) *topic {
	name = "demo." + name
	p := &weir.Product{
		UID: uid(name), Name: name, Domain: domain, Owner: person, Major: 1, Kind: weir.KindStream, Encoding: weir.EncodingJSON, KeyEncoding: weir.KeyString,
		Visibility: visible, Access: weir.AccessOpen, Partitions: 2,
	}
	put(c.t, c.ledger, c.state, p)
	return c.topic(p.Topic(), p.UID)
}

func (c *chain) topic(name string, of weir.UID) *topic {
	put(c.t, c.ledger, c.state, &weir.Topic{UID: uid("t" + name), Name: name, Domain: domain, Of: of, Partitions: 2, Retention: weir.Forever, State: weir.TopicWanted})
	c.uids[name], c.topics[name] = of, newTopic(2)
	return c.topics[name]
}

// query says that a query makes a product, and gives its plan's fingerprint.
func (c *chain) query(name, sql string) string {
	name = "demo." + name
	put(c.t, c.ledger, c.state, &weir.Query{
		UID: uid("q" + name), Name: name, Domain: domain, Product: uid(name), Statement: sql, Wish: weir.QueryRun, Run: 1,
		OnFailure: weir.FailureAside, Epoch: weir.DefaultEpoch, Aside: uid("a" + name),
	})
	plan := &sqlang.Plan{SQL: sql, EventTime: -1, Root: &sqlang.Scan{}, Inputs: []*sqlang.Input{{Name: "demo.in"}}}
	c.plans[name] = plan
	return plan.Fingerprint()
}

// made writes a record that says what it was made of.
func made(t *topic, value, plan string, from ...string) {
	m := weir.Message{Time: time.UnixMilli(0), Key: []byte("k"), Value: []byte(value), Headers: []weir.Header{{Key: weir.HeaderPlan, Value: []byte(plan)}}}
	for _, f := range from {
		m.Headers = append(m.Headers, weir.Header{Key: weir.HeaderFrom, Value: []byte(f)})
	}
	t.put(0, m)
}

func (c *chain) trace(p weir.Principal, name string, offset int64) (*records.Trace, error) {
	return c.Trace(c.t.Context(), p, func(context.Context) (weir.Principal, error) { return p, nil },
		records.Tracing{Of: weir.Ref{Noun: weir.NounProduct, Name: name}, Offset: offset})
}

// ann is of the team that owns the domain, bob is of none.
var (
	ann = weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, UID: person, Name: "ann"}, Teams: []weir.UID{{8}}, Domains: []weir.UID{domain}}
	bob = weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, UID: weir.UID{7}, Name: "bob"}}
)

// tree is a trace as text.
func tree(tr *records.Trace) string {
	var b strings.Builder
	var show func(p *records.Place, indent string)
	show = func(p *records.Place, indent string) {
		fmt.Fprintf(&b, "%s%s %s %s", indent, p.Provenance, p.Of.Name, p.State)
		if p.State == records.PlaceRead {
			fmt.Fprintf(&b, " %s", p.Value)
		}
		if p.Made.Query != "" {
			fmt.Fprintf(&b, " by %s %s", p.Made.Query, []string{"unknown", "current", "another"}[p.Made.Standing])
		}
		if p.Made.Failed != "" {
			fmt.Fprintf(&b, " %s: %s", p.Made.Step, p.Made.Failed)
		}
		if p.Again {
			b.WriteString(" again")
		}
		if p.Why != "" {
			fmt.Fprintf(&b, " (%s)", p.Why)
		}
		b.WriteByte('\n')
		for _, r := range p.Records {
			show(r, indent+"| ")
		}
		for _, f := range p.From {
			show(f, indent+"  ")
		}
		if p.More > 0 {
			fmt.Fprintf(&b, "%s  and %d more\n", indent, p.More)
		}
	}
	show(tr.Root, "")
	return strings.TrimSuffix(b.String(), "\n")
}

func (c *chain) want(p weir.Principal, name string, offset int64, want string) *records.Trace {
	c.t.Helper()
	tr, err := c.trace(p, name, offset)
	must(c.t, err)
	if diff := cmp.Diff(want, tree(tr)); diff != "" {
		c.t.Error(diff)
	}
	return tr
}

// TestTraceOverSeveralQueries: a record leads over two queries to its sources, and
// says of each query whether it would make it the same way now.
func TestTraceOverSeveralQueries(t *testing.T) {
	t.Parallel()
	c := newChain(t, records.Limits{})
	in, big, sums := c.product("in", weir.VisibleMesh), c.product("big", weir.VisibleMesh), c.product("sums", weir.VisibleMesh)
	bigPlan, sumsPlan := c.query("big", "SELECT big"), c.query("sums", "SELECT sums")
	for i := range 6 {
		in.add(int32(i%2), c.clock.now, fmt.Sprintf(`{"n":%d}`, i))
	}
	made(big, `{"n":1}`, bigPlan, "demo.in.v1/1/0")
	made(big, `{"n":4}`, "0123456789abcdef", "demo.in.v1/0/2")
	made(sums, `{"sum":5}`, sumsPlan, "demo.big.v1/0/0-1/2", "demo.in.v1/1/0-2/2")
	tr := c.want(ann, "demo.sums", 0, `demo.sums.v1/0/0 demo.sums read {"sum":5} by demo.sums current
  demo.big.v1/0/0-1/2 demo.big range
  | demo.big.v1/0/0 demo.big read {"n":1} by demo.big current
  |   demo.in.v1/1/0 demo.in read {"n":1} again
  | demo.big.v1/0/1 demo.big read {"n":4} by demo.big another
  |   demo.in.v1/0/2 demo.in read {"n":4}
  demo.in.v1/1/0-2/2 demo.in range (2 of its 3 offsets count: the first, the last, and between them it is not on record which)
  | demo.in.v1/1/0 demo.in read {"n":1}
  | demo.in.v1/1/2 demo.in read {"n":5}`)
	if tr.Read != 6 || len(tr.LeftOut) > 0 {
		t.Errorf("%d records read, left out %v", tr.Read, tr.LeftOut)
	}
	if m := tr.Makers; len(m) != 2 || m[0].Name != "demo.sums" || m[0].Fingerprint != sumsPlan || m[0].Statement != "SELECT sums" || m[0].State != "running" || m[0].Plan == "" {
		t.Errorf("the queries are %+v", m)
	}
	if got := c.meter.of("demo.in"); got != 3 {
		t.Errorf("ann is counted with %d records of demo.in", got)
	}
}

// TestTraceReadsWithTheRightsOfWhoAsks: what the asker may not read is named
// without its data, what they may not know of without its name, and no query is
// told to who may not know of it. What leads on from there is not followed.
func TestTraceReadsWithTheRightsOfWhoAsks(t *testing.T) {
	t.Parallel()
	c := newChain(t, records.Limits{})
	in, secret, shut, all := c.product("in", weir.VisibleMesh), c.product("secret", weir.VisibleDomain), c.product("shut", weir.VisibleMesh), c.product("all", weir.VisibleMesh)
	shutPlan, allPlan := c.query("shut", "SELECT shut"), c.query("all", "SELECT all FROM demo.secret")
	in.add(0, c.clock.now, `"in"`)
	secret.add(0, c.clock.now, `"tulip"`)
	made(shut, `"rose"`, shutPlan, "demo.in.v1/0/0")
	made(all, `"all"`, allPlan, "demo.in.v1/0/0", "demo.secret.v1/0/0", "demo.shut.v1/0/0", "demo.none.v1/0/0", "nonsense")
	c.live.shut["demo.shut.v1"] = true
	const unknown = "a topic that is not yours, or is not there any more"
	tr := c.want(bob, "demo.all", 0, `demo.all.v1/0/0 demo.all read "all"
  demo.in.v1/0/0 demo.in read "in"
  /0/0  hidden (`+unknown+`)
  demo.shut.v1/0/0 demo.shut hidden (person bob may not read the records of product demo.shut; ask the product's owner to allow an application of one of your teams: weir access allow demo.shut --app NAME)
  /0/0  hidden (`+unknown+`)
  /0/0  unread ("nonsense" says no place of a record; write TOPIC/PARTITION/OFFSET, or TOPIC/PARTITION/FIRST-LAST/COUNT)`)
	if len(tr.Makers) > 0 || tr.Read != 2 {
		t.Errorf("bob is told of %v, and read %d", tr.Makers, tr.Read)
	}
	c.want(ann, "demo.all", 0, `demo.all.v1/0/0 demo.all read "all" by demo.all current
  demo.in.v1/0/0 demo.in read "in"
  demo.secret.v1/0/0 demo.secret read "tulip"
  demo.shut.v1/0/0 demo.shut read "rose" by demo.shut current
    demo.in.v1/0/0 demo.in read "in" again
  /0/0  hidden (`+unknown+`)
  /0/0  unread ("nonsense" says no place of a record; write TOPIC/PARTITION/OFFSET, or TOPIC/PARTITION/FIRST-LAST/COUNT)`)
	if _, err := c.trace(bob, "demo.shut", 0); !weir.Denied.In(err) {
		t.Errorf("bob traces what he may not read: %v", err)
	}
	if _, err := c.trace(bob, "demo.secret", 0); !weir.NotFound.In(err) {
		t.Errorf("bob traces what he may not know of: %v", err)
	}
}

// TestTraceAsksAgain: a right that is lost while the trace is made ends it.
func TestTraceAsksAgain(t *testing.T) {
	t.Parallel()
	c := newChain(t, records.Limits{})
	in, big := c.product("in", weir.VisibleMesh), c.product("big", weir.VisibleMesh)
	plan := c.query("big", "SELECT big")
	in.add(0, c.clock.now, `1`)
	made(big, `1`, plan, "demo.in.v1/0/0")
	c.topics["demo.big.v1"].onTail = func() { c.clock.pass(time.Minute) }
	_, err := c.Trace(t.Context(), ann, func(context.Context) (weir.Principal, error) {
		return weir.Principal{}, weir.Errorf(weir.Unauthorized, "the token is no more")
	}, records.Tracing{Of: weir.Ref{Noun: weir.NounProduct, Name: "demo.big"}})
	if !weir.Unauthorized.In(err) {
		t.Error(err)
	}
}

// TestTraceSaysWhatIsLost: sources that were deleted, compacted away, or never
// were.
func TestTraceSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	c := newChain(t, records.Limits{Tick: 20 * time.Millisecond})
	in, big := c.product("in", weir.VisibleMesh), c.product("big", weir.VisibleMesh)
	plan := c.query("big", "SELECT big")
	for i := range 5 {
		in.add(0, c.clock.now, fmt.Sprint(i))
	}
	in.hole(0, 2)
	in.start(0, 3)
	made(big, `1`, plan, "demo.in.v1/0/0", "demo.in.v1/0/1-4/4", "demo.in.v1/0/5", "demo.in.v1/0/9", "demo.in.v1/7/0", "demo.in.v1/0/0-2/3", "demo.in.v1/0/0-4/2")
	c.want(ann, "demo.big", 0, `demo.big.v1/0/0 demo.big read 1 by demo.big current
  demo.in.v1/0/0 demo.in gone (it was deleted, as the retention says; the first that is left has offset 3)
  demo.in.v1/0/1-4/4 demo.in range (the first 2 of its offsets were deleted, as the retention says)
  | demo.in.v1/0/3 demo.in read 3
  | demo.in.v1/0/4 demo.in read 4
  demo.in.v1/0/5 demo.in gone (it is not there any more: a later record has its key, or it was deleted)
  demo.in.v1/0/9 demo.in gone (the next record that comes has offset 7)
  demo.in.v1/7/0 demo.in gone (there is no such partition)
  demo.in.v1/0/0-2/3 demo.in gone (it was deleted, as the retention says; the first that is left has offset 3)
  demo.in.v1/0/0-4/2 demo.in range (2 of its 5 offsets count: the first, the last, and between them it is not on record which; the first 3 of its offsets were deleted, as the retention says)
  | demo.in.v1/0/4 demo.in read 4 again`)
	for _, o := range []int64{-1, 1} {
		_, err := c.trace(ann, "demo.big", o)
		var e *weir.Error
		if !errors.As(err, &e) || e.Fix == "" || e.Kind != map[bool]weir.ErrKind{true: weir.Invalid, false: weir.NotFound}[o < 0] {
			t.Errorf("offset %d: %v", o, err)
		}
	}
}

// TestTraceIsBounded: records that lead to ever more records end, and what is left
// out is counted.
func TestTraceIsBounded(t *testing.T) {
	t.Parallel()
	c := newChain(t, records.Limits{})
	loop := c.product("loop", weir.VisibleMesh)
	plan := c.query("loop", "SELECT loop")
	for i := range 40 { // each is made of the one before
		made(loop, "1", plan, fmt.Sprintf("demo.loop.v1/0/%d", max(i-1, 0)))
	}
	tr, err := c.trace(ann, "demo.loop", 39)
	must(t, err)
	if tr.Read != 17 || tr.LeftOut[records.BoundDepth] != 1 {
		t.Errorf("%d read, %v left out", tr.Read, tr.LeftOut)
	}
	c.want(ann, "demo.loop", 0, "demo.loop.v1/0/0 demo.loop read 1 by demo.loop current\n  demo.loop.v1/0/0 demo.loop read 1 by demo.loop current again")
	many := make([]string, 64)
	for i := range 64 { // each of the first is made of 64 others
		for j := range many {
			many[j] = fmt.Sprintf("demo.loop.v1/0/%d", 105+64*i+j)
		}
		made(loop, "2", plan, many...)
	}
	made(loop, "3", plan, slices.Repeat([]string{"demo.loop.v1/0/0"}, 100)...)
	for range 64 * 64 {
		made(loop, "4", plan)
	}
	for i := range many {
		many[i] = fmt.Sprintf("demo.loop.v1/0/%d", 40+i)
	}
	made(loop, "5", plan, many...)
	end := loop.spans[0].End - 1
	tr, err = c.trace(ann, "demo.loop", end)
	must(t, err)
	if tr.Read != 1000 || tr.LeftOut[records.BoundRecords] == 0 || tr.LeftOut[records.BoundPlaces] == 0 {
		t.Errorf("%d read, %v left out", tr.Read, tr.LeftOut)
	}
	if tr, err = c.trace(ann, "demo.loop", 104); err != nil || len(tr.Root.From) != 64 || tr.LeftOut[records.BoundPlaces] != 36 {
		t.Errorf("%d places of a record that names 100, %v, %v", len(tr.Root.From), tr.LeftOut, err)
	}
}

// TestTraceEndsInTime: a cluster that gives nothing more ends the trace with what
// there is.
func TestTraceEndsInTime(t *testing.T) {
	t.Parallel()
	c := newChain(t, records.Limits{Tracing: 100 * time.Millisecond, Tick: time.Minute})
	in, big := c.product("in", weir.VisibleMesh), c.product("big", weir.VisibleMesh)
	plan := c.query("big", "SELECT big")
	in.hole(0, 5)
	made(big, `1`, plan, "demo.in.v1/0/1", "demo.in.v1/0/2", "demo.other.v1/0/2")
	c.want(ann, "demo.big", 0, `demo.big.v1/0/0 demo.big read 1 by demo.big current
  demo.in.v1/0/1 demo.in unread (left out: it takes longer than a trace may)
  demo.in.v1/0/2 demo.in unread (left out: it takes longer than a trace may)
  /0/2  unread (left out: it takes longer than a trace may)`)
}

// TestTraceOfWhatWasSetAside: the reason, and the record that could not be used;
// and what a producer itself writes is told as its own word.
func TestTraceOfWhatWasSetAside(t *testing.T) {
	t.Parallel()
	c := newChain(t, records.Limits{})
	in := c.product("in", weir.VisibleMesh)
	c.product("big", weir.VisibleMesh)
	plan := c.query("big", "SELECT big")
	put(t, c.ledger, c.state, &weir.Stream{UID: uid("ademo.big"), Name: "demo._private.big-aside", Domain: domain, Partitions: 2, Retention: weir.Forever})
	aside := c.topic("demo._private.big-aside", uid("ademo.big"))
	in.put(0, weir.Message{Time: time.UnixMilli(0), Value: []byte(`7`), Headers: []weir.Header{{Key: weir.HeaderFrom, Value: []byte("demo.in.v1/0/0")}}})
	aside.put(0, weir.Message{Value: []byte(`7`), Headers: []weir.Header{
		{Key: weir.HeaderFrom, Value: []byte("demo.in.v1/0/0")}, {Key: weir.HeaderPlan, Value: []byte(plan)},
		{Key: weir.HeaderFailed, Value: []byte("division by zero")}, {Key: weir.HeaderStep, Value: []byte("compute")}, {Key: weir.HeaderFromMore, Value: []byte("3")},
	}})
	tr, err := c.Trace(t.Context(), ann, nil, records.Tracing{Of: weir.Ref{Noun: weir.NounStream, Name: "demo._private.big-aside"}})
	must(t, err)
	if diff := cmp.Diff(`demo._private.big-aside/0/0 demo._private.big-aside read 7 by demo.big current compute: division by zero
  demo.in.v1/0/0 demo.in read 7 (no query makes it now: what it was made of is what its headers say)
    demo.in.v1/0/0 demo.in read 7 again (no query makes it now: what it was made of is what its headers say)
  and 3 more`, tree(tr)); diff != "" {
		t.Error(diff)
	}
}

// topics is a weir.Reader of topics in memory.
type topics map[string]*topic

func (ts topics) Spans(ctx context.Context, name string) (map[int32]weir.Span, error) {
	return ts[name].Spans(ctx, name)
}

func (ts topics) OffsetsAt(ctx context.Context, name string, at time.Time) (map[int32]int64, error) {
	return ts[name].OffsetsAt(ctx, name, at)
}

func (ts topics) Tail(ctx context.Context, name string, from map[int32]int64) (weir.Tail, error) {
	if fn := ts[name].onTail; fn != nil {
		fn()
	}
	return ts[name].Tail(ctx, name, from)
}

// reading lets everybody read everything, but for who is in no team.
type reading struct {
	shut map[string]bool // topics that a team is needed for
	uids map[string]weir.UID
}

func (r *reading) PersonOn(teams []weir.UID, topic string) (rights.Topic, weir.UID) {
	if r.shut[topic] && len(teams) == 0 {
		return rights.See, r.uids[topic]
	}
	return rights.See | rights.Read, r.uids[topic]
}

// plans are the queries' plans, by their names.
type plans map[string]*sqlang.Plan

func (p plans) Plan(_ context.Context, q *weir.Query) (*sqlang.Plan, error) { return p[q.Name], nil }
func (plans) State(*weir.Query) string                                      { return "running" }

// meter adds up records by the names of what they are of.
type meter struct {
	mu  sync.Mutex
	got map[string]int64
}

func (m *meter) Add(p weir.Passage, n, _ int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.got == nil {
		m.got = map[string]int64{}
	}
	m.got[p.Of.Name] += n
}

func (m *meter) of(name string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got[name]
}
