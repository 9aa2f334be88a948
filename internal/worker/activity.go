package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/format/cloudevents"
)

// activityBatch is how many events at most go into one transaction, and
// activityBytes how many bytes of them.
const (
	activityBatch = 500
	activityBytes = 512 << 10
)

// ActivityConfig is what the projector of weir.activity needs. Every field is
// required.
type ActivityConfig struct {
	Ledger weir.Ledger
	State  weir.State
	Reader weir.Reader
	// Open makes the caller the only one that appends to a topic, under an id:
	// when it returns, what others appended under it is committed or undone.
	Open func(ctx context.Context, topic, id string) (Journal, error)
	// Lost reports whether a topic is gone from the cluster, or another one.
	Lost func(topic string) bool
	// Room reports that the cluster must take no more records for now.
	Room func() error
	Home weir.UID // the mesh
	Mesh string   // its name
	Log  *slog.Logger
}

// Journal is a topic to which only its holder appends: records that one call
// appends are committed together, or not at all. After an error nobody knows.
type Journal interface {
	Append(ctx context.Context, ms []weir.Message) error
	// Mark lets readers see that they are at the end, where a crash left
	// something behind that none of them is given.
	Mark(ctx context.Context) error
	Close()
}

// Activity copies what the ledger tells into the topic of weir.activity: every
// event of the ledger once, in order. Where it is, is what the topic holds: it
// goes on behind the last event of this ledger that is committed there. Since
// nobody else can append once it has looked, it can be killed at any moment.
type Activity struct {
	ActivityConfig
	mu      sync.Mutex
	problem error
}

// NewActivity makes the projector.
func NewActivity(c ActivityConfig) *Activity { return &Activity{ActivityConfig: c} }

// Problem says why events are behind; nil: they are not, as far as is known.
func (a *Activity) Problem() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.problem
}

// Run copies events as they come until ctx ends. After a failure it looks again
// where it is.
func (a *Activity) Run(ctx context.Context) error {
	for wait := retryFirst; ctx.Err() == nil; wait = min(2*wait, retryAtMost) {
		moved, err := a.session(ctx)
		if ctx.Err() != nil {
			break
		}
		if moved {
			wait = retryFirst
		}
		a.report(err)
		a.pause(ctx, wait)
	}
	return nil
}

// pause waits before the next try: if the cluster has no room, no longer than
// until it has some.
func (a *Activity) pause(ctx context.Context, wait time.Duration) {
	full := a.Room() != nil
	for end := time.Now().Add(wait); ctx.Err() == nil; {
		left := time.Until(end)
		if left <= 0 || full && a.Room() == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(left, retryFirst)):
		}
	}
}

// report keeps what is wrong, and logs what is new.
func (a *Activity) report(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil && (a.problem == nil || a.problem.Error() != err.Error()) {
		a.Log.Error("events are not copied to "+weir.ActivityProduct, "error", err)
	}
	a.problem = err
}

// session opens the topic and copies until something fails. moved says that
// something was copied.
func (a *Activity) session(ctx context.Context) (moved bool, err error) {
	topic, err := a.topic(ctx)
	if err != nil {
		return false, err
	}
	if a.Lost(topic) {
		return false, weir.Errorf(weir.NotFound, "the topic %s is not the one that was made", topic)
	}
	j, err := a.Open(ctx, topic, weir.OwnTopics+"activity."+a.Home.String())
	if err != nil {
		return false, err
	}
	defer j.Close()
	last, err := a.last(ctx, topic)
	if errors.Is(err, errUnseen) {
		if err = j.Mark(ctx); err == nil {
			last, err = a.last(ctx, topic)
		}
	}
	if err == nil {
		err = a.same(ctx, topic, last)
	}
	if err != nil {
		return false, err
	}
	for at := last.offset; ; {
		before := at
		if at, err = a.copy(ctx, j, at); err != nil {
			return moved || at > before, err
		}
		a.report(nil)
		moved = moved || at > before
		if _, err = a.Ledger.Wait(ctx, at); err != nil {
			return moved, err
		}
	}
}

// topic waits until the product's topic is made, and gives its name on the
// cluster.
func (a *Activity) topic(ctx context.Context) (string, error) {
	for {
		name, seen, err := a.made(ctx)
		if err != nil || name != "" {
			return name, err
		}
		if err := a.State.Wait(ctx, seen+1); err != nil {
			return "", err
		}
	}
}

// made is the name of the product's topic if there is one already, and the
// offset at which that was seen.
func (a *Activity) made(ctx context.Context) (string, weir.Offset, error) {
	v, done, err := a.State.View(ctx)
	if err != nil {
		return "", 0, err
	}
	defer done()
	p, _, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, UID: weir.OwnUID(a.Home, weir.NounProduct, weir.ActivityProduct)})
	if err != nil {
		return "", v.Offset(), unlessAbsent(err)
	}
	t, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: p.OnCluster()})
	if err != nil || t.State != weir.TopicMade || t.Of != p.UID {
		return "", v.Offset(), unlessAbsent(err)
	}
	return t.Name, v.Offset(), nil
}

