package weir_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
)

var at = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func uid(b byte) weir.UID { return weir.UID{b} }

// valid has one valid entity of every noun; each call makes new ones.
func valid() map[weir.Noun]weir.Entity {
	return map[weir.Noun]weir.Entity{
		weir.NounMesh:        &weir.Mesh{UID: uid(1), Name: "m", Created: at},
		weir.NounPerson:      &weir.Person{UID: uid(2), Name: "ann", Password: "$argon2id$v=19$secret", Roles: []weir.Binding{{Role: weir.RoleMeshAdmin, On: weir.Ref{Noun: weir.NounMesh, UID: uid(1), Name: "m"}}}, Created: at},
		weir.NounTeam:        &weir.Team{UID: uid(3), Name: "t", Description: "those", Members: []weir.UID{uid(2)}, Created: at},
		weir.NounToken:       &weir.Token{UID: uid(4), Name: "ann/laptop", Person: uid(2), Hash: weir.Hash{9}, Created: at},
		weir.NounDomain:      &weir.Domain{UID: uid(5), Name: "sales", Team: uid(3), Created: at},
		weir.NounProduct:     &weir.Product{UID: uid(6), Name: "sales.orders", Domain: uid(5), Major: 1, Kind: weir.KindStream, Encoding: weir.EncodingJSON, KeyEncoding: weir.KeyString, Visibility: weir.VisibleDomain, Access: weir.AccessOpen, Owner: uid(2), Partitions: 3, Created: at},
		weir.NounStream:      &weir.Stream{UID: uid(7), Name: "sales._private.raw", Domain: uid(5), Partitions: 1, Retention: weir.MinRetention, Created: at},
		weir.NounTopic:       &weir.Topic{UID: uid(8), Name: "sales.orders.v1", Domain: uid(5), Of: uid(6), Partitions: 3, State: weir.TopicMade, ID: weir.TopicID{1}, Created: at},
		weir.NounApplication: &weir.Application{UID: uid(9), Name: "billing", Team: uid(3), Created: at},
		weir.NounCredential: &weir.Credential{UID: uid(10), Name: "billing", Application: uid(9), Team: uid(3), Created: at, Scram: weir.ScramVerifier{
			Salt: make([]byte, 16), Iterations: 4096,
			SHA256: weir.ScramKey{Stored: make([]byte, 32), Server: make([]byte, 32)},
			SHA512: weir.ScramKey{Stored: make([]byte, 64), Server: make([]byte, 64)}}},
		weir.NounTerm: &weir.Term{UID: uid(16), Name: "order-value", Title: "Order value", Definition: "What the customer pays", Created: at},
		weir.NounText: &weir.Text{UID: uid(12), Name: weir.TextName(`"string"`), Body: `"string"`, Domains: []weir.UID{uid(5)}, Created: at},
		weir.NounSchema: &weir.Schema{
			UID: uid(13), ID: 7, Format: weir.FormatAvro, Text: uid(12), References: []weir.SchemaReference{{Name: "a.B", Subject: "s", Version: 2}}, Referred: []weir.UID{uid(14)},
			Metadata: &weir.Metadata{Tags: map[string][]string{"a.b": {"PII"}}, Properties: map[string]string{"owner": "ann"}, Sensitive: []string{"owner"}},
			RuleSet:  &weir.RuleSet{DomainRules: []weir.Rule{{Name: "r", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "true"}}}, Domains: []weir.UID{uid(5)}, Created: at,
		},
		weir.NounSubject: &weir.Subject{
			UID: uid(15), Name: "sales.orders.v1-value", Domain: uid(5), Visibility: weir.VisibleDomain, Created: at,
			Config:   &weir.SubjectConfig{Compatibility: weir.CompatFull},
			Versions: []weir.SubjectVersion{{Version: 1, Schema: uid(14), ID: 6, Deleted: true}, {Version: 3, Schema: uid(13), ID: 7}},
		},
		weir.NounPolicy: &weir.Policy{
			UID: uid(17), Name: "has-sla", On: weir.Ref{Noun: weir.NounMesh, UID: uid(1), Name: "m"}, Enabled: true, Severity: weir.SeverityWarning, When: weir.WhenAlways, Expression: "product.sla != ''",
			Message: "{product.name} has no SLA", Fix: "say one", Created: at,
		},
		weir.NounQuery: &weir.Query{
			UID: uid(18), Name: "sales.big-orders", Domain: uid(5), Product: uid(6), Application: uid(9), Aside: uid(7),
			Statement: "SELECT id FROM sales.orders WHERE total > 100", Inputs: []weir.UID{uid(19)}, Wish: weir.QueryRun, Run: 1,
			OnFailure: weir.FailureAside, Epoch: weir.DefaultEpoch, Created: at,
			Lineage: []weir.Derivation{{Column: "id", Field: "id", Direct: true}, {Field: "total"}},
		},
		weir.NounPlan: &weir.Plan{
			UID: uid(20), Name: "sales.orders/billing", Product: uid(6), Application: uid(9), Domain: uid(5), Team: uid(3),
			Fields: []string{"id"}, Due: "2027-03-01", Note: "invoices", By: weir.Ref{Noun: weir.NounPerson, UID: uid(2), Name: "ann"}, Created: at,
		},
		weir.NounQuestion: &weir.Question{
			UID: uid(21), Name: "sales.orders/001", Product: uid(6), Domain: uid(5), Owner: uid(2), Text: "Are refunds in it?", By: weir.Ref{Noun: weir.NounPerson, UID: uid(22), Name: "bob"},
			Answer: "No.", AnsweredBy: &weir.Ref{Noun: weir.NounPerson, UID: uid(2), Name: "ann"}, Answered: at.Add(time.Hour), Created: at,
		},
		weir.NounAnnouncement: &weir.Announcement{
			UID: uid(23), Name: "sales.orders/001", Product: uid(6), Domain: uid(5), Text: "Refunds come in March.", By: weir.Ref{Noun: weir.NounPerson, UID: uid(2), Name: "ann"},
			Created: at, To: []weir.UID{uid(3)},
		},
		weir.NounAccess: &weir.Access{UID: uid(11), Name: "sales.orders/billing", Product: uid(6), Application: uid(9), Domain: uid(5), Team: uid(3), Created: at},
	}
}

