package client

import (
	"context"
	"net/http"
	"time"
)

// Application is a registered consumer or producer.
type Application struct {
	Name        string    `json:"name"`
	UID         string    `json:"uid"`
	Team        string    `json:"team"`
	Description string    `json:"description,omitempty"`
	Credentials string    `json:"credentials" enum:"active,none,hidden" doc:"Whether it can log in; hidden from those outside its team."`
	Query       bool      `json:"query,omitempty" doc:"A query acts as it; nobody logs in as it."`
	Ending      bool      `json:"ending,omitempty" doc:"It was deleted, and is gone when the cluster has deleted its consumer groups."`
	Revision    uint64    `json:"revision"`
	Created     time.Time `json:"created"`
	Username    string    `json:"username" doc:"For Kafka clients: SASL user name."`
	Password    string    `json:"password,omitempty" doc:"Only in the answer that made it: it is shown once."`
	Bootstrap   string    `json:"bootstrap" doc:"For Kafka clients: bootstrap.servers."`
}

// NewApplication asks for an application.
type NewApplication struct {
	Name        string `json:"name" minLength:"1" maxLength:"63"`
	Team        string `json:"team" minLength:"1" maxLength:"63"`
	Description string `json:"description,omitempty" maxLength:"4096"`
}

// ApplicationEdit says what shall change.
type ApplicationEdit struct {
	Description string `json:"description" maxLength:"4096"`
}

// Applications lists every application.
func (c *Client) Applications(ctx context.Context) ([]Application, error) {
	return all[Application](ctx, c, "/applications", nil)
}

// Application gets one application.
func (c *Client) Application(ctx context.Context, name string) (Application, error) {
	return call[Application](ctx, c, http.MethodGet, "/applications/"+seg(name), nil, nil)
}

// CreateApplication registers an application; the answer has its password.
func (c *Client) CreateApplication(ctx context.Context, n NewApplication, opts ...Option) (Application, error) {
	return call[Application](ctx, c, http.MethodPost, "/applications", n, opts)
}

// EditApplication changes an application.
func (c *Client) EditApplication(ctx context.Context, name string, e ApplicationEdit, opts ...Option) (Application, error) {
	return call[Application](ctx, c, http.MethodPatch, "/applications/"+seg(name), e, opts)
}

// RotateCredential gives an application another password; the one before ends.
func (c *Client) RotateCredential(ctx context.Context, name string, opts ...Option) (Application, error) {
	return call[Application](ctx, c, http.MethodPost, "/applications/"+seg(name)+"/credential", nil, opts)
}

// RevokeCredential ends an application's credentials.
func (c *Client) RevokeCredential(ctx context.Context, name string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, "/applications/"+seg(name)+"/credential", nil, nil, opts...)
}

// DeleteApplication ends an application, and says whether it is gone: as long
// as its consumers are in their groups, it is not.
func (c *Client) DeleteApplication(ctx context.Context, name string, opts ...Option) (bool, error) {
	return c.end(ctx, "/applications/"+seg(name), opts)
}
