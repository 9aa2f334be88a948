package gateway_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir/internal/serve/gateway"
)

// TestUndoneRecordsAreGivenToNobody: who reads committed records is given none
// of an undone transaction, however little fits into an answer and however many
// partitions there are; and is given all others.
func TestUndoneRecordsAreGivenToNobody(t *testing.T) {
	t.Parallel()
	const batch = 40 << 10
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) { c.Shares, c.Limits.FetchBytes = true, 100<<10 })
	cl := m.client("app", kgo.TransactionalID("app.tx"), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(2*batch))
	write := func(end kgo.TransactionEndTry, text string) {
		must(t, cl.BeginTransaction())
		for p := range int32(3) {
			must(t, cl.ProduceSync(within(t, 20*time.Second), &kgo.Record{Topic: "own.data.v1", Partition: p, Value: fmt.Appendf(nil, "%s-%d %s", text, p, bytes.Repeat([]byte("x"), batch))}).FirstErr())
		}
		must(t, cl.EndTransaction(within(t, 10*time.Second), end))
	}
	const rounds = 10
	for i := range rounds {
		write(kgo.TryAbort, fmt.Sprint("undone-", i))
		write(kgo.TryCommit, fmt.Sprint("kept-", i))
	}
	got := consume(t, m.client("app", kgo.ConsumeTopics("own.data.v1"), kgo.FetchIsolationLevel(kgo.ReadCommitted())), 3*rounds)
	for v, n := range got {
		if n != 1 || !bytes.HasPrefix([]byte(v), []byte("kept-")) {
			t.Errorf("%d times %.20q", n, v)
		}
	}
}
