package nexmark_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/test/nexmark"
)

// golden is a configuration, with what Beam's generator makes of it.
type golden struct {
	name   string
	config nexmark.Config
	lines  []string         // of the first events
	sums   map[int64]string // of the lines of so many events
}

// TestBeam: each value of each event is the one of Apache Beam's generator; for
// SIZE events, up to 1,000,000.
func TestBeam(t *testing.T) {
	t.Parallel()
	most := int64(50_000)
	if size, err := strconv.ParseInt(os.Getenv("SIZE"), 10, 64); err == nil {
		most = size
	}
	for _, g := range goldens(t) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			made, sum := nexmark.New(g.config), sha256.New()
			for n := range most {
				l := line(made.Event(n))
				if n < int64(len(g.lines)) {
					if d := cmp.Diff(g.lines[n], l); d != "" {
						t.Fatalf("event %d (-Beam +ours):\n%s", n, d)
					}
				}
				_, _ = fmt.Fprintln(sum, l)
				if want, ok := g.sums[n+1]; ok && hex.EncodeToString(sum.Sum(nil)) != want {
					t.Fatalf("one of the first %d events is not Beam's", n+1)
				}
			}
		})
	}
}

// goldens reads what test/nexmark/beam/run wrote.
func goldens(t *testing.T) (out []*golden) {
	t.Helper()
	f, err := os.Open("testdata/beam.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		switch l := s.Text(); {
		case strings.HasPrefix(l, "first "):
			out = append(out, head(t, l))
		case strings.HasPrefix(l, "sha256 "):
			var n int64
			var sum string
			if _, err := fmt.Sscanf(l, "sha256 %d %s", &n, &sum); err != nil {
				t.Fatalf("%s: %v", l, err)
			}
			out[len(out)-1].sums[n] = sum
		default:
			out[len(out)-1].lines = append(out[len(out)-1].lines, l)
		}
	}
	if len(out) == 0 {
		t.Fatal("testdata/beam.txt has no configuration")
	}
	return out
}

func head(t *testing.T, l string) *golden {
	t.Helper()
	g, c, rate := &golden{name: l, sums: map[int64]string{}}, nexmark.Config{}, 0
	_, err := fmt.Sscanf(l, "first %d rate %d group %d sizes %d %d %d hot %d %d %d auctions %d people %d",
		&c.First, &rate, &c.OutOfOrderGroupSize, &c.AvgPersonSize, &c.AvgAuctionSize, &c.AvgBidSize,
		&c.HotAuctionRatio, &c.HotSellersRatio, &c.HotBiddersRatio, &c.InFlightAuctions, &c.ActivePeople)
	if err != nil {
		t.Fatalf("%s: %v", l, err)
	}
	c.Delay = time.Second / time.Duration(rate)
	g.config = c
	return g
}

// line is an event as the program in folder beam writes it.
func line(e nexmark.Event) string {
	var of []any
	switch {
	case e.Person != nil:
		p := e.Person
		of = []any{"person", p.ID, p.Name, p.Email, p.CreditCard, p.City, p.State, p.Time.UnixMilli(), p.Extra}
	case e.Auction != nil:
		a := e.Auction
		of = []any{"auction", a.ID, a.ItemName, a.Description, a.InitialBid, a.Reserve, a.Time.UnixMilli(), a.Expires.UnixMilli(), a.Seller, a.Category, a.Extra}
	default:
		b := e.Bid
		of = []any{"bid", b.Auction, b.Bidder, b.Price, b.Time.UnixMilli(), b.Extra}
	}
	words := []string{fmt.Sprint(e.Time.UnixMilli())}
	for _, v := range of {
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, "|")
}

// TestBidsNameTheirChannel: half of all bids come by one of four channels, the
// others by one of many, of which nine in ten have their id in the address.
func TestBidsNameTheirChannel(t *testing.T) {
	t.Parallel()
	g, bids, known, ids := nexmark.New(nexmark.Config{}), 0, 0, 0
	for n := range int64(20_000) {
		b := g.Event(n).Bid
		if b == nil {
			continue
		}
		bids++
		switch {
		case !strings.HasPrefix(b.Channel, "channel-"):
			known++
		case strings.Contains(b.URL, "&channel_id="):
			ids++
		}
		if strings.Count(b.URL, "/") != 6 {
			t.Fatalf("event %d: %s has not three folders", n, b.URL)
		}
	}
	between(t, "well known", known, bids*48/100, bids*52/100)
	between(t, "with an id", ids, bids*43/100, bids*47/100)
}

func between(t *testing.T, what string, got, least, most int) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s: %d, want %d to %d", what, got, least, most)
	}
}
