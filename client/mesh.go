package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Mesh is the mesh and the node that answers.
type Mesh struct {
	Name     string  `json:"name"`
	UID      string  `json:"uid"`
	Version  string  `json:"version" doc:"Of the node."`
	Kafka    string  `json:"kafka" doc:"The address for Kafka clients."`
	Registry string  `json:"registry" doc:"Where serialisers find the schema registry."`
	Cluster  Cluster `json:"cluster"`
}

// Cluster is where the records are.
type Cluster struct {
	Kind     string   `json:"kind" enum:"embedded,kafka"`
	Used     int64    `json:"used,omitempty" doc:"Bytes of records, on the embedded broker."`
	Limit    int64    `json:"limit,omitempty" doc:"Bytes at which the embedded broker refuses writes."`
	Problems []string `json:"problems,omitempty" doc:"What the embedded broker warned of, and topics that are not as they should be."`
}

// Mesh gets the mesh.
func (c *Client) Mesh(ctx context.Context) (Mesh, error) {
	return call[Mesh](ctx, c, http.MethodGet, "/mesh", nil, nil)
}

// Entry is one decision, or one refusal, as it stands in the ledger.
type Entry struct {
	Name    string        `json:"name" doc:"The offset, as text."`
	Offset  uint64        `json:"offset"`
	Hash    string        `json:"hash" doc:"Over this entry and all before it."`
	At      time.Time     `json:"at"`
	Who     string        `json:"who"`
	Noun    string        `json:"noun" doc:"Of who: person, application, or mesh for Weir itself."`
	What    string        `json:"what"`
	Why     string        `json:"why,omitempty"`
	Through Through       `json:"through"`
	Changes []EntryChange `json:"changes,omitempty"`
	Refusal *EntryRefusal `json:"refusal,omitempty"`
}

// Through is the door of an act.
type Through struct {
	Door    string `json:"door"`
	Address string `json:"address,omitempty"`
	Token   string `json:"token,omitempty" doc:"The uid of the token that was shown."`
}

// EntryChange is one thing that changed.
type EntryChange struct {
	Noun     string       `json:"noun"`
	Name     string       `json:"name"`
	UID      string       `json:"uid"`
	Revision uint64       `json:"revision"`
	Deleted  bool         `json:"deleted,omitempty"`
	Fields   []EntryField `json:"fields,omitempty"`
}

// EntryField is one field that changed. A secret has no values.
type EntryField struct {
	Path   string          `json:"path"`
	Old    json.RawMessage `json:"old,omitempty"`
	New    json.RawMessage `json:"new,omitempty"`
	Secret bool            `json:"secret,omitempty"`
}

// EntryRefusal is what was refused.
type EntryRefusal struct {
	Noun  string    `json:"noun"`
	Name  string    `json:"name,omitempty"`
	Msg   string    `json:"message"`
	Count int       `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// EntryFilter narrows a list of entries; what is empty does not.
type EntryFilter struct {
	By    string // a person's name
	About string // noun/name, such as product/membership.users
	Limit int    // 0: all
}

// Entries lists what was decided and refused, newest first.
func (c *Client) Entries(ctx context.Context, f EntryFilter) ([]Entry, error) {
	q := url.Values{}
	if f.By != "" {
		q.Set("by", f.By)
	}
	if f.About != "" {
		q.Set("about", f.About)
	}
	if f.Limit == 0 {
		return all[Entry](ctx, c, "/audit", q)
	}
	q.Set("limit", strconv.Itoa(min(f.Limit, 1000)))
	page, err := call[List[Entry]](ctx, c, http.MethodGet, "/audit?"+q.Encode(), nil, nil)
	return page.Items, err
}

// Verification is what a check of the whole ledger found.
type Verification struct {
	Entries uint64 `json:"entries" doc:"How many there are; every one was checked."`
	Hash    string `json:"hash" doc:"Over all of them."`
	Ledger  string `json:"ledger" doc:"The ledger's uid."`
}

// Verify checks the chain of the whole ledger.
func (c *Client) Verify(ctx context.Context) (Verification, error) {
	return call[Verification](ctx, c, http.MethodGet, "/audit/verification", nil, nil)
}

// Export gives every living entity without secrets, by noun.
func (c *Client) Export(ctx context.Context) (json.RawMessage, error) {
	return call[json.RawMessage](ctx, c, http.MethodGet, "/export", nil, nil)
}
