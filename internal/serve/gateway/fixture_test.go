package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	verifier "github.com/weirmesh/weir/internal/core/scram"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/kit/memconn"
	"github.com/weirmesh/weir/internal/serve/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The upstream's addresses are such that no answer holds them by chance.
const (
	hiddenHost = "upstream-%d.hidden.example"
	hiddenPort = 47321
)

// cluster is a broker in the process, as an Upstream.
type cluster struct {
	*kfake.Cluster
	mu        sync.Mutex
	listeners []*memconn.Listener
	boot      string
	full      atomic.Bool
	dials     atomic.Int64
}

func mustCluster(t testing.TB, brokers int, opts ...kfake.Opt) *cluster {
	t.Helper()
	c := &cluster{boot: "b7"}
	var err error
	c.Cluster, err = kfake.NewCluster(append([]kfake.Opt{
		kfake.NumBrokers(brokers),
		kfake.ListenFn(func(string, string) (net.Listener, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			n := len(c.listeners)
			c.listeners = append(c.listeners, memconn.Listen(memconn.Addr(fmt.Sprintf(hiddenHost+":%d", n, hiddenPort+n))))
			return c.listeners[n], nil
		}),
		kfake.BrokerConfigs(map[string]string{"group.consumer.heartbeat.interval.ms": "100"}),
		kfake.GroupMinSessionTimeout(100 * time.Millisecond),
	}, opts...)...)
	must(t, err)
	t.Cleanup(c.Close)
	return c
}

func (c *cluster) Brokers(context.Context) ([]weir.Broker, error) {
	var out []weir.Broker
	for n := range c.listeners {
		out = append(out, weir.Broker{ID: weir.BrokerID(n), Host: fmt.Sprintf(hiddenHost, n), Port: int32(hiddenPort + n)})
	}
	return out, nil
}

func (c *cluster) Dial(ctx context.Context, id weir.BrokerID) (net.Conn, error) {
	if int(id) >= len(c.listeners) {
		return nil, weir.Errorf(weir.NotFound, "no broker %d", id)
	}
	c.dials.Add(1)
	return c.listeners[id].Dial(ctx)
}

func (c *cluster) Boot() string { return c.boot }

func (c *cluster) Room() error {
	if c.full.Load() {
		return weir.Errorf(weir.Limit, "the embedded broker is full").WithFix("shorten a retention, or use a cluster")
	}
	return nil
}

// mesh is a gateway with its ledger, rights and cluster.
type mesh struct {
	testing.TB
	cluster *cluster
	ledger  *ledger.Ledger
	live    *access.Live
	gateway *gateway.Gateway
	metrics *gateway.Metrics
	stop    func() // ends the gateway and waits

	makeTopic func(name string) weir.TopicID // on the cluster
	answered  func(kmsg.Response)            // hears what raw connections are answered; may be nil

	ids  map[string]weir.UID // by noun/name
	revs map[weir.UID]weir.Revision
}

// mustMesh starts a gateway in front of a cluster. Its mesh has two teams, each
// with a domain, and these products and streams:
//
//	own.data, own._private.notes  of team own: application app and app2
//	other.open, other.asked, other.allowed (access request; app was allowed),
//	other.hidden (visible in its domain), other._private.notes
func mustMesh(t testing.TB, c *cluster, change func(*gateway.Config)) *mesh {
	t.Helper()
	return mustMeshOn(t, c, c, func(name string) weir.TopicID {
		if info := c.TopicInfo(name); info != nil && info.Topic == name {
			return info.TopicID
		}
		must(t, c.CreateTopic(name, 3, nil))
		return c.TopicInfo(name).TopicID
	}, change)
}

// mustMeshOn starts a gateway in front of any cluster; c is nil if it is not in
// this process.
func mustMeshOn(t testing.TB, c *cluster, up weir.Upstream, makeTopic func(string) weir.TopicID, change func(*gateway.Config)) *mesh {
	t.Helper()
	l, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"), ledger.Options{})
	must(t, err)
	t.Cleanup(func() { l.Close() })
	m := &mesh{TB: t, cluster: c, ledger: l, ids: map[string]weir.UID{}, revs: map[weir.UID]weir.Revision{}, metrics: new(gateway.Metrics), makeTopic: makeTopic}
	m.fill()
	m.live, err = access.NewLive(t.Context(), l)
	must(t, err)
	cfg := gateway.Config{Upstream: up, Rights: m.live, Addr: "127.0.0.1:0", ClusterID: "weir-test", Metrics: m.metrics}
	if change != nil {
		change(&cfg)
	}
	m.gateway, err = gateway.New(cfg)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { m.live.Run(ctx) })
	running.Go(func() { m.gateway.Run(ctx) })
	m.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(m.stop)
	return m
}

