// Package create is where products are made of others: a statement in SQL, what
// it would make of the newest records, and the form that starts it.
//
// A preview reads with the rights of whoever looks, and makes nothing. What is
// wrong with a statement is told where it is wrong, and nothing that was typed
// is lost by it. Without a script the page has a button that previews; with one
// it does so when typing pauses, and completes names.
package create

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// Path is where the page stands.
const Path = "/create"

// Family is the page, its parts and its stories.
func Family() site.Family {
	return site.Family{
		Name: "create",
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: show},
			{Method: http.MethodPost, Path: Path, Handle: send},
			{Method: http.MethodPost, Path: Path + "/preview", Handle: part},
			{Method: http.MethodGet, Path: Path + "/fields", Handle: fieldsOf},
			{Method: http.MethodGet, Path: Path + "/words", Handle: words},
		},
		Stories: stories(),
	}
}

// maxInputs bounds the products at the side; the others are written by name.
const maxInputs = 200

func show(r *site.Request) (site.Answer, error) {
	v, err := look(r)
	if err != nil {
		return site.Answer{}, err
	}
	if v.Typed.Get("statement") != "" && r.Method == http.MethodGet {
		v.Preview = preview(r, v.Typed)
	}
	return answer(v), nil
}

// look asks for what stands around the statement.
func look(r *site.Request) (View, error) {
	v := View{Typed: r.Typed(), Teams: len(r.Me.Teams) > 0 || r.Me.Admin}
	some, more, err := r.API.SomeProducts(r.Context(), "", maxInputs)
	if err != nil {
		return v, err
	}
	v.Inputs, v.More = inputs(some), more
	if v.Typed == nil {
		v.Typed = r.URL.Query()
	}
	if name := v.Typed.Get("example"); name != "" && v.Typed.Get("statement") == "" {
		if v.Typed, err = exampleOf(r, name); err != nil {
			return v, err
		}
	}
	if in := v.Typed.Get("input"); in != "" && v.Typed.Get("statement") == "" {
		v.Typed.Set("statement", begun(r, in))
	}
	if strings.TrimSpace(v.Typed.Get("statement")) == "" {
		v.Examples, err = r.API.QueryExamples(r.Context())
	}
	return v, err
}

// exampleOf is the form filled with an example.
func exampleOf(r *site.Request, name string) (url.Values, error) {
	e, err := r.API.QueryExample(r.Context(), name)
	if err != nil {
		return nil, err
	}
	return url.Values{"statement": {e.Statement}, "name": {e.Product}, "description": {e.Text}}, nil
}

// begun is a statement to start from: some fields of a product.
func begun(r *site.Request, product string) string {
	fields, err := r.API.ProductFields(r.Context(), product)
	if err != nil {
		return "" // the page is as it is for nobody's product
	}
	var paths []string
	for _, f := range fields.Fields {
		if !strings.ContainsAny(f.Path, ".[") && len(paths) < 8 {
			paths = append(paths, quoted(f.Path))
		}
	}
	return "SELECT " + cmp.Or(strings.Join(paths, ", "), "*") + "\nFROM " + inputName(product)
}

// preview runs a statement; what is wrong with it is part of the answer.
func preview(r *site.Request, typed url.Values) *Preview {
	begin := time.Now()
	got, err := r.API.PreviewQuery(r.Context(), statement(typed))
	p := &Preview{Statement: typed.Get("statement"), Problem: site.Refused(err), Took: time.Since(begin)}
	switch {
	case err == nil:
		p.Result = &got
	case p.Problem == nil:
		p.Problem = &client.Problem{Status: http.StatusServiceUnavailable, Detail: "the preview did not come", Fix: "try again; the node's log says more"}
	}
	return p
}

func statement(typed url.Values) client.Statement {
	return client.Statement{Statement: typed.Get("statement"), Encoding: typed.Get("encoding")}
}

// part is the preview alone, for who has the page. Asked about nothing, as the
// editor does when it opens, it lets the node make its parser ready, so that the
// first statement does not wait for that.
func part(r *site.Request) (site.Answer, error) {
	if strings.TrimSpace(r.PostForm.Get("statement")) == "" {
		if _, err := r.API.ExplainQuery(r.Context(), client.Statement{}); err != nil && site.Refused(err) == nil {
			return site.Answer{}, err
		}
		return site.Answer{Bare: true, Body: result(nil)}, nil
	}
	return site.Answer{Bare: true, Body: result(preview(r, r.PostForm))}, nil
}

// send previews or creates, as the button says that was pressed.
func send(r *site.Request) (site.Answer, error) {
	if r.PostForm.Get("do") != "create" {
		v, err := look(r)
		if err != nil {
			return site.Answer{}, err
		}
		v.Preview = preview(r, v.Typed)
		return answer(v), nil
	}
	asked := request(r.PostForm)
	q, err := r.API.CreateQuery(r.Context(), asked)
	if err == nil {
		return site.Answer{
			Redirect: "/products/" + url.PathEscape(q.Name) + "/query", Same: []site.Same{same(asked)},
			Notice: q.Name + " runs. Only its domain knows of it until it is published.",
		}, nil
	}
	refused := site.Refused(err)
	if refused == nil {
		return site.Answer{}, err
	}
	v, err := look(r)
	if err != nil {
		return site.Answer{}, err
	}
	if _, _, at := position(refused.Where); at {
		v.Preview = &Preview{Statement: asked.Statement, Problem: refused}
	}
	v.Problem = refused
	return answer(v), nil
}

// request is what the form asks for.
func request(f url.Values) client.NewQuery {
	text := func(name string) string { return strings.TrimSpace(f.Get(name)) }
	return client.NewQuery{
		Name: text("name"), Statement: f.Get("statement"), Encoding: text("encoding"), Epoch: text("epoch"), OnFailure: text("onFailure"),
		AtEnd: f.Get("atEnd") == "on", Description: text("description"), Owner: text("owner"),
	}
}

// fieldsOf are the fields of a product that may be an input.
func fieldsOf(r *site.Request) (site.Answer, error) {
	got, err := r.API.ProductFields(r.Context(), r.URL.Query().Get("product"))
	if err != nil {
		return site.Answer{}, err
	}
	return site.Answer{Bare: true, Body: fieldList(fields(got))}, nil
}

// words are what a statement may hold besides names of fields.
func words(r *site.Request) (site.Answer, error) {
	all, err := r.API.QueryFunctions(r.Context())
	if err != nil {
		return site.Answer{}, err
	}
	return site.Answer{Bare: true, Body: wordList(all)}, nil
}

func answer(v View) site.Answer {
	a := site.Answer{Title: "Create", Tab: site.Create, Body: page(v), Same: []site.Same{same(request(v.Typed))}}
	if v.Problem != nil {
		a.Status = v.Problem.Status
	}
	return a
}
