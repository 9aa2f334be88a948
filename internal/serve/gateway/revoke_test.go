package gateway_test

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// soon is what revocation promises.
const soon = 2 * time.Second

// TestRevocationIsPushed: a connection that says nothing is closed when its
// credential ends, the connections of others are not, and a new password works.
func TestRevocationIsPushed(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	idle, other := m.login("app"), m.login("app2")
	m.remove(weir.NounCredential, "app")
	took, ok := idle.ended(5 * time.Second)
	if !ok || took > soon {
		t.Errorf("the idle connection ended: %v, after %s", ok, took)
	}
	if code, _ := m.raw().authenticate("app", password); code != kerr.SaslAuthenticationFailed.Code {
		t.Errorf("a login with the ended credential gives %d", code)
	}
	ask[*kmsg.MetadataResponse](other, metadataRequest())
	m.addCredential("app", "own")
	m.mustShow()
	ask[*kmsg.MetadataResponse](m.login("app"), metadataRequest())
	if got := m.metrics.Revoked.Load(); got != 1 {
		t.Errorf("%d revoked connections counted", got)
	}
}

// TestRevocationOfAnApplication: one that is ending logs in no more.
func TestRevocationOfAnApplication(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	m.put(&weir.Application{Name: "app", Team: m.id("team/own"), Ending: true})
	if took, ok := r.ended(5 * time.Second); !ok || took > soon {
		t.Errorf("ended: %v, after %s", ok, took)
	}
}

// TestRevokedAccess: a consumer in the middle of a stream gets nothing more,
// and is told, within the time; allowed again, it goes on.
func TestRevokedAccess(t *testing.T) {
	t.Parallel()
	for name, flowing := range map[string]bool{"while records flow": true, "while nothing flows": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := mustMesh(t, mustCluster(t, 1), nil)
			writer := m.client("stranger")
			produce(t, writer, "other.allowed.v1", "x", 10)
			reader := m.client("app", kgo.ConsumeTopics("other.allowed.v1"), kgo.KeepRetryableFetchErrors())
			consume(t, reader, 10)
			began := time.Now()
			m.remove(weir.NounAccess, "other.allowed/app")
			m.mustShow()
			if flowing {
				produce(t, writer, "other.allowed.v1", "y", 10)
			}
			fs := reader.PollFetches(within(t, 10*time.Second))
			if err := fs.Err(); !errors.Is(err, kerr.TopicAuthorizationFailed) || fs.NumRecords() > 0 {
				t.Errorf("%d records and %v after the access was revoked", fs.NumRecords(), err)
			}
			if took := time.Since(began); took > soon {
				t.Errorf("told after %s", took)
			}
			m.allow("other.allowed", "app")
			produce(t, writer, "other.allowed.v1", "z", 10)
			got := map[string]bool{}
			ctx := within(t, 20*time.Second)
			for !got["z-9"] && ctx.Err() == nil {
				reader.PollFetches(ctx).EachRecord(func(r *kgo.Record) { got[string(r.Value)] = true })
			}
			if !got["z-9"] {
				t.Errorf("nothing comes after the access was given again: %v", got)
			}
		})
	}
}

// TestRevokedAnswer: a Fetch that waits when the access ends brings nothing,
// though it was allowed when it was sent; by name and by id.
func TestRevokedAnswer(t *testing.T) {
	t.Parallel()
	for _, version := range []int16{12, 18} {
		m := mustMesh(t, mustCluster(t, 1), nil)
		const topic = "other.allowed.v1"
		id := m.cluster.TopicInfo(topic).TopicID
		r := m.login("app")
		req := kmsg.NewPtrFetchRequest()
		req.Version, req.ReplicaID, req.SessionEpoch = version, -1, -1
		req.MaxBytes, req.MaxWaitMillis, req.MinBytes = 1<<20, 900, 1
		ft := kmsg.NewFetchRequestTopic()
		p := kmsg.NewFetchRequestTopicPartition()
		p.PartitionMaxBytes, p.CurrentLeaderEpoch = 1<<20, -1
		ft.Topic, ft.TopicID, ft.Partitions = topic, id, append(ft.Partitions, p)
		if version >= 13 {
			ft.Topic = ""
		}
		req.Topics = append(req.Topics, ft)
		before := m.metrics.Requests.Load()
		must(t, r.send(r.frame(req)))
		eventually(t, "the request was taken", func() bool { return m.metrics.Requests.Load() > before })
		m.remove(weir.NounAccess, "other.allowed/app")
		m.mustShow()
		produceOnce(m.login("stranger"), 11, topic, id)
		resp, err := r.answer(req, r.next)
		must(t, err)
		got := resp.(*kmsg.FetchResponse).Topics[0].Partitions[0]
		if got.ErrorCode != kerr.TopicAuthorizationFailed.Code || len(got.RecordBatches) > 0 || got.HighWatermark != -1 {
			t.Errorf("version %d: %+v", version, got)
		}
	}
}

