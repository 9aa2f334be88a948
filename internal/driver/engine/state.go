package engine

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/weirmesh/weir"
)

// stateForm is the number of the form in which state is kept.
const stateForm = 5

// Bounds of what is kept of the state: bytes of a record, and after how many
// bytes of changes a snapshot begins at the soonest. One epoch adds half of that
// to it.
const (
	changeBytes   = 512 << 10
	changesAtOnce = 4 << 20
)

// changelog writes the state's changes into the journal, and now and then the
// whole state, so that what lies before can be cut.
//
// A snapshot is written while the query goes on, a little with each epoch. Its
// base is where its first epoch begins: from there on the journal has, of every
// key, either its value in the snapshot or a later change. So the base moves
// there with the epoch that holds the snapshot's last piece, not before.
type changelog struct {
	base     int64 // of the journal: where a restore begins
	since    int64 // bytes that were written since then
	begins   int64 // of the journal: where the snapshot that is written begins
	snapshot func() (key, value []byte, ok bool)
	stop     func()
	soonest  int64
	buf      []byte
	out      [][]byte
}

// add appends a change, and ends a record when it is full.
func (l *changelog) add(key, value []byte) {
	l.buf = binary.AppendUvarint(l.buf, uint64(len(key)))
	l.buf = append(l.buf, key...)
	l.buf = binary.AppendUvarint(l.buf, uint64(len(value)))
	l.buf = append(l.buf, value...)
	for len(l.buf) >= changeBytes {
		l.out = append(l.out, l.buf[:changeBytes:changeBytes])
		l.buf = append([]byte(nil), l.buf[changeBytes:]...)
	}
}

// epoch gives the changes of an epoch, and the base that holds when they are
// committed. end is where the journal ends before it.
func (l *changelog) epoch(f state, end int64) (changes [][]byte, base int64) {
	l.out, l.buf = nil, nil
	for key, value := range f.Changes() {
		l.add(key, value)
	}
	if f.State() == 0 && len(l.buf) == 0 && len(l.out) == 0 && l.snapshot == nil {
		l.base = end
		return nil, end
	}
	l.piece(f, end)
	if len(l.buf) > 0 {
		l.out = append(l.out, l.buf)
	}
	for _, c := range l.out {
		l.since += int64(len(c))
	}
	return l.out, l.base
}

// piece adds to the snapshot that is written, or begins one when it is time.
func (l *changelog) piece(f state, end int64) {
	if l.snapshot == nil {
		if l.since < max(l.soonest, 2*f.State()) {
			return
		}
		next, stop := iter.Pull2(f.All())
		l.snapshot, l.stop, l.begins, l.since = next, stop, end, 0
	}
	written := 0
	for written < int(l.soonest/2) {
		key, value, ok := l.snapshot()
		if !ok {
			l.close()
			l.base = l.begins
			return
		}
		l.add(key, value)
		written += len(key) + len(value)
	}
}

// close ends a snapshot.
func (l *changelog) close() {
	if l.stop != nil {
		l.stop()
	}
	l.snapshot, l.stop = nil, nil
}

// state is what of a flow must outlive a session.
type state interface {
	Changes() iter.Seq2[[]byte, []byte]
	All() iter.Seq2[[]byte, []byte]
	State() int64
}

// restore reads the state back.
func (r *run) restore(ctx context.Context, same bool) error {
	var rest []byte
	bad := weir.Errorf(weir.Damaged, "the topic %s does not hold the state of the query", r.job.Journal).
		WithFix("let the query begin anew: weir query stop, then start")
	err := r.s.Restore(ctx, func(change []byte) error {
		if !same {
			return weir.Errorf(weir.Conflict, "the state was made by another plan of the statement: an input has changed, or Weir").
				WithFix("let the query begin anew: weir query stop, then start")
		}
		r.log.since += int64(len(change))
		rest = append(rest, change...)
		n, err := r.apply(rest)
		rest = append(rest[:0], rest[n:]...)
		return err
	})
	if err == nil && len(rest) > 0 {
		return bad
	}
	return err
}

// apply takes the whole changes at the beginning of b, and says how long they
// are.
func (r *run) apply(b []byte) (n int, err error) {
	for {
		key, rest, ok := cutBytes(b[n:])
		value, rest, ok2 := cutBytes(rest)
		if !ok || !ok2 {
			return n, nil
		}
		if err := r.flow.Restore(key, value); err != nil {
			return n, err
		}
		n = len(b) - len(rest)
	}
}

// cutBytes takes bytes with their length before them off the front.
func cutBytes(b []byte) (part, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(size)], b[n+int(size):], true
}
