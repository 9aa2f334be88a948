package registry

import (
	"maps"
	"slices"
	"strconv"

	"github.com/weirmesh/weir"
)

// versionProperty is a property of the metadata that holds the number of the
// version that has it.
const versionProperty = "confluent:version"

// populate adds to a registration what the configuration and the latest version
// say beside schemas: defaults, then its own or else the latest version's, then
// overrides.
func populate(reg Registration, c weir.SubjectConfig, latest *weir.Schema, next int) Registration {
	if latest != nil && reg.Metadata == nil {
		reg.Metadata = latest.Metadata
	}
	if latest != nil && reg.RuleSet == nil {
		reg.RuleSet = latest.RuleSet
	}
	reg.Metadata = mergeMetadata(mergeMetadata(c.DefaultMetadata, reg.Metadata), c.OverrideMetadata)
	reg.RuleSet = mergeRuleSets(mergeRuleSets(c.DefaultRuleSet, reg.RuleSet), c.OverrideRuleSet)
	if reg.Version != 0 || versionOf(reg.Metadata) != "" {
		reg.Metadata = mergeMetadata(reg.Metadata, &weir.Metadata{Properties: map[string]string{versionProperty: strconv.Itoa(next)}})
	}
	return reg
}

// versionOf is the number that metadata holds, as it stands there.
func versionOf(m *weir.Metadata) string {
	if m == nil {
		return ""
	}
	return m.Properties[versionProperty]
}

// withoutVersion is metadata without the number of the version.
func withoutVersion(m *weir.Metadata) *weir.Metadata {
	if versionOf(m) == "" {
		return m
	}
	out := *m
	out.Properties = maps.Clone(m.Properties)
	delete(out.Properties, versionProperty)
	return &out
}

// mergeMetadata lays b over a: tags and sensitive names of both, properties of b
// where both have one.
func mergeMetadata(a, b *weir.Metadata) *weir.Metadata {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := &weir.Metadata{Tags: map[string][]string{}, Properties: map[string]string{}}
	for _, m := range []*weir.Metadata{a, b} {
		for path, tags := range m.Tags {
			out.Tags[path] = union(out.Tags[path], tags)
		}
		maps.Copy(out.Properties, m.Properties)
		out.Sensitive = union(out.Sensitive, m.Sensitive)
	}
	return out
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// mergeRuleSets lays b over a: a rule of b replaces the one of a with its name.
func mergeRuleSets(a, b *weir.RuleSet) *weir.RuleSet {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := &weir.RuleSet{
		MigrationRules: mergeRules(a.MigrationRules, b.MigrationRules),
		DomainRules:    mergeRules(a.DomainRules, b.DomainRules),
		EncodingRules:  mergeRules(a.EncodingRules, b.EncodingRules),
		EnableAt:       a.EnableAt,
	}
	if b.EnableAt != "" {
		out.EnableAt = b.EnableAt
	}
	return out
}

func mergeRules(a, b []weir.Rule) []weir.Rule {
	var out []weir.Rule
	for _, r := range a {
		if !slices.ContainsFunc(b, func(n weir.Rule) bool { return n.Name == r.Name }) {
			out = append(out, r)
		}
	}
	return append(out, b...)
}

// tidyMetadata is metadata in one form: nothing if it says nothing, and sets
// sorted.
func tidyMetadata(m *weir.Metadata) *weir.Metadata {
	if m == nil || len(m.Tags) == 0 && len(m.Properties) == 0 && len(m.Sensitive) == 0 {
		return nil
	}
	out := &weir.Metadata{Properties: maps.Clone(m.Properties), Sensitive: union(m.Sensitive, nil)}
	for path, tags := range m.Tags {
		if out.Tags == nil {
			out.Tags = map[string][]string{}
		}
		out.Tags[path] = union(tags, nil)
	}
	return out
}

// tidyRuleSet is nothing if the rule set says nothing.
func tidyRuleSet(r *weir.RuleSet) *weir.RuleSet {
	if r == nil || len(r.MigrationRules) == 0 && len(r.DomainRules) == 0 && len(r.EncodingRules) == 0 && r.EnableAt == "" {
		return nil
	}
	return r
}
