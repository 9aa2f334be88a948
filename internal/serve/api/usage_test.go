package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/usage"
	"github.com/weirmesh/weir/internal/driver/measure"
)

// still is a cluster that tells the same of every topic.
type still struct {
	err   error
	asked atomic.Int64 // how often for the latest
}

func (s *still) Extent(context.Context, string) (weir.Extent, error) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return weir.Extent{Spans: map[int32]weir.Span{0: {Start: 10, End: 30}, 1: {Start: 0, End: 5}}, First: at, Last: at.Add(time.Hour)}, s.err
}

func (s *still) Latest(_ context.Context, topics ...string) (map[string]time.Time, error) {
	s.asked.Add(1)
	out := map[string]time.Time{}
	for _, t := range topics {
		if !strings.Contains(t, "away") {
			out[t] = time.Date(2026, 1, 2, 4, 4, 5, 0, time.UTC)
		}
		if strings.Contains(t, "empty") {
			out[t] = time.Time{}
		}
	}
	return out, s.err
}

func (s *still) Groups(context.Context, string) (weir.Groups, error) {
	return weir.Groups{More: true, Groups: []weir.ConsumerGroup{
		{Name: "near.a", State: "Stable", Members: 2, Lag: 3, Unread: 1}, {Name: "far", State: "Empty", Unread: 2}, {Name: "direct", State: "Empty", Lag: 1},
	}}, s.err
}

func (s *still) Follows(_ context.Context, application string) (weir.Follows, error) {
	group := func(topic string, lag int64, unread int) weir.Following {
		return weir.Following{Topic: topic, Partitions: 2, ConsumerGroup: weir.ConsumerGroup{Name: application + ".a", State: "Stable", Members: 1, Lag: lag, Unread: unread}}
	}
	return weir.Follows{Follows: []weir.Following{group("shop.gone.v1", 9, 0), group("shop.hidden.v1", 3, 0), group("shop.seen.v1", 4, 1), group("shop.other.v1", 0, 2)}}, s.err
}

// Visits are of whoever is asked about.
func (s *still) Visits(_ weir.UID, name string) weir.Visits {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return weir.Visits{Since: at, Open: 2, Login: at, Refused: []weir.Denial{{What: "TOPIC_AUTHORIZATION_FAILED", On: "of " + name, Count: 7, First: at, Last: at}}}
}

func (s *still) Health(context.Context) ([]weir.BrokerHealth, error) {
	return []weir.BrokerHealth{{Broker: weir.Broker{ID: 1, Host: "kafka1", Port: 9092}, Leads: 4}, {Broker: weir.Broker{ID: 2, Host: "kafka2", Port: 9092}, Problem: "it does not answer"}}, s.err
}

