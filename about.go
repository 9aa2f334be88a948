package weir

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ProductType says where a product stands between sources and consumers.
type ProductType string

const (
	TypeSource    ProductType = "source-aligned"
	TypeAggregate ProductType = "aggregate"
	TypeConsumer  ProductType = "consumer-aligned"
)

// Lifecycle says how far a product is in its life.
type Lifecycle string

const (
	Proposed   Lifecycle = "proposed" // its domain alone knows of it
	Active     Lifecycle = "active"
	Deprecated Lifecycle = "deprecated" // who reads it goes on; nobody new
	Retired    Lifecycle = "retired"
)

// QualityTier says how far a product's data can be trusted.
type QualityTier string

const (
	QualityAuthoritative QualityTier = "authoritative"
	QualityCurated       QualityTier = "curated"
	QualityRaw           QualityTier = "raw"
)

// SLATier says how soon a product that fails is mended: tier-1 first.
type SLATier string

const (
	SLATier1 SLATier = "tier-1"
	SLATier2 SLATier = "tier-2"
	SLATier3 SLATier = "tier-3"
)

// Classification says how sensitive a field is.
type Classification string

const (
	ClassPublic   Classification = "public"
	ClassInternal Classification = "internal"
	ClassPersonal Classification = "personal"
	ClassSecret   Classification = "secret"
)

// SLOProperty is what an objective is about, by the names of ODCS where it has
// one.
type SLOProperty string

const (
	SLOFreshness    SLOProperty = "freshness"    // age of the newest record, at most
	SLOLatency      SLOProperty = "latency"      // from the event to the record, at most
	SLOCompleteness SLOProperty = "completeness" // percent of what happened, at least
	SLORetention    SLOProperty = "retention"    // how far back one can read, at least
	SLOAvailability SLOProperty = "availability" // percent of the time, at least
)

// SLO is an objective that an owner declares: a number of percent, or of
// seconds.
type SLO struct {
	Property SLOProperty `json:"property"`
	Value    float64     `json:"value"`
	Unit     string      `json:"unit"` // percent, s
}

// Support is a way to ask about a product.
type Support struct {
	Channel string `json:"channel"`
	URL     string `json:"url,omitempty"`
}

// Tag is KEY:VALUE on a product or a field: a dimension and a value in it.
type Tag string

// FieldNote is what the product says about one field, over what its schema
// says.
type FieldNote struct {
	Path           string         `json:"path"` // as the schema's fields are named
	Description    string         `json:"description,omitempty"`
	Tags           []Tag          `json:"tags,omitempty"`
	Term           UID            `json:"term,omitzero"` // of the glossary
	Classification Classification `json:"classification,omitempty"`
	Unit           string         `json:"unit,omitempty"`
	Examples       []string       `json:"examples,omitempty"` // values, as they stand in records
}

// About is what an owner tells about a product, in the words of ODPS and ODCS.
// Everything is optional; policies ask for more.
type About struct {
	Type          ProductType `json:"type,omitempty"`      // empty: source-aligned
	Lifecycle     Lifecycle   `json:"lifecycle,omitempty"` // empty: active
	Successor     UID         `json:"successor,omitzero"`  // of a deprecated product
	Purpose       string      `json:"purpose,omitempty"`
	Usage         string      `json:"usage,omitempty"`
	Limitations   string      `json:"limitations,omitempty"`
	Quality       QualityTier `json:"quality,omitempty"`
	SLA           SLATier     `json:"sla,omitempty"`
	SLOs          []SLO       `json:"slos,omitempty"`
	Support       []Support   `json:"support,omitempty"`
	Tags          []Tag       `json:"tags,omitempty"`
	Documentation UID         `json:"documentation,omitzero"` // a text, in Markdown
	Terms         UID         `json:"terms,omitzero"`         // a text: what a reader agrees to
	EventTime     string      `json:"eventTime,omitempty"`    // the field that says when it happened
	Lateness      Duration    `json:"lateness,omitzero"`      // how late a record may come
	Fields        []FieldNote `json:"fields,omitempty" long:"true"`
}

