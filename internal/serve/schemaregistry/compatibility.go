package schemaregistry

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/core/compat"
)

// verdict says whether a schema may follow. Messages are said to those who ask
// for more.
type verdict struct {
	Compatible bool      `json:"is_compatible"`
	Messages   *[]string `json:"messages,omitempty"`
}

// check compares with those versions that the subject's level compares.
func (a *API) check(ctx context.Context, q *request) (any, error) { return a.compare(ctx, q, 0) }

// checkVersion compares with one version.
func (a *API) checkVersion(ctx context.Context, q *request) (any, error) {
	version, err := q.version()
	if err != nil {
		return nil, err
	}
	return a.compare(ctx, q, version)
}

func (a *API) compare(ctx context.Context, q *request, version int) (any, error) {
	c, err := readSchema(q)
	if err != nil {
		return nil, err
	}
	verbose := q.flag("verbose")
	found, err := a.Registry.Check(ctx, q.by, c, version)
	if version == registry.Latest && errors.Is(err, registry.NoSubject) {
		found, err = a.Registry.Check(ctx, q.by, c, 0) // what has no latest takes anything
	}
	if verbose && errors.Is(err, registry.InvalidSchema) {
		return verdict{Messages: &[]string{messageOf(err)}}, nil
	}
	if err != nil {
		return nil, err
	}
	out := verdict{Compatible: found.Compatible()}
	if verbose {
		out.Messages = messages(found)
	}
	return out, nil
}

// messages tells what stands against a schema, and at last at which level.
func messages(v compat.Verdict) *[]string {
	out := []string{}
	for _, f := range v.Findings {
		out = append(out, fmt.Sprintf("version %d, %s: %s", f.Version, f.Direction, f.Mismatch))
	}
	if len(out) > 0 {
		out = append(out, fmt.Sprintf("{compatibility: '%s'}", v.Level))
	}
	return &out
}
