package weir

import (
	"context"
	"encoding/base64"
	"net"
	"time"
)

// BrokerID is the number of a broker in its cluster.
type BrokerID int32

// Broker is one broker of a cluster as Weir reaches it; clients never see its
// address.
type Broker struct {
	ID   BrokerID
	Host string
	Port int32
}

// TopicID identifies a topic on its cluster for ever; a topic that was deleted
// and made again has another one.
type TopicID [16]byte

// String writes the form that Kafka's tools print: URL-safe base64, no padding.
func (t TopicID) String() string { return base64.RawURLEncoding.EncodeToString(t[:]) }

// MarshalText writes the form of String; the zero id is empty.
func (t TopicID) MarshalText() ([]byte, error) {
	if t == (TopicID{}) {
		return nil, nil
	}
	return []byte(t.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (t *TopicID) UnmarshalText(b []byte) error {
	*t = TopicID{}
	if len(b) == 0 {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(b))
	if err != nil || len(raw) != len(t) {
		return Errorf(Invalid, "%q is not a topic id", clip(string(b)))
	}
	copy(t[:], raw)
	return nil
}

// Upstream reaches the brokers of a cluster as bytes. Its connections are
// authenticated: the first frame on them may be any request.
type Upstream interface {
	// Brokers lists the brokers that are known now. Unavailable when none can
	// be asked.
	Brokers(ctx context.Context) ([]Broker, error)
	// Dial connects to a broker; the caller closes the connection. NotFound for
	// an id that the cluster does not have, Unavailable when it does not answer.
	Dial(ctx context.Context, id BrokerID) (net.Conn, error)
	// Boot goes before the transactional ids that the cluster sees, with a dot
	// between; "" where ids may outlive the broker, as on a real cluster.
	Boot() string
	// Room reports, as an error of kind Limit that says what to do, that the
	// cluster must take no more records for now. It costs nothing to ask.
	Room() error
}

// ClusterTopic is a topic as it is on a cluster.
type ClusterTopic struct {
	Name       string
	ID         TopicID
	Partitions int
}

// Topics are the topics of a cluster by name.
type Topics map[string]ClusterTopic

// TopicSpec is what a topic shall be. A cluster keeps what it cannot compact
// safely, so a topic may hold more than Compact asks for, never less.
type TopicSpec struct {
	Name       string
	Partitions int
	Retention  Duration
	Compact    bool
}

// Cluster manages what lives on a Kafka cluster. Every method may be called
// again after a failure, and from any goroutine. Unavailable when the cluster
// does not answer in time.
type Cluster interface {
	// Topics lists every topic but the cluster's internal ones.
	Topics(ctx context.Context) (Topics, error)
	// PutTopic makes a topic. One of that name that has the same number of
	// partitions and never held a record counts as made by an earlier attempt;
	// any other is Exists. Invalid, Limit: the cluster will not have it so.
	PutTopic(ctx context.Context, t TopicSpec) (TopicID, error)
	// SetTopic changes the retention of a topic, and adds partitions if it has
	// fewer. NotFound if there is no topic of that name.
	SetTopic(ctx context.Context, t TopicSpec) error
	// DeleteTopic ends a topic and its data. None with this id: nil.
	DeleteTopic(ctx context.Context, id TopicID) error
	// Trim deletes records older than a moment from a topic's partitions, on
	// clusters that do not do so by themselves; nil on the others. It never
	// reaches the end offset.
	Trim(ctx context.Context, topic string, before time.Time) error
	// DeleteGroups ends the consumer groups that an application owns. A group
	// that has members is Unavailable: close them, then call again.
	DeleteGroups(ctx context.Context, application string) error
}
