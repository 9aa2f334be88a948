package cli

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// applicationFacts shows how an application gets on.
func (c *cli) applicationFacts(k kind[client.Application]) *cobra.Command {
	cmd := &cobra.Command{
		Use: "facts NAME", Short: "Show how far an application is behind, whether it is there, and what it was refused", Args: exactly(1), ValidArgsFunction: k.complete(),
		Long: `Shows the consumer groups of an application with their lag on what each reads and, to
its team, its last login and what the gateway refused it since the node started: topics
that it may not read, names that are wrong, wrong passwords, with what to do.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		f, err := cl.ApplicationFacts(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if c.format != "table" {
			return c.printValue(f)
		}
		return c.printApplicationFacts(f)
	}
	return cmd
}

func (c *cli) printApplicationFacts(f client.ApplicationFacts) error {
	if err := printOne(c, f, attendingColumns()); err != nil {
		return err
	}
	if len(f.Reads) > 0 {
		c.said("")
		if err := printAll(c, f.Reads, followColumns()); err != nil {
			return err
		}
	}
	if f.Inside == nil || len(f.Inside.Refused) == 0 {
		return nil
	}
	c.said("")
	return printAll(c, f.Inside.Refused, deniedColumns())
}

func attendingColumns() []column[client.ApplicationFacts] {
	inside := func(text func(*client.Attending) string) func(client.ApplicationFacts) string {
		return func(f client.ApplicationFacts) string {
			if f.Inside == nil {
				return "its team sees it"
			}
			return text(f.Inside)
		}
	}
	return []column[client.ApplicationFacts]{
		{"APPLICATION", func(f client.ApplicationFacts) string { return f.Application }},
		{"LAG", func(f client.ApplicationFacts) string {
			switch {
			case len(f.Reads) == 0 && f.Hidden == 0 && len(f.Problems) == 0:
				return "it has no consumer group"
			case f.Lag == nil:
				return unknown
			}
			return strconv.FormatInt(*f.Lag, 10)
		}},
		{"PASSWORD SINCE", inside(func(a *client.Attending) string {
			if a.Credential == nil {
				return "it has none"
			}
			return a.Credential.UTC().Format(time.RFC3339)
		})},
		{"LAST LOGIN", inside(lastLogin)},
		{"CONNECTIONS", inside(func(a *client.Attending) string { return strconv.Itoa(a.Open) })},
		{"REFUSED", inside(func(a *client.Attending) string {
			return refusedText(a) + " since " + a.Since.UTC().Format(time.RFC3339)
		})},
		{"PROBLEMS", func(f client.ApplicationFacts) string { return strings.Join(f.Problems, "; ") }},
	}
}

func lastLogin(a *client.Attending) string {
	if a.Login == nil {
		return "none since " + a.Since.UTC().Format(time.RFC3339)
	}
	return strings.TrimSpace(a.Login.UTC().Format(time.RFC3339) + " " + a.Library + " " + a.Version)
}

func refusedText(a *client.Attending) string {
	var n int64
	for _, r := range a.Refused {
		n += r.Count
	}
	if n == 0 {
		return "nothing"
	}
	return strconv.FormatInt(n, 10) + " times"
}

func followColumns() []column[client.Follow] {
	return []column[client.Follow]{
		{"GROUP", func(f client.Follow) string { return f.Group }},
		{"READS", func(f client.Follow) string { return f.Product + f.Stream }},
		{"STATE", func(f client.Follow) string { return f.State }},
		{"MEMBERS", func(f client.Follow) string { return strconv.Itoa(f.Members) }},
		{"LAG", func(f client.Follow) string { return lagText(f.Lag, f.Unread) }},
	}
}

func deniedColumns() []column[client.Denied] {
	return []column[client.Denied]{
		{"REFUSED", func(d client.Denied) string { return d.What }},
		{"ON", func(d client.Denied) string { return d.On }},
		{"TIMES", func(d client.Denied) string { return strconv.FormatInt(d.Count, 10) }},
		{"LAST", func(d client.Denied) string { return d.Last.UTC().Format(time.RFC3339) }},
		{"WHY", func(d client.Denied) string { return d.Why }},
	}
}
