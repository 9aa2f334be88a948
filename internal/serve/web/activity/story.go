package activity

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

func stories() []site.Story {
	now := time.Date(2026, 5, 12, 10, 0, 0, 0, time.UTC)
	tell := func(name string, v View) site.Story {
		v.Now = now
		return site.Story{Name: "activity/" + name, Answer: func() site.Answer { return answer(v) }}
	}
	narrow := client.EntryFilter{By: "ann", Noun: "product", Since: "7d"}
	many := make([]client.Entry, 0, perPage)
	for i := range perPage {
		many = append(many, canned(now, i))
	}
	return []site.Story{
		tell("empty", View{}),
		tell("nothing-of-this-kind", View{Filter: narrow}),
		tell("one", View{Lines: lines(many[:1])}),
		tell("many", View{Lines: lines(many), Next: "17"}),
		tell("refused", View{Lines: lines([]client.Entry{refused(now)})}),
		tell("long-names", View{Lines: lines([]client.Entry{long(now)})}),
		tell("no-filter", View{Filter: client.EntryFilter{About: "users"}, Problem: &client.Problem{
			Status: 400, Title: "Bad Request", Detail: `"users" names nothing`, Where: "about", Fix: "write noun/name, such as product/membership.users",
		}}),
	}
}

func canned(now time.Time, i int) client.Entry {
	words := [...]string{"published edge.clicks", "made the team web", "allowed fraud-scoring to read membership.users", "gave ben the role steward on the mesh"}
	return client.Entry{
		Name: fmt.Sprint(100 - i), Offset: uint64(100 - i), At: now.Add(-time.Duration(i*i) * time.Minute), Who: "ann", Noun: "person",
		What: "product.publish", Words: words[i%len(words)], Thing: &client.EntryThing{Noun: "product", Name: "edge.clicks"}, Why: "The shop asked for it",
		Through: client.Through{Door: "web", Address: "127.0.0.1:40112"},
		Changes: []client.EntryChange{{Noun: "product", Name: "edge.clicks", Revision: 1, Fields: []client.EntryField{
			{Path: "description", New: json.RawMessage(`"Every click"`)}, {Path: "partitions", New: json.RawMessage(`3`)},
		}}},
	}
}

func refused(now time.Time) client.Entry {
	e := canned(now, 0)
	e.What, e.Words, e.Changes, e.Why = "product.edit", "was refused: editing membership.users", nil, ""
	e.Refusal = &client.EntryRefusal{
		Noun: "product", Name: "membership.users", Msg: "person ann may not edit product membership.users", Count: 7, First: now.Add(-time.Hour), Last: now,
	}
	return e
}

func long(now time.Time) client.Entry {
	e := canned(now, 0)
	name := strings.Repeat("a", 63) + "." + strings.Repeat("b", 63)
	e.Who, e.Words, e.Thing.Name = strings.Repeat("w", 63), "changed "+name, name
	e.Why = strings.Repeat("because ", 120)
	e.Changes[0].Name = name
	e.Changes[0].Fields = append(e.Changes[0].Fields, client.EntryField{Path: "purpose", Old: json.RawMessage(`"` + strings.Repeat("x", 900) + `"`), New: json.RawMessage(`"short"`)},
		client.EntryField{Path: "password", Secret: true}, client.EntryField{Path: "fields"})
	return e
}
