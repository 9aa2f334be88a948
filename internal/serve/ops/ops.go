// Package ops serves what operators and their tools ask of a node: whether it
// lives (/livez), whether it is ready (/readyz), and its metrics (/metrics).
// None of it needs a token, and none of it names a product or a person.
package ops

import (
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Readiness is one condition of being ready: its name, and why it does not
// hold; nil when it does.
type Readiness struct {
	Name  string
	Check func() error
}

// state is what /readyz answers.
type state struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"`
}

// Routes puts the three paths on a router.
func Routes(r chi.Router, metrics prometheus.Gatherer, checks []Readiness) {
	r.Get("/livez", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("alive\n"))
	})
	r.Get("/readyz", func(w http.ResponseWriter, _ *http.Request) { ready(w, checks) })
	r.Method(http.MethodGet, "/metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
}

func ready(w http.ResponseWriter, checks []Readiness) {
	s := state{Ready: true, Checks: map[string]string{}}
	for _, c := range checks {
		s.Checks[c.Name] = "ok"
		if err := c.Check(); err != nil {
			s.Ready = false
			s.Checks[c.Name] = err.Error()
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if !s.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(s) // the caller has gone
}
