package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// meta is how far a state is.
type meta struct {
	version int
	ledger  string
	offset  weir.Offset
	hash    string
	newest  int64
	clean   bool
}

func readMeta(ctx context.Context, c *sqlite.Conn) (meta, error) {
	var m meta
	err := c.Row(ctx, "select version, ledger, offset, hash, newest, clean from meta", nil,
		&m.version, &m.ledger, &m.offset, &m.hash, &m.newest, &m.clean)
	return m, err
}

// view reads in one transaction.
type view struct {
	state *State
	mu    sync.Mutex // one statement at a time
	c     *sqlite.Conn
	meta  meta
	ended bool
}

// The bounds of a page.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// keyLife is how long an idempotency key is kept.
const keyLife = 24 * time.Hour

func (v *view) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ended = true
}

// hold takes the view for one method.
func (v *view) hold() (func(), error) {
	v.mu.Lock()
	if v.ended {
		v.mu.Unlock()
		return nil, weir.Errorf(weir.Internal, "a view was used after its end")
	}
	return v.mu.Unlock, nil
}

// Offset is the last entry that the view shows.
func (v *view) Offset() weir.Offset { return v.meta.offset }

// Get finds a living entity.
func (v *view) Get(ctx context.Context, r weir.Ref) (weir.Entity, weir.Revision, error) {
	done, err := v.hold()
	if err != nil {
		return nil, 0, err
	}
	defer done()
	query, key := "select rev, body from entity where noun = ? and uid = ?", r.UID.String()
	if r.UID.IsZero() {
		query, key = "select rev, body from entity where noun = ? and name = ?", r.Name
	}
	var rev weir.Revision
	var body string
	err = v.c.Row(ctx, query, []any{string(r.Noun), key}, &rev, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, weir.Absent(r)
	}
	if err != nil {
		return nil, 0, v.state.fault(err)
	}
	e, err := weir.DecodeEntity(r.Noun, json.RawMessage(body))
	return e, rev, v.state.decoded(err)
}

// decoded turns an entity that cannot be read into advice: the ledger's copy
// was right when it was written.
func (s *State) decoded(err error) error {
	if err == nil {
		return nil
	}
	return s.fault(errUnreadable{err})
}

type errUnreadable struct{ error }

// pageLimit checks and defaults the limit of a query.
func pageLimit(n int) (int, error) {
	if n < 0 || n > maxLimit {
		return 0, weir.Errorf(weir.Invalid, "a page of %d", n).At("limit").WithFix("use 1 to %d", maxLimit)
	}
	if n == 0 {
		return defaultLimit, nil
	}
	return n, nil
}

// uids writes a list for json_each.
func uids(us []weir.UID) string {
	texts := make([]string, len(us))
	for i, u := range us {
		texts[i] = u.String()
	}
	b, _ := json.Marshal(texts) // strings always can be written
	return string(b)
}

// maxRefers bounds a query's list.
const maxRefers = 8

// List gives living entities of one noun, sorted by name.
func (v *view) List(ctx context.Context, q weir.ListQuery) (weir.Page, error) {
	limit, err := pageLimit(q.Limit)
	if err != nil {
		return weir.Page{}, err
	}
	if len(q.Refers) > maxRefers {
		return weir.Page{}, weir.Errorf(weir.Invalid, "a list by %d references", len(q.Refers)).At("refers").WithFix("use at most %d", maxRefers)
	}
	done, err := v.hold()
	if err != nil {
		return weir.Page{}, err
	}
	defer done()
	var p weir.Page
	query, args := listQuery(q, limit+1)
	err = v.c.Rows(ctx, query, args, func(scan func(...any) error) error {
		if len(p.Items) == limit {
			p.Next = p.Items[limit-1].Entity.Ref().Name
			return nil
		}
		item, err := v.item(q.Noun, scan)
		p.Items = append(p.Items, item)
		return err
	})
	if err != nil {
		return weir.Page{}, v.state.fault(err)
	}
	return p, nil
}

func (v *view) item(n weir.Noun, scan func(...any) error) (weir.Item, error) {
	var item weir.Item
	var body string
	if err := scan(&item.Rev, &item.At, &body); err != nil {
		return item, err
	}
	var err error
	item.Entity, err = weir.DecodeEntity(n, json.RawMessage(body))
	return item, v.state.decoded(err)
}

