// Package api serves the HTTP API under /api/v1. It translates: who asks, from
// the bearer token; what is asked, into a use case's command; what came out,
// into the types of package client. It decides nothing.
//
// Every write takes If-Match (a revision), Idempotency-Key and Weir-Reason, and
// answers when the change is durable, every listener of this node shows it, and
// the cluster had a moment to follow. Every refusal is a problem document.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/app/adoption"
	"github.com/weirmesh/weir/internal/app/audit"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/conversation"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/app/lineage"
	"github.com/weirmesh/weir/internal/app/queries"
	"github.com/weirmesh/weir/internal/app/records"
	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/app/usage"
)

// index is something in memory that follows the ledger.
type index interface {
	// Wait returns once the index shows an offset, or ctx's error.
	Wait(ctx context.Context, at weir.Offset) error
}

// Config is what the API needs. Every field but Schemas,
// Search and Quiet is required.
type Config struct {
	State        weir.State
	Ledger       weir.Ledger
	Identity     *identity.Identity
	Catalog      *catalog.Catalog
	Registry     *registry.Registry
	Search       *catalog.Finder // nil: nothing can be searched
	Granting     *access.Granting
	Records      *records.Records
	Usage        *usage.Usages
	Queries      *queries.Queries
	Lineage      *lineage.Lineage
	Conversation *conversation.Conversation
	Adoption     *adoption.Adoption
	Live         *access.Live
	Schemas      index // that the registry answers from; nil: there is none
	Audit        *audit.Audit
	Node         Node
	Version      string
	Log          *slog.Logger
	Quiet        time.Duration // after which a stream of events says that it lives; 0: 15 s
}

// Node tells what only the wiring knows.
type Node struct {
	Kafka    func() string                               // the address for Kafka clients
	Registry func() string                               // where serialisers find the schema registry
	Cluster  func() client.Cluster                       // where the records are
	Health   func(context.Context) client.NodeHealth     // how the process is
	Problem  func(topic string) (lost bool, text string) // what is wrong with a topic, as last seen; empty: nothing
}

// How long a write waits for what follows from it, after it is durable.
const (
	settleFor = 2 * time.Second
	followFor = 5 * time.Second
)

// MaxBody bounds a request's body, in bytes; maxSchemaBody one that may hold the
// texts of two schemas, with every line break and quote escaped.
const (
	MaxBody       = 1 << 20
	maxSchemaBody = 4*weir.MaxBody + MaxBody
)

// API is the handler and what it calls.
type API struct {
	Config
	huma huma.API
}

// New makes the API and puts its routes on a router, below /api/v1.
func New(c Config, r chi.Router) *API {
	c.Quiet = cmp.Or(c.Quiet, quiet)
	a := &API{Config: c}
	r.Route("/api/v1", func(r chi.Router) {
		a.huma = humachi.New(r, a.config())
		a.huma.UseMiddleware(a.authenticate)
		a.routes()
		r.NotFound(func(w http.ResponseWriter, r *http.Request) {
			writeProblem(w, &client.Problem{
				Type: "about:blank", Kind: weir.NotFound.String(), Status: http.StatusNotFound, Title: "Not Found", Detail: "there is no " + r.URL.Path,
				Fix: "the paths are listed in /api/v1/openapi.json",
			})
		})
		r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
			writeProblem(w, &client.Problem{
				Type: "about:blank", Kind: weir.Invalid.String(), Status: http.StatusMethodNotAllowed, Title: "Method Not Allowed", Detail: r.Method + " is not possible on " + r.URL.Path,
				Fix: "the methods are listed in /api/v1/openapi.json",
			})
		})
	})
	return a
}

// OpenAPI is the description of every route.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

