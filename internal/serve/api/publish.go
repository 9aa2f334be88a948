package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
)

func (a *API) publishRoutes() {
	add(a, route{method: http.MethodPost, path: "/topics/{name}/publish", summary: "Publish a topic as a product", status: http.StatusCreated, body: maxSchemaBody}, a.publish)
	add(a, route{method: http.MethodPost, path: "/products/{name}/publish", summary: "Publish a product that is proposed; its topic stays as it is", body: maxSchemaBody}, a.publishProduct)
	add(a, route{method: http.MethodGet, path: "/topics/unpublished", summary: "List topics that could be published"}, a.unpublishedTopics)
	add(a, route{method: http.MethodPost, path: "/products/{name}/unpublish", summary: "Take a published product back; its topic and records stay"}, a.unpublish)
	add(a, route{method: http.MethodGet, path: "/products/{name}/readers", summary: "List whom a product's end would hurt"}, a.readers)
	add(a, route{method: http.MethodPost, path: "/products/{name}/deprecate", summary: "Say that a product will end: who reads it goes on, nobody new begins"}, a.deprecate)
	add(a, route{method: http.MethodPost, path: "/products/{name}/retire", summary: "Say that a product has ended: its own domain alone reads it"}, a.retire)
	add(a, route{method: http.MethodPost, path: "/products/{name}/activate", summary: "Take back that a product is deprecated or retired"}, a.activate)
	add(a, route{method: http.MethodGet, path: "/mesh/terms", summary: "Show the mesh's terms of publishing"}, a.publishingTerms)
	add(a, route{method: http.MethodPut, path: "/mesh/terms", summary: "Set the mesh's terms of publishing"}, a.setPublishingTerms)
}

// TopicNamed is a topic by its name, which may be one that the mesh did not make.
type TopicNamed struct {
	Name string `path:"name" maxLength:"249"`
}

func (a *API) publish(ctx context.Context, p weir.Principal, in *struct {
	Write
	TopicNamed
	Body client.NewPublication
}) (*one[client.Product], error) {
	b := in.Body
	call, err := in.of(p, "product.publish", in.Name, b)
	if err != nil {
		return nil, err
	}
	tell, err := telling(b.Telling)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.Publish(ctx, call, catalog.Publishing{
		Topic: in.Name, AcceptTerms: b.AcceptTerms, AcceptedTerms: b.AcceptedTerms,
		NewProduct: catalog.NewProduct{
			Telling: tell,
			Name:    b.As, Kind: weir.Kind(b.Kind), Encoding: weir.Encoding(b.Encoding), KeyEncoding: weir.KeyEncoding(b.KeyEncoding), Key: b.Key,
			Visibility: weir.Visibility(b.Visibility), Access: weir.AccessMode(b.Access), Owner: b.Owner, Description: b.Description,
			Schema: b.Schema, KeySchema: b.KeySchema,
		},
	})
	return wroteProduct(ctx, a, r, err)
}

func (a *API) publishProduct(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.ProductPublication
}) (*one[client.Product], error) {
	b := in.Body
	call, err := in.of(p, "product.publish", in.Name, b)
	if err != nil {
		return nil, err
	}
	tell, err := telling(b.Telling)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.PublishProduct(ctx, call, in.Name, catalog.ProductEdit{
		Telling: tell, Owner: b.Owner, Description: b.Description, Visibility: (*weir.Visibility)(b.Visibility), Access: (*weir.AccessMode)(b.Access),
	})
	return wroteProduct(ctx, a, r, err)
}

