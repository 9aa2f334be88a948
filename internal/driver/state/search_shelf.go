package state

import (
	"cmp"
	"context"
	"encoding/json"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/postings"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// shelf is in memory what searches ask: words, and of every document whether it
// is in scope, its facets' values and its name. What is asked of all documents
// at once lies beside each other, apart from the rest.
type shelf struct {
	items []weir.Ref // by number; 0 is none
	by    map[weir.UID]int

	audience []uint32 // by number, from 1; 0: the document is gone
	names    []nameSum
	facts    facts
	living   int

	audiences []audienceOf // sets of readers, each once
	known     map[string]uint32
	values    []weir.SearchFilter // values of facets, each once
	value     map[weir.SearchFilter]uint32

	rank     []uint32 // by number the place among names, from 1; 0: not known yet
	unranked int

	segments    []stored
	lastSegment int64
	free        []int // numbers that no segment has
}

type audienceOf []weir.UID

// nameSum is enough of a name to tell most others apart: the whole of it and
// its own part, without anything between words.
type nameSum struct{ whole, own uint32 }

func sumOf(r weir.Ref) nameSum {
	n := nameSum{whole: wordSum(joined(r.Name))}
	n.own = n.whole
	if own, ok := ownName(r); ok {
		n.own = wordSum(joined(own))
	}
	return n
}

func wordSum(s string) uint32 { return crc32.ChecksumIEEE([]byte(s)) }

// ownName is a product's name within its domain.
func ownName(r weir.Ref) (string, bool) {
	if r.Noun != weir.NounProduct {
		return "", false
	}
	_, own, err := weir.SplitProduct(r.Name)
	return own, err == nil
}

// isNamed reports whether a document's name, or its own part, is a text
// without anything between its words.
func (s *shelf) isNamed(id int, text string) bool {
	own, _ := ownName(s.items[id])
	return joined(s.items[id].Name) == text || own != "" && joined(own) == text
}

func newShelf() *shelf {
	return &shelf{
		items: make([]weir.Ref, 1), audience: make([]uint32, 1), names: make([]nameSum, 1), rank: make([]uint32, 1),
		by: map[weir.UID]int{}, known: map[string]uint32{}, value: map[weir.SearchFilter]uint32{},
	}
}

func (s *shelf) lives(id int) bool { return id < len(s.audience) && s.audience[id] > 0 }

// apply does what an edit did in the file.
func (s *shelf) apply(b *edit) {
	for _, id := range b.gone {
		s.drop(id)
	}
	for _, p := range b.put {
		s.put(p.id, p.doc.ref, p.doc.readers, p.doc.facets)
	}
	s.segments = slices.DeleteFunc(s.segments, func(g stored) bool { return slices.Contains(b.old, g) })
	s.segments = append(s.segments, b.fresh...)
	s.free = b.free
	if len(b.old) > 0 {
		s.unused()
	}
}

// unused finds the numbers that are free: a document that is gone keeps its own
// until no segment has it.
func (s *shelf) unused() {
	taken := newSet(len(s.items))
	taken.add(0)
	for _, g := range s.segments {
		g.Docs(func(doc uint32) { taken.add(int(doc)) })
	}
	s.free = nil
	for id := range s.items {
		if !taken.has(id) && !s.lives(id) {
			s.free = append(s.free, id)
		}
	}
}

// grow makes room for a number.
func (s *shelf) grow(id int) {
	for len(s.items) <= id {
		s.items, s.audience = append(s.items, weir.Ref{}), append(s.audience, 0)
		s.names, s.rank = append(s.names, nameSum{}), append(s.rank, 0)
	}
}

// put takes a document under a number.
func (s *shelf) put(id int, r weir.Ref, readers []weir.UID, facets []weir.SearchFilter) {
	s.grow(id)
	values := make([]uint32, len(facets))
	for i, f := range facets {
		values[i] = s.facet(f)
	}
	s.items[id], s.by[r.UID], s.audience[id], s.names[id], s.rank[id] = r, id, s.readers(readers), sumOf(r), 0
	s.facts.put(id, values)
	s.living++
	s.unranked++
}

func (s *shelf) drop(id int) {
	if !s.lives(id) {
		return
	}
	s.living--
	delete(s.by, s.items[id].UID)
	s.items[id], s.audience[id], s.names[id] = weir.Ref{}, 0, nameSum{}
	s.facts.put(id, nil)
}

func (s *shelf) readers(us []weir.UID) uint32 {
	key := uids(us)
	i, ok := s.known[key]
	if !ok {
		s.audiences = append(s.audiences, us)
		i = uint32(len(s.audiences))
		s.known[key] = i
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
	knows := make([]bool, len(s.audiences)+1)
	for i, us := range s.audiences {
		knows[i+1] = scope.Knows(us)
	}
	out := newSet(len(s.items))
	for id, a := range s.audience {
		if knows[a] {
			out.add(id)
		}
	}
	return out
}

// byName is the order of what is worth the same.
func (s *shelf) byName(a, b int) int {
	if s.rank[a] > 0 && s.rank[b] > 0 {
		return cmp.Compare(s.rank[a], s.rank[b])
	}
	return compareNames(s.items[a], s.items[b])
}

func compareNames(x, y weir.Ref) int {
	return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(string(x.Noun), string(y.Noun)))
}

// minUnranked is how many names are compared letter by letter without anybody
// noticing.
const minUnranked = 1000

// ranked are the places of all names, those of new documents among them, once
// there are so many without a place that it is worth while; else nil.
func (s *shelf) ranked(put []placed) []uint32 {
	if n := s.unranked + len(put); n < max(minUnranked, s.living/8) {
		return nil
	}
	refs := slices.Clone(s.items)
	for _, p := range put {
		for len(refs) <= p.id {
			refs = append(refs, weir.Ref{})
		}
		refs[p.id] = p.doc.ref
	}
	return placesOf(refs)
}

func placesOf(refs []weir.Ref) []uint32 {
	ids := make([]uint32, len(refs))
	for i := range ids {
		ids[i] = uint32(i)
	}
	slices.SortFunc(ids, func(a, b uint32) int { return compareNames(refs[a], refs[b]) })
	rank := make([]uint32, len(refs))
	for i, id := range ids {
		rank[id] = uint32(i + 1)
	}
	return rank
}

// facts are the values of facets that documents have, in one piece.
type facts struct {
	at    []span32
	all   []uint32
	waste int
}

type span32 struct{ from, n uint32 }

func (f *facts) put(id int, values []uint32) {
	for len(f.at) <= id {
		f.at = append(f.at, span32{})
	}
	f.waste += int(f.at[id].n)
	f.at[id] = span32{uint32(len(f.all)), uint32(len(values))}
	f.all = append(f.all, values...)
	if f.waste > len(f.all)/2+1000 {
		f.pack()
	}
}

// pack forgets what nobody has any more.
func (f *facts) pack() {
	var all []uint32
	for id, s := range f.at {
		f.at[id].from = uint32(len(all))
		all = append(all, f.all[s.from:s.from+s.n]...)
	}
	f.all, f.waste = all, 0
}

func (f *facts) of(id int) []uint32 {
	s := f.at[id]
	return f.all[s.from : s.from+s.n]
}

// load reads every document of the file, and every segment.
func (s *shelf) load(ctx context.Context, c *sqlite.Conn) error {
	if err := s.loadItems(ctx, c); err != nil {
		return err
	}
	if err := s.loadSegments(ctx, c); err != nil {
		return err
	}
	s.rank, s.unranked = placesOf(s.items), 0
	s.unused()
	return nil
}

func (s *shelf) loadItems(ctx context.Context, c *sqlite.Conn) error {
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

// loadSegments reads those that are whole, and forgets pieces of one that never
// was.
func (s *shelf) loadSegments(ctx context.Context, c *sqlite.Conn) error {
	if _, err := c.Exec(ctx, "delete from piece where id >> ? not in (select id from segment)", pieceBits); err != nil {
		return err
	}
	var ids []int64
	if err := c.Rows(ctx, "select id from segment order by id", nil, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}); err != nil {
		return err
	}
	for _, id := range ids {
		g, err := readSegment(ctx, c, id)
		if err != nil {
			return err
		}
		g.Docs(func(doc uint32) { s.grow(int(doc)) })
		s.segments, s.lastSegment = append(s.segments, stored{g, id}), id
	}
	return nil
}

func readSegment(ctx context.Context, c *sqlite.Conn, id int64) (*postings.Segment, error) {
	from, to := id<<pieceBits, (id+1)<<pieceBits-1
	var size int
	if err := c.Row(ctx, "select coalesce(sum(length(bytes)), 0) from piece where id between ? and ?", []any{from, to}, &size); err != nil {
		return nil, err
	}
	data := make([]byte, 0, size)
	if err := c.Rows(ctx, "select bytes from piece where id between ? and ? order by id", []any{from, to}, func(scan func(...any) error) error {
		var piece []byte
		err := scan(&piece)
		data = append(data, piece...)
		return err
	}); err != nil {
		return nil, err
	}
	g, err := postings.Open(data)
	if err != nil {
		return nil, weir.Errorf(weir.Damaged, "the search index is damaged").Because(err)
	}
	return g, nil
}
