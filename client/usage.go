package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Measured says what counts cover. What was not counted is unknown, not zero.
type Measured struct {
	Since time.Time `json:"since" doc:"Nothing before was counted, or the counts were lost."`
	Gaps  []Gap     `json:"gaps" nullable:"false" doc:"Times of which counts are missing, the oldest first."`
}

// Gap is a time of which counts are missing.
type Gap struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	AtMost string    `json:"atMost,omitempty" doc:"How much of it can be missing at most: 2s. Absent: all."`
	Why    string    `json:"why"`
}

// Usage is who moved records of what, one way, in one way that is known.
type Usage struct {
	Application string    `json:"application,omitempty" doc:"Who moved them, if an application did."`
	Person      string    `json:"person,omitempty" doc:"Who moved them, if a person did."`
	Team        string    `json:"team,omitempty" doc:"The application's team."`
	Gone        bool      `json:"gone,omitempty" doc:"The application or person, or the product, does not exist any more."`
	Others      bool      `json:"others,omitempty" doc:"Several small ones, added up."`
	Product     string    `json:"product,omitempty" doc:"What was read or written, if a product."`
	Stream      string    `json:"stream,omitempty" doc:"What was read or written, if a private stream."`
	Direction   string    `json:"direction" enum:"read,write"`
	Records     int64     `json:"records" doc:"Read: each time that a record was sent. Written: acknowledged by the cluster."`
	Bytes       int64     `json:"bytes" doc:"As they were sent: compressed batches at the gateway, rows over HTTP."`
	First       time.Time `json:"first" doc:"In the time that was asked for."`
	Last        time.Time `json:"last"`
	Library     string    `json:"library,omitempty" doc:"The client library, as the client named it; absent if it did not."`
	Version     string    `json:"version,omitempty" doc:"Of the client library."`
	How         string    `json:"how" enum:"gateway,unacknowledged,http" doc:"How it is known. gateway: measured at the gateway. unacknowledged: passed the gateway, and the client asked for no acknowledgement, so whether it was written is unknown. http: rows that were sent to a person."`
}

// UsageHour is what was counted in an hour, or in a day where that is long ago.
type UsageHour struct {
	Start        time.Time `json:"start"`
	Seconds      int64     `json:"seconds" doc:"How long it is: 3600, or 86400."`
	Written      int64     `json:"written" doc:"Records."`
	WrittenBytes int64     `json:"writtenBytes"`
	Read         int64     `json:"read" doc:"Records, each time that one was sent."`
	ReadBytes    int64     `json:"readBytes"`
}

// Hidden counts what you may not see by name.
type Hidden struct {
	Count   int   `json:"count" doc:"How many applications and persons there are besides."`
	Records int64 `json:"records"`
	Bytes   int64 `json:"bytes"`
}

// ProductUsage is who read and wrote a product, or a private stream, in a time.
type ProductUsage struct {
	Product       string      `json:"product,omitempty"`
	Stream        string      `json:"stream,omitempty"`
	From          time.Time   `json:"from" doc:"The beginning of an hour."`
	Until         time.Time   `json:"until"`
	Measured      Measured    `json:"measured"`
	Readers       []Usage     `json:"readers" nullable:"false" doc:"Those that you may see by name, the most recent first."`
	Writers       []Usage     `json:"writers" nullable:"false"`
	HiddenReaders *Hidden     `json:"hiddenReaders,omitempty" doc:"The others, added up."`
	HiddenWriters *Hidden     `json:"hiddenWriters,omitempty"`
	Hours         []UsageHour `json:"hours" nullable:"false" doc:"Of all together, the oldest first; hours without a count are left out."`
}

// ApplicationUsage is what an application read and wrote in a time.
type ApplicationUsage struct {
	Application string      `json:"application"`
	From        time.Time   `json:"from" doc:"The beginning of an hour."`
	Until       time.Time   `json:"until"`
	Measured    Measured    `json:"measured"`
	Usage       []Usage     `json:"usage" nullable:"false" doc:"Of the products and streams on which you may see it, the most recent first."`
	Hours       []UsageHour `json:"hours" nullable:"false" doc:"Of all that you may see together."`
}

// ProductFacts is what a product, or a private stream, holds now, and how fast
// it is written. What is absent is unknown; problems say why.
type ProductFacts struct {
	Product      string     `json:"product,omitempty"`
	Stream       string     `json:"stream,omitempty"`
	At           time.Time  `json:"at" doc:"When the cluster was looked at; at most some seconds ago."`
	Records      *int64     `json:"records,omitempty" doc:"End minus start offsets: marks of transactions, and what compaction took away, are counted too."`
	First        *time.Time `json:"first,omitempty" doc:"The time of the earliest record, as its writer set it."`
	Last         *time.Time `json:"last,omitempty" doc:"The latest time of any record."`
	Pace         Pace       `json:"pace"`
	Readers      *int       `json:"readers,omitempty" doc:"How many applications and persons read it in the last 30 days."`
	Writers      *int       `json:"writers,omitempty" doc:"How many applications wrote it in the last 30 days."`
	Measured     Measured   `json:"measured"`
	Groups       []Group    `json:"groups" nullable:"false" doc:"Consumer groups that you may see."`
	HiddenGroups int        `json:"hiddenGroups,omitempty" doc:"How many there are besides."`
	MoreGroups   bool       `json:"moreGroups,omitempty" doc:"There are more groups than are looked at."`
	Problems     []string   `json:"problems,omitempty" nullable:"false" doc:"Why something is unknown."`
}

