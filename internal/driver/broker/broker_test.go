package broker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/broker"
	"github.com/weirmesh/weir/internal/driver/clustertest"
)

// open opens a broker that ends with the test.
func open(t *testing.T, cfg broker.Config) *broker.Broker {
	t.Helper()
	b, err := broker.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func create(t *testing.T, b *broker.Broker, topic string, partitions int32) *kadm.Client {
	t.Helper()
	admin := kadm.NewClient(clustertest.Client(t, b))
	_, err := admin.CreateTopic(t.Context(), partitions, 1, nil, topic)
	must(t, err)
	return admin
}

// fill writes n records of incompressible bytes to partition 0.
func fill(t *testing.T, b *broker.Broker, topic string, n, size int) {
	t.Helper()
	client := clustertest.Client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	records := make([]*kgo.Record, n)
	for i := range records {
		value := make([]byte, size)
		rand.Read(value)
		records[i] = &kgo.Record{Topic: topic, Value: value}
	}
	must(t, client.ProduceSync(t.Context(), records...).FirstErr())
}

// eventually waits for something that another goroutine brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func TestBootCountsEveryStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, want := range []string{"b1", "b2", "b3"} {
		b, err := broker.Open(t.Context(), broker.Config{Dir: dir})
		must(t, err)
		if got := b.Boot(); got != want {
			t.Errorf("boot %s, want %s", got, want)
		}
		must(t, b.Close())
		must(t, b.Close())
		if _, err := b.Dial(t.Context(), 0); weir.KindOf(err) != weir.Unavailable {
			t.Errorf("Dial after Close: %v", err)
		}
		if _, err := b.Brokers(t.Context()); weir.KindOf(err) != weir.Unavailable {
			t.Errorf("Brokers after Close: %v", err)
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "boot"), []byte("three"), 0o600))
	if _, err := broker.Open(t.Context(), broker.Config{Dir: dir}); weir.KindOf(err) != weir.Damaged {
		t.Errorf("with a damaged number: %v", err)
	}
}

// TestNobodyElseCanConnect: the broker opens no TCP port.
func TestNobodyElseCanConnect(t *testing.T) {
	before := listening(t)
	b := open(t, broker.Config{Dir: t.TempDir()})
	create(t, b, "private", 1)
	if after := listening(t); after > before {
		t.Errorf("%d sockets listen, %d before the broker was opened", after, before)
	}
}

// listening counts the listening TCP sockets of this process.
func listening(t *testing.T) int {
	t.Helper()
	mine := make(map[string]bool)
	fds, err := os.ReadDir("/proc/self/fd")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("needs /proc")
	}
	must(t, err)
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil {
			mine[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	n := 0
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		raw, err := os.ReadFile(table)
		if err != nil {
			continue // no such protocol here
		}
		for line := range strings.Lines(string(raw)) {
			f := strings.Fields(line)
			if len(f) > 9 && f[3] == "0A" && mine[f[9]] {
				n++
			}
		}
	}
	return n
}

// TestRoom: at the limit it says no and what to do; never before; and yes again
// when a topic was ended.
func TestRoom(t *testing.T) {
	t.Parallel()
	const limit = 4 << 20
	b := open(t, broker.Config{Dir: t.TempDir(), Limit: limit, NoSync: true})
	admin := create(t, b, "big", 1)
	for i := 0; b.Room() == nil; i++ {
		fill(t, b, "big", 1, 100_000)
		if i > 200 {
			t.Fatal("20 MB fit into 4 MB")
		}
	}
	err := b.Room()
	used, of := b.Usage()
	if used < limit || of != limit {
		t.Errorf("said no at %d of %d bytes", used, of)
	}
	if weir.KindOf(err) != weir.Limit {
		t.Errorf("kind %v", weir.KindOf(err))
	}
	for _, part := range []string{"4 MB", "retention", "--destroy-data", "--cluster"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message does not say %q: %v", part, err)
		}
	}
	_, derr := admin.DeleteTopics(t.Context(), "big")
	must(t, derr)
	eventually(t, "room after the topic was ended", func() bool { return b.Room() == nil })
}

