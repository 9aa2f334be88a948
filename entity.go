package weir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
)

// Noun is a kind of entity, one word of the mesh's vocabulary.
type Noun string

// The nouns that the ledger knows. Each has one file in this package.
const (
	NounMesh        Noun = "mesh"
	NounTeam        Noun = "team"
	NounPerson      Noun = "person"
	NounToken       Noun = "token"
	NounApplication Noun = "application"
	NounCredential  Noun = "credential"
	NounDomain      Noun = "domain"
	NounProduct     Noun = "product"
	NounStream      Noun = "stream"
	NounTopic       Noun = "topic"
	NounAccess      Noun = "access"
	NounSubject     Noun = "subject"
	NounSchema      Noun = "schema"
	NounText        Noun = "text"
	NounTerm        Noun = "term"
	NounPolicy      Noun = "policy"
	NounQuery       Noun = "query"
	NounPlan        Noun = "plan"

	NounQuestion     Noun = "question"
	NounAnnouncement Noun = "announcement"
)

// Ref names an entity: by UID, which is for ever, or by Name, which is unique
// among the living of one noun. Both may be set; the UID decides.
type Ref struct {
	Noun Noun   `json:"noun"`
	UID  UID    `json:"uid,omitzero"`
	Name string `json:"name,omitempty"`
}

// String is noun and name, as people say it.
func (r Ref) String() string {
	if r.Name == "" {
		return fmt.Sprintf("%s %s", r.Noun, r.UID)
	}
	return fmt.Sprintf("%s %s", r.Noun, r.Name)
}

// Entity is one thing of the mesh in one state. Implementations are plain
// structs, written whole into the ledger as canonical JSON.
type Entity interface {
	// Ref has noun, uid and name.
	Ref() Ref
	// Validate says what is wrong with the entity alone, without looking at
	// any other: an *Error of kind Invalid whose Where is the field.
	Validate() error
	// Refers lists the entities that this one points to. They must be alive
	// when it is written, and cannot be deleted while it lives.
	Refers() []Ref
	// Readers says who may know of it: the domains, or nil for the whole mesh.
	Readers() []UID
}

// newEntity has an empty entity of each noun.
var newEntity = map[Noun]func() Entity{
	NounMesh:        func() Entity { return new(Mesh) },
	NounTeam:        func() Entity { return new(Team) },
	NounPerson:      func() Entity { return new(Person) },
	NounToken:       func() Entity { return new(Token) },
	NounApplication: func() Entity { return new(Application) },
	NounCredential:  func() Entity { return new(Credential) },
	NounDomain:      func() Entity { return new(Domain) },
	NounProduct:     func() Entity { return new(Product) },
	NounStream:      func() Entity { return new(Stream) },
	NounTopic:       func() Entity { return new(Topic) },
	NounAccess:      func() Entity { return new(Access) },
	NounSubject:     func() Entity { return new(Subject) },
	NounSchema:      func() Entity { return new(Schema) },
	NounText:        func() Entity { return new(Text) },
	NounTerm:        func() Entity { return new(Term) },
	NounPolicy:      func() Entity { return new(Policy) },
	NounQuery:       func() Entity { return new(Query) },
	NounPlan:        func() Entity { return new(Plan) },

	NounQuestion:     func() Entity { return new(Question) },
	NounAnnouncement: func() Entity { return new(Announcement) },
}

// Nouns lists every noun, sorted.
func Nouns() []Noun {
	ns := make([]Noun, 0, len(newEntity))
	for n := range newEntity {
		ns = append(ns, n)
	}
	sort.Slice(ns, func(i, j int) bool { return ns[i] < ns[j] })
	return ns
}

// DecodeEntity reads an entity's body from the ledger. Unknown nouns and
// unknown fields are errors of kind Damaged: nothing may be dropped unseen.
func DecodeEntity(n Noun, body json.RawMessage) (Entity, error) {
	empty, ok := newEntity[n]
	if !ok {
		return nil, Errorf(Damaged, "no such noun: %q", n).
			WithFix("this ledger was written by a newer weir; use that one")
	}
	e := empty()
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(e); err != nil {
		return nil, Errorf(Damaged, "the %s in the ledger cannot be read", n).Because(err)
	}
	return e, nil
}

// NewChange says that e is now so. prev is the entity before and its revision;
// nil and 0 for a new one. Home is the mesh that owns it. Secrets (fields with
// the tag secret:"true") and what is long (long:"true") are in the body, never
// in the diff, which says only that they changed, or what in them did.
func NewChange(home UID, prev Entity, rev Revision, e Entity) (Change, error) {
	if err := e.Validate(); err != nil {
		return Change{}, err
	}
	body, err := Canonical(e)
	if err != nil {
		return Change{}, Errorf(Internal, "cannot write %s", e.Ref()).Because(err)
	}
	return Change{
		Ref: e.Ref(), Home: home, Rev: rev + 1, Body: body,
		Diff: diff(prev, e), Domains: e.Readers(),
	}, nil
}

