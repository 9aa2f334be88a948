package gateway

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/weirmesh/weir"
)

// broker is which broker a connection is for: one, or any.
type broker struct {
	id  weir.BrokerID
	any bool
}

// doors are the listeners: one for bootstrap and one for each broker, so that
// a client's connection to a broker stays one.
type doors struct {
	g        *Gateway
	bindHost string
	host     string // as clients reach it
	port     int    // of bootstrap, as configured; 0 gives every door a free one
	max      int

	mu      sync.Mutex
	first   net.Listener
	brokers map[weir.BrokerID]net.Listener
	ctx     context.Context // of Run; nil before
	closed  bool
}

func openDoors(g *Gateway, cfg Config) (*doors, error) {
	host, port, _ := net.SplitHostPort(cfg.Addr)
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, weir.Errorf(weir.Invalid, "%q is not an address for Kafka clients", cfg.Addr).WithFix("write HOST:PORT with a number as port")
	}
	if n > 0 && int(n)+cfg.BrokerPorts > 65535 {
		return nil, weir.Errorf(weir.Invalid, "the port %d leaves no room for the ports of %d brokers", n, cfg.BrokerPorts).
			WithFix("use a port below %d", 65536-cfg.BrokerPorts)
	}
	d := &doors{
		g: g, bindHost: host, host: cfg.AdvertisedHost, port: int(n), max: cfg.BrokerPorts,
		brokers: map[weir.BrokerID]net.Listener{},
	}
	d.first, err = d.listen(int(n))
	return d, err
}

func (d *doors) listen(port int) (net.Listener, error) {
	addr := net.JoinHostPort(d.bindHost, strconv.Itoa(port))
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, weir.Errorf(weir.Unavailable, "cannot listen on %s for Kafka clients", addr).Because(err).
			WithFix("stop what uses the port, or choose another address")
	}
	return l, nil
}

func (d *doors) bootstrap() string { return net.JoinHostPort(d.host, strconv.Itoa(portOf(d.first))) }

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// serve begins to accept, and opens the doors of the brokers that are known.
func (d *doors) serve(ctx context.Context) {
	d.mu.Lock()
	d.ctx = ctx
	d.mu.Unlock()
	d.g.running.Go(func() { d.acceptAll(ctx, d.first, broker{any: true}) })
	known, err := d.g.upstream.Brokers(ctx)
	if err != nil {
		d.g.log.Warn("the brokers cannot be asked yet", "error", err)
	}
	for _, b := range known {
		if _, _, err := d.address(b.ID); err != nil {
			d.g.log.Error("a broker has no door", "broker", b.ID, "error", err)
		}
	}
}

// address is where clients reach a broker; its door is opened if it was not.
func (d *doors) address(id weir.BrokerID) (host string, port int32, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.brokers[id]
	if !ok {
		if l, err = d.openBroker(id); err != nil {
			return "", 0, err
		}
	}
	return d.host, int32(portOf(l)), nil
}

func (d *doors) openBroker(id weir.BrokerID) (net.Listener, error) {
	if d.closed || d.ctx == nil {
		return nil, weir.Errorf(weir.Unavailable, "the gateway does not run")
	}
	if id < 0 || int(id) >= d.max {
		return nil, weir.Errorf(weir.Limit, "broker %d has no port, there are %d from broker 0 on", id, d.max).
			WithFix("raise the number of broker ports, or give the brokers smaller ids")
	}
	port := 0
	if d.port != 0 {
		port = d.port + 1 + int(id)
	}
	l, err := d.listen(port)
	if err != nil {
		return nil, err
	}
	d.brokers[id] = l
	ctx := d.ctx
	d.g.running.Go(func() { d.acceptAll(ctx, l, broker{id: id}) })
	return l, nil
}

// acceptAll accepts until the listener is closed. Other errors, such as having
// no file descriptors left, pass.
func (d *doors) acceptAll(ctx context.Context, l net.Listener, to broker) {
	for {
		nc, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			d.g.log.Warn("cannot accept a Kafka client", "error", err)
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		d.g.accept(nc, to)
	}
}

func (d *doors) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.first.Close()
	for _, l := range d.brokers {
		l.Close()
	}
}

// dial connects to a broker, or to the first of all that answers.
func (g *Gateway) dial(ctx context.Context, to broker) (net.Conn, weir.BrokerID, error) {
	ctx, cancel := context.WithTimeout(ctx, g.limits.DialTime)
	defer cancel()
	if !to.any {
		nc, err := g.upstream.Dial(ctx, to.id)
		return nc, to.id, err
	}
	known, err := g.upstream.Brokers(ctx)
	if err != nil {
		return nil, 0, err
	}
	err = weir.Errorf(weir.Unavailable, "the cluster has no brokers")
	for _, b := range known {
		var nc net.Conn
		if nc, err = g.upstream.Dial(ctx, b.ID); err == nil {
			return nc, b.ID, nil
		}
	}
	return nil, 0, err
}
