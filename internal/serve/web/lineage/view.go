package lineage

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Start is the page that asks of what.
type Start struct {
	Products []Offer
	More     bool // there are others
}

// Offer is a product to begin with.
type Offer struct {
	Name, Kind, Team, Description string
}

func offered(all []client.Product) []Offer {
	out := make([]Offer, 0, len(all))
	for _, p := range all {
		out = append(out, Offer{p.Name, p.Kind, p.Team, p.Description})
	}
	return out
}

// View is the page of one thing.
type View struct {
	Now     time.Time
	Name    string
	Asked   Asked
	Choices []string // fields of the product
	Lineage client.Lineage
	Impact  client.Impact
	Problem *client.Problem // why the question is none
}

// title is what the page tells of, as commands write it.
func (v View) title() string {
	if v.Asked.Field == "" {
		return v.Name
	}
	return v.Name + "#" + v.Asked.Field
}

// kind is the noun of what the page tells of; empty when nothing was told.
func (v View) kind() string {
	if len(v.Lineage.Nodes) == 0 {
		return ""
	}
	return v.Lineage.Nodes[0].Kind
}

// alone reports that nothing but the thing itself was found.
func (v View) alone() bool { return len(v.Lineage.Nodes) <= 1 }

// maxRows bounds each table; the command has all.
const maxRows = 50

// tellsMore is what a table left out.
func tellsMore(n int) string {
	if n <= maxRows {
		return ""
	}
	return "and " + ui.Exact(int64(n-maxRows)) + " more, which the command lists"
}

// link is a name that leads to its page, and to its lineage.
type link struct {
	Kind, Name, Href, Follow string
	Count                    int // of a closed box
	Gone                     bool
}

// linkOf is the name of a box.
func linkOf(n client.LineageNode) link {
	out := link{Kind: n.Kind, Name: n.Name, Count: n.Count, Gone: n.Gone}
	if !n.Gone {
		out.Href, out.Follow = pageOf(n.Kind, n.Name), followOf(n.Kind, n.Name)
	}
	return out
}

// pageOf is the page of a thing, if it has one that whoever knows of the thing may
// see.
func pageOf(kind, name string) string {
	top := map[string]string{"product": "/products/", "query": "/products/", "application": "/applications/", "person": "/people/"}[kind]
	if top == "" || name == "" {
		return ""
	}
	if kind == "query" {
		return top + name + "/query"
	}
	return top + name
}

// followOf is the page of a thing's lineage, if it has one.
func followOf(kind, name string) string {
	if kind == "product" || kind == "stream" || kind == "application" {
		return href(name, "")
	}
	return ""
}

// closed is what a box without a name is called.
func closed(count int) string {
	if count > 1 {
		return ui.Exact(int64(count)) + " that are not for you to see"
	}
	return "not for you to see"
}

// sources are the boxes that data comes from, the nearest first, with how that is
// known.
func (v View) sources() []client.LineageNode {
	var out []client.LineageNode
	for _, n := range v.Lineage.Nodes[min(1, len(v.Lineage.Nodes)):] {
		if n.Up {
			out = append(out, n)
		}
	}
	return out
}

func sourceTable(v View) ui.TableView {
	t := ui.TableView{Caption: "Where the data of " + v.title() + " comes from", Keys: true, Columns: []ui.Column{
		{Title: "From"}, {Title: "Team"}, {Title: "Away", Number: true}, {Title: "Fields"}, {Title: "Known by"}, {Title: "Last seen"},
	}}
	out := map[string][]client.LineageEdge{}
	for _, e := range v.Lineage.Edges {
		out[e.From] = append(out[e.From], e)
	}
	for i, n := range v.sources() {
		if i == maxRows {
			break
		}
		var known []client.LineageEvidence
		var last *time.Time
		for _, e := range out[n.ID] {
			known = append(known, e.Known...)
			last = later(last, e.Last)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			thing(linkOf(n)), team(n.Team), ui.Text(strconv.Itoa(n.Depth)), fieldLinks(n.Kind, n.Name, n.Fields, v.Asked), ui.Text(knownBy(known)), seen(last, v.Now),
		}})
	}
	return t
}

func later(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}

// hurt is something that depends on what the page tells of, with what it is.
type hurt struct {
	client.Hurt
	kind string
}

// hurts are all that depend on it, the nearest first.
func (v View) hurts() []hurt {
	var out []hurt
	for _, k := range []struct {
		kind string
		of   []client.Hurt
	}{{"application", v.Impact.Applications}, {"query", v.Impact.Queries}, {"product", v.Impact.Products}, {"stream", v.Impact.Streams}, {"person", v.Impact.People}} {
		for _, h := range k.of {
			out = append(out, hurt{h, k.kind})
		}
	}
	slices.SortStableFunc(out, func(a, b hurt) int { return cmp.Compare(a.Depth, b.Depth) })
	return out
}

