package filter

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/weirmesh/weir"
)

// The limits of a list of fields.
const (
	MaxFields = 256
	maxDepth  = 64
)

// Fields are those of a value that are wanted; nil is all of it.
type Fields map[string]Fields

// ParseFields reads paths with commas between, such as id,address.city. What a
// path leads to is wanted whole. A field of the objects in an array is written
// without the array: items.sku.
func ParseFields(text string) (Fields, error) {
	if text == "" {
		return nil, nil
	}
	paths := strings.Split(text, ",")
	if len(paths) > MaxFields {
		return nil, weir.Errorf(weir.Limit, "%d fields", len(paths)).At("fields").WithFix("ask for at most %d", MaxFields)
	}
	root := Fields{}
	for _, path := range paths {
		if err := root.add(strings.Split(strings.TrimSpace(path), ".")); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func (f Fields) add(names []string) error {
	if len(names) > maxDepth {
		return weir.Errorf(weir.Limit, "a path of %d names", len(names)).At("fields").WithFix("use at most %d", maxDepth)
	}
	for i, name := range names {
		if name == "" {
			return weir.Errorf(weir.Invalid, "%q is no path", strings.Join(names, ".")).At("fields").
				WithFix("write names with dots between, and commas between paths: id,address.city")
		}
		next, known := f[name]
		switch {
		case i == len(names)-1:
			f[name] = nil // the whole of it
		case known && next == nil:
			return nil // it is wanted whole already
		case !known:
			next = Fields{}
			f[name] = next
		}
		f = next
	}
	return nil
}

// Cut leaves of a JSON value what is wanted, in the value's own order. What is
// neither object nor array is left as it is.
func (f Fields) Cut(value []byte) ([]byte, error) {
	if f == nil {
		return value, nil
	}
	dec := json.NewDecoder(bytes.NewReader(value))
	return f.cut(nil, dec)
}

// cut reads the next value of dec and appends what is wanted of it.
func (f Fields) cut(out []byte, dec *json.Decoder) ([]byte, error) {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return nil, err
	}
	if len(raw) == 0 || raw[0] != '{' && raw[0] != '[' {
		return append(out, raw...), nil
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	if _, err := in.Token(); err != nil { // the bracket
		return nil, err
	}
	out = append(out, raw[0])
	for first := true; in.More(); {
		next := f
		key := ""
		if raw[0] == '{' {
			t, err := in.Token()
			if err != nil {
				return nil, err
			}
			key, _ = t.(string)
			var wanted bool
			if next, wanted = f[key]; !wanted {
				var skip json.RawMessage
				if err := in.Decode(&skip); err != nil {
					return nil, err
				}
				continue
			}
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		if raw[0] == '{' {
			k, err := json.Marshal(key)
			if err != nil {
				return nil, err
			}
			out = append(append(out, k...), ':')
		}
		var err error
		if out, err = next.part(out, in); err != nil {
			return nil, err
		}
	}
	return append(out, raw[len(raw)-1]), nil
}

// part appends the next value of dec, whole if all of it is wanted.
func (f Fields) part(out []byte, dec *json.Decoder) ([]byte, error) {
	if f != nil {
		return f.cut(out, dec)
	}
	var raw json.RawMessage
	err := dec.Decode(&raw)
	return append(out, raw...), err
}
