package memconn

import (
	"context"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
)

// backlog is how many connections may wait to be accepted.
const backlog = 16

// Listener is a net.Listener that only this process can reach, by Dial.
type Listener struct {
	addr   Addr
	dialed atomic.Uint64
	queue  chan *Conn
	once   sync.Once
	done   chan struct{}
}

var _ net.Listener = (*Listener)(nil)

// Listen makes a listener with a name, which is its address.
func Listen(name Addr) *Listener {
	return &Listener{addr: name, queue: make(chan *Conn, backlog), done: make(chan struct{})}
}

// Dial connects to the listener. It waits while the queue of connections that
// nobody accepted is full. net.ErrClosed when the listener is closed.
func (l *Listener) Dial(ctx context.Context) (*Conn, error) {
	name := Addr("mem-" + strconv.FormatUint(l.dialed.Add(1), 10) + ":0")
	client, server := Pipe(name, l.addr)
	select {
	case <-l.done:
		return nil, l.fail("dial", net.ErrClosed)
	default:
	}
	select {
	case l.queue <- server:
		l.sweep()
		return client, nil
	case <-l.done:
		return nil, l.fail("dial", net.ErrClosed)
	case <-ctx.Done():
		return nil, l.fail("dial", context.Cause(ctx))
	}
}

// Accept waits for the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, l.fail("accept", net.ErrClosed)
	default:
	}
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.done:
		return nil, l.fail("accept", net.ErrClosed)
	}
}

// Close ends the listener and the connections that nobody accepted.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.done) })
	l.sweep()
	return nil
}

// sweep closes what waits in the queue of a closed listener, so that no
// dialer waits for an answer that cannot come.
func (l *Listener) sweep() {
	select {
	case <-l.done:
	default:
		return
	}
	for {
		select {
		case c := <-l.queue:
			c.Close()
		default:
			return
		}
	}
}

// Addr is the listener's name.
func (l *Listener) Addr() net.Addr { return l.addr }

func (l *Listener) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "mem", Addr: l.addr, Err: err}
}
