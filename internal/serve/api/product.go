package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
)

func (a *API) productRoutes() {
	add(a, route{method: http.MethodGet, path: "/products", summary: "List products"}, a.products)
	add(a, route{method: http.MethodPost, path: "/products", summary: "Create a product", status: http.StatusCreated, body: maxSchemaBody}, a.createProduct)
	add(a, route{method: http.MethodGet, path: "/products/{name}", summary: "Show a product"}, a.product)
	add(a, route{method: http.MethodPatch, path: "/products/{name}", summary: "Edit a product", body: maxSchemaBody}, a.editProduct)
	add(a, route{method: http.MethodDelete, path: "/products/{name}", summary: "Delete a product", status: http.StatusNoContent}, a.deleteProduct)
	a.aboutRoutes()
	a.publishRoutes()
	a.policyRoutes()
	a.termRoutes()
}

func (a *API) products(ctx context.Context, p weir.Principal, in *inDomain) (*many[client.Product], error) {
	q, err := in.query(ctx, a, p, weir.NounProduct)
	if err != nil {
		return nil, err
	}
	return page(ctx, a, q, in.Paging, product)
}

func (a *API) product(ctx context.Context, p weir.Principal, in *Named) (*one[client.Product], error) {
	return get(ctx, a, p, weir.NounProduct, in.Name, derivedProduct(p))
}

// derivedProduct is a product with the query that makes it, if it is one of
// those that somebody may know of.
func derivedProduct(p weir.Principal) func(context.Context, *names, *weir.Product, weir.Revision) (client.Product, error) {
	return func(ctx context.Context, n *names, it *weir.Product, rev weir.Revision) (client.Product, error) {
		out, err := product(ctx, n, it, rev)
		if err != nil {
			return out, err
		}
		q, _, err := weir.Known[*weir.Query](ctx, n.v, p, weir.Ref{Noun: weir.NounQuery, Name: it.Name})
		if err == nil && q.Product == it.UID {
			out.Query = q.Name
		}
		return out, absentIsNone(err)
	}
}

func (a *API) createProduct(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewProduct
}) (*one[client.Product], error) {
	b := in.Body
	call, err := in.of(p, "product.create", b)
	if err != nil {
		return nil, err
	}
	retention, err := duration("retention", b.Retention)
	if err != nil {
		return nil, err
	}
	tell, err := telling(b.Telling)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.CreateProduct(ctx, call, catalog.NewProduct{
		Telling: tell,
		Name:    b.Name, Kind: weir.Kind(b.Kind), Encoding: weir.Encoding(b.Encoding), KeyEncoding: weir.KeyEncoding(b.KeyEncoding), Key: b.Key,
		Visibility: weir.Visibility(b.Visibility), Access: weir.AccessMode(b.Access), Owner: b.Owner,
		Description: b.Description, Partitions: b.Partitions, Retention: retention,
		Schema: b.Schema, KeySchema: b.KeySchema,
	})
	return wroteProduct(ctx, a, r, err)
}

func (a *API) editProduct(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.ProductEdit
}) (*one[client.Product], error) {
	b := in.Body
	call, err := in.of(p, "product.edit", in.Name, b)
	if err != nil {
		return nil, err
	}
	retention, err := maybeDuration("retention", b.Retention)
	if err != nil {
		return nil, err
	}
	tell, err := telling(b.Telling)
	if err != nil {
		return nil, err
	}
	var hurts string
	if narrows(b) {
		hurts = a.hurts(ctx, p, in.Name)
	}
	r, err := a.Catalog.EditProduct(ctx, call, in.Name, catalog.ProductEdit{
		Telling: tell,
		Owner:   b.Owner, Description: b.Description, Visibility: (*weir.Visibility)(b.Visibility),
		Access: (*weir.AccessMode)(b.Access), Partitions: b.Partitions, Retention: retention,
	})
	out, err := wroteProduct(ctx, a, r, err)
	if err == nil {
		out.Body.Hurts = hurts
	}
	return out, err
}

