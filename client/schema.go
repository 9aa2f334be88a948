package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// SchemaReference says that a name in a schema's text is the schema of another
// subject's version.
type SchemaReference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// SchemaMetadata is what a schema's author says beside it.
type SchemaMetadata struct {
	Tags       map[string][]string `json:"tags,omitempty"`
	Properties map[string]string   `json:"properties,omitempty"`
	Sensitive  []string            `json:"sensitive,omitempty"`
}

// SchemaRuleSet is the rules that serialisers apply to records.
type SchemaRuleSet struct {
	MigrationRules []SchemaRule `json:"migrationRules,omitempty"`
	DomainRules    []SchemaRule `json:"domainRules,omitempty"`
	EncodingRules  []SchemaRule `json:"encodingRules,omitempty"`
	EnableAt       string       `json:"enableAt,omitempty"`
}

// SchemaRule is one rule.
type SchemaRule struct {
	Name      string            `json:"name"`
	Doc       string            `json:"doc,omitempty"`
	Kind      string            `json:"kind,omitempty"`
	Mode      string            `json:"mode,omitempty"`
	Type      string            `json:"type,omitempty"`
	Tags      []string          `json:"tags,omitempty"`
	Params    map[string]string `json:"params,omitempty"`
	Expr      string            `json:"expr,omitempty"`
	OnSuccess string            `json:"onSuccess,omitempty"`
	OnFailure string            `json:"onFailure,omitempty"`
	Disabled  bool              `json:"disabled,omitempty"`
}

// NewSchema is a schema on its way into a subject, or looked for in one.
// Version and ID are for subjects in mode IMPORT.
type NewSchema struct {
	Schema     string            `json:"schema"`
	Type       string            `json:"schemaType,omitempty"` // empty: AVRO
	References []SchemaReference `json:"references,omitempty"`
	Metadata   *SchemaMetadata   `json:"metadata,omitempty"`
	RuleSet    *SchemaRuleSet    `json:"ruleSet,omitempty"`
	Version    int               `json:"version,omitempty"`
	ID         int               `json:"id,omitempty"`
}

// SchemaVersion is a schema as one version of a subject.
type SchemaVersion struct {
	Subject    string            `json:"subject,omitempty"`
	Version    int               `json:"version,omitempty"`
	ID         int               `json:"id,omitempty"`
	Type       string            `json:"schemaType,omitempty"` // always set by a [Registry]
	References []SchemaReference `json:"references,omitempty"`
	Metadata   *SchemaMetadata   `json:"metadata,omitempty"`
	RuleSet    *SchemaRuleSet    `json:"ruleSet,omitempty"`
	Schema     string            `json:"schema,omitempty"`
}

// typed fills in what registries leave out.
func (v SchemaVersion) typed() SchemaVersion {
	if v.Type == "" {
		v.Type = "AVRO"
	}
	return v
}

// Latest is the greatest version of a subject.
const Latest = -1

func versionPath(version int) string {
	if version == Latest {
		return "latest"
	}
	return strconv.Itoa(version)
}

func subjectPath(subject string) string { return "/subjects/" + seg(subject) }

// SchemaFilter narrows a list of subjects or schemas.
type SchemaFilter struct {
	Prefix  string
	Deleted bool // those deleted softly too
}

func (f SchemaFilter) query() url.Values {
	q := flag(url.Values{}, "deleted", f.Deleted)
	if f.Prefix != "" {
		q.Set("subjectPrefix", f.Prefix)
	}
	return q
}

// How many things of a list are asked for at once. Of those with a prefix it is
// more than there are: some registries first cut the list and then look for the
// prefix.
const (
	schemaPage = 1000
	prefixPage = 1_000_000
)

// pages collects a list page by page, in smaller ones where one would be too
// large. Registries that do not know pages answer with everything, or the same
// again; some give fewer things than they were asked for, so that a short page
// is not the end.
func pages[T any](ctx context.Context, r *Registry, path string, q url.Values, key func(T) string) ([]T, error) {
	out, seen, limit := []T{}, map[string]bool{}, schemaPage
	if q.Has("subjectPrefix") {
		limit = prefixPage
	}
	for {
		q.Set("offset", strconv.Itoa(len(out)))
		q.Set("limit", strconv.Itoa(limit))
		page, err := answer[[]T](ctx, r, http.MethodGet, query(path, q), nil)
		if RegistryCode(err) == CodeTooLarge && limit > 1 {
			limit /= 2
			continue
		}
		if err != nil {
			return nil, err
		}
		before := len(out)
		for _, it := range page {
			if k := key(it); !seen[k] {
				seen[k] = true
				out = append(out, it)
			}
		}
		if len(out) == before {
			return out, nil
		}
	}
}

// Subjects lists the names of subjects.
func (r *Registry) Subjects(ctx context.Context, f SchemaFilter) ([]string, error) {
	return pages(ctx, r, "/subjects", f.query(), func(s string) string { return s })
}

