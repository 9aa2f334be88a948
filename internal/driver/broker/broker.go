// Package broker is the embedded broker: the cluster of a mesh that has no
// cluster. It keeps its log in one folder and runs in the process.
//
// It promises:
//
//   - Nobody reaches it but through [Broker.Dial]; it has no TCP port.
//   - What a producer saw acknowledged is there after a kill -9, exactly once,
//     and after a power cut too unless Config.NoSync is set.
//   - It tells when it holds as much as it may ([Broker.Room]), and when a
//     write failed.
//
// It is franz-go's kfake, which calls itself a fake for tests, used under the
// rules of docs/adr/0003-embedded-broker.md. Those who speak to it must send
// it well-formed requests that it knows, and put [Broker.Boot] before every
// transactional id. One process at a time may open a folder: its caller holds
// a lock.
package broker

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/memconn"
)

// DefaultLimit is how much a broker holds unless the Config says otherwise.
const DefaultLimit int64 = 2 << 30

// SegmentBytes is the size at which a partition starts a new file. Space comes
// back file by file, so this is what a partition may hold beyond its retention.
const SegmentBytes = 8 << 20

const (
	id        weir.BrokerID = 0
	host                    = "embedded"
	port                    = 9092
	closeTime               = 2500 * time.Millisecond
)

// Config is what a broker needs to know.
type Config struct {
	// Dir is the broker's folder; it is made if it is not there.
	Dir string
	// Limit is how many bytes the folder may hold before Room says no;
	// 0 is DefaultLimit.
	Limit int64
	// NoSync acknowledges before the disk has it: faster, and a power cut
	// loses what was not yet written. A crash of the process alone does not.
	NoSync bool
	// Logger is told of faults and of the limit coming near; nil is silence.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Broker is a running broker. All methods may be called from any goroutine.
type Broker struct {
	dir      string
	cluster  *kfake.Cluster
	listener *memconn.Listener
	boot     string
	notes    *notes
	room     *room
	stop     context.CancelFunc
	running  sync.WaitGroup
	closing  sync.Once
	closed   error
	gone     atomic.Bool
}

var _ weir.Upstream = (*Broker)(nil)

// Open starts the broker of a folder and returns when it answers. After a
// crash this reads the whole log once. Damaged when the folder's own files
// cannot be read, Unavailable when the disk refuses.
func Open(ctx context.Context, cfg Config) (*Broker, error) {
	cfg = cfg.withDefaults()
	if err := ctx.Err(); err != nil {
		return nil, weir.Errorf(weir.Unavailable, "the start of the embedded broker was interrupted").Because(err)
	}
	log := filepath.Join(cfg.Dir, "log")
	if err := os.MkdirAll(log, 0o700); err != nil {
		return nil, unavailable("make the folder of the embedded broker", err)
	}
	boot, err := nextBoot(cfg.Dir)
	if err != nil {
		return nil, err
	}
	b := &Broker{dir: cfg.Dir, boot: "b" + strconv.FormatUint(boot, 10), room: newRoom(cfg)}
	b.notes = newNotes(cfg, b.room.broke)
	if err := b.start(cfg, log, false); err != nil {
		return nil, err
	}
	if b.notes.cut.Load() { // kfake does not read right what it has just cut
		b.cluster.Close()
		if err := b.start(cfg, log, true); err != nil {
			return nil, err
		}
	}
	running, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.room.measure()
	b.running.Go(func() { b.room.run(running) })
	return b, nil
}

// start recovers the log if need be, or if it must, and runs the broker on it.
func (b *Broker) start(cfg Config, log string, must bool) error {
	if err := recovered(cfg, must); err != nil {
		return err
	}
	b.listener = memconn.Listen(memconn.Addr(net.JoinHostPort(host, strconv.Itoa(port))))
	var err error
	if b.cluster, err = kfake.NewCluster(options(cfg, log, b)...); err != nil {
		return weir.Errorf(weir.Damaged, "the log of the embedded broker in %s cannot be read", log).Because(err).
			WithFix("restore the folder from a backup, or move it away to start with an empty log")
	}
	return nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Limit == 0 {
		cfg.Limit = DefaultLimit
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg
}

// options says how kfake has to run; the reasons are in the ADR.
func options(cfg Config, log string, b *Broker) []kfake.Opt {
	uid := weir.NewUID(cfg.Now())
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ClusterID(base64.RawURLEncoding.EncodeToString(uid[:])),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return b.listener, nil }),
		kfake.DataDir(log),
		kfake.WithLogger(b.notes),
		kfake.BrokerConfigs(map[string]string{
			"log.segment.bytes":                    strconv.Itoa(SegmentBytes),
			"log.retention.ms":                     "-1",
			"log.retention.bytes":                  "-1",
			"offsets.retention.minutes":            strconv.Itoa(400 * 24 * 60),
			"state.log.compact.bytes":              strconv.Itoa(64 << 20),
			"group.consumer.heartbeat.interval.ms": "5000",
		}),
	}
	if !cfg.NoSync {
		opts = append(opts, kfake.SyncWrites())
	}
	return opts
}

