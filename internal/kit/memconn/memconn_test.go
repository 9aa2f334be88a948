package memconn_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/weirmesh/weir/internal/kit/memconn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pipe(t *testing.T) (a, b *memconn.Conn) {
	t.Helper()
	a, b = memconn.Pipe("a", "b")
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestBytesArriveInOrder: both ways at once, in pieces of every size.
func TestBytesArriveInOrder(t *testing.T) {
	t.Parallel()
	a, b := pipe(t)
	const size = 3 << 20
	var all sync.WaitGroup
	for _, way := range [][2]*memconn.Conn{{a, b}, {b, a}} {
		source := rand.New(rand.NewPCG(1, uint64(len(way[0].LocalAddr().String()))))
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(source.Uint32())
		}
		all.Go(func() {
			for left := want; len(left) > 0; {
				n := min(len(left), 1+rand.IntN(300_000))
				if k, err := way[0].Write(left[:n]); err != nil || k != n {
					t.Errorf("wrote %d of %d: %v", k, n, err)
					return
				}
				left = left[n:]
			}
			way[0].CloseWrite()
		})
		all.Go(func() {
			var got bytes.Buffer
			buf := make([]byte, 1+rand.IntN(100_000))
			for {
				n, err := way[1].Read(buf[:1+rand.IntN(len(buf))])
				got.Write(buf[:n])
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%d bytes arrived that are not the %d that were sent", got.Len(), size)
			}
		})
	}
	all.Wait()
}

// TestWriterIsHeldBack: a reader that does not read stops the writer at Buffer
// bytes; each byte read lets another in.
func TestWriterIsHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe(t)
		wrote := make(chan int)
		go func() {
			n, _ := a.Write(make([]byte, memconn.Buffer+10))
			wrote <- n
		}()
		synctest.Wait()
		select {
		case n := <-wrote:
			t.Fatalf("the writer was not held back: %d", n)
		default:
		}
		if n, err := io.ReadFull(b, make([]byte, 10)); n != 10 || err != nil {
			t.Fatal(n, err)
		}
		if n := <-wrote; n != memconn.Buffer+10 {
			t.Errorf("wrote %d", n)
		}
	})
}

// TestDeadlines: past, coming, moved and taken away, for both directions.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	full := make([]byte, 2*memconn.Buffer)
	for name, c := range map[string]struct {
		set func(*memconn.Conn, time.Time) error
		do  func(*memconn.Conn) (int, error)
	}{
		"read":  {(*memconn.Conn).SetReadDeadline, func(c *memconn.Conn) (int, error) { return c.Read(make([]byte, 1)) }},
		"write": {(*memconn.Conn).SetWriteDeadline, func(c *memconn.Conn) (int, error) { return c.Write(full) }},
		"both":  {(*memconn.Conn).SetDeadline, func(c *memconn.Conn) (int, error) { return c.Read(make([]byte, 1)) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := memconn.Pipe("a", "b")
				defer b.Close()
				defer a.Close()
				late := func(err error) {
					t.Helper()
					var timeout net.Error
					if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
						t.Fatalf("got %v, want a timeout", err)
					}
				}
				must(t, c.set(a, time.Now().Add(-time.Second)))
				_, err := c.do(a)
				late(err)

				began := time.Now()
				must(t, c.set(a, began.Add(time.Minute)))
				_, err = c.do(a)
				late(err)
				if took := time.Since(began); took != time.Minute {
					t.Errorf("took %s", took)
				}

				must(t, c.set(a, time.Now().Add(time.Hour)))
				moved := time.AfterFunc(time.Second, func() { must(t, c.set(a, time.Now())) })
				defer moved.Stop()
				began = time.Now()
				_, err = c.do(a)
				late(err)
				if took := time.Since(began); took != time.Second {
					t.Errorf("moved while it waited, the deadline came after %s", took)
				}

				must(t, c.set(a, time.Now().Add(time.Second)))
				must(t, c.set(a, time.Time{}))
				done := make(chan error, 1)
				go func() { _, err := c.do(a); done <- err }()
				time.Sleep(time.Hour) // of the bubble
				select {
				case err := <-done:
					t.Errorf("without a deadline it ended: %v", err)
				default:
				}
				must(t, a.Close())
				if err := <-done; !errors.Is(err, net.ErrClosed) {
					t.Errorf("after Close: %v", err)
				}
			})
		})
	}
}

// TestDeadlineKeepsWhatCame: what was read or written before a timeout counts.
func TestDeadlineKeepsWhatCame(t *testing.T) {
	t.Parallel()
	a, b := pipe(t)
	must(t, a.SetWriteDeadline(time.Now().Add(20*time.Millisecond)))
	n, err := a.Write(make([]byte, memconn.Buffer+1))
	if n != memconn.Buffer || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wrote %d, %v", n, err)
	}
	must(t, b.SetReadDeadline(time.Now().Add(-1)))
	if n, err := b.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d, %v", n, err)
	}
	must(t, b.SetReadDeadline(time.Time{}))
	if _, err := io.ReadFull(b, make([]byte, n)); err != nil {
		t.Error(err)
	}
}

// TestCloseKeepsWhatWasWritten, as TCP does; then the end, not an error.
func TestCloseKeepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	a, b := pipe(t)
	_, err := a.Write([]byte("last words"))
	must(t, err)
	must(t, a.Close())
	must(t, a.Close())
	if got, err := io.ReadAll(b); string(got) != "last words" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if _, err := b.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("writing to who is gone: %v", err)
	}
	if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing after Close: %v", err)
	}
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading after Close: %v", err)
	}
	if err := a.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a deadline after Close: %v", err)
	}
}

