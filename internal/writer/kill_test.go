package writer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/driver/statetest"
	"github.com/weirmesh/weir/internal/writer"
)

// childDir is set in the environment of a child process: the folder to write
// in. childRound makes its names its own.
const (
	childDir   = "WEIR_TEST_WRITER_DIR"
	childRound = "WEIR_TEST_WRITER_ROUND"
	killRounds = "WEIR_KILL_ROUNDS"
)

// child writes until it is killed and prints the name and offset of everything
// that was acknowledged.
func child(dir string) int {
	ctx := context.Background()
	l, err := ledger.Open(ctx, filepath.Join(dir, "ledger.db"), ledger.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s, err := state.Open(ctx, filepath.Join(dir, "state.db"), l, state.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	w := writer.New(l, s, writer.Options{})
	var print sync.Mutex
	for client := range 8 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("r%s-%d-%d", os.Getenv(childRound), client, i)
				r, err := w.Submit(ctx, pair(name))
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				print.Lock()
				fmt.Println("ack", name, r.Offset)
				print.Unlock()
			}
		}()
	}
	fmt.Fprintln(os.Stderr, w.Run(ctx))
	return 1
}

// pair makes two things in one entry.
func pair(name string) weir.Decision {
	return weir.Decision{By: weir.Principal{Ref: weir.System}, Op: "pair", Key: weir.IdempotencyKey(name), Decide: func(context.Context, weir.View) (weir.Outcome, error) {
		var out weir.Outcome
		for _, half := range []string{"-a", "-b"} {
			c, err := weir.NewChange(weir.UID{}, nil, 0, &weir.Mesh{UID: weir.NewUID(time.Now()), Name: name + half})
			if err != nil {
				return out, err
			}
			out.Changes = append(out.Changes, c)
		}
		return out, nil
	}}
}

// TestKillNine: a process that is killed at any moment loses nothing that it
// acknowledged, leaves nothing half, and its state is what the ledger says.
func TestKillNine(t *testing.T) {
	t.Parallel()
	rounds := 8
	if s := os.Getenv(killRounds); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("%s=%q: a number of rounds", killRounds, s)
		}
		rounds = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	acks := map[string]weir.Offset{}
	for round := range rounds {
		after := time.Duration(rnd.IntN(150)) * time.Millisecond
		for name, at := range writeAndKill(t, dir, round, after) {
			acks[name] = at
		}
		if rnd.IntN(4) == 0 {
			os.Remove(filepath.Join(dir, "state.db"))
		}
		checkAfterKill(t, dir, acks)
	}
	t.Logf("%d kills, %d acknowledged writes", rounds, len(acks))
	if len(acks) == 0 {
		t.Error("nothing was acknowledged in any round")
	}
}

// writeAndKill runs a child and kills it some time after its first answer, and
// returns what it acknowledged.
func writeAndKill(t *testing.T, dir string, round int, after time.Duration) map[string]weir.Offset {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprintf("%s=%d", childRound, round))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acks := map[string]weir.Offset{}
	lines := bufio.NewScanner(out)
	var killed *time.Timer
	for lines.Scan() {
		if killed == nil {
			killed = time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
		f := strings.Fields(lines.Text()) // the last line may be cut
		if len(f) != 3 || f[0] != "ack" {
			continue
		}
		if at, err := strconv.ParseUint(f[2], 10, 64); err == nil {
			acks[f[1]] = weir.Offset(at)
		}
	}
	err = cmd.Wait()
	if killed == nil || stderr.Len() > 0 {
		t.Fatalf("the child ended by itself: %v %s", err, stderr.String())
	}
	killed.Stop()
	return acks
}

func checkAfterKill(t *testing.T, dir string, acks map[string]weir.Offset) {
	t.Helper()
	n := newNode(t, dir, with{})
	if _, err := n.ledger.Verify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for name, at := range acks {
		r, err := recordAt(t, n, at)
		if err != nil || string(r.Entry.Key) != name {
			t.Fatalf("%s was acknowledged at %d, there is %q: %v", name, at, r.Entry.Key, err)
		}
	}
	n.look(func(v weir.View) {
		if v.Offset() != n.ledger.Head().Offset {
			t.Fatalf("the state shows %d of %d", v.Offset(), n.ledger.Head().Offset)
		}
		checkPairs(t, v, acks)
	})
	statetest.Same(t, mustFresh(t, n), n.state)
	n.stop()
}

var errFound = errors.New("found")

func recordAt(t *testing.T, n *node, at weir.Offset) (found weir.Record, err error) {
	t.Helper()
	err = n.ledger.Read(t.Context(), at, func(r weir.Record) error { found = r; return errFound })
	if errors.Is(err, errFound) {
		err = nil
	}
	return found, err
}

// checkPairs: every acknowledged pair is there, and nothing is without its
// other half.
func checkPairs(t *testing.T, v weir.View, acks map[string]weir.Offset) {
	t.Helper()
	halves := map[string]int{}
	if err := weir.All(t.Context(), v, weir.ListQuery{Noun: weir.NounMesh, Scope: weir.Everything}, func(i weir.Item) error {
		name := i.Entity.Ref().Name
		halves[name[:len(name)-2]]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name := range acks {
		if halves[name] != 2 {
			t.Fatalf("%s was acknowledged, %d halves are there", name, halves[name])
		}
	}
	for name, n := range halves {
		if n != 2 {
			t.Fatalf("half of %s is there", name)
		}
	}
}
