package weir_test

import (
	"testing"

	"github.com/weirmesh/weir"
)

func TestProvenance(t *testing.T) {
	t.Parallel()
	for _, want := range []weir.Provenance{{"a.b.v1", 0, 0}, {"x", 12, 9_000_000_000}} {
		if got, err := weir.ParseProvenance(want.String()); err != nil || got != want {
			t.Errorf("%s is read as %v, %v", want, got, err)
		}
	}
	for _, bad := range []string{"", "a", "a/1", "a/1/", "a/-1/2", "a/1/-2", "/1/2", "a/b/1/2", "a/1/2/3", "a b/1/2", "a/99999999999/1"} {
		if got, err := weir.ParseProvenance(bad); weir.KindOf(err) != weir.Invalid {
			t.Errorf("%q is read as %v, %v", bad, got, err)
		}
	}
}
