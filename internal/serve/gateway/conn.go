package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/core/wire"
)

// bufferSize is what each of a connection's four buffers holds; larger frames
// pass by them. keepBuffer is the largest frame buffer that stays with a
// connection.
const (
	bufferSize = 8 << 10
	keepBuffer = 64 << 10
)

// Why a connection ends, if not because a side closed it.
var (
	errRevoked = errors.New("the credential has ended")
	errEnding  = errors.New("the gateway ends")
	errClosed  = errors.New("closed")
	errSilent  = refusef("nothing was heard in time")
)

// refusal ends a connection for what the client sent.
type refusal struct{ reason string }

func (r refusal) Error() string { return r.reason }

func refusef(format string, args ...any) error { return refusal{fmt.Sprintf(format, args...)} }

// conn is one client connection with its one upstream connection. One
// goroutine takes requests, one the broker's answers; see DESIGN.md.
type conn struct {
	g      *Gateway
	to     broker
	client net.Conn
	in     *bufio.Reader
	frame  []byte      // of the request in hand
	held   *hold       // what frame takes of the budget
	spoke  atomic.Bool // a first request has come

	seat  seat
	sasl  saslState
	login atomic.Pointer[access.Login]
	fetch session
	// fetchID is the broker's fetch session that this connection opened last.
	fetchID atomic.Int32

	out      *bufio.Writer // to the client; written by who holds the queue's turn
	encoded  []byte        // the answer in hand
	queue    queue
	upstream *upstream // nil until the first request after login
	answers  sync.WaitGroup

	ending   sync.Once
	ctx      context.Context // ends with the connection, not with the gateway, which drains
	cancel   context.CancelFunc
	why      atomic.Pointer[error]
	reached  atomic.Pointer[upstream] // what end must close
	draining atomic.Bool
	clientID string
	library  weir.Library // as the client said before its login
	wanted   wanted

	uses   uses                              // the names by which this connection knows topics
	joined atomic.Pointer[map[string]string] // and those in its last JoinGroup, by the cluster's
	peers  *uses                             // and those of the client's other connections; nil before the login
	who    caller                            // whose they are
}

// upstream is a connection to a broker.
type upstream struct {
	net.Conn
	id  weir.BrokerID
	in  *bufio.Reader
	out *bufio.Writer
}

func newConn(g *Gateway, client net.Conn, to broker) *conn {
	c := &conn{
		g: g, to: to, client: client,
		in:  bufio.NewReaderSize(client, bufferSize),
		out: bufio.NewWriterSize(client, bufferSize),
	}
	c.queue.slots = make(chan struct{}, g.limits.InFlight)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// run serves the connection until a side ends it.
func (c *conn) run() {
	c.end(c.guard(c.serve))
	c.answers.Wait()
	c.held.give()
	c.g.callers.leave(c.who)
	c.report()
}

// introduce finds out which client this is.
func (c *conn) introduce() {
	if c.peers != nil {
		return
	}
	host, _, _ := net.SplitHostPort(c.client.RemoteAddr().String())
	c.who = caller{c.login.Load().Application, host, c.clientID}
	c.peers = c.g.callers.join(c.who)
}

// guard turns a panic, which torn input may cause in a decoder, into an error.
func (c *conn) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = refusef("panic: %v", p)
			c.g.log.Error("a connection panicked", "error", p, "stack", string(debug.Stack()))
		}
	}()
	return f()
}

// end closes both sides; the first reason counts.
func (c *conn) end(why error) {
	c.ending.Do(func() {
		c.why.Store(&why)
		c.cancel()
		c.client.Close()
	})
	if up := c.reached.Load(); up != nil {
		up.Close()
	}
}

// drain lets what is under way be answered, then ends the connection.
func (c *conn) drain() {
	c.draining.Store(true)
	c.client.SetReadDeadline(time.Unix(1, 0)) // the request goroutine wakes up
}

// report logs and counts how the connection ended, if that is worth a line.
func (c *conn) report() {
	why := *c.why.Load()
	var r refusal
	switch {
	case errors.As(why, &r):
		c.g.metrics.Refused.Add(1)
		c.closedFor(r)
		c.g.warn("connection of a Kafka client refused", c.attrs("reason", r.reason)...)
	case errors.Is(why, errRevoked):
		c.g.metrics.Revoked.Add(1)
		c.g.log.Info("connection of a Kafka client closed", c.attrs("reason", why.Error())...)
	case errors.Is(why, weir.Unavailable), errors.Is(why, weir.NotFound):
		c.g.warn("connection of a Kafka client closed", c.attrs("error", why.Error())...)
	default:
		c.g.log.Debug("connection of a Kafka client ended", c.attrs("reason", why)...)
	}
}

