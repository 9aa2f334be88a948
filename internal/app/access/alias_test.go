package access_test

import (
	"path/filepath"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/core/rights"
	"github.com/weirmesh/weir/internal/driver/ledger"
)

const (
	oldName = "dox0._private.old"
	ownName = "dox0.pro.v1"
)

// small is a domain of team 0, its private stream with the stream's topic, and
// applications x0 of that team and x1 of another.
type small struct {
	*testing.T
	ledger *ledger.Ledger
	revs   map[weir.UID]weir.Revision
}

func mustSmall(t *testing.T) *small {
	t.Helper()
	l, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "ledger"), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w := &small{t, l, map[weir.UID]weir.Revision{}}
	w.put(&weir.Domain{UID: uid('d', 0), Name: "dox0", Team: uid('t', 0)}, false)
	w.put(&weir.Stream{UID: uid('s', 0), Name: oldName, Domain: uid('d', 0), Partitions: 1}, false)
	w.topicOf(uid('s', 0))
	for n, name := range []string{"x0", "x1"} {
		w.put(&weir.Application{UID: uid('a', n), Name: name, Team: uid('t', n)}, false)
		w.put(&weir.Credential{UID: uid('c', n), Name: name, Application: uid('a', n), Scram: verifier()}, false)
	}
	return w
}

func (w *small) put(e weir.Entity, deleted bool) {
	w.Helper()
	if err := put(w.ledger, w.revs, e, deleted); err != nil {
		w.Fatal(err)
	}
}

// see is what the ledger says now.
func (w *small) see() *access.Snapshot {
	w.Helper()
	live, err := access.NewLive(w.Context(), w.ledger)
	if err != nil {
		w.Fatal(err)
	}
	return live.Current()
}

// topicOf says whose the topic is.
func (w *small) topicOf(u weir.UID) {
	w.put(&weir.Topic{UID: uid('o', 0), Name: oldName, Domain: uid('d', 0), Of: u, Partitions: 1, State: weir.TopicMade, ID: weir.TopicID{1}}, false)
}

// publish makes a product of the topic.
func (w *small) publish() {
	w.put(product(published(oldName)), false)
	w.topicOf(uid('p', 0))
}

func product(as *weir.Publication) *weir.Product {
	return &weir.Product{
		UID: uid('p', 0), Name: "dox0.pro", Domain: uid('d', 0), Major: 1, Kind: "stream", Encoding: "json", KeyEncoding: "string",
		Visibility: weir.VisibleMesh, Access: weir.AccessOpen, Partitions: 1, Published: as,
	}
}

// TestAPublishedTopicHasTwoNames: both find the same, with the same rights;
// lists show the product's own, once; and when it is taken back the old name is
// left, private again.
func TestAPublishedTopicHasTwoNames(t *testing.T) {
	t.Parallel()
	w := mustSmall(t)
	is := func(s *access.Snapshot, app, name string, want rights.Topic, lists string) {
		login, _ := s.Login(app)
		got, found := s.Topic(name)
		if found != (want != rights.Nothing || lists != "") || found && (got.Physical != oldName || got.Name != lists) {
			w.Errorf("%s: %v %+v, listed as %q", name, found, got, lists)
		}
		if found && s.Rights(login, got) != want {
			w.Errorf("%s may %03b with %s, not %03b", app, s.Rights(login, got), name, want)
		}
		var names []string
		for v := range s.Visible(login) {
			names = append(names, v.Name)
		}
		if want != rights.Nothing && (len(names) != 1 || names[0] != lists) {
			w.Errorf("%s sees %q, not %q alone", app, names, lists)
		}
	}
	all := rights.See | rights.Read | rights.Write
	before := w.see()
	is(before, "x0", oldName, all, oldName)
	is(before, "x1", oldName, rights.Nothing, oldName)
	is(before, "x0", ownName, rights.Nothing, "")
	if before.Aliases() {
		w.Error("nothing is published, but there are aliases")
	}
	w.publish()
	now := w.see()
	for _, name := range []string{oldName, ownName} {
		is(now, "x0", name, all, ownName)
		is(now, "x1", name, rights.See|rights.Read, ownName)
	}
	if !now.Aliases() {
		w.Error("there are aliases")
	}
	w.topicOf(uid('s', 0))
	w.put(product(nil), true)
	back := w.see()
	is(back, "x0", oldName, all, oldName)
	is(back, "x1", oldName, rights.Nothing, oldName)
	is(back, "x0", ownName, rights.Nothing, "")
	if back.Aliases() {
		w.Error("it is taken back, and a name is left of it")
	}
}

// TestANameOnTheClusterGoesFirst: a topic that is called as another topic's
// product would have it keeps its name, and the other goes by its alias alone.
func TestANameOnTheClusterGoesFirst(t *testing.T) {
	t.Parallel()
	w := mustSmall(t)
	w.publish()
	w.put(&weir.Stream{UID: uid('s', 1), Name: "dox0._private.other", Domain: uid('d', 0), Partitions: 1}, false)
	w.put(&weir.Topic{UID: uid('o', 1), Name: ownName, Domain: uid('d', 0), Of: uid('s', 1), Partitions: 1, State: weir.TopicMade, ID: weir.TopicID{2}}, false)
	s := w.see()
	if got, _ := s.Topic(ownName); got.Of.UID != uid('s', 1) || got.Aliased() {
		w.Errorf("%s: %+v", ownName, got)
	}
	if got, _ := s.Topic(oldName); got.Of.UID != uid('p', 0) || got.Aliased() {
		w.Errorf("%s: %+v", oldName, got)
	}
}
