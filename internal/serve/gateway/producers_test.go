package gateway_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/serve/gateway"
)

// batchOf is one record of a producer.
func batchOf(id int64, epoch int16, sequence int32, transactional bool) []byte {
	b := kmsg.RecordBatch{PartitionLeaderEpoch: -1, Magic: 2, ProducerID: id, ProducerEpoch: epoch, FirstSequence: sequence, NumRecords: 1}
	if transactional {
		b.Attributes = 0x10
	}
	rec := kmsg.Record{Value: []byte("x")}
	rec.Length = int32(len(rec.AppendTo(nil)) - 1)
	b.Records = rec.AppendTo(nil)
	return seal(&b)
}

func produceBatch(r *raw, tx *string, records []byte) int16 {
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks, req.TimeoutMillis, req.TransactionID = 11, -1, 1000, tx
	req.Topics = []kmsg.ProduceRequestTopic{{Topic: "own.data.v1", Partitions: []kmsg.ProduceRequestTopicPartition{{Records: records}}}}
	return ask[*kmsg.ProduceResponse](r, req).Topics[0].Partitions[0].ErrorCode
}

func initWith(r *raw, version int16, tx *string, id int64, epoch int16) *kmsg.InitProducerIDResponse {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.Version, req.TransactionalID, req.TransactionTimeoutMillis, req.ProducerID, req.ProducerEpoch = version, tx, 10000, id, epoch
	return ask[*kmsg.InitProducerIDResponse](r, req)
}

func addPartition(r *raw, tx string, id int64, epoch int16) int16 {
	req := kmsg.NewPtrAddPartitionsToTxnRequest()
	req.Version, req.TransactionalID, req.ProducerID, req.ProducerEpoch = 3, tx, id, epoch
	req.Topics = []kmsg.AddPartitionsToTxnRequestTopic{{Topic: "own.data.v1", Partitions: []int32{0}}}
	return ask[*kmsg.AddPartitionsToTxnResponse](r, req).Topics[0].Partitions[0].ErrorCode
}

func addOffsets(r *raw, tx, group string, id int64, epoch int16) int16 {
	req := kmsg.NewPtrAddOffsetsToTxnRequest()
	req.Version, req.TransactionalID, req.Group, req.ProducerID, req.ProducerEpoch = 3, tx, group, id, epoch
	return ask[*kmsg.AddOffsetsToTxnResponse](r, req).ErrorCode
}

func commitInTxn(r *raw, tx, group string, id int64, epoch int16) int16 {
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.Version, req.TransactionalID, req.Group, req.Generation, req.ProducerID, req.ProducerEpoch = 3, tx, group, -1, id, epoch
	req.Topics = []kmsg.TxnOffsetCommitRequestTopic{{Topic: "own.data.v1", Partitions: []kmsg.TxnOffsetCommitRequestTopicPartition{{}}}}
	return ask[*kmsg.TxnOffsetCommitResponse](r, req).Topics[0].Partitions[0].ErrorCode
}

func endTxn(r *raw, version int16, tx string, id int64, epoch int16, commit bool) *kmsg.EndTxnResponse {
	req := kmsg.NewPtrEndTxnRequest()
	req.Version, req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = version, tx, id, epoch, commit
	return ask[*kmsg.EndTxnResponse](r, req)
}

