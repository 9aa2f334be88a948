package access_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
)

// TestLoadingEqualsCompiling: the rights taken from the state are those compiled
// from the whole ledger.
func TestLoadingEqualsCompiling(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		ctx := context.Background()
		l, err := ledger.Open(ctx, filepath.Join(dir, fmt.Sprint("ledger", runs)), ledger.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		w := &world{t: rt, ledger: l, revs: map[weir.UID]weir.Revision{}}
		for n := range 2 {
			name := fmt.Sprint("x", n)
			w.put(&weir.Application{UID: uid('a', n), Name: name, Team: uid('t', n)}, false)
			w.put(&weir.Credential{UID: uid('c', n), Name: name, Application: uid('a', n), Scram: verifier()}, false)
		}
		for range rapid.IntRange(1, 20).Draw(rt, "changes") {
			w.changeOf("app", "domain", "product", "stream", "topic", "access")
		}
		s, err := state.Open(ctx, filepath.Join(dir, fmt.Sprint("state", runs)), l, state.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		loaded, err := access.Load(ctx, s, l)
		if err != nil {
			rt.Fatal(err)
		}
		compiled, err := access.NewLive(ctx, l)
		if err != nil {
			rt.Fatal(err)
		}
		if got, want := loaded.Current().Offset(), l.Head().Offset; got != want {
			rt.Errorf("loaded shows %d of %d", got, want)
		}
		if got, want := dump(loaded.Current()), dump(compiled.Current()); got != want {
			rt.Errorf("loaded:\n%s\ncompiled:\n%s", got, want)
		}
	})
}
