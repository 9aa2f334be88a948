package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// inside reaches the API in the process: a request is a call of its handler.
// What the handler writes can be read while it writes. Closing the body, or the
// end of the request's context, ends the handler, and Close waits for that.
type inside struct {
	handler http.Handler
	address string // of who asked for the page
}

// errPanic is what a caller learns of a handler that panicked.
var errPanic = errors.New("the API failed")

// RoundTrip calls the handler and returns when it has begun its answer.
func (in inside) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(bare{req.Context()})
	r := req.Clone(ctx)
	r.RequestURI, r.RemoteAddr, r.Host = r.URL.RequestURI(), in.address, r.URL.Host
	if r.Body == nil {
		r.Body = http.NoBody
	}
	body, pipe := io.Pipe()
	a := &answer{header: http.Header{}, begun: make(chan struct{}), pipe: pipe, ended: make(chan struct{})}
	go a.run(in.handler, r)
	stop := func() error {
		cancel()
		_ = body.Close() // it never fails
		<-a.ended
		return nil
	}
	select {
	case <-a.begun:
	case <-ctx.Done():
		_ = stop()
		return nil, context.Cause(req.Context())
	}
	if a.failed != nil {
		_ = stop()
		return nil, a.failed
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.sent, Body: closing{body, stop}, ContentLength: -1, Request: req,
	}, nil
}

// bare is a context without its values: what routers and middleware keep there
// of a page's request is not of the request inside.
type bare struct{ context.Context }

// Value is nothing.
func (bare) Value(any) any { return nil }

// closing is a body that ends its handler.
type closing struct {
	io.Reader
	stop func() error
}

func (c closing) Close() error { return c.stop() }

// answer is what a handler writes to.
type answer struct {
	header http.Header
	sent   http.Header // as it was when the answer began
	status int
	failed error // the handler panicked before it began; set before begun is closed
	once   sync.Once
	begun  chan struct{}
	pipe   *io.PipeWriter
	ended  chan struct{}
}

// run is the handler's whole life.
func (a *answer) run(h http.Handler, r *http.Request) {
	defer close(a.ended)
	defer func() {
		v := recover()
		if v == nil {
			a.WriteHeader(http.StatusOK)
			_ = a.pipe.Close() // it never fails
			return
		}
		err := fmt.Errorf("%w: %v", errPanic, v)
		a.once.Do(func() { a.failed = err; close(a.begun) })
		_ = a.pipe.CloseWithError(err) // it never fails
	}()
	h.ServeHTTP(a, r)
}

// Header are the headers to send.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader begins the answer.
func (a *answer) WriteHeader(status int) {
	a.once.Do(func() {
		a.status, a.sent = status, a.header.Clone()
		close(a.begun)
	})
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.pipe.Write(b)
}

// Flush begins the answer; what is written is never held back.
func (a *answer) Flush() { a.WriteHeader(http.StatusOK) }

// SetReadDeadline is for connections; here the request's context bounds.
func (a *answer) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline is the same.
func (a *answer) SetWriteDeadline(time.Time) error { return nil }