// TestHalfClose: one side has said all, and still hears.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	a, b := pipe(t)
	must(t, a.CloseWrite())
	if _, err := b.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read %v", err)
	}
	if _, err := a.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("write after CloseWrite: %v", err)
	}
	_, err := b.Write([]byte("still"))
	must(t, err)
	must(t, b.CloseWrite())
	if got, err := io.ReadAll(a); string(got) != "still" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

// TestCloseWakes: whoever waits on either side.
func TestCloseWakes(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(a, b *memconn.Conn) *memconn.Conn{
		"own":   func(a, _ *memconn.Conn) *memconn.Conn { return a },
		"other": func(_, b *memconn.Conn) *memconn.Conn { return b },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := memconn.Pipe("a", "b")
				defer a.Close()
				defer b.Close()
				done := make(chan error, 2)
				go func() { _, err := a.Read(make([]byte, 1)); done <- err }()
				go func() { _, err := a.Write(make([]byte, 2*memconn.Buffer)); done <- err }()
				synctest.Wait()
				must(t, end(a, b).Close())
				for range 2 {
					if err := <-done; err == nil {
						t.Error("no error")
					}
				}
			})
		})
	}
}

// TestWritesStandTogether: the bytes of one Write are not mixed with another's.
func TestWritesStandTogether(t *testing.T) {
	t.Parallel()
	a, b := pipe(t)
	const piece = memconn.Buffer/2 + 7
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			if _, err := a.Write(bytes.Repeat([]byte{byte('a' + i)}, piece)); err != nil {
				t.Error(err)
			}
		})
	}
	got := make([]byte, 4*piece)
	if _, err := io.ReadFull(b, got); err != nil {
		t.Fatal(err)
	}
	writers.Wait()
	for i := 0; i < len(got); i += piece {
		if !bytes.Equal(got[i:i+piece], bytes.Repeat(got[i:i+1], piece)) {
			t.Fatal("two writes are mixed")
		}
	}
}

// TestIdleCostsLittle: many connections that said little, and one that said
// much and then little, hold little memory.
func TestIdleCostsLittle(t *testing.T) {
	before := heap()
	var kept []*memconn.Conn
	for range 1000 {
		a, b := memconn.Pipe("a", "b")
		kept = append(kept, a, b)
		_, err := a.Write(make([]byte, memconn.Buffer))
		must(t, err)
		_, err = io.ReadFull(b, make([]byte, memconn.Buffer))
		must(t, err)
		for range 100 {
			_, err = a.Write([]byte("small"))
			must(t, err)
			_, err = io.ReadFull(b, make([]byte, 5))
			must(t, err)
		}
	}
	each := (heap() - before) / 1000
	t.Logf("%d bytes for each idle connection", each)
	if each > 12<<10 {
		t.Errorf("%d bytes for each idle connection", each)
	}
	for _, c := range kept {
		must(t, c.Close())
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestListener(t *testing.T) {
	t.Parallel()
	l := memconn.Listen("server:1")
	client, err := l.Dial(t.Context())
	must(t, err)
	defer client.Close()
	server, err := l.Accept()
	must(t, err)
	defer server.Close()
	if got := server.LocalAddr().String(); got != "server:1" || l.Addr().Network() != "mem" {
		t.Errorf("the server's address is %s", got)
	}
	if got := server.RemoteAddr().String(); got != client.LocalAddr().String() || got == "" {
		t.Errorf("the client's address is %q and %q", got, client.LocalAddr())
	}
	waiting, err := l.Dial(t.Context())
	must(t, err)
	accepted := make(chan error)
	full, cancel := context.WithCancel(t.Context())
	for range 15 {
		_, err := l.Dial(full)
		must(t, err)
	}
	go func() { _, err := l.Dial(full); accepted <- err }()
	cancel()
	if err := <-accepted; !errors.Is(err, context.Canceled) {
		t.Errorf("a full queue and a caller who has gone: %v", err)
	}
	must(t, l.Close())
	must(t, l.Close())
	if _, err := waiting.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("what nobody accepted reads %v, want its end", err)
	}
	if _, err := l.Dial(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial after Close: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v", err)
	}
}

// TestDialRacesClose: nobody who dialled is left waiting for ever.
func TestDialRacesClose(t *testing.T) {
	t.Parallel()
	for range 200 {
		l := memconn.Listen("l")
		done := make(chan struct{})
		go func() {
			defer close(done)
			if c, err := l.Dial(context.Background()); err == nil {
				c.Read(make([]byte, 1)) // ends only with the other side
				c.Close()
			}
		}()
		l.Close()
		<-done
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	x, y := memconn.Pipe("x", "y")
	defer x.Close()
	go func() {
		io.Copy(y, y)
		y.Close()
	}()
	buf := make([]byte, 200)
	for b.Loop() {
		x.Write(buf)
		io.ReadFull(x, buf)
	}
}

func BenchmarkStream(b *testing.B) {
	x, y := memconn.Pipe("x", "y")
	defer x.Close()
	go func() {
		io.Copy(io.Discard, y)
		y.Close()
	}()
	buf := make([]byte, 64<<10)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		x.Write(buf)
	}
}
