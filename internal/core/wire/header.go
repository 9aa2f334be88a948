package wire

import "encoding/binary"

// Header is what stands before a request's body. A header of a key that the
// gateway does not know is read as far as Correlation only.
type Header struct {
	Key         int16
	Version     int16
	Correlation int32
	ClientID    string
	Body        int // where the body begins
}

// maxClientID bounds what is kept of a client's name for itself.
const maxClientID = 64

// ReadKey reads the part of a header that is the same for every key and
// version. ErrTorn when it is not all there.
func ReadKey(frame []byte) (Header, error) {
	r := NewReader(frame)
	h := Header{Key: r.Int16(), Version: r.Int16(), Correlation: r.Int32(), Body: r.At()}
	return h, r.Err()
}

// ReadHeader reads a whole header; flexible says whether tagged fields end it,
// which key and version decide.
func ReadHeader(frame []byte, flexible bool) (Header, error) {
	h, err := ReadKey(frame)
	if err != nil {
		return h, err
	}
	r := NewReader(frame[h.Body:])
	id := r.nullable(int(r.Int16()))
	if flexible {
		r.SkipTags()
	}
	h.ClientID = string(id[:min(len(id), maxClientID)])
	h.Body += r.At()
	return h, r.Err()
}

// ReadResponse gives the correlation id of an answer and where its body
// begins; flexible as for ReadHeader, false for every ApiVersions answer.
func ReadResponse(frame []byte, flexible bool) (correlation int32, body int, err error) {
	r := NewReader(frame)
	correlation = r.Int32()
	if flexible {
		r.SkipTags()
	}
	return correlation, r.At(), r.Err()
}

// AppendResponse writes size, correlation id and header of an answer whose
// body is still to come; SetSize completes it.
func AppendResponse(dst []byte, correlation int32, flexible bool) []byte {
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(correlation))
	if flexible {
		dst = append(dst, 0)
	}
	return dst
}

// SetSize writes the size of a frame into its first four bytes.
func SetSize(frame []byte) []byte {
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	return frame
}
