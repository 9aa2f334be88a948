// Package world is what the demo's producers tell of: people who register, trade
// shares, look at pages and buy things, and what a share costs.
//
// It knows the records and their schemas, and nothing of how they are written.
// The same seed and the same calls give the same records but for their times.
package world

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// The size of the world.
const (
	firstUsers     = 40 // known before the first trade
	maxUsers       = 500
	firstCustomers = 40 // known before the first order
	maxCustomers   = 300
	regions        = 9
	pages          = 100
	accounts       = 4

	settleTime = 10 * time.Second // before somebody new trades, looks or buys
)

// Record is a record of one of the products.
type Record interface {
	// Key is the text that is the record's key.
	Key() string
}

// World is the state that records come from: who is registered where, and what a
// share costs. It is not safe for concurrent use.
type World struct {
	rand      *rand.Rand
	now       func() time.Time
	users     []User
	settled   int // of the users, those that have been known for a while
	prices    map[string]float64
	customers []Customer
	served    int // of the customers, those that have been known for a while
	shop      shop
}

// New makes a world in which the first users and customers are known.
func New(seed uint64, now func() time.Time) *World {
	w := &World{rand: rand.New(rand.NewPCG(seed, seed^0x5eed)), now: now, prices: map[string]float64{}}
	for _, s := range symbols() {
		w.prices[s] = 20 + 900*w.rand.Float64()
	}
	for range firstUsers {
		w.register()
	}
	for range firstCustomers {
		w.welcome()
	}
	w.settled, w.served = firstUsers, firstCustomers
	return w
}

// First is what a product holds before anything happens: the users and the
// customers that are known from the beginning.
func (w *World) First(p Product) (all []Record) {
	switch p.Full() {
	case Users:
		for _, u := range w.users {
			all = append(all, u)
		}
	case Customers:
		for _, c := range w.customers {
			all = append(all, c)
		}
	}
	return all
}

// User is a record of membership.users.
type User struct {
	UserID       string `json:"userid" avro:"userid"`
	RegionID     string `json:"regionid" avro:"regionid"`
	Gender       string `json:"gender" avro:"gender"`
	RegisterTime int64  `json:"registertime" avro:"registertime"` // milliseconds since 1970
}

// Key is the user.
func (u User) Key() string { return u.UserID }

// register adds a user.
func (w *World) register() User {
	genders := []string{"MALE", "FEMALE", "OTHER"}
	u := User{
		UserID: fmt.Sprintf("User_%d", len(w.users)+1), RegionID: w.region(),
		Gender: genders[w.rand.IntN(len(genders))], RegisterTime: w.now().UnixMilli(),
	}
	w.users = append(w.users, u)
	return u
}

func (w *World) region() string { return fmt.Sprintf("Region_%d", 1+w.rand.IntN(regions)) }

// someone is a user who registered a while ago, so that who reads both products
// knows the user; a few are much busier than the rest.
func (w *World) someone() string {
	before := w.now().Add(-settleTime).UnixMilli()
	for w.settled < len(w.users) && w.users[w.settled].RegisterTime < before {
		w.settled++
	}
	return w.users[w.busy(w.settled)].UserID
}

// busy is a number below n; small ones come much more often.
func (w *World) busy(n int) int { return int(math.Pow(w.rand.Float64(), 2) * float64(n)) }

// NextUser is somebody new, or somebody who moved to another region.
func (w *World) NextUser() Record {
	if len(w.users) < maxUsers && w.rand.IntN(10) == 0 {
		return w.register()
	}
	u := &w.users[w.rand.IntN(len(w.users))]
	u.RegionID = w.region()
	return *u
}

// Preference is a record of membership.preferences.
type Preference struct {
	UserID     string    `json:"userid"`
	Language   string    `json:"language"`
	Newsletter bool      `json:"newsletter"`
	Purposes   []string  `json:"purposes"`
	Changed    time.Time `json:"changed"`
}

// Key is the user.
func (p Preference) Key() string { return p.UserID }

// NextPreference is somebody who wants something else than before. What the
// service itself needs, everybody agreed to.
func (w *World) NextPreference() Record {
	languages := []string{"de", "en", "fr", "it"}
	p := Preference{
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

// View is a record of edge.pageviews.
type View struct {
	ViewTime int64  `json:"viewtime" avro:"viewtime"` // milliseconds since 1970
	UserID   string `json:"userid" avro:"userid"`
	PageID   string `json:"pageid" avro:"pageid"`
}

// Key is the user.
func (v View) Key() string { return v.UserID }

// NextView is somebody looking at a page.
func (w *World) NextView() Record {
	return View{UserID: w.someone(), ViewTime: w.now().UnixMilli(), PageID: w.page()}
}

func (w *World) page() string { return fmt.Sprintf("Page_%d", 1+w.rand.IntN(pages)) }

// Click is a record of the private stream of clicks.
type Click struct {
	ClickTime int64  `json:"clicktime"` // milliseconds since 1970
	UserID    string `json:"userid"`
	PageID    string `json:"pageid"`
	Element   string `json:"element"`
}

// Key is the user.
func (c Click) Key() string { return c.UserID }

// NextClick is somebody clicking on something.
func (w *World) NextClick() Record {
	elements := []string{"buy", "sell", "search", "menu", "help"}
	return Click{ClickTime: w.now().UnixMilli(), UserID: w.someone(), PageID: w.page(), Element: elements[w.rand.IntN(len(elements))]}
}
