package explore

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// View is the page.
type View struct {
	Text      string
	Summary   string // 14 products in 5 domains
	Building  string // the index is not complete: how far it is
	Problem   *client.Problem
	Chosen    []Chosen
	Facets    []Facet
	Hits      []Hit
	Next      string // the address of the next page
	First     string // of the first, when this is another
	Clear     string // the address without any choice
	Corrected []Corrected
	Near      []Near
}

// Chosen is a choice that can be taken back.
type Chosen struct {
	Facet, Value string
	Param        string // as the form sends it
	Without      string // the address without it
}

// Facet is a property with the values that hits have.
type Facet struct {
	Name, Title string
	Values      []FacetValue
	More        int
	Open        bool
}

// FacetValue is one value.
type FacetValue struct {
	ID, Param, Text string
	Count           int
	Chosen          bool
}

// Hit is a thing that was found.
type Hit struct {
	Noun, Name, Href string
	Title            []ui.Piece // the name, with what was found in it
	Badges           []string
	Description      []ui.Piece
	Facts            []string // owner, fields, ...
	Place            string   // matched in field pageid
	PlaceText        []ui.Piece
	Preview          string    // the address of its preview, of products
	Lifecycle        string    // unless it is active
	Measured         *Measured // of products
}

// Corrected is a word that was mended.
type Corrected struct{ From, To string }

// Near is something near to what was not found.
type Near struct {
	Text  string
	Count int // of a search; 0: it is a thing
	Href  string
}

func refused(s state, p *client.Problem) View {
	return View{Text: s.text, Problem: p, Chosen: chosen(s), Clear: s.having(nil).href(), Summary: "The search cannot be read"}
}

func view(s state, f client.Found) View {
	v := View{
		Text: s.text, Summary: summary(s, f), Building: f.Building, Chosen: chosen(s), Facets: facets(s, f.Facets), Clear: s.having(nil).href(),
	}
	for _, h := range f.Items {
		v.Hits = append(v.Hits, hit(h, s.text != ""))
	}
	if f.Next != "" {
		n := s
		n.after = f.Next
		v.Next = n.href()
	}
	if s.after != "" {
		v.First = s.having(s.chosen).href()
	}
	for _, c := range f.Corrected {
		v.Corrected = append(v.Corrected, Corrected(c))
	}
	return v
}

func chosen(s state) []Chosen {
	var out []Chosen
	for _, c := range s.chosen {
		rest := slices.DeleteFunc(slices.Clone(s.chosen), func(o choice) bool { return o == c })
		out = append(out, Chosen{Facet: facetTitle(c.facet), Value: c.value, Param: c.facet + "=" + c.value, Without: s.having(rest).href()})
	}
	return out
}

// summary counts what was found: products in domains, and the others besides.
func summary(s state, f client.Found) string {
	count := func(facet, value string) int {
		for _, c := range f.Facets {
			if c.Name == facet {
				for _, v := range c.Values {
					if v.Value == value {
						return v.Count
					}
				}
			}
		}
		return 0
	}
	products, domains := f.Total, len(with(f.Facets, "domain"))
	if s.text != "" {
		products = count(facetNoun, "product")
	}
	switch others := f.Total - products; {
	case f.Total == 0:
		return "Nothing found"
	case len(s.chosen) > 0:
		return ui.Plural(f.Total, "thing", "things") + " found"
	case s.text == "":
		return ui.Plural(products, "product", "products") + " in " + ui.Plural(domains, "domain", "domains")
	case others > 0:
		return ui.Plural(products, "product", "products") + ", and " + ui.Plural(others, "domain or term", "domains and terms")
	}
	return ui.Plural(products, "product", "products")
}

func with(all []client.Facet, name string) []client.FacetCount {
	for _, f := range all {
		if f.Name == name {
			return f.Values
		}
	}
	return nil
}

// facetShown is how many values of a facet are listed.
const facetShown = 12

func facets(s state, all []client.Facet) []Facet {
	var out []Facet
	for _, f := range all {
		g := Facet{Name: f.Name, Title: facetTitle(f.Name), More: f.More}
		for _, v := range f.Values {
			on := slices.Contains(s.chosen, choice{f.Name, v.Value})
			if len(g.Values) >= facetShown && !on {
				g.More++
				continue
			}
			if strings.ContainsAny(v.Value, "\"\n") {
				continue // no query can name it
			}
			g.Open = g.Open || on
			g.Values = append(g.Values, FacetValue{
				ID: "f-" + strconv.Itoa(len(out)) + "-" + strconv.Itoa(len(g.Values)), Param: f.Name + "=" + v.Value, Text: v.Value, Count: v.Count, Chosen: on,
			})
		}
		g = kept(s, g)
		if len(g.Values) > 1 || g.Open {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b Facet) int { return cmp.Compare(facetRank(a.Name), facetRank(b.Name)) })
	for i := range out {
		out[i].Open = out[i].Open || i < 5
	}
	return out
}

// kept adds choices that nothing has, so that they can be taken back.
func kept(s state, g Facet) Facet {
	for _, c := range s.chosen {
		if c.facet == g.Name && !slices.ContainsFunc(g.Values, func(v FacetValue) bool { return v.Text == c.value }) {
			g.Open = true
			g.Values = append(g.Values, FacetValue{ID: "f-none-" + strconv.Itoa(len(g.Values)), Param: c.facet + "=" + c.value, Text: c.value, Chosen: true})
		}
	}
	return g
}

