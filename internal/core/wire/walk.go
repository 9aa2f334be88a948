package wire

// MaxEntries is how many topics, partitions, names and tagged fields one
// request may hold.
const MaxEntries = 50_000

// walk passes over a request's body without keeping anything.
type walk struct {
	*Reader
	version  int16
	flexible bool
	entries  *int
}

// CheckRequest walks the body of a request, so that a decoder can trust every
// count and length in it. ErrTorn and ErrCount say that no decoder may see it:
// one that believes counts would allocate, or loop, for what is not there. Keys
// that are not known here are ErrTorn.
func CheckRequest(key, version int16, flexible bool, body []byte) error {
	entries := 0
	w := &walk{Reader: NewReader(body), version: version, flexible: flexible, entries: &entries}
	shape, ok := shapes[key]
	if !ok {
		return ErrTorn
	}
	shape(w)
	w.finish()
	if entries > MaxEntries {
		return ErrCount
	}
	return w.Err()
}

// padding passes over a few zero bytes that stand behind a body; brokers do not
// look at them.
func (w *walk) padding(most int) {
	for range most {
		if w.at < len(w.src) && w.src[w.at] == 0 {
			w.at++
		}
	}
}

// finish refuses bytes that are left over.
func (w *walk) finish() {
	if w.at != len(w.src) {
		w.bad = true
	}
}

// length reads a length: compact, or as plain says. Null is -1; what is longer
// than the rest is torn.
func (w *walk) length(plain func() int) int {
	n := 0
	if w.flexible {
		n = int(w.Uvarint()) - 1
	} else {
		n = plain()
	}
	if w.bad || n < -1 || n > len(w.src)-w.at {
		w.bad = true
		return -1
	}
	return n
}

func (w *walk) int32() int { return int(w.Int32()) }
func (w *walk) int16() int { return int(w.Int16()) }

func (w *walk) text()  { w.nullable(w.length(w.int16)) }
func (w *walk) bytes() { w.nullable(w.length(w.int32)) }

// array calls entry for each entry that is announced, until one is torn.
func (w *walk) array(entry func()) {
	n := w.length(w.int32)
	for range n {
		if entry(); !w.more() {
			return
		}
	}
}

// more counts an entry, and reports whether there may be another.
func (w *walk) more() bool {
	*w.entries++
	if *w.entries > MaxEntries {
		w.bad = true
	}
	return !w.bad
}

// list is an array of structs, each with its tagged fields.
func (w *walk) list(entry func()) {
	w.array(func() { entry(); w.tags(nil) })
}

func (w *walk) texts()       { w.array(w.text) }
func (w *walk) numbers()     { w.array(func() { w.Span(4) }) }
func (w *walk) longNumbers() { w.array(func() { w.Span(8) }) }

// since skips a field of a size in versions from first on.
func (w *walk) since(first int16, size int) {
	if w.version >= first {
		w.Span(size)
	}
}

func (w *walk) textSince(first int16) {
	if w.version >= first {
		w.text()
	}
}

// topic is a name until the version in which topics got ids.
func (w *walk) topic(ids int16) {
	if w.version >= ids {
		w.Span(16)
	} else {
		w.text()
	}
}

// tags passes over tagged fields; known walks the ones that a decoder opens.
func (w *walk) tags(known map[uint32]func(*walk)) {
	if !w.flexible {
		return
	}
	for n := w.Uvarint(); n > 0 && !w.bad; n-- {
		key := w.Uvarint()
		inner := &walk{Reader: NewReader(w.Span(int(w.Uvarint()))), version: w.version, flexible: true, entries: w.entries}
		if shape, ok := known[key]; ok && !w.bad {
			shape(inner)
			inner.finish()
			w.bad = w.bad || inner.bad
		}
		w.more()
	}
}
