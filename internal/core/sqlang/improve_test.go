package sqlang_test

import (
	"testing"

	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestWhatStandsTwiceIsOneNode: what a WITH names and two places use is computed
// once.
func TestWhatStandsTwiceIsOneNode(t *testing.T) {
	t.Parallel()
	p, err := compiler.Compile(`WITH t AS (SELECT status, count(*) AS n FROM shop.orders GROUP BY status), m AS (SELECT n, count(*) AS many FROM t GROUP BY n)
		SELECT t.status, t.n, m.many FROM t JOIN m ON m.n = t.n`, newShop())
	if err != nil {
		t.Fatal(err)
	}
	groups := map[*sqlang.Group]int{}
	var walk func(n sqlang.Node)
	walk = func(n sqlang.Node) {
		if g, ok := n.(*sqlang.Group); ok {
			groups[g]++
		}
		for _, in := range n.In() {
			walk(in)
		}
	}
	walk(p.Root)
	if scans := p.Scans(0); len(groups) != 2 || len(scans) != 1 {
		t.Errorf("there are %d groupings of %d scans, want 2 of 1", len(groups), len(scans))
	}
}
