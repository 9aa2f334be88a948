package ledger

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// Snapshot writes a ledger file with all entries up to the head as it is now.
// It is built beside the ledger, which needs as much free space again, from
// records whose chain was checked, and is removed when it was written to w.
func (l *Ledger) Snapshot(ctx context.Context, w io.Writer) (weir.Head, error) {
	tmp, err := os.CreateTemp(filepath.Dir(l.path), filepath.Base(l.path)+snapshotSuffix+"*")
	if err != nil {
		return weir.Head{}, l.unavailable("cannot be copied", err)
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	head, err := l.copyTo(ctx, tmp.Name())
	if err != nil {
		return head, err
	}
	if _, err := io.Copy(w, &ctxReader{ctx, tmp}); err != nil {
		return head, weir.Errorf(weir.Unavailable, "the copy of the ledger was not written to its end").Because(err)
	}
	return head, nil
}

// copyTo writes the entries into a new ledger file.
func (l *Ledger) copyTo(ctx context.Context, path string) (weir.Head, error) {
	var head weir.Head
	var readErr error
	err := writeFile(ctx, path, l.uid, func(c *sqlite.Conn) error {
		readErr = l.Read(ctx, 1, func(r weir.Record) error {
			head = r.Head
			_, err := c.Exec(ctx, "insert into entry (offset, hash, entry) values (?, ?, ?)",
				int64(r.Offset), r.Hash.String(), string(r.Bytes))
			return err
		})
		return readErr
	})
	if readErr != nil && weir.KindOf(readErr) != weir.Internal {
		return head, readErr
	}
	if err != nil {
		return head, l.unavailable("cannot be copied", err)
	}
	return head, nil
}

// ctxReader ends reading when its context ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
