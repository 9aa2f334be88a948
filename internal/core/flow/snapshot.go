package flow

import (
	"encoding/binary"
	"iter"
)

// All is every key of the state with its value, as Changes gives them, in no
// order. Steps may go on between two of them: what is then changed or added may
// or may not be given, and Changes has it. Neither may be changed, nor kept
// beyond the next step.
func (f *Flow) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		var key []byte
		for _, t := range f.store.tables {
			for _, c := range t.cells {
				if c.value == nil {
					continue
				}
				key = append(binary.AppendUvarint(key[:0], uint64(t.id)), c.key...)
				if !yield(key, c.value) {
					return
				}
			}
		}
	}
}