func (a *API) config() huma.Config {
	c := huma.DefaultConfig("Weir", a.Version)
	c.CreateHooks = nil // no $schema in answers
	c.DocsPath = ""     // the page would be fetched from elsewhere
	c.SchemasPath = ""
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{
		"application/json": {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: strictUnmarshal},
		"json":             {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: strictUnmarshal},
	}
	c.Transformers = []huma.Transformer{asProblem}
	c.Servers = []*huma.Server{{URL: "/api/v1"}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	c.Security = []map[string][]string{{"token": {}}}
	c.Info.Description = "Everything that a weir node does for people. Lists come in pages; every write takes If-Match, Idempotency-Key and Weir-Reason."
	return c
}

// routes is the whole API, noun by noun.
func (a *API) routes() {
	a.sessionRoutes()
	a.personRoutes()
	a.teamRoutes()
	a.tokenRoutes()
	a.searchRoutes()
	a.domainRoutes()
	a.productRoutes()
	a.subjectRoutes()
	a.streamRoutes()
	a.queryRoutes()
	a.exampleRoutes()
	a.languageRoutes()
	a.topicRoutes()
	a.applicationRoutes()
	a.accessRoutes()
	a.recordRoutes()
	a.traceRoutes()
	a.usageRoutes()
	a.lineageRoutes()
	a.planRoutes()
	a.conversationRoutes()
	a.adoptionRoutes()
	a.snippetRoutes()
	a.profileRoutes()
	a.meshRoutes()
}

// route is one line of the routes.
type route struct {
	method, path, summary string
	status                int   // of success; 0: 200
	public                bool  // needs no token
	body                  int64 // bound of the request's body; 0: MaxBody
	answers               map[string]*huma.Response
}

// add registers a route. The handler gets who asks and answers (value, error);
// every error becomes a problem in one place.
func add[I, O any](a *API, r route, h func(context.Context, weir.Principal, *I) (*O, error)) {
	op := huma.Operation{
		OperationID: operationID(r.method, r.path), Method: r.method, Path: r.path, Summary: r.summary,
		DefaultStatus: r.status, Responses: r.answers, MaxBodyBytes: cmp.Or(r.body, MaxBody), BodyReadTimeout: 10 * time.Second,
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable},
		Tags:   []string{strings.SplitN(strings.TrimPrefix(r.path, "/"), "/", 2)[0]},
	}
	if r.public {
		op.Security = []map[string][]string{}
		op.Metadata = map[string]any{public: true}
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		p, _ := ctx.Value(principal{}).(weir.Principal)
		out, err := h(ctx, p, in)
		if err != nil {
			return nil, a.problem(op.OperationID, err)
		}
		return out, nil
	})
}

// operationID names a route by its method and path: get-products-name.
func operationID(method, path string) string {
	return strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path)
}

type principal struct{}

// again is the key of a function that says who asks at a later moment.
type again struct{}

const public = "public"

// door is the key of the door that a request came through, if it is not the
// API's own. No request from outside can have it: it is in no header.
type door struct{}

// Through serves the API to another door of this node, such as the pages: what
// comes through it stands in the audit with that name, and with the address
// that the other door says.
func Through(name string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), door{}, name)))
	})
}

// via is the door and the address of a request.
func via(ctx huma.Context) weir.Via {
	name, _ := ctx.Context().Value(door{}).(string)
	return weir.Via{Door: cmp.Or(name, "api"), Address: ctx.RemoteAddr()}
}

// authenticate says who asks. A route that is not public needs a bearer token.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	via := via(ctx)
	if ctx.Operation().Metadata[public] == true {
		next(huma.WithValue(ctx, principal{}, weir.Principal{Via: via}))
		return
	}
	token := bearer(ctx.Header("Authorization"))
	if token == "" {
		a.refuse(ctx, weir.Errorf(weir.Unauthorized, "the request has no token").
			WithFix("send Authorization: Bearer TOKEN; weir login and weir token create give you one"))
		return
	}
	p, err := a.Identity.Authenticate(ctx.Context(), token, via)
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	ctx = huma.WithValue(ctx, again{}, func(ctx context.Context) (weir.Principal, error) { return a.Identity.Authenticate(ctx, token, via) })
	next(huma.WithValue(ctx, principal{}, p))
}

func (a *API) refuse(ctx huma.Context, err error) {
	p := a.problem(ctx.Operation().OperationID, err)
	ctx.SetHeader("Content-Type", problemType)
	if p.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="weir"`)
	}
	ctx.SetStatus(p.Status)
	if err := huma.DefaultJSONFormat.Marshal(ctx.BodyWriter(), p.Problem); err != nil {
		a.Log.Debug("an answer could not be sent", "error", err)
	}
}

// bearer is the token of an Authorization header, empty if it has none. The
// scheme is known in any case (RFC 9110, section 11.1).
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
