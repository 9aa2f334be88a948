package weir_test

import (
	"testing"

	"github.com/weirmesh/weir"
)

func TestProvenance(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]weir.Provenance{
		"a.b.v1/0/0":         {Topic: "a.b.v1"},
		"x/12/9000000000":    {Topic: "x", Partition: 12, Offset: 9_000_000_000},
		"x/1/3-9/2":          {Topic: "x", Partition: 1, Offset: 3, Last: 9, Count: 2},
		"x/1/0-1/1":          {Topic: "x", Partition: 1, Last: 1, Count: 1},
		"x/1/0-8999999999/9": {Topic: "x", Partition: 1, Last: 8_999_999_999, Count: 9},
	} {
		if got, err := weir.ParseProvenance(text); err != nil || got != want || want.String() != text {
			t.Errorf("%s is read as %v, %v", text, got, err)
		}
	}
	for _, bad := range []string{
		"", "a", "a/1", "a/1/", "a/-1/2", "a/1/-2", "/1/2", "a/b/1/2", "a/1/2/3", "a b/1/2", "a/99999999999/1",
		"a/1/2-3", "a/1/3-2/1", "a/1/2-2/1", "a/1/2-3/0", "a/1/2-3/3", "a/1/2-3/-1", "a/1/2-/1", "a/1/2-3/2/1", "a/1/+2", "a/1/2-3-4/1",
	} {
		if got, err := weir.ParseProvenance(bad); weir.KindOf(err) != weir.Invalid {
			t.Errorf("%q is read as %v, %v", bad, got, err)
		}
	}
}