// TestTopicMadeAgain: a topic of the same name and another id than the mesh
// made does not exist.
func TestTopicMadeAgain(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	const topic = "own.data.v1"
	must(t, m.cluster.DeleteTopic(topic))
	must(t, m.cluster.CreateTopic(topic, 3, nil))
	id := m.cluster.TopicInfo(topic).TopicID
	r := m.login("app")
	name := topic
	req := kmsg.NewPtrMetadataRequest()
	req.Version = 12
	req.Topics = []kmsg.MetadataRequestTopic{{Topic: &name}}
	if got := ask[*kmsg.MetadataResponse](r, req).Topics[0]; got.ErrorCode != kerr.UnknownTopicOrPartition.Code || len(got.Partitions) > 0 {
		t.Errorf("by name: %+v", got)
	}
	if got := fetchOnce(r, 13, "", id, -1).Topics[0].Partitions[0].ErrorCode; got != kerr.UnknownTopicID.Code {
		t.Errorf("by id: %d", got)
	}
}

// mustShow waits until the rights show the ledger.
func (m *mesh) mustShow() {
	m.Helper()
	must(m, m.live.Wait(within(m, 5*time.Second), m.ledger.Head().Offset))
}

func metadataRequest() *kmsg.MetadataRequest {
	req := kmsg.NewPtrMetadataRequest()
	req.Version = 12
	return req
}

// TestForeignFetchSessions: a fetch session belongs to the connection that
// opened it; nobody else reads by it or ends it.
func TestForeignFetchSessions(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	owner, thief := m.login("stranger"), m.login("app")
	opened := fetchOnce(owner, 12, "other.hidden.v1", [16]byte{}, 0)
	if opened.SessionID == 0 {
		t.Fatal("no session was opened")
	}
	next := kmsg.NewPtrFetchRequest()
	next.Version, next.ReplicaID, next.SessionID, next.SessionEpoch, next.MaxBytes = 12, -1, opened.SessionID, 1, 1<<20
	stolen := ask[*kmsg.FetchResponse](thief, next)
	if stolen.ErrorCode != kerr.FetchSessionIDNotFound.Code || len(stolen.Topics) > 0 {
		t.Errorf("a foreign session gives %+v", stolen)
	}
	for _, epoch := range []int32{0, -1} { // both end the session they name
		end := *next
		end.SessionEpoch = epoch
		ask[*kmsg.FetchResponse](thief, &end)
	}
	produceOnce(owner, 11, "other.hidden.v1", [16]byte{})
	if resp := ask[*kmsg.FetchResponse](owner, next); resp.ErrorCode != 0 || len(resp.Topics) != 1 {
		t.Errorf("the owner's session gives %+v", resp)
	}
}

// TestRevokedInSession: a session that holds what may not be read any more is
// gone, so that the client names its topics again and is told of each; by name
// and by id.
func TestRevokedInSession(t *testing.T) {
	t.Parallel()
	for _, version := range []int16{12, 18} {
		m := mustMesh(t, mustCluster(t, 1), nil)
		r := m.login("app")
		topic, id := "other.allowed.v1", m.cluster.TopicInfo("other.allowed.v1").TopicID
		if version >= 13 {
			topic = ""
		}
		next := kmsg.NewPtrFetchRequest()
		next.Version, next.ReplicaID, next.SessionEpoch, next.MaxBytes = version, -1, 1, 1<<20
		next.SessionID = fetchOnce(r, version, topic, id, 0).SessionID
		if code := ask[*kmsg.FetchResponse](r, next).ErrorCode; code != 0 {
			t.Fatalf("version %d: the session gives %d", version, code)
		}
		m.remove(weir.NounAccess, "other.allowed/app")
		m.mustShow()
		next.SessionEpoch = 2
		if resp := ask[*kmsg.FetchResponse](r, next); resp.ErrorCode != kerr.FetchSessionIDNotFound.Code || len(resp.Topics) > 0 {
			t.Errorf("version %d: after the access ended: %+v", version, resp)
		}
	}
}
