package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/weirmesh/weir/client"
)

// survey is what a registry holds, without texts.
type survey struct {
	subjects map[string]*subject
	config   *client.SchemaConfig // of the whole; nil: none
	mode     string
	vague    bool // the registry does not say which settings are a subject's own
}

// subject is one subject of a survey.
type subject struct {
	versions []version
	config   *client.SchemaConfig // its own
	mode     string               // its own
}

// version is one version, its content as a hash.
type version struct {
	number, id int
	deleted    bool
	content    content
	references []client.SchemaReference
}

// place is a version of a subject.
type place struct {
	subject string
	version int
}

func (p place) String() string { return fmt.Sprintf("%s version %d", p.subject, p.version) }

func (s *subject) at(number int) (version, bool) {
	i, ok := slices.BinarySearchFunc(s.versions, number, func(v version, n int) int { return v.number - n })
	if !ok {
		return version{}, false
	}
	return s.versions[i], true
}

// content tells schemas apart: by language, text, references, metadata and
// rules. How a text is laid out does not count where it is JSON.
type content [sha256.Size]byte

func contentOf(v client.SchemaVersion) content {
	text := strings.TrimSpace(v.Schema)
	if v.Type != "PROTOBUF" {
		text = sameJSON(text)
	}
	b, _ := json.Marshal([]any{v.Type, text, references(v.References), metadata(v.Metadata), v.RuleSet}) // plain data always can be written
	return sha256.Sum256(b)
}

// sameJSON writes JSON in one of its ways; other text stays.
func sameJSON(text string) string {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return text
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return text
	}
	return b.String()
}

