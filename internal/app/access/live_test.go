package access_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/driver/ledger"
)

// world writes changes of a few entities into a real ledger.
type world struct {
	t      *rapid.T
	ledger *ledger.Ledger
	revs   map[weir.UID]weir.Revision
}

func uid(kind byte, n int) weir.UID { return weir.UID{kind, byte(n)} }

// put writes a new state, or the end, of one entity.
func (w *world) put(e weir.Entity, deleted bool) {
	if err := put(w.ledger, w.revs, e, deleted); err != nil {
		w.t.Fatal(err)
	}
}

func put(l *ledger.Ledger, revs map[weir.UID]weir.Revision, e weir.Entity, deleted bool) error {
	u := e.Ref().UID
	c := weir.DeleteChange(weir.UID{}, e, revs[u])
	if !deleted {
		var err error
		if c, err = weir.NewChange(weir.UID{}, nil, revs[u], e); err != nil {
			return err
		}
	}
	revs[u]++
	r, err := weir.Seal(l.Head(), weir.Entry{At: time.Unix(0, 0), By: weir.System, Op: "test", Changes: []weir.Change{c}})
	if err != nil {
		return err
	}
	return l.Append(context.Background(), []weir.Record{r})
}

// change makes one random change.
func (w *world) change() {
	w.changeOf("app", "credential", "domain", "product", "stream", "topic", "access", "query")
}

// changeOf makes a random change of one of these nouns.
func (w *world) changeOf(nouns ...string) {
	n := rapid.IntRange(0, 1).Draw(w.t, "n")
	gone := rapid.IntRange(0, 4).Draw(w.t, "gone") == 0
	team := uid('t', rapid.IntRange(0, 1).Draw(w.t, "team"))
	name := fmt.Sprint("x", n)
	switch rapid.SampledFrom(nouns).Draw(w.t, "noun") {
	case "app":
		w.put(&weir.Application{UID: uid('a', n), Name: name, Team: team, Ending: rapid.Bool().Draw(w.t, "ending")}, gone)
	case "credential":
		// Another uid each time: credentials are made again, never changed.
		w.put(&weir.Credential{UID: uid('c', rapid.IntRange(0, 9).Draw(w.t, "credential")*2+n), Name: name, Application: uid('a', n), Scram: verifier()}, gone)
	case "domain":
		w.put(&weir.Domain{UID: uid('d', n), Name: "do" + name, Team: team}, gone)
	case "product":
		w.put(&weir.Product{
			UID: uid('p', n), Name: "do" + name + ".pro", Domain: uid('d', n), Major: 1, Kind: "stream", Encoding: "json", KeyEncoding: "string",
			Visibility: rapid.SampledFrom([]weir.Visibility{"mesh", "domain"}).Draw(w.t, "visibility"),
			Access:     rapid.SampledFrom([]weir.AccessMode{"open", "request"}).Draw(w.t, "access"), Partitions: 1,
			Published: rapid.SampledFrom([]*weir.Publication{nil, published("do" + name + "._private.old")}).Draw(w.t, "published"),
		}, gone)
	case "stream":
		w.put(&weir.Stream{UID: uid('s', n), Name: "do" + name + "._private.old", Domain: uid('d', n), Partitions: 1}, gone)
	case "topic":
		w.put(&weir.Topic{
			UID: uid('o', n), Name: "do" + name + rapid.SampledFrom([]string{".pro.v1", "._private.old"}).Draw(w.t, "topic"), Domain: uid('d', n),
			Of: rapid.SampledFrom([]weir.UID{uid('p', n), uid('s', n)}).Draw(w.t, "of"), Partitions: 1,
			State: rapid.SampledFrom([]weir.TopicState{"wanted", "made", "ending"}).Draw(w.t, "state"), ID: weir.TopicID{byte(n + 1)},
		}, gone)
	case "query":
		w.put(&weir.Query{
			UID: uid('q', n), Name: "do" + name + ".pro", Domain: uid('d', n), Product: uid('p', n), Application: uid('a', n), Statement: "SELECT 1",
			Aside: rapid.SampledFrom([]weir.UID{{}, uid('s', n)}).Draw(w.t, "aside"), Wish: weir.QueryRun, Run: 1, OnFailure: weir.FailureAside, Epoch: weir.DefaultEpoch,
		}, gone)
	case "access":
		m := rapid.IntRange(0, 1).Draw(w.t, "application")
		w.put(&weir.Access{UID: uid('g', 2*n+m), Name: "do" + name + ".pro/x" + fmt.Sprint(m), Product: uid('p', n), Application: uid('a', m)}, gone)
	}
}

// published says that a product is a topic that was there before it.
func published(topic string) *weir.Publication {
	return &weir.Publication{Topic: topic, By: weir.System, At: time.Unix(0, 0), Terms: uid('x', 0)}
}

func verifier() weir.ScramVerifier {
	return weir.ScramVerifier{
		Salt: make([]byte, 16), Iterations: 4096,
		SHA256: weir.ScramKey{Stored: make([]byte, 32), Server: make([]byte, 32)},
		SHA512: weir.ScramKey{Stored: make([]byte, 64), Server: make([]byte, 64)},
	}
}

// dump prints every right in a snapshot.
func dump(s *access.Snapshot) string {
	var out []string
	for n := range 2 {
		l, ok := s.Login(fmt.Sprint("x", n))
		out = append(out, fmt.Sprintf("login %d: %v %s %s", n, ok, l.Credential, l.Team))
		if !ok {
			continue
		}
		for t := range s.Visible(l) {
			byID, ok := s.TopicByID(t.ID)
			own, _ := s.Topic(t.Name)
			alias, _ := s.Topic(t.Physical)
			out = append(out, fmt.Sprintf("%s %s, on the cluster %s, of %s, by id %v, found by each: %v %v %v: %03b",
				l.Name, t.Name, t.Physical, t.Of, ok, byID == t, own == t, alias == t, s.Rights(l, t)))
		}
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

// TestFollowingEqualsCompilingAnew: what the snapshot became change by change
// is what it would be if it were compiled from the whole ledger.
func TestFollowingEqualsCompilingAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		l, err := ledger.Open(ctx, filepath.Join(dir, fmt.Sprint("ledger", runs)), ledger.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		w := &world{t: rt, ledger: l, revs: map[weir.UID]weir.Revision{}}
		live, err := access.NewLive(ctx, l)
		if err != nil {
			rt.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- live.Run(ctx) }()
		for range rapid.IntRange(1, 15).Draw(rt, "changes") {
			w.change()
		}
		if err := live.Wait(ctx, l.Head().Offset); err != nil {
			rt.Fatal(err)
		}
		held := live.Current()
		before := dump(held)
		for range rapid.IntRange(0, 10).Draw(rt, "more") {
			w.change()
		}
		if err := live.Wait(ctx, l.Head().Offset); err != nil {
			rt.Fatal(err)
		}
		anew, err := access.NewLive(ctx, l)
		if err != nil {
			rt.Fatal(err)
		}
		if got, want := dump(live.Current()), dump(anew.Current()); got != want {
			rt.Errorf("followed:\n%s\ncompiled anew:\n%s", got, want)
		}
		if after := dump(held); after != before {
			rt.Errorf("a snapshot that somebody holds changed:\n%s\n%s", before, after)
		}
		cancel()
		if err := <-done; err != nil {
			rt.Error(err)
		}
	})
}
