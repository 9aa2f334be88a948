package records

import (
	"context"
	"errors"
	"io"
	"maps"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
)

// Bounds of one answer of Next, and when a stream looks around.
const (
	chunkRows  = 500
	chunkBytes = 256 << 10
	lookAround = 5  // ticks: for new partitions, and for an end that is a hole
	silence    = 10 // ticks before an end: what is left there was compacted away
)

// Row is one record as readers get it.
type Row struct {
	Partition int32
	Offset    int64
	JSON      []byte // on one line
}

// Stream is an answer that is read piece by piece, by one goroutine. Close it.
type Stream struct {
	r      *Records
	asked  asked
	source source
	person weir.Principal
	again  func(context.Context) (weir.Principal, error)

	tail    weir.Tail // nil while there is nothing to read
	bounds  bounds
	at      map[int32]int64 // what the reader has got
	waiting []weir.Message  // read, and not looked at yet
	picked  bool            // all that there will be was read before the first row

	rows     int64 // that were given
	scanned  int64 // since the last one that the condition held for
	since    time.Time
	checked  time.Time
	looked   time.Time
	silent   int  // ticks for which the tail has given nothing
	hole     bool // nothing more comes before the end
	decoders decoders
	failures Failures
	of       weir.Ref
	library  weir.Library
	closed   bool
}

// Failures are the records for which a condition could not be evaluated.
type Failures struct {
	Count int64
	First string // why, of the first
}

// Open begins to read. again says who asks at a later moment, or that they may
// not ask any more. Errors: Invalid for a question that says nothing; NotFound,
// Denied, Limit, Unavailable.
func (r *Records) Open(ctx context.Context, p weir.Principal, again func(context.Context) (weir.Principal, error), of weir.Ref, q Question) (*Stream, error) {
	a, err := q.understand(r.cfg.Now())
	if err != nil {
		return nil, err
	}
	src, err := r.find(ctx, p, of)
	if err != nil {
		return nil, err
	}
	if err := r.enter(p.Ref.UID); err != nil {
		return nil, err
	}
	s := &Stream{r: r, asked: a, source: src, person: p, decoders: r.decoders(), of: of, library: q.Library}
	s.again = func(ctx context.Context) (weir.Principal, error) {
		now, err := again(ctx)
		if err != nil {
			return now, err
		}
		still, err := r.find(ctx, now, of)
		if err == nil && still.uid != src.uid {
			err = weir.Absent(of)
		}
		return now, err
	}
	if err := s.begin(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stream) begin(ctx context.Context) (err error) {
	now := s.r.cfg.Now()
	s.since, s.checked, s.looked = now, now, now
	if s.bounds, err = s.r.bounds(ctx, s.source.topic, s.asked); err != nil {
		return err
	}
	if s.asked.newest > 0 {
		return s.pick(ctx)
	}
	s.at = maps.Clone(s.bounds.from)
	return s.open(ctx)
}

// pick finds the newest records.
func (s *Stream) pick(ctx context.Context) (err error) {
	s.picked = true
	s.waiting, s.at, err = s.r.newest(ctx, s.source.topic, s.bounds.spans, s.bounds.until, s.asked.newest)
	if len(s.waiting) == 0 {
		s.at = maps.Clone(s.bounds.until)
	}
	return err
}

// older reports whether there are records before the place where the stream is.
func (s *Stream) older() bool {
	for p, at := range s.at {
		if at > s.bounds.spans[p].Start {
			return true
		}
	}
	return false
}

// open reads on from where the stream is, in the partitions that have something.
func (s *Stream) open(ctx context.Context) (err error) {
	if s.tail != nil {
		s.tail.Close()
		s.tail = nil
	}
	from := map[int32]int64{}
	for n, o := range s.at {
		if s.asked.follow || o < s.bounds.until[n] {
			from[n] = o
		}
	}
	if len(from) > 0 {
		s.tail, err = s.r.cfg.Reader.Tail(ctx, s.source.topic, from)
	}
	return err
}

// Close ends the stream; it may be called twice.
func (s *Stream) Close() {
	if s.closed {
		return
	}
	s.closed = true
	if s.tail != nil {
		s.tail.Close()
	}
	s.r.leave(s.person.Ref.UID)
}

// Position is behind everything that Next gave or left out.
func (s *Stream) Position() weir.Position {
	return weir.Position{Offsets: maps.Clone(s.at), Others: s.bounds.others}
}

// Failures tells of the condition.
func (s *Stream) Failures() Failures { return s.failures }

// Full reports whether the limit of rows is reached.
func (s *Stream) Full() bool { return s.asked.limit > 0 && s.rows >= s.asked.limit }

// Next gives the next rows; none when there was none for a second, or when the
// condition holds for none of many. io.EOF at the end. An error ends the
// stream: Denied, NotFound or Unauthorized when it may not be read any more,
// Limit when the condition holds for too few, Unavailable when the cluster does
// not answer or the node stops.
func (s *Stream) Next(ctx context.Context) ([]Row, error) {
	if s.Full() {
		return nil, io.EOF
	}
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	if len(s.waiting) == 0 {
		if s.done() {
			return nil, io.EOF
		}
		if err := s.fetch(ctx); err != nil {
			return nil, err
		}
	}
	return s.chunk(ctx)
}

// check looks at what may have changed, once a second.
func (s *Stream) check(ctx context.Context) error {
	if s.r.base.Err() != nil {
		return weir.Errorf(weir.Unavailable, "the node stops").WithFix("go on from here when it is back")
	}
	now := s.r.cfg.Now()
	if now.Sub(s.checked) < s.r.cfg.Limits.Tick {
		return nil
	}
	s.checked = now
	p, err := s.again(ctx)
	if err != nil {
		return err
	}
	if p.Ref.UID != s.person.Ref.UID {
		return weir.Errorf(weir.Unauthorized, "somebody else is logged in now")
	}
	s.person = p
	if now.Sub(s.looked) < lookAround*s.r.cfg.Limits.Tick {
		return nil
	}
	s.looked = now
	return s.lookAround(ctx)
}

// lookAround finds partitions that are new, in a stream that is followed. In
// another, a cluster that answers and yet gives nothing has nothing more before
// the end: its last records were compacted away.
func (s *Stream) lookAround(ctx context.Context) error {
	if s.asked.follow && !s.bounds.others {
		return nil
	}
	spans, err := s.r.cfg.Reader.Spans(ctx, s.source.topic)
	if err != nil {
		return err
	}
	if !s.asked.follow {
		s.hole = s.silent >= silence
		return nil
	}
	fresh := false
	for n, span := range spans {
		if _, ok := s.at[n]; !ok {
			s.at[n], fresh = span.Start, true
		}
	}
	if !fresh || len(s.waiting) > 0 {
		return nil
	}
	return s.open(ctx)
}

// fetch waits for messages, for a moment.
func (s *Stream) fetch(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, s.r.cfg.Limits.Tick)
	defer cancel()
	defer context.AfterFunc(s.r.base, cancel)()
	if s.tail == nil { // a topic without a partition that is read
		<-wait.Done()
		return ctx.Err()
	}
	ms, err := s.tail.Next(wait)
	switch {
	case err == nil:
		s.waiting, s.silent = ms, 0
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.Is(err, wait.Err()) || wait.Err() == nil:
		return err
	default:
		s.silent++
	}
	if len(s.waiting) == 0 {
		s.move()
	}
	return nil
}

