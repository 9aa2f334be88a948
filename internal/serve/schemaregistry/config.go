package schemaregistry

import (
	"context"
	"net/http"
	"strings"

	"github.com/weirmesh/weir"
)

// configAnswer is a configuration as it is read.
type configAnswer struct {
	Normalize        *bool              `json:"normalize,omitempty"`
	Compatibility    weir.Compatibility `json:"compatibilityLevel,omitempty"`
	Group            string             `json:"compatibilityGroup,omitempty"`
	DefaultMetadata  *weir.Metadata     `json:"defaultMetadata,omitempty"`
	OverrideMetadata *weir.Metadata     `json:"overrideMetadata,omitempty"`
	DefaultRuleSet   *ruleSetAnswer     `json:"defaultRuleSet,omitempty"`
	OverrideRuleSet  *ruleSetAnswer     `json:"overrideRuleSet,omitempty"`
}

// configEcho is a configuration as it was sent: the level has another name.
type configEcho struct {
	Normalize        *bool          `json:"normalize,omitempty"`
	Compatibility    string         `json:"compatibility,omitempty"`
	Group            string         `json:"compatibilityGroup,omitempty"`
	DefaultMetadata  *weir.Metadata `json:"defaultMetadata,omitempty"`
	OverrideMetadata *weir.Metadata `json:"overrideMetadata,omitempty"`
	DefaultRuleSet   *ruleSetAnswer `json:"defaultRuleSet,omitempty"`
	OverrideRuleSet  *ruleSetAnswer `json:"overrideRuleSet,omitempty"`
}

func configOf(c weir.SubjectConfig) configAnswer {
	return configAnswer{
		Normalize: c.Normalize, Compatibility: c.Compatibility, Group: c.CompatibilityGroup, DefaultMetadata: c.DefaultMetadata,
		OverrideMetadata: c.OverrideMetadata, DefaultRuleSet: ruleSetOf(c.DefaultRuleSet), OverrideRuleSet: ruleSetOf(c.OverrideRuleSet),
	}
}

func echoOf(c weir.SubjectConfig, level string) configEcho {
	return configEcho{
		Normalize: c.Normalize, Compatibility: level, Group: c.CompatibilityGroup, DefaultMetadata: c.DefaultMetadata,
		OverrideMetadata: c.OverrideMetadata, DefaultRuleSet: ruleSetOf(c.DefaultRuleSet), OverrideRuleSet: ruleSetOf(c.OverrideRuleSet),
	}
}

// config reads a configuration: a subject's, or the mesh's on a path without.
func (a *API) config(ctx context.Context, q *request) (any, error) {
	subject, err := q.subject()
	if err != nil {
		return nil, err
	}
	c, err := a.Registry.Config(ctx, q.by, subject, q.flag("defaultToGlobal"))
	return configOf(c), err
}

// setConfig sets what is given and gives back what was sent.
func (a *API) setConfig(ctx context.Context, q *request) (any, error) {
	subject, err := q.subject()
	if err != nil {
		return nil, err
	}
	c, level, err := readConfig(q.body)
	if err != nil {
		return nil, err
	}
	call, err := q.call()
	if err != nil {
		return nil, err
	}
	_, err = a.Registry.SetConfig(ctx, call, subject, c)
	return echoOf(c, level), err
}

func (a *API) deleteConfig(ctx context.Context, q *request) (any, error) {
	subject, call, err := q.write()
	if err != nil {
		return nil, err
	}
	was, err := a.Registry.DeleteConfig(ctx, call, subject)
	return configOf(was), err
}

// write is what a write has in its path and headers.
func (q *request) write() (subject string, call weir.Call, err error) {
	if subject, err = q.subject(); err != nil {
		return "", weir.Call{}, err
	}
	call, err = q.call()
	return subject, call, err
}

// readConfig reads a configuration and its level as it was written. What this
// registry could not keep to is refused.
func readConfig(body []byte) (weir.SubjectConfig, string, error) {
	o, err := readObject(body)
	if err != nil {
		return weir.SubjectConfig{}, "", err
	}
	level := o.text("compatibility")
	c := weir.SubjectConfig{
		Compatibility: weir.Compatibility(strings.ToUpper(level)), CompatibilityGroup: o.text("compatibilityGroup"), Normalize: o.flag("normalize"),
		DefaultMetadata: readMetadata(o, "defaultMetadata"), OverrideMetadata: readMetadata(o, "overrideMetadata"),
		DefaultRuleSet: readRuleSet(o, "defaultRuleSet"), OverrideRuleSet: readRuleSet(o, "overrideRuleSet"),
	}
	for key, left := range map[string]bool{
		"alias": o.text("alias") != "", "aliasForDeks": o.text("aliasForDeks") != "",
		"validateFields": isTrue(o.flag("validateFields")), "validateRules": isTrue(o.flag("validateRules")), "validateNewSchemas": isTrue(o.flag("validateNewSchemas")),
		"compatibilityPolicy": !strings.EqualFold(or(o.text("compatibilityPolicy"), "STRICT"), "STRICT"),
	} {
		if left {
			return c, level, refusal{http.StatusUnprocessableEntity, key + " is left out of this registry; leave it out of the configuration"}
		}
	}
	return c, level, o.err()
}

func isTrue(b *bool) bool { return b != nil && *b }

// modeAnswer is a mode, read or sent.
type modeAnswer struct {
	Mode string `json:"mode"`
}

func (a *API) mode(ctx context.Context, q *request) (any, error) {
	subject, err := q.subject()
	if err != nil {
		return nil, err
	}
	m, err := a.Registry.Mode(ctx, q.by, subject, q.flag("defaultToGlobal"))
	return modeAnswer{string(m)}, err
}

// setMode sets a mode and gives back what was sent.
func (a *API) setMode(ctx context.Context, q *request) (any, error) {
	subject, call, err := q.write()
	if err != nil {
		return nil, err
	}
	o, err := readObject(q.body)
	if err != nil {
		return nil, err
	}
	sent := o.text("mode")
	if err := o.err(); err != nil {
		return nil, err
	}
	_, err = a.Registry.SetMode(ctx, call, subject, weir.SubjectMode(strings.ToUpper(sent)), q.flag("force"))
	return modeAnswer{sent}, err
}

func (a *API) deleteMode(ctx context.Context, q *request) (any, error) {
	subject, call, err := q.write()
	if err != nil {
		return nil, err
	}
	was, err := a.Registry.DeleteMode(ctx, call, subject)
	return modeAnswer{string(was)}, err
}
