package weir_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
)

func TestSplitSubject(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"sales.orders.v1-value":      "sales.orders sales.orders.v1 value",
		"sales.orders.v12-key":       "sales.orders.v12 sales.orders.v12 key",
		"sales.or-ders-value.v1-key": "sales.or-ders-value sales.or-ders-value.v1 key",
		"sales.orders.v0-value":      "",
		"sales.orders.v01-value":     "",
		"sales.orders.v1":            "",
		"sales.orders.v1-values":     "",
		"sales.orders-value":         "",
		"sales._private.v1-value":    "",
		"s.orders.v1-value":          "",
		"sales.orders.v1-value\n":    "",
		"x sales.orders.v1-value":    "",
	} {
		product, topic, kind, ok := weir.SplitSubject(name)
		if got := strings.TrimSpace(fmt.Sprint(product, " ", topic, " ", kind)); got != want || ok != (want != "") {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
		if ok && weir.SubjectOfTopic(topic, kind) != name {
			t.Errorf("%q does not come back", name)
		}
	}
	for name, want := range map[string]string{
		"sales._private.raw-value": "sales", "sales._private.a._private.b": "sales", "sales._private.": "", "_private.x": "",
		"s._private.x": "", "Sales._private.x": "", "sales.raw-value": "", "a.sales._private.x": "",
	} {
		shared := strings.Replace(name, "._private.", "._shared.", 1)
		if domain, ok := weir.SplitSharedSubject(shared); ok != (want != "") || ok && domain != want {
			t.Errorf("%q: %q, %v", shared, domain, ok)
		}
		if domain, ok := weir.SplitPrivateSubject(name); ok != (want != "") || ok && domain != want {
			t.Errorf("%q is of %q, want %q", name, domain, want)
		}
	}
}

func TestSubjectNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "orders-value", "com.example.Order", "a b", "ä/b", strings.Repeat("x", 255)} {
		if err := weir.CheckSubjectName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", strings.Repeat("x", 256), "a\nb", "a\x00", "\xff", ":.ctx:orders", "a\x7f"} {
		if err := weir.CheckSubjectName(name); !weir.Invalid.In(err) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestSubjectVersions(t *testing.T) {
	t.Parallel()
	s := &weir.Subject{Versions: []weir.SubjectVersion{{Version: 2, ID: 1}, {Version: 5, ID: 2}, {Version: 9, ID: 3, Deleted: true}}}
	if v, ok := s.Latest(); !ok || v.Version != 5 {
		t.Errorf("the latest is %v", v)
	}
	for version, want := range map[int]weir.SchemaID{1: 0, 2: 1, 3: 0, 5: 2, 9: 3, 10: 0} {
		if v, ok := s.At(version); ok != (want != 0) || v.ID != want {
			t.Errorf("version %d is %v", version, v)
		}
	}
	if _, ok := (&weir.Subject{Versions: s.Versions[2:]}).Latest(); ok {
		t.Error("a deleted version is the latest")
	}
	if s.Empty() || (&weir.Subject{Mode: weir.ModeImport}).Empty() || !(&weir.Subject{Name: "s"}).Empty() {
		t.Error("what is empty")
	}
}

// Each fault alone makes an entity invalid, at the field that is named.
func TestSchemaFaults(t *testing.T) {
	t.Parallel()
	schema := func(change func(*weir.Schema)) weir.Entity {
		s := *valid()[weir.NounSchema].(*weir.Schema)
		change(&s)
		return &s
	}
	subject := func(change func(*weir.Subject)) weir.Entity {
		s := *valid()[weir.NounSubject].(*weir.Subject)
		change(&s)
		return &s
	}
	for where, e := range map[string]weir.Entity{
		"id":            schema(func(s *weir.Schema) { s.ID = weir.MaxSchemaID + 1 }),
		"format":        schema(func(s *weir.Schema) { s.Format = "XML" }),
		"references":    schema(func(s *weir.Schema) { s.Referred = nil }),
		"metadata.tags": schema(func(s *weir.Schema) { s.Metadata = &weir.Metadata{Tags: map[string][]string{"a": {"\x00"}}} }),
		"metadata (bytes)": schema(func(s *weir.Schema) {
			s.Metadata = &weir.Metadata{Tags: map[string][]string{"a": slices.Repeat([]string{strings.Repeat("x", 4096)}, 17)}}
		}),
		"ruleSet (bytes)": schema(func(s *weir.Schema) {
			s.RuleSet = &weir.RuleSet{DomainRules: []weir.Rule{{Params: map[string]string{"a": strings.Repeat("x", 70000)}}}}
		}),
		"metadata": schema(func(s *weir.Schema) { s.Metadata = &weir.Metadata{Sensitive: make([]string, 257)} }),
		"ruleSet":  schema(func(s *weir.Schema) { s.RuleSet = &weir.RuleSet{EncodingRules: make([]weir.Rule, 257)} }),
		"ruleSet.0.expr": schema(func(s *weir.Schema) {
			s.RuleSet = &weir.RuleSet{DomainRules: []weir.Rule{{Expr: strings.Repeat("x", 5000)}}}
		}),
		"mode":                 subject(func(s *weir.Subject) { s.Mode = "OPEN" }),
		"compatibility":        subject(func(s *weir.Subject) { s.Config = &weir.SubjectConfig{Compatibility: "SIDEWAYS"} }),
		"visibility":           subject(func(s *weir.Subject) { s.Domain = weir.UID{} }),
		"versions":             subject(func(s *weir.Subject) { s.Versions = make([]weir.SubjectVersion, weir.MaxVersions+1) }),
		"versions (ascending)": subject(func(s *weir.Subject) { s.Versions = []weir.SubjectVersion{{Version: 2}, {Version: 2}} }),
		"body":                 &weir.Text{Body: strings.Repeat("x", weir.MaxBody+1)},
		"name":                 &weir.Text{Name: "other", Body: "x"},
	} {
		var got *weir.Error
		err := e.Validate()
		if got, _ = err.(*weir.Error); got == nil || got.Where != strings.Split(where, " ")[0] {
			t.Errorf("%s: %v", where, err)
		}
	}
}

// Long texts are in a change once.
func TestLongFieldsAreNotInTheDiff(t *testing.T) {
	t.Parallel()
	text := valid()[weir.NounText].(*weir.Text)
	c, err := weir.NewChange(weir.UID{}, nil, 0, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range c.Diff {
		if d.Path == "body" && (d.New != nil || d.Secret) {
			t.Errorf("%+v", d)
		}
	}
	if public, err := weir.Public(text); err != nil || public["body"] != text.Body {
		t.Errorf("%v (%v)", public, err)
	}
}

// The diff of a subject names the versions that came, changed or went, and no
// others.
func TestSubjectDiff(t *testing.T) {
	t.Parallel()
	version := func(n int, deleted bool) weir.SubjectVersion {
		return weir.SubjectVersion{Version: n, Schema: uid(byte(n)), ID: weir.SchemaID(n), Deleted: deleted}
	}
	subject := func(vs ...weir.SubjectVersion) *weir.Subject {
		return &weir.Subject{UID: uid(1), Name: "s", Visibility: weir.VisibleMesh, Versions: vs, Created: at}
	}
	for want, c := range map[string][2]*weir.Subject{
		"+1 +2": {nil, subject(version(1, false), version(2, false))},
		"+3":    {subject(version(1, false), version(2, true)), subject(version(1, false), version(2, true), version(3, false))},
		"~2":    {subject(version(1, false), version(2, false)), subject(version(1, false), version(2, true))},
		"-1 +4": {subject(version(1, true), version(2, false)), subject(version(2, false), version(4, false))},
	} {
		var prev weir.Entity
		rev := weir.Revision(0)
		if c[0] != nil {
			prev, rev = c[0], 1
		}
		ch, err := weir.NewChange(uid(9), prev, rev, c[1])
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range ch.Diff {
			n, ok := strings.CutPrefix(d.Path, "versions.")
			switch {
			case !ok:
			case d.Old == nil:
				got = append(got, "+"+n)
			case d.New == nil:
				got = append(got, "-"+n)
			default:
				got = append(got, "~"+n)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}
