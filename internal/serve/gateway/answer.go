package gateway

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/wire"
)

// maxAnswer bounds what a broker may send in one frame.
const maxAnswer = 256 << 20

func deadline(in time.Duration) time.Time { return time.Now().Add(in) }

func writeFrame(w *bufio.Writer, frame []byte) error {
	if err := writeSize(w, len(frame)); err != nil {
		return err
	}
	_, err := w.Write(frame)
	return err
}

func writeSize(w *bufio.Writer, size int) error {
	_, err := w.Write(binary.BigEndian.AppendUint32(w.AvailableBuffer(), uint32(size)))
	return err
}

// takeAnswers passes on what the broker answers until a side closes. It always
// reads, so the broker's end is seen while nothing is under way too.
func (c *conn) takeAnswers() error {
	var frame []byte
	for {
		size, err := wire.ReadSize(c.upstream.in, maxAnswer)
		if err != nil {
			return upstreamEnded(err)
		}
		x := c.queue.head()
		if x == nil || x.local != nil {
			return weir.Errorf(weir.Unavailable, "broker %d answered what nobody asked", c.upstream.id)
		}
		if frame, err = c.takeAnswer(x, frame, size); err != nil {
			return err
		}
		if cap(frame) > keepBuffer { // no longer held
			frame = nil
		}
	}
}

func upstreamEnded(err error) error {
	if errors.Is(err, io.EOF) {
		return errClosed
	}
	return weir.Errorf(weir.Unavailable, "the connection to the broker broke").Because(err)
}

// takeAnswer reads one answer and writes it to the client.
func (c *conn) takeAnswer(x *exchange, frame []byte, size int) ([]byte, error) {
	var held *hold
	if size > keepBuffer {
		if held = c.g.answers.take(c.login.Load().Name, size, c.end, c.ctx.Done()); held == nil {
			return frame, weir.Errorf(weir.Unavailable, "too many large answers at a time")
		}
		defer held.give()
		frame = slices.Grow(frame[:0], size) // the broker sends what it says
	}
	frame, err := wire.ReadBody(c.upstream.in, frame, size, nil)
	if err != nil {
		return frame, upstreamEnded(err)
	}
	out, err := c.answer(x, frame)
	if err != nil {
		return frame, err
	}
	if err := c.writeAnswer(held, out); err != nil {
		return frame, clientEnded(err)
	}
	c.g.metrics.Answers.Add(1)
	return frame, c.queue.pop(c.writeLocal, c.flushAnswers)
}

// writeAnswer writes an answer; one that is held in pieces, so that it is seen
// whether the client takes them.
func (c *conn) writeAnswer(held *hold, out []byte) error {
	c.client.SetWriteDeadline(deadline(c.g.limits.WriteTime))
	if held == nil {
		return writeFrame(c.out, out)
	}
	held.begin()
	defer held.end()
	if err := writeSize(c.out, len(out)); err != nil {
		return err
	}
	if err := c.out.Flush(); err != nil {
		return err
	}
	_, err := heldWriter{c.client, held}.Write(out)
	return err
}

// flushAnswers sends what was written, unless more is about to be.
func (c *conn) flushAnswers() error {
	if c.upstream.in.Buffered() > 0 {
		return nil
	}
	return clientEnded(c.out.Flush())
}

func clientEnded(err error) error {
	if err == nil {
		return nil
	}
	return errClosed
}

// answer is what the client gets: the broker's bytes, or another encoding of
// them if something had to be changed.
func (c *conn) answer(x *exchange, frame []byte) ([]byte, error) {
	correlation, body, err := wire.ReadResponse(frame, x.flexible)
	if err != nil || correlation != x.header.Correlation {
		return nil, weir.Errorf(weir.Unavailable, "broker %d answered %d, not %d", c.upstream.id, correlation, x.header.Correlation)
	}
	renames := x.renames()
	if x.entry.answer == nil && x.merges == nil && !renames {
		return frame, nil
	}
	resp := kmsg.ResponseForKey(x.entry.key)
	resp.SetVersion(x.header.Version)
	if err := resp.ReadFrom(frame[body:]); err != nil {
		return nil, weir.Errorf(weir.Unavailable, "broker %d sent a torn answer to %s", c.upstream.id, x.entry.name).Because(err)
	}
	changed := x.merges != nil
	if renames && x.toClient(resp) {
		changed = true
	}
	x.judge.snap = c.g.rights.Current()
	if !x.snap.Holds(x.login) {
		return nil, errRevoked
	}
	if x.entry.answer != nil && x.entry.answer(x, resp) {
		changed = true
	}
	for _, merge := range x.merges {
		merge(resp)
	}
	if !changed {
		return frame, nil
	}
	return resp.AppendTo(append(make([]byte, 0, len(frame)+256), frame[:body]...)), nil
}

// writeLocal writes an answer that was made here. The caller has the queue's
// turn.
func (c *conn) writeLocal(x *exchange) error {
	resp := x.local
	flexible := resp.IsFlexible() && x.entry.key != keyApiVersions
	c.encoded = wire.SetSize(resp.AppendTo(wire.AppendResponse(c.encoded[:0], x.header.Correlation, flexible)))
	return c.writeRaw(c.encoded)
}

// writeRaw writes to the client at once.
func (c *conn) writeRaw(b []byte) error {
	c.g.metrics.Answers.Add(1)
	c.client.SetWriteDeadline(deadline(c.g.limits.WriteTime))
	if _, err := c.out.Write(b); err != nil {
		return clientEnded(err)
	}
	return clientEnded(c.out.Flush())
}
