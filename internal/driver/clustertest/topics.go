package clustertest

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
)

func put(t *testing.T, s suite) {
	name := s.name(t)
	id := s.put(t, weir.TopicSpec{Name: name, Partitions: 3})
	topics, err := s.Cluster.Topics(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(weir.ClusterTopic{Name: name, ID: id, Partitions: 3}, topics[name]); diff != "" {
		t.Errorf("the topic that was made (-want +got):\n%s", diff)
	}
	if id == (weir.TopicID{}) {
		t.Error("the topic has no id")
	}
	for other := range maps.Keys(topics) {
		if strings.HasPrefix(other, "__") {
			t.Errorf("the internal topic %s is listed", other)
		}
	}
	again, err := s.Cluster.PutTopic(s.ctx, weir.TopicSpec{Name: name, Partitions: 3})
	if err != nil || again != id {
		t.Errorf("made again before it was used: %s, %v, want the same id %s", again, err, id)
	}
}

func putInvalid(t *testing.T, s suite) {
	name := s.name(t)
	for _, spec := range []weir.TopicSpec{
		{Name: "", Partitions: 1},
		{Name: "..", Partitions: 1},
		{Name: "sl/ash", Partitions: 1},
		{Name: "líne", Partitions: 1},
		{Name: strings.Repeat("n", 250), Partitions: 1},
		{Name: name, Partitions: 0},
		{Name: name, Partitions: -1},
		{Name: name, Partitions: 1 << 20},
		{Name: name, Partitions: 1, Retention: -1},
	} {
		_, err := s.Cluster.PutTopic(s.ctx, spec)
		wantKind(t, err, weir.Invalid)
	}
	s.put(t, weir.TopicSpec{Name: name, Partitions: 1})
	_, err := s.Cluster.PutTopic(s.ctx, weir.TopicSpec{Name: strings.Replace(name, ".", "_", 1), Partitions: 1})
	wantKind(t, err, weir.Invalid)
}

// putTaken: what somebody else made, or what was used, is never taken over.
func putTaken(t *testing.T, s suite) {
	foreign := s.name(t)
	made, err := s.admin.CreateTopic(s.ctx, 2, 1, nil, foreign)
	if err != nil {
		t.Fatal(err)
	}
	s.endAfter(t, weir.TopicID(made.ID))
	_, err = s.Cluster.PutTopic(s.ctx, weir.TopicSpec{Name: foreign, Partitions: 3})
	wantKind(t, err, weir.Exists)

	used := s.name(t)
	s.put(t, weir.TopicSpec{Name: used, Partitions: 2})
	s.produce(t, used, 1, 0)
	_, err = s.Cluster.PutTopic(s.ctx, weir.TopicSpec{Name: used, Partitions: 2})
	wantKind(t, err, weir.Exists)
}

func putConcurrently(t *testing.T, s suite) {
	name := s.name(t)
	const n = 8
	var ids [n]weir.TopicID
	var errs [n]error
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			ids[i], errs[i] = s.Cluster.PutTopic(s.ctx, weir.TopicSpec{Name: name, Partitions: 2})
		})
	}
	all.Wait()
	s.endAfter(t, ids[0])
	for i := range n {
		if errs[i] != nil || ids[i] != ids[0] || ids[i] == (weir.TopicID{}) {
			t.Errorf("attempt %d: %s, %v; attempt 0: %s", i, ids[i], errs[i], ids[0])
		}
	}
}

// settings: a cluster that keeps whole never compacts and never expires; any
// other does as it is told.
func settings(t *testing.T, s suite) {
	week := weir.Duration(7 * 24 * time.Hour)
	whole := map[string]string{"cleanup.policy": "delete", "retention.ms": "-1"}
	for _, c := range []struct {
		spec weir.TopicSpec
		want map[string]string
	}{
		{weir.TopicSpec{}, whole},
		{weir.TopicSpec{Retention: week}, map[string]string{"cleanup.policy": "delete", "retention.ms": "604800000"}},
		{weir.TopicSpec{Compact: true}, map[string]string{"cleanup.policy": "compact", "retention.ms": "-1"}},
		{weir.TopicSpec{Compact: true, Retention: week}, map[string]string{"cleanup.policy": "compact,delete", "retention.ms": "604800000"}},
	} {
		c.spec.Name, c.spec.Partitions = s.name(t), 1
		if s.KeepWhole {
			c.want = whole
		}
		s.put(t, c.spec)
		if diff := cmp.Diff(c.want, s.configs(t, c.spec.Name)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.spec, diff)
		}
	}
}

