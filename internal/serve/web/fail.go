package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
)

// failureView is a page that tells what went wrong, and what to do.
type failureView struct {
	Title   string
	Lead    string
	Problem *client.Problem // what the API refused; nil: the lead says it all
	Actions []failureAction
}

type failureAction struct{ Text, Href string }

// titles are what a refusal is called, by its status.
var titles = map[int]failureView{
	http.StatusBadRequest:            {Title: "That cannot be done", Lead: "What was sent does not fit."},
	http.StatusUnauthorized:          {Title: "You are not signed in", Lead: "The session has ended."},
	http.StatusForbidden:             {Title: "That is not yours to do", Lead: "You may know of it, but not do this."},
	http.StatusNotFound:              {Title: "There is nothing here", Lead: "It does not exist, or you may not know of it."},
	http.StatusMethodNotAllowed:      {Title: "That does not work like this", Lead: "This address can be looked at, or written to, but not in this way."},
	http.StatusConflict:              {Title: "That does not fit with what is there", Lead: "It is there already, or something else needs it."},
	http.StatusPreconditionFailed:    {Title: "Somebody else has changed it meanwhile", Lead: "Nothing of yours was stored. Look at what changed, then do it again."},
	http.StatusRequestEntityTooLarge: {Title: "That is too much", Lead: "What was sent is larger than a page takes."},
	http.StatusUnprocessableEntity:   {Title: "That is not accepted", Lead: "What was sent can be read, but breaks a rule."},
	http.StatusTooManyRequests:       {Title: "That is too much at once", Lead: "Wait a moment, then do it again."},
	http.StatusInternalServerError:   {Title: "The node failed", Lead: "Nothing on this page helps; the node's log says more."},
	http.StatusServiceUnavailable:    {Title: "The node cannot answer now", Lead: "It starts, stops, or waits for its cluster. Nothing is lost: try again in a moment."},
}

// fail answers an error of a page.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, f frame, err error) {
	var p *client.Problem
	var gone *client.Unreachable
	switch {
	case r.Context().Err() != nil && !errors.Is(r.Context().Err(), context.DeadlineExceeded):
		return // nobody is there any more
	case errors.As(err, &p):
		if p.Status == http.StatusUnauthorized {
			s.toSignIn(w, r)
			return
		}
		s.showFailure(w, r, f, p.Status, p)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &gone) && !errors.Is(err, errPanic):
		s.cfg.Log.Warn("a page could not be had", "path", r.URL.Path, "error", err)
		s.showFailure(w, r, f, http.StatusServiceUnavailable, nil)
	default:
		s.cfg.Log.Error("a page failed", "path", r.URL.Path, "error", err)
		s.showFailure(w, r, f, http.StatusInternalServerError, nil)
	}
}

// showFailure sends the page of a status, or its part.
func (s *Server) showFailure(w http.ResponseWriter, r *http.Request, f frame, status int, p *client.Problem) {
	v, ok := titles[status]
	if !ok {
		v = failureView{Title: http.StatusText(status), Lead: "The node refused it."}
	}
	if status >= http.StatusInternalServerError {
		p = known(p)
	}
	v.Problem = p
	if f.Me.Name != "" {
		v.Actions = []failureAction{{"Search for it", "/explore"}, {"Home", "/"}}
	}
	if part(r) {
		s.write(w, r, status, failurePart(v))
		return
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	s.write(w, r, status, s.framed(r, f, v.Title, failure(v)))
}

// known leaves out of a failure what is no refusal in words.
func known(p *client.Problem) *client.Problem {
	if p == nil || p.Status == http.StatusInternalServerError {
		return nil
	}
	return p
}

// framed puts a page into the frame of who is signed in, or of nobody.
func (s *Server) framed(r *http.Request, f frame, title string, body templ.Component) templ.Component {
	if f.Me.Name == "" {
		return s.alone(r, title, body)
	}
	f.Title, f.Body = title, body
	return whole(f)
}

// missing answers an address that no page has, or none for the method. Who is
// not signed in learns only that they should.
func (s *Server) missing(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := s.mux.Handler(other); pattern != "" && m != r.Method {
			allow = append(allow, m)
		}
	}
	status := http.StatusNotFound
	if len(allow) > 0 {
		status = http.StatusMethodNotAllowed
		w.Header().Set("Allow", strings.Join(allow, ", "))
	}
	if !wantsPage(r) {
		http.Error(w, "there is nothing here; pages are at /, the API is under /api/v1, the schema registry under /registry, health under /livez and /readyz", status)
		return
	}
	f, ok := s.frameOf(w, r)
	if !ok && status == http.StatusNotFound && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		s.toSignIn(w, r)
		return
	}
	s.showFailure(w, r, f, status, nil)
}

// wantsPage reports whether a browser asks, and not a program.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html") || part(r)
}

// frameOf is the frame of who is signed in, for a page outside the families.
func (s *Server) frameOf(w http.ResponseWriter, r *http.Request) (frame, bool) {
	ctx, cancel := context.WithTimeout(r.Context(), pageFor)
	defer cancel()
	r = r.WithContext(ctx)
	api, me, err := s.who(r)
	if err != nil {
		return frame{}, false
	}
	f := s.bareFrame(r)
	f.Mesh, f.Me = s.mesh(r, api), me
	return f, true
}

// foreign refuses a write that came from another site.
func (s *Server) foreign(w http.ResponseWriter, r *http.Request) {
	s.cfg.Log.Warn("a write from another site was refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"))
	s.showFailure(w, r, frame{}, http.StatusForbidden, &client.Problem{
		Status: http.StatusForbidden, Detail: "the request came from another site",
		Fix: "open the page here and send its form again; programs use the API under /api/v1 with a token",
	})
}

// badForm answers what cannot be read as a form.
func (s *Server) badForm(w http.ResponseWriter, r *http.Request, err error) {
	f, _ := s.frameOf(w, r)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		s.showFailure(w, r, f, http.StatusRequestEntityTooLarge, &client.Problem{
			Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("a form has at most %d bytes", large.Limit),
			Fix: "nothing was stored; documentation and terms have at most 262144 bytes each: shorten the text, and link to what is longer",
		})
		return
	}
	s.showFailure(w, r, f, http.StatusBadRequest, &client.Problem{
		Status: http.StatusBadRequest, Detail: "what was sent is no form that can be read", Fix: "go back, open the page again and send its form",
	})
}
