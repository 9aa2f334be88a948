// Package policyfile reads files of policies and runs their tests, without a
// node. A file is YAML; it holds one policy, or several with --- between:
//
//	name: has-contact             # sales.has-contact is one of the domain sales
//	severity: error               # error, warning (if nothing is said) or info
//	when: always                  # always (if nothing is said) or publish
//	expression: size(product.support) > 0
//	message: nobody knows where to ask about {product.name}
//	fix: weir product edit {product.name} --support CHANNEL=URL
//	tests:
//	  - name: a product without contact
//	    product: {name: sales.orders}
//	    expect: finding           # or none
//
// What a file says is checked strictly: a name that means nothing is an error,
// with its line.
package policyfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/policy"
)

// The bounds of a file.
const (
	MaxFile     = 1 << 20
	MaxPolicies = weir.MaxPolicies
	MaxTests    = 1000 // of one policy
)

// Policy is one of a file.
type Policy struct {
	Name       string `yaml:"name"`
	Severity   string `yaml:"severity"`
	When       string `yaml:"when"`
	Expression string `yaml:"expression"`
	Message    string `yaml:"message"`
	Fix        string `yaml:"fix"`
	Disabled   bool   `yaml:"disabled"`
	Tests      []Test `yaml:"tests"`

	place place
}

// Test is a case: facts, and whether the policy finds something about them.
type Test struct {
	Name    string          `yaml:"name"`
	Product policy.Product  `yaml:"product"`
	Publish *policy.Publish `yaml:"publish"`
	Expect  string          `yaml:"expect"`
	Where   []string        `yaml:"where"` // the places that are found; nil: any
}

// What a test expects.
const (
	ExpectFinding = "finding"
	ExpectNone    = "none"
)

// Result is what became of a test.
type Result struct {
	Policy string `json:"policy"`
	Test   string `json:"test"`
	Where  string `json:"where"` // FILE:LINE
	OK     bool   `json:"ok"`
	Said   string `json:"said,omitempty"` // what the policy said, or why the test failed
}

// place is where something stands in a file.
type place struct {
	file  string
	line  int
	lines map[string]int // of each key
	tests []int
}

func (p place) at(key string) string {
	line := p.line
	if l, ok := p.lines[key]; ok {
		line = l
	}
	return p.file + ":" + strconv.Itoa(line)
}

// Read reads a file of a name. Invalid with FILE:LINE if it is none; Limit if it
// is too large.
func Read(file string, text []byte) ([]Policy, error) {
	if len(text) > MaxFile {
		return nil, weir.Errorf(weir.Limit, "the file has %d bytes", len(text)).At(file).WithFix("use at most %d", MaxFile)
	}
	strict, nodes := yaml.NewDecoder(bytes.NewReader(text)), yaml.NewDecoder(bytes.NewReader(text))
	strict.KnownFields(true)
	var all []Policy
	for {
		var p Policy
		var n yaml.Node
		err := strict.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, unreadable(file, err)
		}
		if err := nodes.Decode(&n); err != nil {
			return nil, unreadable(file, err)
		}
		p.place = placeOf(file, &n)
		if err := p.check(); err != nil {
			return nil, err
		}
		if all = append(all, p); len(all) > MaxPolicies {
			return nil, weir.Errorf(weir.Limit, "more than %d policies", MaxPolicies).At(file).WithFix("write several files")
		}
	}
	if len(all) == 0 {
		return nil, weir.Errorf(weir.Invalid, "the file holds no policy").At(file).WithFix("write name, expression and message; docs/reference/policies.md shows one")
	}
	return all, nil
}

// placeOf finds the lines of a document's keys and tests.
func placeOf(file string, doc *yaml.Node) place {
	p := place{file: file, line: max(doc.Line, 1), lines: map[string]int{}}
	if len(doc.Content) == 0 {
		return p
	}
	m := doc.Content[0]
	p.line = m.Line
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, value := m.Content[i], m.Content[i+1]
		p.lines[key.Value] = key.Line
		if key.Value == "tests" {
			for _, t := range value.Content {
				p.tests = append(p.tests, t.Line)
			}
		}
	}
	return p
}

var lineOf = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)

// unreadable says in our words, and with its line, what YAML says about a file.
func unreadable(file string, err error) error {
	said := strings.TrimPrefix(err.Error(), "yaml: ")
	var several *yaml.TypeError
	if errors.As(err, &several) && len(several.Errors) > 0 {
		said = several.Errors[0]
	}
	where := file
	if m := lineOf.FindStringSubmatch(said); m != nil {
		where, said = file+":"+m[1], m[2]
	}
	if field, _, ok := strings.Cut(strings.TrimPrefix(said, "field "), " not found in type "); ok {
		said = fmt.Sprintf("%q means nothing here", field)
	}
	return weir.Errorf(weir.Invalid, "%s", said).At(where).WithFix("docs/reference/policies.md lists what a file may say")
}

