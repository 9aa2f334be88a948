package node_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/node"
)

var update = flag.Bool("update", false, "rewrite golden files")

func config(dir string) node.Config {
	return node.Config{
		Data: dir, HTTP: "127.0.0.1:0", Kafka: "127.0.0.1:0", Version: "test",
		Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader,
	}
}

// running is a node and how it ends.
type running struct {
	*node.Node
	t     *testing.T
	stop  context.CancelFunc
	ended chan error
}

func start(t *testing.T, cfg node.Config) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{t: t, stop: stop, ended: make(chan error, 1)}
	ready := make(chan *node.Node, 1)
	go func() {
		r.ended <- node.Run(ctx, cfg, func(_ context.Context, n *node.Node) error { ready <- n; return nil })
	}()
	select {
	case r.Node = <-ready:
	case err := <-r.ended:
		t.Fatalf("the node did not start: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the node does not start")
	}
	return r
}

// end stops the node and wants it to end well, within 5 s.
func (r *running) end() {
	r.t.Helper()
	began := time.Now()
	r.stop()
	if err := <-r.ended; err != nil {
		r.t.Error("the node ended with", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		r.t.Errorf("the node took %s to end", took)
	}
}

func (r *running) client() *client.Client {
	r.t.Helper()
	c, err := client.New(r.Admin().URL, r.Admin().Token)
	must(r.t, err)
	r.t.Cleanup(c.Close)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStartsAndStopsWithoutLeaks(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	n := start(t, config(dir))
	if n.Founding() == nil || n.Founding().Password == "" {
		t.Error("the first start shows no password")
	}
	c, err := client.New(n.Admin().URL, n.Admin().Token)
	must(t, err)
	_, err = c.CreateTeam(t.Context(), client.NewTeam{Name: "one"})
	must(t, err)
	for path, want := range map[string]string{"/livez": "alive", "/readyz": `"ready":true`, "/metrics": "weir_ledger_head_offset"} {
		res, err := http.Get(n.Admin().URL + path)
		must(t, err)
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		must(t, err)
		if !strings.Contains(string(b), want) {
			t.Errorf("%s answers %s", path, b)
		}
	}
	c.Close()
	http.DefaultClient.CloseIdleConnections()
	n.end()

	info, err := os.Stat(filepath.Join(dir, node.AdminFile))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("admin.json has mode %o", info.Mode().Perm())
	}
	again := start(t, config(dir))
	if again.Founding() != nil {
		t.Error("the second start made another admin")
	}
	_, err = again.client().Team(t.Context(), "one")
	must(t, err)
	again.end()
}

// TestMetricsGolden keeps docs/reference/metrics.md what a node serves.
func TestMetricsGolden(t *testing.T) {
	n := start(t, config(t.TempDir()))
	defer n.end()
	res, err := http.Get(n.Admin().URL + "/metrics")
	must(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	var doc strings.Builder
	doc.WriteString("# Metrics\n\nMade from a node's /metrics by `go test ./internal/node -update`. Go's own and the process's are there too.\n\n| name | type | meaning |\n|---|---|---|\n")
	kinds := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "# TYPE weir_"); ok {
			name, kind, _ := strings.Cut(strings.TrimSpace(rest), " ")
			kinds[name] = kind
		}
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "# HELP weir_"); ok {
			name, help, _ := strings.Cut(strings.TrimSpace(rest), " ")
			fmt.Fprintf(&doc, "| `weir_%s` | %s | %s |\n", name, kinds[name], help)
		}
	}
	const path = "../../docs/reference/metrics.md"
	if *update {
		must(t, os.WriteFile(path, []byte(doc.String()), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), doc.String()); diff != "" {
		t.Errorf("the metrics changed; if that is meant, run go test ./internal/node -update\n%s", diff)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	n := start(t, config(dir))
	defer n.end()
	err := node.Run(t.Context(), config(dir), func(context.Context, *node.Node) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "another weir") || !strings.Contains(err.Error(), "--data") {
		t.Errorf("a second node says %v", err)
	}
}

// TestStateIsMadeAgain deletes the projection: the same export comes out, and
// no topic is made a second time.
func TestStateIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	n := start(t, config(dir))
	c := n.client()
	ctx := t.Context()
	_, err := c.CreateTeam(ctx, client.NewTeam{Name: "team"})
	must(t, err)
	_, err = c.CreateDomain(ctx, client.NewDomain{Name: "dom", Team: "team"})
	must(t, err)
	_, err = c.CreateProduct(ctx, client.NewProduct{Name: "dom.prod"})
	must(t, err)
	before, err := c.Export(ctx)
	must(t, err)
	n.end()
	must(t, os.Remove(filepath.Join(dir, node.StateFile)))
	n = start(t, config(dir))
	after, err := n.client().Export(ctx)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Errorf("the export differs:\n%s\n%s", before, after)
	}
	var out struct {
		Topic []struct{ ID string } `json:"topic"`
	}
	must(t, json.Unmarshal(after, &out))
	if len(out.Topic) != 2 || out.Topic[0].ID == "" || out.Topic[1].ID == "" { // one is weir.activity's
		t.Errorf("the topics are %+v", out.Topic)
	}
	n.end()
}

func TestDamagedLedgerStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	start(t, config(dir)).end()
	path := filepath.Join(dir, node.LedgerFile)
	b, err := os.ReadFile(path)
	must(t, err)
	at := bytes.Index(b, []byte("mesh.create"))
	if at < 0 {
		t.Fatal("the ledger's entries are not readable")
	}
	b[at] ^= 1
	must(t, os.WriteFile(path, b, 0o600))
	err = node.Run(t.Context(), config(dir), func(context.Context, *node.Node) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "ledger.db") {
		t.Errorf("a damaged ledger gives %v", err)
	}
}

func TestAddressesOfOthersAreRefused(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.Kafka = "0.0.0.0:0"
	err := node.Run(t.Context(), cfg, func(context.Context, *node.Node) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "--kafka 0.0.0.0:0 is not a loopback address") {
		t.Errorf("got %v", err)
	}
}

// TestClusterThatIsAway: the node starts, says that it is not ready, and takes
// decisions; their topics wait.
func TestClusterThatIsAway(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.Cluster = []string{"127.0.0.1:1"}
	n := start(t, cfg)
	defer n.end()
	c := n.client()
	_, err := c.CreateTeam(t.Context(), client.NewTeam{Name: "team"})
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := http.Get(n.Admin().URL + "/readyz")
		must(t, err)
		res.Body.Close()
		if res.StatusCode == http.StatusServiceUnavailable {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("a node whose cluster is away says that it is ready")
		}
	}
}

func TestReset(t *testing.T) {
	dir := t.TempDir()
	n := start(t, config(dir))
	old := n.Admin().Token
	if _, err := node.ResetAdmin(t.Context(), config(dir), "admin"); err == nil {
		t.Error("the admin is reset below a running node")
	}
	n.end()
	f, err := node.ResetAdmin(t.Context(), config(dir), "admin")
	must(t, err)
	n = start(t, config(dir))
	defer n.end()
	if n.Admin().Token == old || n.Admin().Token != f.Token {
		t.Error("admin.json has not the new token")
	}
	_, err = n.client().Me(t.Context())
	must(t, err)
	_, err = n.client().Login(t.Context(), client.NewSession{User: "admin", Password: f.Password})
	must(t, err)
}

// TestRegistryDoors: the schema registry is on a listener of its own and below
// /registry of the HTTP one, and both are the same.
func TestRegistryDoors(t *testing.T) {
	n := start(t, config(t.TempDir()))
	defer n.end()
	for _, ask := range [][4]string{
		{"POST", "http://" + n.Registry() + "/subjects/a%2Fb/versions", `{"schema":"\"string\""}`, `{"id":1}`},
		{"GET", n.Admin().URL + "/registry/subjects/a%2Fb/versions/latest/schema", "", `"string"`},
		{"GET", n.Admin().URL + "/registry", "", `{}`},
		{"GET", n.Admin().URL + "/registry/", "", `{}`},
		{"GET", "http://" + n.Registry() + "/", "", `{}`},
	} {
		if got := n.ask(ask[0], ask[1], ask[2]); got != ask[3] {
			t.Errorf("%s %s: %s", ask[0], ask[1], got)
		}
	}
	m, err := n.client().Mesh(t.Context())
	must(t, err)
	if m.Registry != "http://"+n.Registry() {
		t.Errorf("the mesh says that the registry is at %s", m.Registry)
	}
}

// ask sends a request as the admin and gives what is answered.
func (r *running) ask(method, url, body string) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, url, strings.NewReader(body))
	must(r.t, err)
	req.SetBasicAuth("token", r.Admin().Token)
	res, err := http.DefaultClient.Do(req)
	must(r.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(r.t, err)
	return string(b)
}

// TestSlowClientsOfTheRegistry: who does not say a whole request is let go.
func TestSlowClientsOfTheRegistry(t *testing.T) {
	t.Parallel()
	n := start(t, config(t.TempDir()))
	defer n.end()
	c, err := net.Dial("tcp", n.Registry())
	must(t, err)
	defer c.Close()
	must(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = c.Write([]byte("GET /subjects HTTP/1.1\r\nHost: x\r\nAuthoriz"))
	must(t, err)
	b, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("a client that stops in the middle of a header is kept: %v", err)
	}
	if strings.Contains(string(b), " 200 ") {
		t.Errorf("it is answered %s", b)
	}
}

// TestRegistryAddresses: the default goes with the HTTP address, and another
// machine's is refused.
func TestRegistryAddresses(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.Registry = "0.0.0.0:0"
	err := node.Run(t.Context(), cfg, func(context.Context, *node.Node) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "--registry 0.0.0.0:0 is not a loopback address") {
		t.Errorf("got %v", err)
	}
	n := start(t, config(t.TempDir()))
	defer n.end()
	if strings.HasSuffix(n.Registry(), ":8081") || strings.HasSuffix(n.Registry(), ":0") {
		t.Errorf("with port 0 for HTTP the registry is at %s", n.Registry())
	}
	cfg = config(t.TempDir())
	cfg.Registry = n.Registry()
	err = node.Run(t.Context(), cfg, func(context.Context, *node.Node) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "--registry "+n.Registry()) {
		t.Errorf("an address that is taken: %v", err)
	}
}
