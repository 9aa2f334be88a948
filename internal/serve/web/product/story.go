package product

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// storyNow is the moment of every story.
func storyNow() time.Time { return time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC) }

func storyMe() site.Person { return site.Person{Name: "ada", Teams: []string{"edge"}} }

func ptr[T any](v T) *T { return &v }

// storyKnown is a product that tells everything, and is measured.
func storyKnown() known {
	now := storyNow()
	p := client.Product{
		Name: "edge.pageviews", URN: "weir:demo/edge/pageviews/v1", Domain: "edge", Team: "edge", Major: 1, Kind: "stream", Encoding: "avro", KeyEncoding: "string",
		Key: []string{"userid"}, Visibility: "mesh", Access: "open", Owner: "ada", Description: "What users look at on the site: one record for each page view.",
		About: client.About{
			Type: "source-aligned", Lifecycle: "active", Purpose: "To know what is read, and how long.", Usage: "By user, or counted by page.", Limitations: "Bots are not left out.",
			Quality: "authoritative", SLA: "tier-2", Tags: []string{"area:web", "pii:user"}, EventTime: "viewtime", Lateness: "5m",
			SLOs:    []client.SLO{{Property: "freshness", Value: 60, Unit: "s"}, {Property: "retention", Value: 604800, Unit: "s"}, {Property: "availability", Value: 99.5, Unit: "percent"}},
			Support: []client.Support{{Channel: "chat", URL: "https://chat.example.com/edge"}, {Channel: "the owner"}}, Documentation: "/api/v1/products/edge.pageviews/documentation", Terms: "/api/v1/products/edge.pageviews/terms",
		},
		Partitions: 3, Retention: "forever", Topic: "edge.pageviews.v1", Status: client.Status{Topic: "ready"}, Revision: 4, Created: now.Add(-200 * 24 * time.Hour),
		Subjects: []client.ProductSubject{{Of: "value", Subject: "edge.pageviews.v1-value", Format: "AVRO", Version: 3, ID: 17}}, Warnings: []client.Warning{},
	}
	f := client.ProductFacts{
		Product: p.Name, At: now, Records: ptr(int64(1_204_113)), First: ptr(now.Add(-193 * 24 * time.Hour)), Last: ptr(now.Add(-2 * time.Second)), Readers: ptr(3), Writers: ptr(1),
		Pace:   client.Pace{PerSecond: ptr(21.3), Seconds: 60, Minutes: []int64{900, 1100, 1300, 1250, 1290, 1400, 1280}},
		Groups: []client.Group{{Name: "trends", Application: "trends", State: "Stable", Members: 2, Lag: ptr(int64(0))}, {Name: "old", State: "Empty", Lag: ptr(int64(12000))}}, HiddenGroups: 1,
	}
	return known{product: p, facts: &f}
}

// storyBare is one that tells nothing and of which nothing is known.
func storyBare() known {
	return known{
		product: client.Product{
			Name: "edge.clicks", URN: "weir:demo/edge/clicks/v1", Domain: "edge", Team: "edge", Major: 1, Kind: "stream", Encoding: "json", KeyEncoding: "string", Visibility: "domain", Access: "request",
			Owner: "ada", About: client.About{Type: "source-aligned", Lifecycle: "active"}, Partitions: 1, Retention: "7d", Topic: "edge.clicks.v1", Status: client.Status{Topic: "pending", Problem: "no broker answers"},
			Warnings: []client.Warning{{Rule: "description", Severity: "warning", Message: "It does not say what it holds.", Fix: "weir product edit edge.clicks --description TEXT"}},
		},
		why: "the cluster does not answer",
	}
}

