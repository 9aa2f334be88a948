package gateway

import "sync/atomic"

// Metrics counts what a gateway does. All of it may be read at any time.
type Metrics struct {
	Connections atomic.Int64 // open now
	Accepted    atomic.Int64
	Logins      atomic.Int64
	LoginsWrong atomic.Int64 // wrong password, or nobody's name
	Refused     atomic.Int64 // connections closed for what they sent, or because there were too many
	Revoked     atomic.Int64 // connections closed because their credential ended
	Requests    atomic.Int64
	Answers     atomic.Int64
	Denied      atomic.Int64 // topics, groups and transactional ids refused in a request
	// HeldRequests and HeldAnswers are the bytes of large frames that are held now.
	HeldRequests, HeldAnswers atomic.Int64

	Full atomic.Int64 // partitions not written because the cluster has no room

	// What passed as bytes, without a look at the records. Read means
	// delivered: a client may fetch a batch more than once.
	ProducedPartitions, ProducedRecords, ProducedBytes    atomic.Int64
	DeliveredPartitions, DeliveredRecords, DeliveredBytes atomic.Int64
}
