package jsonschema

import "strings"

// defaultBase is what names are relative to where a schema has no absolute id.
const defaultBase = "weir://schema/"

// cutFragment splits a reference at its fragment.
func cutFragment(ref string) (url, fragment string) {
	url, fragment, _ = strings.Cut(ref, "#")
	return url, fragment
}

// resolve is what a reference without fragment means at a base (RFC 3986,
// section 5.2).
func resolve(base, ref string) string {
	scheme, authority, path := splitURL(base)
	switch {
	case ref == "":
		return base
	case hasScheme(ref):
		return ref
	case strings.HasPrefix(ref, "//"):
		return scheme + ":" + ref
	case strings.HasPrefix(ref, "/"):
		return scheme + ":" + authority + clean(ref)
	case strings.HasPrefix(ref, "?"):
		before, _, _ := strings.Cut(path, "?")
		return scheme + ":" + authority + before + ref
	}
	path, _, _ = strings.Cut(path, "?")
	dir := path[:strings.LastIndexByte(path, '/')+1]
	if dir == "" && authority != "" {
		dir = "/"
	}
	return scheme + ":" + authority + clean(dir+ref)
}

// splitURL takes an absolute URL apart; the authority keeps its slashes.
func splitURL(url string) (scheme, authority, path string) {
	scheme, rest, _ := strings.Cut(url, ":")
	if !strings.HasPrefix(rest, "//") {
		return scheme, "", rest
	}
	end := strings.IndexAny(rest[2:], "/?")
	if end < 0 {
		return scheme, rest, ""
	}
	return scheme, rest[:end+2], rest[end+2:]
}

// hasScheme reports whether a reference is absolute.
func hasScheme(ref string) bool {
	i := strings.IndexAny(ref, ":/?")
	return i > 0 && ref[i] == ':'
}

// clean removes the dot segments of a path.
func clean(path string) string {
	path, query, asked := strings.Cut(path, "?")
	rooted := strings.HasPrefix(path, "/")
	var out []string
	parts := strings.Split(path, "/")
	for i, part := range parts {
		last := i == len(parts)-1
		switch {
		case part == "." && last:
			out = append(out, "")
		case part == ".":
		case part == "..":
			if len(out) > 1 || len(out) == 1 && !rooted {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, part)
		}
	}
	path = strings.Join(out, "/")
	if asked {
		path += "?" + query
	}
	return path
}

// unescapePercent is a fragment as it is meant; false: an escape is broken.
func unescapePercent(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		hi, lo := strings.IndexByte(hexDigits, lower(s[i+1])), strings.IndexByte(hexDigits, lower(s[i+2]))
		if hi < 0 || lo < 0 {
			return "", false
		}
		b.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	return b.String(), true
}

const hexDigits = "0123456789abcdef"

func lower(c byte) byte {
	if c >= 'A' && c <= 'F' {
		return c + 'a' - 'A'
	}
	return c
}

// escapePercent writes a pointer so that it may stand in a fragment.
func escapePercent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}

// token writes a key so that it may stand in a JSON pointer.
func token(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// untoken reads what [token] wrote.
func untoken(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
}