// check refuses what could not be added, and tests that expect nothing.
func (p *Policy) check() error {
	noun := weir.NounMesh
	if weir.DomainOfPolicy(p.Name) != "" {
		noun = weir.NounDomain
	}
	rule := p.rule()
	e := weir.Policy{
		Name: p.Name, On: weir.Ref{Noun: noun}, Severity: rule.Severity, When: rule.When, Expression: p.Expression, Message: p.Message, Fix: p.Fix,
	}
	if err := e.Validate(); err != nil {
		return p.in(err)
	}
	if len(p.Tests) > MaxTests {
		return weir.Errorf(weir.Limit, "%d tests", len(p.Tests)).At(p.place.at("tests")).WithFix("write at most %d", MaxTests)
	}
	for i, t := range p.Tests {
		if t.Expect != ExpectFinding && t.Expect != ExpectNone {
			return weir.Errorf(weir.Invalid, "the test expects %q", t.Expect).At(p.testAt(i)).WithFix("write expect: finding, or expect: none")
		}
		if t.Publish != nil && rule.When != weir.WhenPublish {
			return weir.Errorf(weir.Invalid, "a policy that is always judged knows nothing of publish").At(p.testAt(i)).WithFix("write when: publish, or leave publish out")
		}
	}
	compiler, err := policy.NewCompiler()
	if err == nil {
		_, err = compiler.Compile(rule)
	}
	return p.in(err)
}

func (p *Policy) testAt(i int) string {
	if i < len(p.place.tests) {
		return p.place.file + ":" + strconv.Itoa(p.place.tests[i])
	}
	return p.place.at("tests")
}

// in says in which line of the file a fault is.
func (p *Policy) in(err error) error {
	var e *weir.Error
	if !errors.As(err, &e) {
		return err
	}
	key, _, _ := strings.Cut(e.Where, ":")
	next := *e
	return next.At(p.place.at(key) + ", " + e.Where)
}

// rule is the policy with what is not said.
func (p *Policy) rule() policy.Rule {
	r := policy.Rule{
		Name: p.Name, Severity: weir.Severity(p.Severity), When: weir.PolicyWhen(p.When), Expression: p.Expression, Message: p.Message, Fix: p.Fix,
	}
	if r.Severity == "" {
		r.Severity = weir.SeverityWarning
	}
	if r.When == "" {
		r.When = weir.WhenAlways
	}
	return r
}

// Run runs the tests of the policy.
func (p *Policy) Run(ctx context.Context) ([]Result, error) {
	compiler, err := policy.NewCompiler()
	if err != nil {
		return nil, err
	}
	rule, err := compiler.Compile(p.rule())
	if err != nil {
		return nil, p.in(err)
	}
	out := make([]Result, len(p.Tests))
	for i, t := range p.Tests {
		found, err := policy.Judge(ctx, []*policy.Compiled{rule}, t.facts(rule.When))
		if err != nil {
			return nil, err
		}
		out[i] = t.judged(found)
		out[i].Policy, out[i].Where = p.Name, p.testAt(i)
		if out[i].Test == "" {
			out[i].Test = "test " + strconv.Itoa(i+1)
		}
	}
	return out, nil
}

// facts are those of the test; the parts of the name follow from it.
func (t Test) facts(when weir.PolicyWhen) policy.Facts {
	f := policy.Facts{Product: t.Product, Publish: t.Publish}
	if domain, short, err := weir.SplitProduct(f.Product.Name); err == nil {
		if f.Product.Domain == "" {
			f.Product.Domain = domain
		}
		if f.Product.ShortName == "" {
			f.Product.ShortName = short
		}
	}
	if when == weir.WhenPublish && f.Publish == nil {
		f.Publish = &policy.Publish{}
	}
	return f
}

// judged compares what was found with what is expected. A policy that cannot be
// evaluated fails every test.
func (t Test) judged(found []policy.Finding) Result {
	r := Result{Test: t.Name}
	switch {
	case len(found) == 0:
		r.OK = t.Expect == ExpectNone
		if !r.OK {
			r.Said = "nothing was found, a finding is expected"
		}
	case found[0].Failed:
		r.Said = found[0].Msg
	case t.Expect == ExpectNone:
		r.Said = "found, and nothing is expected: " + found[0].Msg
	case t.Where != nil && !slices.Equal(t.Where, found[0].Where):
		r.Said = fmt.Sprintf("found at %v, expected at %v", found[0].Where, t.Where)
	default:
		r.OK, r.Said = true, found[0].Msg
	}
	return r
}
