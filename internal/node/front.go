package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/serve/ops"
)

// front is the HTTP listener. It answers from the beginning: first only that
// the node lives and how far its state is, then everything.
type front struct {
	listener net.Listener
	server   *http.Server
	handler  atomic.Pointer[http.Handler]
	applied  atomic.Uint64
	head     atomic.Uint64
}

// Bounds of HTTP connections.
const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 30 * time.Second
	answerTimeout = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

func (n *Node) startFront(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", n.cfg.HTTP)
	if err != nil {
		return fmt.Errorf("--http %s: %w; choose another address, or port 0 for any free one", n.cfg.HTTP, err)
	}
	f := &front{listener: l}
	f.server = &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*f.handler.Load()).ServeHTTP(w, r) }),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: answerTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
	f.set(f.starting())
	n.front = f
	n.group.run("http", f.run)
	return nil
}

func (f *front) addr() string { return f.listener.Addr().String() }

func (f *front) set(h http.Handler) { f.handler.Store(&h) }

// run serves until ctx ends; then requests that run get a moment to end.
func (f *front) run(ctx context.Context) error {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		limit, cancel := context.WithTimeout(context.Background(), stopFor/2)
		defer cancel()
		_ = f.drain(limit) // whatever it says, it is closed
	}()
	err := f.server.Serve(f.listener)
	if ctx.Err() == nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// drain ends the listener and gives requests that run a moment to end.
func (f *front) drain(ctx context.Context) error {
	if f.server.Shutdown(ctx) != nil {
		return f.server.Close()
	}
	return nil
}

// progress is how far the state is with reading the ledger.
func (f *front) progress(applied, head weir.Offset) {
	f.applied.Store(uint64(applied))
	f.head.Store(uint64(head))
}

// starting answers while the node comes up.
func (f *front) starting() http.Handler {
	r := chi.NewRouter()
	ops.Routes(r, prometheus.NewRegistry(), []ops.Readiness{{Name: "state", Check: func() error {
		return fmt.Errorf("starting: the state shows %d of %d entries", f.applied.Load(), f.head.Load())
	}}})
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the node is starting; see /readyz", http.StatusServiceUnavailable)
	})
	return r
}
