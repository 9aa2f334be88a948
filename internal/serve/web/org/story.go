package org

import (
	"fmt"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

func stories() []site.Story {
	now := time.Date(2026, 5, 12, 10, 0, 0, 0, time.UTC)
	long := strings.Repeat("x", 63)
	var out []site.Story
	tell := func(name string, a func() site.Answer) { out = append(out, site.Story{Name: "org/" + name, Answer: a}) }

	tell("domains-empty", func() site.Answer { return domainsAnswer(DomainsView{Admin: true}) })
	tell("domains-many", func() site.Answer { return domainsAnswer(manyDomains()) })
	tell("domains-long-names", func() site.Answer {
		return domainsAnswer(DomainsView{Domains: []DomainLine{{client.Domain{Name: long, Team: long, Description: strings.Repeat("long ", 100)}, -1}}})
	})
	edge := client.Domain{Name: "edge", Team: "web", Description: "The web site", Created: now}
	tell("domain-empty", func() site.Answer { return domainAnswer(DomainView{Domain: edge, Mine: true}) })
	tell("domain-some", func() site.Answer {
		return domainAnswer(DomainView{
			Domain: edge, Mine: true, More: true, Products: []client.Product{someProduct("edge.pageviews"), someProduct("edge." + long)},
			Streams: []client.Stream{{Name: "edge._private.clicks"}, {Name: "edge._private.views", Published: "edge.views"}},
			Roles:   []client.Role{{Role: "domain-owner", Person: "ann", On: "edge"}},
		})
	})
	tell("domain-no-rights", func() site.Answer { return domainAnswer(DomainView{Domain: edge}) })
	tell("teams-empty", func() site.Answer { return teamsAnswer(TeamsView{}) })
	tell("teams-some", func() site.Answer {
		return teamsAnswer(TeamsView{Teams: []client.Team{{Name: "web", Members: []string{"ann"}}, {Name: long}}, Owns: map[string][]string{"web": {"edge", "shop"}}, More: 3, Admin: true})
	})
	tell("team-empty", func() site.Answer { return teamAnswer(TeamView{Team: client.Team{Name: "web"}}) })
	tell("team-refused", func() site.Answer {
		return teamAnswer(TeamView{
			Team: client.Team{Name: "web", Description: "The web site", Members: []string{"ann", "ben"}}, Domains: []string{"edge"}, Edit: true, Typed: "nobody",
			Applications: []client.Application{{Name: "web-tracker", Team: "web", Credentials: "active"}, {Name: "old", Credentials: "none", Ending: true}},
			Problem:      &client.Problem{Status: 404, Detail: "there is no person nobody", Fix: "weir person list"},
		})
	})
	tell("applications-no-team", func() site.Answer { return applicationsAnswer(ApplicationsView{}) })
	tell("applications-some", func() site.Answer {
		return applicationsAnswer(ApplicationsView{
			InTeam: true, Mine: storyLines(now),
			Others: []client.Application{{Name: long, Team: long, Credentials: "hidden"}}, More: 4,
		})
	})
	app := ApplicationView{
		Application: client.Application{Name: "web-tracker", Team: "web", Description: "Counts page views", Credentials: "active", Username: "web-tracker"},
		Kafka:       "127.0.0.1:9092", Registry: "http://127.0.0.1:8081", Now: now, Edit: true,
	}
	tell("application-unknown", func() site.Answer { return applicationAnswer(app) })
	tell("application-made", func() site.Answer {
		v := app
		v.Password, v.Usage = "not-a-real-password", &client.ApplicationUsage{}
		return applicationAnswer(v)
	})
	tell("application-some", func() site.Answer {
		v := app
		v.Facts, v.Plans = storyFacts(now), storyPlans()
		v.Accesses = []client.Access{{Product: "membership.users", Created: now.Add(-time.Hour)}}
		v.Usage = &client.ApplicationUsage{Usage: []client.Usage{
			{Product: "edge.pageviews", Direction: "write", Records: 1204113, Bytes: 88 << 20, Last: now, Library: "librdkafka", Version: "2.0.2", How: "gateway"},
			{Stream: "edge._private.clicks", Direction: "read", Records: 3, Bytes: 120, Last: now.Add(-time.Hour), How: "gateway"},
		}}
		return applicationAnswer(v)
	})
	tell("application-plan-refused", func() site.Answer {
		v := app
		v.Facts, v.PlanProblem = &client.ApplicationFacts{Problems: []string{"the cluster does not answer"}}, &client.Problem{Status: 404, Detail: "there is no product edge.none"}
		v.Typed = map[string][]string{"product": {"edge.none"}, "note": {"to know"}}
		return applicationAnswer(v)
	})
	tell("application-query", func() site.Answer {
		v := app
		v.Application.Query, v.Application.Credentials = true, "none"
		return applicationAnswer(v)
	})
	tell("people-some", func() site.Answer {
		return peopleAnswer(PeopleView{Admin: true, More: 9, People: []client.Person{{Name: "ann", Teams: []string{"web", "shop"}, Roles: []string{"mesh-admin"}}, {Name: long}}})
	})
	tell("person-other", func() site.Answer {
		return personAnswer(PersonView{Person: client.Person{Name: "ben", Teams: []string{"web"}}, Now: now})
	})
	ends := now.Add(24 * time.Hour)
	tell("person-self", func() site.Answer {
		return personAnswer(PersonView{
			Person: client.Person{Name: "ann", Teams: []string{"web"}}, Now: now, Self: true, Admin: true, Token: "weir_not-a-real-token",
			Roles:  []client.Role{{Role: "steward", Person: "ann"}, {Role: "domain-owner", Person: "ann", On: "edge"}},
			Tokens: []client.Token{{Name: "ann/ci", Person: "ann", Created: now.Add(-time.Hour), Expires: &ends}, {Name: "ann/laptop", Created: now}},
		})
	})
	tell("form-refused", func() site.Answer {
		v := formView{
			Title: "New team", Lead: "People who own domains and applications together.", Action: "/new/team", Cancel: "/teams", Submit: "Create", Tab: site.Domains,
			Fields:  []ui.Input{{Name: "name", Label: "Name", Required: true, Mono: true}},
			Problem: &client.Problem{Status: 400, Detail: `"A B" is not a name`, Where: "name", Fix: "use lower-case letters, digits and dashes"},
		}
		return answerForm(v, map[string][]string{"name": {"A B"}})
	})
	return out
}

func manyDomains() DomainsView {
	v := DomainsView{Admin: true, More: 12}
	for i := range 40 {
		v.Domains = append(v.Domains, DomainLine{client.Domain{Name: fmt.Sprintf("domain-%02d", i), Team: fmt.Sprintf("team-%d", i%5), Description: "One of many"}, i})
	}
	return v
}

func someProduct(name string) client.Product {
	p := client.Product{Name: name, Description: "Every page that a user looked at", Kind: "stream", Encoding: "avro", Owner: "ann"}
	p.Lifecycle, p.Quality, p.SLA = "active", "authoritative", "tier-2"
	return p
}

func storyFacts(now time.Time) *client.ApplicationFacts {
	lag, login := int64(1204), now.Add(-time.Hour)
	return &client.ApplicationFacts{
		Application: "web-tracker", Lag: &lag, Hidden: 1,
		Reads: []client.Follow{
			{Group: "web-tracker", Product: "membership.users", State: "Stable", Members: 2, Lag: &lag},
			{Group: "web-tracker.again", Stream: "edge._private.clicks", State: "Empty", Unread: 3},
		},
		Inside: &client.Attending{
			Since: now.Add(-30 * time.Hour), Open: 3, Login: &login, Credential: &login, Library: "librdkafka", Version: "2.0.2", More: true,
			Refused: []client.Denied{
				{What: "TOPIC_AUTHORIZATION_FAILED", On: "membership.preferences.v1", Why: "it may know of the topic, and not do this with it; ask for access to the product", Count: 4096, First: now.Add(-20 * time.Hour), Last: now},
				{What: "SASL_AUTHENTICATION_FAILED", Why: "wrong user name or password", Count: 1, First: now, Last: now},
			},
		},
	}
}

func storyPlans() []client.Plan {
	return []client.Plan{
		{Product: "membership.preferences", Application: "web-tracker", Fields: []string{"userid", "newsletter"}, Due: "2027-03-01", Note: "who may be written to", Access: "asked"},
		{Product: "execution.stocktrades", Application: "web-tracker", Access: "may"},
		{Product: "shop.payments", Application: "web-tracker", Access: "declined", Answer: &client.PlanAnswer{Why: "use analytics.suspected-fraud"}},
		{Product: "shop.orders", Application: "web-tracker", Access: "no"},
	}
}

func storyLines(now time.Time) []Line {
	return []Line{
		{Application: client.Application{Name: "web-tracker", Team: "web", Credentials: "active", Description: "Counts page views"}, Facts: storyFacts(now), Plans: 2},
		{Application: client.Application{Name: "new", Team: "web", Credentials: "none"}, Facts: &client.ApplicationFacts{Inside: &client.Attending{}}},
		{Application: client.Application{Name: "unknown", Team: "web", Credentials: "active"}},
	}
}
