package protobuf

import "strings"

// scanner cuts a text into tokens, roughly: a word or a number, a string, or
// one sign. Blanks and comments are between them.
type scanner struct {
	text string
	at   int
	seen int // up to where column looked for line ends
	from int // where the line begins in which seen is
}

// next is the next token, or "" at the end.
func (s *scanner) next() string {
	s.skip()
	start := s.at
	if start >= len(s.text) {
		return ""
	}
	c := s.text[s.at]
	s.at++
	switch {
	case c == '"' || c == '\'':
		s.quoted(c)
	case isWord(c):
		for s.at < len(s.text) && isWord(s.text[s.at]) {
			s.at++
		}
	}
	return s.text[start:s.at]
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c >= 0x80
}

// quoted goes behind a string, or to the end of a line that leaves it open.
func (s *scanner) quoted(end byte) {
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case end:
			s.at++
			return
		case '\n':
			return
		}
	}
	s.at = len(s.text)
}

// skip goes over blanks and comments.
func (s *scanner) skip() {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.HasPrefix(rest, "//"):
			s.past(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			s.at += 2
			s.past(rest[2:], "*/")
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) past(rest, end string) {
	if i := strings.Index(rest, end); i >= 0 {
		s.at += i + len(end)
		return
	}
	s.at = len(s.text)
}

// line is the number of the line that was reached.
func (s *scanner) line() int { return 1 + strings.Count(s.text[:s.at], "\n") }

// column is how many bytes of its line are behind scanner, the last token's
// included.
func (s *scanner) column() int {
	if i := strings.LastIndexByte(s.text[s.seen:s.at], '\n'); i >= 0 {
		s.from = s.seen + i + 1
	}
	s.seen = s.at
	return s.at - s.from
}
