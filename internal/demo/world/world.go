package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The size of the demo's world.
const (
	firstUsers = 40 // known before the first trade
	maxUsers   = 500
	regions    = 9
	pages      = 100
	accounts   = 4

	settleTime = 10 * time.Second // before somebody new trades and looks
)

// user is a record of membership.users.
type user struct {
	UserID       string `json:"userid" avro:"userid"`
	RegionID     string `json:"regionid" avro:"regionid"`
	Gender       string `json:"gender" avro:"gender"`
	RegisterTime int64  `json:"registertime" avro:"registertime"` // milliseconds since 1970
}

func (u user) key() string { return u.UserID }

// trade is a record of execution.stocktrades.
type trade struct {
	Side     string `json:"side"`
	Quantity int    `json:"quantity"` // 1 to 5000
	Symbol   string `json:"symbol"`
	Price    int    `json:"price"` // 5 to 999
	Account  string `json:"account"`
	UserID   string `json:"userid"`
}

func (t trade) key() string { return t.Symbol }

// appendProto writes the trade as schema/stocktrades.proto has it.
func (t trade) appendProto(b []byte) []byte {
	number := func(field protowire.Number, n int) {
		b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(n))
	}
	text := func(field protowire.Number, s string) {
		b = protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
	}
	number(1, map[string]int{"BUY": 1, "SELL": 2}[t.Side])
	number(2, t.Quantity)
	text(3, t.Symbol)
	number(4, t.Price)
	text(5, t.Account)
	text(6, t.UserID)
	return b
}

// view is a record of edge.pageviews.
type view struct {
	ViewTime int64  `json:"viewtime" avro:"viewtime"` // milliseconds since 1970
	UserID   string `json:"userid" avro:"userid"`
	PageID   string `json:"pageid" avro:"pageid"`
}

func (v view) key() string { return v.UserID }

// preference is a record of membership.preferences.
type preference struct {
	UserID     string    `json:"userid"`
	Language   string    `json:"language"`
	Newsletter bool      `json:"newsletter"`
	Purposes   []string  `json:"purposes"`
	Changed    time.Time `json:"changed"`
}

func (p preference) key() string { return p.UserID }

// world is the demo's state: who is registered where, and what a share costs.
// The same seed and the same calls give the same records but for their times.
type world struct {
	rand   *rand.Rand
	now    func() time.Time
	users  []user
	known  int // of the users, those that have been known for a while
	prices map[string]float64
}

func symbols() []string {
	return []string{"ALDR", "BRCH", "CEDR", "FIRR", "HAZL", "LIME", "MAPL", "OAKS", "PINE", "WLLW"}
}

func newWorld(seed uint64, now func() time.Time) *world {
	w := &world{rand: rand.New(rand.NewPCG(seed, seed^0x5eed)), now: now, prices: map[string]float64{}}
	for _, s := range symbols() {
		w.prices[s] = 20 + 900*w.rand.Float64()
	}
	for range firstUsers {
		w.register()
	}
	w.known = firstUsers
	return w
}

// register adds a user.
func (w *world) register() user {
	genders := []string{"MALE", "FEMALE", "OTHER"}
	u := user{
		UserID: fmt.Sprintf("User_%d", len(w.users)+1), RegionID: w.region(),
		Gender: genders[w.rand.IntN(len(genders))], RegisterTime: w.now().UnixMilli(),
	}
	w.users = append(w.users, u)
	return u
}

func (w *world) region() string { return fmt.Sprintf("Region_%d", 1+w.rand.IntN(regions)) }

// someone is a user who registered a while ago, so that who reads both products
// knows the user; a few are much busier than the rest.
func (w *world) someone() string {
	before := w.now().Add(-settleTime).UnixMilli()
	for w.known < len(w.users) && w.users[w.known].RegisterTime < before {
		w.known++
	}
	return w.users[int(math.Pow(w.rand.Float64(), 2)*float64(w.known))].UserID
}

// nextUser is somebody new, or somebody who moved to another region.
func (w *world) nextUser() record {
	if len(w.users) < maxUsers && w.rand.IntN(10) == 0 {
		return w.register()
	}
	u := &w.users[w.rand.IntN(len(w.users))]
	u.RegionID = w.region()
	return *u
}

// nextTrade moves a price a little, and trades at it.
func (w *world) nextTrade() record {
	s := symbols()[w.rand.IntN(len(symbols()))]
	w.prices[s] = min(999, max(5, w.prices[s]*(1+0.02*w.rand.NormFloat64())))
	side := "BUY"
	if w.rand.IntN(2) == 0 {
		side = "SELL"
	}
	return trade{
		Side: side, Quantity: 1 + w.rand.IntN(5000), Symbol: s, Price: int(w.prices[s]),
		Account: fmt.Sprintf("ACC%03d", 100+w.rand.IntN(accounts)), UserID: w.someone(),
	}
}

// nextView is somebody looking at a page.
func (w *world) nextView() record {
	return view{UserID: w.someone(), ViewTime: w.now().UnixMilli(), PageID: fmt.Sprintf("Page_%d", 1+w.rand.IntN(pages))}
}

// nextPreference is somebody who wants something else than before. What the
// service itself needs, everybody agreed to.
func (w *world) nextPreference() record {
	languages := []string{"de", "en", "fr", "it"}
	p := preference{
		UserID: w.someone(), Language: languages[w.rand.IntN(len(languages))], Newsletter: w.rand.IntN(3) == 0,
		Purposes: []string{"service"}, Changed: w.now().UTC().Truncate(time.Second),
	}
	for _, purpose := range []string{"statistics", "marketing"} {
		if w.rand.IntN(2) == 0 {
			p.Purposes = append(p.Purposes, purpose)
		}
	}
	return p
}
