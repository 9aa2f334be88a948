package measure_test

import (
	"bytes"
	"context"
	"database/sql"
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
	"pgregory.net/rapid"

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

// What was written survives a process that is killed, and the file says that
// what came after may be missing; one that was closed in order says nothing.
func TestCrash(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{Every: 3 * time.Second})
	b.Add(passage(1, 1, weir.Writing), 5, 50)
	b.flush()
	flushed := b.now()
	b.move(time.Minute)
	b.Add(passage(1, 1, weir.Writing), 7, 70) // never written
	next := b.crash()
	next.want("after a crash", next.shown(weir.UsageQuery{Of: product(1).UID}), "app-1 write d.p-1 gateway librdkafka/2.11.0 5 50 03-01T10:00:00 03-01T10:00:00")
	c, err := next.Coverage(t.Context())
	if err != nil || len(c.Gaps) != 1 {
		t.Fatalf("%+v %v", c, err)
	}
	if g := c.Gaps[0]; !g.From.Equal(flushed) || !g.Until.Equal(b.now()) || g.AtMost != weir.Duration(3*time.Second) || g.Why == "" {
		t.Errorf("%+v", g)
	}
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
	next.open()
	if c, err := next.Coverage(t.Context()); err != nil || len(c.Gaps) != 1 {
		t.Errorf("after an orderly end there are %d gaps, %v", len(c.Gaps), err)
	}
}

// Many crashes are told as a bounded number of gaps, none of them shorter than
// it was.
func TestGapsAreBounded(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	began := b.now()
	for range 103 {
		b.move(time.Hour)
		b = b.crash()
	}
	c, err := b.Coverage(t.Context())
	if err != nil || len(c.Gaps) != 100 {
		t.Fatalf("%d gaps, %v", len(c.Gaps), err)
	}
	var most time.Duration
	for _, g := range c.Gaps {
		most += time.Duration(g.AtMost)
	}
	if !c.Gaps[0].From.Equal(began) || most != 103*2*time.Second {
		t.Errorf("from %s, %s missing", c.Gaps[0].From, most)
	}
}

// A file that is gone, damaged or of another version is no catastrophe: counting
// begins anew, says since when, and keeps the damaged bytes.
func TestBeginsAnew(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(t *testing.T, path string){
		"gone":    func(t *testing.T, path string) { must(t, os.Remove(path)) },
		"garbage": func(t *testing.T, path string) { must(t, os.WriteFile(path, bytes.Repeat([]byte("x"), 50000), 0o600)) },
		"empty":   func(t *testing.T, path string) { must(t, os.WriteFile(path, nil, 0o600)) },
		"version": func(t *testing.T, path string) { edit(t, path, "update meta set version = 99") },
		"torn": func(t *testing.T, path string) {
			raw, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, raw[:len(raw)/2], 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := mustStore(t, measure.Options{})
			b.Add(passage(1, 1, weir.Writing), 5, 50)
			must(t, b.Close())
			harm(t, b.path)
			b.move(time.Hour)
			b.open()
			b.want("usage", b.shown(weir.UsageQuery{Of: product(1).UID}), "")
			if c, err := b.Coverage(t.Context()); err != nil || !c.Since.Equal(b.now()) {
				t.Errorf("since %s, %v", c.Since, err)
			}
			if _, err := os.Stat(b.path + ".damaged"); (err == nil) == (name == "gone") {
				t.Errorf("the damaged file: %v", err)
			}
			b.Add(passage(1, 1, weir.Writing), 6, 60)
			b.flush()
			b.want("again", b.shown(weir.UsageQuery{Of: product(1).UID}), "app-1 write d.p-1 gateway librdkafka/2.11.0 6 60 03-01T11:00:00 03-01T11:00:00")
		})
	}
}

// A file that goes, or breaks, while the node runs is made anew at the next
// write; what was counted since the last one is in it.
func TestHarmedWhileOpen(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(t *testing.T, path string){
		"gone":    func(t *testing.T, path string) { must(t, os.Remove(path)) },
		"no such": func(t *testing.T, path string) { edit(t, path, "drop table counted") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := mustStore(t, measure.Options{})
			b.Add(passage(1, 1, weir.Writing), 5, 50)
			b.flush()
			harm(t, b.path)
			b.move(time.Minute)
			b.Add(passage(1, 1, weir.Writing), 6, 60)
			b.flush()
			b.want("usage", b.shown(weir.UsageQuery{Of: product(1).UID}), "app-1 write d.p-1 gateway librdkafka/2.11.0 6 60 03-01T10:01:00 03-01T10:01:00")
			if c, err := b.Coverage(t.Context()); err != nil || !c.Since.Equal(b.now()) {
				t.Errorf("since %s, %v", c.Since, err)
			}
		})
	}
}

