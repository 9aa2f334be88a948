package avro

import (
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// The comparison is a graph of pairs of types: a pair is bad if something is
// wrong with itself, or with one of the pairs that it needs (all fields of a
// record, all branches of the writer), or, if it may choose, with all of them
// (the branches of the reader). Pairs that only need each other are good, which
// is what a recursive schema means. Badness spreads from the pairs where it
// begins to those that need them, so that the order in which pairs are met
// decides nothing.

// pair is a reader's type and a writer's.
type pair struct{ reader, writer *avro.Type }

// node is a pair with what was found.
type node struct {
	pair
	kids    []kid
	parents []*node
	choice  bool // one good kid is enough
	good    int  // kids that are not bad, of a choice
	bad     bool
}

// kid is a pair that another one needs, or something that is wrong with that
// one itself.
type kid struct {
	*node
	wrong *schema.Mismatch // if there is no node
	step  string           // from the one to the other, as in a path
}

type checker struct {
	pairs   map[pair]*node
	todo    []*node
	indexes map[*avro.Type]*index
	work    int
}

// node gives the node of a pair; a new one is still to be expanded.
func (c *checker) node(reader, writer *avro.Type) *node {
	p := pair{reader, writer}
	n, ok := c.pairs[p]
	if !ok {
		c.work++
		n = &node{pair: p}
		c.pairs[p] = n
		c.todo = append(c.todo, n)
	}
	return n
}

// needs adds a pair that n needs, or may choose.
func (c *checker) needs(n *node, step string, reader, writer *avro.Type) {
	k := c.node(reader, writer)
	k.parents = append(k.parents, n)
	n.kids = append(n.kids, kid{node: k, step: step})
	if !k.bad {
		n.good++
	} else if !n.choice {
		c.spoil(n)
	}
}

// wrong says that something is wrong with n itself, at a step from it.
func (c *checker) wrong(n *node, step string, m schema.Mismatch) {
	n.kids = append(n.kids, kid{wrong: &m, step: step})
	c.spoil(n)
}

// spoil makes n bad, and all that cannot do without it.
func (c *checker) spoil(n *node) {
	bad := []*node{n}
	for len(bad) > 0 {
		n, bad = bad[len(bad)-1], bad[:len(bad)-1]
		if n.bad {
			continue
		}
		n.bad = true
		for _, p := range n.parents {
			if p.good--; !p.choice || p.good == 0 {
				bad = append(bad, p)
			}
		}
	}
}

// report lists what is wrong, from the outside in the reader's order. What is
// wrong in a pair of records is told where the pair is first met.
func (c *checker) report(root *node) []schema.Mismatch {
	r := &reporter{told: map[*node]bool{}}
	r.tell(root, "")
	return r.list
}

type reporter struct {
	told map[*node]bool
	list []schema.Mismatch
}

func (r *reporter) tell(n *node, at string) {
	if !n.bad || r.told[n] {
		return
	}
	r.told[n] = n.reader.Kind == avro.Record && n.writer.Kind == avro.Record
	for _, k := range n.telling() {
		if k.wrong == nil && !k.bad {
			continue
		}
		switch path := join(at, k.step); {
		case len(r.list) == MaxMismatches:
			return
		case k.wrong != nil:
			m := *k.wrong
			m.Path = path
			r.list = append(r.list, m)
		default:
			r.tell(k.node, path)
		}
	}
}

// telling are the kids that explain a bad pair; of a choice it is the branch
// that will have been meant.
func (n *node) telling() []kid {
	if n.choice {
		return n.kids[:1]
	}
	return n.kids
}

// join puts a step behind a path.
func join(at, step string) string {
	if at == "" || step == "" || step[0] == '[' || step[0] == '{' {
		return at + step
	}
	return at + "." + step
}
