// Package lineage tells where data comes from and whom a change would hurt: of
// now, or as it was at a time. It answers from a graph in memory that follows the
// ledger, and from what was measured; it never parses a statement.
//
// An answer has, by name, what the asker may know of: products and queries by
// their readers, who reads and writes by the right to watch either end. The rest
// are closed boxes.
//
// Teams declare here what they plan to read.
package lineage

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/lineage"
	"github.com/weirmesh/weir/internal/core/schema"
)

// measures says what was counted.
type measures interface {
	// Flows adds up all that was counted in a time.
	Flows(ctx context.Context, from, until time.Time) ([]weir.Usage, error)
	Coverage(ctx context.Context) (weir.Coverage, error)
}

// schemas finds the fields of records.
type schemas interface {
	// LatestSchema gives a subject's latest one; NotFound if it has none. It asks
	// nobody whether the caller may see it.
	LatestSchema(ctx context.Context, subject string) (weir.SchemaID, schema.Schema, error)
}

// Config is what Lineage needs. Every field is required.
type Config struct {
	State    weir.State
	Ledger   weir.Ledger
	Writer   weir.Writer
	Measures measures
	Schemas  schemas
	Now      func() time.Time
	Home     weir.UID // the mesh
}

// Lineage is the use cases.
type Lineage struct {
	cfg     Config
	mu      sync.RWMutex
	graph   *lineage.Graph // nil until somebody asks
	at      weir.Offset    // that the graph shows
	counted traffic
	past    past
}

// New makes the use cases.
func New(c Config) *Lineage {
	l := &Lineage{cfg: c}
	l.counted.init()
	l.past.init()
	return l
}

// readLately is how far back counts are looked at, unless told.
const readLately = 30 * 24 * time.Hour

// Asking asks where data comes from and goes to.
type Asking struct {
	Of       string // domain.product, domain._private.stream, or an application
	Field    string // of the product; empty: all of it
	Up, Down bool
	Depth    int       // things away, not counting queries; 0: as far as it goes
	Most     int       // nodes; 0: as many as there may be
	At       time.Time // zero: now
	Since    time.Duration
	Plain    bool // no edges: what is known of a node stands in its Into
}

// Answer is a part of the graph.
type Answer struct {
	*lineage.Picture
	Of       weir.Ref
	At       time.Time // of which it tells
	Offset   weir.Offset
	From     time.Time // counts from here on are in it
	Coverage weir.Coverage
	Past     bool     // it does not tell of now
	Problems []string // what could not be asked
}

// Tell draws what is up and down of something. Errors: Invalid for a time that is
// none, NotFound.
func (l *Lineage) Tell(ctx context.Context, p weir.Principal, a Asking) (Answer, error) {
	out := Answer{At: l.cfg.Now().UTC()}
	if a.Since == 0 {
		a.Since = readLately
	}
	if a.Since < 0 || a.Since > weir.MeasuredFor {
		return out, weir.Errorf(weir.Invalid, "counts of %s", weir.Duration(a.Since)).At("since").WithFix("use a time up to 400d")
	}
	if !a.At.IsZero() {
		return l.then(ctx, p, a, out)
	}
	if err := l.follow(ctx); err != nil {
		return out, err
	}
	counts, err := l.counts(ctx, a.Since, &out)
	if err != nil {
		return out, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	out.Offset = l.at
	err = l.draw(ctx, l.graph, seer{p: p, scope: p.Scope()}, counts, a, &out)
	return out, err
}

// draw walks a graph.
func (l *Lineage) draw(ctx context.Context, g *lineage.Graph, see lineage.Viewer, counts *lineage.Traffic, a Asking, out *Answer) error {
	ref, err := named(a.Of)
	if err != nil {
		return err
	}
	of, ok := g.Find(ref)
	if !ok || !see.Knows(of) {
		return weir.Absent(ref)
	}
	if a.Field != "" {
		if err := l.field(ctx, g, of, a); err != nil {
			return err
		}
	}
	out.Of = of.Ref
	out.Picture, _ = g.Walk(lineage.Question{
		Of: of.UID, Field: a.Field, Up: a.Up, Down: a.Down, Depth: a.Depth, Most: a.Most, Plain: a.Plain, Traffic: counts, Viewer: see,
	})
	return nil
}

// named says what a name is the name of.
func named(name string) (weir.Ref, error) {
	switch {
	case strings.Contains(name, "._private."):
		return weir.Ref{Noun: weir.NounStream, Name: name}, nil
	case strings.Contains(name, "."):
		_, _, err := weir.SplitProduct(name)
		return weir.Ref{Noun: weir.NounProduct, Name: name}, err
	case name == "":
		return weir.Ref{}, weir.Errorf(weir.Invalid, "of what is not said").At("name").WithFix("name a product, a private stream or an application")
	}
	return weir.Ref{Noun: weir.NounApplication, Name: name}, nil
}

// field refuses one that a product does not have, as far as that is known.
func (l *Lineage) field(ctx context.Context, g *lineage.Graph, of lineage.Thing, a Asking) error {
	if of.Noun == weir.NounApplication {
		return weir.Errorf(weir.Invalid, "an application has no fields").At("field").WithFix("ask about a field of a product: weir lineage DOMAIN.PRODUCT#FIELD")
	}
	if !a.At.IsZero() || strings.HasPrefix(a.Field, "_") {
		return nil // it may have had it; the record's own key and time are no fields of its value
	}
	_, s, err := l.cfg.Schemas.LatestSchema(ctx, weir.SubjectOfTopic(g.Cluster(of.UID), weir.OfValue))
	if weir.NotFound.In(err) {
		return nil
	}
	if err != nil {
		return err
	}
	var has []string
	for _, f := range s.Fields() {
		if f.Path == a.Field {
			return nil
		}
		if f.Path != "" && !slices.Contains(has, f.Path) {
			has = append(has, f.Path)
		}
	}
	e := weir.Errorf(weir.NotFound, "%s has no field %s", of.Name, a.Field).At("field").WithFix("it has %s", some(has, 20))
	e.Ref = of.Ref
	return e
}

// some names a few of many.
func some(all []string, most int) string {
	if len(all) > most {
		all = append(slices.Clone(all[:most]), "and others")
	}
	return strings.Join(all, ", ")
}
