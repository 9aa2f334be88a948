package broker_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir/internal/driver/broker"
	"github.com/weirmesh/weir/internal/driver/clustertest"
)

// rounds is how often the kill tests kill; WEIR_KILL_ROUNDS for a long run.
func rounds(t *testing.T, few int) int {
	t.Helper()
	if s := os.Getenv("WEIR_KILL_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		must(t, err)
		return n
	}
	return few
}

// TestKillKeepsAcknowledgedExactlyOnce: an idempotent producer goes on through
// kill -9 of the broker; at the end everything it was told is written stands
// there once, and nothing twice.
func TestKillKeepsAcknowledgedExactlyOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	c := startChild(t)
	admin := kadm.NewClient(c.client(t))
	_, err := admin.CreateTopic(ctx, 3, 1, nil, "killed")
	must(t, err)

	producer := c.client(t, kgo.DefaultProduceTopic("killed"), kgo.ProducerLinger(0), kgo.MaxBufferedRecords(200),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
	var acked, failed atomic.Int64
	stop := make(chan struct{})
	done := make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				done <- n
				return
			default:
			}
			producer.Produce(ctx, &kgo.Record{Value: strconv.AppendInt(nil, int64(n), 10)}, func(_ *kgo.Record, err error) {
				if err != nil {
					failed.Add(1)
					return
				}
				acked.Add(1)
			})
		}
	}()
	for range rounds(t, 6) {
		before := acked.Load()
		for acked.Load() < before+int64(50+rand.IntN(400)) && ctx.Err() == nil {
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		}
		c.kill(t)
		c.start(t)
	}
	close(stop)
	n := <-done
	must(t, producer.Flush(ctx))
	if acked.Load() != int64(n) || failed.Load() != 0 {
		t.Errorf("%d of %d records acknowledged, %d failed", acked.Load(), n, failed.Load())
	}
	times := readAll(ctx, t, c, "killed")
	lost, doubled := 0, 0
	for i := range n {
		switch times[strconv.Itoa(i)] {
		case 0:
			lost++
		case 1:
		default:
			doubled++
		}
	}
	t.Logf("%d records, %d lost, %d doubled", n, lost, doubled)
	if lost > 0 || doubled > 0 {
		t.Errorf("of %d acknowledged records %d are lost and %d stand there more than once", n, lost, doubled)
	}
}

