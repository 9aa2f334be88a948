package ledger

import (
	"context"
	"errors"
	"os"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// decodedAtOpen is how many of the last entries Open also decodes: enough to
// find that a newer program wrote here, since formats never go back.
const decodedAtOpen = 1000

// verifyAtOpen finds the head and verifies the chain, or its tail when the
// file is large.
func (l *Ledger) verifyAtOpen(ctx context.Context) error {
	last, err := l.lastOffset(ctx)
	if err != nil {
		return err
	}
	st, err := os.Stat(l.path)
	if err != nil {
		return l.unavailable("cannot be read", err)
	}
	if st.Size() > l.opt.VerifyAll {
		if l.rest, err = l.tailBegin(ctx, last); err != nil {
			return err
		}
	}
	l.head, err = l.verify(ctx, l.w, l.rest, last, max(last, decodedAtOpen)-decodedAtOpen, nil)
	return err
}

// lastOffset is the offset of the last row.
func (l *Ledger) lastOffset(ctx context.Context) (weir.Offset, error) {
	var last weir.Offset
	err := l.w.Row(ctx, "select coalesce(max(offset), 0) from entry", nil, &last)
	return last, l.fault(0, err)
}

// errFound ends a search.
var errFound = errors.New("found")

// tailBegin is the place before the last VerifyTail bytes of entries.
func (l *Ledger) tailBegin(ctx context.Context, last weir.Offset) (weir.Head, error) {
	at, bytes := last, int64(0)
	err := l.w.Rows(ctx, "select offset, octet_length(entry) from entry order by offset desc", nil,
		func(scan func(...any) error) error {
			var size int64
			if err := scan(&at, &size); err != nil {
				return err
			}
			if bytes += size; bytes >= l.opt.VerifyTail {
				return errFound
			}
			return nil
		})
	switch {
	case err == nil:
		return weir.Head{}, nil
	case !errors.Is(err, errFound):
		return weir.Head{}, l.fault(at, err)
	}
	return l.headAt(ctx, l.w, at-1)
}

// verify checks (after, to], decodes from an offset on, and returns the place at
// the end.
func (l *Ledger) verify(ctx context.Context, c *sqlite.Conn, after weir.Head, to, decode weir.Offset, progress func(weir.Offset)) (weir.Head, error) {
	head := after
	err := l.walk(ctx, c, after, to, decode, func(r weir.Record) error {
		head = r.Head
		if progress != nil {
			progress(head.Offset)
		}
		return nil
	})
	return head, err
}

// Verify checks the whole chain to the head as it is now, and says where it
// ends. progress, if not nil, is called with each offset that was found right.
// Damaged: the error names the offset, and the ledger takes no more writes.
func (l *Ledger) Verify(ctx context.Context, progress func(at, head weir.Offset)) (weir.Head, error) {
	to := l.Head()
	c, err := l.reader(ctx)
	if err != nil {
		return weir.Head{}, err
	}
	defer c.Close()
	step := func(at weir.Offset) {
		if progress != nil {
			progress(at, to.Offset)
		}
	}
	head, err := l.verify(ctx, c, weir.Head{}, to.Offset, 0, step)
	if err != nil {
		return head, err
	}
	if head != to {
		return head, l.stop(l.damaged(to.Offset, "the chain does not end where it did at start"))
	}
	return head, nil
}

// VerifyRest verifies what [Open] left out because the file is large, and
// returns when it is done; nil at once when nothing was left out. Damaged: the
// ledger takes no more writes.
func (l *Ledger) VerifyRest(ctx context.Context) error {
	if l.rest.Offset == 0 {
		return nil
	}
	c, err := l.reader(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	head, err := l.verify(ctx, c, weir.Head{}, l.rest.Offset, l.rest.Offset+1, nil)
	if err != nil {
		return err
	}
	if head != l.rest {
		return l.stop(l.damaged(head.Offset, "the entry or its hash is not what was written"))
	}
	return nil
}