// measuring gives a mesh counts, and a cluster that stands still.
func measuring(t *testing.T) (*mesh, *measure.Store, *still) {
	m := newMesh(t)
	store, err := measure.Open(t.Context(), filepath.Join(t.TempDir(), "measure.db"), measure.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	cluster := &still{}
	m.api.Usage = usage.New(usage.Config{State: m.state, Measures: store, Observer: cluster, Gateway: cluster, Now: time.Now, Topic: func(topic string) (weir.Ref, bool) {
		v, done, err := m.state.View(t.Context())
		must(t, err)
		defer done()
		e, _, err := v.Get(t.Context(), weir.Ref{Noun: weir.NounProduct, Name: strings.TrimSuffix(topic, ".v1")})
		if err != nil {
			return weir.Ref{}, false
		}
		return e.Ref(), true
	}})
	m.api.Node.Health = func(context.Context) client.NodeHealth { return client.NodeHealth{Name: "host", Version: "test"} }
	return m, store, cluster
}

func parties(us []client.Usage) string {
	var out []string
	for _, u := range us {
		out = append(out, u.Application+u.Person+" "+u.Product+":"+u.Direction+":"+u.How)
	}
	return strings.Join(out, " ")
}

// How an application gets on is told whole to its team; who may watch a product is
// told how the application stands to that product and nothing besides; nobody is
// told of a product that they may not know of, and its team only that there is one.
func TestApplicationFactsRights(t *testing.T) {
	t.Parallel()
	m, _, cluster := measuring(t)
	m.domain("shop")
	m.domain("near")
	owner, near, stranger := m.person("olga", "shop"), m.person("nina", "near"), m.person("sam")
	_, err := m.admin.CreateApplication(t.Context(), client.NewApplication{Name: "near", Team: "near"})
	must(t, err)
	for _, n := range []client.NewProduct{{Name: "shop.seen"}, {Name: "shop.other"}, {Name: "shop.hidden", Visibility: "domain"}} {
		_, err := m.admin.CreateProduct(t.Context(), n)
		must(t, err)
	}
	told := func(c *client.Client) string {
		f, err := c.ApplicationFacts(t.Context(), "near")
		must(t, err)
		lag := func(n *int64) string {
			if n == nil {
				return "?"
			}
			return strconv.FormatInt(*n, 10)
		}
		var out []string
		for _, g := range f.Reads {
			out = append(out, g.Product+":"+lag(g.Lag))
		}
		if f.Inside != nil {
			out = append(out, fmt.Sprintf("inside %s %d %t", f.Inside.Refused[0].On, f.Inside.Open, f.Inside.Credential != nil))
		}
		return fmt.Sprintf("%s, lag %s, hidden %d", strings.Join(out, " "), lag(f.Lag), f.Hidden)
	}
	for who, c := range map[string]struct {
		c    *client.Client
		want string
	}{
		"its team":   {near, "shop.seen:4 shop.other:? inside of near 2 true, lag 4, hidden 1"},
		"the admin":  {m.admin, "shop.hidden:3 shop.seen:4 shop.other:? inside of near 2 true, lag 7, hidden 0"},
		"the owner":  {owner, "shop.hidden:3 shop.seen:4 shop.other:?, lag 7, hidden 0"},
		"a stranger": {stranger, ", lag ?, hidden 0"},
	} {
		if got := told(c.c); got != c.want {
			t.Errorf("%s is told %q, want %q", who, got, c.want)
		}
	}
	must(t, m.admin.RevokeCredential(t.Context(), "near"))
	cluster.err = weir.Errorf(weir.Unavailable, "the cluster sleeps")
	f, err := m.person("olaf", "near").ApplicationFacts(t.Context(), "near")
	must(t, err)
	if f.Inside == nil || f.Inside.Credential != nil {
		t.Errorf("without credential: %+v", f.Inside)
	}
	_, err = near.ApplicationFacts(t.Context(), "nobody")
	refused(t, err, http.StatusNotFound)
}

// Who may watch a product sees everybody by name; a member of a team sees its
// applications, a person oneself, and sums of the rest; who may not know of the
// product sees nothing of it, wherever it would stand.
func TestUsageRights(t *testing.T) {
	t.Parallel()
	m, store, _ := measuring(t)
	m.domain("shop")
	m.domain("near")
	owner := m.person("olga", "shop")
	near := m.person("nina", "near")
	stranger := m.person("sam")
	_, err := m.admin.CreateApplication(t.Context(), client.NewApplication{Name: "near", Team: "near"})
	must(t, err)
	_, err = m.admin.CreateApplication(t.Context(), client.NewApplication{Name: "far", Team: "shop"})
	must(t, err)
	for _, name := range []string{"shop.seen", "shop.hidden"} {
		n := client.NewProduct{Name: name}
		if name == "shop.hidden" {
			n.Visibility = "domain"
		}
		_, err := m.admin.CreateProduct(t.Context(), n)
		must(t, err)
	}
	ref := func(n weir.Noun, name string) weir.Ref {
		v, done, err := m.state.View(t.Context())
		must(t, err)
		defer done()
		e, _, err := v.Get(t.Context(), weir.Ref{Noun: n, Name: name})
		must(t, err)
		return e.Ref()
	}
	for _, product := range []string{"shop.seen", "shop.hidden"} {
		of := ref(weir.NounProduct, product)
		for who, d := range map[string]weir.Direction{"near": weir.Reading, "far": weir.Writing} {
			store.Add(weir.Passage{Who: ref(weir.NounApplication, who), Of: of, Direction: d, How: weir.ByGateway}, 5, 50)
		}
		store.Add(weir.Passage{Who: ref(weir.NounPerson, "nina"), Of: of, Direction: weir.Reading, How: weir.ByHTTP}, 2, 20)
	}
	must(t, store.Flush(t.Context()))
	for who, want := range map[string]struct {
		c                     *client.Client
		readers, writers      string
		hiddenR, hiddenW      int
		hidden, app, appHours string
		groups                int
	}{
		"owner":    {owner, "nina shop.seen near shop.seen", "far shop.seen", 0, 0, "seen", "near shop.hidden near shop.seen", "10", 3},
		"admin":    {m.admin, "nina shop.seen near shop.seen", "far shop.seen", 0, 0, "seen", "near shop.hidden near shop.seen", "10", 3},
		"near":     {near, "nina shop.seen near shop.seen", "", 0, 1, "404", "near shop.seen", "5", 1},
		"stranger": {stranger, "", "", 2, 1, "404", "", "0", 0},
	} {
		got, err := want.c.ProductUsage(t.Context(), "shop.seen", "")
		must(t, err)
		for name, is := range map[string][]client.Usage{want.readers: got.Readers, want.writers: got.Writers} {
			all := parties(is)
			for _, part := range strings.SplitAfter(name, "shop.seen") {
				if part = strings.TrimSpace(part); part != "" && !strings.Contains(all, part+":") {
					t.Errorf("%s does not see %q in %q", who, part, all)
				}
			}
			if strings.Count(all, ":")/2 != strings.Count(name, "shop.seen") {
				t.Errorf("%s sees %q", who, all)
			}
		}
		hidden := func(h *client.Hidden) int {
			if h == nil {
				return 0
			}
			return h.Count
		}
		if hidden(got.HiddenReaders) != want.hiddenR || hidden(got.HiddenWriters) != want.hiddenW {
			t.Errorf("%s: %+v %+v", who, got.HiddenReaders, got.HiddenWriters)
		}
		if len(got.Hours) != 1 || got.Hours[0].Read != 7 || got.Hours[0].Written != 5 {
			t.Errorf("%s: the hours of all together: %+v", who, got.Hours)
		}
		_, err = want.c.ProductUsage(t.Context(), "shop.hidden", "")
		_, ferr := want.c.ProductFacts(t.Context(), "shop.hidden")
		if want.hidden == "404" {
			refused(t, err, 404, "there is no product shop.hidden")
			refused(t, ferr, 404, "there is no product shop.hidden")
		} else if err != nil || ferr != nil {
			t.Errorf("%s: %v %v", who, err, ferr)
		}
		app, err := want.c.ApplicationUsage(t.Context(), "near", "6h")
		must(t, err)
		raw, err := json.Marshal(app)
		must(t, err)
		if want.hidden == "404" && strings.Contains(string(raw), "hidden") {
			t.Errorf("%s: %s", who, raw)
		}
		var read int64
		for _, h := range app.Hours {
			read += h.Read
		}
		if strings.Count(parties(app.Usage), "near ") != strings.Count(want.app, "near ") || want.appHours != json.Number(itoa(read)).String() {
			t.Errorf("%s: the application's: %s, %d by the hour", who, parties(app.Usage), read)
		}
		f, err := want.c.ProductFacts(t.Context(), "shop.seen")
		must(t, err)
		if len(f.Groups) != want.groups || f.HiddenGroups != 3-want.groups || !f.MoreGroups {
			t.Errorf("%s: %d groups, %d hidden", who, len(f.Groups), f.HiddenGroups)
		}
	}
	refused(t, usageError(stranger.ProductUsage(t.Context(), "shop.seen", "500d")), 400, "since", "400d")
	refused(t, usageError(stranger.ProductUsage(t.Context(), "shop.seen", "forever")), 400, "since")
	refused(t, usageError(stranger.ProductUsage(t.Context(), "shop.seen", "x")), 400, "since")
}

func usageError(_ client.ProductUsage, err error) error { return err }

func itoa(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// The facts say what is known, and why something is not.
func TestFacts(t *testing.T) {
	t.Parallel()
	m, _, cluster := measuring(t)
	m.domain("shop")
	_, err := m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "shop.orders"})
	must(t, err)
	_, err = m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "shop.away"})
	must(t, err)
	f, err := m.admin.ProductFacts(t.Context(), "shop.orders")
	must(t, err)
	lag := int64(3)
	direct := int64(1)
	want := []client.Group{
		{Name: "near.a", State: "Stable", Members: 2, Lag: &lag, Unread: 1}, {Name: "far", State: "Empty", Unread: 2}, {Name: "direct", State: "Empty", Lag: &direct},
	}
	if diff := cmp.Diff(want, f.Groups); diff != "" || *f.Records != 25 || f.First.Year() != 2026 || f.Last.Sub(*f.First) != time.Hour || *f.Readers != 0 || len(f.Problems) != 0 {
		t.Errorf("%+v %s", f, diff)
	}
	cluster.err = weir.Errorf(weir.Unavailable, "the cluster does not answer")
	f, err = m.admin.ProductFacts(t.Context(), "shop.away")
	must(t, err)
	if f.Records != nil || f.First != nil || len(f.Groups) != 0 || !cmp.Equal(f.Problems, []string{"the cluster does not answer"}) {
		t.Errorf("%+v", f)
	}
}

