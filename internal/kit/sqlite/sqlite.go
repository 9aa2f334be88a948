// Package sqlite holds what everything that keeps a SQLite file needs: opening
// it with settings that are true for every connection, connections that keep
// their prepared statements, and telling damage from a busy or full disk.
//
// It does not import a driver; who opens a file imports one that is registered
// as "sqlite".
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"sync"
)

// Settings are the pragmas and the mode of every connection to a file.
type Settings struct {
	Pragmas []string // such as "journal_mode(DELETE)", set in this order
	Create  bool     // make the file when it is absent
}

// Open prepares connections to a file; it does not touch the file yet. At most
// conns are open at a time.
func Open(path string, conns int, s Settings) (*sql.DB, error) {
	mode := "rw"
	if s.Create {
		mode = "rwc"
	}
	q := url.Values{"mode": {mode}, "_pragma": s.Pragmas}
	// The file name of an SQLite URI is percent-decoded by SQLite.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// Conn is one connection and the statements that were prepared on it. Its
// methods are called by one goroutine at a time.
type Conn struct {
	conn  *sql.Conn
	mu    sync.Mutex
	stmts map[string]*sql.Stmt
}

// Connect takes a connection of db for as long as it is needed.
func Connect(ctx context.Context, db *sql.DB) (*Conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &Conn{conn: c, stmts: map[string]*sql.Stmt{}}, nil
}

// Exec runs one statement that has no rows. It is not ended by ctx: an
// interrupted write would take the whole transaction with it.
func (c *Conn) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx = context.WithoutCancel(ctx)
	st, err := c.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Row reads the one row of a query; sql.ErrNoRows when there is none.
func (c *Conn) Row(ctx context.Context, query string, args []any, dest ...any) error {
	st, err := c.prepare(ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(dest...)
}

// Rows calls fn for every row of a query; fn scans it.
func (c *Conn) Rows(ctx context.Context, query string, args []any, fn func(scan func(...any) error) error) error {
	st, err := c.prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Script runs several statements without arguments.
func (c *Conn) Script(ctx context.Context, script string) error {
	_, err := c.conn.ExecContext(context.WithoutCancel(ctx), script)
	return err
}

// Close ends the statements and gives the connection back.
func (c *Conn) Close() error {
	var errs []error
	for _, st := range c.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, c.conn.Close())...)
}

// Discard ends a connection that may still be within a transaction: it is not
// given back, so nobody else gets it.
func (c *Conn) Discard() {
	for _, st := range c.stmts {
		_ = st.Close()
	}
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that database/sql drops it
}

func (c *Conn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if st, ok := c.stmts[query]; ok {
		return st, nil
	}
	st, err := c.conn.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = st
	return st, nil
}

// Fault is the sort of an error of SQLite.
type Fault uint8

// The sorts.
const (
	None    Fault = iota // no error
	Ended                // the context ended
	Busy                 // somebody else holds the file; nothing was done
	Full                 // the disk is full; the statement was undone
	Access               // the file cannot be opened, read or written now
	Broken               // the bytes are not what SQLite wrote, or no database at all
	Unknown              // no error of SQLite
)

// FaultOf sorts an error of this package's functions by SQLite's result code.
func FaultOf(err error) Fault {
	if err == nil {
		return None
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Ended
	}
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return Unknown
	}
	return faultOfCode(coded.Code())
}

// Result codes: https://www.sqlite.org/rescode.html. The low byte is the
// primary code.
func faultOfCode(code int) Fault {
	const shortRead = 10 | 2<<8
	switch primary := code & 0xff; {
	case code == shortRead:
		return Broken
	case primary == 5 || primary == 6: // BUSY, LOCKED
		return Busy
	case primary == 9: // INTERRUPT
		return Ended
	case primary == 13: // FULL
		return Full
	case primary == 3 || primary == 7 || primary == 8 || primary == 10 || primary == 14 || primary == 23:
		return Access // PERM, NOMEM, READONLY, IOERR, CANTOPEN, AUTH
	default: // CORRUPT, NOTADB, and ERROR: the schema is not what it was
		return Broken
	}
}
