package product

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Typed is what a form holds, by the names of its fields.
type Typed map[string]string

// Conflict is a value that somebody else changed while a form was open, and that
// was changed in the form, too.
type Conflict struct {
	Label, Theirs, Yours string
	Diff                 []ui.DiffRow // of long texts
}

// Edit is a form of what a product tells.
type Edit struct {
	Head
	Values, Was Typed
	Revision    uint64
	Problem     *client.Problem
	Conflicts   []Conflict
	Taken       []string // what others changed and the form took over
	People      []string
}

// told are the fields of the form, in its order: name, label, and how a text is
// written.
type toldField struct {
	name, label, help string
	kind              ui.Kind
	options           []string
}

func toldFields() []toldField {
	return []toldField{
		{"description", "Description", "What it holds, in a sentence. It is what people see first, and search.", ui.AreaInput, nil},
		{"owner", "Owner", "The person who answers for it, by name.", "", nil},
		{"purpose", "Purpose", "What it is for.", ui.AreaInput, nil},
		{"usage", "How to use it", "", ui.AreaInput, nil},
		{"limitations", "Not good for", "What one must not use it for, or not expect of it.", ui.AreaInput, nil},
		{"type", "Type", "Where it stands between sources and consumers.", ui.SelectInput, []string{"source-aligned", "aggregate", "consumer-aligned"}},
		{"quality", "Quality tier", "How far its data can be trusted.", ui.SelectInput, []string{"", "authoritative", "curated", "raw"}},
		{"sla", "SLA tier", "How soon it is mended when it fails: tier-1 first.", ui.SelectInput, []string{"", "tier-1", "tier-2", "tier-3"}},
		{"slos", "Objectives", "One a line: freshness=60s, latency=5s, retention=30d, completeness=99.9%, availability=99.5%.", ui.AreaInput, nil},
		{"tags", "Tags", "KEY:VALUE, one a line: area:finance.", ui.AreaInput, nil},
		{"support", "Where to ask", "CHANNEL=URL, one a line: slack=https://chat.example.com/edge.", ui.AreaInput, nil},
		{"eventTime", "Event time", "The field that says when it happened.", "", nil},
		{"lateness", "Lateness", "How late a record may come: 5m, 1h.", "", nil},
	}
}

// valuesOf are a product's values as the form writes them.
func valuesOf(p client.Product) Typed {
	return Typed{
		"description": p.Description, "owner": p.Owner, "purpose": p.Purpose, "usage": p.Usage, "limitations": p.Limitations, "type": p.Type,
		"quality": p.Quality, "sla": p.SLA, "slos": sloLines(p.SLOs), "tags": strings.Join(p.Tags, "\n"), "support": supportLines(p.Support),
		"eventTime": p.EventTime, "lateness": p.Lateness,
	}
}

func sloLines(all []client.SLO) string {
	var out []string
	for _, s := range all {
		unit := "s"
		if s.Unit == "percent" {
			unit = "%"
		}
		out = append(out, s.Property+"="+strconv.FormatFloat(s.Value, 'f', -1, 64)+unit)
	}
	return strings.Join(out, "\n")
}

func supportLines(all []client.Support) string {
	var out []string
	for _, s := range all {
		out = append(out, s.Channel+"="+s.URL)
	}
	return strings.Join(out, "\n")
}

// typedIn reads a form's values, and those that it began with.
func typedIn(r *site.Request, names []string) (values, was Typed, revision uint64) {
	values, was = Typed{}, Typed{}
	for _, n := range names {
		values[n] = sent(r, n)
		was[n] = sent(r, "was-"+n)
	}
	revision, _ = strconv.ParseUint(r.FormValue("revision"), 10, 64) // 0 is no revision, which is refused
	return values, was, revision
}

// sent is a value of a form, with the line ends of our texts.
func sent(r *site.Request, name string) string {
	return strings.ReplaceAll(r.FormValue(name), "\r\n", "\n")
}

// kept puts what was typed before a session ended over the values of a form.
func kept(k site.Keep, values, was Typed, revision *uint64) {
	if len(k) == 0 {
		return
	}
	one := func(name string) (string, bool) {
		if v := k[name]; len(v) > 0 {
			return strings.ReplaceAll(v[0], "\r\n", "\n"), true
		}
		return "", false
	}
	for n := range values {
		if v, ok := one(n); ok {
			values[n] = v
		}
		if v, ok := one("was-" + n); ok {
			was[n] = v
		}
	}
	if v, ok := one("revision"); ok {
		if n, err := strconv.ParseUint(v, 10, 64); err == nil {
			*revision = n
		}
	}
}

