package web

import (
	"net/http"

	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Starting answers browsers while the node comes up: a page that asks again by
// itself. Other callers get plain text. progress is how far it is, in words.
func Starting(progress func() string) http.Handler {
	files := &Server{assets: assets(ui.Files())}
	return secure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := files.assets[r.URL.Path]; ok {
			files.static(w, r)
			return
		}
		w.Header().Set("Retry-After", "1")
		if !wantsPage(r) {
			http.Error(w, "the node is starting; see /readyz", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Refresh", "2")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = whole(frame{Title: "Starting", Path: "/", Body: startingPage(progress())}).Render(r.Context(), w) // the browser has gone
	}))
}
