package schemaregistry

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// readSchema reads a schema out of a request's body and path.
func readSchema(q *request) (registry.Registration, error) {
	var c registry.Registration
	var err error
	if c.Subject, err = q.subject(); err != nil {
		return c, err
	}
	o, err := readObject(q.body)
	if err != nil {
		return c, err
	}
	for _, key := range []string{"schemaTagsToAdd", "schemaTagsToRemove"} {
		if len(o.objects(key)) > 0 {
			return c, refusal{http.StatusUnprocessableEntity, key + " is left out of this registry; write the tags into the schema or its metadata"}
		}
	}
	c.Text, c.Format = o.text("schema"), weir.SchemaFormat(o.text("schemaType"))
	c.Metadata, c.RuleSet = readMetadata(o, "metadata"), readRuleSet(o, "ruleSet")
	for _, r := range o.objects("references") {
		version, _ := r.number("version")
		c.References = append(c.References, weir.SchemaReference{Name: r.text("name"), Subject: strings.TrimPrefix(r.text("subject"), defaultContext), Version: version})
	}
	c.Version, _ = o.number("version")
	id, _ := o.number("id")
	if c.Version < 0 {
		c.Version = 0
	}
	c.ID = weir.SchemaID(max(0, id))
	c.Normalize = q.flag("normalize")
	return c, o.err()
}

func readMetadata(o object, key string) *weir.Metadata {
	m, ok := o.object(key)
	if !ok {
		return nil
	}
	out := &weir.Metadata{Properties: m.textMap("properties"), Sensitive: m.texts("sensitive")}
	if tags, ok := m.object("tags"); ok {
		out.Tags = make(map[string][]string, len(tags.fields))
		for path := range tags.fields {
			out.Tags[path] = tags.texts(path)
		}
	}
	return out
}

func readRuleSet(o object, key string) *weir.RuleSet {
	s, ok := o.object(key)
	if !ok {
		return nil
	}
	return &weir.RuleSet{
		MigrationRules: readRules(s, "migrationRules"), DomainRules: readRules(s, "domainRules"), EncodingRules: readRules(s, "encodingRules"),
		EnableAt: s.text("enableAt"),
	}
}