// ManyFacts is what a list says of several products.
type ManyFacts struct {
	Items    []BriefFacts `json:"items" nullable:"false" doc:"Of those that you may know of, in the order that was asked for."`
	At       time.Time    `json:"at"`
	DayFrom  time.Time    `json:"dayFrom" doc:"What day counts from: the hour that was 24 hours ago, or since when there are counts."`
	Measured Measured     `json:"measured"`
	Problems []string     `json:"problems,omitempty" nullable:"false" doc:"Why something is unknown."`
}

// BriefFacts is what a list says of a product. What is absent is unknown.
type BriefFacts struct {
	Product   string     `json:"product"`
	PerSecond *float64   `json:"perSecond,omitempty" doc:"Records that were written, over the last moments."`
	Minutes   []int64    `json:"minutes" nullable:"false" doc:"Records in each whole minute of the last hour that was counted, the newest last."`
	Day       *int64     `json:"day,omitempty" doc:"Records that were written since dayFrom."`
	Last      *time.Time `json:"last,omitempty" doc:"The latest time of any record."`
	Empty     bool       `json:"empty,omitempty" doc:"There is no record with a time."`
	Readers   *int       `json:"readers,omitempty" doc:"How many applications and persons read it in the last 30 days."`
}

// Pace is how fast records are written, as far as this node's gateway passed
// them.
type Pace struct {
	PerSecond *float64    `json:"perSecond,omitempty" doc:"Records, over the last moments; absent: unknown."`
	Seconds   float64     `json:"seconds,omitempty" doc:"How long those moments were: 60, or less after a start."`
	Minutes   []int64     `json:"minutes" nullable:"false" doc:"Records in each whole minute of the last hour that was counted, the newest last."`
	Until     *time.Time  `json:"until,omitempty" doc:"Where the newest minute ends."`
	Hours     []UsageHour `json:"hours" nullable:"false" doc:"Of the last 48 hours; hours without a count are left out."`
}

// Group is a consumer group of a product.
type Group struct {
	Name        string `json:"name"`
	Application string `json:"application,omitempty" doc:"Whose it is; absent: of no application, so it reads the cluster itself and is not measured."`
	State       string `json:"state"`
	Members     int    `json:"members"`
	Lag         *int64 `json:"lag,omitempty" doc:"Records from the committed offsets to the ends; absent: it committed none."`
	Unread      int    `json:"unread,omitempty" doc:"Partitions without a committed offset; their lag is unknown."`
}

// ApplicationFacts is how an application gets on now, as far as you may see it.
// What is absent is unknown; problems say why.
type ApplicationFacts struct {
	Application string     `json:"application"`
	At          time.Time  `json:"at"`
	Reads       []Follow   `json:"reads" nullable:"false" doc:"Its consumer groups, each on every product or private stream that it committed offsets of or reads now."`
	Lag         *int64     `json:"lag,omitempty" doc:"Of all of these together; absent: none of them is known."`
	Hidden      int        `json:"hidden,omitempty" doc:"Groups on what you may not know of."`
	More        bool       `json:"more,omitempty" doc:"There are more groups than are looked at."`
	Inside      *Attending `json:"inside,omitempty" doc:"Whether it is there, and what it was refused; absent: its team sees it."`
	Problems    []string   `json:"problems,omitempty" nullable:"false" doc:"Why something is unknown."`
}

// Follow is a consumer group as it stands to one product or private stream.
type Follow struct {
	Group   string `json:"group"`
	Product string `json:"product,omitempty"`
	Stream  string `json:"stream,omitempty"`
	State   string `json:"state"`
	Members int    `json:"members"`
	Lag     *int64 `json:"lag,omitempty" doc:"Records from the committed offsets to the ends; absent: it committed none."`
	Unread  int    `json:"unread,omitempty" doc:"Partitions without a committed offset; their lag is unknown."`
}

// Attending is what this node's gateway noticed of an application since it
// started.
type Attending struct {
	Since      time.Time  `json:"since"`
	Open       int        `json:"open" doc:"Connections, now."`
	Login      *time.Time `json:"login,omitempty" doc:"The last that went well; absent: none since then."`
	Library    string     `json:"library,omitempty" doc:"The client library of that login, as the client named it."`
	Version    string     `json:"version,omitempty"`
	Credential *time.Time `json:"credential,omitempty" doc:"Since when there is the password of now; absent: there is none."`
	Refused    []Denied   `json:"refused" nullable:"false" doc:"What it was refused, the most recent first."`
	More       bool       `json:"more,omitempty" doc:"Older ones were forgotten."`
}

