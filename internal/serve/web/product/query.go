package product

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Query is the part of the query that makes a derived product: its statement,
// how it runs, and what each column is made of.
type Query struct {
	Head
	Statement string
	State     ui.State
	StateWord string
	Since     string // since when it is so
	Why       string // Weir itself stopped it
	Unclear   string // why the statement is not understood any more
	LastError string
	Runs      []ui.Fact
	Is        []ui.Property
	Columns   []QueryColumn
	Plan      string
	Revision  uint64
	May       bool // the viewer may be able to change it
	Actions   []QueryAction
	Problem   *client.Problem // why a change was refused
	Failures  QueryFailures
	Seen      string // which state of it a browser has seen: see queryPart
	Proposed  bool   // only its domain knows of the product
}

// QueryColumn is a column of the result with the fields that it depends on.
type QueryColumn struct {
	Name, Type, Classification string
	Made, Depends              []QueryField // its value; whether there is a row, and which
}

// QueryField is a field of an input.
type QueryField struct {
	Text, Href string // no Href: the viewer may not know of the product
	Masked     string // how; empty: not at all
}

// QueryAction is something that one can do with a query.
type QueryAction struct {
	Do, Text, Icon, Help string
	Begin                bool // as a new run
	Danger               bool
}

// RevisionText is the revision that was looked at, for its forms.
func (v Query) RevisionText() string { return strconv.FormatUint(v.Revision, 10) }

func queryShow(r *site.Request) (site.Answer, error) {
	if r.Part() {
		return queryPart(r)
	}
	return showQuery(r, nil)
}

// showQuery shows the query, and why a change of it was refused.
func showQuery(r *site.Request, refusal *client.Problem) (site.Answer, error) {
	var k known
	var q client.Query
	err := all(func() (err error) {
		k, err = load(r)
		return err
	}, func() (err error) {
		q, err = r.API.Query(r.Context(), r.PathValue("name"))
		return err
	})
	if err != nil {
		return site.Answer{}, err
	}
	v := queryOf(k, q, r.Me, r.Now)
	v.Failures = failuresOf(r, q)
	a := site.Answer{Title: "Query of " + q.Name, Tab: site.Explore, Same: sameQuery(v)}
	if v.Problem = refusal; refusal != nil {
		a.Status = refusal.Status
	}
	a.Body = queryPage(v, r.Now)
	return a, nil
}

// queryOf turns what the API said into the page.
func queryOf(k known, q client.Query, me site.Person, now time.Time) Query {
	v := Query{Head: head(k, me, partQuery, now), Statement: q.Statement, Why: q.Why, Unclear: q.Problem, Revision: q.Revision, Is: queryIs(q)}
	v.State, v.StateWord = queryState(q)
	v.Seen, v.Proposed = seenOf(q), q.Lifecycle == "proposed"
	if s := q.Status; s != nil {
		v.LastError = s.Error
		if !s.Since.IsZero() {
			v.Since = "since " + ui.UTC(s.Since)
		}
	}
	v.Runs = queryFacts(q, now)
	if q.Result != nil {
		v.Plan = q.Result.Plan
		v.Columns = queryColumns(*q.Result, q.Inputs)
	}
	if v.May = len(v.Manage) > 0; v.May {
		v.Actions = queryActionsOf(q)
	}
	return v
}

// queryState is the state as it is drawn: that a person stopped it is no
// failure.
func queryState(q client.Query) (ui.State, string) {
	switch {
	case q.Why != "":
		return ui.Failing, q.State
	case q.State == "running" && q.Status != nil && q.Status.Error != "":
		return ui.Warning, q.State
	case q.State == "running":
		return ui.Good, q.State
	}
	return ui.Unknown, q.State
}

