package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// questionCommand is what people ask about products, and the answers.
func (c *cli) questionCommand() *cobra.Command {
	return noun("question", "Ask who answers for a product, and answer", c.questionAsk(), c.questionAnswer(), c.questionDelete(), c.questionList())
}

func questionColumns() []column[client.Question] {
	return []column[client.Question]{
		{"PRODUCT", func(q client.Question) string { return q.Product }},
		{"NUMBER", func(q client.Question) string { return strconv.Itoa(q.Number) }},
		{"BY", func(q client.Question) string { return q.By }},
		{"ASKED", func(q client.Question) string { return when(q.Asked) }},
		{"QUESTION", func(q client.Question) string { return q.Text }},
		{"ANSWER", func(q client.Question) string {
			if q.Answer == "" {
				return "none yet"
			}
			return q.Answer
		}},
		{"ANSWERED BY", func(q client.Question) string { return q.AnsweredBy }},
	}
}

func (c *cli) questionAsk() *cobra.Command {
	cmd := &cobra.Command{
		Use: "ask PRODUCT TEXT", Short: "Ask who answers for a product", Args: exactly(2),
		Long: `Asks those who answer for a product. Whoever knows of the product reads the question
and its answer, on the product's page and with weir question list PRODUCT.`,
		Example: `  weir question ask membership.users "Is a user who left still in it?"`,
	}
	return kind[client.Question]{cli: c, cols: questionColumns()}.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Question, error) {
		return cl.Ask(ctx, args[0], args[1], o...)
	})
}

func (c *cli) questionAnswer() *cobra.Command {
	cmd := &cobra.Command{
		Use: "answer PRODUCT NUMBER TEXT", Short: "Answer a question, or answer it anew", Args: exactly(3),
		Example: `  weir question answer membership.users 1 "Yes, for 30 days"`,
	}
	return kind[client.Question]{cli: c, cols: questionColumns()}.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Question, error) {
		n, err := numberOf(args[1])
		if err != nil {
			return client.Question{}, err
		}
		return cl.Answer(ctx, args[0], n, args[2], o...)
	})
}

func (c *cli) questionDelete() *cobra.Command {
	cmd := &cobra.Command{Use: "delete PRODUCT NUMBER", Short: "Take a question and its answer away", Args: exactly(2)}
	return c.endCommand(cmd, "the question about %s is gone", func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
		n, err := numberOf(args[1])
		if err != nil {
			return err
		}
		return cl.DeleteQuestion(ctx, args[0], n, o...)
	})
}

func (c *cli) questionList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list [PRODUCT]", Short: "List the questions about a product, or yours", Args: cobra.MaximumNArgs(1),
		Long: `Lists the questions about a product, the newest first. Without a product, those that
you asked, and those that you or your teams answer for.`,
	}
	open := cmd.Flags().Bool("open", false, "without a product: those alone that wait for your answer")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		if len(args) == 1 {
			all, err := cl.Questions(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return printAll(c, all, questionColumns())
		}
		mine, err := cl.MyQuestions(cmd.Context(), *open)
		if err != nil {
			return err
		}
		return printMine(c, mine, mine.Items, mine.More, questionColumns())
	}
	return cmd
}

// printMine prints what is somebody's own, and whether there is more of it.
func printMine[T any](c *cli, whole any, items []T, more bool, cols []column[T]) error {
	if c.format != "table" {
		return c.printValue(whole)
	}
	if err := printAll(c, items, cols); err != nil {
		return err
	}
	if more {
		c.said("there is more; ask for one product's")
	}
	return nil
}

// announcementCommand is what those who answer for products tell their consumers.
func (c *cli) announcementCommand() *cobra.Command {
	return noun("announcement", "Tell the consumers of a product something, and read what was told to you", c.announcementMake(), c.announcementDelete(), c.announcementList())
}

func announcementColumns() []column[client.Announcement] {
	return []column[client.Announcement]{
		{"PRODUCT", func(a client.Announcement) string { return a.Product }},
		{"NUMBER", func(a client.Announcement) string { return strconv.Itoa(a.Number) }},
		{"BY", func(a client.Announcement) string { return a.By }},
		{"ANNOUNCED", func(a client.Announcement) string { return when(a.Announced) }},
		{"TEXT", func(a client.Announcement) string { return a.Text }},
		{"TOLD", func(a client.Announcement) string { return strings.Join(a.Told, ", ") }},
	}
}

func (c *cli) announcementMake() *cobra.Command {
	cmd := &cobra.Command{
		Use: "make PRODUCT TEXT", Short: "Tell the consumers of a product something", Args: exactly(2),
		Long: `Tells the consumers of a product something: it stands on the product's page, and comes
to the teams whose applications read the product lately, may read it, or plan to.`,
		Example: `  weir announcement make membership.users "From March on, regionid may be null"`,
	}
	return kind[client.Announcement]{cli: c, cols: announcementColumns()}.writeCommand(cmd, func(ctx context.Context, cl *client.Client, args []string, o []client.Option) (client.Announcement, error) {
		return cl.Announce(ctx, args[0], args[1], o...)
	})
}

func (c *cli) announcementDelete() *cobra.Command {
	cmd := &cobra.Command{Use: "delete PRODUCT NUMBER", Short: "Take an announcement back", Args: exactly(2)}
	return c.endCommand(cmd, "the announcement about %s is taken back", func(ctx context.Context, cl *client.Client, args []string, o []client.Option) error {
		n, err := numberOf(args[1])
		if err != nil {
			return err
		}
		return cl.DeleteAnnouncement(ctx, args[0], n, o...)
	})
}

func (c *cli) announcementList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list [PRODUCT]", Short: "List what was announced about a product, or to you", Args: cobra.MaximumNArgs(1),
		Long: `Lists what was announced about a product, the newest first. Without a product, what
was announced to your teams, and about the products that you answer for.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := c.client()
		if err != nil {
			return err
		}
		if len(args) == 1 {
			all, err := cl.Announcements(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return printAll(c, all, announcementColumns())
		}
		mine, err := cl.MyAnnouncements(cmd.Context())
		if err != nil {
			return err
		}
		return printMine(c, mine, mine.Items, mine.More, announcementColumns())
	}
	return cmd
}

// numberOf reads the number of a question or an announcement.
func numberOf(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 999 {
		return 0, fmt.Errorf("%q is no number of a question or an announcement; the lists show them: 1 to 999", s)
	}
	return n, nil
}
