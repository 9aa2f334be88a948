package web

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// contentPolicy lets a page load what this site serves, and nothing else: no
// inline script or style, no frame, no form to elsewhere.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri " + reportsPath + "; report-to csp"

// reportsPath is where browsers tell of what the policy refused.
const reportsPath = "/csp-reports"

// Bounds of reports.
const (
	maxReport    = 64 << 10
	reportsEvery = time.Minute
	reportsLog   = 10 // of one such time
)

// secure sets the headers of every answer of the site.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("Reporting-Endpoints", `csp="`+reportsPath+`"`)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// report takes a browser's report: it counts, and logs the first of a minute.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
	if err != nil {
		http.Error(w, "a report has at most 64 KB", http.StatusRequestEntityTooLarge)
		return
	}
	n := s.reports.Add(1)
	now := s.cfg.Now()
	s.reportsMu.Lock()
	if now.Sub(s.reportsFrom) > reportsEvery {
		s.reportsFrom, s.reportsSeen = now, 0
	}
	s.reportsSeen++
	loud := s.reportsSeen <= reportsLog
	s.reportsMu.Unlock()
	if loud {
		s.cfg.Log.Warn("a browser refused something on a page", "report", short(body), "reports", n)
	}
	w.WriteHeader(http.StatusNoContent)
}

// short is a report on one line, without what would fill the log.
func short(body []byte) string {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return "not JSON"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "not JSON"
	}
	return strings.ToValidUTF8(string(b[:min(len(b), 1000)]), "")
}

// Reports is how many reports came since the start.
func (s *Server) Reports() int64 { return s.reports.Load() }
