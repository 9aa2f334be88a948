package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

func (a *API) languageRoutes() {
	add(a, route{method: http.MethodGet, path: "/queries/functions", summary: "List the operators and functions of statements"}, a.functions)
}

// functions gives all on one page: the table is part of the program.
func (a *API) functions(_ context.Context, _ weir.Principal, _ *Paging) (*many[client.QueryFunction], error) {
	out := &many[client.QueryFunction]{Body: client.List[client.QueryFunction]{Items: []client.QueryFunction{}}}
	seen := map[client.QueryFunction]bool{}
	for _, f := range sqlang.Functions() {
		of := client.QueryFunction{Group: f.Group, Name: f.Name, Form: form(f), Doc: f.Doc, Example: f.Example, Masks: f.Masks}
		if !seen[of] {
			seen[of] = true
			out.Body.Items = append(out.Body.Items, of)
		}
	}
	return out, nil
}

// form is how a function is written: name(types), unless it has a shape of its
// own.
func form(f sqlang.Function) string {
	if f.Shape != "" {
		return f.Shape
	}
	words := make([]string, len(f.Params))
	for i, k := range f.Params {
		words[i] = k.String()
		if k == column.Unknown {
			words[i] = "any"
		}
	}
	return f.Name + "(" + strings.Join(words, ", ") + ")"
}
