package access_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/core/rights"
	"github.com/weirmesh/weir/internal/driver/ledger"
)

// TestAPersonReadsWhatAnApplicationOfTheirTeamsCould: for every topic and every
// pair of teams a person has the rights that some application of those teams
// has, and no others. Applications of both teams log in.
func TestAPersonReadsWhatAnApplicationOfTheirTeamsCould(t *testing.T) {
	t.Parallel()
	dir, runs := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > 30 { // each is a ledger on the disk
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		l, err := ledger.Open(ctx, filepath.Join(dir, fmt.Sprint("ledger", runs)), ledger.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		w := &world{t: rt, ledger: l, revs: map[weir.UID]weir.Revision{}}
		for n := range 2 { // one application of each team
			w.put(&weir.Application{UID: uid('a', n), Name: fmt.Sprint("x", n), Team: uid('t', n)}, false)
			w.put(&weir.Credential{UID: uid('c', 100+n), Name: fmt.Sprint("x", n), Application: uid('a', n), Scram: verifier()}, false)
		}
		for n := range 2 { // and two products of any of them, one of which was allowed
			w.put(&weir.Domain{UID: uid('d', n), Name: fmt.Sprint("dox", n), Team: uid('t', rapid.IntRange(0, 1).Draw(rt, "owner"))}, false)
			w.put(&weir.Product{
				UID: uid('p', n), Name: fmt.Sprintf("dox%d.pro", n), Domain: uid('d', n), Major: 1, Kind: "stream", Encoding: "json", KeyEncoding: "string",
				Visibility: weir.VisibleMesh, Access: weir.AccessRequest, Partitions: 1,
			}, false)
			w.put(&weir.Topic{
				UID: uid('o', n), Name: fmt.Sprintf("dox%d.pro.v1", n), Domain: uid('d', n), Of: uid('p', n), Partitions: 1, State: weir.TopicMade, ID: weir.TopicID{byte(n + 1)},
			}, false)
		}
		m := rapid.IntRange(0, 1).Draw(rt, "allowed")
		w.put(&weir.Access{UID: uid('g', m), Name: fmt.Sprintf("dox0.pro/x%d", m), Product: uid('p', 0), Application: uid('a', m)}, false)
		for range rapid.IntRange(0, 5).Draw(rt, "changes") {
			w.changeOf("domain", "product", "topic", "access")
		}
		live, err := access.NewLive(ctx, l)
		if err != nil {
			rt.Fatal(err)
		}
		s := live.Current()
		for p := range 2 {
			name := fmt.Sprintf("dox%d.pro.v1", p)
			topic, ok := s.Topic(name)
			var both rights.Topic
			for n := range 2 {
				login, _ := s.Login(fmt.Sprint("x", n))
				var want rights.Topic
				if ok {
					want = s.Rights(login, topic)
				}
				both |= want
				if got, _ := live.PersonOn([]weir.UID{uid('t', n)}, name); got != want {
					rt.Fatalf("%s: a person of team %d has %03b, its application %03b", name, n, got, want)
				}
			}
			if got, _ := live.PersonOn([]weir.UID{uid('t', 0), uid('t', 1)}, name); got != both {
				rt.Fatalf("%s: a person of both teams has %03b, their applications %03b", name, got, both)
			}
			if got, of := live.PersonOn(nil, name); got.Has(rights.Write) || ok && of != topic.Of.UID {
				rt.Fatalf("%s: a person of no team has %03b on %s", name, got, of)
			}
		}
	})
}
