package engine

import (
	"runtime"
	"sync"

	"github.com/weirmesh/weir/internal/core/flow"
)

// shardsAtMost is how many parts of a query compute at once unless told.
const shardsAtMost = 8

// shards is how many parts of a job compute at once. Unless told, half of the
// processors: clients and codecs take as much again, and with two processors two
// parts are no faster than one.
func shards(job *flow.Job) int {
	if job.Shards > 0 {
		return min(job.Shards, flow.MaxShards)
	}
	return min(max(runtime.GOMAXPROCS(0)/2, 1), shardsAtMost)
}

// together does the parts of a step at once, one of them here.
func together(n int, do func(k int)) {
	var others sync.WaitGroup
	for k := 1; k < n; k++ {
		others.Go(func() { do(k) })
	}
	do(0)
	others.Wait()
}
