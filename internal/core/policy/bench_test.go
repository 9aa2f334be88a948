package policy_test

import (
	"strconv"
	"testing"

	"github.com/weirmesh/weir/internal/core/policy"
)

// BenchmarkBuiltIn judges one product by every built-in policy.
func BenchmarkBuiltIn(b *testing.B) {
	rules := mustCompile(b, policy.BuiltIn()...)
	for _, n := range []int{20, 5000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			p := whole()
			for len(p.Fields) < n {
				p.Fields = append(p.Fields, policy.Field{Path: "a.field", Type: "long"})
			}
			for b.Loop() {
				mustJudge(b, rules, policy.Facts{Product: p, Publish: publishing()})
			}
		})
	}
}
