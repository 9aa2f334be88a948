package world

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Trade is a record of execution.stocktrades.
type Trade struct {
	Side     string `json:"side"`
	Quantity int    `json:"quantity"` // 1 to 5000
	Symbol   string `json:"symbol"`
	Price    int    `json:"price"` // 5 to 999
	Account  string `json:"account"`
	UserID   string `json:"userid"`
}

// Key is the symbol.
func (t Trade) Key() string { return t.Symbol }

// AppendProto writes the trade as schema/stocktrades.proto has it.
func (t Trade) AppendProto(b []byte) []byte {
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

// Quote is a record of execution.quotes.
type Quote struct {
	Symbol  string      `json:"symbol" avro:"symbol"`
	Bid     json.Number `json:"bid" avro:"bid"` // with two digits behind the point, less than Ask
	Ask     json.Number `json:"ask" avro:"ask"`
	BidSize int         `json:"bidsize" avro:"bidsize"`
	AskSize int         `json:"asksize" avro:"asksize"`
	Quoted  int64       `json:"quoted" avro:"quoted"` // milliseconds since 1970
}

// Key is the symbol.
func (q Quote) Key() string { return q.Symbol }

func symbols() []string {
	return []string{"ALDR", "BRCH", "CEDR", "FIRR", "HAZL", "LIME", "MAPL", "OAKS", "PINE", "WLLW"}
}

// NextTrade moves a price a little, and trades at it.
func (w *World) NextTrade() Record {
	s := symbols()[w.rand.IntN(len(symbols()))]
	w.prices[s] = min(999, max(5, w.prices[s]*(1+0.02*w.rand.NormFloat64())))
	side := "BUY"
	if w.rand.IntN(2) == 0 {
		side = "SELL"
	}
	return Trade{
		Side: side, Quantity: 1 + w.rand.IntN(5000), Symbol: s, Price: int(w.prices[s]),
		Account: fmt.Sprintf("ACC%03d", 100+w.rand.IntN(accounts)), UserID: w.someone(),
	}
}

// NextQuote is what somebody would buy and sell a share for now, a little around
// what the last trade cost.
func (w *World) NextQuote() Record {
	s := symbols()[w.rand.IntN(len(symbols()))]
	middle := int(100 * w.prices[s])
	half := 1 + w.rand.IntN(1+middle/400)
	return Quote{
		Symbol: s, Bid: cents(middle - half), Ask: cents(middle + half), BidSize: 100 * (1 + w.rand.IntN(50)), AskSize: 100 * (1 + w.rand.IntN(50)),
		Quoted: w.now().UnixMilli(),
	}
}

// cents is an amount of money with two digits behind the point.
func cents(n int) json.Number { return json.Number(fmt.Sprintf("%d.%02d", n/100, n%100)) }
