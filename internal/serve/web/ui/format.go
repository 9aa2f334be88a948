package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// step is a size at which numbers get another unit.
type step struct {
	size float64
	unit string
}

// ShortNumber is a number of at most three digits: 7, 999, 1.2 k, 35 M.
func ShortNumber(n float64) string {
	return short(n, []step{{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}})
}

// ShortBytes is a size in steps of a thousand: 12 B, 1.2 KB, 35 MB.
func ShortBytes(n int64) string {
	if n > -1000 && n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	return short(float64(n), []step{{1e12, " TB"}, {1e9, " GB"}, {1e6, " MB"}, {1e3, " KB"}})
}

// ShortRate is how much there is in a second: 0/s, 0.4/s, 21/s.
func ShortRate(perSecond float64) string { return ShortNumber(perSecond) + "/s" }

// short has three digits at most and never rounds up to 1000 of a unit.
func short(n float64, steps []step) string {
	abs := math.Abs(n)
	for i, s := range steps {
		if abs < s.size*0.9995 {
			continue
		}
		if v := abs / s.size; v >= 999.5 && i > 0 {
			return digits(n/steps[i-1].size) + steps[i-1].unit
		}
		return digits(n/s.size) + s.unit
	}
	return digits(n)
}

// digits writes at most three digits, without zeros at the end.
func digits(v float64) string {
	decimals := 2
	switch abs := math.Abs(v); {
	case abs >= 99.95:
		decimals = 0
	case abs >= 9.995:
		decimals = 1
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// Exact is every digit, with thousands separated: 1,204,113.
func Exact(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Plural is a count with its noun: 1 product, 14 products, no products.
func Plural(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return Exact(int64(n)) + " " + many
}

// UTC is an exact time, to the millisecond.
func UTC(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") }

// Ago is how long before now a time was, in one unit: "3 min ago", "in 2 h". A
// time of more than 30 days is its date; the zero time is "never".
func Ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := now.Sub(t)
	form := "%s ago"
	if d < 0 {
		d, form = -d, "in %s"
	}
	switch {
	case d < time.Second:
		return "now"
	case d > 30*24*time.Hour:
		return t.UTC().Format("2 Jan 2006")
	}
	return fmt.Sprintf(form, span(d))
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// known is a state, or Unknown for any other word.
func known(s State) State {
	switch s {
	case Good, Warning, Failing:
		return s
	}
	return Unknown
}

func stateWord(s State) string {
	switch s {
	case Good:
		return "good"
	case Warning:
		return "warning"
	case Failing:
		return "failing"
	}
	return "unknown"
}

func factClass(f Fact) string {
	if f.Value == "" {
		return "fact-unknown"
	}
	return ""
}

func factTitle(f Fact) string {
	if f.Value == "" || f.Exact == "" {
		return f.Why
	}
	return f.Exact
}

// shorten keeps what is read aloud short.
func shorten(text string) string {
	line, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(line); len(r) > 60 {
		line, more = string(r[:60]), true
	}
	if more {
		return line + " …"
	}
	return line
}

// sentence begins with a capital letter and ends with a full stop. A text that
// begins with a name or a command stays as it is at its beginning.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

func (in Input) id() string { return "field-" + in.Name }

func (in Input) rows() int {
	if in.Rows == 0 {
		return 6
	}
	return in.Rows
}

func (in Input) inputType() string {
	switch in.Kind {
	case PasswordInput, SearchInput, NumberInput:
		return string(in.Kind)
	}
	return "text"
}

// attributes are what every control has, and those that the page wants.
func (in Input) attributes() templ.Attributes {
	a := templ.Attributes{}
	var by []string
	if in.Error != "" {
		a["aria-invalid"] = "true"
		by = append(by, in.id()+"-error")
	}
	if in.Help != "" {
		by = append(by, in.id()+"-help")
	}
	if len(by) > 0 {
		a["aria-describedby"] = strings.Join(by, " ")
	}
	if in.Required {
		a["required"] = true
	}
	for k, v := range in.Attrs {
		a[k] = v
	}
	return a
}

func (o Option) text() string {
	if o.Text == "" {
		return o.Value
	}
	return o.Text
}

func columnClass(c Column) string {
	switch {
	case c.Number:
		return "number"
	case c.Wide:
		return "wide"
	}
	return ""
}

func lineNumber(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// sparkPoints are the corners of a line that fills a box.
func sparkPoints(values []float64, width, height float64) string {
	low, high := bounds(values)
	var b strings.Builder
	for i, v := range values {
		x := 1 + float64(i)*(width-2)/float64(len(values)-1)
		y := height / 2
		if high > low {
			y = height - 2 - (v-low)*(height-4)/(high-low)
		}
		fmt.Fprintf(&b, "%.1f,%.1f ", x, y)
	}
	return strings.TrimSpace(b.String())
}

func bounds(values []float64) (low, high float64) {
	low, high = values[0], values[0]
	for _, v := range values {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	return low, high
}

func sparkLabel(values []float64, label string) string {
	low, high := bounds(values)
	return fmt.Sprintf("%s over time: from %s to %s, now %s", label, ShortNumber(low), ShortNumber(high), ShortNumber(values[len(values)-1]))
}

// share is how much of the longest bar a bar is, in percent.
func share(b Bar, all []Bar) float64 {
	top := 0.0
	for _, o := range all {
		top = math.Max(top, o.Value)
	}
	if top <= 0 || b.Value <= 0 {
		return 0
	}
	return 100 * b.Value / top
}

func (b Bar) text() string {
	if b.Text == "" {
		return ShortNumber(b.Value)
	}
	return b.Text
}
