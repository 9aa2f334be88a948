package catalog

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/schema"
)

// maxNear bounds how many paths a refusal offers, and how long one may be that
// is compared.
const (
	maxNear       = 3
	maxNearLength = 64
)

// nearest are the paths that somebody may have meant: those with the same last
// name, and those with few letters changed.
func nearest(path string, known []schema.Field) []string {
	if len(path) > maxNearLength {
		return nil
	}
	type candidate struct {
		path string
		far  int
	}
	var all []candidate
	for _, f := range known {
		if len(f.Path) > maxNearLength {
			continue
		}
		far := distance(strings.ToLower(path), strings.ToLower(f.Path))
		if lastName(path) == lastName(f.Path) {
			far = min(far, 1)
		}
		if far <= max(2, len(path)/3) {
			all = append(all, candidate{f.Path, far})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return a.far - b.far })
	var out []string
	for _, c := range all[:min(len(all), maxNear)] {
		out = append(out, c.path)
	}
	return out
}

func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// distance is how many bytes one has to insert, delete or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}
