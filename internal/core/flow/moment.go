package flow

import (
	"bytes"
	"errors"
	"math"
	"time"

	"github.com/weirmesh/weir/internal/core/column"
)

// Microseconds.
const (
	second = int64(1e6)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// The days and moments that there are: of the years 1 to 9999.
const (
	firstDay = -719162
	lastDay  = 2932896
	firstUs  = firstDay * day
	lastUs   = (lastDay+1)*day - 1
)

// timeForms compute with dates, timestamps (always UTC) and intervals.
var timeForms = map[string]form{
	"+(timestamp,interval)": plain(times(0, 1, 1)), "+(interval,timestamp)": plain(times(1, 0, 1)),
	"-(timestamp,interval)":  plain(times(0, 1, -1)),
	"-(timestamp,timestamp)": plain(ints2(subInt)),
	"+(date,interval)":       plain(dateTimes(0, 1, 1)), "+(interval,date)": plain(dateTimes(1, 0, 1)),
	"-(date,interval)": plain(dateTimes(0, 1, -1)),
	"+(date,integer)":  plain(days(0, 1, 1)), "+(integer,date)": plain(days(1, 0, 1)),
	"-(date,integer)": plain(days(0, 1, -1)),
	"-(date,date)":    plain(ints2(subInt)),

	"+(interval,interval)": plain(ints2(addInt)), "-(interval,interval)": plain(ints2(subInt)),
	"-(interval)":         plain(ints1(negInt)),
	"*(interval,integer)": plain(ints2(mulInt)), "*(integer,interval)": plain(ints2(mulInt)),
	"*(interval,bigint)": plain(ints2(mulInt)), "*(bigint,interval)": plain(ints2(mulInt)),
	"*(interval,double precision)": plain(scaled(0, 1, func(a, b float64) float64 { return a * b })),
	"*(double precision,interval)": plain(scaled(1, 0, func(a, b float64) float64 { return a * b })),
	"/(interval,double precision)": plain(scaled(0, 1, func(a, b float64) float64 { return a / b })),

	"extract(text,timestamp)":                plain(extract(fromTimestamp)),
	"extract(text,date)":                     plain(extract(fromDate)),
	"extract(text,interval)":                 plain(extract(fromInterval)),
	"date_part(text,timestamp)":              plain(extract(fromTimestamp)),
	"date_part(text,date)":                   plain(extract(fromDate)),
	"date_part(text,interval)":               plain(extract(fromInterval)),
	"date_trunc(text,timestamp)":             plain(truncate(1)),
	"date_trunc(text,date)":                  plain(truncate(day)),
	"date_bin(interval,timestamp,timestamp)": plain(dateBin),
	"to_timestamp(double precision)":         plain(fromEpoch),
	"make_date(integer,integer,integer)":     plain(makeDate),
	"make_timestamp(integer,integer,integer,integer,integer,double precision)": plain(makeTimestamp),
}

func (c *call) setTime(i int32, v int64, err error) {
	if err != nil || v < firstUs || v > lastUs {
		c.fail(i, errTime)
		return
	}
	c.out.Ints[i] = v
}

func (c *call) setDay(i int32, v int64) {
	if v < firstDay || v > lastDay {
		c.fail(i, errTime)
		return
	}
	c.out.Ints[i] = v
}

func times(at, by int, sign int64) kernel {
	return func(c *call) {
		a, b := c.args[at].Ints, c.args[by].Ints
		for _, i := range c.sel {
			v, err := addInt(a[i], sign*b[i])
			c.setTime(i, v, err)
		}
	}
}

func dateTimes(at, by int, sign int64) kernel {
	return func(c *call) {
		a, b := c.args[at].Ints, c.args[by].Ints
		for _, i := range c.sel {
			v, err := addInt(a[i]*day, sign*b[i])
			c.setTime(i, v, err)
		}
	}
}

func days(at, by int, sign int64) kernel {
	return func(c *call) {
		a, b := c.args[at].Ints, c.args[by].Ints
		for _, i := range c.sel {
			c.setDay(i, a[i]+sign*b[i])
		}
	}
}

// scaled multiplies or divides an interval.
func scaled(of, by int, fn func(a, b float64) float64) kernel {
	return func(c *call) {
		a, b := c.args[of].Ints, c.args[by].Floats
		for _, i := range c.sel {
			v := math.RoundToEven(fn(float64(a[i]), b[i]))
			switch {
			case of == 0 && math.IsInf(v, 0) && b[i] == 0, math.IsNaN(v) && b[i] == 0:
				c.fail(i, errDivision)
			case !(v >= math.MinInt64 && v < math.MaxInt64):
				c.fail(i, errTime)
			default:
				c.out.Ints[i] = int64(v)
			}
		}
	}
}

var errUnit = errors.New("there is no such part of a time")

// fields gives a part of a time, in millionths.
type fields func(unit []byte, v int64) (int64, bool)

func extract(part fields) kernel {
	return func(c *call) {
		units, a := c.args[0].Texts, c.args[1].Ints
		for _, i := range c.sel {
			v, ok := part(units[i], a[i])
			if !ok {
				c.fail(i, errUnit)
				continue
			}
			c.setMillionths(i, v)
		}
	}
}

// setMillionths sets a number of any kind.
func (c *call) setMillionths(i int32, v int64) {
	switch c.out.Kind.Store() {
	case column.InFloats:
		c.out.Floats[i] = float64(v) / 1e6
	case column.InDecimals:
		c.setDecimal(i, dec{column.Int(v), 6}, true)
	default:
		c.setInt(i, floorDiv(v, 1e6), nil, c.out.Kind == column.Int32)
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func fromTimestamp(unit []byte, us int64) (int64, bool) {
	t := time.UnixMicro(us).UTC()
	in := us - floorDiv(us, minute)*minute // of the minute
	switch string(bytes.ToLower(unit)) {
	case "microsecond", "microseconds":
		return in * 1e6, true
	case "millisecond", "milliseconds":
		return in * 1e3, true
	case "second", "seconds":
		return in, true
	case "minute", "minutes":
		return int64(t.Minute()) * 1e6, true
	case "hour", "hours":
		return int64(t.Hour()) * 1e6, true
	case "epoch":
		return us, true
	}
	return fromDay(unit, t)
}

func fromDate(unit []byte, days int64) (int64, bool) {
	if string(bytes.ToLower(unit)) == "epoch" {
		return days * day, true
	}
	return fromDay(unit, time.UnixMicro(days*day).UTC())
}

func fromDay(unit []byte, t time.Time) (int64, bool) {
	year, week := t.ISOWeek()
	n := 0
	switch string(bytes.ToLower(unit)) {
	case "day", "days":
		n = t.Day()
	case "month", "months":
		n = int(t.Month())
	case "quarter":
		n = (int(t.Month()) + 2) / 3
	case "year", "years":
		n = t.Year()
	case "decade", "decades":
		n = t.Year() / 10
	case "century", "centuries":
		n = (t.Year() + 99) / 100
	case "millennium", "millennia":
		n = (t.Year() + 999) / 1000
	case "dow":
		n = int(t.Weekday())
	case "isodow":
		n = (int(t.Weekday())+6)%7 + 1
	case "doy":
		n = t.YearDay()
	case "week":
		n = week
	case "isoyear":
		n = year
	default:
		return 0, false
	}
	return int64(n) * 1e6, true
}

// fromInterval: an interval is a number of microseconds, of which each 24 hours
// are a day.
func fromInterval(unit []byte, us int64) (int64, bool) {
	rest := us % day
	switch string(bytes.ToLower(unit)) {
	case "epoch":
		return us, true
	case "day", "days":
		return us / day * 1e6, true
	case "hour", "hours":
		return rest / hour * 1e6, true
	case "minute", "minutes":
		return rest % hour / minute * 1e6, true
	case "second", "seconds":
		return rest % minute, true
	case "millisecond", "milliseconds":
		return rest % minute * 1e3, true
	case "microsecond", "microseconds":
		return rest % minute * 1e6, true
	}
	return 0, false
}

// truncate cuts a time to the begin of a unit. unit is how many microseconds the
// argument counts in.
func truncate(unit int64) kernel {
	return func(c *call) {
		units, a := c.args[0].Texts, c.args[1].Ints
		for _, i := range c.sel {
			v, ok := truncateTo(units[i], a[i]*unit)
			if !ok {
				c.fail(i, errUnit)
				continue
			}
			c.setTime(i, v, nil)
		}
	}
}

func truncateTo(unit []byte, us int64) (int64, bool) {
	down := func(n int64) (int64, bool) { return floorDiv(us, n) * n, true }
	switch string(bytes.ToLower(unit)) {
	case "microsecond", "microseconds":
		return us, true
	case "millisecond", "milliseconds":
		return down(1000)
	case "second", "seconds":
		return down(second)
	case "minute", "minutes":
		return down(minute)
	case "hour", "hours":
		return down(hour)
	case "day", "days":
		return down(day)
	case "week", "weeks":
		const monday = 4 * day // 1970-01-05
		return floorDiv(us-monday, 7*day)*7*day + monday, true
	}
	t := time.UnixMicro(us).UTC()
	y, m := t.Year(), t.Month()
	switch string(bytes.ToLower(unit)) {
	case "month", "months":
	case "quarter":
		m = (m-1)/3*3 + 1
	case "year", "years":
		m = 1
	case "decade", "decades":
		y, m = y/10*10, 1
	case "century", "centuries":
		y, m = (y-1)/100*100+1, 1
	case "millennium", "millennia":
		y, m = (y-1)/1000*1000+1, 1
	default:
		return 0, false
	}
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), true
}

var errStride = errors.New("a stride that is not greater than zero")

func dateBin(c *call) {
	stride, a, origin := c.args[0].Ints, c.args[1].Ints, c.args[2].Ints
	for _, i := range c.sel {
		if stride[i] <= 0 {
			c.fail(i, errStride)
			continue
		}
		c.setTime(i, origin[i]+floorDiv(a[i]-origin[i], stride[i])*stride[i], nil)
	}
}

func fromEpoch(c *call) {
	a := c.args[0].Floats
	for _, i := range c.sel {
		us := math.RoundToEven(a[i] * 1e6)
		if !(us >= float64(firstUs) && us <= float64(lastUs)) {
			c.fail(i, errTime)
			continue
		}
		c.out.Ints[i] = int64(us)
	}
}

func makeDate(c *call) {
	for _, i := range c.sel {
		d, ok := dayOf(c.args[0].Ints[i], c.args[1].Ints[i], c.args[2].Ints[i])
		if !ok {
			c.fail(i, errTime)
			continue
		}
		c.setDay(i, d)
	}
}

func makeTimestamp(c *call) {
	for _, i := range c.sel {
		d, ok := dayOf(c.args[0].Ints[i], c.args[1].Ints[i], c.args[2].Ints[i])
		h, m, s := c.args[3].Ints[i], c.args[4].Ints[i], c.args[5].Floats[i]
		if !ok || h < 0 || h > 23 || m < 0 || m > 59 || !(s >= 0 && s <= 60) {
			c.fail(i, errTime)
			continue
		}
		c.setTime(i, d*day+h*hour+m*minute+int64(math.RoundToEven(s*1e6)), nil)
	}
}

// dayOf is a date as days since 1970, if there is such a day.
func dayOf(y, m, d int64) (int64, bool) {
	if y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	t := time.Date(int(y), time.Month(m), int(d), 0, 0, 0, 0, time.UTC)
	return t.Unix() / 86400, t.Day() == int(d)
}

// appendDay and appendMoment write as PostgreSQL does (ISO).
func appendDay(dst []byte, d int64) []byte {
	return time.UnixMicro(d*day).UTC().AppendFormat(dst, time.DateOnly)
}

func appendMoment(dst []byte, us int64) []byte {
	return time.UnixMicro(us).UTC().AppendFormat(dst, "2006-01-02 15:04:05.999999")
}

func appendInterval(dst []byte, us int64) []byte {
	if us == 0 {
		return append(dst, "00:00:00"...)
	}
	days, rest := us/day, us%day
	if days != 0 {
		dst = append(appendInt(dst, days), " day"...)
		if days != 1 {
			dst = append(dst, 's')
		}
		if rest == 0 {
			return dst
		}
		dst = append(dst, ' ')
	}
	if rest < 0 {
		dst, rest = append(dst, '-'), -rest
	}
	return time.UnixMicro(rest).UTC().AppendFormat(dst, "15:04:05.999999")
}
