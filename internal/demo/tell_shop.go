package demo

import "github.com/weirmesh/weir/client"

func quotesTell() client.Telling {
	t := tells("To know what a share costs now, and what it is worth.", "authoritative", "tier-1", "finance")
	doc := `# Quotes

The **best bid** and the **best ask** for a share, at each moment when one of them changed. The latest one by symbol is the price:
the example *latest-prices* makes a table of them.
`
	event := "quoted"
	t.Documentation, t.EventTime = &doc, &event
	t.Fields = append(euros("bid", "ask"), note("symbol", "public", ""))
	return t
}

func customersTell() client.Telling {
	t := tells("To know who buys in the shop.", "authoritative", "tier-1", "shop")
	doc := `# Customers of the shop

Everyone who **buys**. The key is the customer's id; the latest record of a customer counts.
`
	usage := "Join orders to it by the customer's id."
	event := "since"
	t.Documentation, t.Usage, t.EventTime = &doc, &usage, &event
	t.Fields = []client.NoteEdit{
		note("customerid", "personal", "customer", "pii:id"), note("name", "personal", "", "pii:name"), note("card", "personal", "card", "finance:card"),
		note("country", "internal", ""), note("segment", "internal", ""),
	}
	return t
}

func ordersTell() client.Telling {
	t := tells("To send what was ordered, and to see what sells.", "curated", "tier-1", "shop")
	doc := `# Orders

Each **order** with its lines. An order never changes; whether it is paid, *shop.payments* says.
`
	event := "ordered"
	t.Documentation, t.EventTime = &doc, &event
	t.Fields = append(euros("total", "items[].price"), note("orderid", "internal", "order"), note("customerid", "personal", "customer", "pii:id"))
	return t
}

func paymentsTell() client.Telling {
	t := tells("To book what was paid, and to notice fraud.", "curated", "tier-1", "shop")
	doc := `# Payments

Each **payment** by card. Many small ones by one card within seconds are how somebody finds out whether a stolen card still works:
the example *suspected-fraud* finds them.
`
	event, late := "paid", "2s"
	t.Documentation, t.EventTime, t.Lateness = &doc, &event, &late
	t.Fields = append(euros("amount"), note("card", "personal", "card", "finance:card"), note("orderid", "internal", "order"))
	return t
}

// euros are notes on fields that hold money.
func euros(paths ...string) (all []client.NoteEdit) {
	unit := "EUR"
	for _, p := range paths {
		n := note(p, "internal", "")
		n.Unit = &unit
		all = append(all, n)
	}
	return all
}
