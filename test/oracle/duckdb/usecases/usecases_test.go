// Package usecases_test runs the examples over the records of the demo's world and
// compares their rows with those of DuckDB.
package usecases_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/core/gallery"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/internal/demo/world"
)

// lasts is how long the world goes on: long enough that a quarter of an hour ends.
const lasts = 17 * time.Minute

// began is when it begins.
var began = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// TestExamplesEqualDuckDB: each example reads what the demo's producers write in
// that time, cut into epochs, of which some are undone and done again, and
// before some of which another flow, of another number of shards, takes the state
// over. When an epoch ends, what it has made until then are the rows that DuckDB
// makes of all records until then.
func TestExamplesEqualDuckDB(t *testing.T) {
	t.Parallel()
	records := lived(t, 11)
	db := open(t, records)
	var compiler sqlang.Compiler
	for _, e := range gallery.Examples() {
		t.Run(e.Name, func(t *testing.T) {
			plan, err := compiler.Compile(e.Statement, catalog{})
			if err != nil {
				t.Fatal(err)
			}
			r := newRun(t, plan, records)
			epochs := records[len(records)-1].epoch
			for _, last := range []int{epochs / 20, epochs / 3, epochs / 2, epochs} {
				r.until(last)
				same(t, last, r.rows(), theirs(t, db, e.Name, last, r.watermark()))
			}
			if len(r.rows()) < 4 {
				t.Errorf("there are only %d rows", len(r.rows()))
			}
		})
	}
}

// came is a record of a product, with where and when it came.
type came struct {
	product   int // of world.Products
	record    world.Record
	fields    map[string]any // as its JSON has them
	partition int32
	offset    int64
	stamp     time.Time
	epoch     int
}

// lived is what the producers of the demo write while time goes by: at each tenth
// of a second what is due, as the demo does, cut into epochs anywhere.
func lived(t *testing.T, seed uint64) (all []came) {
	t.Helper()
	now := began
	w := world.New(seed, func() time.Time { return now })
	random := rand.New(rand.NewPCG(seed, 1))
	offsets := map[[2]int]int64{}
	epoch, left := 0, 0
	add := func(product int, r world.Record) {
		if left--; left < 0 {
			epoch, left = epoch+1, random.IntN(1500)
		}
		c := came{product: product, record: r, fields: object(t, r), partition: partition(r.Key()), stamp: now, epoch: epoch}
		place := [2]int{product, int(c.partition)}
		c.offset, offsets[place] = offsets[place], offsets[place]+1
		all = append(all, c)
	}
	for i, p := range world.Products() {
		for _, r := range w.First(p) {
			add(i, r)
		}
	}
	owed := make([]float64, len(world.Products()))
	for ; now.Before(began.Add(lasts)); now = now.Add(100 * time.Millisecond) {
		for i, p := range world.Products() {
			for owed[i] += p.Rate / 10; owed[i] >= 1; owed[i]-- {
				add(i, p.Next(w))
			}
		}
	}
	return all
}

// partitions is how many each product has.
const partitions = 3

func partition(key string) int32 {
	n := 0
	for _, c := range key {
		n = 31*n + int(c)
	}
	return int32(n % partitions)
}

func same(t *testing.T, epoch int, ours, theirs map[string]int) {
	t.Helper()
	if maps.Equal(ours, theirs) {
		return
	}
	t.Errorf("behind epoch %d there are %d rows, by DuckDB %d. Some of ours alone:\n%s\nSome of DuckDB's alone:\n%s",
		epoch, len(ours), len(theirs), without(ours, theirs), without(theirs, ours))
}

// without is some rows of a that b has not as often.
func without(a, b map[string]int) string {
	var some []string
	for row, times := range a {
		if b[row] != times {
			some = append(some, row+" x"+strconv.Itoa(times))
		}
	}
	slices.Sort(some)
	return strings.Join(some[:min(len(some), 5)], "\n")
}
