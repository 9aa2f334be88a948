package gateway_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// TestVisits: who sees to an application is told when it logged in, how many
// connections it has, and what it was refused, with how often; nothing of another
// application, nothing of what it was not told itself.
func TestVisits(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	before := m.gateway.Visits(m.id("application/app"), "app")
	if before.Since.IsZero() || !before.Login.IsZero() || before.Open != 0 || len(before.Refused) != 0 {
		t.Errorf("before anything: %+v", before)
	}
	r := m.login("app")
	for range 2 {
		askFor(r, "other.hidden.v1", "other.asked.v1", "no.such.v1")
	}
	find := kmsg.NewPtrFindCoordinatorRequest()
	find.Version, find.CoordinatorKey = 1, "stranger.group"
	ask[*kmsg.FindCoordinatorResponse](r, find)
	err := m.client("app", kgo.DefaultProduceTopic("other.open.v1")).ProduceSync(within(t, 10*time.Second), kgo.StringRecord("x")).FirstErr()
	if !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Fatalf("it writes what it may not: %v", err)
	}
	if code, _ := m.raw().authenticate("app", "wrong"); code == 0 {
		t.Fatal("a wrong password is good")
	}
	got := m.gateway.Visits(m.id("application/app"), "app")
	if got.Open == 0 || got.Login.IsZero() {
		t.Errorf("it is there: %+v", got)
	}
	counts := map[string]int64{}
	for _, d := range got.Refused {
		if d.Why == "" || d.Last.Before(d.First) {
			t.Errorf("%+v", d)
		}
		counts[d.What+" "+d.On] = d.Count
		if d.What != "UNKNOWN_TOPIC_OR_PARTITION" && d.What != "GROUP_AUTHORIZATION_FAILED" {
			counts[d.What+" "+d.On] = min(d.Count, 1) // clients try again as they like
		}
	}
	want := map[string]int64{
		"UNKNOWN_TOPIC_OR_PARTITION other.hidden.v1": 2, "UNKNOWN_TOPIC_OR_PARTITION no.such.v1": 2,
		"GROUP_AUTHORIZATION_FAILED stranger.group": 1, "TOPIC_AUTHORIZATION_FAILED other.open.v1": 1, "SASL_AUTHENTICATION_FAILED ": 1,
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
	if other := m.gateway.Visits(m.id("application/app2"), "app2"); len(other.Refused) != 0 || !other.Login.IsZero() {
		t.Errorf("another application: %+v", other)
	}
}

// TestVisitsAreBounded: a client that is refused ever new things takes no more
// memory; the newest are told, and that older ones were forgotten.
func TestVisitsAreBounded(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	for i := range weir.MaxDenials + 5 {
		askFor(r, fmt.Sprintf("no.such-%03d.v1", i))
	}
	got := m.gateway.Visits(m.id("application/app"), "app")
	var names []string
	for _, d := range got.Refused {
		names = append(names, d.On)
	}
	if len(names) != weir.MaxDenials || !got.More || names[0] != fmt.Sprintf("no.such-%03d.v1", weir.MaxDenials+4) {
		t.Errorf("%d, more %t: %v", len(names), got.More, names)
	}
	hostile := weir.NewDenial("X", "a\x00\xffb\n"+string(make([]byte, 4000)), "")
	if diff := cmp.Diff(weir.Denial{What: "X", On: "ab"}, hostile, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// askFor asks what topics there are, by name.
func askFor(r *raw, names ...string) {
	req := kmsg.NewPtrMetadataRequest()
	req.Version = 5
	for _, name := range names {
		req.Topics = append(req.Topics, kmsg.MetadataRequestTopic{Topic: &name})
	}
	ask[*kmsg.MetadataResponse](r, req)
}