func listQuery(q weir.ListQuery, limit int) (string, []any) {
	var b strings.Builder
	noun := "e.noun"
	if len(q.Refers) > 0 {
		noun = "+e.noun" // what refers to a thing is few; the index by name would walk the whole noun
	}
	body := "e.body"
	if q.Brief {
		body = "coalesce(e.brief, e.body)"
	}
	b.WriteString("select e.rev, e.offset, " + body + " from entity e where " + noun + " = ?")
	args := []any{string(q.Noun)}
	beyond, order := " and e.name > ?", ""
	if q.Desc {
		beyond, order = " and e.name < ?", " desc"
	}
	if q.After != "" {
		b.WriteString(beyond)
		args = append(args, q.After)
	}
	for _, u := range q.Refers {
		b.WriteString(" and e.uid in (select r.uid from refers r where r.target = ?)")
		args = append(args, u.String())
	}
	if !q.Scope.All {
		b.WriteString(` and ((? and e.readers = 0) or exists
			(select 1 from reader r where r.uid = e.uid and r.reader in (select value from json_each(?))))`)
		args = append(args, q.Scope.Mesh, uids(q.Scope.Of))
	}
	b.WriteString(" order by e.name" + order + " limit ?")
	return b.String(), append(args, limit)
}

// maxLook is how many entries a page looks at.
const maxLook = 50_000

// Entries gives what the ledger says, newest first, or oldest first.
func (v *view) Entries(ctx context.Context, q weir.EntryQuery) (weir.EntryPage, error) {
	limit, err := pageLimit(q.Limit)
	if err != nil {
		return weir.EntryPage{}, err
	}
	if len(q.About) > maxRefers {
		return weir.EntryPage{}, weir.Errorf(weir.Invalid, "a list about %d things", len(q.About)).At("about").WithFix("use at most %d", maxRefers)
	}
	done, err := v.hold()
	if err != nil {
		return weir.EntryPage{}, err
	}
	defer done()
	w := v.looked(q)
	p := weir.EntryPage{Next: w.next}
	query, args := entriesQuery(q, w, limit+1)
	err = v.c.Rows(ctx, query, args, func(scan func(...any) error) error {
		if len(p.Records) == limit {
			p.Next = p.Records[limit-1].Offset
			return nil
		}
		r, err := v.record(scan, q.Scope)
		p.Records = append(p.Records, r)
		return err
	})
	if err != nil {
		return weir.EntryPage{}, v.state.fault(err)
	}
	return p, nil
}

// stretch is the entries that one page looks at: from low to, not including,
// high. next is the cursor behind it, 0 if nothing is there.
type stretch struct {
	low, high, next weir.Offset
}

func (v *view) looked(q weir.EntryQuery) stretch {
	end := v.meta.offset + 1
	switch {
	case q.Asc:
		w := stretch{low: q.After + 1, high: min(q.After+1+maxLook, end)}
		if w.high < end {
			w.next = w.high - 1
		}
		return w
	case q.Before != 0:
		end = min(end, q.Before)
	}
	if len(q.About) > 0 || end <= maxLook+1 {
		return stretch{low: 0, high: end} // what a thing is in is found by an index
	}
	return stretch{low: end - maxLook, high: end, next: end - maxLook}
}

// record reads an entry, and keeps of it what a scope may know.
func (v *view) record(scan func(...any) error, s weir.Scope) (weir.Record, error) {
	var r weir.Record
	var hash, entry string
	var whole bool
	if err := scan(&r.Offset, &hash, &entry, &whole); err != nil {
		return r, err
	}
	if err := r.Hash.UnmarshalText([]byte(hash)); err != nil {
		return r, v.state.decoded(err)
	}
	r.Bytes = []byte(entry)
	var err error
	r.Entry, err = weir.DecodeEntry(r.Bytes)
	if !whole {
		r.Bytes, r.Entry.Changes, r.Entry.Answer, r.Entry.Key = nil, nil, nil, ""
		r.Entry.Events = slices.DeleteFunc(r.Entry.Events, func(e weir.Event) bool { return len(e.To) == 0 || !s.Knows(e.To) })
	}
	return r, v.state.decoded(err)
}

// An entry is in scope if there are changes and each one's readers are, or if
// Own is its author. Those to whom its events are see a part of it.
const (
	entryInScope = `(e.author = ?7 or (e.audience <> '' and
	((?2 and e.audience = '[[]]') or not exists (
		select 1 from json_each(e.audience) c where not (
			(?2 and json_array_length(c.value) = 0) or exists (
				select 1 from json_each(c.value) r where r.value in (select value from json_each(?1))))))))`
	entryTold = `(e.told <> '' and exists (select 1 from json_each(e.told) t where t.value in (select value from json_each(?1))))`
)

