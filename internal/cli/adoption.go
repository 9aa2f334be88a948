package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// adoptionCommand shows how the mesh is taken up.
func (c *cli) adoptionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "adoption", Short: "Show how the mesh is taken up", Args: cobra.NoArgs,
		Long: `Shows domains, products and consumers over time; the first product and the first
consumer of each domain; products without an owner, documentation or a consumer; and
how long it took from a request to the first record. A consumer is an application
that was given records of a product of another team. It tells of what you may know.`,
	}
	by := cmd.Flags().String("by", "week", "how far one point is from the next: day, week, month")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		a, err := cl.Adoption(cmd.Context(), *by)
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(a)
		}
		return c.printAdoption(a)
	}
	return cmd
}

func (c *cli) printAdoption(a client.Adoption) error {
	if err := printAll(c, a.Points, []column[client.AdoptionPoint]{
		{"UNTIL", func(p client.AdoptionPoint) string { return p.Until.UTC().Format("2006-01-02 15:04") }},
		{"DOMAINS", func(p client.AdoptionPoint) string { return strconv.Itoa(p.Domains) }},
		{"PRODUCTS", func(p client.AdoptionPoint) string { return strconv.Itoa(p.Products) }},
		{"CONSUMERS", func(p client.AdoptionPoint) string { return strconv.Itoa(p.Consumers) }},
	}); err != nil {
		return err
	}
	c.said("")
	if err := printAll(c, a.Domains, []column[client.AdoptionDomain]{
		{"DOMAIN", func(d client.AdoptionDomain) string { return d.Name }},
		{"TEAM", func(d client.AdoptionDomain) string { return d.Team }},
		{"PRODUCTS", func(d client.AdoptionDomain) string { return strconv.Itoa(d.Products) }},
		{"CONSUMERS", func(d client.AdoptionDomain) string { return strconv.Itoa(d.Consumers) }},
		{"FIRST PRODUCT", func(d client.AdoptionDomain) string { return firstText(d.FirstProduct) }},
		{"FIRST CONSUMER", func(d client.AdoptionDomain) string { return firstText(d.FirstConsumer) }},
	}); err != nil {
		return err
	}
	c.said("")
	c.said("consumers of the last 30 days: %d", a.Reading)
	for _, l := range []struct {
		what string
		some client.LackingSome
	}{{"owner", a.Lacking.Owner}, {"documentation", a.Lacking.Documentation}, {"consumer", a.Lacking.Consumer}} {
		c.said("products without %s: %d%s", l.what, l.some.Count, named(l.some))
	}
	c.said("from request to first record: %s", waits(a.Waits))
	c.saidMeasured(a.Counted, a.Counted.Since)
	return nil
}

func firstText(f *client.FirstTime) string {
	if f == nil {
		return "none yet"
	}
	return strings.TrimSpace(f.At.UTC().Format(time.DateOnly) + " " + f.Name)
}

// named names the first few of some products.
func named(s client.LackingSome) string {
	const few = 5
	if s.Count == 0 {
		return ""
	}
	text := ": " + strings.Join(s.Products[:min(len(s.Products), few)], ", ")
	if s.Count > few {
		text += fmt.Sprintf(" and %d more", s.Count-few)
	}
	return text
}

func waits(r client.RequestTimes) string {
	text := "nobody had to ask"
	if r.Done > 0 {
		text = fmt.Sprintf("half within %s, nine in ten within %s, of %d", length(r.Median), length(r.Most), r.Done)
	}
	if r.Waiting > 0 {
		text += fmt.Sprintf("; %d without a record yet", r.Waiting)
	}
	return text
}

// length is a time of so many seconds, as people say it.
func length(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	case d < 48*time.Hour:
		return d.Round(time.Minute).String()
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
