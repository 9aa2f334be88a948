package kafka

import (
	"encoding/binary"
	"slices"

	"github.com/pierrec/lz4/v4"
)

// What stands in a frame of LZ4, as its specification says.
const (
	lz4Magic   = 0x184D2204
	lz4Version = 0x40 // in the flags; with lz4Mask
	lz4Mask    = 0xC0
	lz4Apart   = 0x20 // no block needs the one before it
	lz4Summed  = 0x10 // each block is followed by a sum
	lz4Sized   = 0x08 // the size of the content stands in the head
	lz4Named   = 0x01 // and a dictionary
	lz4Plain   = 1 << 31
)

// unlz4 appends the content of a frame to out, in one go and without its sums:
// that of the batch was right. false: it is a frame of a kind that clients rarely
// write, or broken, or too large; who reads it by the book will say so.
func unlz4(out, frame []byte) ([]byte, bool) {
	le := binary.LittleEndian
	if len(frame) < 7 || le.Uint32(frame) != lz4Magic {
		return nil, false
	}
	flags, blockMost := frame[4], lz4Block(frame[5])
	if flags&lz4Mask != lz4Version || flags&lz4Apart == 0 || flags&lz4Named != 0 || blockMost == 0 {
		return nil, false
	}
	at := 7
	if flags&lz4Sized != 0 {
		at += 8
	}
	for at+4 <= len(frame) {
		word := le.Uint32(frame[at:])
		at += 4
		if word == 0 {
			return out, true
		}
		size := int(word &^ lz4Plain)
		if size > len(frame)-at || size > blockMost {
			return nil, false
		}
		block, ok := frame[at:at+size], true
		if word&lz4Plain != 0 {
			out = append(out, block...)
		} else if out, ok = unlz4Block(out, block, blockMost); !ok {
			return nil, false
		}
		if at += size; flags&lz4Summed != 0 {
			at += 4
		}
	}
	return nil, false
}

// lz4Block is the most that a block of a frame unpacks to; 0: it is none that there
// is.
func lz4Block(descriptor byte) int {
	if id := descriptor >> 4 & 7; id >= 4 {
		return 1 << (8 + 2*id)
	}
	return 0
}

// unlz4Block appends the content of a block. Room is made as there is some, and
// what a block may need at most when that is too little.
func unlz4Block(out, block []byte, most int) ([]byte, bool) {
	for range 2 {
		room := out[len(out):cap(out)]
		n, err := lz4.UncompressBlock(block, room[:min(len(room), most)])
		if err == nil {
			return out[:len(out)+n], true
		}
		need := min(most, 255*len(block))
		if len(room) >= need || len(out)+need > unpackAtMost {
			return nil, false
		}
		out = slices.Grow(out, need)
	}
	return nil, false
}
