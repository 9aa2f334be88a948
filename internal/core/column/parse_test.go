package column_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/core/column"
)

func TestTextsBecomeValues(t *testing.T) {
	t.Parallel()
	day := int64(24 * time.Hour / time.Microsecond)
	at := time.Date(2026, 11, 21, 18, 30, 0, 0, time.UTC).UnixMicro()
	cases := []struct {
		kind, text string
		want       any
	}{
		{"bool", " TRUE ", true}, {"bool", "f", false}, {"bool", "on", true}, {"bool", "", column.ErrNotBool}, {"bool", "truest", column.ErrNotBool},
		{"int", " -7 ", int64(-7)}, {"int", "2147483648", column.ErrRange}, {"int", "1.0", column.ErrNotInteger}, {"int", "1_0", column.ErrNotInteger},
		{"float", "1e3", 1000.0}, {"float", "0x10", column.ErrNotNumber}, {"float", "1e999", column.ErrRange},
		{"date", "1970-01-02", int64(1)}, {"date", "1969-12-31 23:00:00", int64(-1)}, {"date", "2026-02-30", column.ErrNotDate},
		{"timestamp", "2026-11-21 18:30:00", at}, {"timestamp", "2026-11-21T18:30:00Z", at}, {"timestamp", "2026-11-21 18:30", at},
		{"timestamp", "2026-11-21T19:30:00.000001+01:00", at + 1}, {"timestamp", "2026-11-21t20:30:00+02", at}, {"timestamp", "1969-12-31", -day},
		{"timestamp", "2026-11-21 25:00:00", column.ErrNotTimestamp}, {"timestamp", "tomorrow", column.ErrNotTimestamp},
		{"interval", "1 day 2 hours", day + 2*3600e6}, {"interval", "90s", int64(90e6)}, {"interval", "-01:30:00.5", int64(-5400.5e6)},
		{"interval", "1.5 minutes", int64(90e6)}, {"interval", "1 week", 7 * day}, {"interval", "1 month", column.ErrMonths}, {"interval", "2 years", column.ErrMonths},
		{"interval", "5", column.ErrNotInterval}, {"interval", "", column.ErrNotInterval}, {"interval", "999999999 weeks", column.ErrRange}, {"interval", "1:99", column.ErrNotInterval},
		{"uuid", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11"}, {"uuid", "a0eebc99", column.ErrNotUUID},
		{"bytes", `\x01FF`, "01ff"}, {"bytes", "01ff", column.ErrNotBytes}, {"bytes", `\x0`, column.ErrNotBytes},
	}
	for _, c := range cases {
		got, err := parse(c.kind, []byte(c.text))
		if want, ok := c.want.(error); ok {
			if !errors.Is(err, want) {
				t.Errorf("%s %q: %v, %v; want %v", c.kind, c.text, got, err, want)
			}
		} else if err != nil || got != c.want {
			t.Errorf("%s %q: %v, %v; want %v", c.kind, c.text, got, err, c.want)
		}
	}
}

func parse(kind string, text []byte) (any, error) {
	hex := func(b []byte, err error) (any, error) { return fmt.Sprintf("%x", b), err }
	switch kind {
	case "bool":
		return column.ParseBool(text)
	case "int":
		return column.ParseInt(text, 32)
	case "float":
		return column.ParseFloat(text)
	case "date":
		return column.ParseDate(text)
	case "timestamp":
		return column.ParseTimestamp(text)
	case "interval":
		return column.ParseInterval(text)
	case "uuid":
		return hex(column.ParseUUID(text))
	}
	return hex(column.ParseBytes(text))
}
