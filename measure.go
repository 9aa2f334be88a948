package weir

import (
	"context"
	"strings"
	"time"
)

// Direction says which way records went.
type Direction string

const (
	Reading Direction = "read"
	Writing Direction = "write"
)

// Evidence says how a count came to be known. What nobody counted is unknown, not
// zero: records that are read or written at a cluster itself, past the gateway,
// are in no count.
type Evidence string

const (
	// ByGateway: the gateway passed the records. Written ones were
	// acknowledged by the cluster; read ones were sent to the client, each time
	// that they were sent.
	ByGateway Evidence = "gateway"
	// BySent: written by a client that asked for no acknowledgement, so
	// whether the cluster has them is unknown.
	BySent Evidence = "unacknowledged"
	// ByHTTP: rows that a person got over HTTP.
	ByHTTP Evidence = "http"
)

// Library is the client library of a connection, as the client named it; empty
// when it did not.
type Library struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

// NewLibrary takes what a client said of itself: what is too long is cut, and
// what is no letter, digit, dot, dash, plus, underscore or space is left out.
func NewLibrary(name, version string) Library {
	clean := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if r < 0x80 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune(".-+_ ", r)) {
				return r
			}
			return -1
		}, s[:min(len(s), 4*MaxLibrary)])
		return strings.TrimSpace(s[:min(len(s), MaxLibrary)])
	}
	return Library{clean(name), clean(version)}
}

// Passage is who moved records of what, which way, with what, and how that is
// known. Who and Of are counted by their uids: what is made again under a name
// inherits no count. Their names are those of the moment.
type Passage struct {
	Who       Ref // an application, or a person; zero: others, added up
	Of        Ref // a product or a private stream
	Direction Direction
	How       Evidence
	Library   Library
}

// Meter counts what passes. It is called in the path of the records: it never
// waits, does no I/O, and keeps nothing of what it was given but its values.
type Meter interface {
	// Add counts records, and their bytes as they were sent: compressed batches
	// at the gateway, rows over HTTP.
	Add(p Passage, records, bytes int64)
}

// UsageQuery asks for what was counted of a product or stream, or of an
// application or person, or of both together, in the hours that a span touches.
type UsageQuery struct {
	Of, Who     UID       // at least one
	Direction   Direction // empty: both
	Among       []UID     // only of these products and streams; empty: of any
	From, Until time.Time // zero: as far as counts are kept; now
}

// Usage is what one passage amounts to.
type Usage struct {
	Passage
	Records, Bytes int64
	First, Last    time.Time
}

// UsageHour is what was counted in an hour, or in a day where that is so long
// ago that hours were added up. Hours without a count are left out; whether that
// means none is for [Coverage] to say.
type UsageHour struct {
	Start        time.Time
	Length       time.Duration
	Written      int64
	WrittenBytes int64
	Read         int64
	ReadBytes    int64
}

// Turnover is what was counted of one product or stream, all passages together.
type Turnover struct {
	Readers, Writers int   // applications and persons; those that were added up as others are one
	Written          int64 // records
}

// Coverage says what the counts cover.
type Coverage struct {
	Since time.Time // nothing before was counted, or it was lost
	Gaps  []Gap     // the oldest first
}

// Gap is a time of which counts are missing.
type Gap struct {
	From, Until time.Time
	AtMost      Duration // how much of it can be missing at most; Forever: all
	Why         string
}

// Pace is how fast records of a product were written lately, as far as this
// node passed them since it started.
type Pace struct {
	Records int64         // in the last moments
	Over    time.Duration // how long those were: a minute, or less after a start; 0: unknown
	Minutes []int64       // the whole minutes of the last hour that were counted, the newest last
	Until   time.Time     // where the newest minute ends
}

// Measures answers what a [Meter] counted, at most a flush interval late.
// Errors: Unavailable when nothing can be said now.
type Measures interface {
	// Usage adds up each passage, the most recent first; at most MaxUsage, the
	// smallest added up as one of others.
	Usage(ctx context.Context, q UsageQuery) ([]Usage, error)
	// Hours adds up all passages by the hour, the oldest first.
	Hours(ctx context.Context, q UsageQuery) ([]UsageHour, error)
	// Turnovers adds up many products and streams, each for itself, in the hours
	// since a time. What was not counted has none.
	Turnovers(ctx context.Context, of []UID, from time.Time) (map[UID]Turnover, error)
	// Pace is how fast a product or stream is written now. It never waits.
	Pace(of UID) Pace
	// Coverage says what the counts of all of this cover.
	Coverage(ctx context.Context) (Coverage, error)
}

// Bounds of what is measured.
const (
	MeasuredFor = 400 * 24 * time.Hour // counts are kept so long
	MaxUsage    = 1000                 // passages in one answer
	MaxLibrary  = 64                   // bytes of a library's name, and of its version
)

// Extent is what a topic holds now. Its times are the records' own, as their
// writers set them.
type Extent struct {
	Spans       map[int32]Span
	First, Last time.Time // the earliest record's, and the latest time of any; zero: no record
}

// Records counts the offsets from each partition's first to its end: what
// compaction took away and transactions' marks are among them.
func (e Extent) Records() int64 {
	var n int64
	for _, s := range e.Spans {
		n += s.End - s.Start
	}
	return n
}

// ConsumerGroup is a group that committed offsets of a topic, or reads it now.
type ConsumerGroup struct {
	Name    string
	State   string // as the cluster says it: Stable, Empty, ...
	Members int
	Lag     int64 // records from the committed offsets to the ends, of the partitions that have an offset
	Unread  int   // partitions without a committed offset: their lag is unknown
}

// Groups are groups of one topic, by name. More says that some are left out.
type Groups struct {
	Groups []ConsumerGroup
	More   bool
}

// Following is a consumer group as it stands to one topic.
type Following struct {
	Topic      string // on the cluster
	Partitions int    // of the topic
	ConsumerGroup
}

// Follows are groups of one application, by name and topic. More says that some
// are left out.
type Follows struct {
	Follows []Following
	More    bool
}

// BrokerHealth is a broker as it was just seen.
type BrokerHealth struct {
	Broker
	Leads   int    // partitions that it leads
	Problem string // empty: it answers
}

// Observer looks at a cluster and changes nothing. Every method ends within a
// few seconds. Errors: NotFound for a topic that the cluster does not have,
// Unavailable when it does not answer.
type Observer interface {
	// Extent says what a topic holds.
	Extent(ctx context.Context, topic string) (Extent, error)
	// Latest says the latest time of any record of each topic, asking once for
	// all; zero: there is none. A topic of which the cluster does not say it is
	// left out.
	Latest(ctx context.Context, topics ...string) (map[string]time.Time, error)
	// Groups lists consumer groups of a topic, at most MaxGroups.
	Groups(ctx context.Context, topic string) (Groups, error)
	// Follows lists the consumer groups that are an application's, each on every
	// topic that it committed offsets of or reads now, at most MaxGroups; a topic
	// that is gone is left out.
	Follows(ctx context.Context, application string) (Follows, error)
	// Health asks each broker of the cluster whether it answers.
	Health(ctx context.Context) ([]BrokerHealth, error)
}

// MaxGroups bounds how many groups an [Observer] tells of one topic, or of one
// application.
const MaxGroups = 200
