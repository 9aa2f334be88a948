package product

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Schema is the part of the schemas.
type Schema struct {
	Head
	Of       string // key or value
	Others   []ui.TabLink
	Subject  string
	Format   string
	None     string // why there is no schema
	Command  string // then what to do
	Versions []SchemaRow
	From, To int
	Text     string // of the version that is shown, when there is nothing to compare
	Verdicts []Verdict
	Changes  []FieldChange
	Diff     []ui.DiffRow
}

// SchemaRow is one version.
type SchemaRow struct {
	Number int
	Here   bool // it is one of those that are compared
	Href   string
	Text   string // compare with the one before
}

// Verdict is who can read what, in words.
type Verdict struct {
	State   ui.State
	Text    string
	Reasons []client.SchemaMismatch
}

// FieldChange is a field that is not the same in two versions.
type FieldChange struct{ Path, Before, After, Word string }

func schemaPage(r *site.Request) (site.Answer, error) {
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	v := Schema{Head: head(k, r.Me, partSchema, r.Now)}
	q := r.URL.Query()
	if !v.choose(k.product, q.Get("of")) {
		return v.answer(k.product), nil
	}
	registry := r.API.Registry()
	versions, err := registry.Versions(r.Context(), v.Subject, false)
	if err != nil {
		if client.RegistryCode(err) != client.CodeNoSubject {
			return site.Answer{}, asProblem(err)
		}
		versions = nil
	}
	if len(versions) == 0 {
		v.None = "No schema is registered for its " + v.Of + "s yet."
		v.Command = "weir schema register " + v.Subject + " FILE"
		return v.answer(k.product), nil
	}
	slices.Sort(versions)
	v.pick(versions, q.Get("from"), q.Get("to"))
	return v.answer(k.product), v.fill(r, registry)
}

// asProblem turns a refusal of the registry into one of the API.
func asProblem(err error) error {
	var p *client.RegistryProblem
	if errors.As(err, &p) {
		return &client.Problem{Status: p.Status, Title: http.StatusText(p.Status), Detail: p.Message}
	}
	return err
}

func (v *Schema) answer(p client.Product) site.Answer {
	a := site.Answer{Title: "Schema of " + p.Name, Tab: site.Explore, Body: schemaBody(*v)}
	if v.Subject != "" {
		a.Same = []site.Same{{Command: "weir schema versions " + v.Subject, Method: http.MethodGet, Path: "/registry/subjects/" + v.Subject + "/versions"}}
	}
	if v.From > 0 && v.From != v.To {
		a.Same = []site.Same{{
			Command: fmt.Sprintf("weir schema diff %s --from %d --to %d", v.Subject, v.From, v.To), Method: http.MethodGet,
			Path: fmt.Sprintf("/api/v1/subjects/%s/compare?from=%d&to=%d", v.Subject, v.From, v.To),
		}}
	}
	return a
}

// choose finds the subject of the values, or of the keys; false if there can be
// no schema.
func (v *Schema) choose(p client.Product, of string) bool {
	if of != "key" {
		of = "value"
	}
	for _, s := range p.Subjects {
		if len(p.Subjects) > 1 {
			v.Others = append(v.Others, ui.TabLink{Text: "Of " + s.Of + "s", Href: at(p.Name, "schema") + "?of=" + s.Of, Here: s.Of == of})
		}
		if s.Of == of {
			v.Of, v.Subject, v.Format = s.Of, s.Subject, s.Format
		}
	}
	if v.Subject == "" && len(p.Subjects) > 0 && of == "value" {
		s := p.Subjects[0]
		v.Of, v.Subject, v.Format = s.Of, s.Subject, s.Format
	}
	if v.Subject == "" {
		v.None = "Records of " + p.Encoding + " have no schema."
	}
	return v.Subject != ""
}