// TestOthersTransactions: who knows the producer id of another application's
// transaction cannot do anything with it, under any transactional id of its own.
func TestOthersTransactions(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	bob, eve := m.login("app"), m.login("app2")
	tx := "app.tx"
	mine := initWith(bob, 5, &tx, -1, -1)
	id, epoch := mine.ProducerID, mine.ProducerEpoch
	if code := addPartition(bob, tx, id, epoch); code != 0 {
		t.Fatalf("own partition: code %d", code)
	}
	if code := produceBatch(bob, &tx, batchOf(id, epoch, 0, true)); code != 0 {
		t.Fatalf("own record: code %d", code)
	}

	x := "app2.x"
	const foreign = 49
	for name, send := range map[string]func() int16{
		"AddPartitionsToTxn": func() int16 { return addPartition(eve, x, id, epoch) },
		"AddOffsetsToTxn":    func() int16 { return addOffsets(eve, x, "app2.g", id, epoch) },
		"TxnOffsetCommit":    func() int16 { return commitInTxn(eve, x, "app2.g", id, epoch) },
		"EndTxn, abort":      func() int16 { return endTxn(eve, 4, x, id, epoch, false).ErrorCode },
		"EndTxn, commit":     func() int16 { return endTxn(eve, 5, x, id, epoch, true).ErrorCode },
		"Produce in it":      func() int16 { return produceBatch(eve, &x, batchOf(id, epoch, 1, true)) },
		"Produce beside it":  func() int16 { return produceBatch(eve, nil, batchOf(id, epoch+5, 1, false)) },
		"Produce beside it, with a transactional id": func() int16 { return produceBatch(eve, &x, batchOf(id, epoch+5, 1, false)) },
	} {
		if code := send(); code != foreign {
			t.Errorf("%s: code %d, want %d", name, code, foreign)
		}
	}
	if code := endTxn(bob, 4, "app.y", id, epoch, false).ErrorCode; code != foreign {
		t.Errorf("another transactional id of the same application: code %d", code)
	}
	if code := produceBatch(eve, nil, batchOf(id, epoch, 1, true)); code != kerr.TransactionalIDAuthorizationFailed.Code {
		t.Errorf("records of a transaction without its name: code %d", code)
	}
	if got := initWith(eve, 5, &x, id, epoch); got.ErrorCode != 0 || got.ProducerID == id {
		t.Errorf("InitProducerId gave %+v, want an id of its own", got)
	}
	if got := initWith(eve, 5, &x, id, epoch); got.ErrorCode != kerr.ProducerFenced.Code {
		t.Errorf("InitProducerId again: code %d", got.ErrorCode)
	}
	if got := initWith(eve, 3, &x, id, epoch); got.ErrorCode != kerr.InvalidProducerEpoch.Code {
		t.Errorf("InitProducerId v3: code %d", got.ErrorCode)
	}

	ended := endTxn(bob, 5, tx, id, epoch, true)
	if ended.ErrorCode != 0 {
		t.Fatalf("own commit: code %d", ended.ErrorCode)
	}
	if got := initWith(bob, 5, &tx, ended.ProducerID, ended.ProducerEpoch); got.ErrorCode != 0 {
		t.Errorf("own recovery: code %d", got.ErrorCode)
	}
}

// TestOthersIdempotentProducers: nobody fences another application's producer;
// one that the gateway does not know yet goes on.
func TestOthersIdempotentProducers(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	bob, eve := m.login("app"), m.login("app2")
	given := initWith(bob, 5, nil, -1, -1).ProducerID
	for name, id := range map[string]int64{"given in this run": given, "from an earlier run": 4711} {
		for sequence := range int32(2) {
			if code := produceBatch(bob, nil, batchOf(id, 0, sequence, false)); code != 0 {
				t.Errorf("%s, record %d: code %d", name, sequence, code)
			}
			if code := produceBatch(eve, nil, batchOf(id, 9, 0, false)); code != kerr.InvalidProducerIDMapping.Code {
				t.Errorf("%s, by another application: code %d", name, code)
			}
		}
	}
}

// TestTransactionsOfAnEarlierRun: they are told that their producer id is not
// good any more, and go on after they initialised again.
func TestTransactionsOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r, tx := m.login("app"), "app.tx"
	const old = 4711
	if code := addPartition(r, tx, old, 3); code != kerr.InvalidProducerIDMapping.Code {
		t.Errorf("AddPartitionsToTxn: code %d", code)
	}
	if code := endTxn(r, 5, tx, old, 3, true).ErrorCode; code != kerr.InvalidProducerIDMapping.Code {
		t.Errorf("EndTxn: code %d", code)
	}
	again := initWith(r, 5, &tx, old, 3)
	if again.ErrorCode != 0 || again.ProducerID == old {
		t.Fatalf("InitProducerId gave %+v", again)
	}
	if code := addPartition(r, tx, again.ProducerID, again.ProducerEpoch); code != 0 {
		t.Errorf("after it: code %d", code)
	}
}

