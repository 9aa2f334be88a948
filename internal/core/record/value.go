package record

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/weirmesh/weir/internal/core/column"
)

var errTimeRange = errors.New("the time is outside of what microseconds in 64 bits can say")

// clipped is bytes as a message shows them.
func clipped(b []byte) string {
	const most = 40
	if len(b) > most {
		return strconv.QuoteToASCII(string(b[:most])) + "..."
	}
	return strconv.QuoteToASCII(string(b))
}

// fromText writes a text into a column as the type that it has.
func (o *output) fromText(c int, b []byte) error {
	switch t := o.into[c].Type; t.Kind {
	case column.Text:
		if !utf8.Valid(b) {
			return errNoText
		}
		o.text(c, b)
	case column.Bytes:
		return o.base64(c, b)
	case column.UUID:
		return o.uuid(c, b)
	case column.Date:
		days, ok := parseDate(b)
		o.int(c, days)
		return unless(ok, "%s is no date such as 2006-01-02", b)
	case column.Timestamp:
		micros, ok := parseTime(b)
		o.int(c, micros)
		return unless(ok, "%s is no time such as 2006-01-02T15:04:05Z", b)
	default:
		return fmt.Errorf("it is the text %s, and the column is %s", clipped(b), t)
	}
	return nil
}

func unless(ok bool, format string, b []byte) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, clipped(b))
}

func (o *output) base64(c int, b []byte) error {
	room := o.arena.room(base64.StdEncoding.DecodedLen(len(b)))
	n, err := base64.StdEncoding.Strict().Decode(room[:cap(room)], b)
	if err != nil {
		return fmt.Errorf("%s is no base64", clipped(b))
	}
	o.text(c, room[:n])
	return nil
}

func (o *output) uuid(c int, b []byte) error {
	room := o.arena.room(16)[:16]
	o.text(c, room)
	return unless(parseUUID(room, b), "%s is no UUID such as 123e4567-e89b-12d3-a456-426614174000", b)
}

// fromNumber writes a number in digits into a column, if it is one of its type.
func (o *output) fromNumber(c int, b []byte) error {
	t, ok := o.into[c].Type, false
	switch t.Kind {
	case column.Int32, column.Int64:
		var n int64
		n, ok = wholeNumber(b)
		ok = ok && (t.Kind == column.Int64 || n == int64(int32(n)))
		o.int(c, n)
	case column.Float64:
		var f float64
		f, ok = parseFloat(b)
		o.float(c, f)
	case column.Decimal:
		var n column.Int128
		n, ok = exactDecimal(b, t.Scale)
		ok = ok && n.Fits(t.Precision)
		o.decimal(c, n)
	}
	if ok {
		return nil
	}
	return noNumber(b, t)
}

// noNumber says why a number is no value of a column.
func noNumber(b []byte, t column.Type) error {
	switch t.Kind {
	case column.Int32, column.Int64:
		return fmt.Errorf("%s is no whole number that fits into %s", clipped(b), t)
	case column.Float64, column.Decimal:
		return fmt.Errorf("%s does not fit into %s", clipped(b), t)
	}
	return fmt.Errorf("it is the number %s, and the column is %s", clipped(b), t)
}

// wholeNumber reads a number without a fraction, however it is written.
func wholeNumber(b []byte) (int64, bool) {
	if len(b) <= 18 {
		n, i := int64(0), 0
		negative := len(b) > 0 && b[0] == '-'
		if negative {
			i = 1
		}
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			n = n*10 + int64(b[i]-'0')
		}
		if i == len(b) {
			if negative {
				n = -n
			}
			return n, true
		}
	}
	d, ok := exactDecimal(b, 0)
	if !ok {
		return 0, false
	}
	return d.Int64()
}

// parseFloat is the nearest float to a number.
func parseFloat(b []byte) (float64, bool) {
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil
}

// exactDecimal is a JSON number with so many digits behind the point, if it has
// no more.
func exactDecimal(b []byte, scale int) (column.Int128, bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	n, power, ok := significant(b)
	if n.Sign() == 0 || !ok {
		return n, ok
	}
	power += scale
	if power < 0 || power > column.MaxPrecision {
		return n, false
	}
	n, ok = n.Mul(column.Pow10(power))
	if negative {
		n, _ = n.Neg()
	}
	return n, ok
}

// significant is a number as digits that do not end with a zero, times a power
// of ten.
func significant(b []byte) (n column.Int128, power int, ok bool) {
	zeros, behind := 0, 0
	for i, c := range b {
		switch {
		case c == '.':
			behind = 1
		case c == 'e' || c == 'E':
			e, err := strconv.Atoi(string(b[i+1:]))
			if n.Sign() != 0 && (err != nil || e > 1<<20 || e < -1<<20) {
				return n, 0, false
			}
			return n, power + zeros + e, true
		case c == '0':
			zeros++
			power -= behind
		default:
			if n.Sign() == 0 {
				zeros = 0
			}
			if zeros >= column.MaxPrecision {
				return n, 0, false
			}
			var fits bool
			n, fits = n.Mul(column.Pow10(zeros + 1))
			if !fits {
				return n, 0, false
			}
			n, fits = n.Add(column.Int(int64(c - '0')))
			if !fits {
				return n, 0, false
			}
			zeros = 0
			power -= behind
		}
	}
	return n, power + zeros, true
}

