package access_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/core/scram"
	"github.com/weirmesh/weir/internal/driver/ledger"
)

// gate is passwords over a real ledger, with a clock that stands.
type gate struct {
	*access.Passwords
	t      testing.TB
	ledger *ledger.Ledger
	live   *access.Live
	revs   map[weir.UID]weir.Revision
	clock  atomic.Int64 // nanoseconds
}

func newGate(t testing.TB) *gate {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l, err := ledger.Open(ctx, filepath.Join(t.TempDir(), "ledger"), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{t: t, ledger: l, revs: map[weir.UID]weir.Revision{}}
	if g.live, err = access.NewLive(ctx, l); err != nil {
		t.Fatal(err)
	}
	g.Passwords = access.NewPasswords(g.live, []byte("secret"), func() time.Time { return time.Unix(0, g.clock.Load()) })
	done := make(chan error, 1)
	go func() { done <- g.live.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// put writes an entity's state, or its end, and waits until it counts.
func (g *gate) put(e weir.Entity, deleted bool) {
	g.t.Helper()
	u := e.Ref().UID
	c := weir.DeleteChange(weir.UID{}, e, g.revs[u])
	if !deleted {
		var err error
		if c, err = weir.NewChange(weir.UID{}, nil, g.revs[u], e); err != nil {
			g.t.Fatal(err)
		}
	}
	g.revs[u]++
	r, err := weir.Seal(g.ledger.Head(), weir.Entry{At: time.Unix(0, 0), By: weir.System, Op: "test", Changes: []weir.Change{c}})
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.ledger.Append(context.Background(), []weir.Record{r}); err != nil {
		g.t.Fatal(err)
	}
	if err := g.live.Wait(context.Background(), r.Offset); err != nil {
		g.t.Fatal(err)
	}
}

// application makes one with a password.
func (g *gate) application(n int, password string) (*weir.Application, *weir.Credential) {
	g.t.Helper()
	a := &weir.Application{UID: uid('a', n), Name: fmt.Sprint("app", n), Team: uid('t', n)}
	g.put(a, false)
	return a, g.credential(a, n, password)
}

func (g *gate) credential(a *weir.Application, n int, password string) *weir.Credential {
	g.t.Helper()
	v, err := scram.NewVerifier(password, []byte("0123456789abcdef"), 4096)
	if err != nil {
		g.t.Fatal(err)
	}
	c := &weir.Credential{UID: uid('c', n), Name: a.Name, Application: a.UID, Team: a.Team, Scram: v}
	g.put(c, false)
	return c
}

// says is what a login comes to: "" or the kind of its error.
func (g *gate) says(user, password, from string) string {
	_, err := g.Authenticate(context.Background(), user, password, weir.Via{Address: from})
	if err == nil {
		return ""
	}
	return weir.KindOf(err).String()
}

func (g *gate) want(user, password, want string) {
	g.t.Helper()
	if got := g.says(user, password, "10.0.0.1:1"); got != want {
		g.t.Errorf("%s with %.10s: %q, want %q", user, password, got, want)
	}
}

const (
	in  = ""
	out = "not logged in"
)

func TestPasswordIsCheckedOnceAMinute(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.application(1, "right")
	for range 5 {
		g.want("app1", "right", in)
		g.want("app1", "wrong", out)
		g.want("nobody", "right", out)
	}
	if n := g.Checked(); n != 3 {
		t.Errorf("%d passwords were checked, want each pair once", n)
	}
	g.clock.Add(int64(access.MemoLife))
	g.want("app1", "right", in)
	if n := g.Checked(); n != 4 {
		t.Errorf("%d passwords were checked, want the pair once more after its time", n)
	}
	for _, bad := range []string{"", strings.Repeat("x", 257)} {
		g.want("app1", bad, out)
		g.want(bad, "right", out)
	}
	if n := g.Checked(); n != 4 {
		t.Errorf("%d passwords were checked: what no password can be costs nothing", n)
	}
}

// TestRememberedPasswordEndsAtOnce: nothing of what was checked survives the
// credential that it was checked against.
func TestRememberedPasswordEndsAtOnce(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	a, first := g.application(1, "first")
	g.want("app1", "first", in)
	g.want("app1", "second", out)
	g.put(first, true)
	g.want("app1", "first", out)
	second := g.credential(a, 2, "second")
	g.want("app1", "first", out)
	g.want("app1", "second", in)
	ending := *a
	ending.Ending = true
	g.put(&ending, false)
	g.want("app1", "second", out)
	g.put(second, true)
	g.put(a, true)
	g.want("app1", "second", out)
}

func TestPrincipalOfAnApplication(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	a, _ := g.application(1, "right")
	via := weir.Via{Door: "registry", Address: "10.0.0.1:1"}
	want := weir.Principal{Ref: a.Ref(), Teams: []weir.UID{a.Team}, Via: via, AsOf: 2}
	who := func() {
		t.Helper()
		got, err := g.Authenticate(t.Context(), "app1", "right", via)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	who()
	g.put(&weir.Domain{UID: uid('d', 1), Name: "mine", Team: a.Team}, false)
	g.put(&weir.Domain{UID: uid('d', 2), Name: "others", Team: uid('t', 2)}, false)
	want.Domains, want.AsOf = []weir.UID{uid('d', 1)}, 4
	who()
	moved := *a
	moved.Team = uid('t', 2)
	g.put(&moved, false)
	want.Teams, want.Domains, want.AsOf = []weir.UID{moved.Team}, []weir.UID{uid('d', 2)}, 5
	who()
	if n := g.Checked(); n != 1 {
		t.Errorf("%d passwords were checked", n)
	}
}

// TestGuessesKeepNobodyOut: while one host guesses more passwords at once than
// may wait, the right password is let in from another host, and soon from the
// same one. Guesses take no time of the bubble's clock, so that the outcome does
// not depend on how fast they are checked.
func TestGuessesKeepNobodyOut(t *testing.T) {
	t.Parallel()
	const rounds, pause = 2, 10 * time.Millisecond
	g := newGate(t)
	for n := range rounds + 1 {
		g.application(n, "right")
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var guessing sync.WaitGroup
		full := make(chan struct{})
		for n := range 300 {
			guessing.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					if g.says("app0", fmt.Sprint("wrong", n, i), "10.0.0.9:1") == "over a limit" {
						select {
						case full <- struct{}{}:
						default:
						}
					}
					time.Sleep(pause)
				}
			})
		}
		defer guessing.Wait()
		defer stop()
		for n := range rounds {
			<-full // at this moment nobody else may wait beside the guesses
			g.want(fmt.Sprint("app", n+1), "right", in)
		}
		for tries := 1; g.says("app0", "right", "10.0.0.9:1") != in; tries++ {
			if tries == 3 {
				t.Fatal("the right password from the same host is kept out")
			}
			time.Sleep(pause + time.Duration(tries-1)*pause/2) // among the guesses, then after them
		}
		g.want("app0", "right", in)
	})
}

