// Package profile says what stands in the fields of some records: how often
// nothing, how many different values, the smallest, the largest, the most
// frequent ones. It counts exactly what it is given; that this is a sample is
// for the caller to say.
//
// A field is named as schemas name it: names from the outside with dots between,
// [] for the elements of an array, {} for the values of a map. Everything is
// bounded; what is over a bound is said, never left out in silence.
package profile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds.
const (
	MaxFields = 5_000   // that are told apart
	MaxValues = 200_000 // different ones, of all fields together
	MaxShown  = 120     // bytes of a value that is shown
	MaxTop    = 5       // most frequent values of a field
	maxDepth  = 64
)

// Field is what was found in one field.
type Field struct {
	Path     string
	Values   int    // that are not null
	Nulls    int    // values that are null, and records that lack the field
	Distinct int    // different values
	AtLeast  bool   // there are more different values than Distinct
	Smallest string // of numbers by size, else of texts by their order; empty: neither
	Largest  string
	Top      []Count // the most frequent first; none where all differ
}

// Count is a value, as JSON without the quotes of a text, and how often it came.
type Count struct {
	Value string
	Times int
}

// Profile is being made of one record after the other, by one goroutine.
type Profile struct {
	isMap   func(path string) bool
	records int
	fields  map[string]*field
	order   []string
	more    map[string]bool // paths beyond MaxFields, some of them
	values  int
}

type field struct {
	values, nulls, inRecords int
	inRecord                 int // the last record that it was in
	element                  bool
	seen                     map[string]int
	atLeast                  bool
	least, most              scalar
}

// New begins a profile. isMap says which objects are maps, whose keys are no
// fields; nil: none is.
func New(isMap func(path string) bool) *Profile {
	if isMap == nil {
		isMap = func(string) bool { return false }
	}
	return &Profile{isMap: isMap, fields: map[string]*field{}, more: map[string]bool{}}
}

// Add counts one value, as JSON. Null counts as a record that lacks every field.
func (p *Profile) Add(value []byte) error {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	p.records++
	if err := p.value(d, "", false, 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one value")
	}
	return nil
}

// value walks one value. The whole record has the path "".
func (p *Profile) value(d *json.Decoder, path string, element bool, depth int) error {
	if depth > maxDepth {
		return errors.New("it nests too deep")
	}
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		p.note(path, element)
		if t == '[' {
			for d.More() {
				if err := p.value(d, path+"[]", true, depth+1); err != nil {
					return err
				}
			}
		} else if err := p.object(d, path, element, depth); err != nil {
			return err
		}
		_, err = d.Token()
		return err
	case nil:
		if f := p.at(path, element); f != nil {
			f.nulls++
			f.touch(p.records)
		}
	case bool:
		p.scalar(path, element, scalar{text: strconv.FormatBool(t)})
	case json.Number:
		n, _ := t.Float64() // one too large is infinite, and ordered so
		p.scalar(path, element, scalar{kind: number, size: n, text: t.String()})
	case string:
		p.scalar(path, element, scalar{kind: text, text: t})
	}
	return nil
}

func (p *Profile) object(d *json.Decoder, path string, element bool, depth int) error {
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		child := name
		switch {
		case p.isMap(path):
			child = path + "{}"
		case path != "":
			child = path + "." + name
		}
		if err := p.value(d, child, element || child == path+"{}", depth+1); err != nil {
			return err
		}
	}
	return nil
}

// at is the field of a path; nil beyond the bound, and for the whole record if
// that is an object.
func (p *Profile) at(path string, element bool) *field {
	f, ok := p.fields[path]
	if ok {
		return f
	}
	if len(p.fields) >= MaxFields {
		if len(p.more) < MaxFields {
			p.more[path] = true
		}
		return nil
	}
	f = &field{element: element, seen: map[string]int{}}
	p.fields[path] = f
	p.order = append(p.order, path)
	return f
}

func (f *field) touch(record int) {
	if f.inRecord != record {
		f.inRecord = record
		f.inRecords++
	}
}

// note counts an object or an array, which has no value to be compared.
func (p *Profile) note(path string, element bool) {
	if path == "" {
		return
	}
	if f := p.at(path, element); f != nil {
		f.values++
		f.touch(p.records)
	}
}

// scalar counts a value.
func (p *Profile) scalar(path string, element bool, v scalar) {
	f := p.at(path, element)
	if f == nil {
		return
	}
	f.touch(p.records)
	f.values++
	shown := clip(v.text)
	_, known := f.seen[shown]
	switch {
	case known:
		f.seen[shown]++
	case p.values < MaxValues:
		f.seen[shown]++
		p.values++
	default:
		f.atLeast = true
	}
	f.atLeast = f.atLeast || len(shown) < len(v.text)
	if f.values == 1 || f.least.kind == other || v.kind == number && f.least.kind == text {
		f.least, f.most = v, v
		return
	}
	if v.kind != f.least.kind {
		return
	}
	if v.compare(f.least) < 0 {
		f.least = v
	}
	if v.compare(f.most) > 0 {
		f.most = v
	}
}

// kind is how values are ordered.
type kind int

const (
	other kind = iota
	text
	number
)

// scalar is a value that can be compared with those of its kind.
type scalar struct {
	kind kind
	size float64
	text string
}

func (s scalar) compare(o scalar) int {
	if s.kind == number && s.size != o.size {
		return cmp.Compare(s.size, o.size)
	}
	return strings.Compare(s.text, o.text)
}

func (s scalar) String() string {
	if s.kind == other {
		return ""
	}
	return clip(s.text)
}

// clip shortens a value to what is shown; the mark says that it is not all.
func clip(s string) string {
	if len(s) <= MaxShown {
		return s
	}
	n := MaxShown
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// Records is how many were added.
func (p *Profile) Records() int { return p.records }

// More is how many fields there are beyond the bound, as far as it was counted.
func (p *Profile) More() int { return len(p.more) }

// Fields are what was found, in the order in which the fields first came.
func (p *Profile) Fields() []Field {
	out := make([]Field, 0, len(p.order))
	for _, path := range p.order {
		f := p.fields[path]
		if path == "" && f.values == 0 {
			continue // records that are null, of which the others are objects
		}
		is := Field{
			Path: path, Values: f.values, Nulls: f.nulls, Distinct: len(f.seen), AtLeast: f.atLeast,
			Smallest: f.least.String(), Largest: f.most.String(), Top: f.top(),
		}
		if !f.element {
			is.Nulls += p.records - f.inRecords
		}
		out = append(out, is)
	}
	return out
}

// top are the most frequent values, unless each came once.
func (f *field) top() []Count {
	all := make([]Count, 0, len(f.seen))
	for v, n := range f.seen {
		all = append(all, Count{v, n})
	}
	slices.SortFunc(all, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), strings.Compare(a.Value, b.Value))
	})
	if len(all) == 0 || all[0].Times == 1 && len(all) > 1 {
		return nil
	}
	return all[:min(len(all), MaxTop)]
}
