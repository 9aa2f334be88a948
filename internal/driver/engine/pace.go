package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/flow"
)

// pace tells a flow for which partitions the watermark waits: those from which
// something came not long ago, or last of all, or is to come.
type pace struct {
	idle time.Duration
	s    weir.Session
	seen []map[int32]time.Time // of each input: when something came
	late []map[int32]bool      // of each input: those that are not waited for
	last time.Time             // when something came
}

// begin lets the watermark wait for every partition.
func (p *pace) begin(f *flow.Flow, s weir.Session, at []weir.Position, now time.Time) {
	p.s = s
	p.seen, p.late = make([]map[int32]time.Time, len(at)), make([]map[int32]bool, len(at))
	for input, position := range at {
		p.seen[input], p.late[input] = map[int32]time.Time{}, map[int32]bool{}
		for partition := range position.Offsets {
			p.seen[input][partition] = now
		}
		p.assign(f, input)
	}
}

func (p *pace) assign(f *flow.Flow, input int) {
	f.Assign(input, slices.Collect(maps.Keys(p.seen[input])))
}

// look takes in what came, and reports whether the watermark waits for others
// than before.
func (p *pace) look(f *flow.Flow, came []weir.Messages, now time.Time) (moved bool) {
	for _, m := range came {
		_, known := p.seen[m.Input][m.Partition]
		p.seen[m.Input][m.Partition], p.last = now, now
		if !known {
			p.assign(f, m.Input)
		}
	}
	for input, seen := range p.seen {
		for partition, at := range seen {
			if idle := at.Before(p.last) && now.Sub(at) >= p.idle && p.s.Behind(input, partition) == 0; idle != p.late[input][partition] {
				p.late[input][partition] = idle
				f.Idle(input, partition, idle)
				moved = true
			}
		}
	}
	return moved
}