// readRules reads rules. What says no kind transforms; what says no mode is for
// both directions.
func readRules(o object, key string) []weir.Rule {
	var out []weir.Rule
	for _, r := range o.objects(key) {
		disabled := r.flag("disabled")
		out = append(out, weir.Rule{
			Name: r.text("name"), Doc: r.text("doc"), Kind: or(r.text("kind"), "TRANSFORM"), Mode: or(r.text("mode"), "WRITEREAD"),
			Type: r.text("type"), Tags: r.texts("tags"), Params: r.textMap("params"), Expr: r.text("expr"),
			OnSuccess: r.text("onSuccess"), OnFailure: r.text("onFailure"), Disabled: disabled != nil && *disabled,
		})
	}
	return out
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// schemaAnswer is a schema by its id.
type schemaAnswer struct {
	Type       weir.SchemaFormat      `json:"schemaType,omitempty"`
	Schema     string                 `json:"schema"`
	References []weir.SchemaReference `json:"references,omitempty"`
	Metadata   *weir.Metadata         `json:"metadata,omitempty"`
	RuleSet    *ruleSetAnswer         `json:"ruleSet,omitempty"`
	MaxID      weir.SchemaID          `json:"maxId,omitempty"`
}

// versionAnswer is a schema as a version of a subject.
type versionAnswer struct {
	Subject    string                 `json:"subject"`
	Version    int                    `json:"version"`
	ID         weir.SchemaID          `json:"id"`
	Type       weir.SchemaFormat      `json:"schemaType,omitempty"`
	References []weir.SchemaReference `json:"references,omitempty"`
	Metadata   *weir.Metadata         `json:"metadata,omitempty"`
	RuleSet    *ruleSetAnswer         `json:"ruleSet,omitempty"`
	Schema     string                 `json:"schema"`
	Deleted    bool                   `json:"deleted,omitempty"`
}

// registered answers a registration: the id, and all of it if the registry
// made more of it than was sent.
type registered struct {
	ID         weir.SchemaID          `json:"id"`
	Version    int                    `json:"version,omitempty"`
	Type       weir.SchemaFormat      `json:"schemaType,omitempty"`
	References []weir.SchemaReference `json:"references,omitempty"`
	Metadata   *weir.Metadata         `json:"metadata,omitempty"`
	RuleSet    *ruleSetAnswer         `json:"ruleSet,omitempty"`
	Schema     string                 `json:"schema,omitempty"`
}

// subjectVersion is where a schema is.
type subjectVersion struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

type ruleSetAnswer struct {
	MigrationRules []ruleAnswer `json:"migrationRules,omitempty"`
	DomainRules    []ruleAnswer `json:"domainRules,omitempty"`
	EncodingRules  []ruleAnswer `json:"encodingRules,omitempty"`
	EnableAt       string       `json:"enableAt,omitempty"`
}

// ruleAnswer is a rule with disabled always said, as registries do.
type ruleAnswer struct {
	weir.Rule
	Disabled bool `json:"disabled"`
}

func ruleSetOf(s *weir.RuleSet) *ruleSetAnswer {
	if s == nil {
		return nil
	}
	return &ruleSetAnswer{rulesOf(s.MigrationRules), rulesOf(s.DomainRules), rulesOf(s.EncodingRules), s.EnableAt}
}

func rulesOf(rules []weir.Rule) []ruleAnswer {
	var out []ruleAnswer
	for _, r := range rules {
		out = append(out, ruleAnswer{r, r.Disabled})
	}
	return out
}

// typeOf is a schema's type as it is answered: Avro is not said.
func typeOf(f weir.SchemaFormat) weir.SchemaFormat {
	if f == weir.FormatAvro {
		return ""
	}
	return f
}

func schemaOf(v registry.Version) schemaAnswer {
	return schemaAnswer{Type: typeOf(v.Format), Schema: v.Text, References: v.References, Metadata: v.Metadata, RuleSet: ruleSetOf(v.RuleSet)}
}

func versionOf(v registry.Version) versionAnswer {
	return versionAnswer{
		Subject: v.Subject, Version: v.Version, ID: v.ID, Type: typeOf(v.Format), References: v.References,
		Metadata: v.Metadata, RuleSet: ruleSetOf(v.RuleSet), Schema: v.Text, Deleted: v.Deleted,
	}
}

// schemas lists versions of all subjects, written one by one.
func (a *API) schemas(ctx context.Context, q *request) (any, error) {
	w, err := q.which(maxSchemas)
	if err != nil {
		return nil, err
	}
	l, err := a.Registry.EachSchema(ctx, q.by, w)
	if err != nil {
		return nil, err
	}
	each := func(yield func(any) error) error {
		return l.Each(ctx, func(v registry.Version) error { return yield(versionOf(v)) })
	}
	return stream{each, l.Close}, nil
}

func (a *API) types(context.Context, *request) (any, error) { return weir.SchemaFormats(), nil }

// schemaByID is what every consumer asks for every id once, so its answer is
// kept as bytes.
func (a *API) schemaByID(ctx context.Context, q *request) (any, error) {
	v, err := a.find(ctx, q)
	if err != nil {
		return nil, err
	}
	if q.http.URL.RawQuery == "" {
		return a.byID.of(v)
	}
	if v.Text, err = a.formatted(ctx, q, v); err != nil {
		return nil, err
	}
	out := schemaOf(v)
	if q.flag("fetchMaxId") {
		out.MaxID = a.Registry.MaxID()
	}
	return out, nil
}

func (a *API) textByID(ctx context.Context, q *request) (any, error) {
	v, err := a.find(ctx, q)
	if err != nil {
		return nil, err
	}
	return a.formattedText(ctx, q, v)
}

// find finds the schema whose id is in the path.
func (a *API) find(ctx context.Context, q *request) (registry.Version, error) {
	id, err := q.id()
	if err != nil {
		return registry.Version{}, err
	}
	subject := ""
	if q.http.URL.RawQuery != "" {
		if subject, err = unqualified(q.param("subject")); err != nil {
			return registry.Version{}, err
		}
	}
	return a.Registry.ByID(ctx, q.by, id, subject)
}

// uses lists where the schema is whose id is in the path.
func (a *API) uses(ctx context.Context, q *request) ([]registry.Version, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	w, err := q.which(maxNames)
	if err != nil {
		return nil, err
	}
	subject, err := unqualified(q.param("subject"))
	if err != nil {
		return nil, err
	}
	found, err := a.Registry.Uses(ctx, q.by, id, w)
	if subject != "" {
		kept := a.Registry.Canonical(q.by, subject)
		found = slices.DeleteFunc(found, func(v registry.Version) bool { return v.Subject != kept })
		for i := range found {
			found[i].Subject = subject
		}
	}
	return found, err
}

func (a *API) subjectsOfID(ctx context.Context, q *request) (any, error) {
	found, err := a.uses(ctx, q)
	out := make([]string, 0, len(found))
	for _, v := range found {
		out = append(out, v.Subject)
	}
	return slices.Compact(out), err
}

func (a *API) versionsOfID(ctx context.Context, q *request) (any, error) {
	found, err := a.uses(ctx, q)
	out := make([]subjectVersion, 0, len(found))
	for _, v := range found {
		out = append(out, subjectVersion{v.Subject, v.Version})
	}
	return out, err
}

// formattedText is a version's text alone, in the form that is asked for.
func (a *API) formattedText(ctx context.Context, q *request, v registry.Version) (any, error) {
	s, err := a.formatted(ctx, q, v)
	return text(s), err
}

// formatted is a version's text in the form that is asked for: as it is stored
// or, for Protobuf, the descriptor's bytes in base64.
func (a *API) formatted(ctx context.Context, q *request, v registry.Version) (string, error) {
	if q.http.URL.RawQuery == "" {
		return v.Text, nil
	}
	switch format := q.param("format"); format {
	case "", "default":
		return v.Text, nil
	case "serialized":
		return a.Registry.Serialized(ctx, v)
	default:
		return "", refusal{http.StatusUnprocessableEntity, "the format " + clip(format) + " of a schema is left out of this registry; there is serialized, for Protobuf"}
	}
}