func names(fields []toldField) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.name)
	}
	return out
}

func editForm(r *site.Request) (site.Answer, error) {
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	v := Edit{Head: head(k, r.Me, partOverview, r.Now), Values: valuesOf(k.product), Was: valuesOf(k.product), Revision: k.product.Revision}
	kept(r.Keep, v.Values, v.Was, &v.Revision)
	return editAnswer(v, 0), nil
}

func editAnswer(v Edit, status int) site.Answer {
	return site.Answer{
		Status: status, Title: "Edit " + v.Name, Tab: site.Explore, Body: editPage(v),
		Same: []site.Same{{Command: "weir product edit " + v.Name + " --purpose TEXT", Method: http.MethodPatch, Path: "/api/v1" + api(v.Name, "")}},
	}
}

func editSave(r *site.Request) (site.Answer, error) {
	name := r.PathValue("name")
	values, was, revision := typedIn(r, names(toldFields()))
	edit, flags, err := editOf(values, was)
	if err == nil && len(flags) == 0 {
		return site.Answer{Redirect: at(name, ""), Notice: "Nothing was changed."}, nil
	}
	if err == nil {
		_, err = r.API.EditProduct(r.Context(), name, edit, client.IfMatch(max(revision, 1)))
	}
	if err == nil {
		return site.Answer{Redirect: at(name, ""), Notice: "What it tells is changed.", Same: patched(name, flags, edit)}, nil
	}
	p := refused(err)
	if p == nil {
		return site.Answer{}, err
	}
	k, lerr := load(r)
	if lerr != nil {
		return site.Answer{}, lerr
	}
	v := Edit{Head: head(k, r.Me, partOverview, r.Now), Values: values, Was: was, Revision: revision, Problem: p}
	if p.Status == http.StatusPreconditionFailed {
		v.merge(valuesOf(k.product), k.product.Revision)
	}
	return editAnswer(v, p.Status), nil
}

// merge brings in what somebody else changed: what only they changed is taken,
// what both did is shown beside each other, and what was typed stays.
func (v *Edit) merge(theirs Typed, revision uint64) {
	for _, f := range toldFields() {
		switch now, typed, was := theirs[f.name], v.Values[f.name], v.Was[f.name]; {
		case now == was:
		case typed == was:
			v.Values[f.name] = now
			v.Taken = append(v.Taken, f.label)
		case typed != now:
			v.Conflicts = append(v.Conflicts, Conflict{Label: f.label, Theirs: now, Yours: typed})
		}
	}
	v.Was, v.Revision = theirs, revision
	v.Problem = nil
}

// editOf is the change that a form asks for, and the flags that say the same.
func editOf(values, was Typed) (client.ProductEdit, []string, error) {
	var e client.ProductEdit
	var flags []string
	text := func(name, flag string) *string {
		v := values[name]
		if v == was[name] {
			return nil
		}
		flags = append(flags, "--"+flag+" "+quoted(v))
		return &v
	}
	e.Description, e.Owner = text("description", "description"), text("owner", "owner")
	e.Purpose, e.Usage, e.Limitations = text("purpose", "purpose"), text("usage", "usage"), text("limitations", "limitations")
	e.Type, e.Quality, e.SLA = text("type", "type"), text("quality", "quality"), text("sla", "sla")
	e.EventTime, e.Lateness = text("eventTime", "event-time"), text("lateness", "lateness")
	if tags := text("tags", "tags"); tags != nil {
		e.Tags = listOf(*tags)
	}
	if slos := text("slos", "slo"); slos != nil {
		var err error
		if e.SLOs, err = slosOf(*slos); err != nil {
			return e, flags, err
		}
	}
	if support := text("support", "support"); support != nil {
		e.Support = []client.Support{}
		for _, line := range listOf(*support) {
			channel, address, _ := strings.Cut(line, "=")
			e.Support = append(e.Support, client.Support{Channel: strings.TrimSpace(channel), URL: strings.TrimSpace(address)})
		}
	}
	return e, flags, nil
}

