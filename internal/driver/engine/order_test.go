package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/engine"
)

// messages are n records of a partition, a millisecond apart.
func messages(input int, partition int32, offset, time int64, n int) weir.Messages {
	m := weir.Messages{Input: input, Partition: partition}
	for k := range int64(n) {
		m.Offsets, m.Times = append(m.Offsets, offset+k), append(m.Times, time+k)
	}
	return m
}

// TestInputsAreMergedByTime: tables first, then what is next in each partition by
// its time, however it was read; a partition stays in its order.
func TestInputsAreMergedByTime(t *testing.T) {
	t.Parallel()
	read := []weir.Messages{
		messages(1, 0, 0, 1000, 5000), messages(0, 1, 7, 9000, 10), messages(1, 1, 0, 500, 2000), messages(1, 1, 2000, 2500, 1),
		messages(2, 0, 0, 0, 1), messages(0, 0, 3, 8000, 1), messages(2, 0, 1, 9999, 1), messages(2, 0, 2, 1, 1), messages(2, 0, 3, 1, 0),
	}
	want := [][4]int{
		{0, 0, 3, 1}, {0, 1, 7, 10}, // the table
		{2, 0, 0, 1}, {1, 1, 0, 2000}, {1, 0, 0, 2048}, {1, 1, 2000, 1}, {1, 0, 2048, 2048}, {1, 0, 4096, 904},
		{2, 0, 1, 1}, {2, 0, 2, 1}, // it stays behind the one before it
	}
	if d := cmp.Diff(want, engine.InTurn([]bool{true, false, false}, read)); d != "" {
		t.Fatal(d)
	}
}