// TestRoomAfterAFailedWrite: a broker that could not write takes nothing more.
func TestRoomAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, broker.Config{Dir: dir})
	create(t, b, "blocked", 1)
	partitions := filepath.Join(dir, "log", "partitions")
	must(t, os.MkdirAll(partitions, 0o700))
	must(t, os.WriteFile(filepath.Join(partitions, "blocked-0"), nil, 0o600))
	client := clustertest.Client(t, b, kgo.RecordRetries(0), kgo.DisableIdempotentWrite())
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "blocked", Value: []byte("x")}).FirstErr(); err == nil {
		t.Error("acknowledged what could not be written")
	}
	if err := b.Room(); weir.KindOf(err) != weir.Limit || !strings.Contains(err.Error(), "could not write") {
		t.Errorf("Room: %v", err)
	}
	if len(b.Warnings()) == 0 {
		t.Error("no warning")
	}
	must(t, os.Remove(filepath.Join(partitions, "blocked-0")))
}

// TestSpaceComesBack: records that are deleted give their space back while the
// broker runs, file by file.
func TestSpaceComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, broker.Config{Dir: dir, NoSync: true})
	admin := create(t, b, "trimmed", 1)
	for range 4 {
		fill(t, b, "trimmed", 90, 100_000)
	}
	full := folder(t, dir)
	cut := make(kadm.Offsets)
	cut.AddOffset("trimmed", 0, 359, -1)
	done, err := admin.DeleteRecords(t.Context(), cut)
	must(t, err)
	must(t, done.Error())
	left := folder(t, dir)
	t.Logf("%d bytes before, %d after all but one of 360 records were deleted", full, left)
	if full < 4*broker.SegmentBytes || left > broker.SegmentBytes+broker.SegmentBytes/4 {
		t.Errorf("%d bytes before, %d after; want at most about one segment of %d", full, left, broker.SegmentBytes)
	}
	fill(t, b, "trimmed", 1, 10)
	ends, err := admin.ListEndOffsets(t.Context(), "trimmed")
	must(t, err)
	if end, _ := ends.Lookup("trimmed", 0); end.Offset != 361 {
		t.Errorf("the end offset is %d, want 361", end.Offset)
	}
}

func folder(t *testing.T, dir string) (total int64) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			info, err := d.Info()
			if err != nil {
				return err
			}
			total += info.Size()
		}
		return err
	}))
	return total
}

