package state

import (
	"context"
	"math/bits"
	"slices"

	"github.com/weirmesh/weir/internal/core/postings"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// together is how many segments of one level are merged. Segments of a level
// have at most eight times as many documents as others of it. Small ones are
// merged within the transaction that wrote the last of them, large ones beside.
const together = 8

func level(docs int) int { return bits.Len(uint(docs)) / 3 }

// stored is a segment that is in the file.
type stored struct {
	*postings.Segment
	id int64
}

// pieceBits are those of the number of a segment's piece.
const pieceBits = 20

// segment makes one of what an edit puts, merges it with small ones, and writes
// what comes out.
func (x *Search) segment(ctx context.Context, b *edit) error {
	if len(b.put) == 0 {
		return nil
	}
	slices.SortFunc(b.put, func(p, q placed) int { return p.id - q.id })
	var words postings.Builder
	for _, p := range b.put {
		words.Doc(uint32(p.id))
		p.doc.index(&words)
		p.doc.body = body{} // it is in the file
	}
	fresh := words.Segment()
	for {
		small := x.shelf.level(level(fresh.Len()), slices.Concat(b.old, x.taken()))
		if level(fresh.Len()) >= level(x.opt.Beside) || len(small) < together-1 {
			break
		}
		segments := []*postings.Segment{fresh}
		for _, s := range small {
			segments = append(segments, s.Segment)
		}
		fresh = postings.Merge(segments, b.living(x.shelf))
		b.old = append(b.old, small...)
	}
	s := stored{fresh, x.shelf.nextSegment()}
	b.fresh = []stored{s}
	for no := range (len(s.Bytes()) + x.opt.Piece - 1) / x.opt.Piece {
		if err := x.writePiece(ctx, s, no); err != nil {
			return err
		}
	}
	return swap(ctx, x.w, s, b.old)
}

// living reports which documents are there after the edit.
func (b *edit) living(s *shelf) func(uint32) bool {
	gone, put := newSet(b.next), newSet(b.next)
	for _, id := range b.gone {
		gone.add(id)
	}
	for _, p := range b.put {
		put.add(p.id)
	}
	return func(id uint32) bool { return put.has(int(id)) || s.lives(int(id)) && !gone.has(int(id)) }
}

func (x *Search) writePiece(ctx context.Context, s stored, no int) error {
	data := s.Bytes()[no*x.opt.Piece:]
	_, err := x.w.Exec(ctx, "insert into piece (id, bytes) values (?, ?)", s.id<<pieceBits|int64(no), data[:min(len(data), x.opt.Piece)])
	return err
}

// swap puts a segment whose pieces are in the file into the place of others.
func swap(ctx context.Context, c *sqlite.Conn, s stored, old []stored) error {
	if _, err := c.Exec(ctx, "insert into segment (id) values (?)", s.id); err != nil {
		return err
	}
	for _, o := range old {
		if _, err := c.Exec(ctx, "delete from segment where id = ?", o.id); err != nil {
			return err
		}
		if _, err := c.Exec(ctx, "delete from piece where id between ? and ?", o.id<<pieceBits, (o.id+1)<<pieceBits-1); err != nil {
			return err
		}
	}
	return nil
}

// merging is a merge of large segments. The result is there once it is ready,
// and goes into the file piece by piece, so that nobody waits long for what
// else is written.
type merging struct {
	from  []stored
	ready context.Context
	out   stored
	next  int // piece
}

// merge begins a merge if one is due, or goes on with the one that runs. It is
// busy when it has more to write.
func (x *Search) merge(ctx context.Context) (busy bool, err error) {
	if x.merging == nil {
		x.begin()
		return false, nil
	}
	if x.merging.ready.Err() == nil {
		return false, nil
	}
	m := x.merging
	if _, err := x.w.Exec(ctx, "begin immediate"); err != nil {
		return false, x.fault(err)
	}
	if err := x.writePiece(ctx, m.out, m.next); err != nil {
		return false, x.rollback(ctx, err)
	}
	if m.next++; m.next*x.opt.Piece < len(m.out.Bytes()) {
		if _, err := x.w.Exec(ctx, "commit"); err != nil {
			return false, x.rollback(ctx, err)
		}
		return true, x.checkpoint(ctx)
	}
	if err := swap(ctx, x.w, m.out, m.from); err != nil {
		return false, x.rollback(ctx, err)
	}
	x.merging = nil
	return true, x.show(ctx, &edit{next: len(x.shelf.items), free: x.shelf.free, old: m.from, fresh: []stored{m.out}}, x.done)
}

// begin starts a merge if one is due.
func (x *Search) begin() {
	from := x.shelf.due(x.opt.Beside)
	if len(from) == 0 {
		return
	}
	ready, done := context.WithCancel(context.Background())
	m := &merging{from: from, ready: ready, out: stored{id: x.shelf.nextSegment()}}
	living := newSet(len(x.shelf.items))
	for id := range x.shelf.items {
		if x.shelf.lives(id) {
			living.add(id)
		}
	}
	x.merging = m
	go func() {
		defer done()
		var segments []*postings.Segment
		for _, s := range from {
			segments = append(segments, s.Segment)
		}
		m.out.Segment = postings.Merge(segments, func(id uint32) bool { return living.has(int(id)) })
	}()
}

// taken are the segments that are merged beside.
func (x *Search) taken() []stored {
	if x.merging == nil {
		return nil
	}
	return x.merging.from
}

// merged waits until nothing is merged any more.
func (x *Search) merged() {
	if x.merging != nil {
		<-x.merging.ready.Done()
	}
}

// level lists segments of one level, without others.
func (s *shelf) level(l int, but []stored) []stored {
	var out []stored
	for _, g := range s.segments {
		if level(g.Len()) == l && !slices.Contains(but, g) {
			out = append(out, g)
		}
	}
	return out
}

// due lists the segments that should be merged beside: too many of a level, or
// all, if many documents in them are gone.
func (s *shelf) due(beside int) []stored {
	all := 0
	byLevel := map[int]int{}
	for _, g := range s.segments {
		all += g.Len()
		byLevel[level(g.Len())]++
	}
	for l := range 32 {
		if l >= level(beside) && byLevel[l] >= together {
			return s.level(l, nil)
		}
	}
	if dead := all - s.living; dead > max(beside, s.living/2) {
		return slices.Clone(s.segments)
	}
	return nil
}

// nextSegment is an id that no segment has, also none that is being merged.
func (s *shelf) nextSegment() int64 {
	s.lastSegment++
	return s.lastSegment
}