// move takes over what the tail passed without giving it.
func (s *Stream) move() {
	for n := range s.at {
		s.pass(n, s.tail.At(n))
	}
}

// done reports whether every partition is at its end.
func (s *Stream) done() bool {
	if s.asked.follow {
		return false
	}
	if s.hole && len(s.waiting) == 0 {
		return true
	}
	for n, o := range s.at {
		if o < s.bounds.until[n] {
			return false
		}
	}
	return true
}

// chunk looks at messages until there is enough to give.
func (s *Stream) chunk(ctx context.Context) ([]Row, error) {
	var rows []Row
	size := 0
	for len(s.waiting) > 0 && len(rows) < chunkRows && size < chunkBytes && !s.Full() {
		m := s.waiting[0]
		s.waiting[0] = weir.Message{}
		s.waiting = s.waiting[1:]
		if m.Offset < s.at[m.Partition] || !s.asked.follow && m.Offset >= s.bounds.until[m.Partition] {
			s.pass(m.Partition, m.Offset+1)
			continue
		}
		row, ok, err := s.row(ctx, m)
		if err != nil {
			return rows, err
		}
		s.pass(m.Partition, m.Offset+1)
		if ok {
			rows = append(rows, row)
			size += len(row.JSON)
			s.rows++
		} else if err := s.tired(len(rows)); err != nil {
			return rows, err
		}
	}
	switch {
	case len(s.waiting) > 0 || s.Full():
	case s.picked:
		maps.Copy(s.at, s.bounds.until)
	case s.tail != nil:
		s.move()
	}
	return rows, nil
}

// pass moves a partition on, never behind the end that was asked for.
func (s *Stream) pass(partition int32, to int64) {
	if !s.asked.follow {
		to = min(to, s.bounds.until[partition])
	}
	s.at[partition] = max(s.at[partition], to)
}

// tired counts a record that the condition does not hold for, and refuses to
// look for ever.
func (s *Stream) tired(found int) error {
	s.scanned++
	now := s.r.cfg.Now()
	if found > 0 {
		s.scanned, s.since = 0, now
	}
	l := s.r.cfg.Limits
	if s.asked.follow || s.scanned < l.Scanned && now.Sub(s.since) < l.Scanning {
		return nil
	}
	return weir.Errorf(weir.Limit, "the condition holds for none of the last %d records that were looked at", s.scanned).At("where").
		WithFix("go on from the position that is told, or narrow it by from and until")
}

// row decodes a message; it is not ok when the condition does not hold.
func (s *Stream) row(ctx context.Context, m weir.Message) (Row, bool, error) {
	find := s.decoders.of(ctx, s.person)
	l := line{
		message: m,
		key:     record.Decode(s.source.key, m.Key, find),
		value:   record.Decode(s.source.value, m.Value, find),
		raw:     s.asked.raw,
	}
	if s.asked.where != nil {
		ok, err := s.asked.where.Match(ctx, l.record())
		if ctx.Err() != nil {
			return Row{}, false, ctx.Err()
		}
		if err != nil {
			s.failures.note(err)
		}
		if !ok {
			return Row{}, false, nil
		}
	}
	if !l.value.Bad {
		cut, err := s.asked.fields.Cut(l.value.JSON)
		if err != nil {
			return Row{}, false, weir.Errorf(weir.Internal, "a value cannot be cut").Because(err)
		}
		l.value.JSON = cut
	}
	return Row{Partition: m.Partition, Offset: m.Offset, JSON: l.json()}, true, nil
}

func (f *Failures) note(err error) {
	if f.Count++; f.Count == 1 {
		f.First = err.Error()
	}
}
