package record

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/weirmesh/weir/internal/core/column"
)

// jsonPlan reads JSON. What a text has beside the fields that are wanted is read
// as strictly as they are.
type jsonPlan struct {
	want   *wish
	single *wish // of a key that is no object
	framed bool  // a schema's id may stand before the text: it is stepped over
	seen   []uint64
	row    uint64
}

func (p *jsonPlan) read(o *output, b []byte) error {
	if p.framed && len(b) >= 5 && b[0] == 0 { // as [Split] has it
		b = b[5:]
	}
	if p.seen == nil {
		p.seen = make([]uint64, p.want.count)
	}
	p.row++
	r := &o.json
	r.begin(b, &o.arena)
	if err := p.whole(o, r); err != nil {
		return err
	}
	if r.peek(); r.i < len(b) {
		return r.unexpected("the end")
	}
	return nil
}

// whole reads a text: an object with the fields, or the one value that is wanted.
func (p *jsonPlan) whole(o *output, r *jsonReader) error {
	switch c := r.peek(); {
	case c == '{' || c == 0 || len(p.want.columns) > 0:
		return p.value(o, r, p.want)
	case p.single != nil:
		return p.value(o, r, p.single)
	}
	return errors.New("it is no JSON object")
}

// value reads what stands at a place.
func (p *jsonPlan) value(o *output, r *jsonReader, w *wish) error {
	if w == nil {
		return r.skip()
	}
	c := r.peek()
	if c == 'n' {
		o.nulls(w.all)
		return at(w.where(), r.word("null"))
	}
	from, spaces := r.i, r.spaces
	if err := p.typed(o, r, w, c); err != nil {
		return at(w.where(), err)
	}
	for _, col := range w.columns {
		if o.is(col, column.JSON) {
			o.text(col, compacted(o, r.b[from:r.i:r.i], r.spaces > spaces))
		}
	}
	return nil
}

// typed reads a value that begins with c into the columns that it is one of.
func (p *jsonPlan) typed(o *output, r *jsonReader, w *wish, c byte) error {
	if c != '{' && c != 0 && len(w.below) > 0 {
		return fmt.Errorf("it is no object, and %s is read", w.below[0].path)
	}
	var text []byte
	var err error
	switch {
	case c == '{':
		err = p.object(o, r, w)
	case c == '"':
		text, err = r.string()
	case c == '-' || c-'0' <= 9:
		text, err = r.number()
	default:
		err = r.skip()
	}
	if err != nil {
		return err
	}
	for _, col := range w.columns {
		if o.is(col, column.JSON) {
			continue
		}
		if err := o.fromJSON(col, c, text); err != nil {
			return err
		}
	}
	return nil
}

// fromJSON writes a value that begins with c into a column that is not JSON.
func (o *output) fromJSON(col int, c byte, text []byte) error {
	switch c {
	case '{':
		return mismatch("an object", o.into[col].Type)
	case '[':
		return mismatch("a list", o.into[col].Type)
	case '"':
		return o.fromText(col, text)
	case 't', 'f':
		return fromBool(o, col, c == 't')
	}
	return o.fromNumber(col, text)
}

func mismatch(what string, t column.Type) error {
	return fmt.Errorf("it is %s, and the column is %s", what, t)
}

func fromBool(o *output, col int, yes bool) error {
	if !o.is(col, column.Bool) {
		return mismatch("a boolean", o.into[col].Type)
	}
	n := int64(0)
	if yes {
		n = 1
	}
	o.int(col, n)
	return nil
}

// object reads the fields of an object; those that it does not have are null.
func (p *jsonPlan) object(o *output, r *jsonReader, w *wish) error {
	next, base := 0, len(r.keys)
	more, err := r.in('}')
	for more && err == nil {
		var key []byte
		if key, err = r.name(); err != nil {
			return err
		}
		b := w.after(&next, key)
		switch {
		case b == nil:
			err = r.once(base, key)
		case p.seen[b.id] == p.row:
			err = errTwice(key)
		default:
			p.seen[b.id] = p.row
		}
		if err != nil {
			return err
		}
		if err = p.value(o, r, b); err == nil {
			more, err = r.more('}')
		}
	}
	if err = r.end(base, err); err != nil {
		return err
	}
	for _, b := range w.below {
		if p.seen[b.id] != p.row {
			o.nulls(b.all)
		}
	}
	return nil
}

// after finds what is wanted of a key. Keys come mostly in one order, so it
// begins behind the last one that was found.
func (w *wish) after(next *int, key []byte) *wish {
	for range w.below {
		if *next >= len(w.below) {
			*next = 0
		}
		b := w.below[*next]
		if *next++; b.name == string(key) {
			return b
		}
	}
	return nil
}

// compacted is a value without white space between its parts.
func compacted(o *output, b []byte, spaces bool) []byte {
	if !spaces {
		return b
	}
	out := o.arena.room(len(b))
	quoted := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case quoted && c == '\\':
			out = append(out, c)
			i++
			c = b[i]
		case c == '"':
			quoted = !quoted
		case !quoted && bytes.IndexByte([]byte(" \t\r\n"), c) >= 0:
			continue
		}
		out = append(out, c)
	}
	return out
}
