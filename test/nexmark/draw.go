package nexmark

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
)

// draw makes one event. The order in which values are drawn is part of what they
// are.
type draw struct {
	*random
	c    *Config
	id   int64 // of the event
	n    int64 // of the event, without First
	time time.Time
}

func (d *draw) person() *Person {
	p := &Person{ID: lastPerson(d.id) + firstPerson, Time: d.time}
	p.Name = d.one(firstNames) + " " + d.one(lastNames)
	p.Email = d.text(7) + "@" + d.text(5) + ".com"
	p.CreditCard = fmt.Sprintf("%04d %04d %04d %04d", d.below(10000), d.below(10000), d.below(10000), d.below(10000))
	p.City = d.one(cities)
	p.State = d.one(states)
	p.Extra = d.extra(8+len(p.Name)+len(p.Email)+len(p.CreditCard)+len(p.City)+len(p.State), d.c.AvgPersonSize)
	return p
}

func (d *draw) auction() *Auction {
	a := &Auction{ID: lastAuction(d.id) + firstAuction, Time: d.time}
	a.Seller = lastPerson(d.id) / hot * hot
	if d.below(int32(d.c.HotSellersRatio)) == 0 {
		a.Seller = d.somePerson()
	}
	a.Seller += firstPerson
	a.Category = firstCategory + int64(d.below(categories))
	a.InitialBid = d.price()
	a.Expires = d.time.Add(d.length())
	a.ItemName = d.text(20)
	a.Description = d.text(100)
	a.Reserve = a.InitialBid + d.price()
	a.Extra = d.extra(8+len(a.ItemName)+len(a.Description)+8+8+8+8+8, d.c.AvgAuctionSize)
	return a
}

// length is how long an auction is open: on average until as many others are as
// shall be open at a time.
func (d *draw) length() time.Duration {
	ahead := int64(d.c.InFlightAuctions) * share / auctionShare
	horizon := d.c.at(d.n + ahead).Sub(d.time).Milliseconds()
	return time.Duration(1+d.long(max(horizon*2, 1))) * time.Millisecond
}

func (d *draw) bid() *Bid {
	b := &Bid{Time: d.time}
	b.Auction = lastAuction(d.id) / hot * hot
	if d.below(int32(d.c.HotAuctionRatio)) == 0 {
		b.Auction = d.someAuction()
	}
	b.Auction += firstAuction
	b.Bidder = lastPerson(d.id)/hot*hot + 1
	if d.below(int32(d.c.HotBiddersRatio)) == 0 {
		b.Bidder = d.somePerson()
	}
	b.Bidder += firstPerson
	b.Price = d.price()
	b.Extra = d.extra(8+8+8+8, d.c.AvgBidSize)
	b.Channel, b.URL = channel(d.id)
	return b
}

// somePerson is one who was active of late, or who comes soon.
func (d *draw) somePerson() int64 {
	people := lastPerson(d.id) + 1
	active := min(people, int64(d.c.ActivePeople))
	return people - active + d.long(active+lead)
}

// someAuction is one that is probably open, or that comes soon.
func (d *draw) someAuction() int64 {
	last := lastAuction(d.id)
	least := max(last-int64(d.c.InFlightAuctions), 0)
	return least + d.long(last-least+1+lead)
}

// lastPerson is the newest person when an event comes, from 0.
func lastPerson(id int64) int64 {
	return id/share*personShare + min(id%share, personShare-1)
}

// lastAuction is the newest auction when an auction or a bid comes, from 0.
func lastAuction(id int64) int64 {
	return id/share*auctionShare + min(id%share-personShare, auctionShare-1)
}

func (d *draw) one(of []string) string { return of[d.below(int32(len(of)))] }

// price is a hundred times ten to the power of 0 to 6, rounded: the same at
// every place.
func (d *draw) price() int64 {
	power := d.float() * 6
	price := math.Pow(10, power) * 100
	if whole, rest := math.Modf(price); math.Abs(rest-0.5) > 1e-6 {
		return int64(whole + math.Round(rest))
	}
	return exactPrice(power)
}

// exactPrice is for a price so near to a half that the last bit of a power
// decides; that is rounded rightly here.
func exactPrice(power float64) int64 {
	// ten to the power of x is e to the power of x times the logarithm of ten
	const precision = 200
	ln10, _ := new(big.Float).SetPrec(precision).SetString("2.302585092994045684017991454684364207601101488628772976033327900967572609677352480235997205")
	x := new(big.Float).SetPrec(precision).SetFloat64(power)
	x.Mul(x, ln10)
	sum, term := big.NewFloat(1).SetPrec(precision), big.NewFloat(1).SetPrec(precision)
	for i := 1; i < 200; i++ {
		term.Mul(term, x)
		term.Quo(term, big.NewFloat(float64(i)))
		sum.Add(sum, term)
	}
	rounded, _ := sum.Float64()
	return int64(math.Floor(rounded*100 + 0.5))
}

// text has up to most letters and spaces, none of these at the ends.
func (d *draw) text(most int32) string {
	const least = 3
	b := make([]byte, least+d.below(most-least))
	for i := range b {
		if b[i] = ' '; d.below(13) != 0 {
			b[i] = byte('a' + d.below(26))
		}
	}
	return strings.Trim(string(b), " ")
}

// extra fills an event up, so that such events have a size on average.
func (d *draw) extra(size, average int) string {
	if size > average {
		return ""
	}
	average -= size
	spread := int(math.Floor(float64(average)*0.2 + 0.5))
	length := average - spread
	if spread > 0 {
		length += int(d.below(int32(2 * spread)))
	}
	return d.exactly(length)
}

// exactly has a length. Six characters are made of one number, which may be
// negative: then they are some before the letter a.
func (d *draw) exactly(length int) string {
	b := make([]byte, length)
	var v int32
	for i := range b {
		if i%6 == 0 {
			v = d.int32()
		}
		b[i] = byte('a' + v%26)
		v /= 26
	}
	return string(b)
}

// channel is where a bid came from, and its page: for one in two one of four
// that are well known, else one of 10,000, whose id most pages say.
func channel(id int64) (name, url string) {
	r := newRandom(^id)
	page := "https://www.nexmark.com/" + part(r) + "/" + part(r) + "/" + part(r) + "/item.htm?query=1"
	if r.below(2) > 0 {
		return wellKnown[r.below(int32(len(wellKnown)))], page
	}
	n := r.below(10000)
	if r.below(10) > 0 {
		page += fmt.Sprintf("&channel_id=%d", uint32(n)*2654435761%1_000_000_007)
	}
	return fmt.Sprintf("channel-%d", n), page
}

func part(r *random) string {
	b := make([]byte, 3+r.below(3))
	for i := range b {
		b[i] = byte('a' + r.below(26))
	}
	return string(b)
}

// Beam's words.
var (
	states     = []string{"AZ", "CA", "ID", "OR", "WA", "WY"}
	cities     = []string{"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"}
	firstNames = []string{"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"}
	lastNames  = []string{"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"}
	wellKnown  = []string{"Google", "Facebook", "Baidu", "Apple"}
)