// references is a list without its order, which means nothing.
func references(rs []client.SchemaReference) []client.SchemaReference {
	out := slices.Clone(rs)
	slices.SortFunc(out, func(a, b client.SchemaReference) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// metadata is nil when it says nothing.
func metadata(m *client.SchemaMetadata) *client.SchemaMetadata {
	if m == nil || len(m.Tags)+len(m.Properties)+len(m.Sensitive) == 0 {
		return nil
	}
	return m
}

// survey reads subjects of a registry, and what is set for the whole.
func (j *job) survey(ctx context.Context, part string, r *client.Registry, names []string) (survey, error) {
	s := survey{subjects: make(map[string]*subject, len(names))}
	if err := s.readWhole(ctx, r); err != nil {
		return s, err
	}
	var mu sync.Mutex
	tick := j.counter(part, len(names))
	err := each(ctx, j.Workers, names, func(ctx context.Context, name string) error {
		one, err := readSubject(ctx, r, name)
		if err == nil {
			err = s.own(ctx, r, name, one)
		}
		if err != nil {
			return fmt.Errorf("%s cannot be read: %w", name, err)
		}
		mu.Lock()
		defer mu.Unlock()
		s.subjects[name] = one
		tick()
		return nil
	})
	return s, err
}

// nobody is a subject that is nowhere.
const nobody = "weir-import-asks-for-what-is-not-there"

// readWhole reads what is set for the whole, and how the registry answers for a
// subject that has no setting of its own: with an error, or in a vague way.
func (s *survey) readWhole(ctx context.Context, r *client.Registry) error {
	c, err := retry(ctx, func() (client.SchemaConfig, error) { return r.Config(ctx, "", false) })
	if err != nil && client.RegistryCode(err) != client.CodeNoConfig {
		return fmt.Errorf("the registry's configuration cannot be read: %w", err)
	}
	if err == nil {
		s.config = &c
	}
	s.mode, err = retry(ctx, func() (string, error) { return r.Mode(ctx, "", false) })
	if err != nil && client.RegistryCode(err) != client.CodeNoMode {
		return fmt.Errorf("the registry's mode cannot be read: %w", err)
	}
	_, err = retry(ctx, func() (string, error) { return r.Mode(ctx, nobody, false) })
	s.vague = client.RegistryCode(err) != client.CodeNoMode
	return nil
}

// own takes away what a vague registry said for a subject that has no setting of
// its own: what is not in force there, or is that of the whole.
func (s *survey) own(ctx context.Context, r *client.Registry, name string, one *subject) error {
	if !s.vague {
		return nil
	}
	inForce, err := retry(ctx, func() (client.SchemaConfig, error) { return r.Config(ctx, name, true) })
	if err != nil && !none(err, client.CodeNoConfig) {
		return err
	}
	if err != nil || !sameConfig(one.config, &inForce) || sameConfig(one.config, s.config) {
		one.config = nil
	}
	if one.mode == s.mode {
		one.mode = ""
	}
	return nil
}

func sameConfig(a, b *client.SchemaConfig) bool {
	if a == nil || b == nil {
		return a == b
	}
	return reflect.DeepEqual(plainConfig(*a), plainConfig(*b))
}

// plainConfig is a configuration without what says nothing.
func plainConfig(c client.SchemaConfig) client.SchemaConfig {
	if c.Normalize != nil && !*c.Normalize {
		c.Normalize = nil
	}
	c.DefaultMetadata, c.OverrideMetadata = metadata(c.DefaultMetadata), metadata(c.OverrideMetadata)
	c.Other = maps.Clone(c.Other)
	return c
}

func readSubject(ctx context.Context, r *client.Registry, name string) (*subject, error) {
	s := &subject{}
	all, err := numbers(ctx, r, name, true)
	if err != nil {
		return nil, err
	}
	living, err := numbers(ctx, r, name, false)
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		v, err := fetch(ctx, r, place{name, n})
		if err != nil {
			return nil, fmt.Errorf("version %d: %w", n, err)
		}
		s.versions = append(s.versions, version{
			number: n, id: v.ID, deleted: !slices.Contains(living, n), content: contentOf(v), references: v.References,
		})
	}
	return s, s.readSettings(ctx, r, name)
}

// fetch reads one version, also one that was deleted softly.
func fetch(ctx context.Context, r *client.Registry, p place) (client.SchemaVersion, error) {
	v, err := retry(ctx, func() (client.SchemaVersion, error) { return r.Version(ctx, p.subject, p.version, true) })
	if c := client.RegistryCode(err); c != client.CodeNoSubject && c != client.CodeNoVersion {
		return v, err
	}
	hidden, ok, herr := search(ctx, r, p)
	if herr != nil || ok {
		return hidden, herr
	}
	return v, err
}

// search finds a version by its text: some registries list the versions of a
// subject of which nothing lives, but do not give them by their numbers.
func search(ctx context.Context, r *client.Registry, p place) (client.SchemaVersion, bool, error) {
	all, err := retry(ctx, func() ([]client.SchemaVersion, error) {
		return r.Schemas(ctx, client.SchemaFilter{Prefix: p.subject, Deleted: true})
	})
	if err != nil {
		return client.SchemaVersion{}, false, err
	}
	for _, s := range all {
		if s.Subject != "" && s.Subject != p.subject {
			continue // not every registry knows prefixes
		}
		v, err := retry(ctx, func() (client.SchemaVersion, error) {
			return r.Lookup(ctx, p.subject, asNew(s), client.LookupHow{Deleted: true})
		})
		if err == nil && v.Version == p.version {
			s.Subject, s.Version, s.ID = p.subject, v.Version, v.ID // what is looked up may say less of itself
			return s, true, nil
		}
		if err != nil && client.RegistryCode(err) == 0 {
			return v, false, err
		}
	}
	return client.SchemaVersion{}, false, nil
}

// numbers lists a subject's versions, ascending; none if it is not there.
func numbers(ctx context.Context, r *client.Registry, name string, deleted bool) ([]int, error) {
	ns, err := retry(ctx, func() ([]int, error) { return r.Versions(ctx, name, deleted) })
	switch client.RegistryCode(err) {
	case client.CodeNoSubject, client.CodeNoVersion, client.CodeSubjectDeleted:
		return nil, nil
	}
	slices.Sort(ns)
	return ns, err
}

func (s *subject) readSettings(ctx context.Context, r *client.Registry, name string) error {
	c, err := retry(ctx, func() (client.SchemaConfig, error) { return r.Config(ctx, name, false) })
	if err == nil {
		s.config = &c
	} else if !none(err, client.CodeNoConfig) {
		return err
	}
	m, err := retry(ctx, func() (string, error) { return r.Mode(ctx, name, false) })
	if err == nil {
		s.mode = m
	} else if !none(err, client.CodeNoMode) {
		return err
	}
	return nil
}

// none reports whether an error says that a subject has no setting of its own.
func none(err error, code int) bool {
	got := client.RegistryCode(err)
	return got == code || got == client.CodeNoSubject
}
