package records

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/weirmesh/weir"
)

// place is how a bound was said; one of its fields is set.
type place struct {
	word     string // earliest or latest
	at       time.Time
	back     int64 // so many records before the end of each partition
	position *weir.Position
}

// The words of a place.
const (
	earliest = "earliest"
	latest   = "latest"
)

// parsePlace reads a bound. otherwise is what an empty one means.
func parsePlace(s, where, otherwise string, now time.Time) (place, error) {
	s = cmp.Or(s, otherwise)
	if s == earliest || s == latest {
		return place{word: s}, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n < 0 {
		return place{back: -n}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return place{at: t}, nil
	}
	if d, err := weir.ParseDuration(s); err == nil && d != weir.Forever {
		return place{at: now.Add(-time.Duration(d))}, nil
	}
	if strings.ContainsAny(s, ":*") && !strings.Contains(s, "T") {
		return parsePosition(s, where)
	}
	return place{}, weir.Errorf(weir.Invalid, "%q is no place in a stream", clip(s)).At(where).
		WithFix("write earliest, latest, a time such as 2026-11-21T15:00:00Z, how long ago it is such as 2h, or PARTITION:OFFSET,...")
}

// parsePosition reads a position; where is the parameter that it was said in.
func parsePosition(s, where string) (place, error) {
	p, err := weir.ParsePosition(s)
	var e *weir.Error
	if errors.As(err, &e) {
		return place{}, e.At(where)
	}
	return place{position: &p}, nil
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
