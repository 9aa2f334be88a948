package weir

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time as people write it: 90s, 15m, 6h, 7d, 2w, or
// "forever", which is 0.
type Duration time.Duration

// Forever is the Duration without an end.
const Forever Duration = 0

var (
	durationPart = regexp.MustCompile(`^([0-9]{1,9})(ms|[smhdw])$`)
	unitOf       = map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}
)

// ParseDuration reads one number and one unit, or "forever".
func ParseDuration(s string) (Duration, error) {
	if s == "forever" {
		return Forever, nil
	}
	bad := Errorf(Invalid, "%q is not a duration", clip(s)).WithFix(`write a number and a unit (90s, 15m, 6h, 7d, 2w) or "forever"`)
	m := durationPart.FindStringSubmatch(s)
	if m == nil {
		return 0, bad
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit := unitOf[m[2]]
	if err != nil || n <= 0 || n > int64(100*365*24*time.Hour/unit) {
		return 0, bad
	}
	return Duration(time.Duration(n) * unit), nil
}

// String writes the largest unit that divides the duration.
func (d Duration) String() string {
	if d == Forever {
		return "forever"
	}
	for _, u := range []string{"d", "h", "m", "s", "ms"} {
		if unit := unitOf[u]; time.Duration(d)%unit == 0 {
			return strconv.FormatInt(int64(time.Duration(d)/unit), 10) + u
		}
	}
	return strings.TrimSuffix(time.Duration(d).Truncate(time.Millisecond).String(), "0s")
}

// MarshalText writes the form of String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the form of ParseDuration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := ParseDuration(string(b))
	*d = v
	return err
}

// check bounds a retention.
func (d Duration) check() error {
	if d != Forever && d < MinRetention {
		return Errorf(Invalid, "a retention of %s", d).At("retention").WithFix("use at least %s, or forever", MinRetention)
	}
	return nil
}