// pick chooses the two versions to compare: those that are asked for, or the
// newest and the one before.
func (v *Schema) pick(versions []int, from, to string) {
	last := len(versions) - 1
	v.To = asked(versions, to, versions[last])
	before := max(slices.Index(versions, v.To)-1, 0)
	v.From = asked(versions, from, versions[before])
	for i := last; i >= 0 && len(v.Versions) < 200; i-- {
		n := versions[i]
		row := SchemaRow{Number: n, Here: n == v.From || n == v.To, Text: "as it is"}
		row.Href = fmt.Sprintf("%s?of=%s&from=%d&to=%d", at(v.Name, "schema"), v.Of, versions[max(i-1, 0)], n)
		if i > 0 {
			row.Text = "what changed since version " + strconv.Itoa(versions[i-1])
		}
		v.Versions = append(v.Versions, row)
	}
}

func asked(versions []int, s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil && slices.Contains(versions, n) {
		return n
	}
	return otherwise
}

// fill reads the texts and compares them.
func (v *Schema) fill(r *site.Request, registry *client.Registry) error {
	newer, err := registry.Version(r.Context(), v.Subject, v.To, false)
	if err != nil {
		return asProblem(err)
	}
	if v.From == v.To {
		v.Text = pretty(newer.Schema)
		return nil
	}
	older, err := registry.Version(r.Context(), v.Subject, v.From, false)
	if err != nil {
		return asProblem(err)
	}
	c, err := r.API.CompareVersions(r.Context(), v.Subject, client.VersionPair{From: v.From, To: v.To})
	if err != nil {
		return err
	}
	v.compare(c, older.Schema, newer.Schema)
	return nil
}

func (v *Schema) compare(c client.SchemaComparison, older, newer string) {
	v.Diff = lines(pretty(older), pretty(newer))
	if len(v.Diff) > 2000 {
		v.Diff = around(v.Diff, 5)
	}
	v.Verdicts = []Verdict{
		verdict(c.Backward, v.To, v.From), verdict(c.Forward, v.From, v.To),
	}
	for _, f := range c.Fields {
		if !f.Same() {
			v.Changes = append(v.Changes, changed(f))
		}
	}
}

// verdict says whether who has one version can read what another wrote.
func verdict(why []client.SchemaMismatch, reader, writer int) Verdict {
	if len(why) == 0 {
		return Verdict{State: ui.Good, Text: fmt.Sprintf("Readers of version %d can read what was written with version %d.", reader, writer)}
	}
	return Verdict{State: ui.Failing, Text: fmt.Sprintf("Readers of version %d cannot read everything that was written with version %d:", reader, writer), Reasons: why}
}

func changed(f client.SchemaFieldChange) FieldChange {
	out := FieldChange{Word: "changed"}
	if f.Old != nil {
		out.Path, out.Before = f.Old.Path, typeOf(f.Old)
	} else {
		out.Word = "new"
	}
	if f.New != nil {
		out.Path, out.After = f.New.Path, typeOf(f.New)
	} else {
		out.Word = "taken away"
	}
	return out
}

func typeOf(f *client.SchemaField) string {
	s := f.Type
	if f.Optional {
		s += ", optional"
	}
	if f.Default != nil {
		s += ", default " + *f.Default
	}
	return s
}

// pretty indents a schema that is JSON.
func pretty(s string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(s), "", "  ") == nil {
		return b.String()
	}
	return s
}

// Readers is the part of who reads and writes.
type Readers struct {
	Head
	Since   time.Time // of the counts
	Gaps    []client.Gap
	Rows    []Reader
	Writers []Reader
	Hidden  *client.Hidden
	HiddenW *client.Hidden
	Foreign []client.Group // groups of no application
	Groups  int            // that the viewer may not see
	Problem string         // why nothing is known of it
	Hours   []client.UsageHour
	First   string // what to give to the first reader
	Planned Planned
}

// Reader is who moved records one way.
type Reader struct {
	Name, Kind, Href string
	Team             string
	Records          int64
	Bytes            int64
	PerDay           string
	Last             time.Time
	Library          string
	How              string
	Lag              string
	LagState         ui.State
	Allowed          bool // it was allowed, and has not read
}

func readers(r *site.Request) (site.Answer, error) {
	v, err := lookReaders(r)
	if err != nil {
		return site.Answer{}, err
	}
	return readersAnswer(v, r.Now), nil
}

