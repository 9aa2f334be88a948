package client

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Token lets a program act as a person.
type Token struct {
	Name     string     `json:"name" doc:"The person's name, a slash, a label."`
	UID      string     `json:"uid"`
	Person   string     `json:"person"`
	Created  time.Time  `json:"created"`
	Expires  *time.Time `json:"expires,omitempty" doc:"Absent: never."`
	Revision uint64     `json:"revision"`
	Token    string     `json:"token,omitempty" doc:"Only in the answer that made it: it is shown once."`
}

// NewToken asks for a token.
type NewToken struct {
	Person  string `json:"person,omitempty" doc:"Whose; empty: your own."`
	Label   string `json:"label,omitempty" maxLength:"63" doc:"The second part of its name; empty: one is made up."`
	Expires string `json:"expires,omitempty" doc:"From now: 12h, 30d; empty or forever: never."`
}

// NewSession asks to log in.
type NewSession struct {
	User     string `json:"user" maxLength:"63"`
	Password string `json:"password" maxLength:"1024"`
}

// Session is a login.
type Session struct {
	User    string    `json:"user"`
	Token   string    `json:"token" doc:"To be sent as a bearer token. It ends after 12 hours, after 2 hours without use, and when the node restarts."`
	Expires time.Time `json:"expires"`
}

// Login opens a session.
func (c *Client) Login(ctx context.Context, n NewSession) (Session, error) {
	return call[Session](ctx, c, http.MethodPost, "/sessions", n, nil)
}

// Logout ends the session whose token this client has.
func (c *Client) Logout(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/sessions/current", nil, nil)
}

// Me is who this client acts as.
func (c *Client) Me(ctx context.Context) (Person, error) {
	return call[Person](ctx, c, http.MethodGet, "/me", nil, nil)
}

// Tokens lists your tokens, or everyone's for a mesh admin.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	return all[Token](ctx, c, "/tokens", nil)
}

// Token gets one token.
func (c *Client) Token(ctx context.Context, name string) (Token, error) {
	return call[Token](ctx, c, http.MethodGet, tokenPath(name), nil, nil)
}

// CreateToken makes a token; the answer has its text.
func (c *Client) CreateToken(ctx context.Context, n NewToken, opts ...Option) (Token, error) {
	return call[Token](ctx, c, http.MethodPost, "/tokens", n, opts)
}

// DeleteToken ends a token.
func (c *Client) DeleteToken(ctx context.Context, name string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, tokenPath(name), nil, nil, opts...)
}

func tokenPath(name string) string {
	person, label, _ := strings.Cut(name, "/")
	return "/tokens/" + seg(person) + "/" + seg(label)
}
