package catalog

import (
	"strings"

	"github.com/weirmesh/weir"
)

// Warning is something that a product should tell, and does not.
type Warning struct {
	Rule string // its name
	Msg  string
	Fix  string
}

// Warnings lists what a product lacks that others need. registered says whether
// its values have a schema.
func Warnings(p *weir.Product, registered bool) []Warning {
	edit := "weir product edit " + p.Name
	var ws []Warning
	warn := func(lacks bool, rule, msg, fix string) {
		if lacks {
			ws = append(ws, Warning{rule, msg, fix})
		}
	}
	warn(p.Description == "", "description", "nobody is told what it holds", edit+" --description TEXT")
	warn(p.Purpose == "", "purpose", "nobody is told what it is for", edit+" --purpose TEXT")
	warn(p.Quality == "", "quality", "nobody knows how far its data can be trusted", edit+" --quality authoritative, curated or raw")
	warn(p.SLA == "", "sla", "nobody knows how soon it is mended when it fails", edit+" --sla tier-1, tier-2 or tier-3")
	warn(p.Encoding != weir.EncodingBytes && !registered, "schema", "its values have no schema, so nobody knows their fields",
		"weir schema register "+p.Subject(weir.OfValue)+" FILE")
	warn(p.Terms.IsZero(), "terms", "it has no terms of use", edit+" --terms FILE")
	open := p.Access == weir.AccessOpen
	paths := sensitive(described(nil, p.Fields))
	warn(open && len(paths) > 0, "open", "every application may read it, and these fields are personal or secret: "+clip(strings.Join(paths, ", ")),
		edit+" --access request")
	return ws
}
