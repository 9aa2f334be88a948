package state_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/state"
)

// The texts of a document come back as they were; when their bytes end early,
// that is told, and any other bytes are read without harm.
func TestTextsOfADocumentComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.String(), 0, 4)
		var fields [][2]string
		for _, f := range list.Draw(t, "fields") {
			fields = append(fields, [2]string{f, rapid.String().Draw(t, "doc")})
		}
		packed, ok := state.Texts(rapid.String().Draw(t, "description"), rapid.String().Draw(t, "documentation"), list.Draw(t, "tags"), list.Draw(t, "more"), fields)
		if !ok {
			t.Fatal("they are others")
		}
		cut := rapid.IntRange(0, len(packed)-1).Draw(t, "cut")
		if err := state.Unpack(packed[:cut]); !weir.Unavailable.In(err) {
			t.Fatalf("cut at %d of %d: %v", cut, len(packed), err)
		}
		_ = state.Unpack(string(rapid.SliceOf(rapid.Byte()).Draw(t, "any")))
	})
}
