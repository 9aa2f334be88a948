package product

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Bounds of the table of fields.
const (
	fieldsPage = 200
	profileFor = 5 * time.Second
)

// Fields is the part of the fields.
type Fields struct {
	Head
	Find      string // what paths, tags and texts must hold
	Class     string // the sensitivity that they must have; empty: any
	Classes   []ui.TabLink
	Total     int
	Rows      []FieldRow
	First     int // of the rows, counted from 1
	Next      string
	Prev      string
	Subject   string
	Sample    string // sampled of 1,000 records, 3 s ago; empty: there is no profile
	NoSample  string // why there is none
	Cut       bool
	Undecoded int
	Lost      int // fields of the sample that neither schema nor product speak of, on other pages
}

// FieldRow is one field.
type FieldRow struct {
	Path, Type            string
	Optional              bool
	Description, From     string
	Classification        string
	ClassificationFrom    string
	Tags                  []client.FieldTag
	Term, Unit            string
	Examples              []string
	Profile               *client.FieldProfile
	Edit                  string // the address of the form; empty: not offered
	OnlyProduct, OnlySeen bool   // no schema has it; only records do
}

func fields(r *site.Request) (site.Answer, error) {
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	var list client.ProductFields
	var profile *client.Profile
	var why string
	err = all(func() (err error) {
		list, err = r.API.ProductFields(r.Context(), k.product.Name)
		return err
	}, func() error {
		profile, why = sample(r, k)
		return nil
	})
	if err != nil {
		return site.Answer{}, err
	}
	v := fieldsOf(k, list, profile, r.Me, r.Now)
	v.NoSample = why
	q := r.URL.Query()
	v.sensitive(q.Get("class"), strings.TrimSpace(q.Get("q")))
	v.narrow(strings.TrimSpace(q.Get("q")), q.Get("from"))
	return site.Answer{
		Title: "Fields of " + k.product.Name, Tab: site.Explore, Body: fieldsPageOf(v),
		Same: append(read("weir product fields "+k.product.Name, api(k.product.Name, "fields")), read("weir product profile "+k.product.Name, api(k.product.Name, "profile"))...),
	}, nil
}

// sample is the profile, or why there is none.
func sample(r *site.Request, k known) (*client.Profile, string) {
	ctx, cancel := context.WithTimeout(r.Context(), profileFor)
	defer cancel()
	p, err := r.API.ProductProfile(ctx, k.product.Name, 0)
	switch refusal := problem(err); {
	case err == nil && p.Records == 0:
		return nil, "it holds no record"
	case err == nil:
		return &p, ""
	case refusal != nil && refusal.Status == http.StatusForbidden:
		return nil, "you may not read its records; " + refusal.Fix
	case refusal != nil:
		return nil, refusal.Detail
	}
	return nil, "the sample was not there in time; open the page again"
}

func fieldsOf(k known, list client.ProductFields, profile *client.Profile, me site.Person, now time.Time) Fields {
	v := Fields{Head: head(k, me, partFields, now), Subject: list.Subject}
	found := map[string]*client.FieldProfile{}
	var order []string
	if profile != nil {
		v.Sample, v.Cut, v.Undecoded = sampleWords(*profile, now), profile.Cut, profile.Undecoded
		for i, f := range profile.Fields {
			found[f.Path] = &profile.Fields[i]
			order = append(order, f.Path)
		}
	}
	for _, f := range list.Fields {
		row := FieldRow{
			Path: f.Path, Type: f.Type, Optional: f.Optional, Description: f.Description, From: f.DescriptionFrom, Classification: f.Classification,
			ClassificationFrom: f.ClassificationFrom, Tags: f.Tags, Term: f.Term, Unit: f.Unit, Examples: f.Examples, Profile: found[f.Path], OnlyProduct: f.Type == "",
		}
		delete(found, f.Path)
		v.Rows = append(v.Rows, row)
	}
	for _, path := range order {
		if p := found[path]; p != nil {
			v.Rows = append(v.Rows, FieldRow{Path: path, Profile: p, OnlySeen: true})
		}
	}
	if len(v.Manage) > 0 {
		for i := range v.Rows {
			v.Rows[i].Edit = at(k.product.Name, "fields/note") + "?" + url.Values{"path": {v.Rows[i].Path}}.Encode()
		}
	}
	v.Total = len(v.Rows)
	return v
}

