package column

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// What is wrong with a text that shall be a value.
var (
	ErrNotBool      = errors.New("is not true or false")
	ErrNotInteger   = errors.New("is not an integer")
	ErrRange        = errors.New("is out of range")
	ErrNotDate      = errors.New("is not a date such as 2026-11-21")
	ErrNotTimestamp = errors.New("is not a timestamp such as 2026-11-21 18:30:00.5 or 2026-11-21T18:30:00Z")
	ErrNotInterval  = errors.New("is not an interval such as 90 seconds, 1 day 2 hours or 01:30:00")
	ErrMonths       = errors.New("has months or years, which have no fixed length: say it in days")
	ErrNotUUID      = errors.New("is not a uuid")
	ErrNotBytes     = errors.New(`is not bytes in hexadecimal such as \x01ff`)
)

// ParseBool reads what PostgreSQL takes as a boolean: true, yes, on, 1, their
// opposites, and how they begin.
func ParseBool(text []byte) (bool, error) {
	s := strings.ToLower(string(bytes.TrimSpace(text)))
	switch {
	case s == "1" || s == "on" || begins("true", s) || begins("yes", s):
		return true, nil
	case s == "0" || s == "off" || s == "of" || begins("false", s) || begins("no", s):
		return false, nil
	}
	return false, ErrNotBool
}

func begins(word, s string) bool { return s != "" && strings.HasPrefix(word, s) }

// ParseInt reads a whole number of so many bits.
func ParseInt(text []byte, bits int) (int64, error) {
	s := bytes.TrimSpace(text)
	v, err := strconv.ParseInt(string(s), 10, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, ErrRange
	case err != nil:
		return 0, ErrNotInteger
	}
	return v, nil
}

// ParseFloat reads a double precision, NaN and Infinity too.
func ParseFloat(text []byte) (float64, error) {
	s := string(bytes.TrimSpace(text))
	if strings.ContainsAny(s, "xX_pP") {
		return 0, ErrNotNumber
	}
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, ErrRange
	case err != nil:
		return 0, ErrNotNumber
	}
	return v, nil
}

// ParseDate reads days since 1970-01-01; of a timestamp its day, in UTC.
func ParseDate(text []byte) (int64, error) {
	v, err := ParseTimestamp(text)
	if err != nil {
		return 0, ErrNotDate
	}
	return floorDiv(v, int64(24*time.Hour/time.Microsecond)), nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// layouts of a timestamp behind its date; fractions of a second are read with
// each that has seconds.
var layouts = []string{
	"2006-01-02", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07",
	"2006-01-02 15:04", "2006-01-02 15:04Z07:00", "2006-01-02 15:04Z07",
}

// ParseTimestamp reads microseconds since 1970-01-01 UTC: ISO 8601 with a T or a
// space, as UTC if it says no offset. More than six digits of a second are
// rounded.
func ParseTimestamp(text []byte) (int64, error) {
	s := string(bytes.TrimSpace(text))
	if len(s) > 40 {
		return 0, ErrNotTimestamp
	}
	if len(s) > 10 && (s[10] == 'T' || s[10] == 't') {
		s = s[:10] + " " + s[11:]
	}
	if n := len(s); n > 10 && s[n-1] == 'z' {
		s = s[:n-1] + "Z"
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.Round(time.Microsecond).UnixMicro(), nil
		}
	}
	return 0, ErrNotTimestamp
}

// units of an interval in microseconds, by their first letters; 0: a month or
// longer.
var units = map[string]float64{
	"microsecond": 1, "us": 1, "usec": 1, "millisecond": 1e3, "ms": 1e3, "msec": 1e3,
	"second": 1e6, "sec": 1e6, "s": 1e6, "minute": 6e7, "min": 6e7, "m": 6e7, "hour": 3.6e9, "hr": 3.6e9, "h": 3.6e9,
	"day": 8.64e10, "d": 8.64e10, "week": 6.048e11, "w": 6.048e11,
	"month": 0, "mon": 0, "year": 0, "y": 0, "decade": 0, "century": 0, "centurie": 0, "millennium": 0,
}

// ParseInterval reads microseconds: numbers with units, and hours:minutes or
// hours:minutes:seconds. A day has 24 hours.
func ParseInterval(text []byte) (int64, error) {
	words := strings.Fields(strings.ToLower(string(text)))
	if len(words) == 0 || len(words) > 20 {
		return 0, ErrNotInterval
	}
	sum := 0.0
	for len(words) > 0 {
		v, used, err := intervalPart(words)
		if err != nil {
			return 0, err
		}
		sum += v
		words = words[used:]
	}
	if math.Abs(sum) > 9e18 {
		return 0, ErrRange
	}
	return int64(math.Round(sum)), nil
}

func intervalPart(words []string) (value float64, used int, err error) {
	if strings.Contains(words[0], ":") {
		v, err := clock(words[0])
		return v, 1, err
	}
	number, unit, used := words[0], "", 2
	if i := strings.IndexFunc(number, func(r rune) bool { return r >= 'a' && r <= 'z' }); i > 0 {
		number, unit, used = number[:i], number[i:], 1
	} else if len(words) > 1 {
		unit = words[1]
	} else {
		return 0, 0, ErrNotInterval
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, 0, ErrNotInterval
	}
	size, ok := units[unit]
	if !ok {
		size, ok = units[strings.TrimSuffix(unit, "s")]
	}
	switch {
	case !ok:
		return 0, 0, ErrNotInterval
	case size == 0:
		return 0, 0, ErrMonths
	}
	return n * size, used, nil
}

// clock reads [-]hours:minutes[:seconds].
func clock(s string) (float64, error) {
	sign := 1.0
	if strings.HasPrefix(s, "-") {
		sign, s = -1, s[1:]
	}
	parts := strings.Split(s, ":")
	if len(parts) > 3 {
		return 0, ErrNotInterval
	}
	sum, size := 0.0, 3.6e9
	for i, p := range parts {
		n, err := strconv.ParseFloat(p, 64)
		if err != nil || n < 0 || i > 0 && n >= 60 || n > 1e9 || i < 2 && n != math.Trunc(n) {
			return 0, ErrNotInterval
		}
		sum += n * size
		size /= 60
	}
	return sign * sum, nil
}

// ParseUUID reads 16 bytes from 32 hexadecimal digits, with dashes or without,
// in braces or without.
func ParseUUID(text []byte) ([]byte, error) {
	s := strings.TrimSpace(string(text))
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		s = s[1 : len(s)-1]
	}
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		s = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		return nil, ErrNotUUID
	}
	return b, nil
}

// ParseBytes reads PostgreSQL's hexadecimal form.
func ParseBytes(text []byte) ([]byte, error) {
	digits, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte(`\x`))
	if !ok {
		return nil, ErrNotBytes
	}
	b, err := hex.DecodeString(string(digits))
	if err != nil {
		return nil, ErrNotBytes
	}
	return b, nil
}