// facetRank is the order in which facets stand.
func facetRank(name string) int {
	order := []string{"domain", "classification", "kind", "format", "quality", "sla", "type", "lifecycle", "term", "owner", facetNoun}
	if i := slices.Index(order, name); i >= 0 {
		return 2 * i
	}
	return 3 // tags, behind domain and classification
}

func facetTitle(name string) string {
	switch name {
	case facetNoun:
		return "What it is"
	case "sla":
		return "SLA tier"
	case "quality":
		return "Quality tier"
	case "format":
		return "Encoding"
	case "classification":
		return "Fields that are"
	}
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		return key
	}
	if name == "" {
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func hit(h client.Hit, searched bool) Hit {
	out := Hit{
		Noun: h.Noun, Name: h.Name, Href: thing(h.Noun, h.Name), Title: plain(h.Name), Description: plain(h.Description),
	}
	for _, b := range []string{h.Kind, h.Format, h.Quality, h.SLA} {
		if b != "" {
			out.Badges = append(out.Badges, b)
		}
	}
	if h.Noun != "product" {
		out.Badges = append([]string{h.Noun}, out.Badges...)
	} else {
		out.Preview = Path + "/preview?" + url.Values{"name": {h.Name}}.Encode()
		out.Measured = &Measured{}
	}
	if h.Lifecycle != "" && h.Lifecycle != "active" {
		out.Lifecycle = h.Lifecycle
	}
	if h.Owner != "" {
		out.Facts = append(out.Facts, "owner "+h.Owner)
	}
	if len(h.Classification) > 0 {
		out.Facts = append(out.Facts, "fields that are "+strings.Join(h.Classification, ", "))
	}
	if len(h.Tags) > 0 {
		out.Facts = append(out.Facts, strings.Join(h.Tags[:min(len(h.Tags), 4)], "  "))
	}
	if searched && len(h.Matches) > 0 {
		out.matched(h.Matches)
	}
	return out
}

func plain(s string) []ui.Piece {
	if s == "" {
		return nil
	}
	return []ui.Piece{{Text: s}}
}

// matched puts the marks where the matches are: into the name and description,
// and the best other place below.
func (h *Hit) matched(all []client.Match) {
	h.Place = "matched in " + placeName(all[0])
	for _, m := range all {
		switch {
		case m.Place == "name":
			h.Title = pieces(m)
		case m.Place == "description" && text(m) == text2(h.Description):
			h.Description = pieces(m)
		case h.PlaceText == nil:
			h.Place = "matched in " + placeName(m)
			h.PlaceText = pieces(m)
		}
	}
}

func placeName(m client.Match) string {
	if m.Place == "field" && m.Of != "" {
		return "field " + m.Of
	}
	return m.Place
}

func pieces(m client.Match) []ui.Piece {
	var out []ui.Piece
	for _, p := range m.Parts {
		out = append(out, ui.Piece{Text: p.Text, Found: p.Found})
	}
	return out
}

func text(m client.Match) string { return text2(pieces(m)) }

func text2(all []ui.Piece) string {
	var b strings.Builder
	for _, p := range all {
		b.WriteString(p.Text)
	}
	return b.String()
}

// Preview is what the side shows of a product.
type Preview struct {
	Name, Href, Description string
	Facts                   []ui.Fact
	Properties              []ui.Property
	Fields                  []PreviewField
	More                    int // fields that are not shown
}

// PreviewField is one field.
type PreviewField struct{ Path, Type, Description, Classification string }

// previewFields is how many fields the side shows.
const previewFields = 12

func previewView(p client.Product, fields client.ProductFields, facts *client.ProductFacts, now time.Time) Preview {
	v := Preview{Name: p.Name, Href: "/products/" + p.Name, Description: p.Description, Properties: []ui.Property{
		{Label: "Team", Value: p.Team}, {Label: "Owner", Value: p.Owner}, {Label: "Purpose", Value: p.Purpose},
		{Label: "Not good for", Value: p.Limitations}, {Label: "Access", Value: p.Access},
	}}
	for _, f := range fields.Fields[:min(len(fields.Fields), previewFields)] {
		v.Fields = append(v.Fields, PreviewField{f.Path, f.Type, f.Description, f.Classification})
	}
	v.More = len(fields.Fields) - len(v.Fields)
	v.Facts = previewFacts(facts, now)
	return v
}

func previewFacts(f *client.ProductFacts, now time.Time) []ui.Fact {
	records, rate, last := ui.Fact{Label: "records", Why: "the cluster was not asked"}, ui.Fact{Label: "rate", Why: "not counted yet"}, ui.Fact{Label: "last record", Why: "there is none, or it is not known"}
	if f == nil {
		return []ui.Fact{records, rate, last}
	}
	if f.Records != nil {
		records = ui.Fact{Label: "records", Value: ui.ShortNumber(float64(*f.Records)), Exact: ui.Exact(*f.Records)}
	}
	if f.Pace.PerSecond != nil {
		rate = ui.Fact{Label: "rate", Value: ui.ShortRate(*f.Pace.PerSecond), Exact: fmt.Sprintf("%g a second", *f.Pace.PerSecond)}
	}
	if f.Last != nil {
		last = ui.Fact{Label: "last record", Value: ui.Ago(*f.Last, now), Exact: ui.UTC(*f.Last)}
	}
	return []ui.Fact{records, rate, last}
}
