package wire

// ReadSoftware reads which client library sent an ApiVersions request, from
// version 3 on, and the library's version. Both are empty when the request does
// not say so whole.
func ReadSoftware(frame []byte) (name, version string) {
	h, err := ReadHeader(frame, true)
	if err != nil {
		return "", ""
	}
	r := NewReader(frame[h.Body:])
	n := r.nullable(int(r.Uvarint()) - 1)
	v := r.nullable(int(r.Uvarint()) - 1)
	if r.Err() != nil {
		return "", ""
	}
	return string(n[:min(len(n), maxClientID)]), string(v[:min(len(v), maxClientID)])
}
