package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

// plan is what there is to write, in order: each level of versions refers only
// to those before it.
type plan struct {
	levels  [][]place
	deletes [][]place
	configs []string // subjects whose own configuration is another here
	modes   []string
	whole   bool // the configuration of the whole
}

func (p *plan) summary() Plan {
	touched := map[string]bool{}
	out := Plan{Configs: len(p.configs), Modes: len(p.modes)}
	if p.whole {
		out.Configs++
	}
	for _, level := range p.levels {
		out.Versions += len(level)
		touch(touched, level)
	}
	for _, level := range p.deletes {
		out.Deletes += len(level)
		touch(touched, level)
	}
	for _, name := range slices.Concat(p.configs, p.modes) {
		touched[name] = true
	}
	out.Subjects = len(touched)
	return out
}

func touch(touched map[string]bool, ps []place) {
	for _, p := range ps {
		touched[p.subject] = true
	}
}

// look finds what is in the way, and plans what there is to write.
func (j *job) look(ctx context.Context) error {
	o := &obstacles{}
	order, err := j.order()
	if err != nil {
		return err
	}
	j.names(o)
	if err := j.references(ctx, o); err != nil {
		return err
	}
	if err := j.versionsHere(ctx, o); err != nil {
		return err
	}
	if err := j.idsHere(ctx, o); err != nil {
		return err
	}
	if len(o.list) > 0 {
		slices.Sort(o.list)
		return Obstacles(o.list)
	}
	j.notes()
	j.plan = j.missing(order)
	j.report.Planned = j.plan.summary()
	return nil
}

// obstacles is found by many goroutines.
type obstacles struct {
	mu   sync.Mutex
	list []string
}

func (o *obstacles) add(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, fmt.Sprintf(format, args...))
}

// names finds names and ids that cannot be here.
func (j *job) names(o *obstacles) {
	for name, s := range j.source.subjects {
		if err := weir.CheckSubjectName(name); err != nil {
			o.add("%v", err)
		}
		for _, v := range s.versions {
			if v.id < 1 || v.id > int(weir.MaxImportedID) {
				o.add("%s has the id %d; ids here are 1 to %d", place{name, v.number}, v.id, weir.MaxImportedID)
			}
		}
	}
}

