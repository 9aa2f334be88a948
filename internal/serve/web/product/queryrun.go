package product

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// QueryFailures are the newest records that a query could not compute.
type QueryFailures struct {
	Stream string // where they lie
	Count  int64  // since it began to run; more than are shown
	All    []QueryFailure
	Why    string // they could not be had
}

// QueryFailure is a record that a query could not compute, and why.
type QueryFailure struct {
	Place, Href string // no Href: the viewer may not know of the product
	Step        string
	Reason      string
	At          time.Time
}

// maxFailures bounds the records that the page shows; the stream has all.
const maxFailures = 10

// failuresFor is how long the page waits for them.
const failuresFor = 2 * time.Second

// failuresOf are the newest records that a query set aside. It asks only when
// there are some.
func failuresOf(r *site.Request, q client.Query) QueryFailures {
	out := QueryFailures{Stream: q.Aside}
	if q.Aside == "" || q.Status == nil || q.Status.Aside+q.Status.Late == 0 {
		return out
	}
	out.Count = q.Status.Aside + q.Status.Late
	ctx, cancel := context.WithTimeout(r.Context(), failuresFor)
	defer cancel()
	all, err := r.API.Newest(ctx, q.Aside, client.ReadRecords{}, maxFailures, 0)
	if p := problem(err); p != nil {
		out.Why = p.Detail
	} else if err != nil {
		out.Why = "they could not be asked for in time"
	}
	for _, rec := range slices.Backward(all) {
		out.All = append(out.All, failureOf(rec, q.Inputs))
	}
	return out
}

// failureOf is what a record's headers say of why it lies there.
func failureOf(rec client.Record, inputs []string) QueryFailure {
	f := QueryFailure{Step: "compute", At: rec.Timestamp}
	for _, h := range rec.Headers {
		var text string
		if json.Unmarshal(h.Value, &text) != nil {
			continue
		}
		switch h.Key {
		case weir.HeaderFrom:
			f.Place, f.Href = placeOf(text, inputs)
		case weir.HeaderStep:
			f.Step = text
		case weir.HeaderFailed:
			f.Reason = text
		}
	}
	return f
}

// placeOf is the place of a record with the page of the record, if it is one of a
// product that is known.
func placeOf(text string, inputs []string) (place, href string) {
	p, err := weir.ParseProvenance(text)
	if err != nil {
		return text, ""
	}
	for _, in := range inputs {
		if weir.TopicOf(in) == p.Topic {
			place = fmt.Sprintf("%s %d:%d", in, p.Partition, p.Offset)
			return place, at(in, fmt.Sprintf("records/%d/%d", p.Partition, p.Offset))
		}
	}
	return fmt.Sprintf("%s %d:%d", p.Topic, p.Partition, p.Offset), ""
}

func failureTable(f QueryFailures, now time.Time) ui.TableView {
	t := ui.TableView{Caption: "Records that were set aside", Columns: []ui.Column{{Title: "Record"}, {Title: "Step"}, {Title: "Why", Wide: true}, {Title: "Written"}}}
	for _, one := range f.All {
		place := inOnePiece(one.Place, one.Href)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{place, ui.Text(one.Step), ui.Text(one.Reason), ui.Time(one.At, now)}})
	}
	return t
}

func failureWords(f QueryFailures) string {
	if f.Count > int64(len(f.All)) && len(f.All) > 0 {
		return fmt.Sprintf("The newest %d of %s, with the reason of each. All lie in", len(f.All), ui.Exact(f.Count))
	}
	return "They hold up nothing. They lie, with the reason, in"
}

// outOfBand makes a part replace the one that a page has of its name.
func outOfBand(news bool) templ.Attributes {
	if !news {
		return nil
	}
	return templ.Attributes{"hx-swap-oob": "true"}
}

// seenOf is which state of a query a browser has seen: what it may do with it
// changes with it, and which records failed.
func seenOf(q client.Query) string {
	out := q.State + "." + strconv.FormatUint(q.Revision, 10)
	if q.Status != nil {
		out += "." + strconv.FormatInt(q.Status.Aside+q.Status.Late, 10)
	}
	return out
}