// Counts are kept for 400 days and no longer; after 35 days hours become days,
// and no record is lost by that.
func TestRetention(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	began := b.now()
	for range 500 {
		for range 4 {
			b.Add(passage(1, 1, weir.Writing), 1, 10)
			b.Add(passage(2, 1, weir.Reading), 2, 20)
			b.move(6 * time.Hour)
		}
		b.tend()
	}
	hs, err := b.Hours(t.Context(), weir.UsageQuery{Of: product(1).UID})
	if err != nil {
		t.Fatal(err)
	}
	oldest := b.now().Add(-400 * 24 * time.Hour)
	var written, days int64
	for _, h := range hs {
		written += h.Written
		if h.Length == 24*time.Hour {
			days++
		}
		if h.Start.Before(oldest.Truncate(24 * time.Hour)) {
			t.Errorf("%s is older than 400 days", h.Start)
		}
		if old := h.Start.Before(b.now().Add(-36 * 24 * time.Hour)); old != (h.Length == 24*time.Hour) && !h.Start.After(b.now().Add(-34*24*time.Hour)) {
			t.Errorf("%s has a length of %s", h.Start, h.Length)
		}
	}
	if written < 399*4 || written > 401*4 || days < 360 || days > 370 {
		t.Errorf("%d written in 400 days, %d days", written, days)
	}
	c, err := b.Coverage(t.Context())
	if err != nil || !c.Since.Equal(oldest) || began.After(c.Since) {
		t.Errorf("since %s, %v", c.Since, err)
	}
	us, err := b.Usage(t.Context(), weir.UsageQuery{Of: product(1).UID, From: b.now().Add(-100 * 24 * time.Hour)})
	if err != nil || len(us) != 2 || us[0].Records < 100*8 || us[0].Records > 101*8 {
		t.Errorf("%+v %v", us, err)
	}
}

// At its bound the file adds up hours to days, then the small as others, the
// oldest first: nothing of the sums is lost by that, and the large stay apart.
// Only then the oldest days go, and the file says so.
func TestBound(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{Rows: 700})
	var sum int64
	for range 3 {
		for who := range 300 {
			n := int64(1)
			if who == 7 {
				n = 1000
			}
			b.Add(passage(who, 1, weir.Reading), n, n)
			sum += n
		}
		b.tend()
		b.move(24 * time.Hour)
	}
	if n := b.Health().Rows; n > 700 {
		t.Errorf("%d rows", n)
	}
	us, err := b.Usage(t.Context(), weir.UsageQuery{Of: product(1).UID})
	if err != nil {
		t.Fatal(err)
	}
	var got, large, others int64
	for _, u := range us {
		got += u.Records
		if u.Who.UID == app(7).UID {
			large = u.Records
		}
		if u.Who.UID.IsZero() {
			others = u.Records
		}
	}
	if got != sum || large != 3000 || others == 0 {
		t.Errorf("%d of %d records, %d of them of the largest, %d of others", got, sum, large, others)
	}
	for range 20 { // more than even a hundred a day can be
		for of := range 200 {
			b.Add(passage(1, of, weir.Reading), 1, 1)
		}
		b.tend()
		b.move(24 * time.Hour)
	}
	b.tend()
	c, err := b.Coverage(t.Context())
	if n := b.Health().Rows; n > 700 || err != nil || !c.Since.After(newClock().at.Add(24*time.Hour)) {
		t.Errorf("%d rows, since %s, %v", n, c.Since, err)
	}
}

