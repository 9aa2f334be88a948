// Package schemaregistry serves the HTTP API that Kafka's serialisers call a
// schema registry: paths, media types, field names, status and error codes and
// messages are those of Confluent's, so that a stock client cannot tell the
// difference. What is left out answers exactly 404 with a message that names it.
//
// It translates and decides nothing: who asks, from basic auth or a token; what
// is asked, into a use case; what came out, into the registry's JSON. Nobody is
// served without authentication. Reads are answered while nothing can be
// written.
package schemaregistry

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/app/registry"
)

// Config is what the API needs. Every field is required.
type Config struct {
	Registry     *registry.Registry
	Applications *access.Passwords
	People       *identity.Identity
	Metrics      *Metrics
	Cluster      string // what /v1/metadata/id tells: the id of the Kafka cluster
	Version      string
	Log          *slog.Logger
}

// API is the handler and what it calls.
type API struct {
	Config
	router chi.Router
	byID   *rendered
}

// New makes the API. Its paths begin at the root.
func New(c Config) *API {
	a := &API{Config: c, router: chi.NewRouter(), byID: newRendered(cacheBytes)}
	a.router.Use(escaped)
	for _, r := range a.routes() {
		h := a.serve(r)
		a.router.Method(r.method, r.path, h)
		if r.method == http.MethodGet {
			a.router.Method(http.MethodHead, r.path, h)
		}
	}
	a.router.NotFound(a.serve(route{class: classOther, handle: leftOut}).ServeHTTP)
	a.router.MethodNotAllowed(a.serve(route{class: classOther, handle: a.notAllowed}).ServeHTTP)
	return a
}

// ServeHTTP makes the API a handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

// escaped lets routes match the path as it was sent, so that a slash in a name
// (%2F) is none between names. One at the end means nothing.
func escaped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		if n := len(path); n > 1 && path[n-1] == '/' {
			path = path[:n-1]
		}
		if path == "" {
			path = "/" // below another server's path
		}
		chi.RouteContext(r.Context()).RoutePath = path
		next.ServeHTTP(w, r)
	})
}