// bytesDecimal is an unscaled number, big-endian in two's complement.
func bytesDecimal(b []byte) (column.Int128, bool) {
	sign := byte(0)
	if len(b) > 0 && b[0] >= 0x80 {
		sign = 0xff
	}
	for len(b) > 16 && b[0] == sign && b[1]&0x80 == sign&0x80 {
		b = b[1:]
	}
	if len(b) > 16 {
		return column.Int128{}, false
	}
	var all [16]byte
	for i := range 16 - len(b) {
		all[i] = sign
	}
	copy(all[16-len(b):], b)
	return column.Int128{Hi: int64(binary.BigEndian.Uint64(all[:])), Lo: binary.BigEndian.Uint64(all[8:])}, true
}

// appendDecimalBytes is the shortest form that bytesDecimal reads.
func appendDecimalBytes(dst []byte, n column.Int128) []byte {
	var all [16]byte
	binary.BigEndian.PutUint64(all[:], uint64(n.Hi))
	binary.BigEndian.PutUint64(all[8:], n.Lo)
	b := all[:]
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return append(dst, b...)
}

// rescaled is a decimal of one scale in another, if no digit is lost.
func rescaled(n column.Int128, from, to int) (column.Int128, bool) {
	switch {
	case from == to || n.Sign() == 0:
		return n, true
	case to-from > column.MaxPrecision || from-to > column.MaxPrecision:
		return n, false
	case to > from:
		return n.Mul(column.Pow10(to - from))
	}
	q, r, ok := n.QuoRem(column.Pow10(from - to))
	return q, ok && r.Sign() == 0
}

// times is n*by, and whether it fits.
func times(n, by int64) (int64, bool) {
	p := n * by
	return p, n == 0 || p/by == n && (n > 0) == (p > 0)
}

// floorDiv is n/by, cut towards the past.
func floorDiv(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

// parseUUID reads the usual form of 36 characters.
func parseUUID(to, b []byte) bool {
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return false
	}
	i := 0
	for _, part := range [...][]byte{b[:8], b[9:13], b[14:18], b[19:23], b[24:]} {
		for ; len(part) > 0; part = part[2:] {
			high, low := hexDigit(part[0]), hexDigit(part[1])
			if high > 15 || low > 15 {
				return false
			}
			to[i] = high<<4 | low
			i++
		}
	}
	return true
}

func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// appendUUID is the form that parseUUID reads.
func appendUUID(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

// number reads so many digits.
func number(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}

// parseDate reads a day as RFC 3339 has it.
func parseDate(b []byte) (days int64, ok bool) {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	year, ok1 := number(b[:4])
	month, ok2 := number(b[5:7])
	day, ok3 := number(b[8:])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return dayNumber(year, month, day)
}

// dayNumber counts days since 1970-01-01.
func dayNumber(year, month, day int) (int64, bool) {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t.Unix() / 86400, t.Day() == day
}

// parseTime reads a time as RFC 3339 has it; what is behind microseconds is cut.
func parseTime(b []byte) (micros int64, ok bool) {
	if len(b) < 20 || b[10]|0x20 != 't' || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	days, ok := parseDate(b[:10])
	hour, ok1 := number(b[11:13])
	minute, ok2 := number(b[14:16])
	second, ok3 := number(b[17:19])
	fraction, rest, ok4 := parseFraction(b[19:])
	offset, ok5 := parseOffset(rest)
	if !ok || !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	seconds := days*86400 + int64(hour)*3600 + int64(minute)*60 + int64(second) - offset
	return seconds*1e6 + fraction, true
}

// parseFraction reads the digits behind a second, if there are any.
func parseFraction(b []byte) (micros int64, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '.' {
		return 0, b, true
	}
	i, unit := 1, int64(1e5)
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		micros += int64(b[i]-'0') * unit
		unit /= 10
	}
	return micros, b[i:], i > 1
}

// parseOffset reads Z or the distance from UTC, in seconds.
func parseOffset(b []byte) (int64, bool) {
	if len(b) == 1 && b[0]|0x20 == 'z' {
		return 0, true
	}
	if len(b) != 6 || b[0] != '+' && b[0] != '-' || b[3] != ':' {
		return 0, false
	}
	hour, ok1 := number(b[1:3])
	minute, ok2 := number(b[4:])
	seconds := int64(hour*3600 + minute*60)
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok1 && ok2 && hour < 24 && minute < 60
}