// storyLong has the longest of everything, and what would hurt a page.
func storyLong() known {
	k := storyKnown()
	long := strings.Repeat("d", 63) + "." + strings.Repeat("n", 63)
	k.product.Name, k.product.Topic, k.product.URN = long, long+".v1", "weir:demo/"+long
	k.product.Description = "<script>alert(1)</script> " + strings.Repeat("Donaudampfschifffahrtsgesellschaft ", 60)
	k.product.Owner, k.product.Team = strings.Repeat("o", 63), strings.Repeat("t", 63)
	k.product.Purpose = strings.Repeat("x", 4096)
	k.product.Tags = []string{"area:" + strings.Repeat("v", 100), `html:"><img src=x onerror=alert(1)>`}
	k.product.Support = []client.Support{{Channel: "bad", URL: "javascript:alert(1)"}}
	k.product.Lifecycle, k.product.Successor = "deprecated", "edge.views"
	for i := range 12 {
		k.product.Warnings = append(k.product.Warnings, client.Warning{Rule: fmt.Sprintf("rule-%d", i), Severity: []string{"error", "warning", "info"}[i%3], Message: "It should " + strings.Repeat("tell more ", 20), Fix: "weir product edit " + long})
	}
	return k
}

func storySnippets() []client.Snippet {
	return []client.Snippet{
		{Lang: "kcat", Title: "kcat", Install: "apt-get install kcat", Text: "kcat -C -b 127.0.0.1:9092 -t edge.pageviews.v1 -o beginning -c 10 -e -q \\\n  -X security.protocol=SASL_PLAINTEXT\n"},
		{Lang: "go", Title: "Go", File: "main.go", Install: "go mod init reader", Run: "go run .", Text: "package main\n\nfunc main() {\n}\n"},
		{Lang: "curl", Title: "curl", Text: "curl -sS -H \"Authorization: Bearer $WEIR_TOKEN\" http://127.0.0.1:8080/api/v1/products/edge.pageviews/records\n"},
	}
}

func storyFields(n int) client.ProductFields {
	out := client.ProductFields{Product: "edge.pageviews", Subject: "edge.pageviews.v1-value", Fields: []client.ProductField{
		{Path: "viewtime", Type: "long (timestamp-millis)", Description: "When the page was opened", DescriptionFrom: "schema", Unit: "ms"},
		{Path: "userid", Type: "string", Description: "Who", DescriptionFrom: "product", Classification: "personal", ClassificationFrom: "schema", Tags: []client.FieldTag{{Tag: "PII", From: "schema"}, {Tag: "pii:user", From: "product"}}, Term: "customer"},
		{Path: "note", Type: "string", Optional: true},
		{Path: "gone", Description: "No schema has it any more", DescriptionFrom: "product"},
	}}
	for i := len(out.Fields); i < n; i++ {
		out.Fields = append(out.Fields, client.ProductField{Path: fmt.Sprintf("group%d.field%d", i%20, i), Type: "string", Description: "One of many"})
	}
	return out
}

func storyProfile() *client.Profile {
	return &client.Profile{At: storyNow().Add(-3 * time.Second), Records: 1000, Undecoded: 2, Fields: []client.FieldProfile{
		{Path: "viewtime", Values: 998, Distinct: 998, Smallest: "1795273200000", Largest: "1795276799000"},
		{Path: "userid", Values: 998, Distinct: 9, Smallest: "User_1", Largest: "User_9", Top: []client.ValueCount{{Value: "User_4", Count: 130}, {Value: "User_2", Count: 121}}},
		{Path: "note", Values: 12, Nulls: 986, Distinct: 12, AtLeast: true, Smallest: "a", Largest: "zebra"},
		{Path: "extra.unknown", Values: 1, Nulls: 997, Distinct: 1},
	}}
}

func storyRecords(n int) client.Looked {
	out := client.Looked{From: "0:100,1:80", Next: "0:125,1:105", End: true}
	for i := range n {
		value := fmt.Sprintf(`{"viewtime":%d,"userid":"User_%d","pageid":"Page_%d","deep":{"a":[1,2]}}`, 1795273200000+i, i%9, i%40)
		if i == 3 {
			value = `{"error":"there is no schema with the id 99","bytes":"AAAAAGMC"}`
		}
		out.Records = append(out.Records, client.Record{
			Partition: int32(i % 2), Offset: int64(100 + i/2), Timestamp: storyNow().Add(-time.Duration(i) * time.Second), Key: json.RawMessage(fmt.Sprintf(`"User_%d"`, i%9)), Value: json.RawMessage(value),
			Headers: []client.RecordHeader{{Key: "source", Value: json.RawMessage(`"web"`)}},
		})
	}
	return out
}