func sampleWords(p client.Profile, now time.Time) string {
	return fmt.Sprintf("sampled of the newest %s, %s", ui.Plural(p.Records, "record", "records"), ui.Ago(p.At, now))
}

// sensitive keeps the rows of one sensitivity, and offers those that there are.
func (v *Fields) sensitive(class, find string) {
	v.Class = clip(class, 20)
	counts := map[string]int{}
	for _, r := range v.Rows {
		counts[r.Classification]++
	}
	v.Classes = append(v.Classes, ui.TabLink{Text: "all", Href: fieldsHref(v.Name, "", find), Here: v.Class == "", Count: strconv.Itoa(len(v.Rows))})
	for _, c := range [...]string{"public", "internal", "personal", "secret"} {
		if counts[c] > 0 || c == v.Class {
			v.Classes = append(v.Classes, ui.TabLink{Text: c, Href: fieldsHref(v.Name, c, find), Here: c == v.Class, Count: strconv.Itoa(counts[c])})
		}
	}
	if v.Class != "" {
		v.Rows = slices.DeleteFunc(v.Rows, func(r FieldRow) bool { return r.Classification != v.Class })
	}
}

// fieldsHref is the address of fields narrowed by sensitivity and text.
func fieldsHref(name, class, find string) string {
	q := url.Values{}
	for key, value := range map[string]string{"class": class, "q": find} {
		if value != "" {
			q.Set(key, value)
		}
	}
	if len(q) == 0 {
		return at(name, "fields")
	}
	return at(name, "fields") + "?" + q.Encode()
}

// narrow keeps the rows that hold a text, and of them one page.
func (v *Fields) narrow(find, from string) {
	v.Find = clip(find, 200)
	if want := strings.ToLower(v.Find); want != "" {
		v.Rows = slices.DeleteFunc(v.Rows, func(r FieldRow) bool { return !strings.Contains(r.text(), want) })
	}
	v.Total = len(v.Rows)
	first, err := strconv.Atoi(from)
	if err != nil || first < 1 || first > max(v.Total, 1) {
		first = 1
	}
	last := min(first-1+fieldsPage, v.Total)
	v.First, v.Rows = first, v.Rows[first-1:last]
	if last < v.Total {
		v.Next = v.page(last + 1)
	}
	if first > 1 {
		v.Prev = v.page(max(first-fieldsPage, 1))
	}
}

func (v *Fields) page(from int) string {
	q := url.Values{"from": {strconv.Itoa(from)}}
	if v.Find != "" {
		q.Set("q", v.Find)
	}
	if v.Class != "" {
		q.Set("class", v.Class)
	}
	return at(v.Name, "fields") + "?" + q.Encode()
}

// text is what a field is found by.
func (r FieldRow) text() string {
	parts := []string{r.Path, r.Type, r.Description, r.Classification, r.Term, r.Unit}
	parts = append(parts, r.Examples...)
	for _, t := range r.Tags {
		parts = append(parts, t.Tag)
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return strings.ToValidUTF8(s, "�")
}

// Note is the form of what the product says about one field.
type Note struct {
	Head
	Path                                    string
	Row                                     FieldRow
	Description, Classification, Tags, Term string
	Unit, Examples                          string
	Was                                     Typed // as it was when the form was opened
	Revision                                uint64
	Terms                                   []string
	Problem                                 *client.Problem
	Conflicts                               []Conflict
}