// TestManyAtOnceAreCheckedOnce: the connections of one application that come
// at the same time cost one check.
func TestManyAtOnceAreCheckedOnce(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.application(1, "right")
	var all sync.WaitGroup
	for range 500 {
		all.Go(func() { g.want("app1", "right", in) })
	}
	all.Wait()
	if n := g.Checked(); n != 1 {
		t.Errorf("%d passwords were checked", n)
	}
}

func TestWaitingForACheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.application(1, "right")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 20 { // either it was its turn, or it gave up
		_, err := g.Authenticate(ctx, "app1", fmt.Sprint("wrong", i), weir.Via{})
		if !errors.Is(err, weir.Unauthorized) && !errors.Is(err, weir.Limit) {
			t.Fatal(err)
		}
	}
}

func TestRememberedPasswordsAreBounded(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	if n := g.Remember(2 * access.MaxMemos); n != access.MaxMemos {
		t.Errorf("%d pairs are remembered, want %d", n, access.MaxMemos)
	}
}

func BenchmarkRememberedPassword(b *testing.B) {
	g := newGate(b)
	g.application(1, "right")
	ctx := context.Background()
	for b.Loop() {
		if _, err := g.Authenticate(ctx, "app1", "right", weir.Via{}); err != nil {
			b.Fatal(err)
		}
	}
}
