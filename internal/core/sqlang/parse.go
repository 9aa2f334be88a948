package sqlang

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/wasilibs/go-pgquery/parser"

	"github.com/weirmesh/weir"
)

// Compiler understands statements. Its zero value is ready. Many may use it:
// one statement is parsed at a time, since PostgreSQL's parser keeps a machine
// for each that is in it.
type Compiler struct{ parsing sync.Mutex }

// Warm starts the parser, which takes a second or more the first time. Without
// it the first statement waits.
func (c *Compiler) Warm() {
	c.parsing.Lock()
	defer c.parsing.Unlock()
	_, _ = parser.ParseToJSON("SELECT 1")
}

// Compile understands a statement. What is wrong with it is a [weir.Error] of
// kind Invalid, or of the catalogue's kind, whose Where is line:column.
func Compile(sql string, c Catalog) (*Plan, error) { return new(Compiler).Compile(sql, c) }

// Compile is the function of that name, with this parser.
func (c *Compiler) Compile(sql string, catalog Catalog) (*Plan, error) {
	if err := bounded(sql); err != nil {
		return nil, err
	}
	s, err := c.parse(sql)
	if err != nil {
		return nil, err
	}
	return bind(sql, s, catalog)
}

func (c *Compiler) parse(sql string) (*selectStmt, error) {
	text, err := c.ask(sql)
	if err != nil {
		return nil, err
	}
	if err := onlyOne(sql, []byte(text)); err != nil {
		return nil, err
	}
	if err := allowed(sql, []byte(text)); err != nil {
		return nil, err
	}
	var t tree
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return nil, weir.Errorf(weir.Internal, "the parser's answer is not understood").At("1:1").Because(err)
	}
	return onlySelect(&t)
}

// ask runs the parser.
func (c *Compiler) ask(sql string) (text string, err error) {
	c.parsing.Lock()
	defer c.parsing.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = weir.Errorf(weir.Internal, "the parser failed").At("1:1").Because(fmt.Errorf("%.200v", r))
		}
	}()
	text, err = parser.ParseToJSON(sql)
	if err != nil {
		return "", syntaxError(sql, err)
	}
	return text, nil
}

// syntaxError is the parser's refusal; it counts characters.
func syntaxError(sql string, err error) error {
	var e *parser.Error
	at := 0
	if errors.As(err, &e) {
		at = byteOf(sql, e.Cursorpos-1)
	}
	return weir.Errorf(weir.Invalid, "%s", err.Error()).At(place(sql, at)).WithFix("the grammar is that of PostgreSQL's SELECT (docs/reference/sql.md); a name with a dash, or one that is a word of SQL, stands in double quotes")
}

func byteOf(s string, chars int) int {
	for i := range s {
		if chars <= 0 {
			return i
		}
		chars--
	}
	return len(s)
}

// onlyOne refuses a text of several statements, where the second one begins,
// whatever they are.
func onlyOne(sql string, text []byte) error {
	var t struct {
		Stmts []struct {
			Location int `json:"stmt_location"`
		} `json:"stmts"`
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return weir.Errorf(weir.Internal, "the parser's answer is not understood").At("1:1").Because(err)
	}
	switch {
	case len(t.Stmts) == 0:
		return weir.Errorf(weir.Invalid, "there is no statement").At("1:1").WithFix("begin with SELECT or WITH")
	case len(t.Stmts) > 1:
		m := measure{sql: sql, end: t.Stmts[1].Location}
		m.rest()
		return weir.Errorf(weir.Invalid, "there are %d statements", len(t.Stmts)).At(place(sql, m.at)).WithFix("give one: a query makes one product")
	}
	return nil
}

func onlySelect(t *tree) (*selectStmt, error) {
	s := t.Stmts[0].Stmt
	if s == nil || s.SelectStmt == nil {
		return nil, weir.Errorf(weir.Invalid, "this is not a SELECT").At("1:1").WithFix("begin with SELECT or WITH")
	}
	return s.SelectStmt, nil
}

// allowed refuses what is not in syntax.go: that which stands first.
func allowed(sql string, text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return weir.Errorf(weir.Internal, "the parser's answer is not understood").At("1:1").Because(err)
	}
	w := walk{first: -1}
	w.value(v, reflect.TypeFor[tree](), 0)
	if w.first < 0 {
		return nil
	}
	r, ok := refusals[w.what]
	if !ok {
		r = refusal{plainWords(w.what) + " is not supported", "docs/reference/sql.md says what is"}
	}
	return weir.Errorf(weir.Invalid, "%s", r.what).At(place(sql, w.first)).WithFix("%s", r.fix)
}

// plainWords makes CreateStmt "create stmt".
func plainWords(kind string) string {
	var b strings.Builder
	for i, r := range strings.ReplaceAll(kind, "_", " ") {
		if r >= 'A' && r <= 'Z' && i > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(strings.TrimSuffix(b.String(), " Stmt"))
}

// walk looks for what a type has no place for.
type walk struct {
	first int // where it stands; -1: nothing was found
	what  string
}

func (w *walk) value(v any, t reflect.Type, at int) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			w.value(e, t, at)
		}
	case map[string]any:
		w.object(v, t, whereOf(v, at))
	}
}

func (w *walk) object(v map[string]any, t reflect.Type, at int) {
	if t.Kind() != reflect.Struct {
		return
	}
	for key, e := range v {
		if f, ok := fieldOf(t, key); ok {
			w.value(e, f.Type, at)
			continue
		}
		if strings.HasSuffix(key, "Stmt") {
			w.first, w.what = 0, key
			return
		}
		if at := earliest(e, at); w.first < 0 || at < w.first || at == w.first && key < w.what {
			w.first, w.what = at, key
		}
	}
}

// earliest is where a refused part begins, if it or what is in it says so.
func earliest(e any, at int) int {
	found := -1
	var look func(e any)
	look = func(e any) {
		switch e := e.(type) {
		case []any:
			for _, x := range e {
				look(x)
			}
		case map[string]any:
			if n := whereOf(e, -1); n >= 0 && (found < 0 || n < found) {
				found = n
			}
			for _, x := range e {
				look(x)
			}
		}
	}
	look(e)
	if found < 0 {
		return at
	}
	return found
}

func whereOf(v map[string]any, at int) int {
	if n, ok := v["location"].(json.Number); ok {
		if i, err := n.Int64(); err == nil && i >= 0 {
			return int(i)
		}
	}
	return at
}

func fieldOf(t reflect.Type, key string) (reflect.StructField, bool) {
	fields := reflect.VisibleFields(t)
	i := slices.IndexFunc(fields, func(f reflect.StructField) bool {
		tag := f.Tag.Get("json")
		return tag == key || tag == "" && f.Name == key
	})
	if i < 0 {
		return reflect.StructField{}, false
	}
	return fields[i], true
}