func hurtTable(v View) ui.TableView {
	t := ui.TableView{Caption: "What depends on " + v.title(), Keys: true, Columns: []ui.Column{
		{Title: "Hurt"}, {Title: "Team"}, {Title: "Away", Number: true}, {Title: "Fields"}, {Title: "Known by"}, {Title: "Last seen"},
	}}
	for i, h := range v.hurts() {
		if i == maxRows {
			break
		}
		known := strings.Join(h.How, ", ")
		if h.Due != "" {
			known += ", by " + h.Due
		}
		l := link{Kind: h.kind, Name: h.Name, Href: pageOf(h.kind, h.Name), Follow: followOf(h.kind, h.Name)}
		if v.Asked.At != "" {
			l.Href = "" // it may be gone since
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			thing(l), team(h.Team), ui.Text(strconv.Itoa(h.Depth)), fieldLinks(h.kind, h.Name, h.Fields, v.Asked), ui.Text(known), seen(h.Last, v.Now),
		}})
	}
	return t
}

// reaches is how many depend on it, in words.
func (v View) reaches() string {
	out := ui.Plural(len(v.hurts()), "thing depends", "things depend") + " on it"
	if n := v.Impact.Hidden; n > 0 {
		out += ", and " + ui.Exact(int64(n)) + " more that you may not see by name"
	}
	if len(v.Impact.Teams) > 0 {
		return out + ". The teams to talk to:"
	}
	return out + "."
}

func stepTable(v View) ui.TableView {
	t := ui.TableView{Caption: "Each step, and how it is known", Columns: []ui.Column{
		{Title: "From"}, {Title: "To"}, {Title: "Known by"}, {Title: "Records", Number: true}, {Title: "Last seen"},
	}}
	boxes := v.boxes()
	for i, e := range v.Lineage.Edges {
		if i == maxRows {
			break
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			thing(linkOf(boxes[e.From])), thing(linkOf(boxes[e.To])), ui.Text(knownBy(e.Known)), records(counted(e.Known)), seen(e.Last, v.Now),
		}})
	}
	return t
}

func fieldTable(v View) ui.TableView {
	t := ui.TableView{Caption: "Which field is made of which", Columns: []ui.Column{{Title: "Field"}, {Title: "Goes into"}, {Title: "As"}}}
	boxes := v.boxes()
	for i, f := range v.Lineage.Fields {
		if i == maxRows {
			break
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			fieldEnd(boxes[f.From], f.Field), fieldEnd(boxes[f.To], f.Column), ui.Text(fieldAs(f)),
		}})
	}
	return t
}

// boxes are the boxes by their ids.
func (v View) boxes() map[string]client.LineageNode {
	out := make(map[string]client.LineageNode, len(v.Lineage.Nodes))
	for _, n := range v.Lineage.Nodes {
		out[n.ID] = n
	}
	return out
}

// knownBy is each way by which a step is known.
func knownBy(known []client.LineageEvidence) string {
	var out []string
	for _, k := range known {
		text := k.How + ": " + strings.ReplaceAll(k.What, "-", " ")
		if k.Due != "" {
			text += " by " + k.Due
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, ", ")
}

func counted(known []client.LineageEvidence) (n int64) {
	for _, k := range known {
		n += k.Records
	}
	return n
}

// fieldAs is what a field is for in another.
func fieldAs(f client.LineageFields) string {
	as := "condition, join or grouping"
	if f.Direct {
		as = "value"
	}
	if f.Masked != "" {
		as += ", masked by " + f.Masked
	}
	return as
}

// measuredWords say since when there are counts, and what is missing in them.
func (v View) measuredWords() string {
	m := v.Lineage.Measured
	if m.Since.IsZero() {
		return "Nothing was counted yet, so nobody is known by what they read or wrote."
	}
	from := v.Lineage.From
	if m.Since.After(from) {
		from = m.Since
	}
	out := "Records are counted from " + from.UTC().Format("2006-01-02 15:04") + " UTC on; reads past the gateway are in no count."
	if len(m.Gaps) > 0 {
		out += " Counts are missing of " + ui.Plural(len(m.Gaps), "time", "times") + " since."
	}
	return out
}

// directions are what the form offers.
func directions() []ui.Option {
	return []ui.Option{{Value: "", Text: "both ways"}, {Value: "up", Text: "where it comes from"}, {Value: "down", Text: "where it goes"}}
}

// fieldOptions are what the form offers, with what the address says.
func (v View) fieldOptions() []ui.Option {
	out := []ui.Option{{Value: "", Text: "all of it"}}
	for _, f := range v.Choices {
		out = append(out, ui.Option{Value: f})
	}
	if f := v.Asked.Field; f != "" && !slices.Contains(v.Choices, f) {
		out = append(out, ui.Option{Value: f})
	}
	return out
}

// maxNamed bounds how many fields a cell names.
const maxNamed = 8
