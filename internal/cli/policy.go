package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/format/policyfile"
)

func (c *cli) policyCommand() *cobra.Command {
	var domain string
	k := kind[client.Policy]{
		cli: c, noun: "policy", name: func(p client.Policy) string { return p.Name },
		cols: []column[client.Policy]{
			{"NAME", func(p client.Policy) string { return p.Name }},
			{"SEVERITY", func(p client.Policy) string { return p.Severity }},
			{"WHEN", func(p client.Policy) string { return p.When }},
			{"ON", func(p client.Policy) string { return where(p.Domain) }},
			{"STATE", policyState},
			{"MESSAGE", func(p client.Policy) string { return p.Message }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Policy, error) { return cl.Policies(ctx, domain) },
		get: func(ctx context.Context, cl *client.Client, n string) (client.Policy, error) {
			return cl.Policy(ctx, n)
		},
	}
	list := k.listCommand()
	list.Short = "List policies: built in, the mesh's, the domains'"
	list.Flags().StringVar(&domain, "domain", "", "those that this domain's products are judged by")
	k.cols = append(k.cols,
		column[client.Policy]{"FIX", func(p client.Policy) string { return p.Fix }},
		column[client.Policy]{"EXPRESSION", func(p client.Policy) string { return p.Expression }},
		column[client.Policy]{"REVISION", func(p client.Policy) string { return strconv.FormatUint(p.Revision, 10) }})
	remove := c.endCommand(
		&cobra.Command{Use: "remove NAME", Short: "Remove a policy that is not built in", Args: exactly(1), ValidArgsFunction: k.complete()},
		"policy %s is removed",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
			return cl.DeletePolicy(ctx, args[0], o...)
		})
	n := noun("policy", "What must hold of products, and what is done about it", list, k.showCommand(), c.policyAdd(k), c.policyEdit(k), remove,
		c.policySwitch(k, "enable", true), c.policySwitch(k, "disable", false), c.policyTest())
	n.Long = `A policy is an expression in CEL that says what must hold of every product, or of a
topic that is published. One of severity error refuses publishing; what breaks a
warning or an info is shown with the product. Many are built in. Facts, examples and
the built-in set are in docs/reference/policies.md.`
	return n
}

// policyState says where a policy comes from, and whether it is judged.
func policyState(p client.Policy) string {
	s := "own"
	if p.BuiltIn {
		s = "built in"
		if p.Revision > 0 {
			s = "built in, changed"
		}
	}
	if !p.Enabled {
		s += ", off"
	}
	return s
}

func (c *cli) policyAdd(k kind[client.Policy]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "add FILE", Short: "Add the policies of a file", Args: exactly(1),
		Long: `Adds the policies of a YAML file. All are checked first, and so are their tests: a
file with a test that fails is refused. A policy with the name of a domain and a dot
before its own judges that domain's products, beside those of the mesh, which it
cannot loosen. A mesh admin or a steward adds those of the mesh, an owner of the
domain its own. What breaks a policy, before it is added: weir policy test.`,
		Example: `  weir policy add policies/contact.yaml --reason "decided by the data council"`,
	}
	opts := writeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		all, err := c.readPolicies(args[0])
		if err != nil {
			return err
		}
		if err := failing(cmd.Context(), all); err != nil {
			return err
		}
		cl, err := c.client()
		if err != nil {
			return err
		}
		var added []client.Policy
		for _, p := range all {
			one, err := cl.CreatePolicy(cmd.Context(), newPolicy(p), opts()...)
			if err != nil {
				return errors.Join(fmt.Errorf("the policy %s was not added: %w", p.Name, err), printAdded(k, added))
			}
			added = append(added, one)
		}
		return printAdded(k, added)
	}
	return cmd
}

// printAdded prints what was added, if anything was.
func printAdded(k kind[client.Policy], added []client.Policy) error {
	switch len(added) {
	case 0:
		return nil
	case 1:
		return printOne(k.cli, added[0], k.cols)
	}
	return printAll(k.cli, added, k.cols)
}

// failing refuses policies of which a test fails.
func failing(ctx context.Context, all []policyfile.Policy) error {
	for _, p := range all {
		results, err := p.Run(ctx)
		if err != nil {
			return err
		}
		for _, r := range results {
			if !r.OK {
				return fmt.Errorf("%s: the test %q of the policy %s fails: %s; correct it, then see weir policy test", r.Where, r.Test, r.Policy, r.Said)
			}
		}
	}
	return nil
}

// readPolicies reads a file of policies; - is the standard input.
func (c *cli) readPolicies(name string) ([]policyfile.Policy, error) {
	in := c.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, policyfile.MaxFile+1))
	if err != nil {
		return nil, err
	}
	return policyfile.Read(name, text)
}

func newPolicy(p policyfile.Policy) client.NewPolicy {
	return client.NewPolicy{
		Name: p.Name, Severity: p.Severity, When: p.When, Expression: p.Expression, Message: p.Message, Fix: p.Fix, Disabled: p.Disabled,
	}
}