func unlessAbsent(err error) error {
	if weir.NotFound.In(err) {
		return nil
	}
	return err
}

// copy appends every event behind an entry, up to the ledger's head, and gives
// the last entry that is told.
func (a *Activity) copy(ctx context.Context, j Journal, at weir.Offset) (weir.Offset, error) {
	var batch []weir.Message
	bytes, upTo := 0, at
	flush := func() error {
		if len(batch) > 0 {
			if err := a.Room(); err != nil {
				return err
			}
			if err := j.Append(ctx, batch); err != nil {
				return err
			}
		}
		at, batch, bytes = upTo, nil, 0
		return nil
	}
	err := a.Ledger.Read(ctx, at+1, func(r weir.Record) error {
		ms, size, err := a.messages(r)
		if err != nil {
			return err
		}
		if len(batch) > 0 && (len(batch)+len(ms) > activityBatch || bytes+size > activityBytes) {
			if err := flush(); err != nil {
				return err
			}
		}
		batch, bytes, upTo = append(batch, ms...), bytes+size, r.Offset // the events of one entry are never parted
		return nil
	})
	if err == nil {
		err = flush()
	}
	return at, err
}

// messages is an entry's events as records.
func (a *Activity) messages(r weir.Record) ([]weir.Message, int, error) {
	events, err := cloudevents.OfEntry(a.Mesh, a.Ledger.UID(), r)
	if err != nil {
		return nil, 0, err
	}
	ms, size := make([]weir.Message, 0, len(events)), 0
	for _, e := range events {
		value, err := cloudevents.Marshal(e)
		if err != nil {
			return nil, 0, err
		}
		size += len(value)
		ms = append(ms, weir.Message{
			Time: e.Time, Key: []byte(e.Subject), Value: value,
			Headers: []weir.Header{{Key: cloudevents.ContentTypeHeader, Value: []byte(cloudevents.ContentType)}},
		})
	}
	return ms, size, nil
}

// told is an entry as a topic tells of it.
type told struct {
	offset weir.Offset // 0: of none
	at     time.Time   // when it was decided
}

var errRead = errors.New("read")

// same refuses a ledger that has the uid and not the entries that the topic tells
// of: an older copy that was brought back. What it decided anew has offsets that
// are taken, so it can never be told.
func (a *Activity) same(ctx context.Context, topic string, last told) error {
	if last.offset == 0 {
		return nil
	}
	const fix = "bring the ledger back that the topic is from; until then no events are told"
	if head := a.Ledger.Head(); last.offset > head.Offset {
		return weir.Errorf(weir.Damaged, "the topic %s tells of entry %d, and the ledger ends with %d", topic, last.offset, head.Offset).WithFix(fix)
	}
	var at time.Time
	err := a.Ledger.Read(ctx, last.offset, func(r weir.Record) error {
		at = r.Entry.At
		return errRead
	})
	if err != nil && !errors.Is(err, errRead) {
		return err
	}
	if !at.Equal(last.at) {
		return weir.Errorf(weir.Damaged, "the topic %s tells of another entry %d than the ledger has", topic, last.offset).WithFix(fix)
	}
	return nil
}

// lastLook is how many records before the end are looked at first.
const lastLook = 64

// last is the entry of this ledger that the topic tells of last.
// It is near the end, unless the end is another ledger's: then the whole topic is
// read.
func (a *Activity) last(ctx context.Context, topic string) (told, error) {
	spans, err := a.Reader.Spans(ctx, topic)
	if err != nil {
		return told{}, err
	}
	s := spans[0]
	if s.Start >= s.End {
		return told{}, nil
	}
	for _, from := range []int64{max(s.Start, s.End-lastLook), s.Start} {
		last, err := a.lastSince(ctx, topic, from, s.End)
		if err != nil || last.offset > 0 {
			return last, err
		}
	}
	return told{}, nil
}

// unseenFor is how long nothing comes before the end is doubted.
const unseenFor = 3 * time.Second

// errUnseen says that the end of a topic was not seen.
var errUnseen = errors.New("the end of the topic is not seen")

// next waits for records, but not for ever.
func next(ctx context.Context, tail weir.Tail) ([]weir.Message, error) {
	wait, cancel := context.WithTimeout(ctx, unseenFor)
	defer cancel()
	ms, err := tail.Next(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return nil, errUnseen
	}
	return ms, err
}

// lastSince is the greatest entry of this ledger that is told in a part of the
// topic. What is no event of ours does not count.
func (a *Activity) lastSince(ctx context.Context, topic string, from, end int64) (last told, err error) {
	tail, err := a.Reader.Tail(ctx, topic, map[int32]int64{0: from})
	if err != nil {
		return last, err
	}
	defer tail.Close()
	for tail.At(0) < end {
		ms, err := next(ctx, tail)
		if err != nil {
			return last, err
		}
		for _, m := range ms {
			if e, err := cloudevents.Parse(m.Value); err == nil {
				if p, err := cloudevents.ParseID(e.ID); err == nil && p.Ledger == a.Ledger.UID() && p.Offset > last.offset {
					last = told{p.Offset, e.Time}
				}
			}
		}
	}
	return last, nil
}
