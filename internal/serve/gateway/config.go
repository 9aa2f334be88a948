package gateway

import (
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
)

// Config is what a gateway needs to know.
type Config struct {
	// Upstream is the cluster behind the gateway. Required.
	Upstream weir.Upstream
	// Rights says who may log in and do what, at every moment. Required.
	Rights liveRights
	// Addr is the host and port of the bootstrap listener, which gives any
	// broker. Broker n listens on the port plus 1 plus n; with port 0 every
	// listener takes a free port for this run. Required.
	Addr string
	// AdvertisedHost is the name by which clients reach the gateway; "" is the
	// host of Addr, which then must be one.
	AdvertisedHost string
	// BrokerPorts is how many broker ids have a port; 0 is 64.
	BrokerPorts int
	// ClusterID is what clients are shown as the cluster's id; "" is "weir".
	ClusterID string
	// Lost reports topics whose topic on the cluster is gone, or is another one:
	// for clients they do not exist. It is asked for every frame. Nil is none.
	Lost func(topic string) bool
	// Shares is for a cluster that does not tell which transactions were undone
	// in a partition where the bytes of a Fetch as a whole, rather than those of
	// the partition, end the answer, as the embedded broker's: readers of
	// committed records would be given undone ones. Each partition of what they
	// ask for then gets a share, and the whole has no bound besides.
	Shares bool
	// Limits bounds what clients can take; zero fields have defaults.
	Limits Limits
	// Metrics counts; nil is a fresh one that nobody reads.
	Metrics *Metrics
	// Meter counts which application reads and writes what; nil is nobody.
	Meter weir.Meter
	// Logger gets one line for each connection that was refused or broke, and
	// for faults; nil is silence.
	Logger *slog.Logger
	// Secret is behind the salts that users who do not exist are shown; at
	// least 16 bytes. Keep it over restarts: with another one such a salt
	// changes, and one of a user who exists does not. nil is one of this run.
	Secret []byte
	// Now is the clock of the caches; nil is time.Now. Deadlines on connections
	// are the system's.
	Now func() time.Time
	// Random gives nonces and the secret of this run; nil is crypto/rand.
	Random io.Reader
}

// liveRights is the newest snapshot of who may do what; *access.Live.
type liveRights interface {
	Current() *access.Snapshot
	Changed() <-chan struct{}
}

// Limits bounds what clients can take. A connection that exceeds one is
// closed, logged and counted.
type Limits struct {
	Connections int // open at a time; 2,000
	// Unauthenticated is how many of them are kept for who has not logged in
	// yet; 500, at most a quarter of Connections unless it is set. When they
	// are taken, the oldest that said nothing gives way to a new one, or else
	// the oldest.
	Unauthenticated int
	// PerApplication is how many one application may have; 500. When those of
	// all are taken, the application with the most gives its newest to one
	// that has fewer.
	PerApplication int
	InFlight       int // requests of one connection that wait for an answer; 32

	LoginFrame   int   // bytes of a request before login; 16 KiB
	Frame        int   // bytes of a Produce request; 100 MiB, as Apache Kafka's
	ControlFrame int   // bytes of any other request; 1 MiB
	Requests     int64 // bytes of all requests above 64 KiB at a time; 160 MiB
	Answers      int64 // bytes of all answers above 64 KiB at a time; 64 MiB
	// FetchBytes is what one Fetch may ask for; 4 MiB, and with many
	// connections of an application so much less that all of them together
	// ask for no more than Answers. A larger batch still arrives.
	FetchBytes int

	LoginTime time.Duration // from connecting to the end of the login; 10 s
	FrameTime time.Duration // from the first byte of a request to its last; 1 min
	IdleTime  time.Duration // between requests; 9 min, below the 10 min of Apache Kafka
	WriteTime time.Duration // for a client to take an answer; 30 s
	// SlowTime is how long a client may move a large frame more slowly than
	// FrameTime or WriteTime ask for while somebody waits for room; 4 s.
	SlowTime  time.Duration
	DialTime  time.Duration // for a broker to answer; 5 s
	FetchWait time.Duration // a Fetch may wait for data; 1 s, which bounds how old its rights are
	DrainTime time.Duration // for requests under way when the gateway ends; 1.5 s
}

func (l Limits) withDefaults() Limits {
	or(&l.Connections, 2000)
	or(&l.Unauthenticated, max(1, min(500, l.Connections/4)))
	or(&l.PerApplication, 500)
	or(&l.InFlight, 32)
	or(&l.LoginFrame, 16<<10)
	or(&l.Frame, 100<<20)
	or(&l.ControlFrame, 1<<20)
	or(&l.Requests, 160<<20)
	or(&l.Answers, 64<<20)
	or(&l.FetchBytes, 4<<20)
	or(&l.LoginTime, 10*time.Second)
	or(&l.FrameTime, time.Minute)
	or(&l.IdleTime, 9*time.Minute)
	or(&l.WriteTime, 30*time.Second)
	or(&l.SlowTime, 4*time.Second)
	or(&l.DialTime, 5*time.Second)
	or(&l.FetchWait, time.Second)
	or(&l.DrainTime, 1500*time.Millisecond)
	return l
}

// or sets what was left at its zero value.
func or[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// minSecret is how many bytes Config.Secret must have.
const minSecret = 16

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Upstream == nil || cfg.Rights == nil {
		return cfg, weir.Errorf(weir.Internal, "a gateway needs an upstream and rights")
	}
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return cfg, weir.Errorf(weir.Invalid, "%q is not an address for Kafka clients", cfg.Addr).WithFix("write HOST:PORT").Because(err)
	}
	or(&cfg.AdvertisedHost, host)
	if ip := net.ParseIP(cfg.AdvertisedHost); cfg.AdvertisedHost == "" || ip != nil && ip.IsUnspecified() {
		return cfg, weir.Errorf(weir.Invalid, "clients cannot reach the address %q", cfg.Addr).
			WithFix("say by which name they reach this machine (advertised host)")
	}
	if cfg.Secret != nil && len(cfg.Secret) < minSecret {
		return cfg, weir.Errorf(weir.Invalid, "the secret behind the salts of unknown users has %d bytes", len(cfg.Secret)).
			WithFix("give at least %d random bytes, or none", minSecret)
	}
	or(&cfg.BrokerPorts, 64)
	or(&cfg.ClusterID, "weir")
	or(&cfg.Logger, slog.New(slog.DiscardHandler))
	if cfg.Metrics == nil {
		cfg.Metrics = new(Metrics)
	}
	if cfg.Meter == nil {
		cfg.Meter = noMeter{}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Lost == nil {
		cfg.Lost = func(string) bool { return false }
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	cfg.Limits = cfg.Limits.withDefaults()
	return cfg, nil
}
