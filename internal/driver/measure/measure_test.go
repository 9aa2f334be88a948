package measure_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/measure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// bench is a store in a folder, with a clock.
type bench struct {
	*measure.Store
	*clock
	t    testing.TB
	path string
	opt  measure.Options
}

func mustStore(t testing.TB, opt measure.Options) *bench {
	t.Helper()
	b := &bench{clock: newClock(), t: t, path: filepath.Join(t.TempDir(), "measure.db"), opt: opt}
	b.opt.Now = b.now
	b.open()
	t.Cleanup(func() { b.Close() })
	return b
}

func (b *bench) open() {
	b.t.Helper()
	s, err := measure.Open(context.Background(), b.path, b.opt)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Store = s
}

func (b *bench) flush() {
	b.t.Helper()
	if err := b.Flush(context.Background()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) tend() {
	b.t.Helper()
	b.flush()
	if err := b.Tend(context.Background()); err != nil {
		b.t.Fatal(err)
	}
}

// crash leaves the file as a process that is killed does: copied while it is
// open, then opened elsewhere.
func (b *bench) crash() *bench {
	b.t.Helper()
	dir := b.t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(b.path + suffix)
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "measure.db"+suffix), raw, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	next := &bench{clock: b.clock, t: b.t, path: filepath.Join(dir, "measure.db"), opt: b.opt}
	next.open()
	b.t.Cleanup(func() { next.Close() })
	return next
}

func uid(n int) weir.UID { return weir.UID{15: byte(n), 14: byte(n >> 8), 13: byte(n >> 16), 0: 1} }

func app(n int) weir.Ref {
	return weir.Ref{Noun: weir.NounApplication, UID: uid(n), Name: "app-" + strconv.Itoa(n)}
}

func product(n int) weir.Ref {
	return weir.Ref{Noun: weir.NounProduct, UID: uid(100000 + n), Name: "d.p-" + strconv.Itoa(n)}
}

func passage(who, of int, d weir.Direction) weir.Passage {
	return weir.Passage{Who: app(who), Of: product(of), Direction: d, How: weir.ByGateway, Library: weir.Library{Name: "librdkafka", Version: "2.11.0"}}
}

// shown is usage as one line each.
func (b *bench) shown(q weir.UsageQuery) string {
	b.t.Helper()
	us, err := b.Usage(context.Background(), q)
	if err != nil {
		b.t.Fatal(err)
	}
	var lines []string
	for _, u := range us {
		who := u.Who.Name
		if u.Who.UID.IsZero() {
			who = "others"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s %s/%s %d %d %s %s", who, u.Direction, u.Of.Name, u.How, u.Library.Name, u.Library.Version,
			u.Records, u.Bytes, u.First.Format("01-02T15:04:05"), u.Last.Format("01-02T15:04:05")))
	}
	return strings.Join(lines, "\n")
}

func (b *bench) hours(q weir.UsageQuery) string {
	b.t.Helper()
	hs, err := b.Hours(context.Background(), q)
	if err != nil {
		b.t.Fatal(err)
	}
	var lines []string
	for _, h := range hs {
		lines = append(lines, fmt.Sprintf("%s+%s written %d (%d) read %d (%d)", h.Start.Format("2006-01-02T15"), h.Length, h.Written, h.WrittenBytes, h.Read, h.ReadBytes))
	}
	return strings.Join(lines, "\n")
}

func (b *bench) want(what, got, want string) {
	b.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("%s: %s", what, diff)
	}
}

// What was added is told exactly: by application, product, direction, library
// and how, with first and last time, and by the hour; before and after a start.
func TestCounts(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	b.Add(passage(1, 1, weir.Writing), 5, 50)
	b.Add(passage(1, 1, weir.Writing), 5, 50)
	b.move(10 * time.Minute)
	b.Add(passage(2, 1, weir.Reading), 10, 100)
	b.Add(passage(2, 2, weir.Reading), 1, 1)
	b.flush()
	b.move(time.Hour)
	b.Add(passage(2, 1, weir.Reading), 3, 30)
	other := passage(2, 1, weir.Reading)
	other.Library = weir.Library{Name: "apache-kafka-java", Version: "4.1.0"}
	b.move(time.Second)
	b.Add(other, 2, 20)
	person := weir.Passage{Who: weir.Ref{Noun: weir.NounPerson, UID: uid(77), Name: "ada"}, Of: product(1), Direction: weir.Reading, How: weir.ByHTTP}
	b.move(time.Second)
	b.Add(person, 7, 70)
	b.flush()
	for range 2 {
		b.want("of a product", b.shown(weir.UsageQuery{Of: product(1).UID}), strings.TrimSpace(`
ada read d.p-1 http / 7 70 03-01T11:10:02 03-01T11:10:02
app-2 read d.p-1 gateway apache-kafka-java/4.1.0 2 20 03-01T11:10:01 03-01T11:10:01
app-2 read d.p-1 gateway librdkafka/2.11.0 13 130 03-01T10:10:00 03-01T11:10:00
app-1 write d.p-1 gateway librdkafka/2.11.0 10 100 03-01T10:00:00 03-01T10:00:00`))
		b.want("of an application", b.shown(weir.UsageQuery{Who: app(2).UID, Until: b.now().Add(-time.Hour)}), strings.TrimSpace(`
app-2 read d.p-1 gateway librdkafka/2.11.0 10 100 03-01T10:10:00 03-01T10:10:00
app-2 read d.p-2 gateway librdkafka/2.11.0 1 1 03-01T10:10:00 03-01T10:10:00`))
		b.want("both", b.shown(weir.UsageQuery{Of: product(1).UID, Who: app(1).UID}), "app-1 write d.p-1 gateway librdkafka/2.11.0 10 100 03-01T10:00:00 03-01T10:00:00")
		b.want("one direction", b.shown(weir.UsageQuery{Of: product(2).UID, Direction: weir.Writing}), "")
		b.want("by the hour", b.hours(weir.UsageQuery{Of: product(1).UID}), strings.TrimSpace(`
2026-03-01T10+1h0m0s written 10 (100) read 10 (100)
2026-03-01T11+1h0m0s written 0 (0) read 12 (120)`))
		b.want("since an hour", b.hours(weir.UsageQuery{Of: product(1).UID, From: b.now()}), "2026-03-01T11+1h0m0s written 0 (0) read 12 (120)")
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		b.open()
	}
	if c, err := b.Coverage(t.Context()); err != nil || len(c.Gaps) != 0 || !c.Since.Equal(newClock().at) {
		t.Errorf("%+v %v", c, err)
	}
}
