package weir

import (
	"context"
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
	// Next waits for records and gives at least one, in the order of their
	// offsets in each partition; or ctx's error. They are the caller's.
	Next(ctx context.Context) ([]Message, error)
	// Close frees what the tail holds; it can be called once.
	Close()
}
