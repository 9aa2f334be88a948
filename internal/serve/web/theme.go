package web

import (
	"net/http"
	"time"

	"github.com/a-h/templ"
)

// themePath takes the choice of light or dark.
const themePath = "/theme"

// themeFor is how long a browser keeps the choice.
const themeFor = 365 * 24 * time.Hour

// theme is light, dark, or empty for what the browser wants. The address may
// say it, so that pictures of a page can be taken.
func (s *Server) theme(r *http.Request) string {
	if s.cfg.Development {
		if t := r.URL.Query().Get("theme"); themed(t) {
			return t
		}
	}
	c, err := r.Cookie(s.cookieTheme)
	if err != nil || !themed(c.Value) {
		return ""
	}
	return c.Value
}

func themed(t string) bool { return t == "light" || t == "dark" }

// setTheme keeps the choice in a cookie: the page comes in its colours at once.
// Without a script the browser's own wish is not known, so the first switch is
// to dark.
func (s *Server) setTheme(w http.ResponseWriter, r *http.Request) {
	want := r.PostForm.Get("theme")
	if !themed(want) {
		want = "dark"
		if s.theme(r) == "dark" {
			want = "light"
		}
	}
	s.remember(w, r, s.cookieTheme, want, themeFor)
	next := r.PostForm.Get("next")
	if !safeNext(next) {
		next = "/"
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// userAttrs and passwordAttrs put the cursor where something is to be typed.
func userAttrs(v signInView) templ.Attributes {
	a := templ.Attributes{"autocomplete": "username", "maxlength": "63", "autocapitalize": "none", "spellcheck": "false"}
	if v.User == "" {
		a["autofocus"] = true
	}
	return a
}

func passwordAttrs(v signInView) templ.Attributes {
	a := templ.Attributes{"autocomplete": "current-password", "maxlength": "1024"}
	if v.User != "" {
		a["autofocus"] = true
	}
	return a
}
