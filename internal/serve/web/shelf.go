package web

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/weirmesh/weir/internal/serve/web/site"
)

// Bounds of what waits for a next page.
const (
	shelfItems = 1000
	shelfBytes = 16 << 20
	shelfFor   = 30 * time.Minute
)

// parcel is what one page leaves for the next: what was typed into a form when
// the session had ended, or what a write tells.
type parcel struct {
	person string // whose it is; empty: nobody can tell
	path   string // of the page that it is for; empty: any
	keep   site.Keep
	notice string
	same   []site.Same
	until  time.Time
	size   int
}

// shelf holds parcels in memory, each under a secret name that only one browser
// has. When there are too many, the oldest go.
type shelf struct {
	now    func() time.Time
	random io.Reader

	mu    sync.Mutex
	items map[string]parcel
	order []string // by age, the oldest first; may name what is gone
	size  int
}

func newShelf(now func() time.Time, random io.Reader) *shelf {
	return &shelf{now: now, random: random, items: map[string]parcel{}}
}

// put keeps a parcel and gives its name; an empty one if that cannot be.
func (s *shelf) put(p parcel) string {
	secret := make([]byte, 18)
	if _, err := io.ReadFull(s.random, secret); err != nil {
		return ""
	}
	name := base64.RawURLEncoding.EncodeToString(secret)
	p.until = s.now().Add(shelfFor)
	p.size = p.weight()
	if p.size > shelfBytes/4 {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.order) > 0 && (len(s.items) >= shelfItems || s.size+p.size > shelfBytes) {
		s.drop(s.order[0])
		s.order = s.order[1:]
	}
	s.items[name] = p
	s.order = append(s.order, name)
	s.size += p.size
	return name
}

// drop forgets a parcel. The caller holds mu.
func (s *shelf) drop(name string) {
	s.size -= s.items[name].size
	delete(s.items, name)
}

// take gives a parcel that is for a person's page, once.
func (s *shelf) take(name, person, path string) (parcel, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.items[name]
	if !ok {
		return parcel{}, false
	}
	fits := (p.path == "" || p.path == path) && (p.person == "" || p.person == person)
	old := s.now().After(p.until)
	if !fits && !old {
		return parcel{}, false
	}
	s.drop(name)
	s.order = without(s.order, name)
	return p, fits && !old
}

func without(all []string, name string) []string {
	kept := all[:0]
	for _, n := range all {
		if n != name {
			kept = append(kept, n)
		}
	}
	return kept
}

// weight is about what a parcel takes in memory.
func (p *parcel) weight() int {
	n := 200 + len(p.notice) + len(p.path)
	for k, values := range p.keep {
		n += len(k)
		for _, v := range values {
			n += 50 + len(v)
		}
	}
	for _, s := range p.same {
		n += len(s.Command) + len(s.Path) + len(s.Body) + 50
	}
	return n
}

// kept is what may be kept of a form: not what is secret.
func kept(form url.Values) site.Keep {
	k := site.Keep{}
	for name, values := range form {
		if !secretName(name) {
			k[name] = values
		}
	}
	return k
}

// secretName reports whether a field holds a secret by its name.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"password", "secret", "token", "passphrase", "credential"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// left gives what an earlier page left for this one.
func (s *Server) left(w http.ResponseWriter, r *http.Request, person string) parcel {
	c, err := r.Cookie(s.cookieShelf)
	if err != nil {
		return parcel{}
	}
	p, ok := s.shelf.take(c.Value, person, r.URL.Path)
	if ok {
		s.forget(w, s.cookieShelf)
	}
	return p
}

// leave keeps a parcel for a later page of the same browser.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, p parcel) {
	if name := s.shelf.put(p); name != "" {
		s.remember(w, r, s.cookieShelf, name, shelfFor)
	}
}
