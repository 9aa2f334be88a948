package client

import (
	"context"
	"net/http"
	"time"
)

// Team is people who own domains and applications.
type Team struct {
	Name        string    `json:"name"`
	UID         string    `json:"uid"`
	Description string    `json:"description,omitempty"`
	Members     []string  `json:"members" nullable:"false" doc:"Names of people."`
	Revision    uint64    `json:"revision"`
	Created     time.Time `json:"created"`
}

// NewTeam asks for a team.
type NewTeam struct {
	Name        string `json:"name" minLength:"1" maxLength:"63"`
	Description string `json:"description,omitempty" maxLength:"4096"`
}

// TeamEdit says what shall change.
type TeamEdit struct {
	Description string `json:"description" maxLength:"4096"`
}

// Teams lists every team.
func (c *Client) Teams(ctx context.Context) ([]Team, error) { return all[Team](ctx, c, "/teams", nil) }

// Team gets one team.
func (c *Client) Team(ctx context.Context, name string) (Team, error) {
	return call[Team](ctx, c, http.MethodGet, "/teams/"+seg(name), nil, nil)
}

// CreateTeam makes a team without members.
func (c *Client) CreateTeam(ctx context.Context, n NewTeam, opts ...Option) (Team, error) {
	return call[Team](ctx, c, http.MethodPost, "/teams", n, opts)
}

// EditTeam changes a team.
func (c *Client) EditTeam(ctx context.Context, name string, e TeamEdit, opts ...Option) (Team, error) {
	return call[Team](ctx, c, http.MethodPatch, "/teams/"+seg(name), e, opts)
}

// AddMember puts a person into a team.
func (c *Client) AddMember(ctx context.Context, team, person string, opts ...Option) (Team, error) {
	return call[Team](ctx, c, http.MethodPut, "/teams/"+seg(team)+"/members/"+seg(person), nil, opts)
}

// RemoveMember takes a person out of a team.
func (c *Client) RemoveMember(ctx context.Context, team, person string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, "/teams/"+seg(team)+"/members/"+seg(person), nil, nil, opts...)
}

// DeleteTeam ends a team.
func (c *Client) DeleteTeam(ctx context.Context, name string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, "/teams/"+seg(name), nil, nil, opts...)
}
