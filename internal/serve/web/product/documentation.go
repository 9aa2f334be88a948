package product

import (
	"net/http"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// Documentation is the part of the texts.
type Documentation struct {
	Head
	Text, Terms string
	May         bool
}

func documentation(r *site.Request) (site.Answer, error) {
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	text, terms, err := texts(r, k.product)
	if err != nil {
		return site.Answer{}, err
	}
	v := Documentation{Head: head(k, r.Me, partDocumentation, r.Now), Text: text, Terms: terms}
	v.May = len(v.Manage) > 0
	return site.Answer{
		Title: "Documentation of " + k.product.Name, Tab: site.Explore, Body: documentationPage(v),
		Same: read("weir product doc "+k.product.Name, api(k.product.Name, "documentation")),
	}, nil
}

// texts are the documentation and the terms; empty if there are none.
func texts(r *site.Request, p client.Product) (text, terms string, err error) {
	err = all(func() (err error) {
		if p.Documentation != "" {
			text, err = r.API.Documentation(r.Context(), p.Name)
		}
		return err
	}, func() (err error) {
		if p.Terms != "" {
			terms, err = r.API.ProductTerms(r.Context(), p.Name)
		}
		return err
	})
	return text, terms, err
}

// Activity is the part of what was done.
type Activity struct {
	Head
	Entries []client.Entry
	Next    string
}

// entriesPage is how many entries a page has.
const entriesPage = 50

func activity(r *site.Request) (site.Answer, error) {
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	name := k.product.Name
	page, err := r.API.EntryPage(r.Context(), client.EntryFilter{About: "product/" + name, Limit: entriesPage, Cursor: r.URL.Query().Get("after")})
	if err != nil {
		return site.Answer{}, err
	}
	v := activityOf(k, page, r.Me, r.Now)
	return site.Answer{Title: "Activity of " + name, Tab: site.Explore, Body: activityPage(v, r.Now), Same: []site.Same{{
		Command: "weir audit list --about product/" + name, Method: http.MethodGet, Path: "/api/v1/audit?about=product/" + name,
	}}}, nil
}

func activityOf(k known, page client.List[client.Entry], me site.Person, now time.Time) Activity {
	v := Activity{Head: head(k, me, partActivity, now), Entries: page.Items}
	if page.Next != "" {
		v.Next = at(k.product.Name, "activity") + "?after=" + page.Next
	}
	return v
}