// queryFacts is the strip of how it runs.
func queryFacts(q client.Query, now time.Time) []ui.Fact {
	const why = "it was not run since the node started"
	s := q.Status
	number := func(label string, of func(*client.QueryStatus) int64, exact string) ui.Fact {
		if s == nil {
			return ui.Fact{Label: label, Why: why}
		}
		return ui.Fact{Label: label, Value: ui.ShortNumber(float64(of(s))), Exact: ui.Exact(of(s)) + " " + exact}
	}
	out := []ui.Fact{
		number("rows in", func(s *client.QueryStatus) int64 { return s.RowsIn }, "rows read since it began to run"),
		number("rows out", func(s *client.QueryStatus) int64 { return s.RowsOut }, "rows written since it began to run"),
		number("lag", func(s *client.QueryStatus) int64 { return s.Lag }, "records that it has not read yet"),
		number("set aside", func(s *client.QueryStatus) int64 { return s.Aside }, "records that it could not compute"),
		number("late", func(s *client.QueryStatus) int64 { return s.Late }, "rows that came behind the watermark"),
	}
	mark, memory, busy := ui.Fact{Label: "watermark", Why: why}, ui.Fact{Label: "memory", Why: why}, ui.Fact{Label: "cost", Why: why}
	if s != nil {
		mark.Why = "it has no event time, or none was read yet"
		busy = ui.Fact{Label: "cost", Value: cmp.Or(rounded(s.Busy), "0s"), Exact: "computing and committing since it began to run"}
		memory = ui.Fact{Label: "memory", Value: ui.ShortBytes(s.State), Exact: ui.Exact(s.State) + " bytes of state"}
		if !s.Watermark.IsZero() {
			mark = ui.Fact{Label: "watermark", Value: ui.Ago(s.Watermark, now), Exact: ui.UTC(s.Watermark)}
		}
	}
	return append(out, mark, memory, busy)
}

// queryIs is what the query is and was asked to do.
func queryIs(q client.Query) []ui.Property {
	failing := "is set aside, with the reason"
	if q.OnFailure == "stop" {
		failing = "stops it"
	}
	begun := "from the beginning of its inputs"
	if q.AtEnd {
		begun = "from the end of its inputs"
	}
	out := []ui.Property{
		{Label: "Reads", Body: inputLinks(q.Inputs)},
		{Label: "Acts as", Body: ui.Link(q.Application, "/applications/"+q.Application)},
		{Label: "Run", Value: ui.Exact(int64(q.Run)) + ", " + begun},
	}
	if r := q.Result; r != nil {
		out = append(out, ui.Property{Label: "Mode", Value: modeWords(*r)}, ui.Property{Label: "Depth", Value: depthWords(r.Depth)})
	}
	out = append(out, ui.Property{Label: "Failures", Value: "a record that cannot be computed " + failing})
	if q.Aside != "" {
		out = append(out, ui.Property{Label: "Set aside in", Body: ui.Copy(q.Aside)})
	}
	epoch := "at least " + q.Epoch + " between transactions"
	if q.Status != nil && q.Status.EpochTime != "" {
		epoch += "; the last took " + rounded(q.Status.EpochTime)
	}
	return append(out, ui.Property{Label: "Epoch", Value: epoch}, ui.Property{Label: "Made", Value: ui.UTC(q.Created)})
}

// rounded is a duration in a few digits.
func rounded(text string) string {
	d, err := time.ParseDuration(text)
	if err != nil {
		return text
	}
	if d >= time.Minute {
		return d.Round(time.Second).String()
	}
	if d >= time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(100 * time.Microsecond).String()
}

func modeWords(r client.QueryResult) string {
	if r.Mode == "upsert" {
		return "upsert: a record is the row of its key from now on"
	}
	return "append: every record is a new row"
}

func depthWords(n int) string {
	if n == 1 {
		return "1: no query makes what it reads"
	}
	return strconv.Itoa(n) + " queries, one above the other, from the sources"
}

// queryColumns puts what a column is made of beside it.
func queryColumns(r client.QueryResult, known []string) []QueryColumn {
	var out []QueryColumn
	for _, c := range r.Schema {
		of := QueryColumn{Name: c.Name, Type: c.Type, Classification: c.Classification}
		if slices.Contains(r.Key, c.Name) {
			of.Type += ", key"
		}
		for _, l := range r.Lineage {
			switch f := queryField(l, known); {
			case l.Column != c.Name:
			case l.Direct:
				of.Made = append(of.Made, f)
			default:
				of.Depends = append(of.Depends, f)
			}
		}
		out = append(out, of)
	}
	return out
}

func queryField(l client.QueryLineage, known []string) QueryField {
	f := QueryField{Text: l.Product + "." + l.Field}
	if l.Masked != "" {
		f.Masked = "masked by " + l.Masked
	}
	if slices.Contains(known, l.Product) && !strings.Contains(l.Product, "._private.") {
		f.Href = at(l.Product, "fields") + "?" + url.Values{"q": {l.Field}}.Encode()
	}
	return f
}