// LatestSchemas lists the latest version of each subject.
func (r *Registry) LatestSchemas(ctx context.Context, f SchemaFilter) ([]SchemaVersion, error) {
	q := f.query()
	q.Set("latestOnly", "true")
	return r.schemas(ctx, q)
}

// Schemas lists every version of every subject.
func (r *Registry) Schemas(ctx context.Context, f SchemaFilter) ([]SchemaVersion, error) {
	return r.schemas(ctx, f.query())
}

// schemas tells versions apart by all that a registry says of them: some do not
// say whose they are.
func (r *Registry) schemas(ctx context.Context, q url.Values) ([]SchemaVersion, error) {
	vs, err := pages(ctx, r, "/schemas", q, func(v SchemaVersion) string {
		return v.Subject + "\x00" + strconv.Itoa(v.Version) + "\x00" + v.Type + "\x00" + v.Schema
	})
	for i := range vs {
		vs[i] = vs[i].typed()
	}
	return vs, err
}

// Versions lists the numbers of a subject's versions.
func (r *Registry) Versions(ctx context.Context, subject string, deleted bool) ([]int, error) {
	return answer[[]int](ctx, r, http.MethodGet, query(subjectPath(subject)+"/versions", flag(url.Values{}, "deleted", deleted)), nil)
}

// Version gets one version of a subject, or the [Latest].
func (r *Registry) Version(ctx context.Context, subject string, version int, deleted bool) (SchemaVersion, error) {
	path := subjectPath(subject) + "/versions/" + versionPath(version)
	v, err := answer[SchemaVersion](ctx, r, http.MethodGet, query(path, flag(url.Values{}, "deleted", deleted)), nil)
	return v.typed(), err
}

// SchemaByID gets a schema by its id. Subject and version of the answer may be
// empty.
func (r *Registry) SchemaByID(ctx context.Context, id int) (SchemaVersion, error) {
	v, err := answer[SchemaVersion](ctx, r, http.MethodGet, "/schemas/ids/"+strconv.Itoa(id), nil)
	v.ID = id
	return v.typed(), err
}

// SchemaUses lists where a schema is, also where it was deleted softly.
func (r *Registry) SchemaUses(ctx context.Context, id int) ([]SchemaVersion, error) {
	return answer[[]SchemaVersion](ctx, r, http.MethodGet, "/schemas/ids/"+strconv.Itoa(id)+"/versions?deleted=true", nil)
}

// ReferencedBy lists the ids of the schemas that refer to a version.
func (r *Registry) ReferencedBy(ctx context.Context, subject string, version int) ([]int, error) {
	return answer[[]int](ctx, r, http.MethodGet, subjectPath(subject)+"/versions/"+versionPath(version)+"/referencedby", nil)
}

// Register puts a schema into a subject, and gives its id and version. A schema
// that is there already stays as it is.
func (r *Registry) Register(ctx context.Context, subject string, n NewSchema, normalize bool) (SchemaVersion, error) {
	path := query(subjectPath(subject)+"/versions", flag(url.Values{}, "normalize", normalize))
	v, err := answer[SchemaVersion](ctx, r, http.MethodPost, path, n)
	if err != nil || v.Version != 0 {
		return v.typed(), err
	}
	id := v.ID
	n.Version, n.ID = 0, 0
	v, err = r.Lookup(ctx, subject, n, LookupHow{Normalize: normalize})
	v.ID = id
	return v, err
}

// Import puts a schema into a subject in mode IMPORT, at its version and id.
func (r *Registry) Import(ctx context.Context, subject string, n NewSchema) error {
	return r.ask(ctx, http.MethodPost, subjectPath(subject)+"/versions", n, nil)
}

// LookupHow says how to look a schema up.
type LookupHow struct{ Normalize, Deleted bool }

// Lookup finds the version of a subject that has a schema.
func (r *Registry) Lookup(ctx context.Context, subject string, n NewSchema, how LookupHow) (SchemaVersion, error) {
	q := flag(flag(url.Values{}, "normalize", how.Normalize), "deleted", how.Deleted)
	v, err := answer[SchemaVersion](ctx, r, http.MethodPost, query(subjectPath(subject), q), n)
	return v.typed(), err
}

// SchemaVerdict says whether a schema may follow in a subject, and why not.
type SchemaVerdict struct {
	Compatible bool     `json:"is_compatible"`
	Messages   []string `json:"messages"`
}

// Against selects what a schema is compared with: version 0 is what the
// subject's level says.
type Against struct {
	Subject string
	Version int
}

// Check says whether a schema may follow in a subject.
func (r *Registry) Check(ctx context.Context, a Against, n NewSchema, normalize bool) (SchemaVerdict, error) {
	path := "/compatibility" + subjectPath(a.Subject) + "/versions"
	if a.Version != 0 {
		path += "/" + versionPath(a.Version)
	}
	q := flag(url.Values{"verbose": {"true"}}, "normalize", normalize)
	v, err := answer[SchemaVerdict](ctx, r, http.MethodPost, query(path, q), n)
	if v.Messages == nil {
		v.Messages = []string{}
	}
	return v, err
}

