package script

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/cli"
	"github.com/weirmesh/weir/internal/node"
)

// running is a node that a test ends and starts again.
type running struct {
	*node.Node
	stop func()
}

// start runs a node of a data folder at an address.
func start(t *testing.T, data, http string) running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	ready := make(chan *node.Node, 1)
	go func() {
		ended <- node.Run(ctx, node.Config{
			Data: data, HTTP: http, Kafka: "127.0.0.1:0", Version: "test",
			Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader,
		}, func(_ context.Context, n *node.Node) error {
			ready <- n
			return nil
		})
	}()
	select {
	case n := <-ready:
		return running{n, func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the node ended with: %v", err)
			}
		}}
	case err := <-ended:
		cancel()
		t.Fatal(err)
		return running{}
	}
}

// TestFollowOutlivesTheNode: weir audit list --follow prints each entry that its
// filter keeps once, from when it began, though the node ends and starts again
// meanwhile; it ends after as many as were asked for.
func TestFollowOutlivesTheNode(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	n := start(t, data, "127.0.0.1:0")
	http, token := n.HTTP(), n.Founding().Token
	admin, err := client.New("http://"+http, token)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	team := func(name string) uint64 {
		t.Helper()
		if _, err := admin.CreateTeam(t.Context(), client.NewTeam{Name: name}); err != nil {
			t.Fatal(err)
		}
		es, err := admin.Entries(t.Context(), client.EntryFilter{About: "team/" + name})
		if err != nil {
			t.Fatal(err)
		}
		return es[len(es)-1].Offset
	}
	team("before")

	const wanted = 12
	out, in := io.Pipe()
	var says bytes.Buffer
	code := make(chan int, 1)
	go func() {
		env := map[string]string{"WEIR_URL": "http://" + http, "WEIR_TOKEN": token}
		code <- cli.Main([]string{"audit", "list", "--follow", "--what", "team.create", "--limit", fmt.Sprint(wanted), "-o", "json"},
			cli.Streams{In: strings.NewReader(""), Out: in, Err: &says}, func(k string) string { return env[k] })
		in.Close()
	}()
	entries := make(chan client.Entry, 1000)
	go func() {
		defer close(entries)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var e client.Entry
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Error(err)
			}
			entries <- e
		}
	}()

	first := begun(t, team, entries)
	want, got := []uint64{}, []uint64{first.Offset}
	for i := range wanted - 1 {
		if i%4 == 1 {
			n.stop()
			n = start(t, data, http)
		}
		want = append(want, team(fmt.Sprint("team-", i)))
	}
	for e := range entries {
		if e.Offset < want[0] && e.Offset > first.Offset {
			continue // made while it was not known whether anybody follows
		}
		got = append(got, e.Offset)
	}
	if c := <-code; c != 0 {
		t.Errorf("exit %d: %s", c, says.String())
	}
	if got = got[1:]; len(got) < wanted/2 || !slices.Equal(got, want[:len(got)]) {
		t.Errorf("printed: %v, made: %v", got, want)
	}
	n.stop()
}

// begun makes teams until the first of them is printed.
func begun(t *testing.T, team func(string) uint64, entries <-chan client.Entry) client.Entry {
	t.Helper()
	for i := range 12 {
		team(fmt.Sprint("beginning-", i))
		select {
		case e := <-entries:
			return e
		case <-time.After(10 * time.Millisecond << i):
		}
	}
	t.Fatal("nothing is printed")
	return client.Entry{}
}