// narrows reports whether an edit can take a product from who has it.
func narrows(e client.ProductEdit) bool {
	return e.Visibility != nil && *e.Visibility == string(weir.VisibleDomain) || e.Access != nil && *e.Access == string(weir.AccessRequest)
}

func maybeDuration(field string, s *string) (*weir.Duration, error) {
	if s == nil {
		return nil, nil
	}
	d, err := duration(field, *s)
	return &d, err
}

// ending is a thing whose data may be destroyed with it.
type ending struct {
	Write
	Named
	Destroy bool `query:"destroyData" doc:"End its topic too, with all its data, for ever."`
}

// hurting is the answer of what is gone, with whom that hurts.
type hurting struct {
	Status   int    // 204, or 202 while a worker still has to end something
	Offset   string `header:"Weir-Offset" doc:"The entry that ended it."`
	Replayed string `header:"Idempotency-Replayed" doc:"true when this is the answer of an earlier request."`
	Hurts    string `header:"Weir-Hurts" doc:"Whom it hurts, as you may know; absent: nobody, as far as is known."`
}

// hurting is the answer with whom that hurts.
func (n *none) hurting(whom string) *hurting { return &hurting{n.Status, n.Offset, n.Replayed, whom} }

func (a *API) deleteProduct(ctx context.Context, p weir.Principal, in *ending) (*hurting, error) {
	call, err := in.of(p, "product.delete", in.Name, in.Destroy)
	if err != nil {
		return nil, err
	}
	hurts := a.hurts(ctx, p, in.Name)
	r, err := a.Catalog.DeleteProduct(ctx, call, in.Name, in.Destroy)
	if err != nil {
		return nil, err
	}
	return going(r, a.ended(ctx, r, in.Destroy, weir.TopicOf(in.Name))).hurting(hurts), nil
}

// ended waits a moment until a topic that is to be destroyed is gone, and says
// whether it is. One that is not ending is another, made since.
func (a *API) ended(ctx context.Context, r weir.Receipt, destroy bool, topic string) bool {
	a.settled(ctx, r)
	return !destroy || a.until(ctx, func(ctx context.Context, v weir.View) bool {
		t, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: topic})
		return weir.NotFound.In(err) || err == nil && t.State != weir.TopicEnding
	})
}

func wroteProduct(ctx context.Context, a *API, r weir.Receipt, err error) (*one[client.Product], error) {
	if err != nil {
		return nil, err
	}
	e, err := decodeAnswer(weir.NounProduct, r.Answer)
	if err != nil {
		return nil, err
	}
	a.ready(ctx, r, e.(*weir.Product).OnCluster())
	out, err := wrote(ctx, a, r, weir.NounProduct, product)
	if err == nil {
		out.Location = "/api/v1/products/" + out.Body.Name
	}
	return out, err
}

// ready waits a moment until a topic is as it was asked for.
func (a *API) ready(ctx context.Context, r weir.Receipt, topic string) {
	a.settled(ctx, r)
	a.until(ctx, func(ctx context.Context, v weir.View) bool {
		t, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: topic})
		if err != nil {
			return true
		}
		_, problem := a.Node.Problem(topic)
		return t.State == weir.TopicMade && !t.Behind || problem != ""
	})
	_ = a.Live.Wait(ctx, r.Offset)
}

