package schemaregistry

import (
	"mime"
	"strconv"
	"strings"
)

// The media types that registries speak, the one that they like best first.
const (
	mediaV1   = "application/vnd.schemaregistry.v1+json"
	mediaAny  = "application/vnd.schemaregistry+json"
	mediaJSON = "application/json"
)

// consumes reports whether a body may have a content type.
func consumes(header string) bool {
	if header == "" || header == mediaV1 {
		return true
	}
	t, _, err := mime.ParseMediaType(header)
	switch t {
	case mediaV1, mediaAny, mediaJSON, "application/octet-stream":
		return err == nil
	}
	return false
}

// negotiate gives the media type of the answer, and whether the caller takes
// it. Among those that a caller likes equally the registry's own order decides.
func negotiate(accept []string) (media string, ok bool) {
	if len(accept) == 0 || len(accept) == 1 && accept[0] == mediaV1 {
		return mediaV1, true
	}
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return mediaV1, true
	}
	best := 0.0
	for _, m := range []struct {
		name   string
		weight float64
	}{{mediaV1, 1}, {mediaAny, 0.9}, {mediaJSON, 0.5}} {
		if q := quality(header, m.name); q > 0 && q*10+m.weight > best {
			media, best = m.name, q*10+m.weight
		}
	}
	if media == "" {
		return mediaV1, false
	}
	return media, true
}

// quality is how much a caller likes a type: what names it most closely counts.
func quality(header, media string) float64 {
	found, closest := 0.0, 0
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		near := 0
		switch strings.ToLower(strings.TrimSpace(name)) {
		case media:
			near = 3
		case "application/*":
			near = 2
		case "*/*", "*":
			near = 1
		}
		if near > closest {
			found, closest = weight(params), near
		}
	}
	return found
}

// weight is the q of a type's parameters, 1 if there is none.
func weight(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(key, "q") {
			continue
		}
		q, err := strconv.ParseFloat(value, 64)
		if err != nil || q < 0 || q > 1 {
			return 0
		}
		return q
	}
	return 1
}
