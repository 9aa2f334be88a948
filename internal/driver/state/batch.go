package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"github.com/weirmesh/weir"
)

// batch is one write transaction.
type batch struct {
	view
	broken error // an Apply failed half-way
}

var _ weir.Batch = (*batch)(nil)

// Begin starts a batch. It waits while another one is open.
func (s *State) Begin(ctx context.Context) (weir.Batch, error) {
	select {
	case s.begun <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	b, err := s.beginBatch(context.WithoutCancel(ctx))
	if err != nil {
		<-s.begun
		return nil, err
	}
	return b, nil
}

func (s *State) beginBatch(ctx context.Context) (*batch, error) {
	if s.isClosed() {
		return nil, s.errClosed()
	}
	if _, err := s.w.Exec(ctx, "begin immediate"); err != nil {
		return nil, s.fault(err)
	}
	m, err := readMeta(ctx, s.w)
	if err != nil {
		_, _ = s.w.Exec(ctx, "rollback") // the error of reading is the one to tell
		return nil, s.fault(err)
	}
	return &batch{view: view{state: s, c: s.w, meta: m}}, nil
}

// Apply takes the next record. After an error other than Conflict the batch
// can only be rolled back.
func (b *batch) Apply(ctx context.Context, r weir.Record) error {
	done, err := b.hold()
	if err != nil {
		return err
	}
	defer done()
	if b.broken != nil {
		return b.broken
	}
	if r.Offset != b.meta.offset+1 {
		return weir.Errorf(weir.Conflict, "entry %d cannot follow entry %d", r.Offset, b.meta.offset)
	}
	if err := b.write(ctx, r); err != nil {
		b.broken = b.state.fault(err)
		return b.broken
	}
	b.meta.offset, b.meta.hash = r.Offset, r.Hash.String()
	return nil
}

// write makes the tables say what the record says.
func (b *batch) write(ctx context.Context, r weir.Record) error {
	about, err := b.subjects(ctx, r.Entry) // before what ends is forgotten
	if err != nil {
		return err
	}
	if err := b.writeEntities(ctx, r); err != nil {
		return err
	}
	if err := b.writeEntry(ctx, r, about); err != nil {
		return err
	}
	return b.writeAnswer(ctx, r)
}

// writeEntities takes an entry's changes as a set: first everything that
// changed goes, then what lives comes, so that names may change hands.
func (b *batch) writeEntities(ctx context.Context, r weir.Record) error {
	last := map[weir.UID]int{}
	for i, c := range r.Entry.Changes {
		if _, ok := last[c.Ref.UID]; !ok && c.Rev > 1 {
			if err := b.remove(ctx, c.Ref.UID); err != nil {
				return err
			}
		}
		last[c.Ref.UID] = i
	}
	for i, c := range r.Entry.Changes {
		if last[c.Ref.UID] != i || c.Deleted {
			continue
		}
		if err := b.insert(ctx, r.Offset, c); err != nil {
			return err
		}
		if c.Rev > 1 {
			continue // names do not change
		}
		if _, err := b.c.Exec(ctx, "insert or ignore into named (noun, name, uid) values (?, ?, ?)", string(c.Ref.Noun), c.Ref.Name, c.Ref.UID.String()); err != nil {
			return err
		}
	}
	for i, c := range r.Entry.Changes {
		if last[c.Ref.UID] != i || c.Deleted {
			continue
		}
		if err := b.insertRefers(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) remove(ctx context.Context, u weir.UID) error {
	for _, query := range []string{
		"delete from entity where uid = ?", "delete from reader where uid = ?", "delete from refers where uid = ?",
	} {
		if _, err := b.c.Exec(ctx, query, u.String()); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) insert(ctx context.Context, at weir.Offset, c weir.Change) error {
	uid := c.Ref.UID.String()
	brief, err := weir.Brief(c.Ref.Noun, c.Body)
	if err != nil {
		return err
	}
	if _, err := b.c.Exec(ctx, "insert into entity (uid, noun, name, rev, offset, readers, brief, body) values (?, ?, ?, ?, ?, ?, ?, ?)",
		uid, string(c.Ref.Noun), c.Ref.Name, int64(c.Rev), int64(at), len(c.Domains), orNull(brief), string(c.Body)); err != nil {
		return err
	}
	for _, d := range c.Domains {
		if _, err := b.c.Exec(ctx, "insert or ignore into reader (uid, reader) values (?, ?)", uid, d.String()); err != nil {
			return err
		}
	}
	return nil
}

// orNull is text for the database; nil is null.
func orNull(text []byte) any {
	if text == nil {
		return nil
	}
	return string(text)
}

// insertRefers keeps what an entity points to. A reference by name alone is to
// the living entity that has it now, those of the same entry included.
func (b *batch) insertRefers(ctx context.Context, c weir.Change) error {
	e, err := weir.DecodeEntity(c.Ref.Noun, c.Body)
	if err != nil {
		return err
	}
	uid := c.Ref.UID.String()
	for _, ref := range e.Refers() {
		query, target := "insert or ignore into refers (target, uid) values (?, ?)", []any{ref.UID.String(), uid}
		if ref.UID.IsZero() {
			query = "insert or ignore into refers (target, uid) select uid, ? from entity where noun = ? and name = ?"
			target = []any{uid, string(ref.Noun), ref.Name}
		}
		if _, err := b.c.Exec(ctx, query, target...); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeEntry(ctx context.Context, r weir.Record, about []weir.UID) error {
	e := r.Entry
	nouns, why, refused := touched(e)
	if _, err := b.c.Exec(ctx, "insert into entry (offset, hash, author, audience, told, at, op, door, refused, nouns, why, entry) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		int64(r.Offset), r.Hash.String(), author(e.By), audience(e.Changes), told(e.Events), e.At.UnixNano(), e.Op, e.Via.Door, refused, nouns, why, string(r.Bytes)); err != nil {
		return err
	}
	for _, u := range about {
		if _, err := b.c.Exec(ctx, "insert or ignore into about (uid, offset) values (?, ?)", u.String(), int64(r.Offset)); err != nil {
			return err
		}
	}
	return nil
}

// touched is what an entry is looked for by: the nouns with a space around
// each, and the reason with what a refusal said.
func touched(e weir.Entry) (nouns, why string, refused int) {
	seen := map[weir.Noun]bool{}
	nouns = " "
	add := func(n weir.Noun) {
		if !seen[n] {
			seen[n] = true
			nouns += string(n) + " "
		}
	}
	for _, c := range e.Changes {
		add(c.Ref.Noun)
	}
	why = e.Why
	if f := e.Refusal; f != nil {
		add(f.Ref.Noun)
		why, refused = strings.TrimPrefix(why+"\n"+f.Msg, "\n"), 1
	}
	return nouns, why, refused
}

// told is to whom events are.
func told(es []weir.Event) string {
	var to []weir.UID
	for _, e := range es {
		to = append(to, e.To...)
	}
	if len(to) == 0 {
		return ""
	}
	return uids(to)
}

// audience is who may know of each change, each set once.
func audience(cs []weir.Change) string {
	if len(cs) == 0 {
		return ""
	}
	seen := map[string]bool{}
	sets := []json.RawMessage{}
	for _, c := range cs {
		if set := uids(c.Domains); !seen[set] {
			seen[set] = true
			sets = append(sets, json.RawMessage(set))
		}
	}
	b, _ := json.Marshal(sets) // lists of strings always can be written
	return string(b)
}

// subjects lists what an entry is about: what it changed, and the products,
// streams and applications that this points to, or pointed to when it ended, and
// those of which its events to somebody are.
func (b *batch) subjects(ctx context.Context, e weir.Entry) ([]weir.UID, error) {
	us := make([]weir.UID, 0, len(e.Changes)+1)
	for _, c := range e.Changes {
		us = append(us, c.Ref.UID)
		refs, err := b.pointed(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, ref := range refs {
			switch ref.Noun {
			case weir.NounProduct, weir.NounStream, weir.NounApplication:
				us = append(us, ref.UID)
			}
		}
	}
	for _, ev := range e.Events {
		if len(ev.To) > 0 {
			us = append(us, ev.Ref.UID)
		}
	}
	if e.Refusal != nil && !e.Refusal.Ref.UID.IsZero() {
		us = append(us, e.Refusal.Ref.UID)
	}
	return us, nil
}

// pointed lists what a changed entity points to, or did until now.
func (b *batch) pointed(ctx context.Context, c weir.Change) ([]weir.Ref, error) {
	body := c.Body
	if c.Deleted {
		var last string
		err := b.c.Row(ctx, "select body from entity where uid = ?", []any{c.Ref.UID.String()}, &last)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		body = json.RawMessage(last)
	}
	e, err := weir.DecodeEntity(c.Ref.Noun, body)
	if err != nil {
		return nil, err
	}
	return e.Refers(), nil
}

// writeAnswer keeps the idempotency key, and forgets those that are too old.
func (b *batch) writeAnswer(ctx context.Context, r weir.Record) error {
	at := r.Entry.At.UnixNano()
	if at > b.meta.newest {
		b.meta.newest = at
		if _, err := b.c.Exec(ctx, "delete from answer where at < ?", at-int64(keyLife)); err != nil {
			return err
		}
	}
	if r.Entry.Key == "" {
		return nil
	}
	var answer any
	if r.Entry.Answer != nil {
		answer = string(r.Entry.Answer)
	}
	_, err := b.c.Exec(ctx, "insert or replace into answer (author, op, key, offset, at, request, answer) values (?, ?, ?, ?, ?, ?, ?)",
		author(r.Entry.By), r.Entry.Op, string(r.Entry.Key), int64(r.Offset), at, r.Entry.Request.String(), answer)
	return err
}

// Commit makes the batch what everybody sees. After an error nothing of it is.
func (b *batch) Commit() error {
	ctx := context.Background()
	done, err := b.hold()
	if err != nil {
		return err
	}
	defer done()
	if b.broken != nil {
		b.finish(ctx, "rollback")
		return b.broken
	}
	_, err = b.c.Exec(ctx, "update meta set offset = ?, hash = ?, newest = ?", int64(b.meta.offset), b.meta.hash, b.meta.newest)
	if err == nil {
		_, err = b.c.Exec(ctx, "commit")
	}
	if err != nil {
		b.finish(ctx, "rollback")
		return b.state.fault(err)
	}
	b.state.advance(b.meta.offset)
	b.ended = true
	<-b.state.begun
	return nil
}

// Rollback forgets the batch. After Commit, or a second time, it does nothing.
func (b *batch) Rollback() error {
	done, err := b.hold()
	if err != nil {
		return nil
	}
	defer done()
	return b.state.fault(b.finish(context.Background(), "rollback"))
}

// finish ends the transaction and lets the next batch begin.
func (b *batch) finish(ctx context.Context, how string) error {
	_, err := b.c.Exec(ctx, how)
	b.ended = true
	<-b.state.begun
	return err
}
