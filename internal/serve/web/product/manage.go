package product

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// End is a form that changes who can use a product, or ends it: it names who is
// hurt before it does.
type End struct {
	Head
	What      string // deprecate, unpublish, delete, access
	Revision  uint64
	Readers   []client.ProductReader
	People    []client.Usage // who read it over HTTP, by name as far as one may know
	Unknown   string         // why nobody knows who reads it
	Depends   string         // who depends on it, near and far; empty: nobody, as far as is known
	Successor string
	Reason    string
	Confirm   string
	Destroy   bool
	Values    Typed
	Problem   *client.Problem
	Product   client.Product
	Others    []string // products that could be its successor
}

func endView(r *site.Request, what string) (End, error) {
	k, err := load(r)
	if err != nil {
		return End{}, err
	}
	v := End{Head: head(k, r.Me, partOverview, r.Now), What: what, Revision: k.product.Revision, Product: k.product}
	v.Values = Typed{"visibility": k.product.Visibility, "access": k.product.Access}
	if i, err := r.API.Impact(r.Context(), k.product.Name, client.LineageQuestion{}); err == nil {
		v.Depends = i.Summary // without it the form still names who reads it itself
	}
	v.Readers, err = r.API.ProductReaders(r.Context(), k.product.Name)
	if p := problem(err); p != nil {
		v.Unknown = p.Detail
		return v, nil
	}
	if err == nil {
		v.People, err = peopleWho(r, k.product.Name)
	}
	return v, err
}

// peopleWho are those who read a product without an application in the last 30
// days, each once.
func peopleWho(r *site.Request, product string) ([]client.Usage, error) {
	all, err := r.API.ProductUsage(r.Context(), product, "30d")
	if p := problem(err); p != nil && p.Status != http.StatusUnauthorized {
		return nil, nil // the applications are known all the same
	}
	var out []client.Usage
	for _, u := range all.Readers {
		i := slices.IndexFunc(out, func(o client.Usage) bool { return o.Person == u.Person })
		switch {
		case u.Person == "":
		case i < 0:
			out = append(out, u)
		default:
			out[i].Records += u.Records
			if u.Last.After(out[i].Last) {
				out[i].Last = u.Last
			}
		}
	}
	return out, err
}

// again is the form after it was refused, with what was typed.
func again(r *site.Request, what string, err error, fill func(*End)) (site.Answer, error) {
	p := refused(err)
	if p == nil {
		return site.Answer{}, err
	}
	v, lerr := endView(r, what)
	if lerr != nil {
		return site.Answer{}, lerr
	}
	v.Problem = p
	if p.Status == http.StatusPreconditionFailed {
		v.Problem = &client.Problem{Status: p.Status, Detail: "somebody else changed the product since you opened this page; below is how it is now", Fix: "look at it, then do it again"}
	}
	fill(&v)
	return endAnswer(v, p.Status), nil
}

func endAnswer(v End, status int) site.Answer {
	same := map[string]site.Same{
		"deprecate": {Command: "weir product deprecate " + v.Name + " --successor D.P", Method: http.MethodPost, Path: "/api/v1" + api(v.Name, "deprecate")},
		"unpublish": {Command: "weir product unpublish " + v.Name, Method: http.MethodPost, Path: "/api/v1" + api(v.Name, "unpublish")},
		"delete":    {Command: "weir product delete " + v.Name, Method: http.MethodDelete, Path: "/api/v1" + api(v.Name, "")},
		"access":    {Command: "weir product edit " + v.Name + " --access request", Method: http.MethodPatch, Path: "/api/v1" + api(v.Name, "")},
	}[v.What]
	return site.Answer{Status: status, Title: endTitle(v), Tab: site.Explore, Body: endPage(v), Same: []site.Same{same}}
}

func endTitle(v End) string {
	switch v.What {
	case "deprecate":
		return "Deprecate " + v.Name
	case "unpublish":
		return "Take back " + v.Name
	case "delete":
		return "Delete " + v.Name
	}
	return "Who knows and reads " + v.Name
}

func endForm(r *site.Request, what string) (site.Answer, error) {
	v, err := endView(r, what)
	if err != nil {
		return site.Answer{}, err
	}
	values := Typed{"successor": "", "reason": "", "visibility": v.Values["visibility"], "access": v.Values["access"]}
	kept(r.Keep, values, Typed{}, &v.Revision)
	v.Successor, v.Reason = values["successor"], values["reason"]
	v.Values = values
	return endAnswer(v, 0), nil
}

func deprecateForm(r *site.Request) (site.Answer, error) { return endForm(r, "deprecate") }
func unpublishForm(r *site.Request) (site.Answer, error) { return endForm(r, "unpublish") }
func deleteForm(r *site.Request) (site.Answer, error)    { return endForm(r, "delete") }
func accessForm(r *site.Request) (site.Answer, error)    { return endForm(r, "access") }

