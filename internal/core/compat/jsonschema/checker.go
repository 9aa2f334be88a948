// Package jsonschema says whether a reader that has one JSON Schema can read
// everything that was written with another: whatever fits the writer's schema
// fits the reader's.
//
// Both schemas are taken apart. For every place in a record there is what the
// writer's schemas guarantee there, all together, and what the reader demands;
// a demand that no guarantee meets is a mismatch. Where one of the writer's
// schemas offers alternatives, and no guarantee holds without telling them
// apart, each alternative is asked by itself. The answer "can read" is meant
// strictly, but for the exceptions that stock registries make, which the table
// in the documentation names; the answer "cannot" is given when in doubt.
//
// Rules is the table of the rules. A comparison takes a bounded number of
// steps; one that would take more is the mismatch TOO_COMPLEX.
package jsonschema

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/schema"
	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// MaxSteps bounds a comparison: how often one of the writer's schemas is held
// against one of the reader's, and one for every few names, values and
// characters that are looked at for it.
const MaxSteps = 100_000

// maxSplits bounds how many alternatives of the writer are told apart at one
// place.
const maxSplits = 6

// CanRead lists what stops one who has the reader's schema from reading what
// was written with the writer's. Nothing: it can.
func CanRead(reader, writer *js.Schema) []schema.Mismatch {
	return newChecker().canRead(reader, writer)
}

// tooComplex ends a comparison, from wherever it has come to.
type tooComplex struct{}

func (c *checker) canRead(reader, writer *js.Schema) (ms []schema.Mismatch) {
	defer func() {
		switch r := recover(); r {
		case nil:
		case tooComplex{}:
			c.steps = 0
			ms = []schema.Mismatch{c.mismatch("TOO_COMPLEX", "", "more than "+number(MaxSteps)+" steps", "")}
		default:
			panic(r)
		}
	}()
	return distinct(c.covers(c.sideOf(writer.Root()), reader.Root(), "", 0))
}

// spend counts steps, and ends the comparison that has taken too many.
func (c *checker) spend(n int) {
	if c.steps += n; c.steps > MaxSteps {
		panic(tooComplex{})
	}
}

// checker is one comparison.
type checker struct {
	rules  map[string]Rule
	steps  int
	ids    map[*js.Node]int
	types  map[*js.Node]typeSet
	starts map[string]string // of patterns, see prefix
	equal  map[[2]*js.Node]bool
	trail  [][2]*js.Node     // found to be the same, in the order in which they were found
	spread map[*js.Node]rest // unevaluatedProperties and -Items, as far as they are known
	only   map[typeSet]*js.Node

	open  map[string]int // pairs being compared, with how deep they stand
	low   int            // the outermost pair that was taken for granted
	met   map[string]bool
	unmet map[string][]schema.Mismatch

	sets  map[string]*valueSet     // of the writer's values, by the schemas that list them
	lacks map[valuesAgainst]string // the rule that a reader's enum breaks
	stamp map[*js.Node]int         // the side into which a node was last put
	turn  int
	looks int
	all   *js.Node                     // takes everything
	enums map[*js.Node]map[string]bool // the values of enums
}

func newChecker() *checker {
	c := &checker{
		rules: map[string]Rule{}, ids: map[*js.Node]int{}, starts: map[string]string{}, types: map[*js.Node]typeSet{}, equal: map[[2]*js.Node]bool{}, spread: map[*js.Node]rest{},
		only: map[typeSet]*js.Node{}, open: map[string]int{}, low: outside, met: map[string]bool{}, unmet: map[string][]schema.Mismatch{},
		sets: map[string]*valueSet{}, lacks: map[valuesAgainst]string{}, stamp: map[*js.Node]int{}, enums: map[*js.Node]map[string]bool{},
	}
	for _, r := range Rules() {
		c.rules[r.Name] = r
	}
	return c
}

// outside is deeper than any pair: nothing was taken for granted.
const outside = 1 << 30

// mismatch is a broken rule with what both sides say.
func (c *checker) mismatch(rule, path, reader, writer string) schema.Mismatch {
	c.spend(2)
	r := c.rules[rule]
	msg := strings.NewReplacer("%R", reader, "%W", writer).Replace(r.Breaks)
	return schema.Mismatch{Path: path, Rule: rule, Reader: reader, Writer: writer, Msg: msg, Fix: r.Fix}
}

// MaxFindings bounds the findings of a comparison.
const MaxFindings = 100