func (a *API) unpublishedTopics(ctx context.Context, p weir.Principal, in *inDomain) (*many[client.UnpublishedTopic], error) {
	got, err := a.Catalog.Unpublished(ctx, p, catalog.UnpublishedQuery{Domain: in.Domain, After: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &many[client.UnpublishedTopic]{Body: client.List[client.UnpublishedTopic]{Items: []client.UnpublishedTopic{}, Next: got.Next}}
	for _, t := range got.Items {
		out.Body.Items = append(out.Body.Items, client.UnpublishedTopic{
			Name: t.Name, Stream: t.Stream, Domain: t.Domain, Description: t.Description, Partitions: t.Partitions, Encoding: string(t.Encoding),
		})
	}
	return out, nil
}

func (a *API) unpublish(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*one[client.Unpublished], error) {
	call, err := in.of(p, "product.unpublish", in.Name)
	if err != nil {
		return nil, err
	}
	hurts := a.hurts(ctx, p, in.Name)
	r, err := a.Catalog.Unpublish(ctx, call, in.Name)
	if err != nil {
		return nil, err
	}
	a.settled(ctx, r)
	var u catalog.Unpublished
	if err := json.Unmarshal(r.Answer, &u); err != nil {
		return nil, weir.Errorf(weir.Internal, "an answer cannot be read").Because(err)
	}
	readers, err := a.readersOf(ctx, u.Readers)
	out := done(r, client.Unpublished{Product: u.Product, Topic: u.Topic, Stream: u.Stream, Readers: readers, Hurts: hurts}, 0, "")
	out.ETag = ""
	return out, err
}

func (a *API) readers(ctx context.Context, p weir.Principal, in *struct {
	Named
	Paging
}) (*many[client.ProductReader], error) {
	all, err := a.Catalog.Readers(ctx, p, in.Name)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(r catalog.Reader) bool { return r.Name <= in.Cursor })
	next := ""
	if len(all) > in.Limit {
		all = all[:in.Limit]
		next = all[in.Limit-1].Name
	}
	out, err := a.readersOf(ctx, all)
	return &many[client.ProductReader]{Body: client.List[client.ProductReader]{Items: out, Next: next}}, err
}

func (a *API) readersOf(ctx context.Context, all []catalog.Reader) ([]client.ProductReader, error) {
	out := []client.ProductReader{}
	err := a.view(ctx, func(v weir.View) error {
		known := a.names(v)
		for _, r := range all {
			team, err := known.of(ctx, weir.NounTeam, r.Team)
			if err != nil {
				return err
			}
			out = append(out, client.ProductReader{
				Application: r.Name, Team: team, Last: r.Last, Records: uint64(max(0, r.Records)), Allowed: r.Allowed, Own: r.Own,
			})
		}
		return nil
	})
	return out, err
}

func (a *API) deprecate(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.Deprecation
}) (*one[client.Product], error) {
	call, err := in.of(p, "product.deprecate", in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.Deprecate(ctx, call, in.Name, in.Body.Successor)
	return wroteProduct(ctx, a, r, err)
}

func (a *API) retire(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*one[client.Product], error) {
	call, err := in.of(p, "product.retire", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.Retire(ctx, call, in.Name)
	return wroteProduct(ctx, a, r, err)
}

func (a *API) activate(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*one[client.Product], error) {
	call, err := in.of(p, "product.activate", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.Activate(ctx, call, in.Name)
	return wroteProduct(ctx, a, r, err)
}

func (a *API) publishingTerms(ctx context.Context, _ weir.Principal, _ *struct{}) (*one[client.PublishingTerms], error) {
	t, err := a.Catalog.PublishingTerms(ctx)
	if err != nil {
		return nil, err
	}
	return shown(client.PublishingTerms{Text: t.Text, SHA256: t.Hash, Default: t.Default}, uint64(t.Rev)), nil
}

func (a *API) setPublishingTerms(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body struct {
		Text string `json:"text" doc:"In Markdown, at most 262144 bytes; empty: the default."`
	}
}) (*one[client.PublishingTerms], error) {
	call, err := in.of(p, "mesh.terms", in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.SetPublishingTerms(ctx, call, in.Body.Text)
	if err != nil {
		return nil, err
	}
	t, err := a.Catalog.PublishingTerms(ctx)
	if err != nil {
		return nil, err
	}
	return done(r, client.PublishingTerms{Text: t.Text, SHA256: t.Hash, Default: t.Default}, uint64(t.Rev), ""), nil
}

// publication is how a product came to be; nil if it was made.
func (n *names) publication(ctx context.Context, p *weir.Product) (*client.Publication, error) {
	if p.Published == nil {
		return nil, nil
	}
	terms, err := n.of(ctx, weir.NounText, p.Published.Terms)
	if err != nil {
		return nil, err
	}
	out := &client.Publication{Topic: p.Alias(), By: p.Published.By.Name, At: p.Published.At, Terms: terms, Reason: p.Published.Reason}
	if !p.Published.Stream.IsZero() {
		out.Stream = p.Alias()
	}
	return out, nil
}

// publishedAs is the product that a private stream is published as; empty if it
// is not.
func (n *names) publishedAs(ctx context.Context, s *weir.Stream) (string, error) {
	page, err := n.v.List(ctx, weir.ListQuery{Noun: weir.NounProduct, Scope: weir.Everything, Refers: []weir.UID{s.UID}, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return "", err
	}
	return page.Items[0].Entity.Ref().Name, nil
}

// retention is how long records are kept; empty if that is the cluster's to say.
func retention(p *weir.Product) string {
	if p.Published != nil && p.Published.Stream.IsZero() {
		return ""
	}
	return p.Retention.String()
}