// Denied is something that an application was refused, added up.
type Denied struct {
	What  string    `json:"what" doc:"As Kafka's protocol calls it, such as TOPIC_AUTHORIZATION_FAILED."`
	On    string    `json:"on,omitempty" doc:"The topic, group, ... as the client named it."`
	Why   string    `json:"why,omitempty"`
	Count int64     `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// Health is how the node that answers, and the cluster behind it, are.
type Health struct {
	Nodes    []NodeHealth   `json:"nodes" nullable:"false"`
	Brokers  []BrokerHealth `json:"brokers" nullable:"false"`
	Cluster  Cluster        `json:"cluster"`
	Problems []string       `json:"problems,omitempty" nullable:"false" doc:"Why something is unknown."`
}

// NodeHealth is a process of weir.
type NodeHealth struct {
	Version     string        `json:"version"`
	Started     time.Time     `json:"started"`
	Name        string        `json:"name,omitempty" doc:"Of the machine; told to mesh admins."`
	Kafka       string        `json:"kafka" doc:"The address for Kafka clients."`
	Ledger      uint64        `json:"ledger" doc:"The offset of the ledger's last entry."`
	State       uint64        `json:"state" doc:"The offset that reads show."`
	Rights      uint64        `json:"rights" doc:"The offset that the gateway's rights show."`
	Memory      uint64        `json:"memory" doc:"Bytes that the process has of the system, as the runtime counts them."`
	Connections int64         `json:"connections" doc:"Of Kafka clients, open now."`
	Measures    MeasureHealth `json:"measures"`
	Problems    []string      `json:"problems,omitempty" nullable:"false" doc:"What is wrong with it."`
}

// MeasureHealth is how the counts are kept.
type MeasureHealth struct {
	Measured
	Rows    int64  `json:"rows" doc:"As last counted, once an hour."`
	Bytes   int64  `json:"bytes" doc:"Of its file."`
	Problem string `json:"problem,omitempty" doc:"Why counts wait in memory."`
}

// BrokerHealth is a broker of the cluster.
type BrokerHealth struct {
	ID      int32  `json:"id"`
	Address string `json:"address,omitempty" doc:"Of the broker itself; told to mesh admins."`
	Leads   int    `json:"leads" doc:"Partitions that it leads."`
	Problem string `json:"problem,omitempty" doc:"Why it does not answer; absent: it does."`
}

// ProductUsage tells who read and wrote a product since a time ago: 30d, 6h;
// empty is 30d.
func (c *Client) ProductUsage(ctx context.Context, name, since string) (ProductUsage, error) {
	return call[ProductUsage](ctx, c, http.MethodGet, "/products/"+seg(name)+"/usage"+sinceQuery(since), nil, nil)
}

// ApplicationUsage tells what an application read and wrote since a time ago.
func (c *Client) ApplicationUsage(ctx context.Context, name, since string) (ApplicationUsage, error) {
	return call[ApplicationUsage](ctx, c, http.MethodGet, "/applications/"+seg(name)+"/usage"+sinceQuery(since), nil, nil)
}

// ApplicationFacts tells how far an application is behind, whether it is there,
// and what it was refused.
func (c *Client) ApplicationFacts(ctx context.Context, name string) (ApplicationFacts, error) {
	return call[ApplicationFacts](ctx, c, http.MethodGet, "/applications/"+seg(name)+"/facts", nil, nil)
}

// ProductFacts tells what a product holds now, and how fast it is written.
func (c *Client) ProductFacts(ctx context.Context, name string) (ProductFacts, error) {
	return call[ProductFacts](ctx, c, http.MethodGet, "/products/"+seg(name)+"/facts", nil, nil)
}

// Facts tells of several products at once, at most 200; one that you may not
// know of, or that is not there, is left out.
func (c *Client) Facts(ctx context.Context, products ...string) (ManyFacts, error) {
	return call[ManyFacts](ctx, c, http.MethodGet, "/facts?"+url.Values{"product": products}.Encode(), nil, nil)
}

// StreamUsage is ProductUsage of a private stream.
func (c *Client) StreamUsage(ctx context.Context, name, since string) (ProductUsage, error) {
	return call[ProductUsage](ctx, c, http.MethodGet, "/streams/"+seg(name)+"/usage"+sinceQuery(since), nil, nil)
}

// StreamFacts is ProductFacts of a private stream.
func (c *Client) StreamFacts(ctx context.Context, name string) (ProductFacts, error) {
	return call[ProductFacts](ctx, c, http.MethodGet, "/streams/"+seg(name)+"/facts", nil, nil)
}

// Health tells how the node and the cluster are.
func (c *Client) Health(ctx context.Context) (Health, error) {
	return call[Health](ctx, c, http.MethodGet, "/mesh/health", nil, nil)
}

func sinceQuery(since string) string {
	if since == "" {
		return ""
	}
	return "?" + url.Values{"since": {since}}.Encode()
}