// DeleteSubject deletes every version of a subject, softly, or for ever what
// was deleted softly before. It gives their numbers.
func (r *Registry) DeleteSubject(ctx context.Context, subject string, permanent bool) ([]int, error) {
	return answer[[]int](ctx, r, http.MethodDelete, query(subjectPath(subject), flag(url.Values{}, "permanent", permanent)), nil)
}

// DeleteVersion deletes one version, like DeleteSubject, and gives its number.
func (r *Registry) DeleteVersion(ctx context.Context, subject string, version int, permanent bool) (int, error) {
	path := subjectPath(subject) + "/versions/" + versionPath(version)
	return answer[int](ctx, r, http.MethodDelete, query(path, flag(url.Values{}, "permanent", permanent)), nil)
}

// SchemaConfig is how schemas enter a subject.
type SchemaConfig struct {
	Compatibility      string          `json:"compatibility,omitempty"`
	CompatibilityGroup string          `json:"compatibilityGroup,omitempty"`
	Normalize          *bool           `json:"normalize,omitempty"`
	DefaultMetadata    *SchemaMetadata `json:"defaultMetadata,omitempty"`
	OverrideMetadata   *SchemaMetadata `json:"overrideMetadata,omitempty"`
	DefaultRuleSet     *SchemaRuleSet  `json:"defaultRuleSet,omitempty"`
	OverrideRuleSet    *SchemaRuleSet  `json:"overrideRuleSet,omitempty"`

	// Other is what a registry said besides, by name. It is never sent.
	Other map[string]json.RawMessage `json:"-"`
}

// UnmarshalJSON reads what registries answer: they say compatibilityLevel where
// they are told compatibility.
func (c *SchemaConfig) UnmarshalJSON(b []byte) error {
	type plain SchemaConfig
	var p plain
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	if level, ok := all["compatibilityLevel"]; ok && p.Compatibility == "" {
		if err := json.Unmarshal(level, &p.Compatibility); err != nil {
			return err
		}
	}
	for _, known := range []string{
		"compatibility", "compatibilityLevel", "compatibilityGroup", "normalize",
		"defaultMetadata", "overrideMetadata", "defaultRuleSet", "overrideRuleSet",
	} {
		delete(all, known)
	}
	*c = SchemaConfig(p)
	for name, v := range all {
		if s := string(v); s != "null" && s != "false" && s != `""` {
			if c.Other == nil {
				c.Other = map[string]json.RawMessage{}
			}
			c.Other[name] = v
		}
	}
	return nil
}

// ofSubject is a path of a subject's, or for "" of the whole registry's.
func ofSubject(path, subject string) string {
	if subject == "" {
		return path
	}
	return path + "/" + seg(subject)
}

// Config gets a subject's configuration, or for "" the registry's. orGlobal:
// what the subject does not say is filled in.
func (r *Registry) Config(ctx context.Context, subject string, orGlobal bool) (SchemaConfig, error) {
	return answer[SchemaConfig](ctx, r, http.MethodGet, query(ofSubject("/config", subject), flag(url.Values{}, "defaultToGlobal", orGlobal)), nil)
}

// SetConfig sets what is given of a configuration.
func (r *Registry) SetConfig(ctx context.Context, subject string, c SchemaConfig) error {
	return r.ask(ctx, http.MethodPut, ofSubject("/config", subject), c, nil)
}

// DeleteConfig takes a subject's own configuration away, or the registry's.
func (r *Registry) DeleteConfig(ctx context.Context, subject string) error {
	return r.ask(ctx, http.MethodDelete, ofSubject("/config", subject), nil, nil)
}

type schemaMode struct {
	Mode string `json:"mode"`
}

// Mode gets a subject's mode, like Config.
func (r *Registry) Mode(ctx context.Context, subject string, orGlobal bool) (string, error) {
	m, err := answer[schemaMode](ctx, r, http.MethodGet, query(ofSubject("/mode", subject), flag(url.Values{}, "defaultToGlobal", orGlobal)), nil)
	return m.Mode, err
}

// ModeChange is a mode to be. Force: IMPORT also where there are schemas.
type ModeChange struct {
	Mode  string
	Force bool
}

// SetMode sets a subject's mode, or the registry's.
func (r *Registry) SetMode(ctx context.Context, subject string, m ModeChange) error {
	path := query(ofSubject("/mode", subject), flag(url.Values{}, "force", m.Force))
	return r.ask(ctx, http.MethodPut, path, schemaMode{m.Mode}, nil)
}

// DeleteMode takes a subject's own mode away, or the registry's.
func (r *Registry) DeleteMode(ctx context.Context, subject string) error {
	return r.ask(ctx, http.MethodDelete, ofSubject("/mode", subject), nil, nil)
}
