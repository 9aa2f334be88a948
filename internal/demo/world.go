package demo

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
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
	UserID       string `json:"userid"`
	RegionID     string `json:"regionid"`
	Gender       string `json:"gender"`
	RegisterTime int64  `json:"registertime"` // milliseconds since 1970
}

// trade is a record of execution.stocktrades.
type trade struct {
	Side     string `json:"side"`
	Quantity int    `json:"quantity"` // 1 to 5000
	Symbol   string `json:"symbol"`
	Price    int    `json:"price"` // 5 to 999
	Account  string `json:"account"`
	UserID   string `json:"userid"`
}

// view is a record of edge.pageviews.
type view struct {
	ViewTime int64  `json:"viewtime"` // milliseconds since 1970
	UserID   string `json:"userid"`
	PageID   string `json:"pageid"`
}

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
func (w *world) nextUser() (key string, value []byte) {
	if len(w.users) < maxUsers && w.rand.IntN(10) == 0 {
		u := w.register()
		return u.UserID, encode(u)
	}
	u := &w.users[w.rand.IntN(len(w.users))]
	u.RegionID = w.region()
	return u.UserID, encode(u)
}

// nextTrade moves a price a little, and trades at it.
func (w *world) nextTrade() (key string, value []byte) {
	s := symbols()[w.rand.IntN(len(symbols()))]
	w.prices[s] = min(999, max(5, w.prices[s]*(1+0.02*w.rand.NormFloat64())))
	side := "BUY"
	if w.rand.IntN(2) == 0 {
		side = "SELL"
	}
	return s, encode(trade{
		Side: side, Quantity: 1 + w.rand.IntN(5000), Symbol: s, Price: int(w.prices[s]),
		Account: fmt.Sprintf("ACC%03d", 100+w.rand.IntN(accounts)), UserID: w.someone(),
	})
}

// nextView is somebody looking at a page.
func (w *world) nextView() (key string, value []byte) {
	u := w.someone()
	return u, encode(view{ViewTime: w.now().UnixMilli(), UserID: u, PageID: fmt.Sprintf("Page_%d", 1+w.rand.IntN(pages))})
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a struct of strings and numbers
	}
	return b
}