// TestProducerIDsOnAClusterOfItsOwn: there the coordinator judges.
func TestProducerIDsOnAClusterOfItsOwn(t *testing.T) {
	t.Parallel()
	c := mustCluster(t, 1)
	c.boot = ""
	m := mustMesh(t, c, nil)
	if code := endTxn(m.login("app"), 3, "app.tx", 4711, 0, true).ErrorCode; code != kerr.InvalidProducerIDMapping.Code {
		t.Errorf("the broker does not know the id: code %d", code)
	}
	bob, tx := m.direct(), "app.tx"
	req := kmsg.NewPtrInitProducerIDRequest()
	req.TransactionalID, req.TransactionTimeoutMillis = &tx, 10000
	got, err := req.RequestWith(within(t, 10*time.Second), bob)
	must(t, err)
	if code := addPartition(m.login("app"), tx, got.ProducerID, got.ProducerEpoch); code != 0 {
		t.Errorf("an id that did not come through the gateway: code %d", code)
	}
}

// TestNewProducersAreBounded: each costs the embedded broker for good.
func TestNewProducersAreBounded(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	began := time.Now()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) {
		c.Now = func() time.Time { return began.Add(time.Duration(later.Load())) }
	})
	r, tx := m.login("app"), "app.tx"
	initWith(r, 5, &tx, -1, -1)
	for n := range 998 {
		if code := initWith(r, 5, nil, -1, -1).ErrorCode; code != 0 {
			t.Fatalf("id %d: code %d", n, code)
		}
	}
	if code := produceBatch(r, nil, batchOf(4711, 0, 0, false)); code != 0 {
		t.Errorf("an unknown id, the last one: code %d", code)
	}
	if code := initWith(r, 5, nil, -1, -1).ErrorCode; code != kerr.CoordinatorLoadInProgress.Code {
		t.Errorf("one more: code %d", code)
	}
	if code := initWith(r, 5, &tx, -1, -1).ErrorCode; code != 0 {
		t.Errorf("a transactional id that has one already: code %d", code)
	}
	if code := produceBatch(r, nil, batchOf(4712, 0, 0, false)); code != kerr.NotEnoughReplicas.Code {
		t.Errorf("another unknown id: code %d", code)
	}
	if code := produceBatch(r, nil, batchOf(4711, 0, 1, false)); code != 0 {
		t.Errorf("a known id: code %d", code)
	}
	if code := initWith(m.login("app2"), 5, nil, -1, -1).ErrorCode; code != 0 {
		t.Errorf("another application: code %d", code)
	}
	later.Store(int64(time.Second))
	for n, want := range []int16{0, 0, kerr.CoordinatorLoadInProgress.Code} {
		if code := initWith(r, 5, nil, -1, -1).ErrorCode; code != want {
			t.Errorf("a second later, %d: code %d, want %d", n, code, want)
		}
	}
}

// TestProducersDropped: who holds most loses its own, the least used first.
func TestProducersDropped(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := gateway.NewProducers(func() time.Time { return now }, 10)
	few, many := weir.NewUID(now), weir.NewUID(now)
	p.Learn(1, few, "few.tx")
	p.Learn(2, many, "many.first")
	for id := range int64(100) {
		p.Learn(100+id, many, fmt.Sprint("many.", id))
		if !p.Holds(2, many, "many.first") {
			t.Fatalf("%d: what is in use was dropped", id)
		}
		now = now.Add(time.Second)
	}
	if p.Len() != 10 || !p.Holds(1, few, "few.tx") || !p.Holds(199, many, "many.99") || p.Holds(150, many, "many.50") {
		t.Errorf("%d are left: %v %v %v", p.Len(), p.Holds(1, few, "few.tx"), p.Holds(199, many, "many.99"), p.Holds(150, many, "many.50"))
	}
	p.Learn(3, few, "few.tx")
	if p.Holds(1, few, "few.tx") || !p.Holds(3, few, "few.tx") || !p.Foreign(3, many) {
		t.Error("a transactional id has another producer id than its last")
	}
}
