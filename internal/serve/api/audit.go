package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/audit"
)

func (a *API) auditRoutes() {
	add(a, route{method: http.MethodGet, path: "/audit", summary: "List what was decided and refused, newest first"}, a.entries)
	add(a, route{method: http.MethodGet, path: "/audit/events", summary: "Follow what is decided and refused, as server-sent events", answers: eventAnswers()}, a.entryEvents)
}

// EntryFilter is how a list of entries can be narrowed.
type EntryFilter struct {
	By     string `query:"by" maxLength:"127" doc:"Who: the name of a person or an application, weir for Weir itself, or noun/name."`
	About  string `query:"about" maxLength:"300" doc:"noun/name, such as product/membership.users; also of what is gone, and noun/uid."`
	Noun   string `query:"noun" maxLength:"63" doc:"Only entries that changed such a thing, or that refused it: product, team, access, ..."`
	What   string `query:"what" maxLength:"63" doc:"An operation, such as product.create, or all of a noun: product."`
	Door   string `query:"door" maxLength:"63" doc:"Through what: api, web, registry, worker, start, ..."`
	Result string `query:"result" enum:"done,refused"`
	Since  string `query:"since" maxLength:"63" doc:"A time (RFC 3339), or how long ago it was: 2h, 7d."`
	Until  string `query:"until" maxLength:"63" doc:"The same; entries before it."`
	Why    string `query:"why" maxLength:"200" doc:"A part of the reason, or of what the refusal said."`
}

func (in EntryFilter) filter() (audit.Filter, error) {
	f := audit.Filter{
		Noun: weir.Noun(in.Noun), Op: in.What, Door: in.Door, Result: weir.Result(in.Result), Since: in.Since, Until: in.Until, Why: in.Why,
	}
	var err error
	if f.Ref, err = about("about", in.About); err != nil {
		return f, err
	}
	if !strings.Contains(in.By, "/") {
		f.By = weir.Ref{Name: in.By}
		return f, nil
	}
	f.By, err = about("by", in.By)
	return f, err
}

// about reads noun/name or noun/uid.
func about(where, s string) (weir.Ref, error) {
	if s == "" {
		return weir.Ref{}, nil
	}
	noun, name, ok := strings.Cut(s, "/")
	if !ok || name == "" || noun == "" {
		return weir.Ref{}, weir.Errorf(weir.Invalid, "%q names nothing", s).At(where).WithFix("write noun/name, such as product/membership.users")
	}
	if u, err := weir.ParseUID(name); err == nil {
		return weir.Ref{Noun: weir.Noun(noun), UID: u}, nil
	}
	return weir.Ref{Noun: weir.Noun(noun), Name: name}, nil
}

func (a *API) entries(ctx context.Context, p weir.Principal, in *struct {
	Paging
	EntryFilter
}) (*many[client.Entry], error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	f.Limit = in.Limit
	if f.Before, err = offset("cursor", in.Cursor); err != nil {
		return nil, err
	}
	got, err := a.Audit.List(ctx, p, f)
	if err != nil {
		return nil, err
	}
	out := &many[client.Entry]{Body: client.List[client.Entry]{Items: []client.Entry{}}}
	for _, e := range got.Entries {
		out.Body.Items = append(out.Body.Items, entry(e))
	}
	if got.Next != 0 {
		out.Body.Next = strconv.FormatUint(uint64(got.Next), 10)
	}
	return out, nil
}

// offset reads an offset; empty is 0.
func offset(where, s string) (weir.Offset, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 62)
	if err != nil || n == 0 && where == "cursor" {
		return 0, weir.Errorf(weir.Invalid, "%q is no place in this list", s).At(where).WithFix("use the next of an earlier page, or the offset of an entry")
	}
	return weir.Offset(n), nil
}

func entry(got audit.Entry) client.Entry {
	e := got.Entry
	out := client.Entry{
		Name: strconv.FormatUint(uint64(got.Offset), 10), Offset: uint64(got.Offset), Hash: got.Hash.String(), At: e.At,
		Who: e.By.Name, Noun: string(e.By.Noun), What: e.Op, Words: got.Words, Why: e.Why,
		Through: client.Through{Door: e.Via.Door, Address: e.Via.Address},
	}
	if !e.Via.Token.IsZero() {
		out.Through.Token = e.Via.Token.String()
	}
	if got.Thing.Noun != "" {
		out.Thing = &client.EntryThing{Noun: string(got.Thing.Noun), Name: got.Thing.Name, Gone: got.Gone}
		if !got.Thing.UID.IsZero() {
			out.Thing.UID = got.Thing.UID.String()
		}
	}
	for _, c := range e.Changes {
		ch := client.EntryChange{
			Noun: string(c.Ref.Noun), Name: c.Ref.Name, UID: c.Ref.UID.String(), Revision: uint64(c.Rev), Deleted: c.Deleted,
		}
		for _, d := range c.Diff {
			ch.Fields = append(ch.Fields, client.EntryField{Path: d.Path, Old: d.Old, New: d.New, Secret: d.Secret})
		}
		out.Changes = append(out.Changes, ch)
	}
	if f := e.Refusal; f != nil {
		out.Refusal = &client.EntryRefusal{Noun: string(f.Ref.Noun), Name: f.Ref.Name, Msg: f.Msg, Count: f.Count, First: f.First, Last: f.Last}
	}
	return out
}

