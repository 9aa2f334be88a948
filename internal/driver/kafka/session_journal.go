package kafka

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/weirmesh/weir"
)

// The keys of a journal's records. The record of an epoch stands behind the
// epoch's changes.
const (
	keyEpoch  = "epoch"
	keyChange = "change"
	keyMark   = "mark" // never committed
)

// entry is what the record of an epoch says.
type entry struct {
	Run   int               `json:"run"`
	Epoch int64             `json:"epoch"`
	Base  int64             `json:"base"` // of the journal: where a restore begins
	At    map[string]string `json:"at"`   // topic to position
	Note  json.RawMessage   `json:"note,omitempty"`
}

func (e *entry) position(topic string) (weir.Position, error) {
	text, ok := e.At[topic]
	if !ok || text == "" {
		return weir.Position{Offsets: map[int32]int64{}}, nil
	}
	return weir.ParsePosition(text)
}

// lookBack is how many records before the end are looked at first.
const lookBack = 64

// last finds the record of the last epoch before the mark, and the offset of it;
// nil if there is none.
func (s *session) last(ctx context.Context, mark int64) (*entry, int64, error) {
	spans, err := s.c.Spans(ctx, s.spec.Journal)
	if err != nil {
		return nil, 0, err
	}
	start := spans[0].Start
	for n := int64(lookBack); ; n *= 16 {
		from := max(start, mark-n)
		var raw []byte
		at := int64(-1)
		err := s.journal(ctx, from, mark, func(m *weir.Message) error {
			if string(m.Key) == keyEpoch {
				raw, at = bytes.Clone(m.Value), m.Offset
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
		if raw != nil {
			e, err := s.parse(raw)
			return e, at, err
		}
		if from == start {
			return nil, 0, nil
		}
	}
}

func (s *session) parse(raw []byte) (*entry, error) {
	e := &entry{}
	if err := json.Unmarshal(raw, e); err != nil {
		return nil, weir.Errorf(weir.Damaged, "the topic %s does not say where the query is", s.spec.Journal).Because(err).
			WithFix("let the query begin anew: weir query stop, then start")
	}
	return e, nil
}

// journal reads the committed records from an offset to the mark.
func (s *session) journal(ctx context.Context, from, mark int64, fn func(*weir.Message) error) error {
	if from >= mark {
		return nil
	}
	tail, err := s.c.Tail(ctx, s.spec.Journal, map[int32]int64{0: from})
	if err != nil {
		return err
	}
	defer tail.Close()
	for tail.At(0) < mark {
		ms, err := s.next(ctx, tail)
		if err != nil {
			return failed(err, "read the topic "+s.spec.Journal)
		}
		for i := range ms {
			if err := fn(&ms[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// next waits for records, but not for ever.
func (s *session) next(ctx context.Context, tail weir.Tail) ([]weir.Message, error) {
	ctx, cancel := s.c.call(ctx)
	defer cancel()
	return tail.Next(ctx)
}

// mark writes and undoes a record, so that who reads committed records comes to
// the end of the journal, whatever a crash left there.
func (s *session) mark(ctx context.Context) error {
	o := s.out.topics[s.spec.Journal][0]
	s.out.add(o, &weir.Message{Time: s.now(), Key: []byte(keyMark)})
	if err := s.out.flush(ctx); err != nil {
		return err
	}
	s.end = o.base
	return s.out.end(ctx, false)
}

// cutEvery is how many offsets of the journal go at once.
const cutEvery = 256

// cut deletes what nobody needs of the journal: what lies before the base of the
// last epoch, and before the last few. It is called when that epoch is committed.
func (s *session) cut(ctx context.Context) error {
	if s.spec.KeepEpochs < 0 {
		return nil
	}
	to := min(s.base, s.epochs[len(s.epochs)-1]) // it is never emptied
	if keep := s.spec.KeepEpochs; keep > 0 {
		if len(s.epochs) < keep {
			return nil
		}
		s.epochs = s.epochs[len(s.epochs)-keep:]
		to = min(to, s.epochs[0])
	}
	if to-s.cutAt < cutEvery {
		return nil
	}
	offsets := kadm.Offsets{}
	offsets.AddOffset(s.spec.Journal, 0, to, -1)
	done, err := kadm.NewClient(s.client).DeleteRecords(ctx, offsets)
	if err == nil {
		err = done.Error()
	}
	s.cutAt = to
	return err
}

// ends are the first and the committed end offset of every partition of the
// inputs.
func (s *session) spans(ctx context.Context) (starts, ends, committed kadm.ListedOffsets, err error) {
	admin := kadm.NewClient(s.client)
	if starts, err = listed(admin.ListStartOffsets(ctx, s.spec.Inputs...)); err != nil {
		return
	}
	if ends, err = listed(admin.ListEndOffsets(ctx, s.spec.Inputs...)); err != nil {
		return
	}
	committed, err = listed(admin.ListCommittedOffsets(ctx, s.spec.Inputs...))
	return
}
