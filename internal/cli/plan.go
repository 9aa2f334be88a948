package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// planNoun is what applications will read, by declaration of their teams.
func (c *cli) planNoun() *cobra.Command {
	var product, application string
	k := kind[client.Plan]{
		cli: c, noun: "plan", name: func(p client.Plan) string { return p.Name },
		cols: []column[client.Plan]{
			{"APPLICATION", func(p client.Plan) string { return p.Application }},
			{"WILL READ", func(p client.Plan) string { return p.Product }},
			{"FIELDS", func(p client.Plan) string { return strings.Join(p.Fields, ", ") }},
			{"BY", func(p client.Plan) string { return p.Due }},
			{"TEAM", func(p client.Plan) string { return p.Team }},
			{"ACCESS", planAccess},
			{"DECLARED BY", func(p client.Plan) string { return p.By }},
			{"NOTE", func(p client.Plan) string { return p.Note }},
		},
		list: func(ctx context.Context, cl *client.Client) ([]client.Plan, error) {
			return cl.Plans(ctx, product, application)
		},
	}
	list := k.listCommand()
	list.Short = "List what your applications will read, and who will read your products"
	list.Flags().StringVar(&product, "product", "", "only of this product")
	list.Flags().StringVar(&application, "app", "", "only of this application")
	remove := c.endCommand(
		&cobra.Command{Use: "remove APPLICATION PRODUCT", Short: "Take a plan back", Args: exactly(2)},
		"application %s plans that no longer",
		func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
			return cl.Withdraw(ctx, args[1], args[0], o...)
		})
	return noun("plan", "What applications will read, so that nobody is hurt unawares", c.planAdd(k), remove, list)
}

func (c *cli) planAdd(k kind[client.Plan]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "add APPLICATION PRODUCT", Short: "Declare that an application will read a product", Args: exactly(2),
		Long: `Declares that an application of one of your teams will read a product, so that who
changes the product knows of it. It gives no right to read; with --ask it asks for it.
Declared again, it says what is new.`,
		Example: `  weir app plan add fraud-scoring membership.users --field userid --field regionid --by 2027-03-01`,
	}
	var n client.NewPlan
	f := cmd.Flags()
	f.StringSliceVar(&n.Fields, "field", nil, "a field that it will need; may be repeated (default: it does not say)")
	f.StringVar(&n.Due, "by", "", "the day by which it will read: YEAR-MONTH-DAY")
	f.StringVar(&n.Note, "note", "", "what for")
	f.BoolVar(&n.Ask, "ask", false, "ask whoever may allow it to let it read, too (see weir access asked)")
	return k.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Plan, error) {
		return cl.Declare(ctx, args[1], args[0], n, o...)
	})
}

// planAccess says whether an application may read what it plans to.
func planAccess(p client.Plan) string {
	switch {
	case p.Access == "asked" && p.Asked != nil:
		return "asked " + when(*p.Asked)
	case p.Access == "declined" && p.Answer != nil && p.Answer.Why != "":
		return "declined: " + p.Answer.Why
	}
	return p.Access
}