// DeleteChange says that e, whose revision is rev, is no more. Its name is free.
func DeleteChange(home UID, e Entity, rev Revision) Change {
	return Change{Ref: e.Ref(), Home: home, Rev: rev + 1, Deleted: true, Domains: e.Readers()}
}

// Public is the entity's canonical JSON without its secrets.
func Public(e Entity) (map[string]any, error) {
	body, err := Canonical(e)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		return nil, err
	}
	for _, name := range taggedFields(e, "secret") {
		delete(m, name)
	}
	return m, nil
}

// Brief is an entity's body without what is long in it (long:"true"); nil if
// nothing is. It can be decoded as the whole body can.
func Brief(n Noun, body json.RawMessage) (json.RawMessage, error) {
	empty, ok := newEntity[n]
	if !ok {
		return nil, Errorf(Damaged, "no such noun: %q", n)
	}
	long := slices.DeleteFunc(taggedFields(empty(), "long"), func(name string) bool {
		return !bytes.Contains(body, []byte(`"`+name+`":`))
	})
	if len(long) == 0 {
		return nil, nil
	}
	m := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, Errorf(Damaged, "the %s in the ledger cannot be read", n).Because(err)
	}
	for _, name := range long {
		delete(m, name)
	}
	return Canonical(m)
}

// taggedFields lists the JSON names of e's fields with a tag of ours.
func taggedFields(e Entity, tag string) []string {
	return taggedIn(reflect.TypeOf(e).Elem(), tag)
}

func taggedIn(t reflect.Type, tag string) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			names = append(names, taggedIn(f.Type, tag)...)
		}
		if f.Tag.Get(tag) == "true" {
			name, _, _ := bytes.Cut([]byte(f.Tag.Get("json")), []byte(","))
			names = append(names, string(name))
		}
	}
	return names
}

// diff lists the top-level fields in which two states differ, for the audit.
// A secret or long one that changed is listed without either value.
func diff(prev, next Entity) []Diff {
	before, after := fields(prev), fields(next)
	secret, long := taggedFields(next, "secret"), taggedFields(next, "long")
	names := map[string]bool{}
	for n := range before {
		names[n] = true
	}
	for n := range after {
		names[n] = true
	}
	var ds []Diff
	for n := range names {
		if bytes.Equal(before[n], after[n]) || n == "uid" {
			continue
		}
		d := Diff{Path: n, Old: before[n], New: after[n]}
		if slices.Contains(secret, n) || slices.Contains(long, n) {
			d = Diff{Path: n, Secret: slices.Contains(secret, n)}
		}
		ds = append(ds, d)
	}
	if l, ok := next.(longer); ok {
		ds = append(ds, l.diffLong(prev)...)
	}
	sort.Slice(ds, func(i, j int) bool { return ds[i].Path < ds[j].Path })
	return ds
}

// longer is an entity that can say what changed in its long fields.
type longer interface {
	diffLong(prev Entity) []Diff // prev is nil for a new one
}

func fields(e Entity) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	if e == nil || reflect.ValueOf(e).IsNil() {
		return m
	}
	if body, err := Canonical(e); err == nil {
		_ = json.Unmarshal(body, &m) // canonical JSON of a struct is an object
	}
	return m
}

// Names of domains and of products inside their domain: 2 to 63 of [a-z0-9-].
// Names of people, teams and applications: 1 to 63 of the same.
var (
	longName  = regexp.MustCompile(`^[a-z0-9-]{2,63}$`)
	shortName = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)
)

func checkName(re *regexp.Regexp, field, name string) error {
	if re.MatchString(name) {
		return nil
	}
	least := "1"
	if re == longName {
		least = "2"
	}
	return Errorf(Invalid, "%q is not a name", clip(name)).At(field).
		WithFix("use %s to 63 lower-case letters, digits and dashes", least)
}

// MaxText bounds every text that a person writes about a thing, in bytes.
const MaxText = 4096

func checkText(field, text string) error {
	if len(text) > MaxText {
		return Errorf(Invalid, "the text has %d bytes", len(text)).At(field).
			WithFix("use at most %d", MaxText)
	}
	for i, r := range text {
		if (r < ' ' && r != '\n' && r != '\t') || r == 0x7f || r == 0xfffd {
			return Errorf(Invalid, "byte %d of the text is no printable character (%U)", i, r).At(field).
				WithFix("send UTF-8 text; line breaks and tabs are fine")
		}
	}
	return nil
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
