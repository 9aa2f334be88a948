// Package wire reads what the gateway must know of Kafka's protocol before
// anything else may touch a frame: its bounds, its header, the shape of a
// Produce request, and the heads of record batches. All else is kmsg's.
//
// Nothing here trusts a length: no reader allocates for what was announced but
// has not arrived, and torn or false input is an error, never a panic.
package wire

import (
	"encoding/binary"
	"errors"
	"io"
)

// Errors of this package. What follows the first of them in a stream cannot be
// read any more.
var (
	ErrTorn  = errors.New("the frame ends in the middle of a field")
	ErrSize  = errors.New("the frame has a size that is not allowed")
	ErrCount = errors.New("the frame holds more entries than are allowed")
)

// ReadSize reads the four bytes before a frame. Sizes below 0 and above max
// are ErrSize; io.EOF before the first byte is the stream's clean end.
func ReadSize(r io.Reader, max int) (int, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	size := int64(int32(binary.BigEndian.Uint32(head[:])))
	if size < 0 || size > int64(max) {
		return int(size), ErrSize
	}
	return int(size), nil
}

// firstChunk is what a frame gets before its first byte has arrived; each
// further chunk is as large as all before it times growth.
const (
	firstChunk = 64 << 10
	growth     = 4
)

// Grant lets a buffer grow by some bytes, or says why not.
type Grant func(more int) error

// ReadBody reads a frame of size bytes into buf, which grows as they arrive:
// a size that was only announced costs nothing. Grant is asked before each
// growth beyond firstChunk, and may be nil.
func ReadBody(r io.Reader, buf []byte, size int, grant Grant) ([]byte, error) {
	buf = buf[:0]
	for len(buf) < size {
		if len(buf) == cap(buf) || cap(buf) == 0 {
			var err error
			if buf, err = grow(buf, size, grant); err != nil {
				return buf, err
			}
		}
		next := min(cap(buf), size)
		at := len(buf)
		buf = buf[:next]
		if n, err := io.ReadFull(r, buf[at:]); err != nil {
			return buf[:at+n], unexpected(err)
		}
	}
	return buf, nil
}

func grow(buf []byte, size int, grant Grant) ([]byte, error) {
	want := min(size, max(firstChunk, cap(buf)*growth))
	if grant != nil && want > firstChunk {
		if err := grant(want - cap(buf)); err != nil {
			return buf, err
		}
	}
	larger := make([]byte, len(buf), want)
	copy(larger, buf)
	return larger, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Reader takes fields off the front of a frame. After the first that is not
// all there every further one is zero, and Err says so.
type Reader struct {
	src []byte
	at  int
	bad bool
}

// NewReader reads a frame from its beginning.
func NewReader(frame []byte) *Reader { return &Reader{src: frame} }

// Err is ErrTorn if a field was not all there.
func (r *Reader) Err() error {
	if r.bad {
		return ErrTorn
	}
	return nil
}

// At is the position of the next field.
func (r *Reader) At() int { return r.at }

// Span takes n bytes, without a copy.
func (r *Reader) Span(n int) []byte {
	if r.bad || n < 0 || n > len(r.src)-r.at {
		r.bad = true
		return nil
	}
	r.at += n
	return r.src[r.at-n : r.at]
}

// Int16 takes a big-endian number.
func (r *Reader) Int16() int16 {
	if b := r.Span(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

// Int32 takes a big-endian number.
func (r *Reader) Int32() int32 {
	if b := r.Span(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

// Uvarint takes a number of at most 32 bits.
func (r *Reader) Uvarint() uint32 {
	if r.bad {
		return 0
	}
	v, n := binary.Uvarint(r.src[r.at:])
	if n <= 0 || v > 1<<32-1 {
		r.bad = true
		return 0
	}
	r.at += n
	return uint32(v)
}

// SkipTags passes over a section of tagged fields.
func (r *Reader) SkipTags() {
	for n := r.Uvarint(); n > 0 && !r.bad; n-- {
		r.Uvarint()
		r.Span(int(r.Uvarint()))
	}
}

// nullable takes a string or bytes whose length was read; -1 is null.
func (r *Reader) nullable(n int) []byte {
	if n == -1 {
		return nil
	}
	return r.Span(n)
}
