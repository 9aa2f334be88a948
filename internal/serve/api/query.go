package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/queries"
)

func (a *API) queryRoutes() {
	add(a, route{method: http.MethodGet, path: "/queries", summary: "List queries"}, a.queries)
	add(a, route{method: http.MethodPost, path: "/queries", summary: "Create a query, which runs at once, and the product that it makes", status: http.StatusCreated}, a.createQuery)
	add(a, route{method: http.MethodPost, path: "/queries/preview", summary: "Run a statement over some of the newest records; nothing is made"}, a.previewQuery)
	add(a, route{method: http.MethodPost, path: "/queries/explain", summary: "Say how a statement is understood; nothing is made"}, a.explainQuery)
	add(a, route{method: http.MethodGet, path: "/queries/{name}", summary: "Show a query"}, a.query)
	add(a, route{method: http.MethodPost, path: "/queries/{name}/pause", summary: "Let a query rest; it keeps its place"}, a.pauseQuery)
	add(a, route{method: http.MethodPost, path: "/queries/{name}/start", summary: "Let a query go on, or begin anew"}, a.startQuery)
	add(a, route{method: http.MethodPost, path: "/queries/{name}/stop", summary: "End a query's run; it gives up its place"}, a.stopQuery)
	add(a, route{method: http.MethodDelete, path: "/queries/{name}", summary: "Delete a query; its product stays unless its data is destroyed", status: http.StatusNoContent}, a.deleteQuery)
}

func (a *API) queries(ctx context.Context, p weir.Principal, in *inDomain) (*many[client.Query], error) {
	q, err := in.query(ctx, a, p, weir.NounQuery)
	if err != nil {
		return nil, err
	}
	return page(ctx, a, q, in.Paging, a.queryFor(p))
}

func (a *API) query(ctx context.Context, p weir.Principal, in *Named) (*one[client.Query], error) {
	out, err := get(ctx, a, p, weir.NounQuery, in.Name, a.queryFor(p))
	if err != nil {
		return nil, err
	}
	shown, err := a.Queries.Named(ctx, p, in.Name)
	if err != nil {
		return nil, err
	}
	u, err := a.Queries.Understand(ctx, shown.Query)
	if err != nil {
		out.Body.Problem = a.problem("get-queries-name", err).Error()
		return out, nil
	}
	result := understood(u)
	out.Body.Result = &result
	return out, nil
}

func (a *API) createQuery(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewQuery
}) (*one[client.Query], error) {
	b := in.Body
	call, err := in.of(p, "query.create", b)
	if err != nil {
		return nil, err
	}
	epoch, err := duration("epoch", b.Epoch)
	if err != nil {
		return nil, err
	}
	r, err := a.Queries.Create(ctx, call, queries.NewQuery{
		Product: b.Name, Statement: b.Statement, Encoding: weir.Encoding(b.Encoding), Epoch: epoch, OnFailure: weir.OnFailure(b.OnFailure),
		AtEnd: b.AtEnd, Description: b.Description, Owner: b.Owner,
	})
	if err != nil {
		return nil, err
	}
	a.ready(ctx, r, weir.TopicOf(b.Name))
	out, err := wroteQuery(ctx, a, p, r, nil)
	if err == nil {
		out.Location = "/api/v1/queries/" + out.Body.Name
	}
	return out, err
}

func wroteQuery(ctx context.Context, a *API, p weir.Principal, r weir.Receipt, err error) (*one[client.Query], error) {
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, r, weir.NounQuery, a.queryFor(p))
}

func (a *API) previewQuery(ctx context.Context, p weir.Principal, in *struct{ Body client.Statement }) (*one[client.QueryPreview], error) {
	got, err := a.Queries.Preview(ctx, p, in.Body.Statement, weir.Encoding(in.Body.Encoding))
	if err != nil {
		return nil, err
	}
	out := client.QueryPreview{QueryResult: understood(got.Understood), Rows: got.Rows, Read: got.Read, Bytes: got.Bytes, Took: got.Took.String(), More: got.More, Cut: got.Cut, FailedMore: got.FailedMore}
	for _, f := range got.Failed {
		out.Failed = append(out.Failed, client.QueryFault(f))
	}
	return &one[client.QueryPreview]{Body: out}, nil
}

func (a *API) explainQuery(ctx context.Context, p weir.Principal, in *struct{ Body client.Statement }) (*one[client.QueryResult], error) {
	u, err := a.Queries.Explain(ctx, p, in.Body.Statement, weir.Encoding(in.Body.Encoding))
	if err != nil {
		return nil, err
	}
	return &one[client.QueryResult]{Body: understood(u)}, nil
}

