package kafka_test

import (
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/kafka"
)

// TestJournalOfOldRecords: what happened long ago is written as what happened
// just now is, with its time.
func TestJournalOfOldRecords(t *testing.T) {
	t.Parallel()
	c := cluster(t, upstream(t, kafka.Config{Seeds: fake(t).ListenAddrs()[:1]}), true)
	if _, err := c.PutTopic(t.Context(), weir.TopicSpec{Name: "events", Partitions: 1, Retention: weir.Duration(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	j, err := c.Journal(t.Context(), "events", "test.journal")
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	at := time.Now().Add(-24 * time.Hour).Truncate(time.Millisecond)
	if err := j.Append(t.Context(), []weir.Message{{Time: at, Value: []byte("old")}}); err != nil {
		t.Fatal(err)
	}
	tail, err := c.Tail(t.Context(), "events", map[int32]int64{0: 0})
	if err != nil {
		t.Fatal(err)
	}
	defer tail.Close()
	ms, err := tail.Next(t.Context())
	if err != nil || len(ms) != 1 || !ms[0].Time.Equal(at) {
		t.Fatalf("%v, %v; the record of %s is expected", ms, err, at)
	}
}
