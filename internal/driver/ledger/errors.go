package ledger

import (
	"fmt"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// damaged says what is wrong with the file and where; offset 0 is the file
// itself.
func (l *Ledger) damaged(at weir.Offset, format string, args ...any) *weir.Error {
	place := fmt.Sprintf("the ledger %s is damaged", l.path)
	if at > 0 {
		place += fmt.Sprintf(" at offset %d", at)
	}
	e := weir.Errorf(weir.Damaged, "%s: %s", place, fmt.Sprintf(format, args...)).
		WithFix("keep a copy of the file, then restore the ledger from a backup")
	if at > 0 {
		e.At(fmt.Sprintf("offset %d", at))
	}
	return e
}

func (l *Ledger) unavailable(what string, err error) *weir.Error {
	return weir.Errorf(weir.Unavailable, "the ledger %s %s", l.path, what).
		WithFix("check the disk, its free space and the permissions, and that nothing else holds the file").Because(err)
}

func (l *Ledger) errClosed() error {
	return weir.Errorf(weir.Unavailable, "the ledger %s is closed", l.path)
}

// fault sorts an error of reading at an offset. What is neither the caller's
// end, nor the disk's mood, is damage: the file is not what was written.
func (l *Ledger) fault(at weir.Offset, err error) error {
	switch sqlite.FaultOf(err) {
	case sqlite.None:
		return nil
	case sqlite.Ended:
		return err
	case sqlite.Busy:
		return l.unavailable("is held by another program", err)
	case sqlite.Full, sqlite.Access:
		return l.unavailable("cannot be read", err)
	default:
		return l.damaged(at, "it cannot be read as a ledger").Because(err)
	}
}
