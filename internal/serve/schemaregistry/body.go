package schemaregistry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Bounds of a body's JSON: how deep it nests and how many values are in it. A
// schema is a text in it, one value.
const (
	maxDepth  = 32
	maxValues = 20_000
)

// object is a JSON object of a body. Its keys are what they are, in no other
// case; those that nobody asks for are let be, since newer clients send more.
// The first thing that is not as it must be is kept in fault.
type object struct {
	path   string
	fields map[string]any
	fault  *error
}

// readObject reads a body. Nothing in it stands twice.
func readObject(body []byte) (object, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return object{}, refusal{http.StatusUnprocessableEntity, "the body must not be null: send a JSON object"}
	}
	d := reader{Decoder: json.NewDecoder(bytes.NewReader(body)), left: maxValues}
	d.UseNumber()
	v, err := d.value(0)
	if err == nil {
		if _, after := d.Token(); !errors.Is(after, io.EOF) {
			err = errors.New("there is something after the JSON value")
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return object{}, malformed("it ends too early")
	}
	if errors.As(err, new(refusal)) {
		return object{}, err
	}
	if err != nil {
		return object{}, malformed("%v", err)
	}
	fields, ok := v.(map[string]any)
	if v == nil {
		return object{}, refusal{http.StatusUnprocessableEntity, "the body must not be null: send a JSON object"}
	}
	if !ok {
		return object{}, malformed("the body is not a JSON object")
	}
	return object{fields: fields, fault: new(error)}, nil
}

func malformed(format string, args ...any) error {
	return refusal{http.StatusBadRequest, "Unexpected JSON input: " + clip(fmt.Sprintf(format, args...))}
}

// tooMuch refuses a body that is JSON, but over a limit.
func tooMuch(format string, args ...any) error {
	return refusal{http.StatusUnprocessableEntity, "The request body is over a limit: " + fmt.Sprintf(format, args...)}
}

// reader reads a body's values, so many as are left.
type reader struct {
	*json.Decoder
	left int
}

// value reads one value with all that is in it.
func (r *reader) value(depth int) (any, error) {
	if r.left--; r.left < 0 {
		return nil, tooMuch("it holds more than %d values", maxValues)
	}
	t, err := r.Token()
	if err != nil {
		return nil, err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	if depth >= maxDepth {
		return nil, tooMuch("it nests deeper than %d", maxDepth)
	}
	if open == '[' {
		return r.array(depth + 1)
	}
	return r.object(depth + 1)
}

func (r *reader) array(depth int) (any, error) {
	all := []any{}
	for r.More() {
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	_, err := r.Token()
	return all, err
}

func (r *reader) object(depth int) (any, error) {
	all := map[string]any{}
	for r.More() {
		t, err := r.Token()
		if err != nil {
			return nil, err
		}
		key, _ := t.(string)
		if _, twice := all[key]; twice {
			return nil, fmt.Errorf("the key %q stands twice in one object", clip(key))
		}
		if all[key], err = r.value(depth); err != nil {
			return nil, err
		}
	}
	_, err := r.Token()
	return all, err
}

// err is the first thing that was not as it must be.
func (o object) err() error { return *o.fault }

func (o object) wrong(key, want string) {
	if *o.fault == nil {
		*o.fault = malformed("%s%s must be %s", o.path, key, want)
	}
}

// field is a field of a type; absent, null and of another type is not there.
func field[T any](o object, key, want string) (T, bool) {
	v := o.fields[key]
	t, ok := v.(T)
	if !ok && v != nil {
		o.wrong(key, want)
	}
	return t, ok
}

func (o object) text(key string) string {
	s, _ := field[string](o, key, "a string")
	return s
}

func (o object) flag(key string) *bool {
	if b, ok := field[bool](o, key, "true or false"); ok {
		return &b
	}
	return nil
}

// number is a whole number of 32 bits.
func (o object) number(key string) (int, bool) {
	n, ok := field[json.Number](o, key, "a number")
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(n.String(), 10, 32)
	if err != nil {
		o.wrong(key, "a whole number of 32 bits")
	}
	return int(i), err == nil
}

// object is an object in a field; false if it is not there.
func (o object) object(key string) (object, bool) {
	m, ok := field[map[string]any](o, key, "an object")
	return object{path: o.path + key + ".", fields: m, fault: o.fault}, ok
}

// objects is a list of objects.
func (o object) objects(key string) []object {
	list, _ := field[[]any](o, key, "a list")
	var out []object
	for i, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			o.wrong(key, "a list of objects")
			return nil
		}
		out = append(out, object{path: o.path + key + "." + strconv.Itoa(i) + ".", fields: m, fault: o.fault})
	}
	return out
}

// texts is a list of strings; nil if it is not there.
func (o object) texts(key string) []string {
	list, _ := field[[]any](o, key, "a list")
	var out []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			o.wrong(key, "a list of strings")
			return nil
		}
		out = append(out, s)
	}
	return out
}

// textMap is an object whose values are strings.
func (o object) textMap(key string) map[string]string {
	m, ok := o.object(key)
	if !ok {
		return nil
	}
	out := make(map[string]string, len(m.fields))
	for k := range m.fields {
		out[k] = m.text(k)
	}
	return out
}
