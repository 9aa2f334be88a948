package web_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/serve/web"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// streaming is an API whose lists of records are streams that never end by
// themselves.
type streaming struct {
	asked chan *http.Request // what was asked
	ended chan struct{}      // a stream's request ended
	next  chan string        // pieces to send
}

func newStreaming() *streaming {
	return &streaming{asked: make(chan *http.Request, 10), ended: make(chan struct{}, 10), next: make(chan string)}
}

func (s *streaming) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked <- r
	if r.Header.Get("Authorization") != "Bearer weirs_a_b" {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Weir-From", "0:1")
	w.Header().Set("Set-Cookie", "not=passed")
	for {
		select {
		case piece, ok := <-s.next:
			if !ok {
				return
			}
			fmt.Fprint(w, piece)
		case <-r.Context().Done():
			s.ended <- struct{}{}
			return
		}
	}
}

// listen opens a live part as a browser does.
func listen(t *testing.T, ctx context.Context, p *place, path, token string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path, nil)
	must(t, err)
	r.Header.Set("Last-Event-ID", "0:77")
	r.AddCookie(&http.Cookie{Name: "weir-session-89abcdef", Value: "admin:" + token})
	res, err := http.DefaultTransport.RoundTrip(r)
	must(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// TestLiveParts: pieces come as they are sent, the last event and the query are
// passed on, and it ends when either side does.
func TestLiveParts(t *testing.T) {
	t.Parallel()
	api := newStreaming()
	p := open(t, func(c *web.Config) { c.API = api })
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	go func() { api.next <- "data: 1\n\n" }()
	res := listen(t, ctx, p, "/live/products/edge.page%20views/records?follow=true&where=a%3D1", "weirs_a_b")
	asked := <-api.asked
	if got := asked.URL.RequestURI(); got != "/api/v1/products/edge.page%20views/records?follow=true&where=a%3D1" {
		t.Errorf("the API is asked for %s", got)
	}
	if asked.Header.Get("Last-Event-ID") != "0:77" || asked.Header.Get("Accept") != "text/event-stream" || !strings.HasPrefix(asked.RemoteAddr, "127.0.0.1:") {
		t.Errorf("the API is asked with %v from %s", asked.Header, asked.RemoteAddr)
	}
	if res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Weir-From") != "0:1" || res.Header.Get("Set-Cookie") != "" || res.Header.Get("Content-Encoding") != "" {
		t.Errorf("the answer has %v", res.Header)
	}
	lines := bufio.NewReader(res.Body)
	for _, want := range []string{"data: 1\n", "\n", "data: 2\n"} {
		if want == "data: 2\n" {
			api.next <- "data: 2\n\n"
		}
		if got, err := lines.ReadString('\n'); err != nil || got != want {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	}
	leave() // the browser closes the page
	select {
	case <-api.ended:
	case <-time.After(10 * time.Second):
		t.Error("the API still sends to a browser that has gone")
	}
}

// TestLivePartsEndWithTheSession: the API ends the stream, and the browser's
// ends too; one that has ended cannot begin another.
func TestLivePartsEndWithTheSession(t *testing.T) {
	t.Parallel()
	api := newStreaming()
	p := open(t, func(c *web.Config) { c.API = api })
	go func() { api.next <- "data: 1\n\n"; close(api.next) }()
	res := listen(t, t.Context(), p, "/live/products/a.b/records", "weirs_a_b")
	n := 0
	for s := bufio.NewScanner(res.Body); s.Scan(); {
		n++
	}
	if n != 2 {
		t.Errorf("%d lines came", n)
	}
	for _, token := range []string{"weirs_x_y", ""} {
		if res := listen(t, t.Context(), p, "/live/products/a.b/records", token); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("with the token %q it is answered %s", token, res.Status)
		}
	}
}

// TestOnlyListedStreamsAreLive: the session's cookie reaches nothing else of
// the API, and the API itself takes no cookie.
func TestOnlyListedStreamsAreLive(t *testing.T) {
	t.Parallel()
	api := newStreaming()
	p := open(t, func(c *web.Config) { c.API = api })
	for _, path := range []string{"/live/people", "/live/products/a.b", "/live/export", "/live/../api/v1/people", "/live/products/a.b/records/../../../people"} {
		if res := listen(t, t.Context(), p, path, "weirs_a_b"); res.StatusCode != http.StatusNotFound && res.StatusCode/100 != 3 {
			t.Errorf("%s is answered %s", path, res.Status)
		}
	}
	v := visit(t, p.URL)
	v.jar["weir-session-89abcdef"] = "admin:weirs_a_b"
	if got := v.post("/live/products/a.b/records", nil); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a write to a live part is answered %s", got.Status)
	}
	w := visit(t, "http://"+mustWorld(t).node.HTTP())
	w.jar = signedIn(t, w.base).jar
	if got := w.get("/api/v1/me", "Accept", "application/json"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the API answers a cookie with %s", got.Status)
	}
}

// TestAPageThatIsLeft: when a browser goes, what its page asked ends.
func TestAPageThatIsLeft(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}, 1), make(chan struct{})
	api := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-r.Context().Done()
		close(ended)
	})
	p := open(t, func(c *web.Config) { c.API = api }, site.Route{Method: "GET", Path: "/{$}", Handle: says("home")})
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/", nil)
	must(t, err)
	r.AddCookie(&http.Cookie{Name: "weir-session-89abcdef", Value: "admin:weirs_a_b"})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-began
	leave()
	<-done
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the API still works for a page that nobody waits for")
	}
}
