package broker_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/weirmesh/weir/internal/driver/broker"
)

// childDir makes this test binary a process that serves the broker of that
// folder until it is killed, so that a test can kill it.
const childDir = "WEIR_TEST_BROKER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		serveChild(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// serveChild bridges a loopback port to the broker, for this test alone.
func serveChild(dir string) {
	b, err := broker.Open(context.Background(), broker.Config{Dir: dir})
	fatal(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(err)
	fmt.Println(b.Boot(), l.Addr())
	go func() { // the parent is gone when its end of our input is
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		client, err := l.Accept()
		fatal(err)
		upstream, err := b.Dial(context.Background(), 0)
		fatal(err)
		for _, ends := range [][2]net.Conn{{client, upstream}, {upstream, client}} {
			go func() {
				io.Copy(ends[0], ends[1])
				ends[0].Close()
				ends[1].Close()
			}()
		}
	}
}

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is a broker in another process, which can be killed and started again.
type child struct {
	dir  string
	boot string
	addr atomic.Pointer[string]
	cmd  *exec.Cmd
	in   io.Closer
}

func startChild(t *testing.T) *child {
	t.Helper()
	c := &child{dir: t.TempDir()}
	c.start(t)
	t.Cleanup(func() { c.kill(t) })
	return c
}

func (c *child) start(t *testing.T) {
	t.Helper()
	c.cmd = exec.Command(os.Args[0])
	c.cmd.Env = append(os.Environ(), childDir+"="+c.dir)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	must(t, err)
	c.in, err = c.cmd.StdinPipe()
	must(t, err)
	must(t, c.cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	boot, addr, _ := strings.Cut(strings.TrimSpace(line), " ")
	c.boot = boot
	c.addr.Store(&addr)
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	if c.cmd.ProcessState != nil {
		return
	}
	must(t, c.cmd.Process.Kill())
	c.cmd.Wait() // says that it was killed
	c.in.Close()
}

// client reaches the child wherever it is now.
func (c *child) client(t *testing.T, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", *c.addr.Load())
	}
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers("embedded:9092"), kgo.Dialer(dial), kgo.MetadataMinAge(10 * time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 10 * time.Millisecond }),
		kgo.RequestRetries(1 << 20), kgo.RecordRetries(1 << 20), kgo.RecordDeliveryTimeout(0),
	}, opts...)...)
	must(t, err)
	t.Cleanup(client.Close)
	return client
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
