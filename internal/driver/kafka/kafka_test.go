package kafka_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/clustertest"
	"github.com/weirmesh/weir/internal/driver/kafka"
	"github.com/weirmesh/weir/internal/kit/memconn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a cluster of three brokers on TCP ports, as a real one has.
func fake(t *testing.T) *kfake.Cluster {
	t.Helper()
	f, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func upstream(t *testing.T, cfg kafka.Config) *kafka.Upstream {
	t.Helper()
	up, err := kafka.NewUpstream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { up.Close() })
	return up
}

// TestConformanceThreeBrokers: leaders, coordinators and the controller are on
// different brokers, reached over TCP by what the cluster advertises.
func TestConformanceThreeBrokers(t *testing.T) {
	t.Parallel()
	up := upstream(t, kafka.Config{Seeds: fake(t).ListenAddrs()[:1]})
	c := cluster(t, up, true)
	clustertest.Run(t, clustertest.Subject{Cluster: c, Upstream: up, KeepWhole: true, Journal: journal(c)})
}

func TestUpstreamAddresses(t *testing.T) {
	t.Parallel()
	for _, seeds := range [][]string{nil, {""}, {"host"}, {"host:"}, {":9092"}, {"host:0"}, {"host:70000"}, {"ok:9092", "http://x:1"}} {
		if _, err := kafka.NewUpstream(kafka.Config{Seeds: seeds}); weir.KindOf(err) != weir.Invalid {
			t.Errorf("seeds %q: %v", seeds, err)
		}
	}
}

// TestUpstreamAway: nobody answers; the error says so and soon.
func TestUpstreamAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	up := upstream(t, kafka.Config{Seeds: []string{l.Addr().String()}, Timeout: 300 * time.Millisecond})
	began := time.Now()
	if _, err := up.Brokers(t.Context()); weir.KindOf(err) != weir.Unavailable {
		t.Errorf("Brokers: %v", err)
	}
	if _, err := up.Dial(t.Context(), 0); weir.KindOf(err) != weir.Unavailable {
		t.Errorf("Dial: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestUpstreamRemembers: while no broker answers the list of before is given,
// and a broker that is gone is Unavailable, not unknown.
func TestUpstreamRemembers(t *testing.T) {
	t.Parallel()
	f := fake(t)
	now := time.Now()
	up := upstream(t, kafka.Config{Seeds: f.ListenAddrs(), Timeout: 300 * time.Millisecond, Now: func() time.Time { return now }})
	before, err := up.Brokers(t.Context())
	if err != nil || len(before) != 3 {
		t.Fatalf("Brokers: %v, %v", before, err)
	}
	f.Close()
	now = now.Add(time.Hour)
	after, err := up.Brokers(t.Context())
	if err != nil || len(after) != 3 {
		t.Errorf("with the cluster away: %v, %v", after, err)
	}
	if _, err := up.Dial(t.Context(), before[0].ID); weir.KindOf(err) != weir.Unavailable {
		t.Errorf("Dial: %v", err)
	}
}

// TestUpstreamServesAllWhenOneGivesUp: the list is asked for once for everyone;
// a caller who gives up while it is asked spoils it for nobody.
func TestUpstreamServesAllWhenOneGivesUp(t *testing.T) {
	t.Parallel()
	f := fake(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	f.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
		close(asked)
		<-answer
		return nil, nil, false
	})
	up := upstream(t, kafka.Config{Seeds: f.ListenAddrs()[:1]})
	ctx, giveUp := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { _, err := up.Brokers(ctx); first <- err }()
	<-asked
	giveUp()
	if err := <-first; err == nil {
		t.Error("who gave up got an answer")
	}
	close(answer)
	if got, err := up.Brokers(t.Context()); err != nil || len(got) != 3 {
		t.Errorf("the next caller gets %v, %v", got, err)
	}
}

// TestUpstreamFollows: a list that is old is renewed when a broker is not where
// it was.
func TestUpstreamFollows(t *testing.T) {
	t.Parallel()
	f := fake(t)
	now := time.Now()
	up := upstream(t, kafka.Config{Seeds: f.ListenAddrs()[:1], Now: func() time.Time { return now }})
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	f.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		at := dead.Addr().(*net.TCPAddr)
		resp.Brokers = []kmsg.MetadataResponseBroker{{NodeID: 2, Host: at.IP.String(), Port: int32(at.Port)}}
		return resp, nil, true // once
	})
	if got, err := up.Brokers(t.Context()); err != nil || len(got) != 1 {
		t.Fatalf("Brokers: %v, %v", got, err)
	}
	now = now.Add(2 * time.Second)
	conn, err := up.Dial(t.Context(), 2)
	if err != nil {
		t.Fatalf("the broker has moved: %v", err)
	}
	conn.Close()
}