func eventAnswers() map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: "An event for each entry, the oldest first: its id is the entry's offset, its data the entry as in the list. It goes on until one side ends it.",
		Content:     map[string]*huma.MediaType{formEvents: {Schema: &huma.Schema{Type: "string"}}},
	}}
}

func (a *API) entryEvents(ctx context.Context, p weir.Principal, in *struct {
	EntryFilter
	After  string `query:"after" maxLength:"32" doc:"Begin behind this offset; absent: with what comes from now on."`
	LastID string `header:"Last-Event-ID" maxLength:"32" doc:"The id of the last event that was received: go on behind it."`
}) (*huma.StreamResponse, error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	after, err := a.begin(ctx, in.LastID, in.After)
	if err != nil {
		return nil, err
	}
	still, ok := ctx.Value(again{}).(func(context.Context) (weir.Principal, error))
	if !ok {
		return nil, weir.Errorf(weir.Internal, "nobody says who asks")
	}
	first := f
	first.Limit = 1
	if _, err := a.Audit.List(ctx, p, first); err != nil {
		return nil, err // a filter that means nothing is told now
	}
	ctx, leave, err := a.Audit.Watch(ctx, p)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer leave()
		_, w := humachi.Unwrap(c)
		out := &rowWriter{w: w, control: http.NewResponseController(w), form: formEvents, quiet: a.Quiet}
		if err := a.sendEntries(ctx, out, f, after, still); err != nil {
			a.Log.Debug("entries could not be sent", "error", err)
		}
	}}, nil
}

// begin is the offset behind which events begin.
func (a *API) begin(ctx context.Context, last, after string) (weir.Offset, error) {
	head, err := a.Audit.Head(ctx)
	if err != nil || last == "" && after == "" {
		return head, err
	}
	where, text := "after", after
	if last != "" {
		where, text = "Last-Event-ID", last
	}
	at, err := offset(where, text)
	if err == nil && at > head {
		return 0, weir.Errorf(weir.Invalid, "there is no entry %d yet, the newest is %d", at, head).At(where).
			WithFix("begin again: an older ledger was brought back, or this is another mesh")
	}
	return at, err
}

// sendEntries sends entries as they come, to who may still see them. Its error
// is that of sending.
func (a *API) sendEntries(ctx context.Context, out *rowWriter, f audit.Filter, after weir.Offset, still func(context.Context) (weir.Principal, error)) error {
	h := out.w.Header()
	h.Set("Content-Type", formEvents)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // of proxies that would wait for the end
	if err := out.control.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	out.buf = append(out.buf, fmt.Sprintf("retry: 1000\nid: %d\n\n", after)...)
	if err := out.flush(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		got, at, err := a.followed(ctx, f, after, out.silent(), still)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return out.fail(&a.problem("get-audit-events", err).Problem)
		}
		for _, e := range got {
			data, err := json.Marshal(entry(e))
			if err != nil {
				return err
			}
			out.buf = append(append(fmt.Appendf(out.buf, "id: %d\ndata: ", e.Offset), data...), "\n\n"...)
		}
		if after = at; len(out.buf) == 0 && out.silent() <= 0 {
			out.buf = fmt.Appendf(out.buf, ": \nid: %d\n\n", after)
		}
		if len(out.buf) == 0 {
			continue
		}
		if err := out.flush(); err != nil {
			return err
		}
	}
	return nil
}

// followed waits a moment for entries behind an offset.
func (a *API) followed(ctx context.Context, f audit.Filter, after weir.Offset, moment time.Duration, still func(context.Context) (weir.Principal, error)) ([]audit.Entry, weir.Offset, error) {
	wait, cancel := context.WithTimeout(ctx, moment)
	defer cancel()
	if err := a.Audit.Await(wait, after); err != nil && wait.Err() == nil {
		return nil, after, err
	}
	return a.Audit.Follow(ctx, still, f, after) // who may not go on is told, though nothing happened
}

// fail ends a stream of events with what went wrong.
func (o *rowWriter) fail(p *client.Problem) error {
	data, err := json.Marshal(map[string]any{"error": p})
	if err != nil {
		return err
	}
	o.buf = append(append(append(o.buf, "event: end\ndata: "...), data...), "\n\n"...)
	return o.flush()
}