// listOf are the lines of a text, or its parts between commas; an empty list of
// an empty text.
func listOf(s string) []string {
	out := []string{}
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == ',' }) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// linesOf are the lines of a text that are not empty.
func linesOf(s string) []string {
	out := []string{}
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// slosOf reads objectives as the command does.
func slosOf(s string) ([]client.SLO, error) {
	out := []client.SLO{}
	for _, line := range listOf(s) {
		property, value, ok := strings.Cut(line, "=")
		slo := client.SLO{Property: strings.TrimSpace(property), Unit: "s"}
		number, factor := strings.TrimSpace(value), 1.0
		for unit, n := range map[string]float64{"%": 0, "s": 1, "m": 60, "h": 3600, "d": 86400} {
			if rest, is := strings.CutSuffix(number, unit); is {
				number, factor = rest, n
				break
			}
		}
		if factor == 0 {
			slo.Unit, factor = "percent", 1
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if !ok || err != nil {
			return nil, &client.Problem{Status: http.StatusBadRequest, Where: "slos", Detail: fmt.Sprintf("%q is no objective", clip(line, 80)), Fix: "write freshness=60s, retention=30d or availability=99.5%"}
		}
		slo.Value = n * factor
		out = append(out, slo)
	}
	return out, nil
}

// patched is the command and the call of an edit.
func patched(name string, flags []string, e client.ProductEdit) []site.Same {
	body, err := json.Marshal(e)
	if err != nil {
		body = nil // it is texts
	}
	return []site.Same{{Command: clip("weir product edit "+name+" "+strings.Join(flags, " "), 4000), Method: http.MethodPatch, Path: "/api/v1" + api(name, ""), Body: clip(string(body), 4000)}}
}

// Text is the form of the documentation, or of the terms.
type Text struct {
	Head
	Which    string // documentation or terms
	Value    string
	Revision uint64
	Problem  *client.Problem
	Theirs   []ui.DiffRow // what it is now, beside what was typed
	Others   bool         // somebody else was faster
}

func textForm(r *site.Request) (site.Answer, error) {
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	text, terms, err := texts(r, k.product)
	if err != nil {
		return site.Answer{}, err
	}
	v := Text{Head: head(k, r.Me, partDocumentation, r.Now), Which: which(r.URL.Query().Get("of")), Value: text, Revision: k.product.Revision}
	if v.Which == "terms" {
		v.Value = terms
	}
	values := Typed{"text": v.Value}
	kept(r.Keep, values, Typed{}, &v.Revision)
	v.Value = values["text"]
	if of := r.Keep["of"]; len(of) > 0 {
		v.Which = which(of[0])
	}
	return textAnswer(v, 0), nil
}

func which(s string) string {
	if s == "terms" {
		return s
	}
	return "documentation"
}

func textAnswer(v Text, status int) site.Answer {
	flag := map[string]string{"documentation": "doc", "terms": "terms"}[v.Which]
	return site.Answer{
		Status: status, Title: "Edit the " + v.Which + " of " + v.Name, Tab: site.Explore, Body: textPage(v),
		Same: []site.Same{{Command: "weir product edit " + v.Name + " --" + flag + " FILE.md", Method: http.MethodPatch, Path: "/api/v1" + api(v.Name, "")}},
	}
}

func textSave(r *site.Request) (site.Answer, error) {
	name, text := r.PathValue("name"), sent(r, "text")
	v := Text{Which: which(r.FormValue("of")), Value: text}
	v.Revision, _ = strconv.ParseUint(r.FormValue("revision"), 10, 64)
	edit := client.ProductEdit{}
	if edit.Documentation = &text; v.Which == "terms" {
		edit.Documentation, edit.Terms = nil, &text
	}
	_, err := r.API.EditProduct(r.Context(), name, edit, client.IfMatch(max(v.Revision, 1)))
	if err == nil {
		return site.Answer{Redirect: at(name, "documentation"), Notice: "The " + v.Which + " is changed."}, nil
	}
	if v.Problem = refused(err); v.Problem == nil {
		return site.Answer{}, err
	}
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	v.Head = head(k, r.Me, partDocumentation, r.Now)
	status := v.Problem.Status
	if status == http.StatusPreconditionFailed {
		now, terms, err := texts(r, k.product)
		if err != nil {
			return site.Answer{}, err
		}
		if v.Which == "terms" {
			now = terms
		}
		v.Theirs, v.Others, v.Problem, v.Revision = around(lines(now, text), 3), true, nil, k.product.Revision
	}
	return textAnswer(v, status), nil
}

func noteNames() []string {
	return []string{"description", "classification", "tags", "term", "unit", "examples"}
}

// noteOf is what the product says about a field; what the schema says is beside
// it.
func noteOf(f client.ProductField) Typed {
	out := Typed{"description": "", "classification": "", "term": f.Term, "unit": f.Unit, "examples": strings.Join(f.Examples, "\n")}
	if f.DescriptionFrom == "product" {
		out["description"] = f.Description
	}
	if f.ClassificationFrom == "product" {
		out["classification"] = f.Classification
	}
	var tags []string
	for _, t := range f.Tags {
		if t.From == "product" {
			tags = append(tags, t.Tag)
		}
	}
	out["tags"] = strings.Join(tags, "\n")
	return out
}

func noteView(r *site.Request, path string) (Note, Typed, error) {
	k, err := load(r)
	if err != nil {
		return Note{}, nil, err
	}
	list, err := r.API.ProductFields(r.Context(), k.product.Name)
	if err != nil {
		return Note{}, nil, err
	}
	v := Note{Head: head(k, r.Me, partFields, r.Now), Path: path, Revision: k.product.Revision}
	if v.Terms, err = termNames(r.Context(), r.API); err != nil {
		return v, nil, err
	}
	now := noteOf(client.ProductField{Path: path})
	for _, f := range list.Fields {
		if f.Path == path {
			v.Row = FieldRow{Path: f.Path, Type: f.Type, Description: f.Description, From: f.DescriptionFrom, Classification: f.Classification, ClassificationFrom: f.ClassificationFrom, Tags: f.Tags}
			now = noteOf(f)
		}
	}
	return v, now, nil
}

func termNames(ctx context.Context, api *client.Client) ([]string, error) {
	all, err := api.Terms(ctx)
	out := []string{""}
	for _, t := range all {
		out = append(out, t.Name)
	}
	return out, err
}

func (v *Note) fill(t Typed) {
	v.Description, v.Classification, v.Tags, v.Term, v.Unit, v.Examples = t["description"], t["classification"], t["tags"], t["term"], t["unit"], t["examples"]
}

func noteForm(r *site.Request) (site.Answer, error) {
	v, now, err := noteView(r, clip(r.URL.Query().Get("path"), 4096))
	if err != nil {
		return site.Answer{}, err
	}
	v.Was = Typed{}
	for n, value := range now {
		v.Was[n] = value
	}
	kept(r.Keep, now, v.Was, &v.Revision)
	v.fill(now)
	return noteAnswer(v, 0), nil
}

func noteAnswer(v Note, status int) site.Answer {
	return site.Answer{
		Status: status, Title: "The field " + clip(v.Path, 80) + " of " + v.Name, Tab: site.Explore, Body: notePage(v),
		Same: []site.Same{{Command: "weir product field " + v.Name + " " + quoted(v.Path) + " --description TEXT", Method: http.MethodPatch, Path: "/api/v1" + api(v.Name, "")}},
	}
}

func noteSave(r *site.Request) (site.Answer, error) {
	name, path := r.PathValue("name"), clip(r.FormValue("path"), 4096)
	values, was, revision := typedIn(r, noteNames())
	edit, any := noteEdit(path, values, was)
	back := at(name, "fields") + "?" + url.Values{"q": {path}}.Encode()
	if !any {
		return site.Answer{Redirect: back, Notice: "Nothing was changed."}, nil
	}
	_, err := r.API.EditProduct(r.Context(), name, client.ProductEdit{Telling: client.Telling{Fields: []client.NoteEdit{edit}}}, client.IfMatch(max(revision, 1)))
	if err == nil {
		return site.Answer{Redirect: back, Notice: "The note on " + clip(path, 80) + " is changed."}, nil
	}
	p := refused(err)
	if p == nil {
		return site.Answer{}, err
	}
	v, theirs, err := noteView(r, path)
	if err != nil {
		return site.Answer{}, err
	}
	v.Problem, v.Was = p, was
	if p.Status == http.StatusPreconditionFailed {
		v.Problem, v.Was = nil, theirs
		for _, n := range noteNames() {
			switch {
			case theirs[n] == was[n]:
			case values[n] == was[n]:
				values[n] = theirs[n]
			case values[n] != theirs[n]:
				v.Conflicts = append(v.Conflicts, Conflict{Label: n, Theirs: theirs[n], Yours: values[n]})
			}
		}
		if len(v.Conflicts) == 0 {
			v.Problem = &client.Problem{Detail: "somebody else changed the product meanwhile, and nothing of this field", Fix: "save again"}
		}
	} else {
		v.Revision = revision
	}
	v.fill(values)
	return noteAnswer(v, p.Status), nil
}

func noteEdit(path string, values, was Typed) (client.NoteEdit, bool) {
	e, any := client.NoteEdit{Path: path}, false
	text := func(name string) *string {
		v := values[name]
		if v == was[name] {
			return nil
		}
		any = true
		return &v
	}
	e.Description, e.Classification, e.Term, e.Unit = text("description"), text("classification"), text("term"), text("unit")
	if tags := text("tags"); tags != nil {
		e.Tags = listOf(*tags)
	}
	if examples := text("examples"); examples != nil {
		e.Examples = linesOf(*examples)
	}
	return e, any
}
