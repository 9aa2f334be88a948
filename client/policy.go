package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Policy is a rule of the mesh, or of a domain for its own products.
type Policy struct {
	Name       string    `json:"name" doc:"One word of the mesh's policies; DOMAIN.WORD of a domain's."`
	UID        string    `json:"uid,omitempty" doc:"Absent: it is built in, and the mesh left it as it is."`
	Domain     string    `json:"domain,omitempty" doc:"The domain whose products it judges; absent: the mesh's."`
	BuiltIn    bool      `json:"builtIn"`
	Enabled    bool      `json:"enabled"`
	Severity   string    `json:"severity" enum:"error,warning,info" doc:"error: what breaks it is not published. warning and info are shown."`
	When       string    `json:"when" enum:"always,publish" doc:"always: every product. publish: a topic that is published, at that moment."`
	Expression string    `json:"expression" doc:"CEL: true is good; or a list of places where the product is not as it should be."`
	Message    string    `json:"message" doc:"What is wrong with a product that breaks it; {product.name} and the like stand for facts, {where} for the places."`
	Fix        string    `json:"fix,omitempty" doc:"What to do then."`
	Revision   uint64    `json:"revision" doc:"0: it is built in, and the mesh left it as it is."`
	Created    time.Time `json:"created,omitzero"`
}

// NewPolicy asks for a policy.
type NewPolicy struct {
	Name       string `json:"name" minLength:"1" maxLength:"127" doc:"One word for a policy of the mesh; DOMAIN.WORD for a domain's."`
	Severity   string `json:"severity,omitempty" enum:"error,warning,info" doc:"Absent: warning."`
	When       string `json:"when,omitempty" enum:"always,publish" doc:"Absent: always."`
	Expression string `json:"expression" doc:"CEL over the facts of docs/reference/policies.md; at most 4096 bytes."`
	Message    string `json:"message" minLength:"1" maxLength:"4096"`
	Fix        string `json:"fix,omitempty" maxLength:"4096"`
	Disabled   bool   `json:"disabled,omitempty" doc:"Add it switched off."`
}

// PolicyEdit says what shall change; what is absent stays. Of one that is built
// in, only enabled and severity do.
type PolicyEdit struct {
	Enabled    *bool   `json:"enabled,omitempty"`
	Severity   *string `json:"severity,omitempty" enum:"error,warning,info"`
	When       *string `json:"when,omitempty" enum:"always,publish"`
	Expression *string `json:"expression,omitempty"`
	Message    *string `json:"message,omitempty" minLength:"1" maxLength:"4096"`
	Fix        *string `json:"fix,omitempty" maxLength:"4096"`
}

// Trial asks which products a policy would find something about.
type Trial struct {
	Policy  NewPolicy `json:"policy"`
	Product string    `json:"product,omitempty" maxLength:"127" doc:"This one alone; absent: every product that you may know of."`
}

// Tried is what a policy finds, product by product.
type Tried struct {
	Checked int            `json:"checked" doc:"How many products were looked at."`
	Items   []TriedProduct `json:"items" nullable:"false" doc:"Those about which something was found."`
	Next    string         `json:"next,omitempty" doc:"The cursor of the next part; absent at the end."`
}

// TriedProduct is a product that does not keep a policy.
type TriedProduct struct {
	Product string  `json:"product"`
	Finding Warning `json:"finding"`
}

// Policies lists every policy; with a domain those that its products are judged
// by.
func (c *Client) Policies(ctx context.Context, domain string) ([]Policy, error) {
	return all[Policy](ctx, c, "/policies", inDomain(domain))
}

// Policy gets one policy.
func (c *Client) Policy(ctx context.Context, name string) (Policy, error) {
	return call[Policy](ctx, c, http.MethodGet, "/policies/"+seg(name), nil, nil)
}

// CreatePolicy adds a policy.
func (c *Client) CreatePolicy(ctx context.Context, n NewPolicy, opts ...Option) (Policy, error) {
	return call[Policy](ctx, c, http.MethodPost, "/policies", n, opts)
}

// EditPolicy changes a policy.
func (c *Client) EditPolicy(ctx context.Context, name string, e PolicyEdit, opts ...Option) (Policy, error) {
	return call[Policy](ctx, c, http.MethodPatch, "/policies/"+seg(name), e, opts)
}

// DeletePolicy ends a policy. One that is built in is switched off instead, by
// an edit.
func (c *Client) DeletePolicy(ctx context.Context, name string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, "/policies/"+seg(name), nil, nil, opts...)
}

// TryPolicy says which products a policy would find something about; nothing is
// changed. It collects every part of the answer.
func (c *Client) TryPolicy(ctx context.Context, t Trial) (Tried, error) {
	out := Tried{Items: []TriedProduct{}}
	q := url.Values{}
	for {
		part, err := call[Tried](ctx, c, http.MethodPost, "/policy-trials?"+q.Encode(), t, nil)
		if err != nil {
			return out, err
		}
		out.Checked += part.Checked
		out.Items = append(out.Items, part.Items...)
		if part.Next == "" {
			return out, nil
		}
		q.Set("cursor", part.Next)
	}
}
