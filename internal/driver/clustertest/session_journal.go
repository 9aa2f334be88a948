package clustertest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// sessionRestores: changes come back in order, those of epochs that were
// committed since the base.
func sessionRestores(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	one := j.open(t, s.Cluster)
	base := one.End()
	for i := range 5 {
		if i == 2 {
			base = one.End()
		}
		j.commit(t, one, weir.Epoch{Changes: [][]byte{fmt.Appendf(nil, "%d a", i), fmt.Appendf(nil, "%d b", i)}, Base: base})
	}
	one.Close()
	var got []string
	restore := func(c []byte) error { got = append(got, string(c)); return nil }
	two := j.open(t, s.Cluster)
	if err := two.Restore(s.ctx, restore); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "restored", []string{"2 a", "2 b", "3 a", "3 b", "4 a", "4 b"}, got)
	stop := errors.New("stop")
	if err := two.Restore(s.ctx, func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of the caller: %v", err)
	}
}

// epochs commits so many epochs of one change each, and gives where each began.
func (j job) epochs(t *testing.T, s weir.Session, n int, base func(begins int64) int64) (begins []int64) {
	t.Helper()
	for i := range n {
		begins = append(begins, s.End())
		j.commit(t, s, weir.Epoch{Changes: [][]byte{[]byte(strconv.Itoa(i))}, Base: base(s.End())})
	}
	return begins
}

func itself(begins int64) int64 { return begins }

// sessionCuts: the journal does not grow for ever, and the last epochs stay.
func sessionCuts(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	j.spec.KeepEpochs = 150 // of three offsets each
	one := j.open(t, s.Cluster)
	begins := j.epochs(t, one, 400, itself)
	at := s.offsets(t, j.spec.Journal, 0)
	if at[0] > begins[250] || at[1]-at[0] > 750 || at[1] < 1200 {
		t.Errorf("after 400 epochs, the last 150 of which begin at %d, the journal begins and ends at %v", begins[250], at)
	}
	one.Close()
	if got := j.open(t, s.Cluster).Resumed().Epoch; got != 400 {
		t.Errorf("it goes on behind epoch %d", got)
	}
}

// sessionKeeps: who wants to replay keeps everything.
func sessionKeeps(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	j.spec.KeepEpochs = -1
	j.epochs(t, j.open(t, s.Cluster), 150, itself)
	if at := s.offsets(t, j.spec.Journal, 0); at[0] != 0 {
		t.Errorf("the journal begins and ends at %v", at)
	}
	if n := len(j.read(t, j.spec.Journal)); n != 301 {
		t.Errorf("the journal of 150 epochs has %d records", n)
	}
}

// sessionBase: a change behind the base is never cut, however long ago, also
// where the epoch that moves the base is not committed.
func sessionBase(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	killer := &Killer{Upstream: s.Upstream}
	one := j.open(t, s.over(t, killer))
	base := one.End()
	j.epochs(t, one, 150, func(int64) int64 { return base })
	ctx, dead := context.WithCancel(s.ctx)
	killer.Arm(kmsg.EndTxn.Int16(), false, dead)
	if err := one.Commit(ctx, weir.Epoch{Changes: [][]byte{[]byte("all")}, Base: one.End()}); err == nil {
		t.Fatal("a killed client has committed")
	}
	n := 0
	if err := j.open(t, s.Cluster).Restore(s.ctx, func(c []byte) error {
		if string(c) != strconv.Itoa(n) {
			return fmt.Errorf("the change %q, want %d", c, n)
		}
		n++
		return nil
	}); err != nil || n != 150 {
		t.Errorf("%d of 150 changes are restored, %v", n, err)
	}
}
