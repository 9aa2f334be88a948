package clustertest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// observers are the tests of weir.Observer.
var observers = map[string]func(*testing.T, suite){
	"ObserveExtent":  extent,
	"ObserveLatest":  latest,
	"ObserveGroups":  groups,
	"ObserveFollows": follows,
	"ObserveHealth":  health,
	"ObserveNoTopic": observeNothing,
}

func (s suite) observer(t *testing.T) weir.Observer {
	t.Helper()
	o, ok := s.Cluster.(weir.Observer)
	if !ok {
		t.Fatalf("a %T observes nothing", s.Cluster)
	}
	return o
}

// extent: where each partition begins and ends, and the times of the earliest
// and the latest record of any; none in a topic without a record.
func extent(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 3})
	got, err := s.observer(t).Extent(s.ctx, name)
	if err != nil || got.Records() != 0 || len(got.Spans) != 3 || !got.First.IsZero() || !got.Last.IsZero() {
		t.Fatalf("an empty topic: %+v %v", got, err)
	}
	s.produce(t, name, 0, 3*time.Hour, 2*time.Hour)
	s.produce(t, name, 2, 5*time.Hour, time.Hour, 90*time.Minute)
	now := time.Now()
	if got, err = s.observer(t).Extent(s.ctx, name); err != nil {
		t.Fatal(err)
	}
	want := weir.Extent{
		Spans: map[int32]weir.Span{0: {Start: 0, End: 2}, 1: {}, 2: {Start: 0, End: 3}},
		First: now.Add(-5 * time.Hour), Last: now.Add(-time.Hour),
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(time.Minute)); diff != "" || got.Records() != 5 {
		t.Error(diff)
	}
}

// latest: the latest time of any record of each topic, with one question; one
// that is not there is left out and keeps nobody else's from being told.
func latest(t *testing.T, s suite) {
	full, empty, missing := s.name(t), s.name(t), s.name(t)
	s.put(t, weir.TopicSpec{Name: full, Partitions: 2})
	s.put(t, weir.TopicSpec{Name: empty, Partitions: 1})
	s.produce(t, full, 0, 3*time.Hour, time.Hour)
	s.produce(t, full, 1, 2*time.Hour)
	now := time.Now()
	got, err := s.observer(t).Latest(s.ctx, full, empty, missing)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]time.Time{full: now.Add(-time.Hour), empty: {}}
	if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(time.Minute)); diff != "" {
		t.Error(diff)
	}
	if got, err := s.observer(t).Latest(s.ctx); err != nil || len(got) != 0 {
		t.Errorf("of no topic: %v %v", got, err)
	}
}

// groups: a group that committed is told with its lag, one that reads and
// committed nothing with what it did not commit, and a group of another topic
// not at all.
func groups(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 2})
	s.produce(t, name, 0, 0, 0, 0)
	s.produce(t, name, 1, 0)
	var at kadm.Offsets
	at.AddOffset(name, 0, 1, -1)
	if err := s.admin.CommitAllOffsets(s.ctx, name+".committed", at); err != nil {
		t.Fatal(err)
	}
	reader := Client(t, s.Upstream, kgo.ConsumerGroup(name+".reading"), kgo.ConsumeTopics(name), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if fetched := reader.PollFetches(s.ctx); fetched.Err() != nil {
		t.Fatal(fetched.Err())
	}
	defer func() {
		if _, err := s.admin.DeleteGroups(s.ctx, name+".committed"); err != nil {
			t.Error(err)
		}
	}()
	want := weir.Groups{Groups: []weir.ConsumerGroup{
		{Name: name + ".committed", State: "Empty", Lag: 2, Unread: 1},
		{Name: name + ".reading", State: "Stable", Members: 1, Unread: 2},
	}}
	var diff string
	for s.ctx.Err() == nil { // what is known of groups is some seconds old
		got, err := s.observer(t).Groups(s.ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if diff = cmp.Diff(want, got); diff == "" {
			return
		}
		select {
		case <-s.ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	t.Error(diff)
}

// follows: the groups of an application, and of no other whose name begins alike,
// each on every topic that it committed offsets of; a topic that is gone is left
// out.
func follows(t *testing.T, s suite) {
	app, gone := s.name(t), s.name(t)
	one, two := app+"-one", app+"-two"
	for _, name := range []string{one, two} {
		s.put(t, weir.TopicSpec{Name: name, Partitions: 2})
		s.produce(t, name, 0, 0, 0, 0)
	}
	app = strings.ReplaceAll(app, ".", "-")
	for group, topics := range map[string][]string{app: {one, two, gone}, app + ".b": {two}, app + "-more": {one}} {
		var at kadm.Offsets
		for _, topic := range topics {
			at.AddOffset(topic, 0, 1, -1)
		}
		if err := s.commit(t, group, at); err != nil {
			t.Fatal(err)
		}
	}
	want := weir.Follows{Follows: []weir.Following{
		{Topic: one, Partitions: 2, ConsumerGroup: weir.ConsumerGroup{Name: app, State: "Empty", Lag: 2, Unread: 1}},
		{Topic: two, Partitions: 2, ConsumerGroup: weir.ConsumerGroup{Name: app, State: "Empty", Lag: 2, Unread: 1}},
		{Topic: two, Partitions: 2, ConsumerGroup: weir.ConsumerGroup{Name: app + ".b", State: "Empty", Lag: 2, Unread: 1}},
	}}
	var diff string
	for s.ctx.Err() == nil { // what is known of groups is some seconds old
		got, err := s.observer(t).Follows(s.ctx, app)
		if err != nil {
			t.Fatal(err)
		}
		if diff = cmp.Diff(want, got); diff == "" {
			return
		}
		select {
		case <-s.ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	t.Error(diff)
}

// commit stores offsets of a group, which is deleted when the test ends; those of
// a topic that the cluster does not have may be refused.
func (s suite) commit(t *testing.T, group string, at kadm.Offsets) error {
	t.Helper()
	t.Cleanup(func() {
		if _, err := s.admin.DeleteGroups(context.WithoutCancel(s.ctx), group); err != nil {
			t.Error(err)
		}
	})
	_, err := s.admin.CommitOffsets(s.ctx, group, at)
	return err
}

// health: every broker answers, and they lead what there is.
func health(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 2})
	got, err := s.observer(t).Health(s.ctx)
	if err != nil || len(got) == 0 {
		t.Fatalf("%v %v", got, err)
	}
	leads := 0
	for _, b := range got {
		if leads += b.Leads; b.Problem != "" || b.Host == "" {
			t.Errorf("%+v", b)
		}
	}
	if leads < 2 {
		t.Errorf("they lead %d partitions", leads)
	}
}

func observeNothing(t *testing.T, s suite) {
	name := s.name(t)
	_, err := s.observer(t).Extent(s.ctx, name)
	wantKind(t, err, weir.NotFound)
	_, err = s.observer(t).Groups(s.ctx, name)
	wantKind(t, err, weir.NotFound)
}
