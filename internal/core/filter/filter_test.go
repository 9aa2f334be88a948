package filter_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/filter"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	r := filter.Record{
		Partition: 2, Offset: 40, Time: time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC), Key: []byte(`"User_4"`),
		Value:   []byte(`{"id":9007199254740993,"big":18446744073709551615,"price":1.5,"name":"ä","tags":["a","b"],"at":{"city":null},"flag":true}`),
		Headers: map[string][]byte{"trace": []byte(`"x"`)},
	}
	for text, want := range map[string]string{
		`true`:                                          "true",
		`value.id == 9007199254740993`:                  "true",
		`value.id == 9007199254740992`:                  "false",
		`value.big > 9223372036854775807`:               "true",
		`value.price > 1`:                               "true",
		`value.price * 2.0 == 3.0`:                      "true",
		`value.name == 'ä'`:                             "true",
		`'b' in value.tags`:                             "true",
		`value.at.city == null`:                         "true",
		`value.flag`:                                    "true",
		`has(value.none)`:                               "false",
		`has(value.none) && value.none > 1`:             "false",
		`key.startsWith('User_')`:                       "true",
		`partition == 2 && offset >= 40`:                "true",
		`timestamp > timestamp('2026-11-21T14:59:59Z')`: "true",
		`headers['trace'] == 'x'`:                       "true",
		`'none' in headers`:                             "false",
		`value.none == 1`:                               "error",
		`value.name > 3`:                                "error",
		`value.price`:                                   "error",
	} {
		f, err := filter.Compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := f.Match(context.Background(), r)
		if said := map[bool]string{true: "true", false: "false"}[got]; err == nil && said != want || err != nil && want != "error" {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`value.x +`:                           "where:1:10",
		`1 + 1`:                               "gives int, not true or false",
		`nothing == 1`:                        "where:1:1",
		`value.x == 1 &&` + "\n" + `)`:        "where:2:1",
		strings.Repeat("x", filter.MaxText+1): "4097 bytes",
		strings.Repeat("(", 200):              "where",
	} {
		_, err := filter.Compile(text)
		var e *weir.Error
		if !errors.As(err, &e) || e.Kind != weir.Invalid && e.Kind != weir.Limit || !strings.Contains(e.Public(), want) || e.Fix == "" {
			t.Errorf("%.40s: %v, want %s", text, err, want)
		}
	}
}

// TestCostIsBounded: an expression that would take for ever is ended.
func TestCostIsBounded(t *testing.T) {
	t.Parallel()
	list := "[" + strings.TrimSuffix(strings.Repeat("1,", 300), ",") + "]"
	f, err := filter.Compile(`value.all(a, value.all(b, value.all(c, a + b + c > 0)))`)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if _, err := f.Match(context.Background(), filter.Record{Key: []byte("null"), Value: []byte(list)}); err == nil || !strings.Contains(err.Error(), "cost") {
		t.Errorf("27 million steps: %v", err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Match(ctx, filter.Record{Key: []byte("null"), Value: []byte(list)}); !errors.Is(err, context.Canceled) {
		t.Errorf("when nobody waits any more: %v", err)
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	const value = `{"z":1,"a":{"b":2,"c":{"d":9007199254740993}},"items":[{"sku":"x","n":1},{"sku":"y"},7],"none":null}`
	for fields, want := range map[string]string{
		"":                  value,
		"z":                 `{"z":1}`,
		"a.c.d, z":          `{"z":1,"a":{"c":{"d":9007199254740993}}}`,
		"a,a.b":             `{"a":{"b":2,"c":{"d":9007199254740993}}}`,
		"a.b,a":             `{"a":{"b":2,"c":{"d":9007199254740993}}}`,
		"items.sku":         `{"items":[{"sku":"x"},{"sku":"y"},7]}`,
		"missing,none":      `{"none":null}`,
		"a.missing":         `{"a":{}}`,
		"a.b,items.n,a.c.d": `{"a":{"b":2,"c":{"d":9007199254740993}},"items":[{"n":1},{},7]}`,
	} {
		f, err := filter.ParseFields(fields)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Cut([]byte(value)); err != nil || string(got) != want {
			t.Errorf("%q: %s, %v, want %s", fields, got, err, want)
		}
	}
	for _, fields := range []string{",", "a..b", "a,,b", ".", strings.Repeat("a.", 100) + "a", strings.Repeat("a,", 300) + "a"} {
		if _, err := filter.ParseFields(fields); err == nil {
			t.Errorf("%.30q is taken", fields)
		}
	}
	f, _ := filter.ParseFields("a")
	for _, v := range []string{`17`, `"s"`, `null`, `[]`} {
		if got, err := f.Cut([]byte(v)); err != nil || string(got) != v {
			t.Errorf("of %s there is %s, %v", v, got, err)
		}
	}
}