func (s suite) configs(t *testing.T, topic string) map[string]string {
	t.Helper()
	described, err := s.admin.DescribeTopicConfigs(s.ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, c := range described[0].Configs {
		if c.Key == "cleanup.policy" || c.Key == "retention.ms" {
			got[c.Key] = c.MaybeValue()
		}
	}
	return got
}

func set(t *testing.T, s suite) {
	name := s.name(t)
	day := weir.Duration(24 * time.Hour)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 2})
	s.produce(t, name, 1, 0)
	for _, want := range []int{2, 4, 4} {
		if err := s.Cluster.SetTopic(s.ctx, weir.TopicSpec{Name: name, Partitions: want, Retention: day}); err != nil {
			t.Fatal(err)
		}
		if got := s.partitions(t, name); got != want {
			t.Errorf("%d partitions, want %d", got, want)
		}
	}
	if err := s.Cluster.SetTopic(s.ctx, weir.TopicSpec{Name: name, Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	if got := s.partitions(t, name); got != 4 {
		t.Errorf("asked for fewer partitions: %d, want the 4 that it has", got)
	}
	// A real broker hears of a change a moment later.
	got := s.configs(t, name)["retention.ms"]
	for end := time.Now().Add(10 * time.Second); got != "-1" && time.Now().Before(end); {
		got = s.configs(t, name)["retention.ms"]
	}
	if got != "-1" {
		t.Errorf("retention.ms %s after it was made endless", got)
	}
	if got := s.offsets(t, name, 1); got != [2]int64{0, 1} {
		t.Errorf("offsets %v: the record is gone", got)
	}
	wantKind(t, s.Cluster.SetTopic(s.ctx, weir.TopicSpec{Name: s.name(t), Partitions: 1}), weir.NotFound)
	wantKind(t, s.Cluster.SetTopic(s.ctx, weir.TopicSpec{Name: name}), weir.Invalid)
}

func (s suite) partitions(t *testing.T, name string) int {
	t.Helper()
	topics, err := s.Cluster.Topics(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return topics[name].Partitions
}

func del(t *testing.T, s suite) {
	spec := weir.TopicSpec{Name: s.name(t), Partitions: 2}
	first, err := s.Cluster.PutTopic(s.ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	s.produce(t, spec.Name, 0, 0, 0)
	for range 2 { // the second time there is nothing
		if err := s.Cluster.DeleteTopic(s.ctx, first); err != nil {
			t.Fatal(err)
		}
	}
	topics, err := s.Cluster.Topics(s.ctx)
	if _, there := topics[spec.Name]; there || err != nil {
		t.Fatalf("after its end the topic is listed: %t, %v", there, err)
	}
	second := s.put(t, spec)
	if second == first {
		t.Error("made again, the topic has the same id")
	}
	if got := s.offsets(t, spec.Name, 0); got != [2]int64{0, 0} {
		t.Errorf("made again, the topic has the offsets %v", got)
	}
	if err := s.Cluster.DeleteTopic(s.ctx, first); err != nil {
		t.Fatal(err)
	}
	if got := s.partitions(t, spec.Name); got != 2 {
		t.Error("deleting by the old id ended the new topic")
	}
}

// cancelled: a caller who has gone gets an answer at once, and no other error
// than that.
func cancelled(t *testing.T, s suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	calls := map[string]func() error{
		"Topics":       func() error { _, err := s.Cluster.Topics(ctx); return err },
		"SetTopic":     func() error { return s.Cluster.SetTopic(ctx, weir.TopicSpec{Name: s.name(t), Partitions: 1}) },
		"DeleteTopic":  func() error { return s.Cluster.DeleteTopic(ctx, weir.TopicID{1}) },
		"Trim":         func() error { return s.Cluster.Trim(ctx, s.name(t), time.Now()) },
		"DeleteGroups": func() error { return s.Cluster.DeleteGroups(ctx, "nobody") },
	}
	for name, call := range calls {
		began := time.Now()
		if err := call(); err != nil && weir.KindOf(err) != weir.Unavailable && weir.KindOf(err) != weir.NotFound {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}