func (c *cli) policyEdit(k kind[client.Policy]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "edit NAME", Short: "Change a policy; of one that is built in, its severity", Args: exactly(1), ValidArgsFunction: k.complete(),
		Example: `  weir policy edit description --severity error`,
	}
	severity := cmd.Flags().String("severity", "", "error, warning or info")
	moment := cmd.Flags().String("when", "", "always or publish")
	expression := cmd.Flags().String("expression", "", "CEL: what must hold")
	msg := cmd.Flags().String("message", "", "what is wrong with a product that breaks it")
	fix := cmd.Flags().String("fix", "", "what to do then")
	_ = cmd.RegisterFlagCompletionFunc("severity", fixed(words(weir.Severities())...))
	_ = cmd.RegisterFlagCompletionFunc("when", fixed(words(weir.PolicyWhens())...))
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Policy, error) {
		if err := nothing(cmd, "severity", "when", "expression", "message", "fix"); err != nil {
			return client.Policy{}, err
		}
		return cl.EditPolicy(ctx, args[0], client.PolicyEdit{
			Severity: given(cmd, "severity", severity), When: given(cmd, "when", moment), Expression: given(cmd, "expression", expression),
			Message: given(cmd, "message", msg), Fix: given(cmd, "fix", fix),
		}, o...)
	})
}

// policySwitch switches a policy on or off.
func (c *cli) policySwitch(k kind[client.Policy], use string, on bool) *cobra.Command {
	cmd := &cobra.Command{Use: use + " NAME", Short: "Judge products by a policy again", Args: exactly(1), ValidArgsFunction: k.complete()}
	if !on {
		cmd.Short = "Judge no product by a policy any more"
	}
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Policy, error) {
		return cl.EditPolicy(ctx, args[0], client.PolicyEdit{Enabled: &on}, o...)
	})
}

// policyTests is the result of weir policy test.
type policyTests struct {
	Tests    []policyfile.Result `json:"tests"`
	Products []triedPolicy       `json:"products,omitempty"`
}

// triedPolicy is what a policy finds about the mesh's products.
type triedPolicy struct {
	Policy string `json:"policy"`
	client.Tried
}

func (c *cli) policyTest() *cobra.Command {
	cmd := &cobra.Command{
		Use: "test FILE", Short: "Run the tests of a file of policies, and try them on products", Args: exactly(1),
		Long: `Runs the tests that stand in a file of policies, without a node: each gives facts of a
product, and expects a finding or none. With --product or --all it also asks the node
which products each policy would find something about, before it is added; nothing is
changed by that. It fails if a test fails.`,
		Example: `  weir policy test policies/contact.yaml
  weir policy test policies/contact.yaml --all`,
	}
	product := cmd.Flags().String("product", "", "also try the policies on this product of the mesh")
	all := cmd.Flags().Bool("all", false, "also try them on every product that you may know of")
	cmd.MarkFlagsMutuallyExclusive("product", "all")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		policies, err := c.readPolicies(args[0])
		if err != nil {
			return err
		}
		out := policyTests{Tests: []policyfile.Result{}}
		for _, p := range policies {
			results, err := p.Run(cmd.Context())
			if err != nil {
				return err
			}
			out.Tests = append(out.Tests, results...)
		}
		if *product != "" || *all {
			if out.Products, err = c.tryPolicies(cmd.Context(), policies, *product); err != nil {
				return err
			}
		}
		return c.printPolicyTests(out, len(policies))
	}
	return cmd
}

// tryPolicies asks the node what each policy would find.
func (c *cli) tryPolicies(ctx context.Context, policies []policyfile.Policy, product string) ([]triedPolicy, error) {
	cl, err := c.client()
	if err != nil {
		return nil, err
	}
	var out []triedPolicy
	for _, p := range policies {
		tried, err := cl.TryPolicy(ctx, client.Trial{Policy: newPolicy(p), Product: product})
		if err != nil {
			return nil, err
		}
		out = append(out, triedPolicy{p.Name, tried})
	}
	return out, nil
}

// printPolicyTests prints results; an error if a test failed.
func (c *cli) printPolicyTests(out policyTests, policies int) error {
	failed := 0
	for _, r := range out.Tests {
		word := "ok  "
		if !r.OK {
			word = "FAIL"
			failed++
		}
		c.said("%s  %s  %s: %s%s", word, r.Where, r.Policy, printable(r.Test), strings.TrimSuffix(": "+printable(r.Said), ": "))
	}
	if len(out.Tests) == 0 {
		c.said("%d understood, with no tests", policies)
	}
	for _, t := range out.Products {
		c.said("%s would find something about %d of %d products", t.Policy, len(t.Items), t.Checked)
		for _, p := range t.Items {
			c.said("  %s: %s; %s", p.Product, printable(p.Finding.Message), printable(p.Finding.Fix))
		}
	}
	if c.format != "table" {
		if err := c.printValue(out); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d tests failed", failed, len(out.Tests))
	}
	return nil
}