func storyUsage() *client.ProductUsage {
	now := storyNow()
	return &client.ProductUsage{
		Measured: client.Measured{Since: now.Add(-30 * 24 * time.Hour), Gaps: []client.Gap{{From: now.Add(-50 * time.Hour), Until: now.Add(-49 * time.Hour), Why: "the node was killed"}}},
		Readers: []client.Usage{
			{Application: "trends", Team: "growth", Records: 1_204_000, Bytes: 84_000_000, First: now.Add(-20 * 24 * time.Hour), Last: now.Add(-time.Second), Library: "librdkafka", Version: "2.16.0", How: "gateway"},
			{Person: "bo", Records: 50, First: now.Add(-2 * time.Hour), Last: now.Add(-2 * time.Hour), How: "http"},
			{Application: "retired-app", Gone: true, Records: 12, First: now.Add(-9 * 24 * time.Hour), Last: now.Add(-9 * 24 * time.Hour), How: "gateway"},
		},
		Writers:       []client.Usage{{Application: "web", Team: "edge", Records: 1_300_000, First: now.Add(-20 * 24 * time.Hour), Last: now, Library: "franz-go", Version: "1.22.2", How: "gateway"}},
		HiddenReaders: &client.Hidden{Count: 2, Records: 900},
	}
}

func storyEntries() client.List[client.Entry] {
	e := client.Entry{Name: "812", Offset: 812, At: storyNow().Add(-time.Hour), Who: "ada", What: "product.edit", Words: "changed product edge.pageviews", Through: client.Through{Door: "web"}, Why: "as the board asked", Changes: []client.EntryChange{{
		Noun: "product", Name: "edge.pageviews", Fields: []client.EntryField{{Path: "purpose", Old: json.RawMessage(`"?"`), New: json.RawMessage(`"To know what is read"`)}},
	}}}
	no := client.Entry{Name: "811", Offset: 811, At: storyNow().Add(-2 * time.Hour), Who: "mallory", What: "product.delete", Words: "tried to delete product edge.pageviews", Through: client.Through{Door: "api"}, Refusal: &client.EntryRefusal{Msg: "mallory may not delete it", Count: 3}}
	return client.List[client.Entry]{Items: []client.Entry{e, no}, Next: "810"}
}

// shows is a page in one state.
func shows(title string, body func() site.Answer) site.Story {
	return site.Story{Name: "product/" + title, Answer: body}
}

func storyOverview(k known, me site.Person) func() site.Answer {
	return func() site.Answer {
		related := []Related{{Name: "edge.sessions", Href: at("edge.sessions", ""), Description: "Visits", Why: "same domain"}}
		return site.Answer{Title: k.product.Name, Tab: site.Explore, Body: overviewPage(overviewOf(k, storySnippets(), related, me, storyNow()), storyNow())}
	}
}

func storyFieldsPage(k known, n int, p *client.Profile, why string) func() site.Answer {
	return func() site.Answer {
		v := fieldsOf(k, storyFields(n), p, storyMe(), storyNow())
		if n == 0 {
			v = fieldsOf(k, client.ProductFields{}, p, storyMe(), storyNow())
		}
		v.NoSample = why
		v.sensitive("", "")
		v.narrow("", "")
		return site.Answer{Title: "Fields", Tab: site.Explore, Body: fieldsPageOf(v)}
	}
}

func storyRecordsPage(q question, got client.Looked, change func(*Records)) func() site.Answer {
	return func() site.Answer {
		v := recordsOf(storyKnown(), q, storyFields(4), got, storyMe(), storyNow())
		if change != nil {
			change(&v)
		}
		return site.Answer{Title: "Records", Tab: site.Explore, Body: recordsPage(v, storyNow())}
	}
}