// Every noun has its entity, which survives the ledger.
func TestEveryNoun(t *testing.T) {
	t.Parallel()
	es := valid()
	for _, n := range weir.Nouns() {
		e, ok := es[n]
		if !ok {
			t.Fatalf("no test for %s", n)
		}
		if e.Ref().Noun != n || e.Ref().UID.IsZero() || e.Ref().Name == "" {
			t.Errorf("%s: %v", n, e.Ref())
		}
		c, err := weir.NewChange(uid(1), nil, 0, e)
		if err != nil {
			t.Errorf("%s: %v", n, err)
			continue
		}
		if c.Rev != 1 || c.Ref != e.Ref() || c.Home != uid(1) || !cmp.Equal(c.Domains, e.Readers()) {
			t.Errorf("%s: %+v", n, c)
		}
		back, err := weir.DecodeEntity(n, c.Body)
		if err != nil {
			t.Errorf("%s: %v", n, err)
		}
		if diff := cmp.Diff(e, back); diff != "" {
			t.Errorf("%s: %s", n, diff)
		}
	}
}

func TestDecodeEntityRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		noun weir.Noun
		body string
	}{
		"unknown noun":  {"wormhole", `{}`},
		"unknown field": {weir.NounTeam, `{"uid":"","name":"t","wormhole":1}`},
		"wrong type":    {weir.NounTeam, `{"name":7}`},
		"no JSON":       {weir.NounTeam, `{`},
		"nothing":       {weir.NounTeam, ``},
	} {
		if _, err := weir.DecodeEntity(c.noun, json.RawMessage(c.body)); !errors.Is(err, weir.Damaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Secrets are in the body, which only the ledger has, and nowhere else.
func TestSecretsStayInTheBody(t *testing.T) {
	t.Parallel()
	for noun, secret := range map[weir.Noun]string{weir.NounPerson: "password", weir.NounToken: "hash", weir.NounCredential: "scram"} {
		e := valid()[noun]
		c, err := weir.NewChange(weir.UID{}, nil, 0, e)
		if err != nil {
			t.Fatal(err)
		}
		seen := false
		for _, d := range c.Diff {
			if d.Path == secret {
				seen = d.Secret && d.Old == nil && d.New == nil
			}
		}
		if !seen || !bytes.Contains(c.Body, []byte(`"`+secret+`"`)) {
			t.Errorf("%s: the change is %+v", noun, c.Diff)
		}
		public, err := weir.Public(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := public[secret]; ok || public["name"] != e.Ref().Name {
			t.Errorf("%s: public is %v", noun, public)
		}
	}
}

func TestDiffSaysWhatChanged(t *testing.T) {
	t.Parallel()
	old := weir.Team{UID: uid(1), Name: "a", Description: "x", Members: []weir.UID{uid(2)}}
	next := weir.Team{UID: uid(1), Name: "b", Members: []weir.UID{uid(2)}}
	c, err := weir.NewChange(weir.UID{}, &old, 4, &next)
	if err != nil {
		t.Fatal(err)
	}
	want := []weir.Diff{{Path: "description", Old: json.RawMessage(`"x"`)}, {Path: "name", Old: json.RawMessage(`"a"`), New: json.RawMessage(`"b"`)}}
	if diff := cmp.Diff(want, c.Diff); diff != "" || c.Rev != 5 {
		t.Errorf("revision %d: %s", c.Rev, diff)
	}
	d := weir.DeleteChange(uid(9), &next, 5)
	if !d.Deleted || d.Rev != 6 || d.Body != nil || d.Ref != next.Ref() || d.Home != uid(9) {
		t.Errorf("%+v", d)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	for noun, c := range map[weir.Noun]struct{ good, bad []string }{
		weir.NounPerson:      {[]string{"a", "a-b", "0", "-", long}, []string{"", "A", "a.b", "a_b", "a b", "a/b", "ä", long + "a", "a\n", "a\x00"}},
		weir.NounTeam:        {[]string{"a", long}, []string{"", "T", long + "a"}},
		weir.NounApplication: {[]string{"a", "fraud-scoring"}, []string{"", "a.b", "_weir"}},
		weir.NounDomain:      {[]string{"ab", long}, []string{"", "a", "a.b", "ab\n", long + "a"}},
		weir.NounProduct:     {[]string{"ab.cd", long + "." + long}, []string{"", "ab", "a.cd", "ab.c", "ab.", ".ab", "ab.cd.ef", "ab._private.cd"}},
		weir.NounStream:      {[]string{"ab._private.cd"}, []string{"ab.cd", "ab._private.c", "ab._private.", "ab._privat.cd", "ab._private.cd\n", "ab._private.c_d"}},
		weir.NounTopic:       {[]string{"a", "A._-", strings.Repeat("a", 249)}, []string{"", ".", "..", strings.Repeat("a", 250), "a/b", "a b", "ä"}},
		weir.NounToken:       {[]string{"a/b"}, []string{"a", "a/", "/b", "a/b/c", "a/B"}},
		weir.NounPolicy:      {[]string{"a", "has-sla"}, []string{"", "A", "a.b", "ab.cd", "a/b", long + "a"}},
		weir.NounQuestion:    {[]string{"ab.cd/001", "ab.cd.v2/999"}, []string{"ab.cd", "ab.cd/", "ab.cd/000", "ab.cd/1", "ab.cd/0001", "ab.cd/1000", "ab.cd/+01", "ab/001", "ab.cd/x", "ab.cd/001/001"}},
		weir.NounAccess:      {[]string{"ab.cd/x"}, []string{"ab.cd", "ab/x", "ab.cd/", "ab.cd/x/y", "/x"}},
	} {
		for _, name := range c.good {
			if err := named(noun, name).Validate(); err != nil {
				t.Errorf("%s %q: %v", noun, name, err)
			}
		}
		for _, name := range c.bad {
			err := named(noun, name).Validate()
			if err == nil || weir.KindOf(err) != weir.Invalid {
				t.Errorf("%s %q: %v", noun, name, err)
			}
		}
	}
}

// named is a valid entity but for its name.
func named(n weir.Noun, name string) weir.Entity {
	e := valid()[n]
	switch e := e.(type) {
	case *weir.Mesh:
		e.Name = name
	case *weir.Person:
		e.Name = name
	case *weir.Team:
		e.Name = name
	case *weir.Token:
		e.Name = name
	case *weir.Domain:
		e.Name = name
	case *weir.Product:
		e.Name = name
	case *weir.Stream:
		e.Name = name
	case *weir.Topic:
		e.Name = name
	case *weir.Application:
		e.Name = name
	case *weir.Credential:
		e.Name = name
	case *weir.Access:
		e.Name = name
	case *weir.Term:
		e.Name = name
	case *weir.Policy:
		e.Name = name
	case *weir.Query:
		e.Name = name
	case *weir.Plan:
		e.Name = name
	case *weir.Question:
		e.Name = name
	case *weir.Announcement:
		e.Name = name
	case *weir.Subject:
		e.Name = name
	}
	return e
}

// described is a valid entity with a text, for the nouns that have one.
func described(text string) []weir.Entity {
	es := valid()
	team, domain, product := es[weir.NounTeam].(*weir.Team), es[weir.NounDomain].(*weir.Domain), es[weir.NounProduct].(*weir.Product)
	stream, app := es[weir.NounStream].(*weir.Stream), es[weir.NounApplication].(*weir.Application)
	team.Description, domain.Description, product.Description, stream.Description, app.Description = text, text, text, text, text
	return []weir.Entity{team, domain, product, stream, app}
}

func TestFieldsAreChecked(t *testing.T) {
	t.Parallel()
	for where, spoil := range map[string]func(p *weir.Product){
		"major":       func(p *weir.Product) { p.Major = 0 },
		"kind":        func(p *weir.Product) { p.Kind = "heap" },
		"encoding":    func(p *weir.Product) { p.Encoding = "" },
		"keyEncoding": func(p *weir.Product) { p.KeyEncoding = "xml" },
		"visibility":  func(p *weir.Product) { p.Visibility = "world" },
		"access":      func(p *weir.Product) { p.Access = "closed" },
		"description": func(p *weir.Product) { p.Description = strings.Repeat("x", weir.MaxText+1) },
		"partitions":  func(p *weir.Product) { p.Partitions = 65 },
		"retention":   func(p *weir.Product) { p.Retention = weir.MinRetention - 1 },
		"name":        func(p *weir.Product) { p.Name = "x" },
	} {
		p := valid()[weir.NounProduct].(*weir.Product)
		spoil(p)
		var e *weir.Error
		if err := p.Validate(); !errors.As(err, &e) || e.Where != where || e.Kind != weir.Invalid && e.Kind != weir.Internal {
			t.Errorf("%s: %v", where, err)
		}
	}
	team := &weir.Team{Name: "t", Members: make([]weir.UID, weir.MaxMembers+1)}
	if err := team.Validate(); weir.KindOf(err) != weir.Invalid {
		t.Errorf("a team of %d: %v", len(team.Members), err)
	}
}

func TestOwnsName(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{"app": true, "app.": true, "app.x.y": true, "app-x": false, "ap": false, "": false, "apps.x": false, "App": false, "x.app": false} {
		if got := weir.OwnsName("app", id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}

func TestScopeKnows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scope   weir.Scope
		readers []weir.UID
		want    bool
	}{
		"nothing":      {weir.Scope{}, nil, false},
		"mesh":         {weir.Scope{Mesh: true}, nil, true},
		"mesh, theirs": {weir.Scope{Mesh: true}, []weir.UID{uid(1)}, false},
		"mine":         {weir.Scope{Of: []weir.UID{uid(1)}}, []weir.UID{uid(2), uid(1)}, true},
		"mine only":    {weir.Scope{Of: []weir.UID{uid(1)}}, nil, false},
		"all":          {weir.Scope{All: true}, []weir.UID{uid(9)}, true},
	} {
		if got := c.scope.Knows(c.readers); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// naughty reads the list of strings that have broken programs before.
func naughty(t *testing.T) []string {
	t.Helper()
	dir := os.Getenv("WEIR_CORPORA")
	if dir == "" {
		t.Skip("SKIPPED: WEIR_CORPORA is not set, so nothing was tested against the naughty strings")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "strings", "blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil || len(list) < 400 {
		t.Fatalf("%d strings: %v", len(list), err)
	}
	return append(list, "\xff\xfe", "a\x80b", strings.Repeat("é", 40), "\u202e", "a\x7f")
}

// A naughty string is a name only if it looks like one; a text that is taken
// comes back the same; nothing panics, and every refusal is Invalid, says
// where, and is readable itself.
func TestNaughtyStrings(t *testing.T) {
	t.Parallel()
	taken := 0
	for _, s := range naughty(t) {
		for _, n := range weir.Nouns() {
			if n == weir.NounSchema || n == weir.NounText {
				continue // named by a number and by a hash; a subject below may have any name, as in other registries
			}
			e := named(n, s)
			if checkNaughty(t, e) && n != weir.NounSubject && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/") != "" {
				t.Errorf("%q is the name of a %s", s, n)
			}
		}
		for _, e := range described(s) {
			if checkNaughty(t, e) {
				taken++
			}
		}
		if d, err := weir.ParseDuration(s); err == nil && d != weir.Forever {
			t.Errorf("%q is the duration %v", s, d)
		}
		if _, err := weir.ParseUID(s); err == nil {
			t.Errorf("%q is a uid", s)
		}
	}
	if taken < 1000 {
		t.Errorf("only %d texts were taken", taken)
	}
}

// checkNaughty reports whether an entity was taken.
func checkNaughty(t *testing.T, e weir.Entity) bool {
	t.Helper()
	c, err := weir.NewChange(weir.UID{}, nil, 0, e)
	if err != nil {
		var we *weir.Error
		if !errors.As(err, &we) || we.Kind != weir.Invalid || we.Where == "" || !utf8.ValidString(we.Public()) {
			t.Errorf("%q: %v", e.Ref().Name, err)
		}
		return false
	}
	back, err := weir.DecodeEntity(c.Ref.Noun, c.Body)
	if err != nil {
		t.Errorf("%s: %v", c.Body, err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff)
	}
	return true
}
