package ledger

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// Append writes all records in one transaction. ctx is looked at before it
// begins; what has begun is finished. Besides the role's errors: Limit for an
// entry of more than [weir.MaxEntry] bytes.
func (l *Ledger) Append(ctx context.Context, records []weir.Record) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.mayAppend(ctx, records); err != nil {
		return err
	}
	if len(records) == 0 {
		return nil
	}
	if err := l.write(context.WithoutCancel(ctx), records); err != nil {
		return err
	}
	l.advance(records[len(records)-1].Head)
	return nil
}

// mayAppend checks everything that can be checked before the file is touched.
func (l *Ledger) mayAppend(ctx context.Context, records []weir.Record) error {
	l.mu.Lock()
	head, stopped, closed := l.head, l.stopped, l.closed
	l.mu.Unlock()
	switch {
	case stopped != nil:
		return stopped
	case closed:
		return l.errClosed()
	case ctx.Err() != nil:
		return weir.Errorf(weir.Unavailable, "nothing was written: the request ended").Because(ctx.Err())
	}
	for _, r := range records {
		if len(r.Bytes) > weir.MaxEntry {
			return weir.Errorf(weir.Limit, "an entry of %d bytes is too large for the ledger", len(r.Bytes)).
				WithFix("use at most %d bytes", weir.MaxEntry)
		}
		next := head.Next(r.Bytes)
		if next != r.Head {
			return weir.Errorf(weir.Conflict, "the entry was sealed for offset %d, the ledger's next one is %d", r.Offset, next.Offset).
				WithFix("read the head and seal again")
		}
		head = next
	}
	return nil
}

// write is one transaction. The gate keeps this process's readers out of the
// file, so that the commit waits for other programs only.
func (l *Ledger) write(ctx context.Context, records []weir.Record) error {
	l.gate.Lock()
	defer l.gate.Unlock()
	if _, err := l.w.Exec(ctx, "begin immediate"); err != nil {
		return l.notWritten(err)
	}
	for _, r := range records {
		if _, err := l.w.Exec(ctx, "insert into entry (offset, hash, entry) values (?, ?, ?)",
			int64(r.Offset), r.Hash.String(), string(r.Bytes)); err != nil {
			return l.undo(ctx, err)
		}
	}
	if _, err := l.w.Exec(ctx, "commit"); err != nil {
		return l.commitFailed(ctx, err)
	}
	return nil
}

// commitFailed tells the failures that leave the transaction open, and so can
// be undone, from those after which only reading the file again tells.
func (l *Ledger) commitFailed(ctx context.Context, err error) error {
	if sqlite.FaultOf(err) == sqlite.Busy {
		return l.undo(ctx, err)
	}
	_, _ = l.w.Exec(ctx, "rollback") // no transaction may be left; the answer stays the same
	return l.stop(weir.Errorf(weir.OutcomeUnknown, "the ledger %s could not say whether it wrote", l.path).
		WithFix("check the disk, then start weir again").Because(err))
}

// undo ends a transaction that was not committed.
func (l *Ledger) undo(ctx context.Context, cause error) error {
	// SQLite ends the transaction itself after some errors; then this says so,
	// and a transaction that stayed open would make the next begin fail.
	_, _ = l.w.Exec(ctx, "rollback")
	return l.notWritten(cause)
}

// notWritten classifies an error after which nothing was written.
func (l *Ledger) notWritten(err error) error {
	switch sqlite.FaultOf(err) {
	case sqlite.Busy:
		return l.unavailable("is held by another program, nothing was written", err)
	case sqlite.Full:
		return l.unavailable("cannot grow, the disk is full; nothing was written", err)
	case sqlite.Broken:
		return l.stop(l.damaged(0, "SQLite refuses to write to it").Because(err))
	default:
		return l.unavailable("cannot be written", err)
	}
}
