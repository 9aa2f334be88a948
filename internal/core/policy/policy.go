// Package policy judges products by the policies of the mesh and of domains:
// expressions in CEL over [Facts], which are typed, so that a name that does not
// exist is found when a policy is written and not when it should hold.
//
// An expression gives true or false, true is good; or a list of places, such as
// the paths of fields, at which the product is not as it should be: none is good.
// One that cannot be evaluated, or takes too many steps, is a finding that says
// so: nothing passes because it was not looked at.
//
// Expressions are untrusted: their text, the steps of one and of all together,
// and what they find are bounded. Everything here is pure.
package policy

import (
	"context"
	"errors"
	"reflect"
	"strconv"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"

	"github.com/weirmesh/weir"
)

// The limits of judging.
const (
	MaxCost    = 1_000_000 // steps of one policy over one product, as CEL counts them
	MaxAllCost = 5_000_000 // of all that are judged together
	maxNested  = 3         // all() in all() in all()
	MaxWhere   = 100       // places that a finding keeps
	maxPlace   = 200       // bytes of one of them, and of a fact in a message
)

// tag is the one by which facts are named in expressions and files.
const tag = "yaml"

// Rule is a policy as it is judged.
type Rule struct {
	Name       string
	Severity   weir.Severity
	When       weir.PolicyWhen
	Expression string
	Message    string // with facts in it: {product.name}; {where} is the places found
	Fix        string // the same
}

// Finding is a policy that a product breaks.
type Finding struct {
	Policy   string
	Severity weir.Severity
	Msg      string
	Fix      string
	Where    []string // the places that the expression found, at most [MaxWhere]
	Failed   bool     // the policy could not be evaluated
}

// Compiler understands policies. Any goroutine may use it.
type Compiler struct{ envs map[weir.PolicyWhen]*cel.Env }

// NewCompiler makes the environments, which takes a moment: keep it.
func NewCompiler() (*Compiler, error) {
	always, err := cel.NewEnv(
		ext.NativeTypes(ext.ParseStructTag(tag), reflect.TypeFor[Product](), reflect.TypeFor[Publish]()),
		cel.Variable("product", cel.ObjectType("policy.Product")),
		cel.ParserExpressionSizeLimit(weir.MaxExpression), cel.ParserRecursionLimit(64),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(),
			cel.ValidateComprehensionNestingLimit(maxNested)),
	)
	if err != nil {
		return nil, weir.Errorf(weir.Internal, "CEL does not start").Because(err)
	}
	publish, err := always.Extend(cel.Variable("publish", cel.ObjectType("policy.Publish")))
	if err != nil {
		return nil, weir.Errorf(weir.Internal, "CEL does not start").Because(err)
	}
	return &Compiler{envs: map[weir.PolicyWhen]*cel.Env{weir.WhenAlways: always, weir.WhenPublish: publish}}, nil
}

// Compiled is a rule that was understood. Any goroutine may use it.
type Compiled struct {
	Rule
	program cel.Program
	broken  error // it is not understood
}

// Compile understands a rule. Invalid if it is none, with the place: the
// expression's line and column, message or fix; Limit if it is too long.
func (c *Compiler) Compile(r Rule) (*Compiled, error) {
	env, ok := c.envs[r.When]
	if !ok {
		return nil, weir.Errorf(weir.Invalid, "%q is no moment", clip(string(r.When), maxPlace)).At("when").WithFix("use always or publish")
	}
	if len(r.Expression) > weir.MaxExpression {
		return nil, weir.Errorf(weir.Limit, "the expression has %d bytes", len(r.Expression)).At("expression").WithFix("use at most %d", weir.MaxExpression)
	}
	ast, issues := env.Compile(r.Expression)
	if issues.Err() != nil {
		return nil, refused(issues)
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.ListType(cel.StringType)) {
		return nil, weir.Errorf(weir.Invalid, "the expression gives %s, neither true or false nor a list of places", t).At("expression").
			WithFix("compare with something, such as product.sla != ''; or list what is wrong: product.fields.filter(f, f.description == '').map(f, f.path)")
	}
	program, err := env.Program(ast, cel.CostLimit(MaxCost), cel.InterruptCheckFrequency(1000), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, weir.Errorf(weir.Invalid, "%v", err).At("expression").WithFix("correct the expression")
	}
	for _, text := range []struct{ field, text string }{{"message", r.Message}, {"fix", r.Fix}} {
		if err := checkTemplate(text.field, text.text, r.When); err != nil {
			return nil, err
		}
	}
	return &Compiled{Rule: r, program: program}, nil
}

