package avro

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// The limits. All but MaxSource and MaxName are for a text and what it refers to
// together.
const (
	MaxSource  = 512 << 10      // bytes of one text
	MaxText    = schema.MaxText // bytes
	MaxValues  = 100_000        // JSON values
	MaxFields  = 5_000          // fields of records
	MaxTypes   = 2_000          // records, enums and fixed types
	MaxSymbols = 10_000         // symbols of enums
	MaxName    = 512            // bytes of a full name, a field's name or a symbol
)

// maxNesting bounds arrays and objects in one another: a type in a field of a
// record is three of them below the record.
const maxNesting = 4 * schema.MaxDepth

// maxSteps bounds the work of comparing defaults with types. A default may fit
// one of several branches, at each of its levels.
const maxSteps = 100_000

// over is the error of a limit.
func over(where, what string, limit int, fix string) *weir.Error {
	return weir.Errorf(weir.Limit, "the schema has more than %d %s", limit, what).At(where).WithFix("%s", fix)
}

// invalid is the error of anything else.
func invalid(where *path, fix, format string, args ...any) *weir.Error {
	return weir.Errorf(weir.Invalid, format, args...).At(where.String()).WithFix("%s", fix)
}

// path is a place in the text, as a person would say it. Nil is the whole.
type path struct {
	up    *path
	name  string
	index int // used if name is empty
}

func (p *path) key(name string) *path { return &path{up: p, name: name} }
func (p *path) at(i int) *path        { return &path{up: p, index: i} }

// String is like "fields[2].type".
func (p *path) String() string {
	var parts []string
	for ; p != nil; p = p.up {
		if p.name == "" {
			parts = append(parts, "["+strconv.Itoa(p.index)+"]")
		} else {
			parts = append(parts, "."+clip(p.name))
		}
	}
	var b strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString(parts[i])
	}
	return strings.TrimPrefix(b.String(), ".")
}

// clip shortens what a text says, for a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}
