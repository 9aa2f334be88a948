package web

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/serve/web/site"
)

// TestShelfIsBounded: in number, in bytes and in time; the oldest go first.
func TestShelfIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := newShelf(func() time.Time { return now }, rand.Reader)
	first := s.put(parcel{notice: "first"})
	var last string
	for i := range 3 * shelfItems {
		last = s.put(parcel{notice: fmt.Sprint(i)})
	}
	if len(s.items) > shelfItems || len(s.order) > shelfItems {
		t.Errorf("%d parcels are kept, %d in order", len(s.items), len(s.order))
	}
	if _, ok := s.take(first, "ada", "/"); ok {
		t.Error("the oldest is still there")
	}
	if p, ok := s.take(last, "ada", "/"); !ok || p.notice != fmt.Sprint(3*shelfItems-1) {
		t.Error("the newest is not there")
	}
	large := site.Keep{"text": {strings.Repeat("x", 1<<20)}}
	for range 100 {
		s.put(parcel{keep: large})
	}
	if s.size > shelfBytes {
		t.Errorf("%d bytes are kept", s.size)
	}
	if s.put(parcel{keep: site.Keep{"text": {strings.Repeat("x", shelfBytes)}}}) != "" {
		t.Error("one parcel takes it all")
	}
	late := s.put(parcel{notice: "late"})
	now = now.Add(shelfFor + time.Second)
	if _, ok := s.take(late, "ada", "/"); ok {
		t.Error("what is too old is given")
	}
	sum := 0
	for _, p := range s.items {
		sum += p.size
	}
	if sum != s.size {
		t.Errorf("the size is %d, of %d", s.size, sum)
	}
}

// TestShelfIsPersonal: a parcel is for one person's page, once.
func TestShelfIsPersonal(t *testing.T) {
	t.Parallel()
	s := newShelf(time.Now, rand.Reader)
	name := s.put(parcel{person: "ada", path: "/a", notice: "x"})
	for _, tt := range []struct {
		name, person, path string
		want               bool
	}{
		{"guessed", "ada", "/a", false}, {name, "bob", "/a", false}, {name, "ada", "/b", false}, {name, "ada", "/a", true}, {name, "ada", "/a", false},
	} {
		if _, ok := s.take(tt.name, tt.person, tt.path); ok != tt.want {
			t.Errorf("%s at %s: %t", tt.person, tt.path, ok)
		}
	}
}
