package gateway

import (
	"container/list"
	"sync"

	"github.com/weirmesh/weir/internal/app/access"
)

// seats knows which connections are open, and who gives way when there are too
// many.
type seats struct {
	max   Limits
	count *Metrics

	mu      sync.Mutex
	conns   map[*conn]struct{}
	order   *list.List     // those that may still be before their login, oldest first
	waiting int            // before their login
	perApp  map[string]int // after it
	last    uint64         // number of the newest connection
	ended   bool

	// Those that were told to give way and have not left yet, before their
	// login and after it: nobody else has to for the same place.
	leavingStrangers, leavingKnown int
}

// seat is what seats remembers of a connection, under its lock.
type seat struct {
	number  uint64
	place   *list.Element
	leaving *int // what counts it, nil if it need not give way
}

func newSeats(l Limits, m *Metrics) *seats {
	return &seats{max: l, count: m, conns: map[*conn]struct{}{}, order: list.New(), perApp: map[string]int{}}
}

// enter takes a new connection in, for which an older one may have to give way.
// It calls entered first; false when the gateway ends.
func (s *seats) enter(c *conn, entered func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	if s.waiting-s.leavingStrangers >= s.max.Unauthenticated {
		s.dismiss(s.oldestStranger(), &s.leavingStrangers, "gave way to a newer connection before its login")
	}
	s.last++
	c.seat = seat{number: s.last, place: s.order.PushBack(c)}
	s.conns[c] = struct{}{}
	s.waiting++
	s.count.Connections.Store(int64(len(s.conns)))
	entered()
	return true
}

// oldestStranger is the oldest connection before its login that said nothing,
// or else the oldest before its login.
func (s *seats) oldestStranger() *conn {
	var oldest *conn
	for e := s.order.Front(); e != nil; {
		c, next := e.Value.(*conn), e.Next()
		if c.seat.leaving != nil || c.login.Load() != nil {
			s.order.Remove(e)
		} else if !c.spoke.Load() {
			return c
		} else if oldest == nil {
			oldest = c
		}
		e = next
	}
	return oldest
}

// dismiss ends a connection, and counts it until it has left.
func (s *seats) dismiss(c *conn, leaving *int, why string) {
	if c == nil {
		return
	}
	*leaving++
	c.seat.leaving = leaving
	c.end(refusef("%s", why))
}

// admit counts a connection for the application that logged in, for which one
// of another application may have to give way.
func (s *seats) admit(application string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.perApp[application] >= s.max.PerApplication {
		return refusef("%s has %d connections open, which is the limit", application, s.max.PerApplication)
	}
	known := len(s.conns) - s.waiting - s.leavingKnown
	if known >= s.max.Connections-s.max.Unauthenticated {
		c := s.newestOfMost(s.perApp[application] + 1)
		if c == nil {
			return refusef("too many connections are open, and no application has more than %s", application)
		}
		s.dismiss(c, &s.leavingKnown, "gave way to an application with fewer connections")
	}
	s.perApp[application]++
	s.waiting--
	return nil
}

// newestOfMost is the newest connection of the application that has the most;
// nil if that is not more than some number.
func (s *seats) newestOfMost(more int) *conn {
	var most string
	for app, n := range s.perApp {
		if n > more {
			most, more = app, n
		}
	}
	if most == "" {
		return nil
	}
	var newest *conn
	for c := range s.conns {
		l := c.login.Load()
		if l == nil || l.Name != most || c.seat.leaving != nil {
			continue
		}
		if newest == nil || c.seat.number > newest.seat.number {
			newest = c
		}
	}
	return newest
}

// leave forgets a connection that ended.
func (s *seats) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.order.Remove(c.seat.place)
	s.count.Connections.Store(int64(len(s.conns)))
	if c.seat.leaving != nil {
		*c.seat.leaving--
	}
	s.uncount(c.login.Load())
}

func (s *seats) uncount(l *access.Login) {
	if l == nil {
		s.waiting--
		return
	}
	if s.perApp[l.Name]--; s.perApp[l.Name] == 0 {
		delete(s.perApp, l.Name)
	}
}

// connected is how many connections an application has.
func (s *seats) connected(application string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.perApp[application]
}

// open lists the connections of now.
func (s *seats) open() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	return all
}

// enterNoMore takes nobody in any more.
func (s *seats) enterNoMore() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

// fetchBytes is what one Fetch of an application may ask for. A broker holds an
// answer for each connection until it is taken, so many ask for less each.
func (s *seats) fetchBytes(application string) int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	each := s.max.Answers / int64(max(1, s.perApp[application]))
	return int32(max(keepBuffer, min(int64(s.max.FetchBytes), each)))
}
