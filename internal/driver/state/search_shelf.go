package state

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// shelf is in memory what every search asks of every document: whether it is
// in scope, and its facets' values.
type shelf struct {
	items  []item // by number; 0 is none
	by     map[weir.UID]int
	living int

	audiences []audienceOf // sets of readers, each once
	audience  map[string]int
	values    []weir.SearchFilter // values of facets, each once
	value     map[weir.SearchFilter]uint32

	found finds
}

type audienceOf []weir.UID

// item is a document. Without a noun, it is gone.
type item struct {
	ref      weir.Ref
	audience int
	values   []uint32
	whole    string // the name without anything between its words
	own      string // the same of its own part
}

// finds keeps the documents that words have, until the index changes.
type finds struct {
	sync.Mutex
	by    map[string]*find
	bytes int
}

// The bytes of what is kept are bounded by both together: some, and some for
// each document.
const (
	minFinds     = 16 << 20
	findsPerItem = 512
)

func newShelf() *shelf {
	return &shelf{
		items: make([]item, 1), by: map[weir.UID]int{}, audience: map[string]int{}, value: map[weir.SearchFilter]uint32{},
		found: finds{by: map[string]*find{}},
	}
}

// put takes a document under a number; the one that had the number is gone.
func (s *shelf) put(id int, r weir.Ref, readers []weir.UID, facets []weir.SearchFilter) {
	for len(s.items) <= id {
		s.items = append(s.items, item{})
	}
	it := item{ref: r, audience: s.readers(readers), whole: joined(r.Name), values: make([]uint32, len(facets))}
	it.own = it.whole
	if r.Noun == weir.NounProduct {
		if _, own, err := weir.SplitProduct(r.Name); err == nil {
			it.own = joined(own)
		}
	}
	for i, f := range facets {
		it.values[i] = s.facet(f)
	}
	if s.items[id].ref.Noun == "" {
		s.living++
	}
	s.items[id], s.by[r.UID] = it, id
}

func (s *shelf) drop(id int) {
	if s.items[id].ref.Noun == "" {
		return
	}
	s.living--
	delete(s.by, s.items[id].ref.UID)
	s.items[id] = item{}
}

func (s *shelf) readers(us []weir.UID) int {
	key := uids(us)
	i, ok := s.audience[key]
	if !ok {
		i = len(s.audiences)
		s.audience[key], s.audiences = i, append(s.audiences, us)
	}
	return i
}

func (s *shelf) facet(f weir.SearchFilter) uint32 {
	f.Not = false
	i, ok := s.value[f]
	if !ok {
		i = uint32(len(s.values))
		s.value[f], s.values = i, append(s.values, f)
	}
	return i
}

// visible is every document in scope.
func (s *shelf) visible(scope weir.Scope) set {
	knows := make([]bool, len(s.audiences))
	for i, us := range s.audiences {
		knows[i] = scope.Knows(us)
	}
	out := newSet(len(s.items))
	for id := range s.items {
		if it := &s.items[id]; it.ref.Noun != "" && knows[it.audience] {
			out.add(id)
		}
	}
	return out
}

// changed forgets what words had.
func (s *shelf) changed() {
	s.found.Lock()
	defer s.found.Unlock()
	s.found.by, s.found.bytes = map[string]*find{}, 0
}

// load reads every document of the file.
func (s *shelf) load(ctx context.Context, c *sqlite.Conn) error {
	return c.Rows(ctx, "select id, uid, noun, name, readers, facets from item", nil, func(scan func(...any) error) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var id int
		var uid, readerText, facetText string
		var r weir.Ref
		if err := scan(&id, &uid, &r.Noun, &r.Name, &readerText, &facetText); err != nil {
			return err
		}
		var readers []weir.UID
		var pairs [][2]string
		if err := r.UID.UnmarshalText([]byte(uid)); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(readerText), &readers); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(facetText), &pairs); err != nil {
			return err
		}
		facets := make([]weir.SearchFilter, len(pairs))
		for i, p := range pairs {
			facets[i] = weir.SearchFilter{Facet: p[0], Value: p[1]}
		}
		s.put(id, r, readers, facets)
		return nil
	})
}
