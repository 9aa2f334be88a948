package state

import "encoding/binary"

// pack is a body as it is in the file: for each kind of text how many there are
// and each behind its length, as numbers of [binary.AppendUvarint].
func (b *body) pack() []byte {
	var out []byte
	put := func(texts ...string) {
		for _, t := range texts {
			out = binary.AppendUvarint(out, uint64(len(t)))
			out = append(out, t...)
		}
	}
	put(b.Description, b.Documentation)
	for _, list := range [][]string{b.Tags, b.Terms, b.Owners, b.More} {
		out = binary.AppendUvarint(out, uint64(len(list)))
		put(list...)
	}
	out = binary.AppendUvarint(out, uint64(len(b.Fields)))
	for _, f := range b.Fields {
		put(f.Path, f.Doc)
	}
	return out
}

// unpack reads what pack wrote, or says that it did not.
func unpack(packed string) (body, error) {
	p := unpacking{rest: packed}
	b := body{Description: p.text(), Documentation: p.text()}
	for _, list := range []*[]string{&b.Tags, &b.Terms, &b.Owners, &b.More} {
		for range p.count() {
			*list = append(*list, p.text())
		}
	}
	b.Fields = make([]fieldText, p.count())
	for i := range b.Fields {
		b.Fields[i] = fieldText{Path: p.text(), Doc: p.text()}
	}
	if p.bad || p.rest != "" {
		return body{}, errTexts()
	}
	return b, nil
}

// unpacking reads a body from its beginning. What is read behind damage is empty.
type unpacking struct {
	rest string
	bad  bool
}

// count reads a number, of what takes at least a byte each.
func (p *unpacking) count() int {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		if p.rest == "" {
			break
		}
		c := p.rest[0]
		p.rest = p.rest[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if n > uint64(len(p.rest)) {
				break
			}
			return int(n)
		}
	}
	p.bad, p.rest = true, ""
	return 0
}

func (p *unpacking) text() string {
	n := p.count()
	t := p.rest[:n]
	p.rest = p.rest[n:]
	return t
}
