package schemaregistry

import (
	"context"

	"github.com/weirmesh/weir/internal/app/registry"
)

// subjects lists names.
func (a *API) subjects(ctx context.Context, q *request) (any, error) {
	w, err := q.which(maxNames)
	if err != nil {
		return nil, err
	}
	found, err := a.Registry.Subjects(ctx, q.by, w)
	return orEmpty(found), err
}

func (a *API) versions(ctx context.Context, q *request) (any, error) {
	return list(ctx, q, a.Registry.Versions)
}

// lookup finds the version that a schema is in a subject.
func (a *API) lookup(ctx context.Context, q *request) (any, error) {
	c, err := readSchema(q)
	if err != nil {
		return nil, err
	}
	v, err := a.Registry.Lookup(ctx, q.by, c, q.deleted())
	return a.shown(ctx, q, v, err)
}

// shown is a version on its way out.
func (a *API) shown(ctx context.Context, q *request, v registry.Version, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if v.Text, err = a.formatted(ctx, q, v); err != nil {
		return nil, err
	}
	return versionOf(v), nil
}

// register puts a schema into a subject. The answer is the id; where metadata,
// rules or text came from elsewhere than the request, it is all of it.
func (a *API) register(ctx context.Context, q *request) (any, error) {
	c, err := readSchema(q)
	if err != nil {
		return nil, err
	}
	call, err := q.call()
	if err != nil {
		return nil, err
	}
	v, err := a.Registry.Register(ctx, call, c)
	if err != nil {
		return nil, err
	}
	if c.Text != "" && v.Metadata == nil && v.RuleSet == nil {
		return registered{ID: v.ID}, nil
	}
	return registered{
		ID: v.ID, Version: v.Version, Type: typeOf(v.Format), References: v.References,
		Metadata: v.Metadata, RuleSet: ruleSetOf(v.RuleSet), Schema: v.Text,
	}, nil
}

// deleteSubject deletes all versions and lists them.
func (a *API) deleteSubject(ctx context.Context, q *request) (any, error) {
	subject, err := q.subject()
	if err != nil {
		return nil, err
	}
	call, err := q.call()
	if err != nil {
		return nil, err
	}
	gone, err := a.Registry.DeleteSubject(ctx, call, subject, q.flag("permanent"))
	return orEmpty(gone), err
}

// latestWith finds the latest version with some properties: key and value come
// in pairs.
func (a *API) latestWith(ctx context.Context, q *request) (any, error) {
	subject, err := q.subject()
	if err != nil {
		return nil, err
	}
	keys, values := q.params()["key"], q.params()["value"]
	properties := map[string]string{}
	for i := range min(len(keys), len(values)) {
		properties[keys[i]] = values[i]
	}
	v, err := a.Registry.LatestWith(ctx, q.by, subject, properties, q.deleted())
	return a.shown(ctx, q, v, err)
}
