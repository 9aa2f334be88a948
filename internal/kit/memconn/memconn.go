// Package memconn connects two parties inside one process the way a TCP
// connection does: both directions are buffered, so that neither side has to
// wait for the other to be ready; a full buffer holds the writer back;
// deadlines work; one side can end its half and still read.
//
// Its buffers start empty, grow with what stands in them, and are given back
// when they were too large for a while: a connection that is idle, or says
// little, costs a few kilobytes.
package memconn

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Buffer is the number of bytes that each direction of a connection holds
// before its writer has to wait.
const Buffer = 128 << 10

// Addr is the name of an end of a connection.
type Addr string

// Network is "mem".
func (Addr) Network() string { return "mem" }

// String is the name itself.
func (a Addr) String() string { return string(a) }

// Conn is one end of a connection. All methods may be called at the same time.
type Conn struct {
	local, remote Addr
	in, out       *half
	writing       sync.Mutex // the bytes of one Write stand together
}

var _ net.Conn = (*Conn)(nil)

// Pipe makes a connection between two named ends.
func Pipe(a, b Addr) (*Conn, *Conn) {
	ab, ba := newHalf(), newHalf()
	return &Conn{local: a, remote: b, in: ba, out: ab}, &Conn{local: b, remote: a, in: ab, out: ba}
}

// Read takes what is there, or waits for it. io.EOF when the other side has
// ended its half and everything it wrote was read.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &net.OpError{Op: "read", Net: "mem", Source: c.local, Addr: c.remote, Err: err}
	}
	return n, err
}

// Write returns when all of p is in the buffer. The other side keeps what was
// written before Close.
func (c *Conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	n, err := c.out.write(p)
	if err != nil {
		err = &net.OpError{Op: "write", Net: "mem", Source: c.local, Addr: c.remote, Err: err}
	}
	return n, err
}

// Close ends both halves; what the other side wrote and nobody read is lost.
func (c *Conn) Close() error {
	c.in.closeReader()
	c.out.closeWriter(net.ErrClosed)
	return nil
}

// CloseWrite ends this side's half: the other reads io.EOF after what is
// buffered, and can still write.
func (c *Conn) CloseWrite() error {
	c.out.closeWriter(syscall.EPIPE)
	return nil
}

// LocalAddr is the name of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the name of the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline makes reads fail with os.ErrDeadlineExceeded from t on,
// also those that wait now. The zero time takes the deadline away.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	if c.in.readerGone {
		return net.ErrClosed
	}
	c.in.readers.set(t)
	return nil
}

// SetWriteDeadline is SetReadDeadline for writes.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if errors.Is(c.out.ended, net.ErrClosed) {
		return net.ErrClosed
	}
	c.out.writers.set(t)
	return nil
}

// half is one direction.
type half struct {
	mu         sync.Mutex
	readers    side
	writers    side
	ring       ring
	ended      error // set when the writer is gone: what a later write is told
	readerGone bool
}

func newHalf() *half {
	h := &half{}
	h.readers.init(&h.mu)
	h.writers.init(&h.mu)
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.readerGone:
			return 0, net.ErrClosed
		case h.readers.late:
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case h.ring.n > 0:
			n := h.ring.take(p)
			h.writers.cond.Broadcast()
			return n, nil
		case h.ended != nil:
			return 0, io.EOF
		}
		h.readers.cond.Wait()
	}
}

func (h *half) write(p []byte) (done int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.ended != nil:
			return done, h.ended
		case h.readerGone:
			return done, syscall.EPIPE
		case h.writers.late:
			return done, os.ErrDeadlineExceeded
		}
		if n := h.ring.put(p[done:]); n > 0 {
			done += n
			h.readers.cond.Broadcast()
		}
		if done == len(p) {
			return done, nil
		}
		h.writers.cond.Wait()
	}
}

func (h *half) closeReader() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readerGone = true
	h.ring = ring{}
	h.readers.stop()
	h.writers.cond.Broadcast()
}

func (h *half) closeWriter(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended == nil || errors.Is(why, net.ErrClosed) {
		h.ended = why
	}
	h.writers.stop()
	h.readers.cond.Broadcast()
}

// side is who waits at one end of a half, and until when.
type side struct {
	cond  *sync.Cond
	timer *time.Timer
	late  bool
}

func (s *side) init(mu *sync.Mutex) { s.cond = sync.NewCond(mu) }

// set is called with the lock held.
func (s *side) set(t time.Time) {
	s.stop()
	s.late = false
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	if left <= 0 {
		s.late = true
		return
	}
	var mine *time.Timer
	mine = time.AfterFunc(left, func() {
		s.cond.L.Lock()
		defer s.cond.L.Unlock()
		if s.timer == mine { // else another deadline was set meanwhile
			s.late = true
			s.cond.Broadcast()
		}
	})
	s.timer = mine
}

// stop ends the timer and wakes who waits, to look again.
func (s *side) stop() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	s.cond.Broadcast()
}