func entriesQuery(q weir.EntryQuery, w stretch, limit int) (string, []any) {
	var b strings.Builder
	whole := entryInScope
	if q.Scope.All {
		whole = "1"
	}
	b.WriteString("select e.offset, e.hash, e.entry, ifnull(" + whole + ", 0) from entry e where e.offset < ?3 and e.offset >= ?8")
	args := []any{uids(q.Scope.Of), q.Scope.Mesh, int64(w.high), refs([]weir.Ref{q.By}), refs(q.About), limit, own(q), int64(w.low), author(q.By)}
	if !q.Scope.All {
		b.WriteString(" and (" + entryInScope + " or " + entryTold + ")")
	}
	if q.By != (weir.Ref{}) {
		b.WriteString(` and e.author in (` + namedBy + `(?4) j join named n on n.noun = j.value ->> 'noun' and n.name = j.value ->> 'name' where j.value ->> 'uid' is null` +
			` union select ?9)`)
	}
	if len(q.About) > 0 {
		b.WriteString(` and e.offset in (select a.offset from about a where a.uid in (
			select j.value ->> 'uid' from json_each(?5) j
			union ` + namedBy + `(?5) j join named n on n.noun = j.value ->> 'noun' and n.name = j.value ->> 'name' where j.value ->> 'uid' is null))`)
	}
	args = narrowed(&b, q, args)
	order := " order by e.offset desc limit ?6"
	if q.Asc {
		order = " order by e.offset limit ?6"
	}
	b.WriteString(order)
	return b.String(), args
}

// namedBy is the beginning of a list of the uids that ever had a name.
const namedBy = `select n.uid from json_each`

// narrowed adds what the columns of an entry are compared with.
func narrowed(b *strings.Builder, q weir.EntryQuery, args []any) []any {
	add := func(is bool, condition string, value any) {
		if is {
			args = append(args, value)
			b.WriteString(" and " + strings.ReplaceAll(condition, "?", "?"+strconv.Itoa(len(args))))
		}
	}
	if q.Noun != "" && !q.Scope.All {
		b.WriteString(" and " + entryInScope) // who is told something learns of no change
	}
	add(q.Noun != "", "instr(e.nouns, ?)", " "+string(q.Noun)+" ")
	add(q.Op != "" && strings.Contains(q.Op, "."), "e.op = ?", q.Op)
	add(q.Op != "" && !strings.Contains(q.Op, "."), "substr(e.op, 1, length(?)) = ?", q.Op+".")
	add(q.Door != "", "e.door = ?", q.Door)
	add(q.Result != "", "e.refused = ?", map[bool]int{true: 1}[q.Result == weir.Refused])
	add(!q.Since.IsZero(), "e.at >= ?", q.Since.UnixNano())
	add(!q.Until.IsZero(), "e.at < ?", q.Until.UnixNano())
	add(q.Why != "", "instr(lower(e.why), lower(?))", q.Why)
	return args
}

// refs writes a list for json_each; a uid that is not known is left out.
func refs(rs []weir.Ref) string {
	b, _ := json.Marshal(rs) // texts always can be written
	return string(b)
}

// own is the author whose entries are in scope in any case; an entry of nobody
// has an author too, so that no Own matches none.
func own(q weir.EntryQuery) any {
	if q.Own.IsZero() {
		return nil
	}
	return q.Own.String()
}

// author is who made an entry, as idempotency keys know it.
func author(r weir.Ref) string {
	if r.UID.IsZero() {
		return string(r.Noun) + "/" + r.Name
	}
	return r.UID.String()
}

// Answer finds the entry that an idempotency key made.
func (v *view) Answer(ctx context.Context, by weir.Ref, op string, k weir.IdempotencyKey) (weir.Answered, error) {
	done, err := v.hold()
	if err != nil {
		return weir.Answered{}, err
	}
	defer done()
	var a weir.Answered
	var at int64
	var request string
	var answer sql.NullString
	err = v.c.Row(ctx, "select offset, at, request, answer from answer where author = ? and op = ? and key = ? and at >= ?",
		[]any{author(by), op, string(k), v.meta.newest - int64(keyLife)}, &a.Offset, &at, &request, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return a, weir.Errorf(weir.NotFound, "the idempotency key was not used")
	}
	if err != nil {
		return a, v.state.fault(err)
	}
	a.At = time.Unix(0, at).UTC()
	if answer.Valid {
		a.Answer = json.RawMessage(answer.String)
	}
	return a, v.state.decoded(a.Request.UnmarshalText([]byte(request)))
}
