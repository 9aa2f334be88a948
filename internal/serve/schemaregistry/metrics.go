package schemaregistry

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// class is a sort of request, as the metrics tell them apart.
type class string

// The classes.
const (
	classByID    class = "schema_by_id"
	classVersion class = "version"
	classLookup  class = "lookup"
	classList    class = "list"
	classCheck   class = "compatibility"
	classConfig  class = "config"
	classWrite   class = "write"
	classServer  class = "server"
	classOther   class = "other"
)

func classes() []class {
	return []class{classByID, classVersion, classLookup, classList, classCheck, classConfig, classWrite, classServer, classOther}
}

// Metrics counts requests by their class, never by what they name.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	wrong    prometheus.Counter
	meters   map[class]*meter
}

// meter is the metrics of one class.
type meter struct {
	byStatus [6]prometheus.Counter // by the status's first digit
	seconds  prometheus.Observer
}

// NewMetrics makes them. A [prometheus.Registry] takes them as a collector.
func NewMetrics() *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "weir", Subsystem: "registry", Name: "requests_total", Help: "Requests to the schema registry, by class and status.",
		}, []string{"class", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "weir", Subsystem: "registry", Name: "request_seconds", Help: "How long requests to the schema registry took.",
			Buckets: []float64{.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5},
		}, []string{"class"}),
		wrong: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "weir", Subsystem: "registry", Name: "logins_wrong_total", Help: "Requests to the schema registry without a login, or with a wrong one.",
		}),
		meters: map[class]*meter{},
	}
	for _, c := range classes() {
		one := &meter{seconds: m.seconds.WithLabelValues(string(c))}
		for digit := 2; digit < len(one.byStatus); digit++ {
			one.byStatus[digit] = m.requests.WithLabelValues(string(c), strconv.Itoa(digit)+"xx")
		}
		m.meters[c] = one
	}
	return m
}

// Describe is part of a collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.requests.Describe(ch)
	m.seconds.Describe(ch)
	m.wrong.Describe(ch)
}

// Collect is part of a collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.requests.Collect(ch)
	m.seconds.Collect(ch)
	m.wrong.Collect(ch)
}

func (m *Metrics) of(c class) *meter { return m.meters[c] }

func (m *meter) count(status int, took time.Duration) {
	if c := m.byStatus[min(status/100, len(m.byStatus)-1)]; c != nil {
		c.Inc()
	}
	m.seconds.Observe(took.Seconds())
}
