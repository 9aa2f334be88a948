package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// readFor is how long ago an application may have read a product to count as one
// that reads it.
const readFor = 30 * 24 * time.Hour

// measures says who read what, before the queue.
type measures interface {
	Usage(ctx context.Context, q weir.UsageQuery) ([]weir.Usage, error)
}

// uncounted stands for measures where nothing is counted.
type uncounted struct{}

func (uncounted) Usage(context.Context, weir.UsageQuery) ([]weir.Usage, error) { return nil, nil }

// Reader is an application that reads a product, or was allowed to.
type Reader struct {
	Application weir.UID  `json:"application"`
	Name        string    `json:"name"`
	Team        weir.UID  `json:"team"`
	Last        time.Time `json:"last,omitzero"`     // when it last read, in the last 30 days; zero: it did not
	Records     int64     `json:"records,omitempty"` // what it was given in that time
	Allowed     bool      `json:"allowed,omitempty"`
	Own         bool      `json:"own,omitempty"` // its team owns the domain
}

// Readers lists whom the end of a product would hurt, by name. Who may end the
// product may know.
func (c *Catalog) Readers(ctx context.Context, by weir.Principal, name string) ([]Reader, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	p, _, err := weir.Known[*weir.Product](ctx, v, by, weir.Ref{Noun: weir.NounProduct, Name: name})
	if err != nil {
		return nil, err
	}
	if err := rights.Must(by, rights.Delete, rights.OfProduct(weir.NounProduct, p), p.Ref()); err != nil {
		return nil, err
	}
	counted, err := c.counted(ctx, p.UID)
	if err != nil {
		return nil, err
	}
	return c.readersIn(ctx, v, p, counted)
}

// counted is what was read of a product lately.
func (c *Catalog) counted(ctx context.Context, product weir.UID) ([]weir.Usage, error) {
	return c.measures.Usage(ctx, weir.UsageQuery{Of: product, Direction: weir.Reading, From: c.now().Add(-readFor)})
}

// countedOf is counted, before the queue, of a product by name; none of one that
// the caller may not know of.
func (c *Catalog) countedOf(ctx context.Context, by weir.Principal, name string) ([]weir.Usage, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return nil, err
	}
	p, _, err := weir.Known[*weir.Product](ctx, v, by, weir.Ref{Noun: weir.NounProduct, Name: name})
	done()
	if weir.NotFound.In(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return c.counted(ctx, p.UID)
}

// readersIn puts together who read and who was allowed, of the applications that
// live.
func (c *Catalog) readersIn(ctx context.Context, v weir.View, p *weir.Product, counted []weir.Usage) ([]Reader, error) {
	all := map[weir.UID]*Reader{}
	of := func(u weir.UID) *Reader {
		if all[u] == nil {
			all[u] = &Reader{Application: u}
		}
		return all[u]
	}
	for _, u := range counted {
		if u.Who.Noun != weir.NounApplication || u.Who.UID.IsZero() {
			continue
		}
		r := of(u.Who.UID)
		r.Records += u.Records
		if u.Last.After(r.Last) {
			r.Last = u.Last
		}
	}
	err := allowedOn(ctx, v, p.UID, func(a *weir.Access, _ weir.Revision) { of(a.Application).Allowed = true })
	if err != nil {
		return nil, err
	}
	d, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, UID: p.Domain})
	if err != nil {
		return nil, err
	}
	out := []Reader{}
	for _, r := range all {
		a, _, err := weir.Find[*weir.Application](ctx, v, weir.Ref{Noun: weir.NounApplication, UID: r.Application})
		if weir.NotFound.In(err) || err == nil && a.Ending {
			continue
		}
		if err != nil {
			return nil, err
		}
		r.Name, r.Team, r.Own = a.Name, a.Team, a.Team == d.Team
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Reader) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// allowedOn calls yield with everyone who was allowed to read a product.
func allowedOn(ctx context.Context, v weir.View, product weir.UID, yield func(*weir.Access, weir.Revision)) error {
	q := weir.ListQuery{Noun: weir.NounAccess, Scope: weir.Everything, Refers: []weir.UID{product}}
	return weir.All(ctx, v, q, func(it weir.Item) error {
		a, ok := it.Entity.(*weir.Access)
		if !ok {
			return weir.Errorf(weir.Internal, "%s is a %T", it.Entity.Ref(), it.Entity)
		}
		yield(a, it.Rev)
		return nil
	})
}

// Unpublished is the answer of taking a product back.
type Unpublished struct {
	Product string   `json:"product"`
	Topic   string   `json:"topic"`
	Stream  string   `json:"stream,omitempty"`
	Readers []Reader `json:"readers"`
}

