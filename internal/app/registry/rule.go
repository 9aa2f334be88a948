package registry

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// What serialisers know of rules. A rule that does not say its kind or mode has
// the first.
var (
	ruleKinds      = []string{"TRANSFORM", "CONDITION"}
	domainModes    = []string{"WRITEREAD", "WRITE", "READ"}
	migrationModes = []string{"UPDOWN", "UPGRADE", "DOWNGRADE"}
)

// ruled is a rule set with what its rules do not say filled in; it refuses rules
// that no serialiser could apply.
func ruled(r *weir.RuleSet) (*weir.RuleSet, error) {
	if r == nil {
		return nil, nil
	}
	out, names := *r, map[string]bool{}
	for _, part := range []struct {
		rules *[]weir.Rule
		modes []string
	}{{&out.MigrationRules, migrationModes}, {&out.DomainRules, domainModes}, {&out.EncodingRules, domainModes}} {
		*part.rules = slices.Clone(*part.rules)
		for i := range *part.rules {
			if err := complete(&(*part.rules)[i], part.modes, names); err != nil {
				return nil, err
			}
		}
	}
	return &out, nil
}

// complete fills one rule in, and checks it.
func complete(r *weir.Rule, modes []string, names map[string]bool) error {
	if r.Kind == "" {
		r.Kind = ruleKinds[0]
	}
	if r.Mode == "" {
		r.Mode = modes[0]
	}
	switch {
	case r.Name == "":
		return invalidRule("Missing rule name")
	case names[r.Name]:
		return invalidRule("Found rule with duplicate name '%s'", r.Name)
	case r.Type == "":
		return invalidRule("Missing rule type in rule '%s'", r.Name)
	case !slices.Contains(ruleKinds, r.Kind):
		return invalidRule("rule '%s' is of kind %q; use %s", r.Name, r.Kind, strings.Join(ruleKinds, " or "))
	case !slices.Contains(modes, r.Mode):
		return invalidRule("rule '%s' is in mode %q; such a rule can only be %s", r.Name, r.Mode, strings.Join(modes, ", "))
	}
	names[r.Name] = true
	return nil
}

func invalidRule(format string, args ...any) error {
	return fault(InvalidRuleSet, weir.Invalid, format, args...).At("ruleSet")
}
