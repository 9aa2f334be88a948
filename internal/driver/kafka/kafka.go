// Package kafka manages a Kafka cluster: [Cluster] is a weir.Cluster over any
// weir.Upstream, [Upstream] the one of a real cluster.
//
// It promises that every call ends, that an error has a kind that says whether
// calling again can help, and that calling again after a failure is safe.
package kafka

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// DefaultTimeout bounds a call unless Options say otherwise.
const DefaultTimeout = 15 * time.Second

// entrance is the address that stands for any broker; the dialer knows it.
const entrance = "any.invalid:1"

// Options say how a cluster is to be managed.
type Options struct {
	// KeepWhole is for a cluster that can neither compact nor expire records
	// safely, like the embedded broker: topics keep everything, and Trim does
	// what their retention asks for.
	KeepWhole bool
	// Timeout bounds every call; 0 is DefaultTimeout.
	Timeout time.Duration
}

// Cluster is a Kafka cluster that is reached through a weir.Upstream.
type Cluster struct {
	up        weir.Upstream
	client    *kgo.Client
	admin     *kadm.Client
	keepWhole bool
	timeout   time.Duration

	groups  groups
	brokers seenBrokers
}

var _ weir.Cluster = (*Cluster)(nil)

// NewCluster makes a cluster over an upstream. It connects when it is first
// asked something. Close it before the upstream.
func NewCluster(up weir.Upstream, o Options) (*Cluster, error) {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Timeout < 0 {
		return nil, weir.Errorf(weir.Invalid, "a timeout of %s", o.Timeout).WithFix("use a positive one, or 0 for %s", DefaultTimeout)
	}
	client, err := newClient(dialer{up}.dial, o.Timeout, entrance)
	if err != nil {
		return nil, err
	}
	return &Cluster{up: up, client: client, admin: kadm.NewClient(client), keepWhole: o.KeepWhole, timeout: o.Timeout}, nil
}

// Close ends the connections.
func (c *Cluster) Close() error {
	c.client.Close()
	return nil
}

// newClient makes a client for administration: no topics, few retries.
func newClient(dial func(context.Context, string, string) (net.Conn, error), timeout time.Duration, seeds ...string) (*kgo.Client, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(seeds...),
		kgo.ClientID("weir"),
		kgo.Dialer(dial),
		kgo.RequestRetries(5),
		kgo.RetryTimeout(timeout),
		kgo.RequestTimeoutOverhead(timeout),
		kgo.MetadataMinAge(50*time.Millisecond),
		kgo.MetadataMaxAge(time.Hour),
		kgo.DisableClientMetrics(),
	)
	if err != nil {
		return nil, weir.Errorf(weir.Internal, "the Kafka client does not start").Because(err)
	}
	return client, nil
}

// dialer finds the broker behind an address that the cluster advertises.
type dialer struct{ up weir.Upstream }

func (d dialer) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	brokers, err := d.up.Brokers(ctx)
	if err != nil {
		return nil, err
	}
	err = weir.Errorf(weir.Unavailable, "the cluster names a broker at %s that is not in its list", addr)
	for _, b := range brokers {
		if addr != entrance && addr != address(b) {
			continue
		}
		var conn net.Conn
		if conn, err = d.up.Dial(ctx, b.ID); err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

func address(b weir.Broker) string {
	return net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))
}

// call bounds the time of one operation.
func (c *Cluster) call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.timeout, errLate)
}

var errLate = errors.New("the cluster took too long")

// until asks again, every time a little later, as long as ask says not yet.
func until(ctx context.Context, ask func() (done bool, err error)) error {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		done, err := ask()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}