// references finds those that would lead nowhere.
func (j *job) references(ctx context.Context, o *obstacles) error {
	known := map[place]bool{}
	for _, name := range j.source.sorted() {
		for _, v := range j.source.subjects[name].versions {
			for _, r := range v.references {
				to := place{r.Subject, r.Version}
				if j.source.has(to) || known[to] {
					continue
				}
				known[to] = true
				_, err := retry(ctx, func() (client.SchemaVersion, error) { return j.To.Version(ctx, to.subject, to.version, true) })
				if client.RegistryCode(err) != 0 {
					o.add("%s refers to %s, which is neither taken along nor here; take it along too", place{name, v.number}, to)
				} else if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *survey) has(p place) bool {
	one, ok := s.subjects[p.subject]
	if !ok {
		return false
	}
	_, ok = one.at(p.version)
	return ok
}

// versionsHere finds subjects that exist here and are others.
func (j *job) versionsHere(ctx context.Context, o *obstacles) error {
	return each(ctx, j.Workers, j.source.sorted(), func(ctx context.Context, name string) error {
		theirs, ours := j.source.subjects[name], j.target.subjects[name]
		for _, v := range ours.versions {
			want, ok := theirs.at(v.number)
			if !ok {
				o.add("%s is here but not there", place{name, v.number})
				continue
			}
			if why, err := j.differs(ctx, place{name, v.number}, want, v); err != nil {
				return err
			} else if why != "" {
				o.add("%s is here already: %s", place{name, v.number}, why)
			}
		}
		return nil
	})
}

// differs says why a version here is not the one there; empty: it is. What is
// written in another way is asked of the registry here, which knows what means
// the same.
func (j *job) differs(ctx context.Context, p place, theirs, ours version) (string, error) {
	if theirs.id != ours.id {
		return fmt.Sprintf("with the id %d; there it has %d", ours.id, theirs.id), nil
	}
	if theirs.content == ours.content {
		return "", nil
	}
	same, err := j.means(ctx, p, p.subject)
	if same || err != nil {
		return "", err
	}
	return "with another schema", nil
}

// means reports whether a schema of the source is, to the registry here, the
// one with the same id in a subject here.
func (j *job) means(ctx context.Context, p place, subject string) (bool, error) {
	v, err := fetch(ctx, j.From, p)
	if err != nil {
		return false, fmt.Errorf("%s cannot be read: %w", p, err)
	}
	got, err := retry(ctx, func() (client.SchemaVersion, error) {
		return j.To.Lookup(ctx, subject, asNew(v), client.LookupHow{Deleted: true})
	})
	if client.RegistryCode(err) != 0 {
		return false, nil // it has not got it, or could not read it
	}
	return err == nil && got.ID == v.ID, err
}

// asNew is a version as it is registered, without its place.
func asNew(v client.SchemaVersion) client.NewSchema {
	return client.NewSchema{Schema: v.Schema, Type: v.Type, References: v.References, Metadata: v.Metadata, RuleSet: v.RuleSet}
}

// idsHere finds ids that are to be written and belong to other schemas here.
func (j *job) idsHere(ctx context.Context, o *obstacles) error {
	first := map[int]place{}
	for _, name := range j.source.sorted() {
		for _, v := range j.source.subjects[name].versions {
			if _, seen := first[v.id]; !seen && !j.target.has(place{name, v.number}) {
				first[v.id] = place{name, v.number}
			}
		}
	}
	ids := make([]int, 0, len(first))
	for id := range first {
		ids = append(ids, id)
	}
	return each(ctx, j.Workers, ids, func(ctx context.Context, id int) error {
		same, err := j.idIsFree(ctx, id, first[id])
		if err != nil {
			return fmt.Errorf("the id %d cannot be looked up here: %w", id, err)
		}
		if !same {
			o.add("the id %d of %s is that of another schema here", id, first[id])
		}
		return nil
	})
}

// idIsFree reports whether an id is nobody's here, or the same schema's.
func (j *job) idIsFree(ctx context.Context, id int, p place) (bool, error) {
	here, err := retry(ctx, func() (client.SchemaVersion, error) { return j.To.SchemaByID(ctx, id) })
	if client.RegistryCode(err) == client.CodeNoSchema {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	v, _ := j.source.subjects[p.subject].at(p.version)
	if contentOf(here) == v.content {
		return true, nil
	}
	uses, err := retry(ctx, func() ([]client.SchemaVersion, error) { return j.To.SchemaUses(ctx, id) })
	if err != nil || len(uses) == 0 {
		return false, err
	}
	return j.means(ctx, p, uses[0].Subject)
}

// notes tells what is not taken along.
func (j *job) notes() {
	if j.source.vague {
		j.note("the other registry does not say which settings are a subject's own: those that are as the whole registry's are taken for it")
	}
	if c := j.source.config; j.Prefix == "" && c != nil && j.target.config != nil && c.Compatibility != j.target.config.Compatibility {
		j.note("the level of subjects that have none of their own becomes " + c.Compatibility + ", as it is there; it was " + j.target.config.Compatibility)
	}
	if j.Prefix == "" && j.source.mode != "" && j.source.mode != "READWRITE" {
		j.note("the other registry as a whole is " + j.source.mode + "; this one is not made so: weir schema mode --set " + j.source.mode)
	}
	if j.Prefix != "" {
		j.note("with a prefix, what is set for the whole registry is not taken along")
	}
}

func (j *job) note(text string) { j.report.Notes = append(j.report.Notes, text) }

// missing is the plan.
func (j *job) missing(order [][]place) plan {
	var p plan
	for _, level := range order {
		var write, remove []place
		for _, at := range level {
			want, _ := j.source.subjects[at.subject].at(at.version)
			have, ok := j.target.subjects[at.subject].at(at.version)
			if !ok {
				write = append(write, at)
			}
			if want.deleted && !(ok && have.deleted) {
				remove = append(remove, at)
			}
		}
		p.levels, p.deletes = append(p.levels, write), append(p.deletes, remove)
	}
	slices.Reverse(p.deletes) // what refers goes before what it refers to
	for _, name := range j.source.sorted() {
		theirs, ours := j.source.subjects[name], j.target.subjects[name]
		if !sameConfig(sendable(theirs.config), sendable(ours.config)) {
			p.configs = append(p.configs, name)
		}
		if theirs.mode != ours.mode {
			p.modes = append(p.modes, name)
		}
	}
	p.whole = j.Prefix == "" && j.source.config != nil && !sameConfig(sendable(j.source.config), sendable(j.target.config))
	return p
}

// sendable is what of a configuration can be kept here.
func sendable(c *client.SchemaConfig) *client.SchemaConfig {
	if c == nil {
		return nil
	}
	out := *c
	out.Other = nil
	return &out
}

// sorted lists the names.
func (s *survey) sorted() []string {
	names := make([]string, 0, len(s.subjects))
	for n := range s.subjects {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// order puts all versions into levels: a version refers only to versions of
// levels before its own, and comes after the earlier ones of its subject.
func (j *job) order() ([][]place, error) {
	o := orderer{survey: &j.source, level: map[place]int{}}
	var levels [][]place
	for _, name := range j.source.sorted() {
		for _, v := range j.source.subjects[name].versions {
			n, err := o.of(place{name, v.number})
			if err != nil {
				return nil, err
			}
			for len(levels) <= n {
				levels = append(levels, nil)
			}
			levels[n] = append(levels[n], place{name, v.number})
		}
	}
	return levels, nil
}

type orderer struct {
	survey *survey
	level  map[place]int // running while it is being asked for
	path   []string
}

const running = -1

// of is the level of a version.
func (o *orderer) of(p place) (int, error) {
	if n, ok := o.level[p]; ok {
		if n == running {
			return 0, fmt.Errorf("schemas refer to each other in a circle: %s; they cannot be written in any order", strings.Join(append(o.path, p.String()), ", "))
		}
		return n, nil
	}
	o.level[p] = running
	o.path = append(o.path, p.String())
	n := 0
	for _, before := range o.survey.before(p) {
		m, err := o.of(before)
		if err != nil {
			return 0, err
		}
		n = max(n, m+1)
	}
	o.path = o.path[:len(o.path)-1]
	o.level[p] = n
	return n, nil
}

// before lists what has to be written before a version.
func (s *survey) before(p place) []place {
	one := s.subjects[p.subject]
	i := slices.IndexFunc(one.versions, func(v version) bool { return v.number == p.version })
	var out []place
	if i > 0 {
		out = append(out, place{p.subject, one.versions[i-1].number})
	}
	for _, r := range one.versions[i].references {
		if to := (place{r.Subject, r.Version}); s.has(to) {
			out = append(out, to)
		}
	}
	return out
}