// columnTable is the table of the columns.
func columnTable(v Query) ui.TableView {
	t := ui.TableView{Caption: "Columns of " + v.Name, Keys: true, Columns: []ui.Column{{Title: "Column"}, {Title: "Type"}, {Title: "Sensitivity"}, {Title: "Made of", Wide: true}, {Title: "Depends on", Wide: true}}}
	for _, c := range v.Columns {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{resultLink(v.Name, c.Name), ui.Text(c.Type), ui.Text(c.Classification), queryFields(c.Made), queryFields(c.Depends)}})
	}
	return t
}

// queryActionsOf are what one can do with it in its state.
func queryActionsOf(q client.Query) []QueryAction {
	pause := QueryAction{Do: "pause", Text: "Pause", Icon: "pause", Help: "It rests, and keeps its place and what it remembers."}
	start := QueryAction{Do: "start", Text: "Start", Icon: "play", Help: "It goes on from where it was."}
	again := QueryAction{Do: "start", Text: "Begin anew", Icon: "refresh-cw", Begin: true, Help: "A new run over all that its inputs hold; a product that is a stream has all of it again."}
	stop := QueryAction{Do: "stop", Text: "Stop", Icon: "x", Danger: true, Help: "It gives up its place and what it remembers; started again it begins anew."}
	switch q.State {
	case "paused":
		return []QueryAction{start, again, stop}
	case "stopped":
		if q.Why == "" {
			start.Help = again.Help
			return []QueryAction{start}
		}
		return []QueryAction{start, again, stop}
	}
	return []QueryAction{pause, stop}
}

// sameQuery is the command that shows the query, and those that change it for
// who may.
func sameQuery(v Query) []site.Same {
	name := v.Name
	out := read("weir query show "+name, queryAPI(name, ""))
	if !v.May {
		return out
	}
	for _, do := range []string{"pause", "start", "stop"} {
		out = append(out, changeSame(name, do, false))
	}
	return out
}

// changeSame is how a change of a query is written.
func changeSame(name, do string, begin bool) site.Same {
	s := site.Same{Command: "weir query " + do + " " + name, Method: http.MethodPost, Path: "/api/v1" + queryAPI(name, do)}
	if do != "start" {
		return s
	}
	if begin {
		s.Command += " --from-beginning"
	}
	if body, err := json.Marshal(client.QueryStart{FromBeginning: begin}); err == nil {
		s.Body = string(body)
	}
	return s
}

func pauseQuery(r *site.Request) (site.Answer, error) { return changeQuery(r, "pause") }
func startQuery(r *site.Request) (site.Answer, error) { return changeQuery(r, "start") }
func stopQuery(r *site.Request) (site.Answer, error)  { return changeQuery(r, "stop") }

// changeQuery does one of the changes, and goes back to the query; a refusal
// stands there.
func changeQuery(r *site.Request, do string) (site.Answer, error) {
	name, begin := r.PathValue("name"), r.FormValue("begin") == "on"
	var err error
	switch do {
	case "pause":
		_, err = r.API.PauseQuery(r.Context(), name, options(r)...)
	case "start":
		_, err = r.API.StartQuery(r.Context(), name, client.QueryStart{FromBeginning: begin}, options(r)...)
	default:
		_, err = r.API.StopQuery(r.Context(), name, options(r)...)
	}
	if p := refused(err); p != nil {
		if p.Status == http.StatusPreconditionFailed {
			p = &client.Problem{Status: p.Status, Detail: "somebody else changed the query since you opened this page; below is how it is now", Fix: "look at it, then do it again"}
		}
		return showQuery(r, p)
	}
	if err != nil {
		return site.Answer{}, err
	}
	notice := map[string]string{"pause": "It rests, and keeps its place.", "start": "It goes on.", "stop": "It is stopped."}[do]
	if begin {
		notice = "It begins anew."
	}
	return site.Answer{Redirect: at(name, "query"), Notice: notice, Same: []site.Same{changeSame(name, do, begin)}}, nil
}

// queryAPI is the path of a query in the API.
func queryAPI(name, part string) string { return "/queries" + at(name, part)[len("/products"):] }
