package schemaregistry

import (
	"context"

	"github.com/weirmesh/weir/internal/app/registry"
)

// place is a subject and a version in the path.
func (q *request) place() (subject string, version int, err error) {
	if subject, err = q.subject(); err != nil {
		return "", 0, err
	}
	version, err = q.version()
	return subject, version, err
}

func (a *API) findVersion(ctx context.Context, q *request) (registry.Version, error) {
	subject, version, err := q.place()
	if err != nil {
		return registry.Version{}, err
	}
	return a.Registry.Version(ctx, q.by, subject, version, q.deleted())
}

func (a *API) version(ctx context.Context, q *request) (any, error) {
	v, err := a.findVersion(ctx, q)
	return a.shown(ctx, q, v, err)
}

func (a *API) versionText(ctx context.Context, q *request) (any, error) {
	v, err := a.findVersion(ctx, q)
	if err != nil {
		return nil, err
	}
	return a.formattedText(ctx, q, v)
}

// referencedBy lists the ids of the schemas that refer to a version.
func (a *API) referencedBy(ctx context.Context, q *request) (any, error) {
	subject, version, err := q.place()
	if err != nil {
		return nil, err
	}
	w, err := q.which(maxNames)
	if err != nil {
		return nil, err
	}
	ids, err := a.Registry.ReferencedBy(ctx, q.by, subject, version, w)
	return orEmpty(ids), err
}

// deleteVersion deletes one version and gives its number.
func (a *API) deleteVersion(ctx context.Context, q *request) (any, error) {
	subject, version, err := q.place()
	if err != nil {
		return nil, err
	}
	call, err := q.call()
	if err != nil {
		return nil, err
	}
	gone, err := a.Registry.DeleteVersion(ctx, call, subject, version, q.flag("permanent"))
	return gone, err
}
