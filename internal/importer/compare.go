package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// compare reads what is here again, and puts it beside what was read there.
func (j *job) compare(ctx context.Context) error {
	if j.DryRun {
		return nil
	}
	here, err := j.survey(ctx, "comparing", j.To, j.source.sorted())
	if err != nil {
		return err
	}
	c := &comparison{job: j, here: &here}
	if err := each(ctx, j.Workers, j.source.sorted(), c.subject); err != nil {
		return err
	}
	c.whole()
	j.report.Rows = c.rows()
	return nil
}

// comparison collects rows, by many goroutines.
type comparison struct {
	*job
	here *survey
	mu   sync.Mutex
	row  [5]Row
}

// The rows of the report.
const (
	subjectRow = iota
	versionRow
	deletedRow
	configRow
	modeRow
)

// count counts a thing that is there, or should not be here; why is empty if
// both sides are the same.
func (c *comparison) count(row int, there bool, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &c.row[row]
	if there {
		r.There++
	}
	if why != "" {
		r.Different = append(r.Different, why)
	} else if there {
		r.Equal++
	}
}

func (c *comparison) subject(ctx context.Context, name string) error {
	theirs, ours := c.source.subjects[name], c.here.subjects[name]
	c.count(subjectRow, true, numbersDiffer(name, theirs, ours))
	for _, want := range theirs.versions {
		have, ok := ours.at(want.number)
		if err := c.version(ctx, place{name, want.number}, want, have, ok); err != nil {
			return err
		}
	}
	c.count(configRow, theirs.config != nil, configDiffers(name, theirs, ours))
	c.count(modeRow, theirs.mode != "", modeDiffers(name, theirs, ours))
	return nil
}

func (c *comparison) version(ctx context.Context, p place, want, have version, ok bool) error {
	if !ok {
		c.count(versionRow, true, p.String()+" is missing")
		return nil
	}
	why, err := c.differs(ctx, p, want, have)
	if err != nil {
		return err
	}
	if why != "" {
		why = p.String() + " is here " + why
	}
	c.count(versionRow, true, why)
	if want.deleted != have.deleted {
		c.count(deletedRow, want.deleted, fmt.Sprintf("%s is deleted %s", p, map[bool]string{true: "there alone", false: "here alone"}[want.deleted]))
	} else {
		c.count(deletedRow, want.deleted, "")
	}
	return nil
}

func numbersDiffer(name string, theirs, ours *subject) string {
	list := func(s *subject) string {
		out := make([]string, len(s.versions))
		for i, v := range s.versions {
			out[i] = fmt.Sprint(v.number)
		}
		return strings.Join(out, ",")
	}
	if a, b := list(theirs), list(ours); a != b {
		return fmt.Sprintf("%s has the versions %s there and %s here", name, orNone(a), orNone(b))
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func configDiffers(name string, theirs, ours *subject) string {
	if theirs.config != nil && len(theirs.config.Other) > 0 {
		return fmt.Sprintf("%s: %s is not kept here", name, strings.Join(others(theirs), ", "))
	}
	if !sameConfig(theirs.config, sendable(ours.config)) {
		return fmt.Sprintf("%s has the level %s there and %s here, or they differ otherwise", name, level(theirs), level(ours))
	}
	return ""
}

// others lists the settings that are not known here.
func others(s *subject) []string {
	var out []string
	for n := range s.config.Other {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func level(s *subject) string {
	if s.config == nil {
		return "none of its own"
	}
	return orNone(s.config.Compatibility)
}

func modeDiffers(name string, theirs, ours *subject) string {
	if theirs.mode == ours.mode {
		return ""
	}
	own := func(m string) string {
		if m == "" {
			return "none of its own"
		}
		return m
	}
	return fmt.Sprintf("%s has the mode %s there and %s here", name, own(theirs.mode), own(ours.mode))
}

// whole compares what is set for the whole registry.
func (c *comparison) whole() {
	if c.Prefix == "" && c.source.config != nil {
		theirs, ours := &subject{config: c.source.config}, &subject{config: c.here.config}
		c.count(configRow, true, configDiffers("the whole registry", theirs, ours))
	}
}

func (c *comparison) rows() []Row {
	names := [...]string{"subjects", "versions", "deleted softly", "configurations", "modes"}
	out := make([]Row, len(c.row))
	for i, r := range c.row {
		r.What = names[i]
		slices.Sort(r.Different)
		out[i] = r
	}
	return out
}
