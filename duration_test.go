package weir_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		d    time.Duration
		text string
	}{
		"90s":     {90 * time.Second, "90s"},
		"60s":     {time.Minute, "1m"},
		"15m":     {15 * time.Minute, "15m"},
		"6h":      {6 * time.Hour, "6h"},
		"7d":      {7 * 24 * time.Hour, "7d"},
		"2w":      {14 * 24 * time.Hour, "14d"},
		"5ms":     {5 * time.Millisecond, "5ms"},
		"1500ms":  {1500 * time.Millisecond, "1500ms"},
		"36500d":  {36500 * 24 * time.Hour, "36500d"},
		"forever": {0, "forever"},
		"007d":    {7 * 24 * time.Hour, "7d"},
	} {
		d, err := weir.ParseDuration(in)
		if err != nil || time.Duration(d) != want.d || d.String() != want.text {
			t.Errorf("%q is %d, %s: %v", in, d, d, err)
		}
	}
	for _, bad := range []string{
		"", "0", "0s", "0d", "1", "s", "-1s", "+1s", "1.5h", "1h30m", " 1h", "1h ", "1h\n", "1 h", "1H", "1y", "36501d", "99999w", "999999999h",
		"1000000000s", "99999999999999999999s", "Forever", "FOREVER", "never", "１h", "1ｈ", "0x1s", "1e3s", "1_0s", "∞",
	} {
		if d, err := weir.ParseDuration(bad); weir.KindOf(err) != weir.Invalid || err == nil {
			t.Errorf("%q is %v: %v", bad, d, err)
		}
	}
}

// What is written is read as the same.
func TestDurationText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, 999_999_999).Draw(t, "ms")
		d := weir.Duration(time.Duration(ms) * time.Millisecond)
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back weir.Duration
		if err := json.Unmarshal(b, &back); err != nil || back != d {
			t.Fatalf("%s is read as %v: %v", b, back, err)
		}
	})
}
