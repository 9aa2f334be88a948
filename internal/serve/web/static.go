package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"

	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// asset is a file as it is sent.
type asset struct {
	kind     string
	whole    []byte
	squeezed []byte // by gzip; nil if that makes it no smaller
}

// assets are the files of the pages, by path.
func assets(all []ui.File) map[string]asset {
	out := map[string]asset{}
	for _, f := range all {
		out[f.Path] = asset{f.Type, f.Body, squeeze(f.Body)}
	}
	return out
}

func squeeze(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	_, werr := w.Write(body)
	if werr != nil || w.Close() != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// static serves files whose names have a hash: a browser asks once.
func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.URL.Path]
	if !ok {
		s.missing(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // a picture that is opened by itself is no page
	body := a.whole
	if a.squeezed != nil && takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = a.squeezed
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser has gone
	}
}

// takesGzip reports whether a browser takes gzip. One that forbids it by q=0 is
// not believed to exist in other spellings than this.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == "gzip" {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}
