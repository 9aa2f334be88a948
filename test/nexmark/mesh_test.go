package nexmark_test

import (
	"testing"

	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/test/nexmark"
)

// TestQueriesAreUnderstood: each query has a plan that flows run.
func TestQueriesAreUnderstood(t *testing.T) {
	t.Parallel()
	var compiler sqlang.Compiler
	for _, name := range nexmark.Queries() {
		plan, err := compiler.Compile(nexmark.Query(name), nexmark.Catalog{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := flow.New(plan); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