// Bounds of what is told about a product.
const (
	MaxTags       = 64
	MaxFieldNotes = 5000
	MaxSupport    = 16
	MaxExamples   = 10 // of a field

	MaxNotes         = 1 << 20   // bytes of all notes on fields
	MaxDocumentation = 256 << 10 // bytes of documentation, and of terms
)

// Stage is the lifecycle, said or meant.
func (a *About) Stage() Lifecycle {
	if a.Lifecycle == "" {
		return Active
	}
	return a.Lifecycle
}

var tagForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}:[^\x00-\x1f\x7f:]{1,100}$`)

// Split gives the dimension and the value of a tag.
func (t Tag) Split() (key, value string) {
	key, value, _ = strings.Cut(string(t), ":")
	return key, value
}

func checkTags(field string, tags []Tag) error {
	if len(tags) > MaxTags {
		return Errorf(Invalid, "%d tags", len(tags)).At(field).WithFix("use at most %d", MaxTags)
	}
	for i, t := range tags {
		if !tagForm.MatchString(string(t)) {
			return Errorf(Invalid, "%q is not a tag", clip(string(t))).At(field + "." + strconv.Itoa(i)).WithFix("write KEY:VALUE, such as area:finance")
		}
	}
	return nil
}

// refers lists what is pointed to, each once.
func (a *About) refers() []Ref {
	var rs []Ref
	seen := map[UID]bool{{}: true}
	add := func(n Noun, u UID) {
		if !seen[u] {
			seen[u] = true
			rs = append(rs, Ref{Noun: n, UID: u})
		}
	}
	add(NounProduct, a.Successor)
	add(NounText, a.Documentation)
	add(NounText, a.Terms)
	for _, f := range a.Fields {
		add(NounTerm, f.Term)
	}
	return rs
}

// check checks every field by itself.
func (a *About) check() error {
	if err := first(
		optional("type", a.Type, TypeSource, TypeAggregate, TypeConsumer),
		optional("lifecycle", a.Lifecycle, Proposed, Active, Deprecated, Retired),
		optional("quality", a.Quality, QualityAuthoritative, QualityCurated, QualityRaw),
		optional("sla", a.SLA, SLATier1, SLATier2, SLATier3),
		checkText("purpose", a.Purpose), checkText("usage", a.Usage), checkText("limitations", a.Limitations),
		checkText("eventTime", a.EventTime), checkTags("tags", a.Tags),
	); err != nil {
		return err
	}
	if len(a.Support) > MaxSupport || len(a.Fields) > MaxFieldNotes {
		return Errorf(Invalid, "%d ways of support, %d notes on fields", len(a.Support), len(a.Fields)).At("fields").
			WithFix("use at most %d and %d", MaxSupport, MaxFieldNotes)
	}
	objectives := map[SLOProperty]bool{}
	for i, s := range a.SLOs {
		where := "slos." + strconv.Itoa(i)
		if objectives[s.Property] {
			return Errorf(Invalid, "two objectives of %s", clip(string(s.Property))).At(where).WithFix("declare one")
		}
		objectives[s.Property] = true
		if err := s.check(where); err != nil {
			return err
		}
	}
	for i, s := range a.Support {
		if err := s.check("support." + strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return first(a.Lateness.checkLateness(), checkNotes(a.Fields))
}

func (d Duration) checkLateness() error {
	if d < 0 {
		return Errorf(Invalid, "a lateness of %s", time.Duration(d)).At("lateness").WithFix("use 0 or more")
	}
	return nil
}

// check refuses an address that is none, or that a page must not link to.
func (s Support) check(where string) error {
	if s.Channel == "" {
		return Errorf(Invalid, "a way of support without a channel").At(where + ".channel").WithFix("say which: slack, mail, tickets")
	}
	if u, err := url.Parse(s.URL); s.URL != "" && (err != nil || !slices.Contains([]string{"http", "https", "mailto"}, u.Scheme)) {
		return Errorf(Invalid, "%q is no address", clip(s.URL)).At(where + ".url").WithFix("begin it with https:, http: or mailto:")
	}
	return first(checkText(where+".channel", s.Channel), checkText(where+".url", s.URL))
}

func checkNotes(notes []FieldNote) error {
	seen, size := map[string]bool{}, 0
	for i, n := range notes {
		size += n.size()
		where := "fields." + strconv.Itoa(i)
		if n.Path == "" || seen[n.Path] {
			return Errorf(Invalid, "the field %q has no name, or two notes", clip(n.Path)).At(where).WithFix("write one note for each field")
		}
		seen[n.Path] = true
		if err := first(
			checkText(where+".path", n.Path), checkText(where+".description", n.Description), checkText(where+".unit", n.Unit),
			checkTags(where+".tags", n.Tags), checkExamples(where+".examples", n.Examples),
			optional(where+".classification", n.Classification, ClassPublic, ClassInternal, ClassPersonal, ClassSecret),
		); err != nil {
			return err
		}
	}
	if size > MaxNotes {
		return Errorf(Invalid, "the notes on fields have %d bytes", size).At("fields").WithFix("use at most %d; what is longer belongs into the documentation", MaxNotes)
	}
	return nil
}

func checkExamples(where string, values []string) error {
	if len(values) > MaxExamples {
		return Errorf(Invalid, "%d examples", len(values)).At(where).WithFix("use at most %d", MaxExamples)
	}
	for i, v := range values {
		at := where + "." + strconv.Itoa(i)
		if v == "" {
			return Errorf(Invalid, "an example that is empty").At(at).WithFix("write a value as it stands in records")
		}
		if err := checkText(at, v); err != nil {
			return err
		}
	}
	return nil
}

func (n *FieldNote) size() int {
	size := len(n.Path) + len(n.Description) + len(n.Unit)
	for _, t := range n.Tags {
		size += len(t)
	}
	for _, v := range n.Examples {
		size += len(v)
	}
	return size
}

// maxNoteDiff bounds how many notes a diff shows.
const maxNoteDiff = 100

// diffLong says which notes on fields came, changed or went.
func (p *Product) diffLong(prev Entity) []Diff {
	before, after := notesOf(prev), notesOf(p)
	var ds []Diff
	for _, path := range slices.Sorted(maps.Keys(both(before, after))) {
		if !bytes.Equal(before[path], after[path]) && len(ds) < maxNoteDiff {
			ds = append(ds, Diff{Path: "fields." + path, Old: before[path], New: after[path]})
		}
	}
	return ds
}

// notesOf is each note of a product as it stands in the ledger.
func notesOf(e Entity) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	p, ok := e.(*Product)
	if !ok || p == nil {
		return m
	}
	for _, n := range p.Fields {
		m[n.Path], _ = Canonical(n) // it is texts
	}
	return m
}

func both[V any](a, b map[string]V) map[string]V {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

// check: percents are of percent, times are of time.
func (s SLO) check(where string) error {
	if err := oneOf(where+".property", s.Property, SLOFreshness, SLOLatency, SLOCompleteness, SLORetention, SLOAvailability); err != nil {
		return err
	}
	unit := "s"
	if s.Property == SLOCompleteness || s.Property == SLOAvailability {
		unit = "percent"
	}
	if s.Unit != unit || !(s.Value > 0) || math.IsInf(s.Value, 0) || unit == "percent" && s.Value > 100 {
		return Errorf(Invalid, "%s of %v %s", s.Property, s.Value, clip(s.Unit)).At(where).WithFix("use a positive number in the unit %q", unit)
	}
	return nil
}

// optional is oneOf for what may be left out.
func optional[T ~string](field string, v T, allowed ...T) error {
	if v == "" {
		return nil
	}
	return oneOf(field, v, allowed...)
}
