package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

const (
	maxConns       = 8 // one writes, the others read
	newSuffix      = ".new"
	snapshotSuffix = ".snapshot-" // and a random part
)

// settings are those of every connection to a ledger that is in use.
func settings(busy time.Duration) sqlite.Settings {
	return sqlite.Settings{Pragmas: []string{
		fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()),
		"journal_mode(DELETE)", // see the package's promise; WAL can lose its tail unseen
		"synchronous(FULL)",
		"cache_size(-4096)",
		"trusted_schema(OFF)",
		"cell_size_check(ON)",
		"secure_delete(ON)", // an entry stands in the file once, no copies in the slack of pages
	}}
}

// writeFile makes a whole ledger file that is on disk when it returns. fill
// adds the entries.
func writeFile(ctx context.Context, path string, uid weir.UID, fill func(*sqlite.Conn) error) error {
	db, err := sqlite.Open(path, 1, sqlite.Settings{Create: true, Pragmas: []string{
		"page_size(8192)", "journal_mode(OFF)", "synchronous(OFF)",
	}})
	if err != nil {
		return err
	}
	defer db.Close()
	c, err := sqlite.Connect(ctx, db)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := fillFile(ctx, c, uid, fill); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	return syncPath(path)
}

func fillFile(ctx context.Context, c *sqlite.Conn, uid weir.UID, fill func(*sqlite.Conn) error) error {
	if err := c.Script(ctx, "begin;"+schema); err != nil {
		return err
	}
	if _, err := c.Exec(ctx, "insert into ledger (uid, format, seal) values (?, ?, ?)",
		uid.String(), format, metaSeal(uid.String(), format)); err != nil {
		return err
	}
	if fill != nil {
		if err := fill(c); err != nil {
			return err
		}
	}
	_, err := c.Exec(ctx, "commit")
	return err
}

// metaSeal covers the row that says what ledger it is, as the chain covers the
// entries.
func metaSeal(uid string, format int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "weir ledger %s format %d", uid, format))
	return hex.EncodeToString(sum[:])
}

func (l *Ledger) readMeta(ctx context.Context) (weir.UID, error) {
	var uid, seal string
	var f int
	if err := l.w.Row(ctx, "select uid, format, seal from ledger", nil, &uid, &f, &seal); err != nil {
		return weir.UID{}, l.fault(0, err)
	}
	if seal != metaSeal(uid, f) {
		return weir.UID{}, l.damaged(0, "the row that identifies the ledger was changed")
	}
	if f != format {
		return weir.UID{}, weir.Errorf(weir.Damaged, "the ledger %s has format %d, this program knows %d", l.path, f, format).
			WithFix("use the newer weir that wrote it")
	}
	u, err := weir.ParseUID(uid)
	if err != nil {
		return u, l.damaged(0, "its uid is none")
	}
	return u, nil
}

// syncPath brings a file, or the names in a folder, to the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// removeLeftovers deletes what a crash left of snapshots and of making the file.
func removeLeftovers(path string) {
	dir, base := filepath.Dir(path), filepath.Base(path)
	names, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, n := range names {
		if isLeftover(base, n.Name()) {
			_ = os.Remove(filepath.Join(dir, n.Name())) // tried again at the next start
		}
	}
}

func isLeftover(base, name string) bool {
	if len(name) <= len(base) || name[:len(base)] != base {
		return false
	}
	rest := name[len(base):]
	return rest == newSuffix || len(rest) > len(snapshotSuffix) && rest[:len(snapshotSuffix)] == snapshotSuffix
}