// TestDamageIsReported: a flipped byte is a warning for people, and an error in
// the log.
func TestDamageIsReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := broker.Open(t.Context(), broker.Config{Dir: dir})
	must(t, err)
	create(t, b, "hurt", 1)
	for range 3 {
		fill(t, b, "hurt", 1, 1000)
	}
	must(t, b.Close())
	if got := b.Warnings(); len(got) != 0 {
		t.Errorf("warnings of a healthy broker: %v", got)
	}
	segment := filepath.Join(dir, "log", "partitions", "hurt-0", "0.dat")
	raw, err := os.ReadFile(segment)
	must(t, err)
	raw[len(raw)/2] ^= 1
	must(t, os.WriteFile(segment, raw, 0o600))

	var text safeBuffer
	b = open(t, broker.Config{Dir: dir, Logger: slog.New(slog.NewTextHandler(&text, nil))})
	got := b.Warnings()
	if len(got) != 1 || !strings.Contains(got[0].Msg, "hurt-0") || got[0].Times != 1 || got[0].At.IsZero() {
		t.Errorf("warnings: %+v", got)
	}
	if !strings.Contains(text.String(), "level=ERROR") {
		t.Errorf("logged: %q", text.String())
	}
	for range 2 { // what was before the damage and what is written now can be read
		fill(t, b, "hurt", 1, 1000)
	}
	reader := clustertest.Client(t, b, kgo.ConsumeTopics("hurt"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for n := 0; n < 3; {
		fetches := reader.PollFetches(ctx)
		must(t, fetches.Err())
		n += fetches.NumRecords()
	}
}

// TestClientsFaultsAreNoneOfTheBroker: a client that leaves its transaction open
// is told of as what it is; nothing is reported as wrong with the broker.
func TestClientsFaultsAreNoneOfTheBroker(t *testing.T) {
	t.Parallel()
	var text safeBuffer
	b := open(t, broker.Config{Dir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&text, nil))})
	create(t, b, "left", 1)
	client := clustertest.Client(t, b, kgo.DefaultProduceTopic("left"), kgo.TransactionalID(b.Boot()+".left"), kgo.TransactionTimeout(100*time.Millisecond))
	must(t, client.BeginTransaction())
	must(t, client.ProduceSync(t.Context(), kgo.StringRecord("x")).FirstErr())
	eventually(t, "the transaction is undone", func() bool { return strings.Contains(text.String(), "was undone") })
	if got := text.String(); strings.Contains(got, "level=ERROR") || strings.Count(got, "level=INFO") != 1 || !strings.Contains(got, "left") {
		t.Errorf("logged: %s", got)
	}
	if got := b.Warnings(); len(got) != 0 {
		t.Errorf("warnings: %+v", got)
	}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestSlowReaderIsHeldBack: who asks and does not read is stopped after a few
// requests, and nobody else notices.
func TestSlowReaderIsHeldBack(t *testing.T) {
	t.Parallel()
	b := open(t, broker.Config{Dir: t.TempDir()})
	admin := create(t, b, "wide", 500)
	conn, err := b.Dial(t.Context(), 0)
	must(t, err)
	defer conn.Close()
	req := kmsg.NewPtrMetadataRequest() // all topics: a large answer
	req.Version = 8
	frame := kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)
	must(t, conn.SetWriteDeadline(time.Now().Add(300*time.Millisecond)))
	sent := 0
	for {
		n, err := conn.Write(frame)
		sent += n
		if err != nil {
			var timeout net.Error
			if !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Fatal(err)
			}
			break
		}
	}
	if sent > 1<<20 {
		t.Errorf("%d bytes were taken from a client that reads nothing", sent)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := admin.ListTopics(ctx); err != nil {
		t.Errorf("another client: %v", err)
	}
}

// TestCloseIsBounded: also with clients that hang on.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	b, err := broker.Open(t.Context(), broker.Config{Dir: t.TempDir()})
	must(t, err)
	create(t, b, "waited-for", 1)
	var conns []net.Conn
	for range 50 {
		conn, err := b.Dial(t.Context(), 0)
		must(t, err)
		conns = append(conns, conn)
	}
	began := time.Now()
	must(t, b.Close())
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("took %s", took)
	}
	for _, c := range conns {
		must(t, c.SetReadDeadline(time.Now().Add(5*time.Second)))
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a connection outlives the broker: %v", err)
		}
		c.Close()
	}
}

// TestDialUnknown: an id that is not there, and a start that nobody waits for.
func TestDialUnknown(t *testing.T) {
	t.Parallel()
	b := open(t, broker.Config{Dir: t.TempDir()})
	if _, err := b.Dial(t.Context(), 7); weir.KindOf(err) != weir.NotFound {
		t.Errorf("Dial(7): %v", err)
	}
	if _, err := broker.Open(cancelled(), broker.Config{Dir: t.TempDir()}); weir.KindOf(err) != weir.Unavailable {
		t.Errorf("Open after a cancel: %v", err)
	}
	if got := fmt.Sprint(b); !strings.Contains(got, b.Boot()) {
		t.Errorf("printed as %q", got)
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
