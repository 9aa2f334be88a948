package weir_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
)

func TestUIDIsAVersion7UUID(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(0x0123456789ab)
	u := weir.NewUID(at)
	s := u.String()
	if !strings.HasPrefix(s, "01234567-89ab-7") || len(s) != 36 || !strings.ContainsRune("89ab", rune(s[19])) {
		t.Error(s)
	}
	if other := weir.NewUID(at); other == u {
		t.Error("two uids of one moment are equal")
	}
	if later := weir.NewUID(at.Add(time.Millisecond)).String(); later <= s {
		t.Error("uids do not sort by time")
	}
}

func TestUIDText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var u, back weir.UID
		copy(u[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uid"))
		text, err := u.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := back.UnmarshalText(text); err != nil || back != u {
			t.Fatalf("%s is read as %v: %v", text, back, err)
		}
	})
	for _, bad := range []string{
		"", "x", strings.Repeat("0", 36), strings.Repeat("-", 36),
		"01a1fe06-d818-7688-9d3b-7482861bbbc", "01a1fe06-d818-7688-9d3b-7482861bbbc44", "01a1fe06-d818-7688-9d3b-7482861bbbcg",
		"01a1fe06d8-18-7688-9d3b-7482861bbbc4", "01A1FE06-D818-7688-9D3B-7482861BBBC4",
	} {
		if _, err := weir.ParseUID(bad); weir.KindOf(err) != weir.Invalid || err == nil {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestZeroIDsAreLeftOut(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(weir.Ref{Noun: weir.NounTeam})
	if err != nil || string(b) != `{"noun":"team"}` {
		t.Errorf("%s %v", b, err)
	}
	var r weir.Ref
	if err := json.Unmarshal([]byte(`{"noun":"team","uid":""}`), &r); err != nil || !r.UID.IsZero() {
		t.Errorf("%v %v", r, err)
	}
}

func TestHashText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var h, back weir.Hash
		copy(h[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
		text, err := h.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := back.UnmarshalText(text); err != nil || back != h {
			t.Fatalf("%s is read as %v: %v", text, back, err)
		}
	})
	for _, bad := range []string{"x", strings.Repeat("0", 63), strings.Repeat("0", 66), strings.Repeat("g", 64)} {
		var h weir.Hash
		if err := h.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is a hash", bad)
		}
	}
}