// options are what every one of these writes takes of its form.
func options(r *site.Request) []client.Option {
	n, _ := strconv.ParseUint(r.FormValue("revision"), 10, 64) // 0 is no revision, which is refused
	out := []client.Option{client.IfMatch(max(n, 1))}
	if why := sent(r, "reason"); why != "" {
		out = append(out, client.Reason(why))
	}
	return out
}

func deprecateDo(r *site.Request) (site.Answer, error) {
	name, d := r.PathValue("name"), client.Deprecation{Successor: r.FormValue("successor")}
	if _, err := r.API.Deprecate(r.Context(), name, d, options(r)...); err != nil {
		return again(r, "deprecate", err, func(v *End) { v.Successor, v.Reason = d.Successor, sent(r, "reason") })
	}
	command := "weir product deprecate " + name
	if d.Successor != "" {
		command += " --successor " + d.Successor
	}
	body, err := json.Marshal(d)
	return site.Answer{
		Redirect: at(name, ""), Notice: name + " is deprecated: who reads it goes on, and nobody new begins.",
		Same: []site.Same{{Command: command, Method: http.MethodPost, Path: "/api/v1" + api(name, "deprecate"), Body: string(body)}},
	}, err
}

func activateDo(r *site.Request) (site.Answer, error) {
	name := r.PathValue("name")
	if _, err := r.API.Activate(r.Context(), name); err != nil {
		return site.Answer{}, err
	}
	return site.Answer{Redirect: at(name, ""), Notice: name + " is active again.", Same: []site.Same{{
		Command: "weir product activate " + name, Method: http.MethodPost, Path: "/api/v1" + api(name, "activate"),
	}}}, nil
}

// named refuses what is not confirmed by the product's name.
func named(r *site.Request, name string) error {
	if r.FormValue("confirm") == name {
		return nil
	}
	return &client.Problem{Status: http.StatusBadRequest, Where: "confirm", Detail: "the name is not the product's", Fix: "write " + name + " to say that you mean it"}
}

func unpublishDo(r *site.Request) (site.Answer, error) {
	name := r.PathValue("name")
	fill := func(v *End) { v.Reason, v.Confirm = sent(r, "reason"), r.FormValue("confirm") }
	if err := named(r, name); err != nil {
		return again(r, "unpublish", err, fill)
	}
	got, err := r.API.Unpublish(r.Context(), name, options(r)...)
	if err != nil {
		return again(r, "unpublish", err, fill)
	}
	return site.Answer{
		Redirect: "/publish", Notice: name + " is taken back. The topic " + got.Topic + " is as it was, with all its records.",
		Same: []site.Same{{Command: "weir product unpublish " + name + " --yes", Method: http.MethodPost, Path: "/api/v1" + api(name, "unpublish")}},
	}, nil
}

func deleteDo(r *site.Request) (site.Answer, error) {
	name, destroy := r.PathValue("name"), r.FormValue("destroy") == "on"
	fill := func(v *End) { v.Reason, v.Confirm, v.Destroy = sent(r, "reason"), r.FormValue("confirm"), destroy }
	if err := named(r, name); err != nil {
		return again(r, "delete", err, fill)
	}
	gone, err := r.API.DeleteProduct(r.Context(), name, destroy, options(r)...)
	if err != nil {
		return again(r, "delete", err, fill)
	}
	notice, command := name+" is deleted. Its topic and its records stay.", "weir product delete "+name
	if destroy {
		notice, command = name+" is deleted, with its records.", command+" --destroy-data --yes"
		if !gone {
			notice = name + " is deleted; its records go when the cluster has ended the topic."
		}
	}
	return site.Answer{Redirect: "/explore", Notice: notice, Same: []site.Same{{Command: command, Method: http.MethodDelete, Path: "/api/v1" + api(name, "")}}}, nil
}

func accessSave(r *site.Request) (site.Answer, error) {
	name, visibility, access := r.PathValue("name"), r.FormValue("visibility"), r.FormValue("access")
	e := client.ProductEdit{Visibility: &visibility, Access: &access}
	if _, err := r.API.EditProduct(r.Context(), name, e, options(r)...); err != nil {
		return again(r, "access", err, func(v *End) {
			v.Values, v.Reason = Typed{"visibility": visibility, "access": access}, sent(r, "reason")
		})
	}
	return site.Answer{Redirect: at(name, ""), Notice: "Who knows and reads it is changed.", Same: patched(name, []string{"--visibility " + visibility, "--access " + access}, e)}, nil
}
