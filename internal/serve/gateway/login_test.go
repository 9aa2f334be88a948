package gateway_test

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	client "github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/weirmesh/weir/internal/serve/gateway"
)

func TestLogins(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	for _, mechanism := range []kgo.Opt{
		kgo.SASL(client.Auth{User: "app", Pass: password}.AsSha256Mechanism()),
		kgo.SASL(client.Auth{User: "app", Pass: password}.AsSha512Mechanism()),
	} {
		must(t, m.client("app", mechanism).Ping(within(t, 5*time.Second)))
	}
	type outcome struct {
		code int16
		text string
	}
	try := func(user, pass string) outcome {
		r := m.raw()
		code, text := r.authenticate(user, pass)
		if code != 0 {
			r.mustEnd("a failed login")
		}
		return outcome{code, text}
	}
	if got := try("app", password); got.code != 0 {
		t.Errorf("right: %+v", got)
	}
	wrong, unknown := try("app", "wrong"), try("nobody", password)
	if wrong.code != kerr.SaslAuthenticationFailed.Code || wrong.text == "" || wrong != unknown {
		t.Errorf("wrong %+v, unknown %+v", wrong, unknown)
	}
	if got := m.metrics.LoginsWrong.Load(); got != 2 {
		t.Errorf("%d wrong logins counted", got)
	}
}

// TestUnknownUsersLookLikeOthers: the first answer has the same shape, and for
// one user always the same salt.
func TestUnknownUsersLookLikeOthers(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	shape := func(user string) (salt string, iterations string) {
		_, reply := m.raw().begin(1, user)
		parts := strings.Split(reply, ",")
		if len(parts) != 3 {
			t.Fatalf("reply %q", reply)
		}
		return parts[1], parts[2]
	}
	realSalt, realIterations := shape("app")
	salt, iterations := shape("nobody")
	again, _ := shape("nobody")
	other, _ := shape("somebody")
	if len(salt) != len(realSalt) || iterations != realIterations || salt != again || salt == other {
		t.Errorf("app %s %s, nobody %s %s, again %s, somebody %s", realSalt, realIterations, salt, iterations, again, other)
	}
}

// begin sends a handshake in a version and the first SCRAM message by hand.
func (r *raw) begin(version int16, user string) (bare, reply string) {
	r.Helper()
	hello := kmsg.NewPtrSASLHandshakeRequest()
	hello.Version, hello.Mechanism = version, "SCRAM-SHA-256"
	ask[*kmsg.SASLHandshakeResponse](r, hello)
	bare = "n=" + user + ",r=abc"
	return bare, string(r.token(version, []byte("n,,"+bare)))
}

// token sends a SASL token: within a request, or bare after handshake v0.
func (r *raw) token(version int16, token []byte) []byte {
	r.Helper()
	if version == 0 {
		must(r, r.send(append(binary.BigEndian.AppendUint32(nil, uint32(len(token))), token...)))
		b, err := r.bytes()
		must(r, err)
		return b
	}
	req := kmsg.NewPtrSASLAuthenticateRequest()
	req.SASLAuthBytes = token
	resp := ask[*kmsg.SASLAuthenticateResponse](r, req)
	if resp.ErrorCode != 0 {
		r.Errorf("token refused: %d %v", resp.ErrorCode, *resp.ErrorMessage)
	}
	return resp.SASLAuthBytes
}

// prove makes the final message of SCRAM-SHA-256 with a nonce of any form.
func prove(bare, reply, nonce string) []byte {
	mac := func(key []byte, s string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(s))
		return h.Sum(nil)
	}
	parts := strings.Split(reply, ",")
	salt, _ := base64.StdEncoding.DecodeString(parts[1][2:])
	iterations, _ := strconv.Atoi(parts[2][2:])
	salted, _ := pbkdf2.Key(sha256.New, password, salt, iterations, 32)
	key := mac(salted, "Client Key")
	stored := sha256.Sum256(key)
	without := "c=biws,r=" + nonce
	for i, b := range mac(stored[:], bare+","+reply+","+without) {
		key[i] ^= b
	}
	return []byte(without + ",p=" + base64.StdEncoding.EncodeToString(key))
}

