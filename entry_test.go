package weir_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
)

// formatHeads is what the chain of each format's fixture ends at. Neither the
// fixtures nor these may ever change: ledgers like them are in the world.
var formatHeads = map[string]string{
	"testdata/entries.v1.jsonl": "9c6dd56f21a646c236426ef800b832b182248de9248af63a22610a83c1b6cfd0",
	"testdata/entries.v2.jsonl": "22d1ad06560de213547383fa82ea477eb431a53ff13dbbb84f5bb4de2580a05f",
	"testdata/entries.v4.jsonl": "fe0c00598784af2cc3d8fa2cc89f48e42da32abfb0e881a7cd16080746df066f",
	"testdata/entries.v5.jsonl": "67b95e5161e3eff7e57a10f2458f9e3e2c8585fbc3b3c860e3a04a1a9a9a50f3",
	"testdata/entries.v6.jsonl": "602bf8b439157bf6abc51f49a0268c817ca7c14ba4f84ee644ab48b47d98340e",
	"testdata/entries.v3.jsonl": "df60bf2d82ce830d9876f6545a1e463e91bdbf08efdd12055b53095c0577eb80",
}

// fixture reads the entries of a format as they were written.
func fixture(t testing.TB, name string) [][]byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	s := bufio.NewScanner(bytes.NewReader(raw))
	for s.Scan() {
		lines = append(lines, bytes.Clone(s.Bytes()))
	}
	return lines
}

func TestFormatsAreReadForEver(t *testing.T) {
	t.Parallel()
	nouns := map[weir.Noun]bool{}
	for name, want := range formatHeads {
		var head weir.Head
		for _, line := range fixture(t, name) {
			head = head.Next(line)
			e, err := weir.DecodeEntry(line)
			if err != nil {
				t.Fatalf("%s, offset %d: %v", name, head.Offset, err)
			}
			if again, err := weir.Canonical(e); err != nil || !bytes.Equal(again, line) {
				t.Errorf("%s, offset %d is read and written as\n%s, not\n%s (%v)", name, head.Offset, again, line, err)
			}
			for _, c := range e.Changes {
				nouns[c.Ref.Noun] = true
				checkChange(t, head.Offset, c)
			}
		}
		if got := head.Hash.String(); got != want {
			t.Errorf("%s: the chain ends at %s", name, got)
		}
	}
	for _, n := range weir.Nouns() {
		if !nouns[n] {
			t.Errorf("no fixture has a %s", n)
		}
	}
}

func checkChange(t *testing.T, at weir.Offset, c weir.Change) {
	t.Helper()
	if c.Deleted {
		return
	}
	ent, err := weir.DecodeEntity(c.Ref.Noun, c.Body)
	if err != nil {
		t.Fatalf("offset %d: %v", at, err)
	}
	if diff := cmp.Diff(c.Ref, ent.Ref()); diff != "" {
		t.Errorf("offset %d: %s", at, diff)
	}
	if again, err := weir.Canonical(ent); err != nil || !bytes.Equal(again, c.Body) {
		t.Errorf("offset %d: %s is written as %s (%v)", at, c.Body, again, err)
	}
}

func TestDecodeEntryRefuses(t *testing.T) {
	t.Parallel()
	good := `{"at":"2026-11-21T12:00:00Z","by":{"noun":"mesh"},"op":"x","v":1,"via":{"door":"api"}}`
	if _, err := weir.DecodeEntry([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ in, says string }{
		"nothing":       {"", "no entry"},
		"no JSON":       {"hello", "no entry"},
		"null":          {"null", "format 0"},
		"a list":        {"[]", "no entry"},
		"no v":          {strings.Replace(good, `"v":1`, `"w":1`, 1), "format 0"},
		"a newer v":     {strings.Replace(good, `"v":1`, `"v":7`, 1), "newer weir"},
		"a negative v":  {strings.Replace(good, `"v":1`, `"v":-1`, 1), "format -1"},
		"unknown field": {strings.Replace(good, `"op"`, `"opp"`, 1), "cannot be read"},
		"two entries":   {good + good, "no entry"},
		"bad time":      {strings.Replace(good, "2026", "soon", 1), "cannot be read"},
		"bad uid":       {strings.Replace(good, `"noun"`, `"uid":"x","noun"`, 1), "cannot be read"},
	} {
		_, err := weir.DecodeEntry([]byte(c.in))
		if !errors.Is(err, weir.Damaged) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealChains(t *testing.T) {
	t.Parallel()
	e := weir.Entry{At: time.Date(2026, 1, 1, 1, 0, 0, 0, time.FixedZone("x", 3600)), Op: "a"}
	one, err := weir.Seal(weir.Head{}, e)
	if err != nil {
		t.Fatal(err)
	}
	two, err := weir.Seal(one.Head, e)
	if err != nil {
		t.Fatal(err)
	}
	if one.Offset != 1 || two.Offset != 2 || one.Hash == two.Hash || !bytes.Equal(one.Bytes, two.Bytes) {
		t.Fatalf("%v %v", one.Head, two.Head)
	}
	if !bytes.Contains(one.Bytes, []byte(`"2026-01-01T00:00:00Z"`)) || !bytes.Contains(one.Bytes, []byte(`"v":6`)) {
		t.Errorf("%s", one.Bytes)
	}
	if got := one.Head.Next(two.Bytes); got != two.Head {
		t.Errorf("%v, want %v", got, two.Head)
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		`{"a":1,"b":{"c":"<&>","d":null}}`: json.RawMessage(" {\"b\" : {\"d\":null,\"c\":\"\\u003c&>\"}, \"a\":1}"),
		`[1.0,1e400,12345678901234567890]`: json.RawMessage(`[1.0, 1e400, 12345678901234567890]`),
		`"é"`:                              "\u00e9",
		`null`:                             nil,
	} {
		got, err := weir.Canonical(v)
		if err != nil || string(got) != want {
			t.Errorf("%s, want %s (%v)", got, want, err)
		}
	}
	if _, err := weir.Canonical(json.RawMessage("{")); err == nil {
		t.Error("no JSON was written")
	}
}

// FuzzDecodeEntry: no bytes make it panic, every error is Damaged, and what is
// read is written so that it reads the same.
func FuzzDecodeEntry(f *testing.F) {
	for name := range formatHeads {
		for _, line := range fixture(f, name) {
			f.Add(line)
		}
	}
	f.Add([]byte(`{"v":1}`))
	f.Add([]byte("\x00\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := weir.DecodeEntry(b)
		if err != nil {
			if !errors.Is(err, weir.Damaged) {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, c := range e.Changes {
			if _, err := weir.DecodeEntity(c.Ref.Noun, c.Body); err != nil && !errors.Is(err, weir.Damaged) {
				t.Fatalf("%v", err)
			}
		}
		once, err := weir.Canonical(e)
		if err != nil {
			return // times that JSON cannot say
		}
		again, err := weir.DecodeEntry(once)
		if err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		twice, err := weir.Canonical(again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s, then %s (%v)", once, twice, err)
		}
	})
}
