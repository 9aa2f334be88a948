package api

import (
	"context"
	"net/http"
	"net/url"
	"regexp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/core/snippet"
)

func (a *API) snippetRoutes() {
	add(a, route{method: http.MethodGet, path: "/products/{name}/snippets", summary: "Programs that read a product, one for each client"}, a.snippets)
}

func (a *API) snippets(ctx context.Context, p weir.Principal, in *struct {
	Named
	Lang    string `query:"lang" enum:"kcat,go,java,python,node,curl" doc:"This one alone."`
	Address string `query:"address" required:"true" maxLength:"300" doc:"Of this node for HTTP, as who runs the program reaches it: http://HOST:PORT."`
}) (*many[client.Snippet], error) {
	if !plainAddress(in.Address) {
		return nil, weir.Errorf(weir.Invalid, "%q is not the address of a node", in.Address).At("address").WithFix("write it like http://127.0.0.1:8080")
	}
	f := snippet.Facts{Kafka: a.Node.Kafka(), HTTP: in.Address, Registry: a.Node.Registry()}
	err := a.view(ctx, func(v weir.View) error {
		of, _, err := weir.Known[*weir.Product](ctx, v, p, weir.Ref{Noun: weir.NounProduct, Name: in.Name})
		if err != nil {
			return err
		}
		f.Product, f.Topic, f.Encoding, f.KeyEncoding = of.Name, of.Topic(), of.Encoding, of.KeyEncoding
		return nil
	})
	if err != nil {
		return nil, err
	}
	got, err := written(f, in.Lang)
	out := &many[client.Snippet]{Body: client.List[client.Snippet]{Items: []client.Snippet{}}}
	for _, s := range got {
		out.Body.Items = append(out.Body.Items, client.Snippet(s))
	}
	return out, err
}

// written is every snippet, or that of one language.
func written(f snippet.Facts, lang string) ([]snippet.Snippet, error) {
	if lang == "" {
		return snippet.All(f)
	}
	s, err := snippet.Of(f, lang)
	return []snippet.Snippet{s}, err
}

// plainAddress reports whether a text is the address of a node and nothing that
// a shell would take for more.
func plainAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.Path == "" && u.RawQuery == "" && u.Fragment == "" &&
		regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]+$`).MatchString(u.Host)
}