// queryPart is what changes while one watches: the strip and the state always,
// what one can do and the records that failed when they are not what was seen.
func queryPart(r *site.Request) (site.Answer, error) {
	var k known
	var q client.Query
	err := all(func() (err error) {
		k.product, err = r.API.Product(r.Context(), r.PathValue("name"))
		return err
	}, func() (err error) {
		q, err = r.API.Query(r.Context(), r.PathValue("name"))
		return err
	})
	if err != nil {
		return site.Answer{}, err
	}
	v := queryOf(k, q, r.Me, r.Now)
	fresh := r.URL.Query().Get("seen") != v.Seen
	if fresh {
		v.Failures = failuresOf(r, q)
	}
	return site.Answer{Bare: true, Body: queryNews(v, fresh, r.Now)}, nil
}

// liveEvery is how often a page asks how its query does.
func (v Query) liveEvery() string {
	if v.StateWord == "starting" || v.StateWord == "running" {
		return "every 2s"
	}
	return "every 10s"
}

// watched makes a page ask by itself, if a query is there to be asked about.
func (v Query) watched() templ.Attributes {
	if v.Seen == "" {
		return nil
	}
	path := at(v.Name, "query") + "?" + url.Values{"seen": {v.Seen}}.Encode()
	return templ.Attributes{"hx-get": path, "hx-trigger": v.liveEvery(), "hx-swap": "outerHTML"}
}

// QueryEnd is the form that removes a query.
type QueryEnd struct {
	Head
	Revision uint64
	Aside    string
	Hurt     string // whom it hurts when its product ends too
	Confirm  string
	Destroy  bool
	Reason   string
	Problem  *client.Problem
}

func removeQueryForm(r *site.Request) (site.Answer, error) { return removeQueryAnswer(r, nil) }

// removeQueryAnswer is the form, with why it was refused.
func removeQueryAnswer(r *site.Request, refusal *client.Problem) (site.Answer, error) {
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	q, err := r.API.Query(r.Context(), r.PathValue("name"))
	if err != nil {
		return site.Answer{}, err
	}
	v := QueryEnd{Head: head(k, r.Me, partQuery, r.Now), Revision: q.Revision, Aside: q.Aside, Problem: refusal}
	values := Typed{"confirm": r.FormValue("confirm"), "reason": sent(r, "reason"), "destroy": r.FormValue("destroy")}
	kept(r.Keep, values, Typed{}, &v.Revision)
	v.Confirm, v.Reason, v.Destroy = values["confirm"], values["reason"], values["destroy"] == "on"
	if hurt, err := r.API.Impact(r.Context(), q.Name, client.LineageQuestion{}); err == nil {
		v.Hurt = cmp.Or(hurt.Summary, "nobody, as far as is known")
	}
	a := site.Answer{Title: "Remove the query of " + q.Name, Tab: site.Explore, Body: queryEndPage(v), Same: removeSame(q.Name, v.Destroy)}
	if refusal != nil {
		a.Status = refusal.Status
	}
	return a, nil
}

func removeSame(name string, destroy bool) []site.Same {
	s := site.Same{Command: "weir query delete " + name, Method: http.MethodDelete, Path: "/api/v1" + queryAPI(name, "")}
	if destroy {
		s.Command, s.Path = s.Command+" --destroy-data --yes", s.Path+"?destroyData=true"
	}
	return []site.Same{s}
}

// removeQuery ends a query, and what it made if that was asked for.
func removeQuery(r *site.Request) (site.Answer, error) {
	name, destroy := r.PathValue("name"), r.FormValue("destroy") == "on"
	err := named(r, name)
	if err == nil {
		_, err = r.API.DeleteQuery(r.Context(), name, destroy, options(r)...)
	}
	if p := refused(err); p != nil {
		if p.Status == http.StatusPreconditionFailed {
			p = &client.Problem{Status: p.Status, Detail: "somebody else changed the query since you opened this page", Fix: "look at it, then do it again"}
		}
		return removeQueryAnswer(r, p)
	}
	if err != nil {
		return site.Answer{}, err
	}
	out := site.Answer{Redirect: at(name, ""), Notice: "The query is removed. " + name + " stays, with its data; nothing new comes.", Same: removeSame(name, destroy)}
	if destroy {
		out.Redirect, out.Notice = "/create", "The query is removed, and "+name+" with its records."
	}
	return out, nil
}
