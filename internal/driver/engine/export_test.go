package engine

import "github.com/weirmesh/weir"

// InTurn is the pieces of what an epoch read, in their order: input, partition,
// first offset, records. tables are the inputs that are some.
func InTurn(tables []bool, read []weir.Messages) (pieces [][4]int) {
	r := &run{}
	for k, is := range tables {
		r.in = append(r.in, &input{number: k, table: is})
	}
	for _, c := range r.inTurn(read) {
		pieces = append(pieces, [4]int{c.m.Input, int(c.m.Partition), int(c.m.Offsets[c.from]), c.to - c.from})
	}
	return pieces
}