// A list is told of its products with one question to the cluster whatever their
// number: what somebody may not know of is left out as what is not there, and
// what is not known is absent.
func TestFactsOfMany(t *testing.T) {
	t.Parallel()
	m, store, cluster := measuring(t)
	m.domain("shop")
	stranger := m.person("sam")
	names := []string{"shop.orders", "shop.away", "shop.hidden", "shop.empty"}
	for _, name := range names {
		n := client.NewProduct{Name: name}
		if name == "shop.hidden" {
			n.Visibility = "domain"
		}
		p, err := m.admin.CreateProduct(t.Context(), n)
		must(t, err)
		of := weir.Ref{Noun: weir.NounProduct, Name: name}
		must(t, of.UID.UnmarshalText([]byte(p.UID)))
		for i, d := range []weir.Direction{weir.Writing, weir.Reading, weir.Reading} {
			store.Add(weir.Passage{Who: weir.Ref{Noun: weir.NounApplication, UID: weir.UID{1, byte(i)}, Name: "app"}, Of: of, Direction: d, How: weir.ByGateway}, 5, 50)
		}
	}
	must(t, store.Flush(t.Context()))
	say := func(c *client.Client, names ...string) string {
		t.Helper()
		f, err := c.Facts(t.Context(), names...)
		must(t, err)
		var out []string
		for _, one := range f.Items {
			last := "unknown"
			if one.Last != nil {
				last = one.Last.Format(time.Kitchen)
			}
			out = append(out, fmt.Sprintf("%s day %d readers %d last %s empty %t", one.Product, *one.Day, *one.Readers, last, one.Empty))
		}
		return strings.Join(out, "; ")
	}
	const orders, away, empty = "shop.orders day 5 readers 2 last 4:04AM empty false", "shop.away day 5 readers 2 last unknown empty false", "shop.empty day 5 readers 2 last unknown empty true"
	if got := say(stranger, append(names, "shop.missing", "shop.orders")...); got != strings.Join([]string{orders, away, empty}, "; ") {
		t.Errorf("a stranger is told %s", got)
	}
	if got := say(m.admin, "shop.hidden"); got != "shop.hidden day 5 readers 2 last 4:04AM empty false" {
		t.Errorf("an admin is told %s", got)
	}
	if n := cluster.asked.Load(); n != 2 {
		t.Errorf("the cluster was asked %d times for two lists", n)
	}
	if got := say(m.admin); got != "" {
		t.Errorf("of no product: %s", got)
	}
	cluster.err = weir.Errorf(weir.Unavailable, "the cluster does not answer")
	_, err := m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "shop.late"})
	must(t, err)
	f, err := m.admin.Facts(t.Context(), "shop.late")
	must(t, err)
	if len(f.Items) != 1 || f.Items[0].Readers == nil || !cmp.Equal(f.Problems, []string{"the cluster does not answer"}) {
		t.Errorf("%+v", f)
	}
	_, err = m.admin.Facts(t.Context(), slices.Repeat([]string{"shop.late"}, 201)...)
	refused(t, err, 422, "product")
}

// Where brokers are, and what is wrong with topics, is for mesh admins.
func TestHealth(t *testing.T) {
	t.Parallel()
	m, _, _ := measuring(t)
	h, err := m.admin.Health(t.Context())
	must(t, err)
	if len(h.Brokers) != 2 || h.Brokers[0].Address != "kafka1:9092" || h.Brokers[1].Problem == "" || h.Nodes[0].Name != "host" {
		t.Errorf("%+v", h)
	}
	h, err = m.person("sam").Health(t.Context())
	must(t, err)
	if len(h.Brokers) != 2 || h.Brokers[0].Address != "" || h.Brokers[0].Leads != 4 || h.Nodes[0].Name != "" {
		t.Errorf("to anybody: %+v", h)
	}
}
