package adoption

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/weirmesh/weir/client"
)

// The page says the newest numbers, whom a domain had first, what products lack,
// and that counts are missing.
func TestPage(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := answer(View{Adoption: storyLong(), By: "day"}, storyNow()).Body.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`href="/adoption?by=week"`, ">15</", "90 min", "nine in ten within 4 days", "dashboard", "none yet", "and 392 more", "/products/shop.orders", "1 time was not counted",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   client.RequestTimes
		want string
	}{
		{client.RequestTimes{}, "nobody had to ask"},
		{client.RequestTimes{Waiting: 2}, "nobody had to ask; 2 without a record yet"},
		{client.RequestTimes{Done: 3, Median: 2.04, Most: 3 * 86400}, "half of 3 within 2s, nine in ten within 3 days"},
	} {
		if got := (View{Adoption: client.Adoption{Waits: c.of}}).waitWhy(); got != c.want {
			t.Errorf("%s instead of %s", got, c.want)
		}
	}
}
