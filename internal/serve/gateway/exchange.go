package gateway

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/core/wire"
)

// exchange is one request and what is to happen with its answer.
type exchange struct {
	judge
	names
	c        *conn
	entry    *entry
	header   wire.Header
	flexible bool

	req      kmsg.Request // until it was forwarded: it shares the request's bytes
	changed  bool         // req must be encoded again
	local    kmsg.Response
	noAnswer bool // a Produce that asked for none
	merges   []func(kmsg.Response)
	tx       string               // of a Produce, as the cluster sees it
	offers   offers               // of a Produce
	byIDs    map[[16]byte]*string // of a Metadata: the name that came with each id
}

// take does everything with one request that can be done before its answer.
func (c *conn) take(ctx context.Context) error {
	if c.sasl.raw {
		return c.takeToken()
	}
	c.g.metrics.Requests.Add(1)
	h, err := wire.ReadKey(c.frame)
	if err != nil {
		return refusef("a request of %d bytes", len(c.frame))
	}
	x, err := c.open(ctx, h)
	if err != nil {
		return err
	}
	if !x.entry.beforeLogin {
		if err := c.authorize(x); err != nil {
			return err
		}
	}
	if x.noAnswer {
		return c.forward(ctx, x)
	}
	return c.submit(ctx, x)
}

// open finds the request in the table and reads its header; what belongs to the
// login is done at once.
func (c *conn) open(ctx context.Context, h wire.Header) (*exchange, error) {
	e, ok := c.g.byKey(h.Key)
	if !ok {
		return nil, refusef("request %s is not offered", nameOf(h.Key))
	}
	x := &exchange{c: c, entry: e, header: h}
	if c.login.Load() == nil && !e.beforeLogin {
		return nil, refusef("request %s before the login", e.name)
	}
	if e.key == keyApiVersions {
		return x, c.answerVersions(ctx, x)
	}
	if err := c.checkVersion(ctx, e, h.Version); err != nil {
		return nil, err
	}
	req := kmsg.RequestForKey(h.Key)
	req.SetVersion(h.Version)
	x.flexible = req.IsFlexible()
	var err error
	if x.header, err = wire.ReadHeader(c.frame, x.flexible); err != nil {
		return nil, refusef("request %s with a torn header", e.name)
	}
	if e.beforeLogin {
		return x, c.answerLogin(x)
	}
	x.req = req
	return x, nil
}

// checkVersion refuses a version that was not announced.
func (c *conn) checkVersion(ctx context.Context, e *entry, version int16) error {
	low, high := e.min, e.max
	if !e.beforeLogin {
		known, err := c.g.versions.of(ctx, c.to)
		if err != nil {
			return err
		}
		low, high = known.bounds(e)
	}
	if version < low || version > high {
		return refusef("request %s in version %d, offered are %d to %d", e.name, version, low, high)
	}
	return nil
}

// authorize decodes the request and lets the table's check judge it by the
// rights of this moment.
func (c *conn) authorize(x *exchange) error {
	l := c.login.Load()
	x.judge = judge{snap: c.g.rights.Current(), login: *l, lost: c.g.lost}
	if !x.snap.Holds(*l) {
		return errRevoked
	}
	if c.clientID == "" {
		c.clientID = x.header.ClientID
	}
	c.introduce()
	body := c.frame[x.header.Body:]
	if err := wire.CheckRequest(x.entry.key, x.header.Version, x.flexible, body); err != nil {
		return refusef("request %s in version %d: %v", x.entry.name, x.header.Version, err)
	}
	if len(body) > keepBuffer && x.entry.key != keyProduce {
		c.g.decoding <- struct{}{}
		defer func() { <-c.g.decoding }()
	}
	if err := x.req.ReadFrom(body); err != nil {
		return refusef("request %s in version %d: %v", x.entry.name, x.header.Version, err)
	}
	x.readNames()
	if err := x.entry.request(x); err != nil || x.local != nil {
		return err
	}
	x.toCluster()
	return nil
}

// submit puts the request into its place among those under way, and sends it to
// the broker if it has no answer yet.
func (c *conn) submit(ctx context.Context, x *exchange) error {
	if err := c.slot(); err != nil {
		return err
	}
	if x.local == nil {
		if err := c.connect(ctx); err != nil {
			return err
		}
	}
	if x.local != nil {
		x.req = nil // it may be large, and the answer may have to wait
	}
	if err := c.queue.push(x, c.writeLocal); err != nil || x.local != nil {
		return c.flushWith(err)
	}
	return c.forward(ctx, x)
}

// flushWith sends on what was held back for a request that then was answered
// here.
func (c *conn) flushWith(err error) error {
	if err != nil || c.upstream == nil || c.pending() {
		return err
	}
	return c.upstream.out.Flush()
}

// holdBack keeps a Fetch from the broker while many answers wait for the
// application to take those before: the broker would hold one more.
func (c *conn) holdBack(application string) error {
	for wait := c.g.answers.crowded(application); wait != nil; wait = c.g.answers.crowded(application) {
		if err := c.upstream.out.Flush(); err != nil {
			return err
		}
		select {
		case <-wait:
		case <-c.ctx.Done():
			return errClosed
		}
	}
	return nil
}

// slot waits until fewer than Limits.InFlight requests are under way.
func (c *conn) slot() error {
	select {
	case c.queue.slots <- struct{}{}:
		return nil
	default:
	}
	if c.upstream != nil {
		if err := c.upstream.out.Flush(); err != nil {
			return err
		}
	}
	select {
	case c.queue.slots <- struct{}{}:
		return nil
	case <-c.ctx.Done():
		return errClosed
	}
}

// forward sends a request to the broker: the client's own bytes if nothing had
// to be changed.
func (c *conn) forward(ctx context.Context, x *exchange) error {
	if x.local != nil {
		return nil
	}
	if err := c.connect(ctx); err != nil {
		return err
	}
	if x.entry.key == keyFetch {
		if err := c.holdBack(x.login.Name); err != nil {
			return err
		}
	}
	frame := c.frame
	if x.changed {
		frame = x.req.AppendTo(append(make([]byte, 0, len(frame)+256), c.frame[:x.header.Body]...))
	}
	x.req = nil
	if err := c.send(frame); err != nil {
		return errClosed
	}
	return nil
}

func (c *conn) send(frame []byte) error {
	up := c.upstream
	up.SetWriteDeadline(deadline(c.g.limits.WriteTime))
	if err := writeFrame(up.out, frame); err != nil {
		return err
	}
	if c.pending() {
		return nil
	}
	return up.out.Flush()
}

// judge is the rights of one login at one moment.
type judge struct {
	snap  *access.Snapshot
	login access.Login
	lost  func(topic string) bool // which the cluster does not have any more
}
