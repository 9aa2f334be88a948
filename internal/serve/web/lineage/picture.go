package lineage

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
)

// picture is what the script draws: the boxes in the order of the answer, the
// edges and the fields by the places of their boxes. It has nothing that the
// tables' source does not have, in fewer bytes: a mesh has tens of thousands of
// edges.
type picture struct {
	Field string         `json:"field,omitempty"` // that was asked about
	At    int64          `json:"at"`              // Unix seconds, of which it tells
	Boxes []pictureBox   `json:"boxes"`
	Edges [][6]int64     `json:"edges"` // from, to, a text, style, records, last seen in Unix seconds
	Texts []string       `json:"texts"` // how edges are known
	Made  []pictureField `json:"fields"`
}

// The styles of edges.
const (
	plainEdge    = 0
	declaredEdge = 1 // known by declaration alone
	fadedEdge    = 2 // not seen for a day
)

type pictureBox struct {
	Kind   string   `json:"k"`
	Name   string   `json:"n,omitempty"`
	Domain string   `json:"d,omitempty"`
	Team   string   `json:"t,omitempty"`
	State  string   `json:"s,omitempty"`
	Count  int      `json:"c,omitempty"`
	Gone   bool     `json:"g,omitempty"`
	Page   string   `json:"p,omitempty"`
	Follow string   `json:"f,omitempty"`
	Has    []string `json:"h,omitempty"` // fields that it is known to have
}

// pictureField says that a field is made of another. An empty name is not for the
// viewer; * is every one.
type pictureField struct {
	From   int    `json:"a"`
	Field  string `json:"x,omitempty"`
	To     int    `json:"b"`
	Column string `json:"y,omitempty"`
	Query  int    `json:"q"` // its box; -1: none
	Direct bool   `json:"v,omitempty"`
}

// seenLately is how long an edge counts as in use after it was last seen.
const seenLately = 24 * time.Hour

// pictureOf is the answer as the script takes it.
func pictureOf(v View) picture {
	t := v.Lineage
	out := picture{Field: t.Field, At: t.At.Unix(), Boxes: []pictureBox{}, Edges: [][6]int64{}, Texts: []string{}, Made: []pictureField{}}
	place := make(map[string]int, len(t.Nodes))
	for i, n := range t.Nodes {
		place[n.ID] = i
		l := linkOf(n)
		out.Boxes = append(out.Boxes, pictureBox{
			Kind: n.Kind, Name: n.Name, Domain: n.Domain, Team: n.Team, State: n.State, Count: n.Count, Gone: n.Gone, Page: l.Href, Follow: l.Follow, Has: n.Fields,
		})
	}
	if len(out.Boxes) > 0 && len(v.Choices) > 0 {
		out.Boxes[0].Has = v.Choices
	}
	texts := map[string]int{}
	for _, e := range t.Edges {
		text := knownBy(e.Known)
		if _, ok := texts[text]; !ok {
			texts[text] = len(out.Texts)
			out.Texts = append(out.Texts, text)
		}
		var last int64
		if e.Last != nil {
			last = e.Last.Unix()
		}
		out.Edges = append(out.Edges, [6]int64{int64(place[e.From]), int64(place[e.To]), int64(texts[text]), style(e, t.At), counted(e.Known), last})
	}
	for _, f := range t.Fields {
		query, ok := place[f.Query]
		if !ok {
			query = -1
		}
		out.Made = append(out.Made, pictureField{From: place[f.From], Field: f.Field, To: place[f.To], Column: f.Column, Query: query, Direct: f.Direct})
	}
	return out
}

// style is how an edge is drawn.
func style(e client.LineageEdge, at time.Time) int64 {
	if e.Last != nil {
		if at.Sub(*e.Last) > seenLately {
			return fadedEdge
		}
		return plainEdge
	}
	for _, k := range e.Known {
		if k.How != "declaration" {
			return plainEdge
		}
	}
	return declaredEdge
}

// text is the picture as JSON.
func (p picture) text() string {
	var b strings.Builder
	if json.NewEncoder(&b).Encode(p) != nil {
		return "" // there is no such picture: it has plain values alone
	}
	return strings.TrimSpace(b.String())
}
