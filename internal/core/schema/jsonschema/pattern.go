package jsonschema

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"sync"

	"github.com/weirmesh/weir"
)

// patterns bounds each regular expression once and counts what they cost.
type patterns struct {
	done  map[string]*Regexp
	size  map[string]int // what each costs at each character of a text, at most
	steps int
}

func newPatterns() *patterns {
	return &patterns{done: map[string]*Regexp{}, size: map[string]int{}}
}

// Regexp is a pattern that was understood. It is compiled when it is first
// matched: that takes far longer than to understand it, and many are only
// compared by their text. Any goroutine may use it.
type Regexp struct {
	expr    string
	program func() (*regexp.Regexp, error)
}

func newRegexp(expr string) *Regexp {
	return &Regexp{expr, sync.OnceValues(func() (*regexp.Regexp, error) { return regexp.Compile(expr) })}
}

// String is the pattern as it was written.
func (r *Regexp) String() string { return r.expr }

// MatchString reports whether the pattern is found in a text.
func (r *Regexp) MatchString(s string) bool {
	re, err := r.program()
	return err == nil && re.MatchString(s) // what was understood compiles
}

// understand bounds an expression and reads it.
func (ps *patterns) understand(p place, expr string) (*Regexp, error) {
	if re := ps.done[expr]; re != nil {
		return re, nil
	}
	if len(expr) > MaxPattern {
		return nil, p.at(weir.Limit, "the pattern has %d bytes", len(expr)).WithFix("use at most %d", MaxPattern)
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, p.at(weir.Invalid, "the pattern %q is refused: %s", clip(expr), patternFault(err)).WithFix("write it without; see RE2's syntax")
	}
	steps := programSize(parsed)
	ps.steps += steps
	if steps > MaxProgram || ps.steps > MaxPrograms {
		return nil, p.at(weir.Limit, "the pattern %q is too large once its repetitions are written out", clip(expr)).WithFix("use smaller or fewer {n,m}")
	}
	re := newRegexp(expr)
	ps.done[expr], ps.size[expr] = re, steps
	return re, nil
}

// patternFault says in words what Go's regular expressions do not take.
func patternFault(err error) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	switch {
	case e.Code == syntax.ErrInvalidPerlOp:
		return "patterns run in linear time here (RE2), which knows no lookahead or lookbehind (" + clip(e.Expr) + ")"
	case e.Code == syntax.ErrInvalidEscape && len(e.Expr) == 2 && e.Expr[1] >= '1' && e.Expr[1] <= '9':
		return "patterns run in linear time here (RE2), which knows no backreference (" + e.Expr + ")"
	}
	return e.Code.String() + " (" + clip(e.Expr) + ")"
}

// programSize is about how many steps an expression has when its repetitions
// are written out.
func programSize(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)/2
	if re.Op == syntax.OpLiteral {
		size = 1 + len(re.Rune)
	}
	for _, s := range re.Sub {
		size = min(size+programSize(s), 1<<30)
	}
	if re.Op == syntax.OpRepeat {
		size = min(size*max(re.Min, re.Max, 1), 1<<30)
	}
	return size
}
