package registry

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// candidate is a schema that is to be registered or looked for, understood.
type candidate struct {
	reg    Registration // canonical text; references with numbers
	schema schema.Schema
	bytes  int // of the text and what it refers to
	res    resolved
	body   weir.UID       // the stored text; zero if none is
	same   []*weir.Schema // those that are the same, the lowest id first

	// Of the values of a published product, which policies judge: those of the
	// latest version, and its own.
	before, after []schema.Field
}

// candidate understands a registration as its subject is now.
func (r *Registry) candidate(ctx context.Context, p weir.Principal, w *work, reg Registration, s seen) (candidate, error) {
	reg.Format = cmp.Or(reg.Format, weir.FormatAvro)
	if strings.TrimSpace(reg.Text) == "" {
		var err error
		if reg, err = r.withLatest(ctx, reg, s); err != nil {
			return candidate{}, err
		}
	}
	if len(reg.Text) > weir.MaxBody {
		return candidate{}, fault(TooLarge, weir.Limit, "the schema has %d bytes", len(reg.Text)).At("schema").WithFix("use at most %d", weir.MaxBody)
	}
	var err error
	if reg.RuleSet, err = ruled(reg.RuleSet); err != nil {
		return candidate{}, err
	}
	res, err := r.resolve(ctx, p, reg.References)
	if err != nil {
		return candidate{}, err
	}
	c := candidate{reg: reg, res: res, bytes: len(reg.Text)}
	for _, t := range res.texts {
		c.bytes += t.bytes
	}
	if err := w.grow(ctx, c.bytes); err != nil {
		return candidate{}, err
	}
	if c.schema, err = r.understand(reg.Format, reg.Text, res.texts, res.names, res.of); err != nil {
		return candidate{}, err
	}
	c.reg.References = res.names
	c.reg.Text = c.schema.Canonical()
	if n := s.config().Normalize; reg.Normalize || n != nil && *n {
		c.reg.Text = c.schema.Normalized()
	}
	return c, r.identify(ctx, &c)
}

// withLatest takes the text of the latest version for a registration that brings
// only what stands beside one.
func (r *Registry) withLatest(ctx context.Context, reg Registration, s seen) (Registration, error) {
	v, ok := s.latest()
	if !ok {
		return reg, fault(InvalidSchema, weir.Invalid, "Empty schema").At("schema").WithFix("send the text of a schema")
	}
	e, ok := r.cfg.Index.schema(v.Schema)
	if !ok {
		return reg, noSchema()
	}
	text, err := r.text(ctx, e.Text)
	reg.Text, reg.Format, reg.References = text, e.Format, e.References
	return reg, err
}

// identify finds the schemas that are the same as the candidate.
func (r *Registry) identify(ctx context.Context, c *candidate) error {
	c.reg.Metadata, c.reg.RuleSet = tidyMetadata(c.reg.Metadata), tidyRuleSet(c.reg.RuleSet)
	e := c.entity(c.body)
	e.ID = 1 // any: what is checked is the rest
	if err := e.Validate(); err != nil {
		return faulted(InvalidSchema, err)
	}
	var stored bool
	var err error
	if c.body, stored, err = r.textOf(ctx, c.reg.Text); err != nil || !stored {
		c.same = nil
		return err
	}
	h, err := contentOf(c.entity(c.body))
	c.same = r.cfg.Index.same(h)
	return err
}

// entity is the candidate as a schema with a text, without what it is given when
// it is registered.
func (c *candidate) entity(text weir.UID) *weir.Schema {
	return &weir.Schema{
		Format: c.reg.Format, Text: text, References: c.reg.References, Referred: c.res.of,
		Metadata: c.reg.Metadata, RuleSet: c.reg.RuleSet,
	}
}

// find says which version of a subject the candidate is: the greatest one. A
// candidate that does not say its version's number is also one that does.
func (r *Registry) find(s seen, c candidate, d Deleted) (weir.SubjectVersion, bool) {
	if c.body.IsZero() {
		return weir.SubjectVersion{}, false
	}
	if v, ok := findVersion(s.versions(), d, func(v weir.SubjectVersion) bool { return c.isSame(v.Schema) }); ok {
		return v, true
	}
	if n := versionOf(c.reg.Metadata); n != "" && n != "-1" {
		return weir.SubjectVersion{}, false
	}
	return findVersion(s.versions(), d, func(v weir.SubjectVersion) bool { return r.sameButVersion(v.Schema, c) })
}

// isSame reports whether a registered schema is the same as the candidate.
func (c *candidate) isSame(schema weir.UID) bool {
	return slices.ContainsFunc(c.same, func(e *weir.Schema) bool { return e.UID == schema })
}

func findVersion(vs []weir.SubjectVersion, d Deleted, is func(weir.SubjectVersion) bool) (weir.SubjectVersion, bool) {
	for _, v := range slices.Backward(vs) {
		if d.has(v.Deleted) && is(v) {
			return v, true
		}
	}
	return weir.SubjectVersion{}, false
}

// sameButVersion compares without the number of the version in the metadata.
func (r *Registry) sameButVersion(u weir.UID, c candidate) bool {
	e, ok := r.cfg.Index.schema(u)
	if !ok || e.Text != c.body || versionOf(e.Metadata) == "" {
		return false
	}
	there, mine := *e, *c.entity(c.body)
	there.Metadata, mine.Metadata = tidyMetadata(withoutVersion(there.Metadata)), tidyMetadata(withoutVersion(mine.Metadata))
	a, errA := contentOf(&there)
	b, errB := contentOf(&mine)
	return errA == nil && errB == nil && a == b
}

// version is the candidate as a version of its subject.
func (c *candidate) version(v weir.SubjectVersion) Version {
	return Version{
		Subject: c.reg.Subject, Version: v.Version, ID: v.ID, Deleted: v.Deleted,
		Format: c.reg.Format, Text: c.reg.Text, References: c.reg.References, Metadata: c.reg.Metadata, RuleSet: c.reg.RuleSet,
	}
}
