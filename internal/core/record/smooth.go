package record

import "encoding/binary"

// Masks of eight bytes at once.
const (
	each1    = 0x0101010101010101
	eachHigh = 0x80 * each1
)

// smooth is how many bytes in front need no look in JSON, being neither a quote nor
// a backslash nor a control character, and the bits that they have; eight at a
// time, so that there may be more.
func smooth(b []byte) (n int, bits byte) {
	var all uint64
	for ; n+8 <= len(b); n += 8 {
		x := binary.LittleEndian.Uint64(b[n:])
		quote, slash := x^'"'*each1, x^'\\'*each1
		special := (quote-each1)&^quote | (slash-each1)&^slash | (x-' '*each1)&^x
		if special&eachHigh != 0 {
			break
		}
		all |= x
	}
	if all&eachHigh != 0 {
		bits = 0x80
	}
	return n, bits
}
