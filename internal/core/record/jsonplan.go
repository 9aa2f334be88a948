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
	if _, rest, err := Split(b); p.framed && err == nil {
		b = rest
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
	switch {
	case c == '{':
		if err := p.object(o, r, w); err != nil {
			return err
		}
		return p.each(o, w, func(col int) error { return mismatch("an object", o.into[col].Type) })
	case c == '"':
		text, err := r.string()
		if err != nil {
			return err
		}
		return p.each(o, w, func(col int) error { return o.fromText(col, text) })
	case c == '-' || c-'0' <= 9:
		text, err := r.number()
		if err != nil {
			return err
		}
		return p.each(o, w, func(col int) error { return o.fromNumber(col, text) })
	case c == 't' || c == 'f':
		if err := r.skip(); err != nil {
			return err
		}
		return p.each(o, w, func(col int) error { return fromBool(o, col, c == 't') })
	}
	if err := r.skip(); err != nil {
		return err
	}
	return p.each(o, w, func(col int) error { return mismatch("a list", o.into[col].Type) })
}

// each writes a value into the columns of a place that are not JSON.
func (p *jsonPlan) each(o *output, w *wish, write func(column int) error) error {
	for _, col := range w.columns {
		if o.is(col, column.JSON) {
			continue
		}
		if err := write(col); err != nil {
			return err
		}
	}
	return nil
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
	next := 0
	err := r.object(func(key []byte) error {
		b := w.after(&next, key)
		if b != nil {
			p.seen[b.id] = p.row
		}
		return p.value(o, r, b)
	})
	if err != nil {
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