// Brokers lists the one broker.
func (b *Broker) Brokers(context.Context) ([]weir.Broker, error) {
	if b.gone.Load() {
		return nil, errClosed(nil)
	}
	return []weir.Broker{{ID: id, Host: host, Port: port}}, nil
}

// Dial connects to the broker inside the process.
func (b *Broker) Dial(ctx context.Context, to weir.BrokerID) (net.Conn, error) {
	if to != id {
		return nil, weir.Errorf(weir.NotFound, "the embedded broker has the id %d, there is no %d", id, to)
	}
	conn, err := b.listener.Dial(ctx)
	if err != nil {
		return nil, errClosed(err)
	}
	return &counted{Conn: conn, room: b.room}, nil
}

// Boot is b1 when a folder is first opened, then b2, and so on.
func (b *Broker) Boot() string { return b.boot }

// Room says no, with kind Limit, when the folder holds as much as it may, the
// disk is nearly full, or a write failed. It reads one word of memory.
func (b *Broker) Room() error { return b.room.check() }

// Usage is how many bytes the folder holds, at most a few seconds ago, and how
// many it may hold.
func (b *Broker) Usage() (used, limit int64) { return b.room.used.Load(), b.room.limit }

// Warnings are the last different faults that the broker reported, oldest
// first. Each is a fault that somebody should look at.
func (b *Broker) Warnings() []Warning { return b.notes.list() }

// Close ends the broker within a few seconds. What was acknowledged is kept in
// any case; Unavailable when it had to be left running, and then the next Open
// reads the whole log.
func (b *Broker) Close() error {
	b.closing.Do(func() {
		b.gone.Store(true)
		b.stop()
		b.running.Wait()
		done := make(chan struct{})
		go func() {
			b.cluster.Close()
			close(done)
		}()
		late := time.NewTimer(closeTime)
		defer late.Stop()
		select {
		case <-done:
			b.closed = closedCleanly(b.dir)
		case <-late.C:
			b.closed = weir.Errorf(weir.Unavailable, "the embedded broker did not stop within %s; its records are safe, the next start mends what is left as after a crash", closeTime)
		}
	})
	return b.closed
}

func errClosed(cause error) error {
	return weir.Errorf(weir.Unavailable, "the embedded broker is not running").Because(cause)
}

func unavailable(what string, cause error) error {
	return weir.Errorf(weir.Unavailable, "cannot %s", what).Because(cause).
		WithFix("check that the disk has space and that the folder belongs to the user who runs weir")
}

// counted tells the room how much may have been written since it measured.
type counted struct {
	*memconn.Conn
	room *room
}

func (c *counted) Write(p []byte) (int, error) {
	c.room.incoming(len(p))
	n, err := c.Conn.Write(p)
	return n, err
}

// String helps to tell brokers apart in logs.
func (b *Broker) String() string { return fmt.Sprintf("embedded broker, boot %s", b.boot) }