// distinct drops findings that are there already, and those over the bound.
func distinct(ms []schema.Mismatch) []schema.Mismatch {
	var out []schema.Mismatch
	seen := map[schema.Mismatch]bool{}
	for _, m := range ms {
		if !seen[m] && len(out) < MaxFindings {
			seen[m] = true
			out = append(out, m)
		}
	}
	return out
}

// covers lists why a reader's schema does not take all that a writer may write
// at a place. A pair that is being compared already, further out, is taken for
// granted: a schema that refers to itself fits unless something else does not.
func (c *checker) covers(w *side, r *js.Node, path string, depth int) []schema.Mismatch {
	if r == nil || w.types == noType {
		return nil
	}
	c.spend(1 + len(w.nodes) + len(path)/128)
	if c.isSame(w, r) {
		return nil
	}
	key := w.key + "|" + number(c.id(r))
	if at, ok := c.open[key]; ok {
		c.low = min(c.low, at)
		return nil
	}
	if c.met[key] {
		return nil
	}
	if ms, ok := c.unmet[key+path]; ok {
		return ms
	}
	outer := c.low
	c.low = outside
	c.open[key] = depth
	ms := c.compare(w, r, path, depth)
	delete(c.open, key)
	c.remember(key, path, depth, ms)
	c.low = min(c.low, outer)
	return ms
}

// remember keeps a result, if it does not hang on a pair further out.
func (c *checker) remember(key, path string, depth int, ms []schema.Mismatch) {
	if c.low >= depth {
		c.low = outside
	}
	switch {
	case len(ms) > 0:
		c.unmet[key+path] = ms
	case c.low == outside:
		c.met[key] = true
	}
}

// isSame reports whether the writer has the reader's very schema.
func (c *checker) isSame(w *side, r *js.Node) bool {
	if r.Always != nil && *r.Always {
		return true
	}
	return slices.ContainsFunc(w.nodes, func(n *js.Node) bool { return c.same(n, r) })
}

// compare asks the reader's demands of the writer, and if some are not met, of
// each of the writer's alternatives.
func (c *checker) compare(w *side, r *js.Node, path string, depth int) []schema.Mismatch {
	ms := c.demands(w, r, path, depth)
	if len(ms) == 0 || len(w.used) >= maxSplits {
		return ms
	}
	parts := c.split(w, r)
	if len(parts) == 0 {
		return ms
	}
	for _, p := range parts {
		if bad := c.covers(p, r, path, depth+1); len(bad) > 0 {
			return c.better(ms, bad)
		}
	}
	return nil
}

// better chooses which of two lists of reasons tells more: those of one
// alternative, unless the whole failed for its type.
func (c *checker) better(whole, part []schema.Mismatch) []schema.Mismatch {
	if len(whole) == 1 && slices.Contains([]string{"TYPE_NARROWED", "TYPE_CHANGED", "COMBINED_TYPE_CHANGED"}, whole[0].Rule) {
		return whole
	}
	return part
}

// split tells one of the writer's alternatives apart: those of an anyOf, a
// oneOf, a condition, or the types.
func (c *checker) split(w *side, r *js.Node) []*side {
	for _, n := range w.nodes {
		if w.used[n] {
			continue
		}
		branches := append(slices.Clip(n.AnyOf), n.OneOf...)
		switch {
		case len(n.AnyOf) > 0 && len(n.OneOf) > 0:
			branches = n.OneOf
		case len(n.AnyOf) > 1 && len(r.OneOf) > 1:
			continue
		case len(branches) == 0 && n.If != nil:
			return []*side{c.and(w, n, n.If, n.Then), c.and(w, n, n.Else)}
		}
		if len(branches) == 0 {
			continue
		}
		var parts []*side
		for _, b := range branches {
			p := c.and(w, n, b)
			p.one = p.one || len(n.OneOf) > 0
			parts = append(parts, p)
		}
		return parts
	}
	return c.splitTypes(w)
}

// splitTypes tells the writer's types apart, if its schemas name any: where they
// do not, stock registries do not try either.
func (c *checker) splitTypes(w *side) []*side {
	if w.types == everyType {
		return nil
	}
	var parts []*side
	for _, t := range []typeSet{nullType, booleanType, objectType, arrayType, stringType, numberType} {
		if w.types&t != 0 && w.types&^t != 0 {
			parts = append(parts, c.and(w, nil, c.onlyType(w.types&t)))
		}
	}
	return parts
}

// onlyType is a schema that allows the types and nothing else.
func (c *checker) onlyType(t typeSet) *js.Node {
	if c.only[t] == nil {
		n := &js.Node{}
		for _, name := range typeNames() {
			if name.set&^t == 0 {
				n.Types = append(n.Types, name.name)
			}
		}
		c.only[t] = n
	}
	return c.only[t]
}
