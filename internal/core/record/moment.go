package record

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// maxScale bounds the digits behind the point of a decimal.
const maxScale = 10_000

// moment writes a number of a logical type of time as ISO 8601 does. It is not
// ok for another type, and outside of the years 0 to 9999.
func moment(logical string, n int64) (string, bool) {
	switch logical {
	case "date":
		t := time.Unix(0, 0).UTC().AddDate(0, 0, int(n))
		return t.Format(time.DateOnly), inYears(t)
	case "time-millis":
		return ofDay(n, 1e3, "15:04:05.000")
	case "time-micros":
		return ofDay(n, 1e6, "15:04:05.000000")
	}
	unit, local := strings.CutPrefix(logical, "local-")
	zone := "Z07:00"
	if local {
		zone = ""
	}
	switch unit {
	case "timestamp-millis":
		return stamp(time.UnixMilli(n), "2006-01-02T15:04:05.000"+zone)
	case "timestamp-micros":
		return stamp(time.UnixMicro(n), "2006-01-02T15:04:05.000000"+zone)
	case "timestamp-nanos":
		return stamp(time.Unix(n/1e9, n%1e9), "2006-01-02T15:04:05.000000000"+zone)
	}
	return "", false
}

func stamp(t time.Time, layout string) (string, bool) {
	t = t.UTC()
	return t.Format(layout), inYears(t)
}

func inYears(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }

// ofDay writes a time since midnight; what is no time of a day is not ok.
func ofDay(n, perSecond int64, layout string) (string, bool) {
	if n < 0 || n >= 86400*perSecond {
		return "", false
	}
	return time.Unix(n/perSecond, n%perSecond*(1e9/perSecond)).UTC().Format(layout), true
}

// decimal writes an unscaled number, big-endian in two's complement, with so
// many digits behind the point.
func decimal(b []byte, scale int) (string, error) {
	const most = 4096 // bytes: the time of writing digits grows with their square
	if len(b) > most || scale > maxScale {
		return "", fmt.Errorf("a decimal of it has %d bytes and a scale of %d, and %d and %d are shown at most", len(b), scale, most, maxScale)
	}
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	digits := new(big.Int).Abs(n).String()
	if scale > 0 {
		digits = strings.Repeat("0", max(scale+1-len(digits), 0)) + digits
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		digits = "-" + digits
	}
	return digits, nil
}
