package protobuf

import (
	"embed"
)

// known are the files that registries know without a reference, besides those
// of google/protobuf: what serialisers leave out when they register what a
// schema imports.
//
//go:embed known
var known embed.FS

func knownText(path string) (string, bool) {
	b, err := known.ReadFile("known/" + path)
	return string(b), err == nil
}