func readersAnswer(v Readers, now time.Time) site.Answer {
	same := append(read("weir product usage "+v.Name, api(v.Name, "usage")), site.Same{
		Command: "weir app plan list --product " + v.Name, Method: http.MethodGet, Path: "/api/v1/plans?product=" + v.Name,
	})
	return site.Answer{Title: "Readers of " + v.Name, Tab: site.Explore, Body: readersPage(v, now), Same: same}
}

func lookReaders(r *site.Request) (Readers, error) {
	k, err := load(r)
	if err != nil {
		return Readers{}, err
	}
	name := k.product.Name
	var usage *client.ProductUsage
	var allowed []client.ProductReader
	var why string
	err = all(func() error {
		u, err := r.API.ProductUsage(r.Context(), name, "")
		if p := problem(err); p != nil {
			why = p.Detail
			return nil
		}
		usage = &u
		return err
	}, func() error {
		got, err := r.API.ProductReaders(r.Context(), name)
		if problem(err) != nil {
			return nil // it is for who may take it back; the counts say the rest
		}
		allowed = got
		return err
	})
	if err != nil {
		return Readers{}, err
	}
	v := readersOf(k, usage, allowed, r.Me, r.Now)
	v.Problem = why
	v.Planned, err = lookPlanned(r, k, len(v.Manage) > 0)
	return v, err
}

func readersOf(k known, u *client.ProductUsage, allowed []client.ProductReader, me site.Person, now time.Time) Readers {
	v := Readers{Head: head(k, me, partReaders, now), First: "weir product snippet " + k.product.Name}
	if u != nil {
		v.Since, v.Gaps, v.Hidden, v.HiddenW, v.Hours = u.Measured.Since, u.Measured.Gaps, u.HiddenReaders, u.HiddenWriters, u.Hours
		for _, x := range u.Readers {
			v.Rows = append(v.Rows, reader(x, k.facts))
		}
		for _, x := range u.Writers {
			v.Writers = append(v.Writers, reader(x, nil))
		}
	}
	for _, a := range allowed {
		if a.Allowed && a.Records == 0 && !slices.ContainsFunc(v.Rows, func(r Reader) bool { return r.Name == a.Application }) {
			v.Rows = append(v.Rows, Reader{Name: a.Application, Kind: "application", Href: "/applications/" + a.Application, Team: a.Team, Allowed: true, How: "it was allowed, and has not read yet"})
		}
	}
	if k.facts != nil {
		v.Groups = k.facts.HiddenGroups
		for _, g := range k.facts.Groups {
			if g.Application == "" {
				v.Foreign = append(v.Foreign, g)
			}
		}
	}
	return v
}

func reader(u client.Usage, f *client.ProductFacts) Reader {
	out := Reader{Name: u.Application, Kind: "application", Team: u.Team, Records: u.Records, Bytes: u.Bytes, Last: u.Last, How: howWords(u.How)}
	switch {
	case u.Others:
		out.Name, out.Kind = "several small ones", ""
	case u.Person != "":
		out.Name, out.Kind, out.Href = u.Person, "person", "/people/"+u.Person
	case !u.Gone:
		out.Href = "/applications/" + u.Application
	}
	if u.Gone {
		out.Kind += ", gone"
	}
	if out.Library = u.Library; u.Version != "" {
		out.Library += " " + u.Version
	}
	if span := u.Last.Sub(u.First); span > time.Minute {
		out.PerDay = ui.ShortRate(float64(u.Records) / span.Seconds())
	}
	if f != nil && u.Application != "" {
		out.lag(u.Application, f.Groups)
	}
	return out
}

// lag adds up how far the groups of an application are behind.
func (r *Reader) lag(app string, groups []client.Group) {
	var sum int64
	known := false
	for _, g := range groups {
		if g.Application == app && g.Lag != nil {
			sum += *g.Lag
			known = true
		}
	}
	if known {
		r.Lag, r.LagState = ui.Exact(sum), ui.Good
		if sum > 0 {
			r.LagState = ""
		}
	}
}

func howWords(how string) string {
	switch how {
	case "gateway":
		return "measured at the gateway"
	case "unacknowledged":
		return "passed the gateway; the client asked for no acknowledgement"
	case "http":
		return "rows over HTTP"
	}
	return how
}
