package catalog

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// UnpublishedQuery asks for topics that could be published.
type UnpublishedQuery struct {
	Domain string // the private streams of this domain alone; empty: all
	After  string // the cursor
	Limit  int    // 1 to 1000; 0 is 100
}

// UnpublishedTopic is a topic that could become a product.
type UnpublishedTopic struct {
	Name        string
	Stream      bool   // it is a private stream; else the mesh does not know it
	Domain      string // of the stream
	Description string
	Partitions  int
	Encoding    weir.Encoding // as the schemas of its values say; empty: there are none
}

// UnpublishedPage is a part of a list of them.
type UnpublishedPage struct {
	Items []UnpublishedTopic
	Next  string
}

// Unpublished lists, by name, the private streams that the caller may publish
// and that are not published; to who may publish any, also the cluster's topics
// that the mesh does not know.
func (c *Catalog) Unpublished(ctx context.Context, by weir.Principal, q UnpublishedQuery) (UnpublishedPage, error) {
	var actual weir.Topics
	if c.shared && q.Domain == "" && rights.May(by, rights.Publish, rights.Thing{Noun: weir.NounTopic}) {
		var err error
		if actual, err = c.cluster.Topics(ctx); err != nil {
			return UnpublishedPage{}, err
		}
	}
	v, done, err := c.state.View(ctx)
	if err != nil {
		return UnpublishedPage{}, err
	}
	defer done()
	all, err := unpublishedStreams(ctx, v, by, q.Domain)
	if err != nil {
		return UnpublishedPage{}, err
	}
	unknown, err := unknownTopics(ctx, v, actual)
	if err != nil {
		return UnpublishedPage{}, err
	}
	page := pageOf(append(all, unknown...), q)
	for i := range page.Items {
		texts, err := schemasOf(ctx, v, weir.SubjectOfTopic(page.Items[i].Name, weir.OfValue))
		if err != nil {
			return UnpublishedPage{}, err
		}
		page.Items[i].Encoding = encodingOf(texts)
	}
	return page, nil
}

// unpublishedStreams lists the private streams that somebody may publish.
func unpublishedStreams(ctx context.Context, v weir.View, by weir.Principal, domain string) ([]UnpublishedTopic, error) {
	q := weir.ListQuery{Noun: weir.NounStream, Scope: by.Scope()}
	if domain != "" {
		d, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, Name: domain})
		if err != nil {
			return nil, err
		}
		q.Refers = []weir.UID{d.UID}
	}
	var out []UnpublishedTopic
	err := weir.All(ctx, v, q, func(it weir.Item) error {
		s, ok := it.Entity.(*weir.Stream)
		if !ok {
			return weir.Errorf(weir.Internal, "%s is a %T", it.Entity.Ref(), it.Entity)
		}
		if !rights.May(by, rights.Publish, rights.Thing{Noun: weir.NounStream, Domain: s.Domain}) {
			return nil
		}
		p, err := publishedAs(ctx, v, s)
		if err != nil || p != nil {
			return err
		}
		of, _, _ := weir.SplitStream(s.Name)
		out = append(out, UnpublishedTopic{Name: s.Name, Stream: true, Domain: of, Description: s.Description, Partitions: s.Partitions})
		return nil
	})
	return out, err
}

// unknownTopics lists the topics of a cluster that no topic of the mesh is.
func unknownTopics(ctx context.Context, v weir.View, actual weir.Topics) ([]UnpublishedTopic, error) {
	left := maps.Clone(actual)
	if len(left) == 0 {
		return nil, nil
	}
	err := weir.All(ctx, v, weir.ListQuery{Noun: weir.NounTopic, Scope: weir.Everything}, func(it weir.Item) error {
		delete(left, it.Entity.Ref().Name)
		return nil
	})
	var out []UnpublishedTopic
	for _, t := range left {
		if !internal(t.Name) {
			out = append(out, UnpublishedTopic{Name: t.Name, Partitions: t.Partitions})
		}
	}
	return out, err
}

// pageOf is the part of a list that a query asks for.
func pageOf(all []UnpublishedTopic, q UnpublishedQuery) UnpublishedPage {
	slices.SortFunc(all, func(a, b UnpublishedTopic) int { return strings.Compare(a.Name, b.Name) })
	all = slices.DeleteFunc(all, func(t UnpublishedTopic) bool { return q.After != "" && t.Name <= q.After })
	limit := or(q.Limit, usualLimit)
	if len(all) <= limit {
		return UnpublishedPage{Items: all}
	}
	return UnpublishedPage{Items: all[:limit], Next: all[limit-1].Name}
}