// TestLoginsByHand: raw tokens after handshake v0, and the nonce that librdkafka
// up to 2.0.2 sends twice.
func TestLoginsByHand(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	for _, version := range []int16{0, 1} {
		for name, double := range map[string]string{"as the RFC says": "", "client nonce twice": "abc"} {
			t.Run(fmt.Sprintf("handshake v%d, %s", version, name), func(t *testing.T) {
				r := m.raw()
				r.TB = t
				bare, reply := r.begin(version, "app")
				nonce, _, _ := strings.Cut(strings.TrimPrefix(reply, "r="), ",")
				if got := r.token(version, prove(bare, reply, double+nonce)); !strings.HasPrefix(string(got), "v=") {
					t.Fatalf("the server's proof is %q", got)
				}
				ask[*kmsg.MetadataResponse](r, metadataRequest())
			})
		}
	}
	r := m.raw()
	bare, reply := r.begin(1, "app")
	req := kmsg.NewPtrSASLAuthenticateRequest()
	req.SASLAuthBytes = prove(bare, reply, "another")
	if resp := ask[*kmsg.SASLAuthenticateResponse](r, req); resp.ErrorCode == 0 {
		t.Error("a foreign nonce is taken")
	}
}

// TestBeforeLogin: only what belongs to the login is answered, in any order
// that makes sense.
func TestBeforeLogin(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	dialed := m.cluster.dials.Load()
	for key := int16(0); key <= kmsg.MaxKey; key++ {
		if key == 17 || key == 18 || key == 36 {
			continue
		}
		req := kmsg.RequestForKey(key)
		req.SetVersion(req.MaxVersion())
		r := m.raw()
		must(t, r.send(r.frame(req)))
		if _, err := r.bytes(); err == nil {
			t.Errorf("%s is answered before the login", kmsg.NameForKey(key))
		}
	}
	if now := m.cluster.dials.Load(); now != dialed {
		t.Errorf("%d connections to the cluster before any login", now-dialed)
	}

	plain := kmsg.NewPtrSASLHandshakeRequest()
	plain.Version, plain.Mechanism = 1, "PLAIN"
	r := m.raw()
	if resp := ask[*kmsg.SASLHandshakeResponse](r, plain); resp.ErrorCode != kerr.UnsupportedSaslMechanism.Code || len(resp.SupportedMechanisms) != 2 {
		t.Errorf("PLAIN: %+v", resp)
	}
	early := kmsg.NewPtrSASLAuthenticateRequest()
	early.Version, early.SASLAuthBytes = 2, []byte("n,,n=app,r=x")
	if resp := ask[*kmsg.SASLAuthenticateResponse](r, early); resp.ErrorCode != kerr.IllegalSaslState.Code {
		t.Errorf("a token before the handshake: %+v", resp)
	}
	again := m.login("app")
	plain.Mechanism = "SCRAM-SHA-256"
	if resp := ask[*kmsg.SASLHandshakeResponse](again, plain); resp.ErrorCode != kerr.IllegalSaslState.Code {
		t.Errorf("a second login: %+v", resp)
	}
	ask[*kmsg.MetadataResponse](again, metadataRequest())
}

// TestLoginTime: who does not log in is not kept.
func TestLoginTime(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) { c.Limits.LoginTime = 100 * time.Millisecond })
	silent := m.raw()
	if took, ok := silent.ended(5 * time.Second); !ok || took > 2*time.Second {
		t.Errorf("a silent connection: %v after %s", ok, took)
	}
	slow := m.raw()
	must(t, slow.send([]byte{0, 0, 16, 0}))
	began := time.Now()
	for range 1000 { // one byte at a time does not make it longer
		if slow.send([]byte{0}) != nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("a slow login ended after %s", took)
	}
	idle := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) { c.Limits.IdleTime = 300 * time.Millisecond }).login("app")
	if took, ok := idle.ended(5 * time.Second); !ok || took < 200*time.Millisecond {
		t.Errorf("an idle connection: %v after %s", ok, took)
	}
}

