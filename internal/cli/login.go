package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/weirmesh/weir/client"
)

func (c *cli) loginCommand() *cobra.Command {
	var user, name, expires string
	cmd := &cobra.Command{
		Use: "login [URL]", Short: "Log in to a node", Args: cobra.MaximumNArgs(1),
		Long: `Logs in with a name and a password, which are asked for or read from standard
input, and keeps a token for the node as the current context.`,
		Example: "  weir login http://127.0.0.1:8080 --user admin",
		RunE: func(cmd *cobra.Command, args []string) error {
			url, err := c.loginURL(args)
			if err != nil {
				return err
			}
			if name == "" {
				name = contextName(url)
			}
			n, err := c.logIn(cmd.Context(), url, user, expires)
			if err != nil {
				return err
			}
			cs, err := c.readContexts()
			if err != nil {
				return err
			}
			n.Name = name
			cs.put(n)
			if err := c.writeContexts(cs); err != nil {
				return err
			}
			c.said("logged in to %s as %s; the context is %s", url, n.User, name)
			return nil
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "your name; asked for if absent")
	cmd.Flags().StringVar(&name, "name", "", "the context's name (default: host and port)")
	cmd.Flags().StringVar(&expires, "expires", "30d", "how long the token is good")
	return cmd
}

func (c *cli) loginURL(args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	n, err := c.target()
	if err != nil {
		return "", errors.New("which node? write weir login URL, such as weir login http://127.0.0.1:8080")
	}
	return n.URL, nil
}

// logIn exchanges name and password for a token of the CLI's own.
func (c *cli) logIn(ctx context.Context, url, user, expires string) (nodeContext, error) {
	in := bufio.NewReader(io.LimitReader(c.In, 1<<16))
	if user == "" {
		fmt.Fprint(c.Err, "user: ")
		line, err := in.ReadString('\n')
		if err != nil && line == "" {
			return nodeContext{}, errors.New("no user; give --user NAME")
		}
		user = strings.TrimSpace(line)
	}
	password, err := c.password(in)
	if err != nil {
		return nodeContext{}, err
	}
	open, err := client.New(url, "")
	if err != nil {
		return nodeContext{}, err
	}
	s, err := open.Login(ctx, client.NewSession{User: user, Password: password})
	if err != nil {
		return nodeContext{}, err
	}
	session, err := client.New(url, s.Token)
	if err != nil {
		return nodeContext{}, err
	}
	t, err := session.CreateToken(ctx, client.NewToken{Expires: expires})
	if err != nil {
		return nodeContext{}, err
	}
	return nodeContext{URL: url, User: s.User, Token: t.Token}, session.Logout(ctx)
}

// password is typed unseen at a terminal, else a line of standard input.
func (c *cli) password(in *bufio.Reader) (string, error) {
	if f, ok := c.In.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(c.Err, "password: ")
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(c.Err)
		return string(b), err
	}
	line, err := in.ReadString('\n')
	if err != nil && line == "" {
		return "", errors.New("no password; type it, or send it on standard input")
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (c *cli) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use: "logout", Short: "End the current context's token and forget the context", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cs, err := c.readContexts()
			if err != nil {
				return err
			}
			name := c.context
			if name == "" {
				name = cs.Current
			}
			n, ok := cs.find(name)
			if !ok {
				return errors.New("you are not logged in; see weir context list")
			}
			cl, err := client.New(n.URL, n.Token)
			if err != nil {
				return err
			}
			if err := c.endToken(cmd.Context(), cl, n.Token); err != nil {
				fmt.Fprintln(c.Err, "weir: the token could not be ended:", message(err))
			}
			cs.drop(name)
			return c.writeContexts(cs)
		},
	}
}

// endToken revokes the token that a client has: its uid is part of its text.
func (c *cli) endToken(ctx context.Context, cl *client.Client, token string) error {
	_, rest, _ := strings.Cut(token, "_")
	uid, _, _ := strings.Cut(rest, "_")
	ts, err := cl.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range ts {
		if t.UID == uid {
			return cl.DeleteToken(ctx, t.Name)
		}
	}
	return nil
}

func (c *cli) whoamiCommand() *cobra.Command {
	return &cobra.Command{
		Use: "whoami", Short: "Show who you are to the node", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cl, err := c.client()
			if err != nil {
				return err
			}
			p, err := cl.Me(cmd.Context())
			if err != nil {
				return err
			}
			return printOne(c, p, personColumns())
		},
	}
}
