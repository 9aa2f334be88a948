// Package client talks to the HTTP API of a weir node, and owns the API's
// types: what the server sends is declared here, so that both sides compile
// against the same shapes.
//
// A [Client] is safe for concurrent use. Every method takes a context; one that
// cannot reach the node fails within ten seconds. What the node refuses comes
// back as a [*Problem].
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client calls one node as one person.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// How long a node may take: to be reached, and to begin its answer.
const (
	dialTimeout   = 5 * time.Second
	answerTimeout = 9 * time.Second
	// An answer is read up to this many bytes.
	maxAnswer = 1 << 30
)

// New makes a client of the node at a URL, such as http://127.0.0.1:8080. The
// token may be empty for the calls that need none.
func New(base, token string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the address of a node; write it like http://127.0.0.1:8080", base)
	}
	return &Client{base: strings.TrimSuffix(base, "/") + "/api/v1", token: token, http: &http.Client{Transport: &http.Transport{
		DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: answerTimeout,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       time.Minute,
	}}}, nil
}

// Over makes a client that reaches the node through a transport, which may be
// the node itself. Addresses in requests have the host "node".
func Over(transport http.RoundTripper, token string) *Client {
	return &Client{base: "http://node/api/v1", token: token, http: &http.Client{Transport: transport}}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Option changes one call.
type Option func(*http.Request)

// IfMatch lets a write pass only if the thing is still at a revision.
func IfMatch(revision uint64) Option {
	return func(r *http.Request) { r.Header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(revision))) }
}

// IdempotencyKey makes a write repeatable: the same key gets the first answer
// again, for 24 hours.
func IdempotencyKey(key string) Option {
	return func(r *http.Request) { r.Header.Set("Idempotency-Key", key) }
}

// Reason says why, for the audit.
func Reason(text string) Option {
	return func(r *http.Request) { r.Header.Set("Weir-Reason", text) }
}

// Unreachable is returned when the node did not answer at all.
type Unreachable struct {
	Base string
	Err  error
}

func (u *Unreachable) Error() string {
	return fmt.Sprintf("the node at %s cannot be reached: %v; is `weir up` running there?", strings.TrimSuffix(u.Base, "/api/v1"), u.Err)
}

func (u *Unreachable) Unwrap() error { return u.Err }

// end sends a DELETE, and says whether all is done: false means that a worker
// of the node still has to end something.
func (c *Client) end(ctx context.Context, path string, opts []Option) (bool, error) {
	res, err := c.send(ctx, http.MethodDelete, path, nil, opts)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	return res.StatusCode != http.StatusAccepted, nil
}

// send sends a request; a refusal is an error.
func (c *Client) send(ctx context.Context, method, path string, body any, opts []Option) (*http.Response, error) {
	req, err := c.request(ctx, method, path, body, opts)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return nil, &Unreachable{Base: c.base, Err: err}
	}
	if res.StatusCode >= 300 {
		defer res.Body.Close()
		return nil, readProblem(res)
	}
	return res, nil
}

// do sends a request and decodes the answer into out, if out is not nil.
func (c *Client) do(ctx context.Context, method, path string, body, out any, opts ...Option) error {
	res, err := c.send(ctx, method, path, body, opts)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil || res.StatusCode == http.StatusNoContent {
		_, err := io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer))
		return err
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("the node's answer to %s %s cannot be read: %w", method, path, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, body any, opts []Option) (*http.Request, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "weir") // by which usage names who reads over HTTP
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for _, o := range opts {
		o(req)
	}
	return req, nil
}

// List is one page of a list. Next is the cursor of the page after it, empty
// at the end.
type List[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; absent at the end."`
}

// all collects every page of a list.
func all[T any](ctx context.Context, c *Client, path string, q url.Values) ([]T, error) {
	if q == nil {
		q = url.Values{}
	}
	if q.Get("limit") == "" {
		q.Set("limit", "1000")
	}
	out := []T{}
	for {
		var page List[T]
		if err := c.do(ctx, http.MethodGet, path+"?"+q.Encode(), nil, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out, nil
		}
		q.Set("cursor", page.Next)
	}
}

// call sends a request whose answer is a T.
func call[T any](ctx context.Context, c *Client, method, path string, body any, opts []Option) (T, error) {
	var out T
	err := c.do(ctx, method, path, body, &out, opts...)
	return out, err
}

// seg escapes one segment of a path.
func seg(s string) string { return url.PathEscape(s) }
