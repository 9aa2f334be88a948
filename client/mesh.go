package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	What    string        `json:"what" doc:"The operation, such as product.create."`
	Words   string        `json:"words" doc:"What was done, in words."`
	Thing   *EntryThing   `json:"thing,omitempty" doc:"What it was done to, the first if there are more."`
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

// EntryThing is what an entry is about.
type EntryThing struct {
	Noun string `json:"noun"`
	Name string `json:"name,omitempty"`
	UID  string `json:"uid,omitempty"`
	Gone bool   `json:"gone,omitempty" doc:"It does not live any more, or the viewer may not know of it."`
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
	By     string // a person's or an application's name, or noun/name; weir is Weir itself
	About  string // noun/name, such as product/membership.users
	Noun   string // only entries about this sort of thing
	What   string // an operation, such as product.create, or all of a noun: product
	Door   string // api, web, registry, worker, start, ...
	Result string // done or refused
	Since  string // a time (RFC 3339), or how long ago: 2h, 7d
	Until  string // the same; entries before it
	Why    string // a part of the reason or of the refusal
	Cursor string // where an earlier page ended
	Limit  int    // 0: all
}

// The results of an [EntryFilter].
const (
	ResultDone    = "done"
	ResultRefused = "refused"
)

// Values is the filter as an address has it.
func (f EntryFilter) Values() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"by": f.By, "about": f.About, "noun": f.Noun, "what": f.What, "door": f.Door, "result": f.Result,
		"since": f.Since, "until": f.Until, "why": f.Why, "cursor": f.Cursor,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(min(f.Limit, 1000)))
	}
	return q
}

// Entries lists what was decided and refused, newest first.
func (c *Client) Entries(ctx context.Context, f EntryFilter) ([]Entry, error) {
	out := []Entry{}
	for {
		page, err := c.EntryPage(ctx, f)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if f.Limit > 0 && len(out) >= f.Limit {
			return out[:f.Limit], nil
		}
		if page.Next == "" {
			return out, nil
		}
		f.Cursor = page.Next
	}
}

// EntryPage is one page of that list. A page may have fewer entries than its
// limit, or none, and still have a next one: a node looks at so many entries
// for one page and no more.
func (c *Client) EntryPage(ctx context.Context, f EntryFilter) (List[Entry], error) {
	return call[List[Entry]](ctx, c, http.MethodGet, "/audit?"+f.Values().Encode(), nil, nil)
}

// FollowEntries calls yield with the entries behind an offset, the oldest first,
// and then with each new one, until yield returns an error or ctx ends. Cursor
// and Limit of the filter have no meaning here. A connection that breaks is made
// again behind the last entry: each comes once. Only a node that is away for
// longer than patience ends it.
func (c *Client) FollowEntries(ctx context.Context, f EntryFilter, after uint64, patience time.Duration, yield func(Entry) error) error {
	f.Cursor, f.Limit = "", 0
	r := &entryReader{c: c, filter: f, after: after, yield: yield}
	var since time.Time
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		answered, err := r.once(ctx)
		if answered {
			since, wait = time.Now(), 50*time.Millisecond
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !again(err), time.Since(since) > patience:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// entryReader is one following, over several connections.
type entryReader struct {
	c      *Client
	filter EntryFilter
	after  uint64
	yield  func(Entry) error
}

// once reads one stream to its end, which is always an error; answered says that
// there was one.
func (r *entryReader) once(ctx context.Context) (answered bool, err error) {
	q := r.filter.Values()
	q.Set("after", strconv.FormatUint(r.after, 10))
	res, err := r.c.send(ctx, http.MethodGet, "/audit/events?"+q.Encode(), nil, []Option{accepting("text/event-stream")})
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	in := bufio.NewReader(res.Body)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return true, fmt.Errorf("%w: %w", errBroken, err)
		}
		if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
			if err := r.event(data); err != nil {
				return true, err
			}
		}
	}
}

// event gives one entry on, unless it says why the stream ends.
func (r *entryReader) event(data []byte) error {
	var event struct {
		Entry
		Error *Problem `json:"error"`
	}
	if err := json.Unmarshal(data, &event); err != nil {
		return fmt.Errorf("the node sent an event that is no entry: %w", err)
	}
	if event.Error != nil {
		return event.Error
	}
	r.after = event.Offset
	return r.yield(event.Entry)
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
