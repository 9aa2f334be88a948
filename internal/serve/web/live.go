package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/weirmesh/weir/client"
)

// liveRoute is a stream of events that a page may listen to: where it is on
// the site, and which list of the API it is.
type liveRoute struct {
	page string
	api  func(*http.Request) string
}

// liveRoutes are all; nothing else of the API can be reached by a session's
// cookie.
var liveRoutes = []liveRoute{
	{"/live/products/{name}/records", func(r *http.Request) string {
		return "/api/v1/products/" + url.PathEscape(r.PathValue("name")) + "/records"
	}},
	{"/live/streams/{name}/records", func(r *http.Request) string {
		return "/api/v1/streams/" + url.PathEscape(r.PathValue("name")) + "/records"
	}},
	{"/live/audit/events", func(*http.Request) string { return "/api/v1/audit/events" }},
}

// slowFor is how long a browser may take for one piece of a stream.
const slowFor = 30 * time.Second

// live passes a stream of events on, as the person who is signed in; the API
// ends it when the session ends.
func (s *Server) live(l liveRoute) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.visitor(r)
		if v.token == "" {
			http.Error(w, "you are not signed in", http.StatusUnauthorized)
			return
		}
		res, err := s.ask(r, l.api(r), v.token)
		if err != nil {
			s.cfg.Log.Warn("a live part could not be had", "path", r.URL.Path, "error", err)
			http.Error(w, "the node cannot answer now", http.StatusServiceUnavailable)
			return
		}
		defer res.Body.Close()
		for _, name := range []string{"Content-Type", "X-Accel-Buffering", client.RecordsFrom} {
			if h := res.Header.Get(name); h != "" {
				w.Header().Set(name, h)
			}
		}
		w.WriteHeader(res.StatusCode)
		if err := pass(w, res.Body); err != nil {
			s.cfg.Log.Debug("a live part ended", "path", r.URL.Path, "error", err)
		}
	}
}

// ask sends a request to the API.
func (s *Server) ask(r *http.Request, path, token string) (*http.Response, error) {
	target := "http://node" + path
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "text/event-stream")
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		req.Header.Set("Last-Event-ID", id)
	}
	return inside{s.cfg.API, r.RemoteAddr}.RoundTrip(req)
}

// pass sends each piece as it comes. A browser that does not take one in time
// ends the stream.
func pass(w http.ResponseWriter, body io.Reader) error {
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if e := send(w, control, buf[:n]); e != nil {
				return e
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func send(w io.Writer, control *http.ResponseController, piece []byte) error {
	if err := control.SetWriteDeadline(time.Now().Add(slowFor)); err != nil {
		return err
	}
	if _, err := w.Write(piece); err != nil {
		return err
	}
	return control.Flush()
}