func product(ctx context.Context, n *names, p *weir.Product, rev weir.Revision) (client.Product, error) {
	d, team, err := n.domainOf(ctx, p.Domain)
	if err != nil {
		return client.Product{}, err
	}
	owner, err := n.of(ctx, weir.NounPerson, p.Owner)
	if err != nil {
		return client.Product{}, err
	}
	mesh, err := n.mesh(ctx)
	if err != nil {
		return client.Product{}, err
	}
	status, err := n.status(ctx, p.OnCluster())
	if err != nil {
		return client.Product{}, err
	}
	published, err := n.publication(ctx, p)
	if err != nil {
		return client.Product{}, err
	}
	tells, err := n.told(ctx, p)
	if err != nil {
		return client.Product{}, err
	}
	subjects, err := n.subjects(ctx, p)
	if err != nil {
		return client.Product{}, err
	}
	found, err := n.findings(ctx, p)
	base, _ := weir.SplitMajor(p.Name)
	_, own, _ := weir.SplitProduct(base)
	return client.Product{
		Name: p.Name, UID: p.UID.String(), URN: fmt.Sprintf("weir:%s/%s/%s/v%d", mesh, d, own, p.Major),
		Domain: d, Team: team, Major: p.Major, Kind: string(p.Kind), Encoding: string(p.Encoding),
		KeyEncoding: string(p.KeyEncoding), Key: p.Key, Visibility: string(p.Visibility), Access: string(p.Access),
		Owner: owner, Description: p.Description, About: tells, Warnings: found, Partitions: p.Partitions, Retention: retention(p), Published: published,
		Topic: p.Topic(), Status: status, Subjects: subjects, Revision: uint64(rev), Created: p.Created,
	}, err
}

// subjects is where the schemas of a product's keys and values are, of those
// that can have one, and the latest of each.
func (n *names) subjects(ctx context.Context, p *weir.Product) ([]client.ProductSubject, error) {
	all := []client.ProductSubject{}
	for _, k := range []weir.SubjectKind{weir.OfKey, weir.OfValue} {
		f := p.SchemaFormat(k)
		if f == "" {
			continue
		}
		is := client.ProductSubject{Of: string(k), Subject: p.Subject(k), Format: string(f)}
		s, _, err := weir.Find[*weir.Subject](ctx, n.v, weir.Ref{Noun: weir.NounSubject, Name: is.Subject})
		if err != nil && !weir.NotFound.In(err) {
			return nil, err
		}
		if err == nil {
			latest, _ := s.Latest()
			is.Version, is.ID = latest.Version, uint32(latest.ID)
		}
		all = append(all, is)
	}
	return all, nil
}

// domainOf gives a domain's name and its team's.
func (n *names) domainOf(ctx context.Context, u weir.UID) (name, team string, err error) {
	d, _, err := weir.Find[*weir.Domain](ctx, n.v, weir.Ref{Noun: weir.NounDomain, UID: u})
	if weir.NotFound.In(err) {
		return u.String(), "", nil
	}
	if err != nil {
		return "", "", err
	}
	team, err = n.of(ctx, weir.NounTeam, d.Team)
	return d.Name, team, err
}

// mesh is the mesh's name.
func (n *names) mesh(ctx context.Context) (string, error) {
	page, err := n.v.List(ctx, weir.ListQuery{Noun: weir.NounMesh, Scope: weir.Everything, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return "", err
	}
	return page.Items[0].Entity.Ref().Name, nil
}

// status is how far the cluster is with a topic.
func (n *names) status(ctx context.Context, topic string) (client.Status, error) {
	t, _, err := weir.Find[*weir.Topic](ctx, n.v, weir.Ref{Noun: weir.NounTopic, Name: topic})
	if weir.NotFound.In(err) {
		return client.Status{Topic: "ending"}, nil
	}
	if err != nil {
		return client.Status{}, err
	}
	return n.api.status(t), nil
}

func (a *API) status(t *weir.Topic) client.Status {
	lost, problem := a.Node.Problem(t.Name)
	s := client.Status{Problem: problem}
	switch {
	case t.State == weir.TopicEnding:
		s.Topic = "ending"
	case lost:
		s.Topic = "lost"
	case t.State == weir.TopicWanted:
		s.Topic = "pending"
	case t.Behind:
		s.Topic = "adjusting"
	default:
		s.Topic = "ready"
	}
	return s
}
