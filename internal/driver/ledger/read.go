package ledger

import (
	"context"
	"errors"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// A chunk is read in one go and handed on when the file is free again.
const (
	chunkRows  = 512
	chunkBytes = 4 << 20
)

// row is an entry as it stands in the table.
type row struct {
	offset weir.Offset
	hash   string
	entry  string
}

// errChunkFull ends the reading of a chunk.
var errChunkFull = errors.New("chunk is full")

// Read calls fn with every record from an offset on to the head as it is now.
func (l *Ledger) Read(ctx context.Context, from weir.Offset, fn func(weir.Record) error) error {
	to := l.Head().Offset
	from = max(from, 1)
	if from > to {
		return ctx.Err()
	}
	c, err := l.reader(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	prev, err := l.headAt(ctx, c, from-1)
	if err != nil {
		return err
	}
	return l.walk(ctx, c, prev, to, 0, fn)
}

// found stops writing when an error is damage of this file.
func (l *Ledger) found(err error) error {
	if weir.KindOf(err) == weir.Damaged {
		return l.stop(err)
	}
	return err
}

// reader is a connection for one Read.
func (l *Ledger) reader(ctx context.Context) (*sqlite.Conn, error) {
	c, err := sqlite.Connect(ctx, l.db)
	if err == nil {
		return c, nil
	}
	l.mu.Lock()
	closed := l.closed
	l.mu.Unlock()
	if closed {
		return nil, l.errClosed()
	}
	return nil, l.fault(0, err)
}

// walk reads (prev, to] in chunks, checks the chain, and calls fn; entries before
// an offset come without being decoded, which takes most of the time.
// Damage that it finds stops writing; an error of fn is only returned.
func (l *Ledger) walk(ctx context.Context, c *sqlite.Conn, prev weir.Head, to, decode weir.Offset, fn func(weir.Record) error) error {
	for prev.Offset < to {
		rows, err := l.chunk(ctx, c, prev.Offset, to)
		if err != nil {
			return l.found(l.fault(prev.Offset+1, err))
		}
		if len(rows) == 0 {
			return l.found(l.damaged(prev.Offset+1, "the entry is missing, %d are expected", to))
		}
		for _, r := range rows {
			rec, err := l.check(prev, r)
			if err == nil && r.offset >= decode {
				rec.Entry, err = l.decode(rec)
			}
			if err != nil {
				return l.found(err)
			}
			if err := fn(rec); err != nil {
				return err
			}
			prev = rec.Head
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// chunk reads some rows after an offset. It holds the gate, so that a commit
// of this process never meets its lock.
func (l *Ledger) chunk(ctx context.Context, c *sqlite.Conn, after, to weir.Offset) ([]row, error) {
	l.gate.RLock()
	defer l.gate.RUnlock()
	var rows []row
	bytes := 0
	err := c.Rows(ctx, "select offset, hash, entry from entry where offset > ? and offset <= ? order by offset limit ?",
		[]any{int64(after), int64(to), chunkRows}, func(scan func(...any) error) error {
			var r row
			if err := scan(&r.offset, &r.hash, &r.entry); err != nil {
				return err
			}
			rows = append(rows, r)
			if bytes += len(r.entry); bytes >= chunkBytes {
				return errChunkFull
			}
			return nil
		})
	if errors.Is(err, errChunkFull) {
		err = nil
	}
	return rows, err
}

// check tells whether a row follows a head, and reads its entry.
func (l *Ledger) check(prev weir.Head, r row) (weir.Record, error) {
	if r.offset != prev.Offset+1 {
		return weir.Record{}, l.damaged(prev.Offset+1, "the entry is missing, the next one is %d", r.offset)
	}
	rec := weir.Record{Bytes: []byte(r.entry)}
	rec.Head = prev.Next(rec.Bytes)
	if rec.Hash.String() != r.hash {
		return rec, l.damaged(r.offset, "the entry or its hash is not what was written")
	}
	return rec, nil
}

func (l *Ledger) decode(r weir.Record) (weir.Entry, error) {
	e, err := weir.DecodeEntry(r.Bytes)
	if err != nil {
		return e, l.unreadable(r.Offset, err)
	}
	return e, nil
}

// unreadable is an entry whose hash is right and that this program cannot
// read: the message and the advice are DecodeEntry's.
func (l *Ledger) unreadable(at weir.Offset, err error) error {
	d := l.damaged(at, "%v", err).Because(err)
	var e *weir.Error
	if errors.As(err, &e) {
		d.Msg = weir.Errorf(weir.Damaged, "the ledger %s cannot be read at offset %d: %s", l.path, at, e.Msg).Msg
		if e.Fix != "" {
			d.Fix = e.Fix
		}
	}
	return d
}

// headAt is the place at an offset, as its row says. It is not verified; a
// wrong hash makes the row after it look damaged.
func (l *Ledger) headAt(ctx context.Context, c *sqlite.Conn, at weir.Offset) (weir.Head, error) {
	if at == 0 {
		return weir.Head{}, nil
	}
	l.gate.RLock()
	defer l.gate.RUnlock()
	var text string
	err := c.Row(ctx, "select hash from entry where offset = ?", []any{int64(at)}, &text)
	if err != nil {
		return weir.Head{}, l.found(l.fault(at, err))
	}
	h := weir.Head{Offset: at}
	if err := h.Hash.UnmarshalText([]byte(text)); err != nil {
		return h, l.found(l.damaged(at, "its hash is none").Because(err))
	}
	return h, nil
}
