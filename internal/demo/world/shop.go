package world

import (
	"encoding/json"
	"fmt"
)

// What the shop is like.
const (
	openOrders  = 100 // not paid yet, at most
	betweenRuns = 80  // payments from one fraud to the next, about
	runLength   = 8   // payments of a fraud
)

// shop is what waits in it.
type shop struct {
	orders int     // so many there were
	open   []Order // not paid yet
	paid   int     // so many payments there were
	stolen string  // a card that somebody tries out, and how often more
	tries  int
}

// Customer is a record of shop.customers.
type Customer struct {
	CustomerID string `json:"customerid" avro:"customerid"`
	Name       string `json:"name" avro:"name"`
	Country    string `json:"country" avro:"country"`
	Segment    string `json:"segment" avro:"segment"`
	Card       string `json:"card" avro:"card"`
	Since      int64  `json:"since" avro:"since"` // milliseconds since 1970
}

// Key is the customer.
func (c Customer) Key() string { return c.CustomerID }

// Item is a line of an order.
type Item struct {
	SKU      string      `json:"sku" avro:"sku"`
	Quantity int         `json:"quantity" avro:"quantity"`
	Price    json.Number `json:"price" avro:"price"`
}

// Order is a record of shop.orders.
type Order struct {
	OrderID    string      `json:"orderid" avro:"orderid"`
	CustomerID string      `json:"customerid" avro:"customerid"`
	Items      []Item      `json:"items" avro:"items"`
	Total      json.Number `json:"total" avro:"total"`
	Ordered    int64       `json:"ordered" avro:"ordered"` // milliseconds since 1970
}

// Key is the order.
func (o Order) Key() string { return o.OrderID }

// Payment is a record of shop.payments.
type Payment struct {
	PaymentID string      `json:"paymentid" avro:"paymentid"`
	OrderID   *string     `json:"orderid" avro:"orderid"` // nil: for none, as when somebody tries a card out
	Card      string      `json:"card" avro:"card"`
	Amount    json.Number `json:"amount" avro:"amount"`
	Paid      int64       `json:"paid" avro:"paid"` // milliseconds since 1970
}

// Key is the card.
func (p Payment) Key() string { return p.Card }

// welcome adds a customer.
func (w *World) welcome() Customer {
	first := []string{"Ada", "Ben", "Chloe", "David", "Emma", "Felix", "Grace", "Hugo"}
	last := []string{"Ash", "Birch", "Cedar", "Elm", "Hazel", "Maple", "Oak", "Rowan"}
	c := Customer{
		CustomerID: fmt.Sprintf("C%04d", len(w.customers)+1), Name: first[w.rand.IntN(len(first))] + " " + last[w.rand.IntN(len(last))],
		Country: w.country(), Segment: "new", Card: fmt.Sprintf("card-%04d", len(w.customers)+1), Since: w.now().UnixMilli(),
	}
	w.customers = append(w.customers, c)
	return c
}

func (w *World) country() string {
	all := []string{"AT", "CH", "DE", "FR", "IT"}
	return all[w.rand.IntN(len(all))]
}

// NextCustomer is somebody new, or somebody whom the shop sees in another way than
// before.
func (w *World) NextCustomer() Record {
	if len(w.customers) < maxCustomers && w.rand.IntN(10) == 0 {
		return w.welcome()
	}
	segments := []string{"regular", "premium", "business"}
	c := &w.customers[w.rand.IntN(len(w.customers))]
	if c.Segment = segments[w.rand.IntN(len(segments))]; w.rand.IntN(8) == 0 {
		c.Country = w.country()
	}
	return *c
}

// buyer is a customer whom the shop has known for a while.
func (w *World) buyer() Customer {
	before := w.now().Add(-settleTime).UnixMilli()
	for w.served < len(w.customers) && w.customers[w.served].Since < before {
		w.served++
	}
	return w.customers[w.busy(w.served)]
}

// NextOrder is a customer who orders up to four things.
func (w *World) NextOrder() Record {
	w.shop.orders++
	o := Order{OrderID: fmt.Sprintf("O%06d", w.shop.orders), CustomerID: w.buyer().CustomerID, Ordered: w.now().UnixMilli()}
	total := 0
	for range 1 + w.rand.IntN(4) {
		price, n := 199+w.rand.IntN(9_800), 1+w.rand.IntN(3)
		o.Items = append(o.Items, Item{SKU: fmt.Sprintf("SKU-%03d", w.rand.IntN(200)), Quantity: n, Price: cents(price)})
		total += n * price
	}
	o.Total = cents(total)
	if w.shop.open = append(w.shop.open, o); len(w.shop.open) > openOrders {
		w.shop.open = w.shop.open[1:]
	}
	return o
}

// NextPayment pays for an order, or is one of many small payments by which
// somebody finds out whether a stolen card still works.
func (w *World) NextPayment() Record {
	s := &w.shop
	s.paid++
	p := Payment{PaymentID: fmt.Sprintf("P%06d", s.paid), Paid: w.now().UnixMilli()}
	if s.tries == 0 && w.rand.IntN(betweenRuns) == 0 {
		s.stolen, s.tries = w.customers[w.rand.IntN(w.served)].Card, runLength
	}
	if s.tries > 0 {
		s.tries--
		p.Card, p.Amount = s.stolen, cents(50+w.rand.IntN(150))
		return p
	}
	if len(s.open) == 0 {
		p.Card, p.Amount = w.buyer().Card, cents(100+w.rand.IntN(2_000)) // a voucher
		return p
	}
	o := s.open[0]
	s.open = s.open[1:]
	p.OrderID, p.Amount, p.Card = &o.OrderID, o.Total, "card-"+o.CustomerID[1:]
	return p
}
