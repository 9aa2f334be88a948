package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"path"
	"strings"

	"github.com/a-h/templ"
)

// static is the stylesheet, the scripts and the icons.
//
//go:embed static
var static embed.FS

// StaticPath is where the files are served from.
const StaticPath = "/static/"

// File is a file that pages load. Its name has a hash of what is in it, so it
// never changes.
type File struct {
	Path string // /static/weir.0123456789ab.css
	Type string // of media
	Body []byte
}

// files are all of them, by their names without hash.
var files = load()

func load() map[string]File {
	all := map[string]File{}
	entries, err := static.ReadDir("static")
	if err != nil {
		panic(err) // it is in the binary
	}
	for _, e := range entries {
		body, err := static.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		all[e.Name()] = NewFile(e.Name(), body)
	}
	return all
}

// NewFile is a file with its hash in its path.
func NewFile(name string, body []byte) File {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return File{
		Path: StaticPath + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
		Type: mediaType(ext),
		Body: body,
	}
}

// mediaType does not ask the machine, whose tables differ.
func mediaType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return mime.TypeByExtension(ext)
}

// Asset is the path of a file in static, by its name; a file that is not there
// is a mistake in the page, and leads to nothing.
func Asset(name string) string { return files[name].Path }

// Files are the files that pages load.
func Files() []File {
	var all []File
	for _, f := range files {
		all = append(all, f)
	}
	return all
}

// Attrs are attributes of a component.
type Attrs = templ.Attributes
