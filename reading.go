package weir

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Message is one record of a topic.
type Message struct {
	Partition int32
	Offset    int64
	Time      time.Time
	Key       []byte // nil is null, as is Value
	Value     []byte
	Headers   []Header
}

// Header is one header of a [Message].
type Header struct {
	Key   string
	Value []byte
}

// Span is the records of a partition that can be read: from Start up to, not
// including, End. An open transaction ends it.
type Span struct{ Start, End int64 }

// Reader reads the records of a cluster, committed ones only. It joins no group
// and leaves nothing behind. Errors: NotFound for a topic that the cluster does
// not have, Unavailable when it does not answer.
type Reader interface {
	// Spans says what each partition of a topic holds.
	Spans(ctx context.Context, topic string) (map[int32]Span, error)
	// OffsetsAt gives, for each partition, the first offset whose record is not
	// older than a moment; the end where there is none.
	OffsetsAt(ctx context.Context, topic string, at time.Time) (map[int32]int64, error)
	// Tail reads partitions of a topic from the given offsets on. An offset that
	// does not exist any more is the first one that does.
	Tail(ctx context.Context, topic string, from map[int32]int64) (Tail, error)
}

// Tail is a place in a topic that moves on. It is used by one goroutine.
type Tail interface {
	// Next waits for records and gives them, in the order of their offsets in
	// each partition; they are the caller's. It gives none when only the place
	// moved on. When ctx ends first, its error; what came meanwhile comes with
	// the next call.
	Next(ctx context.Context) ([]Message, error)
	// At is the offset from which a partition goes on: behind every record that
	// Next gave, and behind what it will never give because it was not
	// committed or is no record, as far as the cluster told.
	At(partition int32) int64
	// Close frees what the tail holds; it can be called once.
	Close()
}

// Position is a place in a topic: an offset of each partition, the next one to
// be read. Written, it is 0:120,1:77,*; the star says that partitions which are
// not named are read from their beginning, else they are not read.
type Position struct {
	Offsets map[int32]int64
	Others  bool
}

// String writes the position in the order of the partitions.
func (p Position) String() string {
	var parts []string
	for _, n := range slices.Sorted(maps.Keys(p.Offsets)) {
		parts = append(parts, strconv.Itoa(int(n))+":"+strconv.FormatInt(p.Offsets[n], 10))
	}
	if p.Others {
		parts = append(parts, "*")
	}
	return strings.Join(parts, ",")
}

// ParsePosition reads what String writes. Invalid for anything else.
func ParsePosition(s string) (Position, error) {
	p := Position{Offsets: map[int32]int64{}}
	for part := range strings.SplitSeq(s, ",") {
		if part == "*" {
			p.Others = true
			continue
		}
		left, right, ok := strings.Cut(part, ":")
		n, err := strconv.ParseInt(left, 10, 32)
		o, err2 := strconv.ParseInt(right, 10, 64)
		_, twice := p.Offsets[int32(n)]
		if !ok || err != nil || err2 != nil || n < 0 || o < 0 || twice {
			return Position{}, Errorf(Invalid, "%q says no offset of a partition", clip(part)).
				WithFix("write PARTITION:OFFSET with commas between, each partition once, such as 0:120,1:77")
		}
		p.Offsets[int32(n)] = o
	}
	return p, nil
}
