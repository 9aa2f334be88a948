package registry

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Serialized is a schema for clients that have no parser of its language: for
// Protobuf the descriptor's bytes in base64, otherwise its text. It asks nobody
// whether the caller may see the schema: find it by [Registry.ByID] first.
func (r *Registry) Serialized(ctx context.Context, v Version) (string, error) {
	if v.Format != weir.FormatProtobuf {
		return v.Text, nil
	}
	u, ok := r.cfg.Index.uidOf(v.ID)
	if !ok {
		return "", noSchemaID(v.ID)
	}
	s, err := r.parsed(ctx, u)
	if err != nil {
		return "", err
	}
	if p, ok := s.(interface{ Serialized() string }); ok {
		return p.Serialized(), nil
	}
	return v.Text, nil
}

// Parsed gives a schema that the caller may know of, by its id, understood.
func (r *Registry) Parsed(ctx context.Context, p weir.Principal, id weir.SchemaID) (schema.Schema, error) {
	e, _, _, ok := r.cfg.Index.place(id, p.Scope(), "")
	if !ok {
		return nil, noSchemaID(id)
	}
	return r.parsed(ctx, e.UID)
}

// uidOf finds a schema by its id.
func (x *Index) uidOf(id weir.SchemaID) (weir.UID, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	k, ok := x.byID[id]
	if !ok {
		return weir.UID{}, false
	}
	return k.UID, true
}