func storyReaders(k known, u *client.ProductUsage, change func(*Readers)) func() site.Answer {
	return func() site.Answer {
		v := readersOf(k, u, nil, storyMe(), storyNow())
		if change != nil {
			change(&v)
		}
		return site.Answer{Title: "Readers", Tab: site.Explore, Body: readersPage(v, storyNow())}
	}
}

func storySchema(v Schema) func() site.Answer {
	return func() site.Answer {
		v.Head = head(storyKnown(), storyMe(), partSchema, storyNow())
		return site.Answer{Title: "Schema", Tab: site.Explore, Body: schemaBody(v)}
	}
}

func storyCompared() Schema {
	v := Schema{Of: "value", Subject: "edge.pageviews.v1-value", Format: "AVRO"}
	v.Name = "edge.pageviews"
	v.pick([]int{1, 2, 3}, "", "")
	v.compare(client.SchemaComparison{
		Fields:  []client.SchemaFieldChange{{New: &client.SchemaField{Path: "note", Type: "string", Optional: true, Default: ptr("null")}}, {Old: &client.SchemaField{Path: "old", Type: "int"}}},
		Forward: []client.SchemaMismatch{{Path: "old", Message: "the writer has no such field, and the reader's has no default", Fix: "give it a default"}},
	}, `{"type":"record","name":"V","fields":[{"name":"id","type":"long"},{"name":"old","type":"int"}]}`,
		`{"type":"record","name":"V","fields":[{"name":"id","type":"long"},{"name":"note","type":["null","string"],"default":null}]}`)
	return v
}

func storyEnd(what string, change func(*End)) func() site.Answer {
	return func() site.Answer {
		k := storyKnown()
		v := End{Head: head(k, storyMe(), partOverview, storyNow()), What: what, Revision: 4, Product: k.product, Depends: "application fraud-scoring, query market.us-trades, product market.us-trades, 2 more that you may not see", Values: Typed{"visibility": "mesh", "access": "open"}}
		if what == "unpublish" {
			v.Product.Published = &client.Publication{Topic: "edge._private.views", By: "ada"}
		}
		change(&v)
		return endAnswer(v, 0)
	}
}

