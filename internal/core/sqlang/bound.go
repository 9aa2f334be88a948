package sqlang

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/weirmesh/weir"
)

// Bounds of a statement, besides weir.MaxStatement: what is beyond is refused
// before anything reads it.
const (
	MaxWords = 10_000 // words, numbers, texts and signs
	MaxNest  = 500    // how deep its parts can be within each other
	maxJoins = 64     // words JOIN, and words UNION, INTERSECT and EXCEPT
)

// place is the line and column of a byte; columns count characters.
func place(sql string, at int) string {
	before := sql[:min(max(at, 0), len(sql))]
	line := 1 + strings.Count(before, "\n")
	last := before[strings.LastIndexByte(before, '\n')+1:]
	return fmt.Sprintf("%d:%d", line, 1+utf8.RuneCountInString(last))
}

// bounded refuses a statement that is too large or nested too deep for the
// parser, and text that it would read otherwise than [words] does.
func bounded(sql string) error {
	switch {
	case len(sql) > weir.MaxStatement:
		return weir.Errorf(weir.Invalid, "the statement has %d bytes", len(sql)).At("1:1").WithFix("use at most %d: make products of its parts", weir.MaxStatement)
	case !utf8.ValidString(sql):
		return weir.Errorf(weir.Invalid, "the statement is not UTF-8").At(place(sql, badByte(sql))).WithFix("send it as UTF-8")
	}
	m := measure{sql: sql, frames: make([]frame, 1)}
	for m.rest() {
		if err := m.word(); err != nil {
			return err
		}
	}
	if m.count == 0 {
		return weir.Errorf(weir.Invalid, "the statement is empty").At("1:1").WithFix("begin with SELECT")
	}
	return nil
}

func badByte(s string) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd") {
			return i
		}
	}
	return len(s)
}

// frame is a part in brackets or a CASE: how many words stand in it since what
// can begin no deeper level.
type frame struct {
	open    byte // ( [ or c
	words   int
	between int // words BETWEEN whose AND is to come
}

// measure walks over the words of a statement. It counts so that no statement
// is deeper than it says: each level needs a word of its own.
type measure struct {
	sql    string
	at     int // where the word begins
	end    int // and ends
	count  int
	nest   int // words of all frames
	joins  int
	sets   int
	frames []frame
}

func (m *measure) refuse(msg, fix string) error {
	return weir.Errorf(weir.Invalid, "%s", msg).At(place(m.sql, m.at)).WithFix("%s", fix)
}

// rest skips to the next word and reports whether there is one.
func (m *measure) rest() bool {
	for m.end < len(m.sql) {
		switch c := m.sql[m.end]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			m.end++
		case strings.HasPrefix(m.sql[m.end:], "--"):
			m.end = m.until(m.end, "\n\r")
		case strings.HasPrefix(m.sql[m.end:], "/*"):
			m.end = afterComment(m.sql, m.end)
		default:
			m.at = m.end
			return true
		}
	}
	m.at = m.end
	return false
}

func (m *measure) until(from int, any string) int {
	if i := strings.IndexAny(m.sql[from:], any); i >= 0 {
		return from + i
	}
	return len(m.sql)
}

// afterComment is where a comment ends; those of PostgreSQL nest.
func afterComment(s string, at int) int {
	for depth := 0; at < len(s); at++ {
		switch {
		case strings.HasPrefix(s[at:], "/*"):
			depth++
			at++
		case strings.HasPrefix(s[at:], "*/"):
			depth--
			at++
			if depth == 0 {
				return at + 1
			}
		}
	}
	return len(s)
}

// word takes one word in.
func (m *measure) word() error {
	switch c := m.sql[m.at]; {
	case c == '\'' || c == '"':
		m.end = m.quoted(c)
	case c == '$':
		return m.refuse("$ stands for nothing here", "write texts in single quotes; a statement has no parameters")
	case c == 0:
		return m.refuse("there is a byte 0", "take it out")
	case isLetter(c):
		m.end = m.at
		for m.end < len(m.sql) && (isLetter(m.sql[m.end]) || isDigit(m.sql[m.end]) || m.sql[m.end] == '$') {
			m.end++
		}
		if m.end < len(m.sql) && m.sql[m.end] == '\'' && m.end-m.at == 1 && strings.ContainsAny(m.sql[m.at:m.end], "eEbBxXnN") {
			return m.refuse("texts with a letter before them are not supported", "write a plain text in single quotes; a quote in it is written twice")
		}
	case isDigit(c):
		for m.end < len(m.sql) && (isLetter(m.sql[m.end]) || isDigit(m.sql[m.end])) {
			m.end++
		}
		if m.end < len(m.sql) && m.sql[m.end] == '\'' {
			return m.refuse("a text follows a number without a space", "separate them")
		}
	default:
		m.end += signs(m.sql[m.at:])
	}
	return m.take(strings.ToLower(m.sql[m.at:m.end]))
}

// signs is how long an operator is that is surely one word; what is longer counts
// as more.
func signs(s string) int {
	for _, op := range []string{"->>", "->", "||", "::", "<=", ">=", "<>", "!=", "~*"} {
		if strings.HasPrefix(s, op) {
			return len(op)
		}
	}
	return 1
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// quoted is where a text or a name in quotes ends; a quote in it stands twice.
func (m *measure) quoted(quote byte) int {
	for i := m.at + 1; i < len(m.sql); i++ {
		if m.sql[i] != quote {
			continue
		}
		if i+1 == len(m.sql) || m.sql[i+1] != quote {
			return i + 1
		}
		i++
	}
	return len(m.sql)
}

func (m *measure) take(word string) error {
	m.count++
	if m.count > MaxWords {
		return m.refuse(fmt.Sprintf("the statement has more than %d words", MaxWords), "make products of its parts")
	}
	m.add(1)
	switch word {
	case "(", "[":
		m.frames = append(m.frames, frame{open: word[0]})
	case "case":
		m.frames = append(m.frames, frame{open: 'c'})
	case ")":
		m.close('(')
	case "]":
		m.close('[')
	case "end":
		if m.top().open == 'c' {
			m.pop()
		}
	case ",", ";", "or", "when", "then", "else":
		m.restart()
	case "between":
		m.top().between++
	case "and":
		if m.top().between > 0 {
			m.top().between--
		} else {
			m.restart()
		}
	case "join":
		m.joins++
	case "union", "intersect", "except":
		m.sets++
	}
	return m.tooDeep()
}

func (m *measure) tooDeep() error {
	switch {
	case m.nest > MaxNest:
		return m.refuse(fmt.Sprintf("the statement is nested too deep: more than %d words within each other", MaxNest), "name parts of it in WITH, or make products of them")
	case m.joins > maxJoins || m.sets > maxJoins:
		return m.refuse(fmt.Sprintf("there are more than %d joins or unions", maxJoins), "make products of parts of it")
	}
	return nil
}

func (m *measure) top() *frame { return &m.frames[len(m.frames)-1] }

func (m *measure) add(n int) {
	m.top().words += n
	m.nest += n
}

// restart: what follows begins beside what was there, not in it.
func (m *measure) restart() {
	m.nest -= m.top().words
	m.top().words = 0
}

func (m *measure) pop() {
	if len(m.frames) > 1 {
		m.restart()
		m.frames = m.frames[:len(m.frames)-1]
	}
}

// close ends the frames up to the bracket that a closing one belongs to.
func (m *measure) close(open byte) {
	for len(m.frames) > 1 {
		o := m.top().open
		m.pop()
		if o == open {
			return
		}
	}
}