// understood is a statement as the API tells of it.
func understood(u queries.Understood) client.QueryResult {
	out := client.QueryResult{
		Inputs: notNil(u.Inputs), Key: notNil(u.Key), Mode: string(u.Mode), Kind: string(u.Kind), Encoding: string(u.Encoding), KeyEncoding: string(u.KeyEncoding),
		SchemaText: u.Schema, EventTime: u.EventTime, Depth: u.Depth, Plan: u.Plan,
		Schema: []client.QueryColumn{}, Lineage: []client.QueryLineage{}, Classification: map[string]string{},
	}
	for _, c := range u.Columns {
		out.Schema = append(out.Schema, client.QueryColumn{
			Name: c.Name, Type: c.Type.String(), Nullable: c.Nullable, Description: c.Doc, Unit: c.Unit, Classification: string(c.Classification),
		})
		if c.Classification != "" && c.Classification != weir.ClassInternal {
			out.Classification[c.Name] = string(c.Classification)
		}
		for _, f := range c.From {
			out.Lineage = append(out.Lineage, client.QueryLineage{Column: c.Name, Product: f.Product, Field: f.Field, Direct: f.Direct, Masked: f.Masked})
		}
	}
	return out
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (a *API) pauseQuery(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*one[client.Query], error) {
	call, err := in.of(p, "query.pause", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Queries.Pause(ctx, call, in.Name)
	return wroteQuery(ctx, a, p, r, err)
}

func (a *API) startQuery(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.QueryStart
}) (*one[client.Query], error) {
	call, err := in.of(p, "query.start", in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Queries.Start(ctx, call, in.Name, in.Body.FromBeginning)
	return wroteQuery(ctx, a, p, r, err)
}

func (a *API) stopQuery(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*one[client.Query], error) {
	call, err := in.of(p, "query.stop", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Queries.Stop(ctx, call, in.Name)
	return wroteQuery(ctx, a, p, r, err)
}

func (a *API) deleteQuery(ctx context.Context, p weir.Principal, in *ending) (*hurting, error) {
	call, err := in.of(p, "query.delete", in.Name, in.Destroy)
	if err != nil {
		return nil, err
	}
	hurts := a.hurts(ctx, p, in.Name)
	r, err := a.Queries.Delete(ctx, call, in.Name, in.Destroy)
	if err != nil {
		return nil, err
	}
	return going(r, a.ended(ctx, r, in.Destroy, weir.TopicOf(in.Name))).hurting(hurts), nil
}

// queryFor is a query as somebody sees it: of its inputs those that they may know
// of.
func (a *API) queryFor(p weir.Principal) func(context.Context, *names, *weir.Query, weir.Revision) (client.Query, error) {
	return func(ctx context.Context, n *names, q *weir.Query, rev weir.Revision) (client.Query, error) {
		s := a.Queries.Shown(q, rev)
		out := client.Query{
			Name: q.Name, UID: q.UID.String(), Statement: q.Statement, State: s.State, Why: q.Why, Run: q.Run, AtEnd: q.AtEnd,
			OnFailure: string(q.OnFailure), Epoch: q.Epoch.String(), Revision: uint64(rev), Created: q.Created, Status: queryStatus(s), Inputs: []string{},
		}
		var err error
		if out.Domain, out.Team, err = n.domainOf(ctx, q.Domain); err != nil {
			return out, err
		}
		if out.Application, err = n.of(ctx, weir.NounApplication, q.Application); err != nil {
			return out, err
		}
		if !q.Aside.IsZero() {
			if out.Aside, err = n.of(ctx, weir.NounStream, q.Aside); err != nil {
				return out, err
			}
		}
		for _, uid := range q.Inputs {
			name, err := inputName(ctx, n.v, p, uid)
			if err != nil {
				return out, err
			}
			if name != "" {
				out.Inputs = append(out.Inputs, name)
			}
		}
		made, _, err := weir.Find[*weir.Product](ctx, n.v, weir.Ref{Noun: weir.NounProduct, UID: q.Product})
		if err != nil {
			return out, absentIsNone(err)
		}
		out.Topic, out.Lifecycle = made.Topic(), string(made.Stage())
		return out, nil
	}
}

// inputName is the name of a product, or private stream, that somebody may know
// of; empty if it is none.
func inputName(ctx context.Context, v weir.View, p weir.Principal, uid weir.UID) (string, error) {
	in, _, err := weir.Known[*weir.Product](ctx, v, p, weir.Ref{Noun: weir.NounProduct, UID: uid})
	if err == nil {
		return in.Name, nil
	}
	if !weir.NotFound.In(err) {
		return "", err
	}
	s, _, err := weir.Known[*weir.Stream](ctx, v, p, weir.Ref{Noun: weir.NounStream, UID: uid})
	if err == nil {
		return s.Name, nil
	}
	return "", absentIsNone(err)
}

// absentIsNone is no error for what is gone.
func absentIsNone(err error) error {
	if weir.NotFound.In(err) {
		return nil
	}
	return err
}

// queryStatus is how a query does; nil if nobody knows.
func queryStatus(s queries.Shown) *client.QueryStatus {
	if !s.Known {
		return nil
	}
	t := s.Status
	out := &client.QueryStatus{
		Running: t.Running, Since: t.Since, RowsIn: t.RowsIn, RowsOut: t.RowsOut, Aside: t.Aside, Late: t.Late, Lag: t.Lag,
		Watermark: t.Watermark, State: t.State, Epoch: t.Epoch, Error: t.Error,
	}
	if t.EpochTime > 0 {
		out.EpochTime, out.Busy = t.EpochTime.String(), t.Busy.String()
	}
	return out
}
