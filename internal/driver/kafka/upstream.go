package kafka

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// maxAge is how long a list of brokers is believed.
const maxAge = 30 * time.Second

// minAge is how long nothing is asked again, answered or not.
const minAge = time.Second

// dialTime bounds a connection to one broker.
const dialTime = 5 * time.Second

// Config says where a real cluster is.
type Config struct {
	// Seeds are brokers to ask first, as HOST:PORT. One that answers is enough.
	Seeds []string
	// Timeout bounds the question for the list of brokers; 0 is DefaultTimeout.
	Timeout time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Upstream reaches the brokers of a real cluster by the addresses that the
// cluster advertises. It keeps a list of them, renewed when it is old or when
// a broker is not where it was.
type Upstream struct {
	client *kgo.Client
	net    net.Dialer
	cfg    Config

	lock    chan struct{} // held while the list is renewed, so that one asks for all
	brokers []weir.Broker
	asked   time.Time // when the cluster answered
	failed  time.Time // when it did not
	err     error     // and why
}

var _ weir.Upstream = (*Upstream)(nil)

// NewUpstream makes the way to a cluster. It connects when it is first asked;
// a cluster that is away now may come later. Close it when nobody uses it.
func NewUpstream(cfg Config) (*Upstream, error) {
	if len(cfg.Seeds) == 0 {
		return nil, weir.Errorf(weir.Invalid, "no broker is named").WithFix("give at least one as HOST:PORT")
	}
	for _, s := range cfg.Seeds {
		if err := checkAddress(s); err != nil {
			return nil, err
		}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	u := &Upstream{cfg: cfg, net: net.Dialer{Timeout: dialTime}, lock: make(chan struct{}, 1)}
	var err error
	if u.client, err = newClient(u.net.DialContext, cfg.Timeout, cfg.Seeds...); err != nil {
		return nil, err
	}
	return u, nil
}

func checkAddress(s string) error {
	h, p, err := net.SplitHostPort(s)
	n, nerr := strconv.ParseUint(p, 10, 16)
	if err != nil || nerr != nil || h == "" || n == 0 {
		return weir.Errorf(weir.Invalid, "%q is not the address of a broker", s).WithFix("write HOST:PORT, such as kafka1.example.org:9092")
	}
	return nil
}

// Close ends the connection that asks for the list; those that Dial made
// belong to their callers.
func (u *Upstream) Close() error {
	u.client.Close()
	return nil
}

// Brokers lists the brokers, by id. While none answers, a list that was known
// before is still given.
func (u *Upstream) Brokers(ctx context.Context) ([]weir.Broker, error) { return u.list(ctx, maxAge) }

// list gives a list of at most an age.
func (u *Upstream) list(ctx context.Context, age time.Duration) ([]weir.Broker, error) {
	select {
	case u.lock <- struct{}{}:
	case <-ctx.Done():
		return nil, failed(context.Cause(ctx), "list the brokers of the cluster")
	}
	now := u.cfg.Now()
	if now.Sub(u.asked) < age || now.Sub(u.failed) < minAge {
		defer u.unlock()
		return u.known()
	}
	type answer struct {
		brokers []weir.Broker
		err     error
	}
	done := make(chan answer, 1)
	go func() {
		defer u.unlock()
		u.renew(context.WithoutCancel(ctx)) // it is asked for all: one who gives up does not end it
		brokers, err := u.known()
		done <- answer{brokers, err}
	}()
	select {
	case a := <-done:
		return a.brokers, a.err
	case <-ctx.Done():
		return nil, failed(context.Cause(ctx), "list the brokers of the cluster")
	}
}

func (u *Upstream) unlock() { <-u.lock }

// known is the list as it is. It is called with the lock held.
func (u *Upstream) known() ([]weir.Broker, error) {
	if u.brokers == nil {
		return nil, u.err
	}
	return slices.Clone(u.brokers), nil
}

// renew asks the cluster for its brokers. It is called with the lock held.
func (u *Upstream) renew(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, u.cfg.Timeout)
	defer cancel()
	resp, err := metadata(ctx, u.client, false)
	if err != nil {
		u.err, u.failed = failed(err, "list the brokers of the cluster"), u.cfg.Now()
		return
	}
	u.brokers = make([]weir.Broker, 0, len(resp.Brokers))
	for _, b := range resp.Brokers {
		u.brokers = append(u.brokers, weir.Broker{ID: weir.BrokerID(b.NodeID), Host: b.Host, Port: b.Port})
	}
	slices.SortFunc(u.brokers, func(a, b weir.Broker) int { return cmp.Compare(a.ID, b.ID) })
	u.asked = u.cfg.Now()
}

// Dial connects to a broker within a few seconds. When the broker is not known
// or not where the list says, the list is renewed once.
func (u *Upstream) Dial(ctx context.Context, id weir.BrokerID) (net.Conn, error) {
	known, err := u.Brokers(ctx)
	if err != nil {
		return nil, err
	}
	at, found := find(known, id)
	if found {
		var conn net.Conn
		if conn, err = u.connect(ctx, at); err == nil {
			return conn, nil
		}
	}
	if known, rerr := u.list(ctx, minAge); rerr == nil {
		moved, still := find(known, id)
		if !still {
			return nil, weir.Errorf(weir.NotFound, "the cluster has no broker %d", id)
		}
		if !found || address(moved) != address(at) {
			return u.connect(ctx, moved)
		}
	}
	return nil, err
}

func (u *Upstream) connect(ctx context.Context, b weir.Broker) (net.Conn, error) {
	conn, err := u.net.DialContext(ctx, "tcp", address(b))
	if err != nil {
		return nil, weir.Errorf(weir.Unavailable, "the broker %d of the cluster does not answer", b.ID).Because(err).
			WithFix("check that it runs and that %s can be reached from here", address(b))
	}
	return conn, nil
}

func find(brokers []weir.Broker, id weir.BrokerID) (weir.Broker, bool) {
	i := slices.IndexFunc(brokers, func(b weir.Broker) bool { return b.ID == id })
	if i < 0 {
		return weir.Broker{}, false
	}
	return brokers[i], true
}

// Boot is empty: transactions of a real cluster outlive it and us.
func (u *Upstream) Boot() string { return "" }

// Room is nil: a real cluster says itself when it is full.
func (u *Upstream) Room() error { return nil }
