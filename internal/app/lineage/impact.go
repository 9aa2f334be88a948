package lineage

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/lineage"
)

// Impact is whom a change of something would hurt.
type Impact struct {
	Of       weir.Ref
	Field    string
	Answer   Answer
	Queries  []Hurt
	Products []Hurt
	Streams  []Hurt
	Readers  []Hurt // applications
	People   []Hurt
	Teams    []string
	Hidden   int // that the asker may not see by name
}

// Hurt is something that depends on another.
type Hurt struct {
	lineage.Thing
	Query        *weir.Query // that it is
	Domain, Team string
	Depth        int
	Fields       []string // that depend on it; none: the whole, or it is not known which
	How          []lineage.How
	What         []lineage.What
	Last         time.Time // it was last seen reading; zero: not measured
	Records      int64
	Due          string // of a plan
	Uses         []string
}

// Impact tells what depends on a product, a stream or an application, or on one
// field. Errors: as of [Lineage.Tell].
func (l *Lineage) Impact(ctx context.Context, p weir.Principal, a Asking) (Impact, error) {
	a.Up, a.Down, a.Plain = false, true, true
	told, err := l.Tell(ctx, p, a)
	out := Impact{Of: told.Of, Field: a.Field, Answer: told}
	if err != nil {
		return out, err
	}
	teams := map[string]bool{}
	for _, n := range told.Nodes[1:] {
		if n.Closed {
			out.Hidden += max(n.Count, 1)
			continue
		}
		if n.Thing.Gone {
			continue // nothing hurts it any more
		}
		out.add(hurt(n))
		teams[n.Team] = true
	}
	delete(teams, "")
	for t := range teams {
		out.Teams = append(out.Teams, t)
	}
	slices.Sort(out.Teams)
	return out, nil
}

func (i *Impact) add(h Hurt) {
	list := map[weir.Noun]*[]Hurt{
		weir.NounQuery: &i.Queries, weir.NounProduct: &i.Products, weir.NounStream: &i.Streams, weir.NounApplication: &i.Readers, weir.NounPerson: &i.People,
	}[h.Noun]
	if list != nil {
		*list = append(*list, h)
	}
}

// hurt says how it is known that a node depends on what was asked about.
func hurt(n *lineage.Node) Hurt {
	h := Hurt{Thing: n.Thing, Query: n.Query, Domain: n.Domain, Team: n.Team, Depth: n.Depth, Fields: n.Fields}
	for _, v := range n.Into {
		h.How, h.What, h.Uses = with(h.How, v.How), with(h.What, v.What), with(h.Uses, v.Fields...)
		h.Records += v.Records
		h.Due = max(h.Due, v.Due)
		if v.Last.After(h.Last) {
			h.Last = v.Last
		}
	}
	return h
}

// with adds to a list, each once.
func with[T comparable](all []T, more ...T) []T {
	for _, m := range more {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// namedHurt is how many a sentence names.
const namedHurt = 10

// Sentence names who is hurt, in one line; empty: nobody, as far as is known.
func (i *Impact) Sentence() string {
	var parts []string
	say := func(what string, all []Hurt) {
		for _, h := range all {
			parts = append(parts, what+h.Name)
		}
	}
	say("application ", i.Readers)
	say("query ", i.Queries)
	say("product ", i.Products)
	say("", i.People)
	if more := len(parts) - namedHurt; more > 0 {
		parts = append(parts[:namedHurt], "and "+count(more, "other"))
	}
	if i.Hidden > 0 {
		parts = append(parts, count(i.Hidden, "more")+" that you may not see")
	}
	return strings.Join(parts, ", ")
}

// Hurts names, in one line, whom the end or a change of a product would hurt, as
// somebody may know; empty when nobody is known, or when it cannot be said now.
func (l *Lineage) Hurts(ctx context.Context, p weir.Principal, product string) string {
	i, err := l.Impact(ctx, p, Asking{Of: product})
	if err != nil {
		return ""
	}
	return i.Sentence()
}
