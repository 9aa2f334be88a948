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

// Registry calls a schema registry through the API that the serialisers of
// Kafka's clients speak: the one of a node, or a foreign one. Like a [Client]
// it is safe for concurrent use, and every call ends in bounded time and
// memory. What the registry refuses comes back as a [*RegistryProblem].
type Registry struct {
	base string
	name string // of who answers, for errors
	http *http.Client
	auth func(*http.Request)
	why  string
}

// What a registry may take: until its answer begins (to delete a subject is
// slow in some), and in bytes.
const (
	registryTimeout   = 30 * time.Second
	maxRegistryAnswer = 64 << 20
)

const registryType = "application/vnd.schemaregistry.v1+json"

// Registry is the schema registry of the node, called as the same person.
func (c *Client) Registry() *Registry {
	return &Registry{
		base: strings.TrimSuffix(c.base, "/api/v1") + "/registry", name: "the node", http: c.http,
		auth: func(r *http.Request) {
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
		},
	}
}

// RegistryLogin is what a foreign registry asks for. No user: nothing.
type RegistryLogin struct{ User, Password string }

// OpenRegistry makes a client of any registry, by the address that serialisers
// are given, such as http://127.0.0.1:8081.
func OpenRegistry(address string, login RegistryLogin) (*Registry, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("that is not the address of a registry; write it like http://127.0.0.1:8081")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of a registry has no password, question mark or hash sign in it; give user and password apart from it")
	}
	return &Registry{
		base: strings.TrimSuffix(address, "/"), name: "the registry at " + u.Host,
		http: &http.Client{Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: registryTimeout,
			MaxIdleConnsPerHost:   32,
			IdleConnTimeout:       time.Minute,
		}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		auth: func(r *http.Request) {
			if login.User != "" {
				r.SetBasicAuth(login.User, login.Password)
			}
		},
	}, nil
}

// Because is the same registry, whose writes say why: a node keeps it for the
// audit.
func (r *Registry) Because(why string) *Registry {
	out := *r
	out.why = why
	return &out
}

// Close drops idle connections.
func (r *Registry) Close() { r.http.CloseIdleConnections() }

// RegistryProblem is what a registry answers when it refuses.
type RegistryProblem struct {
	Status  int    `json:"-"` // of HTTP
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

// The codes that callers tell apart.
const (
	CodeNoSubject         = 40401
	CodeNoVersion         = 40402
	CodeNoSchema          = 40403
	CodeSubjectDeleted    = 40404 // softly
	CodeSubjectNotDeleted = 40405 // softly, which comes before for ever
	CodeVersionDeleted    = 40406
	CodeVersionNotDeleted = 40407
	CodeNoConfig          = 40408
	CodeNoMode            = 40409
	CodeTooLarge          = 42209 // a schema, or a list of them
)

// Error is the registry's own sentence with its code.
func (p *RegistryProblem) Error() string {
	return fmt.Sprintf("%s (error %d)", strings.TrimSuffix(p.Message, "."), p.Code)
}

// RegistryCode is the code of a registry's refusal, 0 of any other error.
func RegistryCode(err error) int {
	var p *RegistryProblem
	if errors.As(err, &p) {
		return p.Code
	}
	return 0
}

// readRegistryProblem reads a refusal; one that is no problem of a registry
// becomes one.
func readRegistryProblem(name string, res *http.Response) error {
	p := &RegistryProblem{}
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil || json.Unmarshal(b, p) != nil || p.Message == "" {
		p = &RegistryProblem{Message: name + " answered " + res.Status}
	}
	if p.Code == 0 {
		p.Code = res.StatusCode
	}
	p.Status = res.StatusCode
	return p
}

// ask sends a request and decodes the answer into out, if out is not nil.
func (r *Registry) ask(ctx context.Context, method, path string, body, out any) error {
	req, err := r.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	res, err := r.http.Do(req)
	if err != nil {
		return r.unreachable(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return readRegistryProblem(r.name, res)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxRegistryAnswer+1))
	if err != nil {
		return fmt.Errorf("the answer of %s to %s %s broke off: %w", r.name, method, path, err)
	}
	if len(b) > maxRegistryAnswer {
		return fmt.Errorf("the answer of %s to %s %s has more than %d MB", r.name, method, path, maxRegistryAnswer>>20)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("the answer of %s to %s %s cannot be read: %w; is it the address of a registry?", r.name, method, path, err)
	}
	return nil
}

func (r *Registry) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, in)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", registryType+", application/json")
	if body != nil {
		req.Header.Set("Content-Type", registryType)
	}
	if r.why != "" && method != http.MethodGet {
		req.Header.Set("Weir-Reason", r.why)
	}
	r.auth(req)
	return req, nil
}

func (r *Registry) unreachable(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s cannot be reached at %s: %w", r.name, r.base, err)
}

// answer sends a request whose answer is a T.
func answer[T any](ctx context.Context, r *Registry, method, path string, body any) (T, error) {
	var out T
	err := r.ask(ctx, method, path, body, &out)
	return out, err
}

// query writes what is set behind a path.
func query(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// flag sets a query parameter to true if on.
func flag(q url.Values, name string, on bool) url.Values {
	if on {
		q.Set(name, "true")
	}
	return q
}