// readAll counts the values of a topic, committed ones only.
func readAll(ctx context.Context, t *testing.T, c *child, topic string) map[string]int {
	t.Helper()
	ends, err := kadm.NewClient(c.client(t)).ListEndOffsets(ctx, topic)
	must(t, err)
	left := make(map[int32]int64)
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	times := make(map[string]int)
	reader := c.client(t, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	for len(left) > 0 {
		fetches := reader.PollFetches(ctx)
		must(t, fetches.Err0())
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				times[string(r.Value)]++
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return times
}

// TestKillKeepsConsumersPlace: what a group committed is there after kill -9.
func TestKillKeepsConsumersPlace(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := startChild(t)
	admin := kadm.NewClient(c.client(t))
	_, err := admin.CreateTopic(ctx, 1, 1, nil, "read")
	must(t, err)
	for i := range rounds(t, 3) {
		must(t, c.client(t, kgo.DefaultProduceTopic("read")).ProduceSync(ctx, kgo.StringRecord(strconv.Itoa(i))).FirstErr())
		reader := c.client(t, kgo.ConsumerGroup("g"), kgo.ConsumeTopics("read"), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.SessionTimeout(6*time.Second))
		fetches := reader.PollFetches(ctx)
		must(t, fetches.Err())
		if got := string(fetches.Records()[0].Value); got != strconv.Itoa(i) || fetches.NumRecords() != 1 {
			t.Fatalf("round %d reads %d records from %q on", i, fetches.NumRecords(), got)
		}
		must(t, reader.CommitRecords(ctx, fetches.Records()...))
		c.kill(t)
		c.start(t)
		must(t, reader.LeaveGroupContext(ctx))
		reader.Close()
	}
}

// abandon writes a record in a transaction and leaves that open.
func abandon(ctx context.Context, t *testing.T, c *child, id, value string) {
	t.Helper()
	p := c.client(t, kgo.TransactionalID(id), kgo.DefaultProduceTopic("deals"))
	must(t, p.BeginTransaction())
	must(t, p.ProduceSync(ctx, kgo.StringRecord(value)).FirstErr())
}

// commit writes a record in a transaction.
func commit(ctx context.Context, t *testing.T, c *child, id, value string) {
	t.Helper()
	p := c.client(t, kgo.TransactionalID(id), kgo.DefaultProduceTopic("deals"))
	must(t, p.BeginTransaction())
	must(t, p.ProduceSync(ctx, kgo.StringRecord(value)).FirstErr())
	must(t, p.EndTransaction(ctx, kgo.TryCommit))
	p.Close()
}

// twiceKilled leaves a transaction open at a crash, uses its id again, crashes
// again, and says what readers of committed records then see.
func twiceKilled(t *testing.T, id func(*child) string) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := startChild(t)
	_, err := kadm.NewClient(c.client(t)).CreateTopic(ctx, 1, 1, nil, "deals")
	must(t, err)
	commit(ctx, t, c, id(c), "first")
	abandon(ctx, t, c, id(c), "never")
	c.kill(t)
	c.start(t)
	commit(ctx, t, c, id(c), "second")
	c.kill(t)
	c.start(t)
	return readAll(ctx, t, c, "deals")
}

// TestTwiceKilledTransaction: with the boot before its id, what a transaction
// wrote that a crash ended never shows as committed.
func TestTwiceKilledTransaction(t *testing.T) {
	t.Parallel()
	got := twiceKilled(t, func(c *child) string { return c.boot + ".app" })
	if got["never"] != 0 || got["first"] != 1 || got["second"] != 1 {
		t.Errorf("committed: %v, want first and second once and never not at all", got)
	}
}

// TestBootIsNeeded: without it that record comes back. When this fails the
// fault is gone from kfake, and the rule can go too.
func TestBootIsNeeded(t *testing.T) {
	t.Parallel()
	if got := twiceKilled(t, func(*child) string { return "app" }); got["never"] == 0 {
		t.Errorf("committed: %v; the same id over two crashes is no longer a fault", got)
	}
}

// TestCrashBetweenBatchAndIndex: the crash came after a batch of a transaction
// and before the entry that says so.
func TestCrashBetweenBatchAndIndex(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := startChild(t)
	_, err := kadm.NewClient(c.client(t)).CreateTopic(ctx, 1, 1, nil, "deals")
	must(t, err)
	commit(ctx, t, c, c.boot+".app", "first")
	abandon(ctx, t, c, c.boot+".app", "never")
	c.kill(t)
	index := filepath.Join(c.dir, "log", "partitions", "deals-0", "0.idx")
	info, err := os.Stat(index)
	must(t, err)
	must(t, os.Truncate(index, info.Size()-15))
	c.start(t)
	if mended, err := os.Stat(index); err != nil || mended.Size() != info.Size() {
		t.Errorf("the index has %d bytes after the start, %d before the crash, %v", mended.Size(), info.Size(), err)
	}
	commit(ctx, t, c, c.boot+".app", "second")
	for range 2 {
		if got := readAll(ctx, t, c, "deals"); got["never"] != 0 || got["first"] != 1 || got["second"] != 1 {
			t.Errorf("committed: %v", got)
		}
		c.kill(t)
		c.start(t)
	}
}

// TestKillAmongTransactions: whatever a kill -9 interrupts, a transaction whose
// commit was acknowledged shows whole and once, one that was aborted or never
// ended shows nothing, and one that was just being committed shows whole or not
// at all.
func TestKillAmongTransactions(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	c := startChild(t)
	_, err := kadm.NewClient(c.client(t)).CreateTopic(ctx, 1, 1, nil, "deals")
	must(t, err)
	var all []deal
	for range rounds(t, 6) {
		work, stop := context.WithCancel(ctx)
		done := make(chan []deal)
		begun := make(chan struct{}, 1000)
		from := len(all)
		go func() { done <- deals(work, t, c, from, begun) }()
		for range 1 + rand.IntN(12) {
			select {
			case <-begun:
			case <-time.After(20 * time.Second):
				t.Fatal("no transaction was begun within 20 s")
			}
		}
		time.Sleep(time.Duration(rand.IntN(4000)) * time.Microsecond)
		c.kill(t)
		stop()
		all = append(all, <-done...)
		c.start(t)
	}
	commit(ctx, t, c, c.boot+".last", "last") // readAll ends at the last record that readers see
	got := readAll(ctx, t, c, "deals")
	outcomes := make(map[string]int)
	for i, d := range all {
		outcomes[d.outcome]++
		first, second := got[dealRecord(i, 0)], got[dealRecord(i, 1)]
		ok := first == second && first <= 1
		switch d.outcome {
		case "committed":
			ok = ok && first == 1
		case "aborted", "left open":
			ok = ok && first == 0
		}
		if !ok {
			t.Errorf("the %s transaction %d shows its two records %d and %d times", d.outcome, i, first, second)
		}
	}
	t.Log(outcomes)
}

type deal struct{ outcome string }

func dealRecord(i, j int) string { return strconv.Itoa(i) + "/" + strconv.Itoa(j) }

// deals commits and aborts transactions of two records until the broker is
// gone, and says how each ended as far as it was told.
func deals(ctx context.Context, t *testing.T, c *child, from int, begun chan<- struct{}) (all []deal) {
	p := c.client(t, kgo.TransactionalID(c.boot+".deals"), kgo.DefaultProduceTopic("deals"), kgo.RequestRetries(0), kgo.RecordRetries(0))
	context.AfterFunc(ctx, p.Close) // what is in flight does not end with its context
	for i := from; ; i++ {
		all = append(all, deal{"left open"})
		last := &all[len(all)-1]
		if err := p.BeginTransaction(); err != nil {
			t.Error(err)
			return all
		}
		for j := range 2 {
			if p.ProduceSync(ctx, kgo.StringRecord(dealRecord(i, j))).FirstErr() != nil {
				return all
			}
		}
		select {
		case begun <- struct{}{}:
		default:
		}
		commit, outcome := kgo.TryCommit, "committed"
		if i%3 == 0 {
			commit, outcome = kgo.TryAbort, "aborted"
		}
		if commit == kgo.TryCommit {
			last.outcome = "unsure"
		}
		if p.EndTransaction(ctx, commit) != nil {
			return all
		}
		last.outcome = outcome
	}
}

// TestTornEnd: a crash left half a batch; nobody was told of it, so it is no
// damage and the log goes on behind the last whole one.
func TestTornEnd(t *testing.T) {
	t.Parallel()
	c := startChild(t)
	dir := c.dir
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := kadm.NewClient(c.client(t)).CreateTopic(ctx, 1, 1, nil, "torn")
	must(t, err)
	p := c.client(t, kgo.DefaultProduceTopic("torn"))
	must(t, p.ProduceSync(ctx, kgo.StringRecord("whole")).FirstErr())
	c.kill(t)
	for name, cut := range map[string]int{"partitions/torn-0/0.dat": 100, "pids.log": 7, "groups.log": 3} {
		path := filepath.Join(dir, "log", filepath.FromSlash(name))
		raw, err := os.ReadFile(path)
		must(t, err)
		if len(raw) > 0 {
			raw = append(raw, raw[:min(len(raw)-1, cut)]...) // the beginning of another
		}
		must(t, os.WriteFile(path, raw, 0o600))
	}
	b := open(t, broker.Config{Dir: dir})
	if got := b.Warnings(); len(got) != 0 {
		t.Errorf("warnings: %v", got)
	}
	fill(t, b, "torn", 2, 10)
	reader := clustertest.Client(t, b, kgo.ConsumeTopics("torn"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	for n := 0; n < 3; {
		fetches := reader.PollFetches(ctx)
		must(t, fetches.Err())
		n += fetches.NumRecords()
	}
}

// TestStartAfterCrashIsSmall: the log is not read into memory at once.
func TestStartAfterCrashIsSmall(t *testing.T) {
	c := startChild(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	_, err := kadm.NewClient(c.client(t)).CreateTopic(ctx, 2, 1, nil, "large")
	must(t, err)
	p := c.client(t, kgo.DefaultProduceTopic("large"), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner()), kgo.ProducerLinger(5*time.Millisecond))
	value := make([]byte, 1000)
	for range 200_000 {
		p.Produce(ctx, &kgo.Record{Value: value}, nil)
	}
	must(t, p.Flush(ctx))
	c.kill(t)
	began := time.Now()
	c.start(t)
	status, err := os.ReadFile("/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/status")
	if err != nil {
		t.Skip("needs /proc")
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(peak)[0])
	must(t, err)
	t.Logf("%d MB of log: the start took %s and %d MB", folder(t, c.dir)>>20, time.Since(began).Round(time.Millisecond), kb>>10)
	if kb > memoryFactor*120<<10 {
		t.Errorf("the start after a crash took %d MB of memory for 200 MB of log", kb>>10)
	}
}

// TestInterruptedTransactionCannotGoOn: a producer that lives through the crash
// of the broker cannot commit the second half of what it began before.
func TestInterruptedTransactionCannotGoOn(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := startChild(t)
	_, err := kadm.NewClient(c.client(t)).CreateTopic(ctx, 1, 1, nil, "deals")
	must(t, err)
	p := c.client(t, kgo.TransactionalID(c.boot+".app"), kgo.DefaultProduceTopic("deals"))
	must(t, p.BeginTransaction())
	must(t, p.ProduceSync(ctx, kgo.StringRecord("before")).FirstErr())
	c.kill(t)
	c.start(t)
	err = p.ProduceSync(ctx, kgo.StringRecord("after")).FirstErr()
	if ended := p.EndTransaction(ctx, kgo.TryCommit); err == nil && ended == nil {
		t.Error("the transaction was committed over the crash")
	}
	commit(ctx, t, c, c.boot+".last", "last")
	if got := readAll(ctx, t, c, "deals"); got["before"] != 0 || got["after"] != 0 || got["last"] != 1 {
		t.Errorf("committed: %v, want nothing of the interrupted transaction", got)
	}
}
