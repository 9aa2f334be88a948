package demo

import (
	"context"

	"github.com/weirmesh/weir/client"
)

// terms is the demo's glossary.
func terms() []client.NewTerm {
	return []client.NewTerm{
		{Name: "customer", Title: "Customer", Definition: "Somebody who registered with us, known by the same user id in every product."},
		{Name: "region", Title: "Region", Definition: "One of nine parts of the country; a customer lives in one at a time."},
		{Name: "trade", Title: "Trade", Definition: "An order that was executed, for one price and in full."},
		{Name: "page", Title: "Page", Definition: "One address of the web site."},
		{Name: "order", Title: "Order", Definition: "What a customer wants to buy in the shop, for one total."},
		{Name: "card", Title: "Card", Definition: "What a customer pays with. The mesh knows a token for it, never its number."},
		{Name: "consent", Title: "Consent", Definition: "What a customer allows us to use personal data for. It can be taken back at any time."},
	}
}

// glossary makes the terms that are not there yet.
func glossary(ctx context.Context, cl *client.Client) error {
	there, err := cl.Terms(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, t := range there {
		known[t.Name] = true
	}
	for _, t := range terms() {
		if known[t.Name] {
			continue
		}
		if _, err := cl.CreateTerm(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// tells is what every product of the demo tells in the same way.
func tells(purpose, quality, sla, area string) client.Telling {
	kind, terms := "source-aligned", `# Terms of use

Made up data: use it for whatever you like. Of real data this would say for which purposes, for how long, and whom to ask.
`
	return client.Telling{
		Type: &kind, Purpose: &purpose, Quality: &quality, SLA: &sla, Tags: []string{"area:" + area, "origin:demo"}, Terms: &terms,
		Support: []client.Support{{Channel: "mail", URL: "mailto:" + area + "@example.org"}},
		SLOs:    []client.SLO{{Property: "freshness", Value: 60, Unit: "s"}, {Property: "availability", Value: 99.5, Unit: "percent"}},
	}
}

// note says of a field how sensitive it is and what it means; an empty term is
// none.
func note(path, class, term string, tags ...string) client.NoteEdit {
	n := client.NoteEdit{Path: path, Classification: &class, Tags: tags}
	if term != "" {
		n.Term = &term
	}
	return n
}

func usersTell() client.Telling {
	t := tells("To know whom the other products speak of, and where they live.", "authoritative", "tier-1", "customers")
	doc := `# Users

Everyone who **registered**. The key is the user id; the latest record of a user is how the user is now, so read the topic from
its beginning and keep the last record of each key.

| field | |
|---|---|
| userid | the same in every product of the mesh |
| regionid | changes when somebody moves |
| gender | as the user said it |
`
	usage := "Join other products to it by the user id."
	event := "registertime"
	t.Documentation, t.Usage, t.EventTime = &doc, &usage, &event
	t.Fields = []client.NoteEdit{
		note("userid", "personal", "customer", "pii:id"), note("regionid", "personal", "region", "pii:address"),
		note("gender", "personal", "", "pii:gender"), note("registertime", "internal", ""),
	}
	return t
}

func tradesTell() client.Telling {
	t := tells("To follow the market and to settle what was traded.", "curated", "tier-1", "finance")
	doc := `# Stock trades

One record for each **trade**, in the order in which a symbol was traded. The key is the symbol.
`
	limits := "Prices are whole numbers. Trades of the last six hours only."
	t.Documentation, t.Limitations = &doc, &limits
	price := note("price", "public", "trade")
	unit := "EUR"
	price.Unit = &unit
	t.Fields = []client.NoteEdit{note("userid", "personal", "customer", "pii:id"), note("account", "internal", "", "finance:account"), price}
	return t
}

func viewsTell() client.Telling {
	t := tells("To see what people look at, and when.", "raw", "tier-3", "web")
	doc := `# Page views

Every **page** that a user looked at, as the browser reported it. A view may come late, and rarely twice.
`
	event, late := "viewtime", "5m"
	t.Documentation, t.EventTime, t.Lateness = &doc, &event, &late
	t.Fields = []client.NoteEdit{note("userid", "personal", "customer", "pii:id"), note("pageid", "public", "page")}
	return t
}

func preferencesTell() client.Telling {
	t := tells("To ask before personal data is used.", "authoritative", "tier-2", "customers")
	doc := `# Preferences

What a user agreed to. **Ask it each time**: the latest record of a user counts, and a purpose that is not listed is refused.
`
	event := "changed"
	t.Documentation, t.EventTime = &doc, &event
	t.Fields = []client.NoteEdit{note("userid", "personal", "customer", "pii:id"), note("purposes", "internal", "consent"), note("language", "internal", "")}
	return t
}
