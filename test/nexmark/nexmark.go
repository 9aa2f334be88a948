// Package nexmark makes the events of the Nexmark benchmark, people, auctions and
// bids of an auction house, bit for bit as the generator of Apache Beam
// (org.apache.beam.sdk.nexmark.sources.generator) does: testdata/beam.txt was
// written by it, and tests compare.
//
// Each event is made of its number alone, by a generator of random numbers that
// is seeded with it. Of 50 events the first is a person, the next three are
// auctions, the others bids. Timestamps follow from the number and the rate.
//
// A bid has two fields more than Beam's, channel and url, which some queries of
// the wider set read; a second generator draws them, so that Beam's values are as
// they were.
package nexmark

import "time"

// Config is what Beam's configuration calls by the same names. The zero value of
// a field stands for Beam's default.
type Config struct {
	Base                time.Time     // of event 0; 2015-07-15 00:00 UTC
	Delay               time.Duration // between two events, whole microseconds; 100 µs
	First               int64         // number of the first event that ids count from; 0
	AvgPersonSize       int           // bytes; 200
	AvgAuctionSize      int           // bytes; 500
	AvgBidSize          int           // bytes; 100
	HotAuctionRatio     int           // 2
	HotSellersRatio     int           // 4
	HotBiddersRatio     int           // 4
	InFlightAuctions    int           // 100
	ActivePeople        int           // 1000
	OutOfOrderGroupSize int64         // 1: events are in order
}

// What the numbers of events and ids follow.
const (
	personShare  = 1
	auctionShare = 3
	share        = 50 // of which the others are bids

	firstPerson   = 1000
	firstAuction  = 1000
	firstCategory = 10
	categories    = 5
	lead          = 10 // ids that are ahead of what there is
	hot           = 100
)

// Event is one of three.
type Event struct {
	Time    time.Time
	Person  *Person
	Auction *Auction
	Bid     *Bid
}

// Person is someone who sells or bids.
type Person struct {
	ID                                   int64
	Name, Email, CreditCard, City, State string
	Time                                 time.Time
	Extra                                string
}

// Auction is something on sale.
type Auction struct {
	ID                    int64
	ItemName, Description string
	InitialBid, Reserve   int64 // cents
	Time, Expires         time.Time
	Seller, Category      int64
	Extra                 string
}

// Bid is an offer for an auction.
type Bid struct {
	Auction, Bidder int64
	Price           int64 // cents
	Channel, URL    string
	Time            time.Time
	Extra           string
}

// Generator makes events. Many may use one at the same time.
type Generator struct{ c Config }

// New gives a generator.
func New(c Config) *Generator {
	if c.Base.IsZero() {
		c.Base = time.Date(2015, 7, 15, 0, 0, 0, 0, time.UTC)
	}
	c.Delay = or(c.Delay, 100*time.Microsecond)
	c.AvgPersonSize, c.AvgAuctionSize, c.AvgBidSize = or(c.AvgPersonSize, 200), or(c.AvgAuctionSize, 500), or(c.AvgBidSize, 100)
	c.HotAuctionRatio, c.HotSellersRatio, c.HotBiddersRatio = or(c.HotAuctionRatio, 2), or(c.HotSellersRatio, 4), or(c.HotBiddersRatio, 4)
	c.InFlightAuctions, c.ActivePeople = or(c.InFlightAuctions, 100), or(c.ActivePeople, 1000)
	c.OutOfOrderGroupSize = or(c.OutOfOrderGroupSize, 1)
	return &Generator{c}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Event makes the event that comes at place n, from 0.
func (g *Generator) Event(n int64) Event {
	n = g.adjusted(n)
	id := g.c.First + n
	d := &draw{random: newRandom(id), c: &g.c, id: id, n: n, time: g.time(n)}
	switch rest := id % share; {
	case rest < personShare:
		return Event{Time: d.time, Person: d.person()}
	case rest < personShare+auctionShare:
		return Event{Time: d.time, Auction: d.auction()}
	}
	return Event{Time: d.time, Bid: d.bid()}
}

// adjusted is the number of the event at a place: within a group the order is
// another, but the same each time.
func (g *Generator) adjusted(n int64) int64 {
	size := g.c.OutOfOrderGroupSize
	return n/size*size + n*953%size
}

// time is cut to milliseconds.
func (g *Generator) time(n int64) time.Time { return g.c.at(n) }

func (c *Config) at(n int64) time.Time {
	return c.Base.Add(time.Duration(n*c.Delay.Microseconds()/1000) * time.Millisecond)
}
