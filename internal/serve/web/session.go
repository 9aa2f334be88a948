package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// The pages of sessions.
const (
	signInPath  = "/sign-in"
	signOutPath = "/sign-out"
)

// How long a browser keeps who was signed in. The session ends earlier, by the
// node's clock; the name stays so that a form that comes too late is known to
// be of the same person.
const cookieFor = 30 * 24 * time.Hour

// maxNext bounds the address of a page to come back to.
const maxNext = 2048

// visitor is who a browser says it is.
type visitor struct {
	name  string // as the cookie says; proven only by the token
	token string
}

func (s *Server) visitor(r *http.Request) visitor {
	c, err := r.Cookie(s.cookieSession)
	if err != nil {
		return visitor{}
	}
	name, token, _ := strings.Cut(c.Value, ":")
	return visitor{name, token}
}

// api is a client of the API that acts with a token, from where a request came.
func (s *Server) api(r *http.Request, token string) *client.Client {
	return client.Over(inside{s.cfg.API, r.RemoteAddr}, token)
}

// errSignedOut is that nobody is signed in.
var errSignedOut = errors.New("nobody is signed in")

// who gives the person of a request, by asking the API.
func (s *Server) who(r *http.Request) (*client.Client, site.Person, error) {
	v := s.visitor(r)
	if v.token == "" {
		return nil, site.Person{}, errSignedOut
	}
	api := s.api(r, v.token)
	me, err := api.Me(r.Context())
	if problemOf(err, http.StatusUnauthorized) {
		return nil, site.Person{}, errSignedOut
	}
	if err != nil {
		return nil, site.Person{}, err
	}
	return api, site.Person{Name: me.Name, Teams: me.Teams, Admin: admin(me)}, nil
}

func admin(p client.Person) bool {
	for _, r := range p.Roles {
		if r == "mesh-admin" {
			return true
		}
	}
	return false
}

// problemOf reports whether an error is a refusal with a status.
func problemOf(err error, status int) bool {
	var p *client.Problem
	return errors.As(err, &p) && p.Status == status
}

// remember sets a cookie for this site alone, out of reach of scripts.
func (s *Server) remember(w http.ResponseWriter, r *http.Request, name, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
}

// forget takes a cookie away.
func (s *Server) forget(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// toSignIn sends to the page for signing in, and keeps what a form held.
func (s *Server) toSignIn(w http.ResponseWriter, r *http.Request) {
	next := r.URL.RequestURI()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		next = s.formPage(r)
		u, _ := url.Parse(next) // formPage gives what can be parsed
		s.leave(w, r, parcel{person: s.visitor(r).name, path: u.Path, keep: kept(r.PostForm)})
	}
	to := signInPath
	if next != "/" && safeNext(next) {
		to += "?next=" + url.QueryEscape(next)
	}
	if part(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// formPage is the page that a form stood on: the one that the browser says, if
// it is of this site.
func (s *Server) formPage(r *http.Request) string {
	from := r.Header.Get("HX-Current-URL")
	if from == "" {
		from = r.Referer()
	}
	if u, err := url.Parse(from); err == nil && u.Host == r.Host && safeNext(u.RequestURI()) {
		return u.RequestURI()
	}
	if s.hasPage(r.URL.Path) && safeNext(r.URL.Path) {
		return r.URL.Path
	}
	return "/"
}

// safeNext reports whether an address is a page of this site that one can go to
// after signing in.
func safeNext(next string) bool {
	if len(next) > maxNext || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return false
	}
	u, err := url.Parse(next)
	return err == nil && u.Host == "" && u.Scheme == "" && u.Path != signInPath && u.Path != signOutPath
}

// signInView is the page for signing in.
type signInView struct {
	User    string
	Next    string
	Kept    bool // a form waits
	Problem *client.Problem
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) {
	next := r.URL.Query().Get("next")
	if !safeNext(next) {
		next = "/"
	}
	if _, _, err := s.who(r); err == nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	_, err := r.Cookie(s.cookieShelf)
	s.answerSignIn(w, r, http.StatusOK, signInView{User: s.visitor(r).name, Next: next, Kept: err == nil})
}

func (s *Server) answerSignIn(w http.ResponseWriter, r *http.Request, status int, v signInView) {
	s.write(w, r, status, s.alone(r, "Sign in", signInPage(s.meshName(r), v)))
}

// signIn opens a session of the API.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	v := signInView{User: strings.TrimSpace(r.PostForm.Get("user")), Next: r.PostForm.Get("next")}
	if !safeNext(v.Next) {
		v.Next = "/"
	}
	session, err := s.api(r, "").Login(r.Context(), client.NewSession{User: v.User, Password: r.PostForm.Get("password")})
	var refused *client.Problem
	if errors.As(err, &refused) && refused.Status < http.StatusInternalServerError {
		if refused.Status == http.StatusUnauthorized {
			refused.Fix = "Nobody can read your password: a mesh admin sets a new one with weir person password " + orName(v.User)
		}
		v.Problem = refused
		s.answerSignIn(w, r, refused.Status, v)
		return
	}
	if err != nil {
		s.fail(w, r, frame{}, err)
		return
	}
	if old := s.visitor(r).token; old != "" {
		s.endSession(r, old)
	}
	s.remember(w, r, s.cookieSession, session.User+":"+session.Token, cookieFor)
	http.Redirect(w, r, v.Next, http.StatusSeeOther)
}

func orName(user string) string {
	if user == "" || len(user) > 63 {
		return "NAME"
	}
	return user
}

// signOut ends the session. The browser keeps the name alone.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	v := s.visitor(r)
	if v.token != "" {
		s.endSession(r, v.token)
		s.remember(w, r, s.cookieSession, v.name+":", cookieFor)
	}
	http.Redirect(w, r, signInPath, http.StatusSeeOther)
}

// endSession ends a session; one that has ended is fine.
func (s *Server) endSession(r *http.Request, token string) {
	ctx, cancel := context.WithTimeout(r.Context(), pageFor)
	defer cancel()
	if err := s.api(r, token).Logout(ctx); err != nil && !problemOf(err, http.StatusUnauthorized) {
		s.cfg.Log.Warn("a session could not be ended", "error", err)
	}
}
