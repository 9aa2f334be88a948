package node

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// measure registers every metric of the node. No label names a product, a
// person or an application: /metrics needs no token.
func (n *Node) measure(r *prometheus.Registry) {
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "weir", Name: name, Help: help}, value))
	}
	gauge("ledger_head_offset", "Offset of the ledger's last entry.", func() float64 { return float64(n.ledger.Head().Offset) })
	gauge("rights_offset", "Offset that the gateway's rights show.", func() float64 { return float64(n.live.Current().Offset()) })
	gauge("cluster_problems", "Topics and applications that are not on the cluster as the ledger wants them.", func() float64 { return float64(len(n.worker.Problems())) })
	gauge("gateway_connections", "Kafka connections that are open.", func() float64 { return float64(n.traffic.Connections.Load()) })
	gauge("registry_subjects", "Subjects of the schema registry, those deleted softly included.", func() float64 { subjects, _ := n.index.Count(); return float64(subjects) })
	gauge("registry_schemas", "Schemas that have an id.", func() float64 { _, schemas := n.index.Count(); return float64(schemas) })
	r.MustRegister(n.asked)
	if n.embedded != nil {
		gauge("broker_used_bytes", "Bytes that the embedded broker holds.", func() float64 { used, _ := n.embedded.Usage(); return float64(used) })
		gauge("broker_limit_bytes", "Bytes at which the embedded broker refuses writes.", func() float64 { _, limit := n.embedded.Usage(); return float64(limit) })
		gauge("broker_warnings", "Different warnings of the embedded broker since the start.", func() float64 { return float64(len(n.embedded.Warnings())) })
	}
	t := &n.traffic
	for _, c := range []struct {
		name, help string
		value      *atomic.Int64
	}{
		{"connections_accepted_total", "Kafka connections that were accepted.", &t.Accepted},
		{"logins_total", "Logins of applications.", &t.Logins},
		{"logins_wrong_total", "Logins with a wrong name or password.", &t.LoginsWrong},
		{"connections_refused_total", "Connections closed for what they sent, or because there were too many.", &t.Refused},
		{"connections_revoked_total", "Connections closed because their credential ended.", &t.Revoked},
		{"requests_total", "Kafka requests.", &t.Requests},
		{"answers_total", "Kafka answers.", &t.Answers},
		{"denied_total", "Topics, groups and transactional ids refused in requests.", &t.Denied},
		{"full_total", "Partitions not written because the cluster has no room.", &t.Full},
		{"produced_records_total", "Records passed to the cluster.", &t.ProducedRecords},
		{"produced_bytes_total", "Bytes of record batches passed to the cluster.", &t.ProducedBytes},
		{"delivered_records_total", "Records passed to applications; a record may be delivered more than once.", &t.DeliveredRecords},
		{"delivered_bytes_total", "Bytes of record batches passed to applications.", &t.DeliveredBytes},
		{"raw_produced_partitions_total", "Partitions of Produce requests whose records passed as bytes.", &t.ProducedPartitions},
		{"raw_delivered_partitions_total", "Partitions of Fetch answers whose records passed as bytes.", &t.DeliveredPartitions},
	} {
		r.MustRegister(prometheus.NewCounterFunc(
			prometheus.CounterOpts{Namespace: "weir", Subsystem: "gateway", Name: c.name, Help: c.help},
			func() float64 { return float64(c.value.Load()) }))
	}
}
