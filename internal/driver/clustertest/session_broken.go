package clustertest

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/weirmesh/weir"
)

// sessionBroken: a batch whose sum is right, and whose records are broken, is given
// as that in its place, and what follows it too. A cluster may refuse to take it.
func sessionBroken(t *testing.T, s worked) {
	for name, b := range map[string]struct {
		attributes uint16
		n          uint32
		records    string
	}{
		"NoRecord":    {0, 2, "no record at all, though of some length"},
		"TooMany":     {0, 1 << 30, "\x10\x00\x00\x00\x01\x02a\x00"},
		"Negative":    {0, 1 << 31, "\x10\x00\x00\x00\x01\x02a\x00"},
		"Backwards":   {0, 2, "\x0e\x00\x00\x02\x01\x02a\x00\x0e\x00\x00\x00\x01\x02a\x00"},
		"NotPacked":   {4, 2, "this is not zstd"},
		"UnknownPack": {7, 2, "this is packed by nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := worked{newSuite(t, s.Subject), s.over}
			j := w.job(t, 1, 1)
			j.send(t, 0, 2)
			if err := ProduceRaw(t, j.Upstream, j.spec.Inputs[0], RawBatch(b.attributes, b.n, []byte(b.records))); err != nil {
				t.Log("the cluster does not take it:", err)
				return
			}
			j.send(t, 2, 4)
			one := j.open(t, s.Cluster)
			broken, rest := j.around(t, one)
			wantSame(t, "polled", numbers(0, 4), rest)
			if broken.From != 2 || broken.To != 4 || string(broken.Bytes) != b.records || !weir.Invalid.In(broken.Err) {
				t.Errorf("the broken batch is %+v", broken)
			}
			j.commit(t, one, weir.Epoch{})
			if at := one.Lag(); at != 0 {
				t.Errorf("the lag is %d", at)
			}
			one.Close()
			j.send(t, 4, 5)
			wantSame(t, "polled later", numbers(4, 5), j.poll(t, j.open(t, s.Cluster), 1))
		})
	}
}

// around reads four records, and the batch between them that is broken.
func (j job) around(t *testing.T, s weir.Session) (broken weir.Broken, values []string) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); len(values) < 4 || broken.Err == nil; {
		if time.Now().After(late) {
			t.Fatalf("not within 20 s: there are %v, and broken is %+v", values, broken)
		}
		all, err := s.Poll(j.ctx, 1000, time.Second)
		if err != nil {
			t.Fatalf("poll after %v: %v", values, err)
		}
		for _, m := range all {
			if m.Broken != nil {
				broken = *m.Broken
			}
			for _, v := range m.Values {
				values = append(values, string(v))
			}
		}
	}
	return broken, values
}

// RawBatch is a batch of two offsets, in message format 2, with the right sum.
func RawBatch(attributes uint16, n uint32, records []byte) []byte {
	be := binary.BigEndian
	b := append(make([]byte, 61), records...)
	be.PutUint32(b[8:], uint32(len(b)-12))
	be.PutUint32(b[12:], ^uint32(0))
	b[16] = 2
	be.PutUint16(b[21:], attributes)
	be.PutUint32(b[23:], 1)
	be.PutUint64(b[27:], uint64(time.Now().UnixMilli()))
	be.PutUint64(b[35:], uint64(time.Now().UnixMilli()))
	be.PutUint64(b[43:], ^uint64(0))
	be.PutUint16(b[51:], ^uint16(0))
	be.PutUint32(b[53:], ^uint32(0))
	be.PutUint32(b[57:], n)
	be.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// refusals are what a cluster says that looks into batches; Apache Kafka says the
// last of what it cannot unpack.
var refusals = []error{kerr.InvalidRecord, kerr.CorruptMessage, kerr.UnsupportedCompressionType, kerr.UnknownServerError}

// ProduceRaw writes a batch as it is to the first partition of a topic. An error is
// that the cluster looks into it.
func ProduceRaw(t *testing.T, up weir.Upstream, topic string, batch []byte) error {
	t.Helper()
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 5000
	part := kmsg.NewProduceRequestTopicPartition()
	part.Records = batch
	of := kmsg.NewProduceRequestTopic()
	of.Topic, of.Partitions = topic, append(of.Partitions, part)
	req.Topics = append(req.Topics, of)
	client := Client(t, up, kgo.MaxVersions(kversion.V3_5_0())) // topics have names
	known, err := kadm.NewClient(client).Metadata(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := req.RequestWith(t.Context(), client.Broker(int(known.Topics[topic].Partitions[0].Leader)))
	if err != nil {
		t.Fatal(err)
	}
	err = kerr.ErrorForCode(resp.Topics[0].Partitions[0].ErrorCode)
	if err != nil && !slices.ContainsFunc(refusals, func(of error) bool { return errors.Is(err, of) }) {
		t.Fatal(err)
	}
	return err
}
