package state

import (
	"context"
	"errors"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// searched are the nouns that are searched, in the order in which an index is
// built.
var searched = []weir.Noun{weir.NounDomain, weir.NounTerm, weir.NounProduct}

// follow reads the file and then follows the state.
func (x *Search) follow(ctx context.Context) error {
	defer x.merged()
	if err := x.load(ctx); err != nil {
		return err
	}
	for {
		if err := x.step(ctx); err != nil {
			return err
		}
		busy, err := x.merge(ctx)
		if err != nil {
			return err
		}
		if x.done.noun == "" && !busy {
			if err := x.idle(ctx); err != nil {
				return err
			}
		}
	}
}

// load reads the file, or makes it again if it is damaged.
func (x *Search) load(ctx context.Context) error {
	s := newShelf()
	err := s.load(ctx, x.w)
	x.mu.Lock()
	defer x.mu.Unlock()
	if isDamage(err) {
		x.opt.Logger.Warn("the search index is made from the state", "file", x.path, "because", err)
		s, err = newShelf(), x.remake(ctx)
	}
	if err != nil {
		return x.fault(err)
	}
	x.shelf = s
	x.publish()
	return nil
}

func isDamage(err error) bool {
	return weir.Damaged.In(err) || sqlite.FaultOf(err) == sqlite.Broken
}

// idle returns once there is something to do.
func (x *Search) idle(ctx context.Context) error {
	limit, cancel := context.WithCancel(ctx)
	defer cancel()
	if x.merging != nil {
		defer context.AfterFunc(x.merging.ready, cancel)()
	}
	if err := x.state.Wait(limit, x.done.at+1); err != nil && (ctx.Err() != nil || limit.Err() == nil) {
		return err
	}
	return nil
}

// step brings what is indexed to what the state shows now, and goes on
// building if not everything is indexed yet.
func (x *Search) step(ctx context.Context) error {
	v, release, err := x.state.View(ctx)
	if err != nil {
		return err
	}
	defer release()
	next := x.done
	work := newWork(v)
	if next.noun != searched[0] || next.name != "" { // at the very beginning nothing is indexed that could change
		if err := work.changes(ctx, x.state.ledger, next.at); err != nil {
			return err
		}
	}
	if next.noun != "" {
		if err := work.page(ctx, &next, x.opt.Page); err != nil {
			return err
		}
	}
	next.at, next.hash = v.Offset(), v.(*view).meta.hash
	return x.write(ctx, work, next)
}

// work is what must be indexed anew.
type work struct {
	v    weir.View
	todo []weir.Ref
	has  map[weir.UID]bool
}

func newWork(v weir.View) *work { return &work{v: v, has: map[weir.UID]bool{}} }

func (w *work) add(r weir.Ref) {
	if !w.has[r.UID] {
		w.has[r.UID] = true
		w.todo = append(w.todo, weir.Ref{Noun: r.Noun, UID: r.UID})
	}
}

var errEnough = errors.New("enough")

// changes adds what the entries behind an offset touch, as far as the view
// shows them.
func (w *work) changes(ctx context.Context, l weir.Ledger, at weir.Offset) error {
	err := l.Read(ctx, at+1, func(r weir.Record) error {
		if r.Offset > w.v.Offset() {
			return errEnough
		}
		for _, c := range r.Entry.Changes {
			if err := w.change(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// change adds what one change touches.
func (w *work) change(ctx context.Context, c weir.Change) error {
	if slices.Contains(searched, c.Ref.Noun) {
		w.add(c.Ref)
	}
	switch c.Ref.Noun {
	case weir.NounSubject:
		return w.subject(ctx, c.Ref.Name)
	case weir.NounDomain, weir.NounTerm, weir.NounPerson, weir.NounTeam:
		if c.Deleted || !renamed(c) {
			return nil
		}
		return w.referring(ctx, c.Ref.UID)
	}
	return nil
}

// renamed reports whether others show something of what changed.
func renamed(c weir.Change) bool {
	return c.Rev > 1 && slices.ContainsFunc(c.Diff, func(d weir.Diff) bool { return d.Path == "name" || d.Path == "title" })
}

// subject adds the product whose values a subject describes.
func (w *work) subject(ctx context.Context, name string) error {
	product, _, kind, ok := weir.SplitSubject(name)
	if !ok || kind != weir.OfValue {
		return nil
	}
	e, _, err := w.v.Get(ctx, weir.Ref{Noun: weir.NounProduct, Name: product})
	if err != nil {
		return ignoreGone(err)
	}
	w.add(e.Ref())
	return nil
}

// referring adds everything searched that refers to a thing.
func (w *work) referring(ctx context.Context, u weir.UID) error {
	for _, n := range searched {
		err := weir.All(ctx, w.v, weir.ListQuery{Noun: n, Scope: weir.Everything, Refers: []weir.UID{u}}, func(it weir.Item) error {
			w.add(it.Entity.Ref())
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// page adds the next things of a build, and says where it goes on.
func (w *work) page(ctx context.Context, p *progress, limit int) error {
	got, err := w.v.List(ctx, weir.ListQuery{Noun: p.noun, Scope: weir.Everything, After: p.name, Limit: limit})
	if err != nil {
		return err
	}
	for _, it := range got.Items {
		w.add(it.Entity.Ref())
	}
	if p.name = got.Next; p.name != "" {
		return nil
	}
	i := slices.Index(searched, p.noun) + 1
	if p.noun = ""; i < len(searched) {
		p.noun = searched[i]
	}
	return nil
}

// placed is a document with its number.
type placed struct {
	id  int
	doc *document
}

// edit is what one transaction does to the documents.
type edit struct {
	put   []placed
	gone  []int
	free  []int // numbers that nobody has after it
	next  int   // the first number that nobody ever had
	old   []stored
	fresh []stored
}

// number takes one that is free.
func (b *edit) number() int {
	if n := len(b.free); n > 0 {
		id := b.free[n-1]
		b.free = b.free[:n-1]
		return id
	}
	b.next++
	return b.next - 1
}

// storeEvery is how many entries that touch nothing are read again after a
// start at most.
const storeEvery = 1000

// write indexes the work in one transaction, and shows it.
func (x *Search) write(ctx context.Context, w *work, next progress) error {
	if len(w.todo) == 0 && next.noun == x.done.noun && next.at < x.stored+storeEvery {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.done = next
		x.publish()
		return nil
	}
	b := edit{free: slices.Clone(x.shelf.free), next: len(x.shelf.items)}
	if _, err := x.w.Exec(ctx, "begin immediate"); err != nil {
		return x.fault(err)
	}
	err := x.replace(ctx, w, &b)
	if err == nil {
		err = x.segment(ctx, &b)
	}
	if err == nil {
		err = writeProgress(ctx, x.w, next)
	}
	if err != nil {
		return x.rollback(ctx, err)
	}
	x.stored = next.at
	return x.show(ctx, &b, next)
}

// replace puts what the view shows of the work in the place of what is there.
func (x *Search) replace(ctx context.Context, w *work, b *edit) error {
	shown := documents{w.v}
	for _, r := range w.todo {
		d, err := shown.of(ctx, r)
		if err != nil {
			return err
		}
		if id, was := x.shelf.by[r.UID]; was {
			b.gone = append(b.gone, id)
			if err := removeDocument(ctx, x.w, id); err != nil {
				return err
			}
		}
		if d == nil {
			continue
		}
		p := placed{b.number(), d}
		if err := insertDocument(ctx, x.w, p.id, d); err != nil {
			return err
		}
		b.put = append(b.put, p)
	}
	return nil
}

func (x *Search) rollback(ctx context.Context, err error) error {
	_, _ = x.w.Exec(ctx, "rollback") // the error before it is the one to tell
	return x.fault(err)
}

// show commits, and lets searches see what was written. Nothing of the disk is
// waited for while searches wait: pages are moved into the file afterwards.
func (x *Search) show(ctx context.Context, b *edit, next progress) error {
	rank := x.shelf.ranked(b.put)
	x.mu.Lock()
	if _, err := x.w.Exec(ctx, "commit"); err != nil {
		x.mu.Unlock()
		return x.rollback(ctx, err)
	}
	x.shelf.apply(b)
	if rank != nil {
		x.shelf.rank, x.shelf.unranked = rank, 0
	}
	x.done = next
	x.publish()
	x.mu.Unlock()
	if len(b.put)+len(b.gone)+len(b.fresh) == 0 {
		return nil
	}
	return x.checkpoint(ctx)
}

// checkpoint moves what was written into the file.
func (x *Search) checkpoint(ctx context.Context) error {
	var busy, log, moved int
	return x.fault(x.w.Row(ctx, "pragma wal_checkpoint(passive)", nil, &busy, &log, &moved))
}
