package gateway

import (
	"sync"
	"time"
)

// linesPerSecond bounds what clients can write into the log by being refused.
const linesPerSecond = 20

// sparse says which of many lines are logged.
type sparse struct {
	mu     sync.Mutex
	second time.Time
	lines  int
	hidden int
}

// line reports whether a line may be logged, and how many were not since the
// last that was.
func (s *sparse) line(now time.Time) (hidden int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.second) >= time.Second {
		s.second, s.lines = now, 0
	}
	if s.lines >= linesPerSecond {
		s.hidden++
		return 0, false
	}
	s.lines++
	hidden, s.hidden = s.hidden, 0
	return hidden, true
}

// warn logs something that a client brought about.
func (g *Gateway) warn(msg string, attrs ...any) {
	hidden, ok := g.lines.line(g.now())
	if !ok {
		return
	}
	if hidden > 0 {
		attrs = append(attrs, "lines_left_out", hidden)
	}
	g.log.Warn(msg, attrs...)
}