// Unreadable stands for a rule that was understood once and is not any more: it
// fails for every product.
func Unreadable(r Rule, err error) *Compiled { return &Compiled{Rule: r, broken: err} }

// As is the same rule with another severity.
func (r *Compiled) As(s weir.Severity) *Compiled {
	next := *r
	next.Severity = s
	return &next
}

// refused is the first fault of an expression.
func refused(issues *cel.Issues) error {
	where, msg := "expression", issues.Err().Error()
	if errs := issues.Errors(); len(errs) > 0 {
		l := errs[0].Location
		where += ":" + strconv.Itoa(l.Line()) + ":" + strconv.Itoa(l.Column()+1)
		msg = errs[0].Message
	}
	return weir.Errorf(weir.Invalid, "%s", clip(msg, 2*maxPlace)).At(where).
		WithFix("write CEL over the facts of docs/reference/policies.md, such as size(product.description) >= 20; publish is known to policies of publishing alone")
}

// Judge says which rules a product breaks, in their order. Those about publishing
// are left out unless the facts hold that moment. An error is ctx's alone.
func Judge(ctx context.Context, rules []*Compiled, f Facts) ([]Finding, error) {
	vars := map[string]any{"product": f.Product}
	if f.Publish != nil {
		vars["publish"] = *f.Publish
	}
	var found []Finding
	var spent uint64
	for _, r := range rules {
		if r.When == weir.WhenPublish && f.Publish == nil {
			continue
		}
		if spent > MaxAllCost {
			found = append(found, r.failed("the policies before it took too many steps"))
			continue
		}
		finding, cost, err := r.judge(ctx, vars, f)
		if err != nil {
			return nil, err
		}
		spent += cost
		found = append(found, finding...)
	}
	return found, nil
}

// judge evaluates one rule; no finding is good.
func (r *Compiled) judge(ctx context.Context, vars map[string]any, f Facts) ([]Finding, uint64, error) {
	if r.broken != nil {
		return []Finding{r.failed(clip(r.broken.Error(), 2*maxPlace))}, 0, nil
	}
	out, details, err := r.program.ContextEval(ctx, vars)
	if ctx.Err() != nil {
		return nil, 0, ctx.Err()
	}
	cost := costOf(details, err)
	if err != nil {
		return []Finding{r.failed(clip(err.Error(), 2*maxPlace))}, cost, nil
	}
	switch v := out.(type) {
	case types.Bool:
		if v {
			return nil, cost, nil
		}
		return []Finding{r.found(f, nil, 0)}, cost, nil
	case traits.Lister:
		where, n, err := places(v)
		switch {
		case err != nil:
			return []Finding{r.failed(err.Error())}, cost, nil
		case n == 0:
			return nil, cost, nil
		}
		return []Finding{r.found(f, where, n)}, cost, nil
	}
	return []Finding{r.failed("it gives " + out.Type().TypeName())}, cost, nil
}

// costOf is what an evaluation took; one that failed may have taken all that it
// could.
func costOf(details *cel.EvalDetails, err error) uint64 {
	if details != nil && details.ActualCost() != nil {
		return *details.ActualCost()
	}
	if err != nil {
		return MaxCost
	}
	return 0
}

// places reads the list that an expression gave.
func places(list traits.Lister) (where []string, n int, err error) {
	for it := list.Iterator(); it.HasNext() == types.True; n++ {
		s, ok := it.Next().(types.String)
		if !ok {
			return nil, 0, errors.New("a place in its list is no text")
		}
		if n < MaxWhere {
			where = append(where, clip(string(s), maxPlace))
		}
	}
	return where, n, nil
}

// found is what a product that breaks the rule is told.
func (r *Compiled) found(f Facts, where []string, n int) Finding {
	return Finding{Policy: r.Name, Severity: r.Severity, Where: where, Msg: render(r.Message, f, where, n), Fix: render(r.Fix, f, where, n)}
}

// failed is what is told of a rule that says nothing about the product.
func (r *Compiled) failed(why string) Finding {
	return Finding{
		Policy: r.Name, Severity: r.Severity, Failed: true, Msg: "the policy could not be evaluated: " + why,
		Fix: "ask a steward to correct it: weir policy test FILE shows where it fails, weir policy disable " + r.Name + " switches it off",
	}
}