// TestConnectionLimits: too many connections, before login, of one application,
// in all.
func TestConnectionLimits(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) {
		c.Limits.Unauthenticated, c.Limits.PerApplication, c.Limits.Connections = 3, 2, 5
	})
	for range 2 {
		m.login("app")
	}
	r := m.raw()
	if code, text := r.authenticate("app", password); code == 0 || !strings.Contains(text, "limit") {
		t.Errorf("a third connection of one application: %d %s", code, text)
	}
	r.mustEnd("a third connection")
	eventually(t, "it is gone", func() bool { return m.metrics.Connections.Load() == 2 })
	oldest := m.raw()
	for range 2 {
		m.raw()
	}
	eventually(t, "they are in", func() bool { return m.metrics.Connections.Load() == 5 })
	m.raw()
	oldest.mustEnd("the oldest of four before their login")
}

// TestApiVersions: the table and the broker in common, sorted; a version that
// is too high gets the oldest answer with the error.
func TestApiVersions(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.raw()
	for version := int16(0); version <= 4; version++ {
		req := kmsg.NewPtrApiVersionsRequest()
		req.Version, req.ClientSoftwareName, req.ClientSoftwareVersion = version, "test", "1"
		resp := ask[*kmsg.ApiVersionsResponse](r, req)
		last, produce := int16(-1), false
		for _, k := range resp.ApiKeys {
			if k.ApiKey <= last {
				t.Errorf("version %d: key %d after %d", version, k.ApiKey, last)
			}
			last = k.ApiKey
			produce = produce || k.ApiKey == 0 && k.MinVersion == 3 && k.MaxVersion == 13
			if k.ApiKey == 19 || k.ApiKey == 27 || k.ApiKey == 78 {
				t.Errorf("key %d is announced", k.ApiKey)
			}
		}
		if resp.ErrorCode != 0 || !produce {
			t.Errorf("version %d: %+v", version, resp)
		}
	}
	high := kmsg.NewPtrApiVersionsRequest()
	high.Version = 5
	frame := r.frame(high)
	binary.BigEndian.PutUint16(frame[6:], 99)
	must(t, r.send(frame))
	old := kmsg.NewPtrApiVersionsRequest() // version 0
	resp, err := r.answer(old, r.next)
	must(t, err)
	if v := resp.(*kmsg.ApiVersionsResponse); v.ErrorCode != kerr.UnsupportedVersion.Code || len(v.ApiKeys) == 0 {
		t.Errorf("too high: %+v", v)
	}
	if code, text := r.authenticate("app", password); code != 0 {
		t.Errorf("the connection is of no use after it: %s", text)
	}
}

// TestDrain: when the gateway ends, what is under way is answered, and it ends
// in time though a client waits for longer.
func TestDrain(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r, idle := m.login("app"), m.raw()
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.ReplicaID, req.SessionEpoch, req.MaxBytes, req.MaxWaitMillis, req.MinBytes = 12, -1, -1, 1<<20, 700, 1
	topic := kmsg.NewFetchRequestTopic()
	p := kmsg.NewFetchRequestTopicPartition()
	p.PartitionMaxBytes, p.CurrentLeaderEpoch = 1<<20, -1
	topic.Topic, topic.Partitions = "own.data.v1", append(topic.Partitions, p)
	req.Topics = append(req.Topics, topic)
	before := m.metrics.Requests.Load()
	must(t, r.send(r.frame(req)))
	eventually(t, "the request was taken", func() bool { return m.metrics.Requests.Load() > before })
	began := time.Now()
	ended := make(chan struct{})
	go func() { m.stop(); close(ended) }()
	if _, err := r.answer(req, r.next); err != nil {
		t.Errorf("what was under way is lost: %v", err)
	}
	idle.mustEnd("idle")
	select {
	case <-ended:
	case <-within(t, 5*time.Second).Done():
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("ended after %s", took)
	}
	c := m.client("app")
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if c.Ping(ctx) == nil {
		t.Error("it still serves")
	}
}
