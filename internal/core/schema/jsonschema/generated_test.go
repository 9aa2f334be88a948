package jsonschema_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
)

// TestGeneratedBombs draws attacks of random kind and size: 70 of them, or as
// many as WEIR_BOMBS says. None takes more than is promised.
func TestGeneratedBombs(t *testing.T) {
	count := 70
	if n, err := strconv.Atoi(os.Getenv("WEIR_BOMBS")); err == nil {
		count = n
	}
	r := rand.New(rand.NewPCG(4, 2))
	nest := func(n int, open, end string) string { return strings.Repeat(open, n) + "{}" + strings.Repeat(end, n) }
	kinds := []func(int) string{
		func(n int) string {
			return doubling([]string{"anyOf", "allOf", "oneOf"}[n%3], 2+n%60, n%2 == 0)
		},
		func(n int) string { return nest(n%5000, `{"items":`, "}") },
		func(n int) string { return nest(n%5000, `{"properties":{"a":`, "}}") },
		func(n int) string { return fields(1+n%30_000, `{"type":"string"}`) },
		func(n int) string { return fields(1+n%5000, `{"$ref":"#"}`) },
		func(n int) string { return `{"enum":[` + numbers(1+n%60_000) + `]}` },
		func(n int) string { return `{"required":[` + quoted(1+n%60_000) + `]}` },
		func(n int) string { return fmt.Sprintf(`{"pattern":"(x{1,%d}){%d}y*"}`, 1+n%1500, 1+n%900) },
		func(n int) string { return `{"patternProperties":{` + manyPatterns(1+n%500) + `}}` },
		func(n int) string { return chain(1 + n%5200) },
		func(n int) string { return `{"title":"` + strings.Repeat("x", n%2_000_000) + `"}` },
		func(n int) string { return fmt.Sprintf(`{"multipleOf":1e%d}`, n) },
	}
	for i := range count {
		n := r.IntN(1 << 30)
		src := text(kinds[i%len(kinds)](n))
		runtime.GC()
		took, bytes, err := measured(t, src)
		if k := weir.KindOf(err); err != nil && k != weir.Invalid && k != weir.Limit {
			t.Errorf("bomb %d of %d: %v", i%len(kinds), n, err)
		}
		if bytes > maxBytes || took > maxTime && !raceOn {
			t.Errorf("bomb %d of %d took %v and %d KB: %v", i%len(kinds), n, took, bytes>>10, err)
		}
	}
}