// Unpublish takes a product back: it ends, with what was allowed on it and the
// roles on it; its topic is what it was before, with all records. Those who read
// it are named in the entry's event, and told.
func (c *Catalog) Unpublish(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	counted, err := c.countedOf(ctx, call.By, name)
	if err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("product.unpublish", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := c.product(ctx, v, call, rights.Delete, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		if p.Published == nil {
			return weir.Outcome{}, weir.Errorf(weir.Conflict, "%s was made as a product, with a topic of its own, and was never published", p.Name).
				WithFix("end it with: weir product delete %s", p.Name)
		}
		readers, err := c.readersIn(ctx, v, p, counted)
		if err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		r.endAccess(ctx, v, p.UID)
		r.endRoles(ctx, v, p.UID)
		stream := c.giveBack(ctx, v, r, p)
		r.end(p, rev)
		r.with(v, func(v weir.View) ([]weir.Change, error) { return c.contracts.Leave(ctx, v, p) })
		if r.err != nil {
			return weir.Outcome{}, r.err
		}
		answer := Unpublished{Product: p.Name, Topic: p.Alias(), Stream: stream, Readers: readers}
		return weir.Outcome{Changes: r.changes, Answer: answer, Events: ended("product.unpublished", p, readers)}, nil
	}))
}

// endAccess ends what was allowed on a product.
func (r *result) endAccess(ctx context.Context, v weir.View, product weir.UID) {
	err := allowedOn(ctx, v, product, func(a *weir.Access, rev weir.Revision) { r.end(a, rev) })
	if r.err == nil {
		r.err = err
	}
	r.endBeside(ctx, v, product)
}

// giveBack makes a product's topic what it was before it was published: its
// private stream's, whose name it gives, or none of the mesh's.
func (c *Catalog) giveBack(ctx context.Context, v weir.View, r *result, p *weir.Product) (stream string) {
	if r.err != nil {
		return ""
	}
	t, rev, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: p.Alias()})
	if err != nil {
		r.err = err
		return ""
	}
	if t.Adopted {
		r.end(t, rev)
		return ""
	}
	s, srev, err := weir.Find[*weir.Stream](ctx, v, weir.Ref{Noun: weir.NounStream, UID: p.Published.Stream})
	if err != nil {
		r.err = err
		return ""
	}
	next := *s
	next.Partitions, next.Retention = p.Partitions, p.Retention
	r.put(s, srev, &next)
	r.hand(held{Topic: t, rev: rev}, s.UID)
	return s.Name
}

// told is what an event says about readers.
type told struct {
	Product   string   `json:"product"`
	Successor string   `json:"successor,omitempty"`
	Readers   []string `json:"readers,omitempty"` // names, in the product's own event
}

// ended is the events of a product that ends, or will: one of the product, which
// names all readers, and one of each application of another team, for that team
// to see.
func ended(event string, p *weir.Product, readers []Reader) []weir.Event {
	return tellReaders(event, p, "", readers)
}

func tellReaders(event string, p *weir.Product, successor string, readers []Reader) []weir.Event {
	names := make([]string, len(readers))
	for i, r := range readers {
		names[i] = r.Name
	}
	all := []weir.Event{{Type: event, Ref: p.Ref(), Data: data(told{p.Name, successor, names})}}
	for _, r := range readers {
		if !r.Own {
			all = append(all, weir.Event{
				Type: event, Ref: weir.Ref{Noun: weir.NounApplication, UID: r.Application, Name: r.Name}, To: []weir.UID{r.Team},
				Data: data(told{Product: p.Name, Successor: successor}),
			})
		}
	}
	return all
}

func data(t told) json.RawMessage {
	b, _ := weir.Canonical(t) // it is texts
	return bytes.Clone(b)
}

// publishedAs is the product that a private stream is published as; nil if it is
// not.
func publishedAs(ctx context.Context, v weir.View, s *weir.Stream) (*weir.Product, error) {
	page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounProduct, Scope: weir.Everything, Refers: []weir.UID{s.UID}, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return nil, err
	}
	p, ok := page.Items[0].Entity.(*weir.Product)
	if !ok {
		return nil, weir.Errorf(weir.Internal, "%s is a %T", page.Items[0].Entity.Ref(), page.Items[0].Entity)
	}
	return p, nil
}

// unpublished refuses to change a private stream that is published.
func unpublished(ctx context.Context, v weir.View, s *weir.Stream) error {
	p, err := publishedAs(ctx, v, s)
	if err != nil || p == nil {
		return err
	}
	e := weir.Errorf(weir.Conflict, "%s is published as %s", s.Ref(), p.Name).
		WithFix("change the product instead (weir product edit %s), or take it back first: weir product unpublish %s", p.Name, p.Name)
	e.Ref = s.Ref()
	return e
}
