package schemaregistry_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// TestMetrics: what was asked is counted by class and status, and nobody's name
// is in it.
func TestMetrics(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	r := prometheus.NewRegistry()
	r.MustRegister(m.api.Metrics)
	m.ask("till", http.MethodGet, "/schemas/ids/7", "")
	m.ask("till", http.MethodGet, "/subjects", "")
	m.ask("till", http.MethodGet, "/subjects", "")
	m.ask("till", http.MethodGet, "/nowhere", "")
	m.ask("nobody", http.MethodGet, "/subjects", "")
	w := httptest.NewRecorder()
	promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	for _, want := range []string{
		`weir_registry_requests_total{class="schema_by_id",status="4xx"} 1`,
		`weir_registry_requests_total{class="list",status="2xx"} 2`,
		`weir_registry_requests_total{class="list",status="4xx"} 1`,
		`weir_registry_requests_total{class="other",status="4xx"} 1`,
		`weir_registry_requests_total{class="write",status="2xx"} 0`,
		`weir_registry_request_seconds_count{class="list"} 3`,
		`weir_registry_logins_wrong_total 1`,
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("there is no %s", want)
		}
	}
	if bytes.Contains(w.Body.Bytes(), []byte("till")) {
		t.Error("the metrics name somebody")
	}
}
