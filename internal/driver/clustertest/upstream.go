package clustertest

import (
	"encoding/binary"
	"io"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// upstream: every listed broker can be dialled and answers a first frame that
// is not about logging in; others are not found.
func upstream(t *testing.T, s suite) {
	brokers, err := s.Upstream.Brokers(s.ctx)
	if err != nil || len(brokers) == 0 {
		t.Fatalf("Brokers: %v, %v", brokers, err)
	}
	unknown := weir.BrokerID(0)
	for _, b := range brokers {
		unknown = max(unknown, b.ID+1)
		conn, err := s.Upstream.Dial(s.ctx, b.ID)
		if err != nil {
			t.Fatalf("Dial %d: %v", b.ID, err)
		}
		deadline, _ := s.ctx.Deadline()
		if err := conn.SetDeadline(deadline); err != nil {
			t.Fatal(err)
		}
		if got := metadata(t, conn); got == 0 {
			t.Errorf("broker %d names no broker", b.ID)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err = s.Upstream.Dial(s.ctx, unknown)
	wantKind(t, err, weir.NotFound)
	if a, b := s.Upstream.Boot(), s.Upstream.Boot(); a != b {
		t.Errorf("Boot says %q, then %q", a, b)
	}
	if err := s.Upstream.Room(); err != nil {
		t.Errorf("Room: %v", err)
	}
}

// metadata asks one connection, without a client, for the brokers it knows.
func metadata(t *testing.T, conn io.ReadWriter) int {
	t.Helper()
	req := kmsg.NewPtrMetadataRequest()
	req.Version = 4
	req.Topics = []kmsg.MetadataRequestTopic{}
	if _, err := conn.Write(kmsg.NewRequestFormatter(kmsg.FormatterClientID("suite")).AppendRequest(nil, req, 7)); err != nil {
		t.Fatal(err)
	}
	body := frame(t, conn)
	resp := kmsg.NewPtrMetadataResponse()
	resp.Version = 4
	if err := resp.ReadFrom(body[4:]); err != nil { // after the correlation id
		t.Fatal(err)
	}
	return len(resp.Brokers)
}

// frame reads one answer: four bytes of length, then that many.
func frame(t *testing.T, r io.Reader) []byte {
	t.Helper()
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		t.Fatal(err)
	}
	n := binary.BigEndian.Uint32(size[:])
	if n < 4 || n > 1<<20 {
		t.Fatalf("an answer of %d bytes", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		t.Fatal(err)
	}
	return body
}
