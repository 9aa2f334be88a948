// Package web serves the node's pages, at / of its HTTP listener.
//
// It asks the HTTP API for everything, in the process and as the person who is
// signed in, so it has no right of its own and nothing that the API does not
// give can be on a page. It adds what browsers need: sessions in a cookie, a
// check of where writes come from, a policy without inline scripts and styles,
// bounds, and the frame around the pages of the families (see package site).
//
// What is promised: a write from another site is refused; without a session
// every page leads to the one for signing in and then back; what was typed into
// a form whose session had ended is in the form again; no page tells what went
// wrong inside; every file but the pages may be kept for ever, and no page may.
package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

//go:generate go run github.com/a-h/templ/cmd/templ@v0.3.977 generate -log-level=error -path .

// Config is what the pages need. Every field but Brand and Development is
// required.
type Config struct {
	// API is the whole HTTP API, with its paths from /api/v1 on.
	API http.Handler
	// Families are the pages.
	Families []site.Family
	// Home is the mesh's uid. Two nodes on one host share a browser's cookies;
	// by it each knows its own.
	Home string
	// Mesh is the mesh's name, for who is not signed in.
	Mesh string
	// Brand is how an organisation wants it to look; nil is Weir's own look.
	Brand *Brand
	// Development shows every page with canned data under /_stories.
	Development bool

	Now    func() time.Time
	Random io.Reader // of cryptographic quality
	Log    *slog.Logger
}

// Bounds of a request.
const (
	maxBody  = 1 << 20          // of what a form sends, in bytes
	maxDrain = 64 << 20         // of a form that is too large: a browser reads no answer before all is sent
	pageFor  = 20 * time.Second // a page may take, but for live parts
	tidyTime = 5                // how hard pages are compressed
)

// Server is the handler of the site.
type Server struct {
	cfg     Config
	mux     *http.ServeMux
	handler http.Handler
	assets  map[string]asset
	shelf   *shelf

	cookieSession, cookieShelf, cookieTheme string

	reports     atomic.Int64
	reportsMu   sync.Mutex
	reportsFrom time.Time
	reportsSeen int
}

// New makes the site.
func New(c Config) *Server {
	s := &Server{cfg: c, mux: http.NewServeMux(), shelf: newShelf(c.Now, c.Random)}
	s.assets = assets(append(ui.Files(), c.Brand.files()...))
	suffix := c.Home
	if len(suffix) > 8 {
		suffix = suffix[len(suffix)-8:]
	}
	s.cookieSession, s.cookieShelf, s.cookieTheme = "weir-session-"+suffix, "weir-left-"+suffix, "weir-theme-"+suffix
	s.routes()
	own := http.NewCrossOriginProtection()
	own.AddInsecureBypassPattern("POST " + reportsPath) // by browsers themselves; changes nothing
	own.SetDenyHandler(http.HandlerFunc(s.foreign))
	s.handler = secure(own.Handler(middleware.Compress(tidyTime, "text/html")(http.HandlerFunc(s.route))))
	return s
}

// ServeHTTP answers whatever no other handler of the node does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() {
	s.mux.HandleFunc("GET "+ui.StaticPath, s.static)
	s.mux.HandleFunc("GET /favicon.ico", s.favicon)
	s.mux.HandleFunc("POST "+reportsPath, s.report)
	s.mux.HandleFunc("GET "+signInPath, s.bounded(s.showSignIn))
	s.mux.HandleFunc("POST "+signInPath, s.bounded(s.signIn))
	s.mux.HandleFunc("POST "+signOutPath, s.bounded(s.signOut))
	s.mux.HandleFunc("POST "+themePath, s.bounded(s.setTheme))
	for _, l := range liveRoutes {
		s.mux.HandleFunc("GET "+l.page, s.live(l))
	}
	for _, f := range s.cfg.Families {
		for _, route := range f.Routes {
			s.mux.HandleFunc(route.Method+" "+route.Path, s.bounded(s.page(route.Handle)))
		}
	}
	if s.cfg.Development {
		s.mux.HandleFunc("GET "+storiesPath, s.bounded(s.stories))
		s.mux.HandleFunc("GET "+storiesPath+"/{name...}", s.bounded(s.story))
	}
}

// favicon is for browsers that ask without reading the page.
func (s *Server) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, s.cfg.Brand.mark(), http.StatusFound)
}

// route finds the page, or answers that there is none or not for the method.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	defer s.recovered(w, r)
	if _, pattern := s.mux.Handler(r); pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	s.missing(w, r)
}

// recovered answers for a page that panicked: pages are drawn whole before they
// are sent, so nothing was.
func (s *Server) recovered(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	s.cfg.Log.Error("a page panicked", "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
	s.showFailure(w, r, frame{}, http.StatusInternalServerError, nil)
}

// hasPage reports whether a path can be looked at.
func (s *Server) hasPage(path string) bool {
	r, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return false
	}
	_, pattern := s.mux.Handler(r)
	return pattern != ""
}

// bounded gives a request its time and reads its form, within bounds.
func (s *Server) bounded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), pageFor)
		defer cancel()
		r = r.WithContext(ctx)
		sent := r.Body
		r.Body = http.MaxBytesReader(w, sent, maxBody)
		if err := readForm(r); err != nil {
			_, _ = io.CopyN(io.Discard, sent, maxDrain) // what it says, the form's error said
			s.badForm(w, r, err)
			return
		}
		next(w, r)
	}
}

// readForm reads a form of either encoding. ParseMultipartForm alone would not
// tell that one without files was too large.
func readForm(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	if err := r.ParseMultipartForm(maxBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	return nil
}

// page serves one page of a family to who is signed in.
func (s *Server) page(handle site.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		api, me, err := s.who(r)
		switch {
		case errors.Is(err, errSignedOut):
			s.toSignIn(w, r)
			return
		case err != nil:
			s.fail(w, r, frame{}, err)
			return
		}
		left := s.left(w, r, me.Name)
		req := &site.Request{Request: r, API: api, Me: me, Mesh: s.mesh(r, api), Now: s.cfg.Now(), Log: s.cfg.Log, Keep: left.keep}
		f := s.frame(req, left)
		a, err := handle(req)
		if err != nil {
			s.fail(w, r, f, err)
			return
		}
		s.answer(w, r, f, me, a)
	}
}

// answer sends what a page answered.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, f frame, me site.Person, a site.Answer) {
	if a.Redirect != "" {
		s.redirect(w, r, me, a)
		return
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	if a.Bare {
		s.write(w, r, status, a.Body)
		return
	}
	s.write(w, r, status, whole(f.of(a)))
}

// redirect goes to another page of this site, which tells what was done.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, me site.Person, a site.Answer) {
	to := a.Redirect
	if !safeNext(to) {
		s.cfg.Log.Error("a page wanted to lead elsewhere", "path", r.URL.Path, "to", to)
		to = "/"
	}
	if a.Notice != "" || len(a.Same) > 0 {
		s.leave(w, r, parcel{person: me.Name, path: pathOf(to), notice: a.Notice, same: a.Same})
	}
	if part(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// write draws a page whole before any of it is sent, so that one that cannot be
// drawn is an error and not half a page.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, c component) {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		s.cfg.Log.Error("a page could not be drawn", "path", r.URL.Path, "error", err)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "The node failed; its log says more.\n") // the browser has gone
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser has gone
}

// component is what can be drawn.
type component interface {
	Render(ctx context.Context, w io.Writer) error
}

// part reports that htmx asks for a part of a page.
func part(r *http.Request) bool {
	return (&site.Request{Request: r}).Part()
}
