package avro

import "strconv"

// CanonicalForm is the specification's "Parsing Canonical Form": what matters
// to who reads records, and no more. Types of other texts are written out.
func (s *Schema) CanonicalForm() string {
	f := &form{known: map[*Type]bool{}}
	f.schema(s.root)
	return string(f.b)
}

// Fingerprint is the specification's CRC-64-AVRO of [Schema.CanonicalForm].
func (s *Schema) Fingerprint() uint64 { return rabin(s.CanonicalForm()) }

// rabin is the specification's 64-bit fingerprint, a CRC.
func rabin(s string) uint64 {
	const empty = 0xc15d213aa4d7a795
	var table [256]uint64
	for i := range table {
		x := uint64(i)
		for range 8 {
			x = x>>1 ^ empty&-(x&1)
		}
		table[i] = x
	}
	sum := uint64(empty)
	for i := range len(s) {
		sum = sum>>8 ^ table[byte(sum)^s[i]]
	}
	return sum
}

// form writes the canonical form.
type form struct {
	b     []byte
	known map[*Type]bool
}

func (f *form) add(s string)    { f.b = append(f.b, s...) }
func (f *form) quoted(s string) { f.b = append(append(append(f.b, '"'), s...), '"') }

func (f *form) schema(t *Type) {
	switch {
	case t.Kind.Primitive():
		f.quoted(t.Kind.String())
	case t.Kind == Union:
		f.list(len(t.Branches), func(i int) { f.schema(t.Branches[i]) })
	case t.Kind == Array:
		f.add(`{"type":"array","items":`)
		f.schema(t.Elem)
		f.add("}")
	case t.Kind == Map:
		f.add(`{"type":"map","values":`)
		f.schema(t.Elem)
		f.add("}")
	case f.known[t]:
		f.quoted(t.Name.Full())
	default:
		f.known[t] = true
		f.named(t)
	}
}

func (f *form) named(t *Type) {
	f.add(`{"name":`)
	f.quoted(t.Name.Full())
	f.add(`,"type":`)
	f.quoted(t.Kind.String())
	switch t.Kind {
	case Record:
		f.add(`,"fields":`)
		f.list(len(t.Fields), func(i int) { f.field(t.Fields[i]) })
	case Enum:
		f.add(`,"symbols":`)
		f.list(len(t.Symbols), func(i int) { f.quoted(t.Symbols[i]) })
	case Fixed:
		f.add(`,"size":` + strconv.Itoa(t.Size))
	}
	f.add("}")
}

func (f *form) field(x *Field) {
	f.add(`{"name":`)
	f.quoted(x.Name)
	f.add(`,"type":`)
	f.schema(x.Type)
	f.add("}")
}

func (f *form) list(n int, one func(i int)) {
	f.add("[")
	for i := range n {
		if i > 0 {
			f.add(",")
		}
		one(i)
	}
	f.add("]")
}
