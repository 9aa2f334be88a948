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
	"github.com/weirmesh/weir/internal/serve/web"
)

// door is a listener of HTTP.
type door struct {
	listener net.Listener
	server   *http.Server
}

// front is the HTTP listener. It answers from the beginning: first only that
// the node lives and how far its state is, then everything.
type front struct {
	*door
	handler atomic.Pointer[http.Handler]
	applied atomic.Uint64
	head    atomic.Uint64
}

// Bounds of HTTP connections.
const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 30 * time.Second
	answerTimeout = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

func (n *Node) startFront(ctx context.Context) (err error) {
	f := &front{}
	f.set(f.starting())
	f.door, err = openDoor(ctx, "--http", n.cfg.HTTP, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*f.handler.Load()).ServeHTTP(w, r) }))
	if err != nil {
		return err
	}
	n.front = f
	n.group.run("http", f.run)
	return nil
}

// openDoor listens; nobody is answered before run.
func openDoor(ctx context.Context, flag, addr string, h http.Handler) (*door, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w; choose another address, or port 0 for any free one", flag, addr, err)
	}
	return &door{listener: l, server: &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: answerTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}}, nil
}

func (d *door) addr() string { return d.listener.Addr().String() }

func (f *front) set(h http.Handler) { f.handler.Store(&h) }

// run serves until ctx ends; then requests that run get a moment to end.
func (d *door) run(ctx context.Context) error {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		limit, cancel := context.WithTimeout(context.Background(), stopFor/2)
		defer cancel()
		_ = d.drain(limit) // whatever it says, it is closed
	}()
	err := d.server.Serve(d.listener)
	if ctx.Err() == nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// drain ends the listener and gives requests that run a moment to end.
func (d *door) drain(ctx context.Context) error {
	if d.server.Shutdown(ctx) != nil {
		return d.server.Close()
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
	r.NotFound(web.Starting(func() string {
		return fmt.Sprintf("The state shows %d of %d entries.", f.applied.Load(), f.head.Load())
	}).ServeHTTP)
	return r
}
