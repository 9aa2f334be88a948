package web

import (
	"net/http"

	"github.com/weirmesh/weir/internal/serve/web/site"
)

// storiesPath is where pages with canned data are, in development.
const storiesPath = "/_stories"

// storyFrame is a frame that no mesh is behind.
func (s *Server) storyFrame(r *http.Request) frame {
	f := s.bareFrame(r)
	f.Mesh = site.Mesh{Name: "demo", Kafka: "127.0.0.1:9092", HTTP: "http://127.0.0.1:8080", Version: "1.2.3", Healthy: true}
	f.Me = site.Person{Name: "ada", Teams: []string{"edge", "membership"}, Admin: true}
	return f
}

func (s *Server) stories(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, s.storyFrame(r), site.Person{}, site.Answer{Title: "Stories", Body: storyIndex(s.cfg.Families)})
}

func (s *Server) story(w http.ResponseWriter, r *http.Request) {
	for _, f := range s.cfg.Families {
		for _, story := range f.Stories {
			if story.Name == r.PathValue("name") {
				a := story.Answer()
				if a.Bare { // a part is looked at in a page
					a.Bare, a.Body = false, storyPart(a.Body)
				}
				s.answer(w, r, s.storyFrame(r), site.Person{}, a)
				return
			}
		}
	}
	s.showFailure(w, r, s.storyFrame(r), http.StatusNotFound, nil)
}
