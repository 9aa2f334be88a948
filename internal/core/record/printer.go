package record

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

var (
	errDeep   = fmt.Errorf("it nests deeper than %d", MaxDepth)
	errMany   = fmt.Errorf("it holds more than %d values", MaxValues)
	errLarge  = fmt.Errorf("as JSON it has more than %d bytes", MaxJSON)
	errGrown  = errors.New("as JSON it is more than 128 times as large as the record")
	errNoText = errors.New("a string of it is no UTF-8 text")
)

func asError[E error](err error, to *E) bool { return errors.As(err, to) }

// compact takes the white space out of a JSON text and refuses what is none.
func compact(b []byte) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, len(b)))
	if err := json.Compact(out, b); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// printer writes one JSON value and keeps the limits.
type printer struct {
	out   []byte
	count int
	depth int
	most  int // bytes of out; 0: MaxJSON
}

// value is asked before each value.
func (p *printer) value() error {
	switch p.count++; {
	case p.count > MaxValues:
		return errMany
	case p.most > 0 && len(p.out) > p.most:
		return errGrown
	case len(p.out) > MaxJSON:
		return errLarge
	}
	return nil
}

// growth is how many bytes of JSON a column may have for a record of n bytes: so
// many rows at once stay within memory.
func growth(n int) int { return 64<<10 + 128*n }

// in and leave are around what an object or an array holds.
func (p *printer) in(open byte) error {
	if p.depth++; p.depth > MaxDepth {
		return errDeep
	}
	p.out = append(p.out, open)
	return nil
}

func (p *printer) leave(end byte) {
	p.depth--
	p.out = append(p.out, end)
}

// comma stands before every part but the first.
func (p *printer) comma() {
	if last := p.out[len(p.out)-1]; last != '{' && last != '[' {
		p.out = append(p.out, ',')
	}
}

// key begins a part of an object.
func (p *printer) key(name string) {
	p.comma()
	p.out = append(appendString(p.out, name), ':')
}

func (p *printer) word(s string)   { p.out = append(p.out, s...) }
func (p *printer) string(s string) { p.out = appendString(p.out, s) }

func (p *printer) text(b []byte) error {
	if !utf8.Valid(b) {
		return errNoText
	}
	p.string(string(b))
	return nil
}

func (p *printer) bytes(b []byte) {
	p.out = append(p.out, '"')
	p.out = base64.StdEncoding.AppendEncode(p.out, b)
	p.out = append(p.out, '"')
}

func (p *printer) bool(b bool)       { p.out = strconv.AppendBool(p.out, b) }
func (p *printer) int(n int64)       { p.out = strconv.AppendInt(p.out, n, 10) }
func (p *printer) unsigned(n uint64) { p.out = strconv.AppendUint(p.out, n, 10) }

// float writes the shortest number that is the same in so many bits.
func (p *printer) float(f float64, bits int) {
	switch {
	case math.IsNaN(f):
		p.word(`"NaN"`)
		return
	case math.IsInf(f, 1):
		p.word(`"Infinity"`)
		return
	case math.IsInf(f, -1):
		p.word(`"-Infinity"`)
		return
	}
	from := len(p.out)
	p.out = strconv.AppendFloat(p.out, f, 'g', -1, bits)
	if !bytes.ContainsAny(p.out[from:], ".e") {
		p.out = append(p.out, '.', '0')
	}
}