// stories are the pages in every state, with canned data.
func stories() []site.Story {
	hurt := func(v *End) {
		v.Readers = []client.ProductReader{{Application: "trends", Team: "growth", Last: storyNow(), Records: 1_204_000, Allowed: true}, {Application: "new-app", Team: "growth", Allowed: true}}
	}
	text := func(v Text) func() site.Answer {
		return func() site.Answer {
			v.Head = head(storyKnown(), storyMe(), partDocumentation, storyNow())
			return textAnswer(v, 0)
		}
	}
	edit := func(change func(*Edit)) func() site.Answer {
		return func() site.Answer {
			k := storyKnown()
			v := Edit{Head: head(k, storyMe(), partOverview, storyNow()), Values: valuesOf(k.product), Was: valuesOf(k.product), Revision: 4}
			change(&v)
			return editAnswer(v, 0)
		}
	}
	documentation := func(text, terms string) func() site.Answer {
		return func() site.Answer {
			v := Documentation{Head: head(storyKnown(), storyMe(), partDocumentation, storyNow()), Text: text, Terms: terms, May: true}
			return site.Answer{Title: "Documentation", Tab: site.Explore, Body: documentationPage(v)}
		}
	}
	return []site.Story{
		shows("overview", storyOverview(storyKnown(), storyMe())),
		shows("overview-unknown", storyOverview(storyBare(), storyMe())),
		shows("overview-no-rights", storyOverview(storyKnown(), site.Person{Name: "zoe"})),
		shows("overview-long-names", storyOverview(storyLong(), storyMe())),
		shows("fields", storyFieldsPage(storyKnown(), 4, storyProfile(), "")),
		shows("fields-many", storyFieldsPage(storyKnown(), 5000, storyProfile(), "")),
		shows("fields-empty", storyFieldsPage(storyBare(), 0, nil, "it holds no record")),
		shows("fields-no-rights", storyFieldsPage(storyKnown(), 4, nil, "you may not read its records; ask the product's owner to allow an application of one of your teams")),
		shows("field-note", func() site.Answer {
			f := storyFields(4).Fields[1]
			v := Note{Head: head(storyKnown(), storyMe(), partFields, storyNow()), Path: f.Path, Row: FieldRow{Path: f.Path, Type: f.Type, Classification: "personal", ClassificationFrom: "schema"}, Was: noteOf(f), Terms: []string{"", "customer", "region"}}
			v.fill(noteOf(f))
			return noteAnswer(v, 0)
		}),
		shows("records", storyRecordsPage(question{}, storyRecords(50), nil)),
		shows("records-one", storyRecordsPage(question{place: "earliest"}, storyRecords(1), nil)),
		shows("records-empty", storyRecordsPage(question{}, client.Looked{}, func(v *Records) { v.Empty = true })),
		shows("records-none", storyRecordsPage(question{where: "value.userid == 'nobody'"}, client.Looked{Next: "0:70,1:9", From: "0:1"}, nil)),
		shows("records-failing", storyRecordsPage(question{where: "value."}, client.Looked{}, func(v *Records) {
			v.Problem = &client.Problem{Status: http.StatusBadRequest, Where: "where", Detail: "the condition ends after the dot", Fix: "write a field's name behind it"}
		})),
		shows("records-no-rights", storyRecordsPage(question{}, client.Looked{}, func(v *Records) {
			v.Denied = &client.Problem{Status: http.StatusForbidden, Detail: "person zoe may not read the records of product edge.pageviews", Fix: "ask the product's owner to allow an application of one of your teams: weir access allow edge.pageviews --app NAME"}
		})),
		shows("record", func() site.Answer {
			r := storyRecords(1).Records[0]
			r.KeyBytes, r.ValueBytes = []byte("User_0"), []byte("\x00\x00\x00\x00\x11some bytes of Avro")
			return site.Answer{Title: "Record", Tab: site.Explore, Body: recordPage(recordOf(storyKnown(), r, storyMe(), storyNow()), storyNow())}
		}),
		shows("record-undecoded", func() site.Answer {
			r := storyRecords(4).Records[3]
			r.ValueBytes = []byte{0, 0, 0, 0, 99, 2}
			return site.Answer{Title: "Record", Tab: site.Explore, Body: recordPage(recordOf(storyKnown(), r, storyMe(), storyNow()), storyNow())}
		}),
		shows("schema", storySchema(storyCompared())),
		shows("schema-one", storySchema(Schema{Of: "value", Subject: "edge.pageviews.v1-value", Format: "AVRO", From: 1, To: 1, Text: "{\n  \"type\": \"string\"\n}", Versions: []SchemaRow{{Number: 1, Here: true, Href: "/", Text: "as it is"}}})),
		shows("schema-empty", storySchema(Schema{None: "Records of json have no schema."})),
		shows("query", storyQueryPage(storyQuery(), storyMe(), nil)),
		shows("query-failures", storyQueryPage(storyFailing(), storyMe(), nil)),
		shows("query-remove", storyQueryEnd(QueryEnd{Hurt: "2 applications, 1 query"})),
		shows("query-remove-refused", storyQueryEnd(QueryEnd{Confirm: "edge", Destroy: true, Problem: &client.Problem{Status: http.StatusBadRequest, Where: "confirm", Detail: "the name is not the product's", Fix: "write edge.pageviews to say that you mean it"}})),
		shows("query-stopped", storyQueryPage(storyStopped(), storyMe(), &client.Problem{Status: http.StatusConflict, Detail: "an input of the query is gone", Fix: "end the query: weir query delete edge.page-counts; its product stays"})),
		shows("query-unknown", storyQueryPage(storyAnew(), site.Person{Name: "zoe"}, nil)),
		shows("readers", storyReaders(storyKnown(), storyUsage(), nil)),
		shows("readers-planned", storyReaders(storyKnown(), storyUsage(), func(v *Readers) { v.Planned = storyPlanned() })),
		shows("readers-plan-refused", storyReaders(storyKnown(), storyUsage(), func(v *Readers) {
			v.Planned = storyPlanned()
			v.Planned.Decide, v.Planned.Problem = false, &client.Problem{Status: 400, Where: "due", Detail: `"soon" is no day`, Fix: "write YEAR-MONTH-DAY"}
			v.Planned.Typed = map[string][]string{"due": {"soon"}, "application": {"trends"}}
		})),
		shows("readers-empty", storyReaders(storyBare(), &client.ProductUsage{Measured: client.Measured{Since: storyNow().Add(-time.Hour)}}, nil)),
		shows("readers-unknown", storyReaders(storyBare(), nil, func(v *Readers) { v.Problem = "the counts cannot be read now" })),
		shows("documentation", documentation("# Page views\n\nOne record for **each** view.\n\n| field | is |\n| --- | --- |\n| a | b |\n\n<script>alert(1)</script> [bad](javascript:alert(1)) ![x](http://example.com/x.png)", "Use it well.")),
		shows("documentation-empty", documentation("", "")),
		shows("documentation-edit", text(Text{Which: "documentation", Value: "# Page views\n", Revision: 4})),
		shows("documentation-conflict", text(Text{Which: "documentation", Value: "# Page views\n\nMine\n", Revision: 5, Others: true, Theirs: lines("# Page views\n\nTheirs\n", "# Page views\n\nMine\n")})),
		shows("activity", func() site.Answer {
			return site.Answer{Title: "Activity", Tab: site.Explore, Body: activityPage(activityOf(storyKnown(), storyEntries(), storyMe(), storyNow()), storyNow())}
		}),
		shows("activity-empty", func() site.Answer {
			return site.Answer{Title: "Activity", Tab: site.Explore, Body: activityPage(activityOf(storyKnown(), client.List[client.Entry]{}, storyMe(), storyNow()), storyNow())}
		}),
		shows("edit", edit(func(*Edit) {})),
		shows("edit-conflict", edit(func(v *Edit) {
			theirs := valuesOf(storyKnown().product)
			theirs["purpose"], theirs["sla"] = "What they say it is for", "tier-1"
			v.Values["purpose"] = "What I say it is for"
			v.merge(theirs, 5)
		})),
		shows("edit-failing", edit(func(v *Edit) {
			v.Values["tags"] = "no tag"
			v.Problem = &client.Problem{Status: 400, Where: "tags.0", Detail: `"no tag" is not a tag`, Fix: "write KEY:VALUE, such as area:finance"}
		})),
		shows("deprecate", storyEnd("deprecate", hurt)),
		shows("unpublish", storyEnd("unpublish", hurt)),
		shows("unpublish-nobody", storyEnd("unpublish", func(*End) {})),
		shows("delete-unknown", storyEnd("delete", func(v *End) { v.Unknown = "the counts cannot be read now" })),
		shows("access", storyEnd("access", func(*End) {})),
	}
}

func storyPlanned() Planned {
	return Planned{
		Product: "edge.pageviews", Mine: []string{"trends", "other"}, Teams: []string{"growth"}, Closed: true, Decide: true,
		Plans: []client.Plan{
			{Application: "trends", Team: "growth", Fields: []string{"userid", "pageid"}, Due: "2027-03-01", Note: "what is read most", Access: "asked"},
			{Application: strings.Repeat("a", 63), Team: "risk", Access: "declined", Answer: &client.PlanAnswer{Why: "ask for analytics.pageviews-by-user instead"}},
			{Application: "open", Team: "risk", Access: "may"}, {Application: "shy", Team: "risk", Access: "no"},
		},
	}
}