// silent is an upstream whose broker takes connections and never answers.
type silent struct{}

func (silent) Brokers(context.Context) ([]weir.Broker, error) {
	return []weir.Broker{{ID: 1, Host: "silent", Port: 1}}, nil
}
func (s silent) Dial(ctx context.Context, _ weir.BrokerID) (net.Conn, error) {
	a, b := memconn.Pipe("a", "b")
	context.AfterFunc(ctx, func() { b.Close() })
	return a, nil
}
func (silent) Boot() string { return "" }
func (silent) Room() error  { return nil }

// TestEveryCallEnds: with a broker that never answers.
func TestEveryCallEnds(t *testing.T) {
	t.Parallel()
	c, err := kafka.NewCluster(silent{}, kafka.Options{KeepWhole: true, Timeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	spec := weir.TopicSpec{Name: "x", Partitions: 1}
	for name, call := range map[string]func(context.Context) error{
		"Topics":       func(ctx context.Context) error { _, err := c.Topics(ctx); return err },
		"PutTopic":     func(ctx context.Context) error { _, err := c.PutTopic(ctx, spec); return err },
		"SetTopic":     func(ctx context.Context) error { return c.SetTopic(ctx, spec) },
		"DeleteTopic":  func(ctx context.Context) error { return c.DeleteTopic(ctx, weir.TopicID{1}) },
		"Trim":         func(ctx context.Context) error { return c.Trim(ctx, "x", time.Now()) },
		"DeleteGroups": func(ctx context.Context) error { return c.DeleteGroups(ctx, "x") },
	} {
		began := time.Now()
		if err := call(t.Context()); weir.KindOf(err) != weir.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	if _, err := kafka.NewCluster(silent{}, kafka.Options{Timeout: -1}); weir.KindOf(err) != weir.Invalid {
		t.Errorf("a negative timeout: %v", err)
	}
}

// TestErrorKinds: what a broker answers becomes a kind, and its own words are
// kept for the log, not for the caller.
func TestErrorKinds(t *testing.T) {
	t.Parallel()
	f := fake(t)
	up := upstream(t, kafka.Config{Seeds: f.ListenAddrs()})
	c := cluster(t, up, false)
	detail := "broker 10.0.0.1 says so"
	var answer atomic.Int32
	f.ControlKey(int16(kmsg.CreateTopics), func(req kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		resp := req.ResponseKind().(*kmsg.CreateTopicsResponse)
		resp.Topics = []kmsg.CreateTopicsResponseTopic{{Topic: "x", ErrorCode: int16(answer.Load()), ErrorMessage: &detail}}
		return resp, nil, true
	})
	for _, want := range []struct {
		code *kerr.Error
		kind weir.ErrKind
	}{
		{kerr.InvalidTopicException, weir.Invalid},
		{kerr.InvalidPartitions, weir.Invalid},
		{kerr.InvalidConfig, weir.Invalid},
		{kerr.PolicyViolation, weir.Limit},
		{kerr.TopicAuthorizationFailed, weir.Denied},
		{kerr.ClusterAuthorizationFailed, weir.Denied},
		{kerr.ThrottlingQuotaExceeded, weir.Unavailable},
		{kerr.UnknownServerError, weir.Internal},
	} {
		answer.Store(int32(want.code.Code))
		_, err := c.PutTopic(t.Context(), weir.TopicSpec{Name: "x", Partitions: 1})
		if weir.KindOf(err) != want.kind || !errors.Is(err, want.code) {
			t.Errorf("%s: %v of kind %v, want %v", want.code.Message, err, weir.KindOf(err), want.kind)
		}
		var e *weir.Error
		if errors.As(err, &e) && (strings.Contains(e.Public(), detail) || !strings.Contains(e.Error(), detail)) {
			t.Errorf("%s: the broker's words belong to the log alone: %q, %q", want.code.Message, e.Public(), e.Error())
		}
	}
}
