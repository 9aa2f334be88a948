package clustertest

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

const (
	old   = 48 * time.Hour
	young = time.Minute
)

// trim: the old go, the young stay, and so does the last record however old.
func trim(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 4})
	s.produce(t, name, 0, old, old, old, young, young)
	s.produce(t, name, 1, old, old, old)
	s.produce(t, name, 2, young)
	want := map[int32][2]int64{0: {3, 5}, 1: {2, 3}, 2: {0, 1}, 3: {0, 0}}
	if !s.KeepWhole {
		want = map[int32][2]int64{0: {0, 5}, 1: {0, 3}, 2: {0, 1}, 3: {0, 0}}
	}
	for range 2 {
		if err := s.Cluster.Trim(s.ctx, name, time.Now().Add(-24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		for p, w := range want {
			if got := s.offsets(t, name, p); got != w {
				t.Errorf("partition %d begins and ends at %v, want %v", p, got, w)
			}
		}
	}
	if err := s.Cluster.Trim(s.ctx, name, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := s.offsets(t, name, 0); s.KeepWhole && got != [2]int64{4, 5} {
		t.Errorf("trimmed up to the future, partition 0 begins and ends at %v, want the last record to stay", got)
	}
}

// trimYoung: a wrong timestamp among the new records deletes nothing new.
func trimYoung(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 1})
	s.produce(t, name, 0, young, old, young, old)
	if err := s.Cluster.Trim(s.ctx, name, time.Now().Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := s.offsets(t, name, 0); got != [2]int64{0, 4} {
		t.Errorf("the partition begins and ends at %v, want 0 and 4", got)
	}
}

// deleteGroups: those of the application and no others, of both protocols, and
// not while they have members.
func deleteGroups(t *testing.T, s suite) {
	app := "app-" + weir.NewUID(time.Now()).String()[24:]
	other := app + "x" // its groups begin with the same letters
	topic := s.name(t)
	s.put(t, weir.TopicSpec{Name: topic, Partitions: 1})
	s.produce(t, topic, 0, 0)
	s.consume(t, topic, app, false)
	s.consume(t, topic, app+".next", true)
	s.consume(t, topic, other, false)
	s.consume(t, topic, other+".next", true)

	leave := s.join(t, topic, app+".busy", false)
	wantKind(t, s.Cluster.DeleteGroups(s.ctx, app), weir.Unavailable)
	leave()
	if err := s.Cluster.DeleteGroups(s.ctx, app); err != nil {
		t.Fatal(err)
	}
	listed, err := s.admin.ListGroups(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range listed.Groups() {
		if weir.OwnsName(app, g) {
			t.Errorf("the group %s is still there", g)
		}
	}
	for _, g := range []string{other, other + ".next"} {
		if _, there := listed[g]; !there {
			t.Errorf("the foreign group %s is gone", g)
		}
	}
	for range 2 { // the second time there are none
		if err := s.Cluster.DeleteGroups(s.ctx, other); err != nil {
			t.Fatal(err)
		}
	}
}

// consume reads a topic's first record in a group and leaves it.
func (s suite) consume(t *testing.T, topic, group string, next bool) {
	t.Helper()
	s.join(t, topic, group, next)()
}

// join reads a topic's first record in a group, by the classic protocol or by
// the next one, commits and gives the function that leaves.
func (s suite) join(t *testing.T, topic, group string, next bool) (leave func()) {
	t.Helper()
	opts := []kgo.Opt{kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}
	if next {
		opts = append(opts, kgo.ServerSideBalancer())
	}
	client := Client(t, s.Upstream, opts...)
	fetches := client.PollFetches(s.ctx)
	if err := fetches.Err(); err != nil {
		t.Fatalf("group %s: %v", group, err)
	}
	if err := client.CommitRecords(s.ctx, fetches.Records()...); err != nil {
		t.Fatalf("group %s: commit: %v", group, err)
	}
	return client.Close
}