func (c *conn) attrs(more ...any) []any {
	out := []any{"from", c.client.RemoteAddr().String(), "client", c.clientID}
	if l := c.login.Load(); l != nil {
		out = append(out, "application", l.Name)
	}
	return append(out, more...)
}

// serve takes requests until one cannot be taken.
func (c *conn) serve() error {
	loginBy := time.Now().Add(c.g.limits.LoginTime)
	for {
		err := c.next(loginBy)
		if err == nil {
			c.spoke.Store(true)
			err = c.take(c.ctx)
			c.release()
		}
		switch {
		case err == nil:
		case c.draining.Load():
			c.queue.waitEmpty(c.g.limits.DrainTime)
			return errEnding
		case errors.Is(err, io.EOF):
			return errClosed
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errSilent
		default:
			return err
		}
	}
}

// next reads one request into c.frame.
func (c *conn) next(loginBy time.Time) error {
	deadline, limit := loginBy, c.g.limits.LoginFrame
	if c.login.Load() != nil {
		deadline, limit = time.Now().Add(c.g.limits.IdleTime), c.g.limits.Frame
	}
	if err := c.readBy(deadline); err != nil {
		return err
	}
	size, err := wire.ReadSize(c.in, limit)
	if errors.Is(err, wire.ErrSize) {
		return refusef("a request of %d bytes, at most %d are allowed", size, limit)
	} else if err != nil {
		return err
	}
	if c.login.Load() != nil {
		if err := c.readBy(time.Now().Add(c.g.limits.FrameTime)); err != nil {
			return err
		}
	}
	return c.readFrame(size)
}

// readBy sets the time until which a read may take, unless the gateway ends.
func (c *conn) readBy(t time.Time) error {
	err := c.client.SetReadDeadline(t)
	if c.draining.Load() {
		return errEnding
	}
	return err
}

// readFrame reads a request of a size. Only Produce may be large.
func (c *conn) readFrame(size int) error {
	if size > c.g.limits.ControlFrame {
		if err := c.onlyProduce(size); err != nil {
			return err
		}
	}
	if size > keepBuffer {
		if err := c.hold(size); err != nil {
			return err
		}
	}
	c.held.begin()
	defer c.held.end()
	var err error
	c.frame, err = wire.ReadBody(heldReader{c.in, c.held}, c.frame, size, nil)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errClosed
	}
	return err
}

// hold takes a large request's bytes of the budget, all at once: many that each
// have a part would wait for each other. The time for the frame begins then.
func (c *conn) hold(size int) error {
	c.held = c.g.requests.take(c.login.Load().Name, size, c.end, c.ctx.Done())
	if c.held == nil {
		return refusef("too many large requests at a time")
	}
	return c.readBy(time.Now().Add(c.g.limits.FrameTime))
}

// release drops a large request once it was dealt with: the next may be long in
// coming.
func (c *conn) release() {
	if cap(c.frame) > keepBuffer {
		c.frame = nil
	}
	c.held.give()
	c.held = nil
}

func (c *conn) onlyProduce(size int) error {
	head, err := c.in.Peek(2)
	if err != nil {
		return err
	}
	if head[0] != 0 || head[1] != 0 {
		return refusef("a request of %d bytes, at most %d are allowed unless it produces", size, c.g.limits.ControlFrame)
	}
	return nil
}

// connect reaches the broker, once.
func (c *conn) connect(ctx context.Context) error {
	if c.upstream != nil {
		return nil
	}
	nc, id, err := c.g.dial(ctx, c.to)
	if err != nil {
		return weir.Errorf(weir.Unavailable, "the broker cannot be reached").Because(err)
	}
	c.upstream = &upstream{
		Conn: nc, id: id,
		in:  bufio.NewReaderSize(nc, bufferSize),
		out: bufio.NewWriterSize(nc, bufferSize),
	}
	c.reached.Store(c.upstream)
	c.answers.Go(func() { c.end(c.guard(c.takeAnswers)) })
	select {
	case <-c.ctx.Done(): // end may have come before there was an upstream to close
		nc.Close()
		return errClosed
	default:
		return nil
	}
}

// pending reports whether another whole request has already arrived.
func (c *conn) pending() bool {
	head, err := c.in.Peek(min(4, c.in.Buffered()))
	if err != nil || len(head) < 4 {
		return false
	}
	size := int(head[0])<<24 | int(head[1])<<16 | int(head[2])<<8 | int(head[3])
	return c.in.Buffered()-4 >= size
}