func (m *mesh) fill() {
	m.Helper()
	for _, team := range []string{"own", "other"} {
		m.put(&weir.Domain{Name: team, Team: m.id("team/" + team)})
	}
	for _, app := range []string{"app", "app2"} {
		m.addApplication(app, "own")
	}
	m.addApplication("stranger", "other")
	for name, p := range map[string]weir.Product{
		"own.data":      {Visibility: weir.VisibleMesh, Access: weir.AccessOpen},
		"other.open":    {Visibility: weir.VisibleMesh, Access: weir.AccessOpen},
		"other.asked":   {Visibility: weir.VisibleMesh, Access: weir.AccessRequest},
		"other.allowed": {Visibility: weir.VisibleMesh, Access: weir.AccessRequest},
		"other.hidden":  {Visibility: weir.VisibleDomain, Access: weir.AccessOpen},
	} {
		domain, _, _ := strings.Cut(name, ".")
		p.Name, p.Domain, p.Major = name, m.id("domain/"+domain), 1
		m.put(&p)
		m.addTopic(p.Topic(), p.Domain, m.id("product/"+name))
	}
	for _, domain := range []string{"own", "other"} {
		s := weir.Stream{Name: domain + "._private.notes", Domain: m.id("domain/" + domain)}
		m.put(&s)
		m.addTopic(s.Topic(), s.Domain, m.id("stream/"+s.Name))
	}
	m.allow("other.allowed", "app")
}

// id is the uid of something by noun/name, made when it is first asked for.
func (m *mesh) id(name string) weir.UID {
	if u, ok := m.ids[name]; ok {
		return u
	}
	m.ids[name] = weir.NewUID(time.Now())
	return m.ids[name]
}

const password = "correct-horse-battery-staple"

var salt = []byte("0123456789abcdef01234567")

func (m *mesh) addApplication(name, team string) {
	m.Helper()
	m.put(&weir.Application{Name: name, Team: m.id("team/" + team)})
	m.addCredential(name, team)
}

func (m *mesh) addCredential(name, team string) {
	m.Helper()
	v, err := verifier.NewVerifier(password, salt, verifier.Iterations)
	must(m, err)
	m.put(&weir.Credential{Name: name, Application: m.id("application/" + name), Team: m.id("team/" + team), Scram: v})
}

// addTopic makes a topic on the cluster and writes it down.
func (m *mesh) addTopic(name string, domain, of weir.UID) {
	m.Helper()
	id := m.makeTopic(name)
	m.put(&weir.Topic{Name: name, Domain: domain, Of: of, Partitions: 3, State: weir.TopicMade, ID: id})
}

func (m *mesh) allow(product, app string) {
	m.Helper()
	m.put(&weir.Access{Name: product + "/" + app, Product: m.id("product/" + product), Application: m.id("application/" + app)})
}

// put appends the new state of an entity, which gets its uid.
func (m *mesh) put(e weir.Entity) weir.Offset {
	m.Helper()
	r := e.Ref()
	u := m.id(string(r.Noun) + "/" + r.Name)
	switch v := e.(type) {
	case *weir.Domain:
		v.UID = u
	case *weir.Application:
		v.UID = u
	case *weir.Credential:
		v.UID = u
	case *weir.Product:
		v.UID = u
	case *weir.Stream:
		v.UID = u
	case *weir.Topic:
		v.UID = u
	case *weir.Access:
		v.UID = u
	case *weir.Query:
		v.UID = u
	default:
		m.Fatalf("put %T", e)
	}
	body, err := json.Marshal(e)
	must(m, err)
	return m.append(weir.Change{Ref: e.Ref(), Body: body})
}

// remove ends an entity. Its name gets another uid if it is put again.
func (m *mesh) remove(noun weir.Noun, name string) weir.Offset {
	m.Helper()
	key := string(noun) + "/" + name
	at := m.append(weir.Change{Ref: weir.Ref{Noun: noun, UID: m.ids[key], Name: name}, Deleted: true})
	delete(m.ids, key)
	return at
}

func (m *mesh) append(c weir.Change) weir.Offset {
	m.Helper()
	m.revs[c.Ref.UID]++
	c.Rev = m.revs[c.Ref.UID]
	r, err := weir.Seal(m.ledger.Head(), weir.Entry{At: time.Now(), By: weir.System, Op: "test", Changes: []weir.Change{c}})
	must(m, err)
	must(m, m.ledger.Append(context.Background(), []weir.Record{r}))
	return r.Offset
}

// client is franz-go, logged in as an application.
func (m *mesh) client(app string, opts ...kgo.Opt) *kgo.Client {
	m.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(m.gateway.Addr()),
		sasl(app),
		kgo.MetadataMinAge(50 * time.Millisecond),
	}, opts...)...)
	must(m, err)
	m.Cleanup(cl.Close)
	return cl
}

// sasl logs franz-go in.
func sasl(app string) kgo.Opt {
	return kgo.SASL(scram.Auth{User: app, Pass: password}.AsSha256Mechanism())
}

// direct is franz-go at the cluster itself.
func (m *mesh) direct(opts ...kgo.Opt) *kgo.Client {
	m.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(fmt.Sprintf(hiddenHost+":%d", 0, hiddenPort)),
		kgo.Dialer(func(ctx context.Context, _, addr string) (net.Conn, error) {
			var n int
			if _, err := fmt.Sscanf(addr, "upstream-%d.", &n); err != nil {
				return nil, err
			}
			return m.cluster.listeners[n].Dial(ctx)
		}),
	}, opts...)...)
	must(m, err)
	m.Cleanup(cl.Close)
	return cl
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// within is a context for what should be quick.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually polls until ok, or fails.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// drained reads a connection until its end.
func drained(c net.Conn) error {
	_, err := io.Copy(io.Discard, c)
	return err
}