// An application cannot fill the memory or the file by calling itself by ever
// other libraries, and nothing of what it did is lost.
func TestLibrariesAreBounded(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	for i := range 1000 {
		p := passage(1, 1, weir.Reading)
		p.Library.Name = "lib-" + strconv.Itoa(i)
		b.Add(p, 1, 1)
	}
	b.flush()
	us, err := b.Usage(t.Context(), weir.UsageQuery{Who: app(1).UID})
	var sum int64
	for _, u := range us {
		sum += u.Records
	}
	if err != nil || len(us) != 17 || sum != 1000 {
		t.Errorf("%d libraries, %d records, %v", len(us), sum, err)
	}
}

// An answer is bounded: what is small is added up.
func TestAnswerIsBounded(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	for i := range 1500 {
		b.Add(passage(i+1, 1, weir.Reading), int64(i+1), 1)
	}
	b.flush()
	us, err := b.Usage(t.Context(), weir.UsageQuery{Of: product(1).UID})
	var sum int64
	for _, u := range us {
		sum += u.Records
	}
	if err != nil || len(us) > weir.MaxUsage || sum != 1500*1501/2 {
		t.Errorf("%d passages, %d records, %v", len(us), sum, err)
	}
}

// The pace is that of the last minute and of whole minutes, as far as there was
// somebody to count.
func TestPace(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	b.move(10 * time.Second)
	b.Add(passage(1, 1, weir.Writing), 100, 1)
	sent := passage(1, 1, weir.Writing)
	sent.How = weir.BySent
	b.Add(sent, 1000, 1)
	b.Add(passage(1, 1, weir.Reading), 1000, 1)
	if p := b.Pace(product(1).UID); p.Records != 100 || p.Over != 10*time.Second || len(p.Minutes) != 0 {
		t.Errorf("after 10 s: %+v", p)
	}
	b.move(110 * time.Second)
	b.Add(passage(1, 1, weir.Writing), 30, 1)
	b.move(time.Second)
	p := b.Pace(product(1).UID)
	if diff := cmp.Diff([]int64{0}, p.Minutes); diff != "" || p.Records != 30 || p.Over < 55*time.Second || p.Over > time.Minute || !p.Until.Equal(b.now().Truncate(time.Minute)) {
		t.Errorf("after 2 min: %+v %s", p, diff)
	}
	b.move(2 * time.Minute)
	if p := b.Pace(product(1).UID); p.Records != 0 || !cmp.Equal(p.Minutes, []int64{0, 30, 0}) {
		t.Errorf("after 4 min: %+v", p)
	}
	if p := b.Pace(product(2).UID); p.Records != 0 || p.Over < 55*time.Second || len(p.Minutes) != 3 {
		t.Errorf("of what nobody wrote: %+v", p)
	}
	b.move(2 * time.Hour)
	if p := b.Pace(product(1).UID); len(p.Minutes) != 60 {
		t.Errorf("after hours: %d minutes", len(p.Minutes))
	}
}

// Many count at once, while it is written and asked: nothing is lost.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{Every: time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- b.Run(ctx) }()
	var all sync.WaitGroup
	for who := range 8 {
		all.Go(func() {
			for range 2000 {
				b.Add(passage(who+1, 1, weir.Reading), 1, 1)
				b.Pace(product(1).UID)
			}
			_ = b.shown(weir.UsageQuery{Of: product(1).UID})
		})
	}
	all.Wait()
	stop()
	must(t, <-ran)
	us, err := b.Usage(t.Context(), weir.UsageQuery{Of: product(1).UID})
	if err != nil || len(us) != 8 {
		t.Fatalf("%d %v", len(us), err)
	}
	for _, u := range us {
		if u.Records != 2000 {
			t.Errorf("%s read %d", u.Who.Name, u.Records)
		}
	}
}

// Whatever is added, in any order, over hours, flushes, crashes in order and
// tending, the sums are what was added.
func TestSumsHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b := mustStore(t, measure.Options{Hourly: 48 * time.Hour})
		want := map[string]int64{}
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			switch rapid.IntRange(0, 5).Draw(r, "do") {
			case 0:
				b.move(time.Duration(rapid.IntRange(1, 72).Draw(r, "hours")) * time.Hour)
			case 1:
				b.tend()
			case 2:
				must(t, b.Close())
				b.open()
			default:
				p := passage(rapid.IntRange(1, 3).Draw(r, "who"), rapid.IntRange(1, 2).Draw(r, "of"), weir.Direction(rapid.SampledFrom([]string{"read", "write"}).Draw(r, "way")))
				n := int64(rapid.IntRange(1, 100).Draw(r, "n"))
				b.Add(p, n, n)
				want[p.Of.Name+" "+p.Who.Name+" "+string(p.Direction)] += n
			}
		}
		b.flush()
		got := map[string]int64{}
		for of := 1; of <= 2; of++ {
			us, err := b.Usage(t.Context(), weir.UsageQuery{Of: product(of).UID})
			if err != nil {
				r.Fatal(err)
			}
			for _, u := range us {
				got[u.Of.Name+" "+u.Who.Name+" "+string(u.Direction)] += u.Records
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatal(diff)
		}
		must(t, b.Close())
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// edit changes a file with another connection.
func edit(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement)
	must(t, err)
}

