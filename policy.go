package weir

import (
	"strings"
	"time"
)

// Severity is what it means that a product breaks a policy.
type Severity string

const (
	SeverityError   Severity = "error"   // it is not published
	SeverityWarning Severity = "warning" // it is shown to everybody who sees the product
	SeverityInfo    Severity = "info"    // the same, as advice
)

// Severities lists every severity, the gravest first.
func Severities() []Severity { return []Severity{SeverityError, SeverityWarning, SeverityInfo} }

// PolicyWhen is what a policy is about.
type PolicyWhen string

const (
	WhenAlways  PolicyWhen = "always"  // every product, and a topic that is published
	WhenPublish PolicyWhen = "publish" // a topic that is published, at that moment
)

// PolicyWhens lists every moment.
func PolicyWhens() []PolicyWhen { return []PolicyWhen{WhenAlways, WhenPublish} }

// Bounds of policies.
const (
	MaxPolicies   = 100 // of the mesh, and of each domain
	MaxExpression = 4096
)

// Policy is a rule of the mesh, or of a domain for its own products: an
// expression that says what must hold. All that apply are judged; none takes
// away what another finds. One that is built in lives in the program: the ledger
// knows only how the mesh has set it.
type Policy struct {
	UID        UID        `json:"uid"`
	Name       string     `json:"name"` // one word of the mesh's; domain.word of a domain's
	On         Ref        `json:"on"`   // the mesh or the domain, as named then
	BuiltIn    bool       `json:"builtIn,omitempty"`
	Enabled    bool       `json:"enabled"`
	Severity   Severity   `json:"severity"`
	When       PolicyWhen `json:"when,omitempty"` // this and the rest: not of one that is built in
	Expression string     `json:"expression,omitempty"`
	Message    string     `json:"message,omitempty"` // what is wrong when it is broken
	Fix        string     `json:"fix,omitempty"`     // what to do then
	Created    time.Time  `json:"created"`
}

func (p *Policy) Ref() Ref { return Ref{NounPolicy, p.UID, p.Name} }

// Readers: the whole mesh. Who breaks a rule has to know it.
func (p *Policy) Readers() []UID { return nil }

// Refers lists the mesh or the domain.
func (p *Policy) Refers() []Ref { return []Ref{{Noun: p.On.Noun, UID: p.On.UID}} }

// Validate checks every field by itself, the expression's length alone.
func (p *Policy) Validate() error {
	if err := first(oneOf("on", p.On.Noun, NounMesh, NounDomain), p.checkName(), oneOf("severity", p.Severity, Severities()...)); err != nil {
		return err
	}
	if p.BuiltIn {
		if p.When != "" || p.Expression != "" || p.Message != "" || p.Fix != "" || p.On.Noun != NounMesh {
			return Errorf(Invalid, "what a built-in policy says is not the mesh's to change").At("builtIn").
				WithFix("change its severity, or switch it off and add your own")
		}
		return nil
	}
	if p.Expression == "" {
		return Errorf(Invalid, "a policy without expression").At("expression").WithFix("say what must hold, such as product.sla != ''")
	}
	if p.Message == "" {
		return Errorf(Invalid, "a policy without message").At("message").WithFix("say what is wrong with a product that breaks it")
	}
	return first(
		oneOf("when", p.When, PolicyWhens()...), checkText("expression", p.Expression),
		checkText("message", p.Message), checkText("fix", p.Fix),
	)
}

// checkName: a domain's policy begins with the domain's name, the mesh's is one
// word, so that the two never meet.
func (p *Policy) checkName() error {
	if p.On.Noun == NounMesh {
		return checkName(shortName, "name", p.Name)
	}
	return checkPath("name", p.Name, longName, ".", shortName)
}

// DomainOfPolicy is the domain that a policy's name begins with; empty if the
// name is one of the mesh's.
func DomainOfPolicy(name string) string {
	domain, _, ok := strings.Cut(name, ".")
	if !ok {
		return ""
	}
	return domain
}
