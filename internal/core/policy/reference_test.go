package policy_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/policy"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestReferenceGolden keeps docs/reference/policies.md what the facts and the
// built-in set say of themselves.
func TestReferenceGolden(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/reference/policies.md"
	got := reference()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("facts or built-in policies changed; if that is meant, run go test ./internal/core/policy -update\n%s", diff)
	}
}

func reference() string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("\n## Facts\n\n`product` is known to every policy, `publish` to those of `when: publish`. What nobody said is empty.\n\n| fact | type | |\n|---|---|---|\n")
	for _, group := range policy.Documented() {
		for _, f := range group {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, f.Type, f.Doc)
		}
	}
	b.WriteString("\n`field`, `slo` and `support` are the parts of the lists: `product.fields.all(f, f.description != '')`.\n")
	b.WriteString("\n## Built in\n\nIn the order in which they are judged. `weir policy edit NAME --severity ...` and `weir policy disable NAME` change one for the mesh.\n\n")
	for _, r := range policy.BuiltIn() {
		fmt.Fprintf(&b, "### %s\n\n%s, %s: %s.\n\n```\n%s\n```\n\nFix: %s.\n\n", r.Name, r.Severity, r.When, r.Message, r.Expression, r.Fix)
	}
	fmt.Fprintf(&b, bounds, weir.MaxPolicies, weir.MaxExpression, policy.MaxCost, policy.MaxAllCost, policy.MaxWhere)
	return b.String()
}

const head = "# Policies\n\nMade from the facts and the built-in set by `go test ./internal/core/policy -update`.\n" + `
A policy says what must hold of a product: of every one (` + "`when: always`" + `), or of a topic at the moment in which it is published
(` + "`when: publish`" + `). It is an expression in [CEL](https://cel.dev) over the facts below. They are typed: a name that does not exist is an
error when the policy is added, with its line and column.

- The expression gives true or false: true is good. Or it gives a list of texts, the places at which the product is not as it
  should be, such as the paths of fields: an empty list is good.
- An expression that cannot be evaluated, or takes too many steps, is a finding that says so. Nothing passes because it was not looked at.
- ` + "`message`" + ` and ` + "`fix`" + ` are plain text. ` + "`{product.name}`" + ` stands for that fact, if it is a text; ` + "`{where}`" + ` for the places.

| severity | a product that breaks it |
|---|---|
| error | is not published: the refusal lists everything that was found, each with its fix, and is on record. A product that was published cannot be edited so that it breaks one more. One that lives already is shown with it |
| warning | is shown with it, to everybody who sees the product |
| info | the same, as advice; ` + "`weir product show`" + ` leaves it out, ` + "`-o json`" + ` has it |

Policies refuse publishing and edits of what was published, nothing else: products made by ` + "`weir product create`" + ` live with what is said about them.

A mesh admin or a steward adds policies of the mesh, and switches built-in ones. An owner of a domain adds policies for the domain's
products; their names begin with the domain's and a dot. They are judged beside those of the mesh and take nothing of them away.

## A file

` + "```yaml" + `
# policies/contact.yaml; several policies stand in one file with --- between
name: has-contact             # sales.has-contact is one of the domain sales
severity: error               # error, warning (if nothing is said) or info
when: always                  # always (if nothing is said) or publish
expression: size(product.support) > 0
message: nobody knows where to ask about {product.name}
fix: weir product edit {product.name} --support CHANNEL=URL
disabled: false               # true: add it switched off
tests:
  - name: a product without contact
    product: {name: sales.orders}
    expect: finding           # or none
  - name: one with a channel
    product: {name: sales.orders, support: [{channel: mail}]}
    expect: none
` + "```" + `

A test gives facts of ` + "`product`" + `, and of ` + "`publish`" + ` if the policy is about publishing; what is left out is empty, and ` + "`domain`" + ` and ` + "`shortName`" + `
follow from the name. ` + "`where: [a, b]`" + ` in a test wants these places to be found. ` + "`weir policy test FILE`" + ` runs the tests without a node,
` + "`--product D.P`" + ` and ` + "`--all`" + ` ask the node what the policy would find, before it is added: one about publishing as if you published
each product now, with a record in its topic. ` + "`weir policy add FILE`" + ` refuses a file with a test that fails.

Every product has a tag of the area that it belongs to:

` + "```yaml" + `
name: area
expression: "'area' in product.tags"
message: "{product.name} has no area"
fix: weir product edit {product.name} --add-tag area:VALUE
` + "```" + `

Every field of an authoritative product is explained:

` + "```yaml" + `
name: explained
expression: >
  product.quality == 'authoritative' ? product.fields.filter(f, f.description == '').map(f, f.path) : []
message: "an authoritative product explains every field, and these are not: {where}"
fix: weir product field {product.name} FIELD --description TEXT
` + "```" + `
`

const bounds = `## Bounds

| | |
|---|---|
| policies of the mesh, and of each domain | %d |
| bytes of an expression | %d |
| steps of one policy over one product, as CEL counts them | %d |
| steps of all that judge one product; those beyond are findings | %d |
| places that a finding keeps | %d |
| all() in all() | 3 deep |
`
