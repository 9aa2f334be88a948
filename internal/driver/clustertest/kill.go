package clustertest

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"

	"github.com/weirmesh/weir"
)

// Killer is an upstream for one client that can be killed: by Kill, or when it
// sends a request of a kind, before the broker gets it or when the broker has
// answered. From then on no connection works.
type Killer struct {
	weir.Upstream
	mu    sync.Mutex
	armed bool
	key   int16
	after bool
	dead  func() // is called once
	ended bool
	conns []net.Conn
}

// errKilled is what a client that was killed would see if it lived.
var errKilled = errors.New("killed")

// Arm says at which kind of request (by its API key) the next kill comes; dead
// is called when it did.
func (k *Killer) Arm(key int16, after bool, dead func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.armed, k.key, k.after, k.dead = true, key, after, dead
}

// Dial connects as long as the client lives.
func (k *Killer) Dial(ctx context.Context, id weir.BrokerID) (net.Conn, error) {
	if k.killed() {
		return nil, weir.Errorf(weir.Unavailable, "killed")
	}
	conn, err := k.Upstream.Dial(ctx, id)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conns = append(k.conns, conn)
	return &killable{Conn: conn, killer: k}, nil
}

func (k *Killer) killed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ended
}

// Kill kills the client now.
func (k *Killer) Kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		return
	}
	k.ended = true
	for _, c := range k.conns {
		c.Close()
	}
	if k.dead != nil {
		k.dead()
	}
}

// hit reports whether a frame is the one.
func (k *Killer) hit(frame []byte) (now, after bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	hit := k.armed && len(frame) >= 6 && int16(binary.BigEndian.Uint16(frame[4:])) == k.key
	return hit && !k.after, hit && k.after
}

// killable is a connection of a [Killer]; a client writes a frame at once.
type killable struct {
	net.Conn
	killer *Killer
	mu     sync.Mutex
	last   bool // the answer that comes is the one
}

func (c *killable) Write(b []byte) (int, error) {
	now, after := c.killer.hit(b)
	if now {
		c.killer.Kill()
		return 0, errKilled
	}
	c.mu.Lock()
	c.last = c.last || after
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *killable) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last && n > 0 {
		c.killer.Kill()
		return 0, errKilled
	}
	return n, err
}