// BenchmarkAdd is what counting costs in the path of the records.
func BenchmarkAdd(b *testing.B) {
	s := mustStore(b, measure.Options{})
	p := passage(1, 1, weir.Reading)
	for b.Loop() {
		s.Add(p, 500, 100000)
	}
}

// What cannot be written now waits, and is written with the next.
func TestWaitsForTheFile(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	b.Add(passage(1, 1, weir.Writing), 5, 50)
	db, err := sql.Open("sqlite", b.path)
	must(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(t.Context(), "begin immediate")
	must(t, err)
	if err := b.Flush(t.Context()); !weir.Unavailable.In(err) {
		t.Errorf("while somebody holds the file: %v", err)
	}
	b.Add(passage(1, 1, weir.Writing), 6, 60)
	_, err = db.ExecContext(t.Context(), "rollback")
	must(t, err)
	b.flush()
	b.want("usage", b.shown(weir.UsageQuery{Of: product(1).UID}), "app-1 write d.p-1 gateway librdkafka/2.11.0 11 110 03-01T10:00:00 03-01T10:00:00")
}

// What is made again under a name inherits no count, and a name that changed is
// told as it is now.
func TestCountsGoByUID(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	b.Add(passage(1, 1, weir.Writing), 5, 50)
	b.flush()
	again := passage(1, 2, weir.Writing)
	again.Of.Name = product(1).Name
	again.Who.Name = "renamed"
	b.Add(again, 1, 1)
	b.flush()
	b.want("the second", b.shown(weir.UsageQuery{Of: product(2).UID}), "renamed write d.p-1 gateway librdkafka/2.11.0 1 1 03-01T10:00:00 03-01T10:00:00")
	b.want("the first", b.shown(weir.UsageQuery{Of: product(1).UID}), "renamed write d.p-1 gateway librdkafka/2.11.0 5 50 03-01T10:00:00 03-01T10:00:00")
	b.want("of some", b.hours(weir.UsageQuery{Who: app(1).UID, Among: []weir.UID{product(2).UID}}), "2026-03-01T10+1h0m0s written 1 (1) read 0 (0)")
}

// Many products are told at once, each with its own: who reads it counts once
// however often and with whatever, and hours before the time count nothing.
func TestTurnovers(t *testing.T) {
	t.Parallel()
	b := mustStore(t, measure.Options{})
	b.Add(passage(1, 1, weir.Writing), 5, 50)
	b.Add(passage(3, 1, weir.Reading), 5, 50)
	b.move(3 * time.Hour)
	b.Add(passage(1, 1, weir.Writing), 7, 70)
	for _, library := range []string{"one", "another"} {
		p := passage(2, 1, weir.Reading)
		p.Library.Name = library
		b.Add(p, 1, 1)
	}
	b.Add(passage(4, 2, weir.Reading), 1, 1)
	b.Add(passage(5, 9, weir.Writing), 1, 1)
	b.flush()
	of := []weir.UID{product(1).UID, product(2).UID, product(3).UID}
	for from, want := range map[time.Time]map[weir.UID]weir.Turnover{
		{}:      {of[0]: {Readers: 2, Writers: 1, Written: 12}, of[1]: {Readers: 1}},
		b.now(): {of[0]: {Readers: 1, Writers: 1, Written: 7}, of[1]: {Readers: 1}},
	} {
		got, err := b.Turnovers(t.Context(), of, from)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("since %s: %v %s", from, err, diff)
		}
	}
	if got, err := b.Turnovers(t.Context(), nil, time.Time{}); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %v %v", got, err)
	}
}
