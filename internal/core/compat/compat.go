// Package compat says whether a schema may follow others, at each level that
// registries have. What stops a reader of one schema from reading what was
// written with another is decided by the language's checker, in the packages
// below; here is which pairs a level compares.
package compat

import (
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Version is an earlier schema of a subject.
type Version struct {
	Version int
	Schema  schema.Schema
}

// Direction says who reads: BACKWARD, the new schema reads the old one's
// records; FORWARD, the other way round.
type Direction string

const (
	Backward Direction = "BACKWARD"
	Forward  Direction = "FORWARD"
)

// Finding is a mismatch with one earlier version, in one direction.
type Finding struct {
	Version   int
	Direction Direction
	schema.Mismatch
}

// Verdict is what a check found. No findings: the schema may follow.
type Verdict struct {
	Level    weir.Compatibility
	Findings []Finding
}

// Compatible reports whether the schema may follow.
func (v Verdict) Compatible() bool { return len(v.Findings) == 0 }

// MaxFindings bounds the findings of a verdict.
const MaxFindings = 100

// CanRead lists what stops one who has the reader's schema from reading what
// was written with the writer's.
type CanRead func(reader, writer schema.Schema) []schema.Mismatch

// Check says whether next may follow earlier versions, which are ascending. A
// level that is not transitive looks at the last one alone.
func Check(level weir.Compatibility, next schema.Schema, earlier []Version, can CanRead) Verdict {
	v := Verdict{Level: level}
	backward, forward, transitive := meaning(level)
	if !transitive && len(earlier) > 1 {
		earlier = earlier[len(earlier)-1:]
	}
	for _, e := range slices.Backward(earlier) {
		if backward {
			v.add(e.Version, Backward, can(next, e.Schema))
		}
		if forward {
			v.add(e.Version, Forward, can(e.Schema, next))
		}
	}
	return v
}

func (v *Verdict) add(version int, d Direction, ms []schema.Mismatch) {
	for _, m := range ms {
		if len(v.Findings) == MaxFindings {
			return
		}
		v.Findings = append(v.Findings, Finding{Version: version, Direction: d, Mismatch: m})
	}
}

// meaning is the table of levels.
func meaning(level weir.Compatibility) (backward, forward, transitive bool) {
	switch level {
	case weir.CompatBackward:
		return true, false, false
	case weir.CompatBackwardTransitive:
		return true, false, true
	case weir.CompatForward:
		return false, true, false
	case weir.CompatForwardTransitive:
		return false, true, true
	case weir.CompatFull:
		return true, true, false
	case weir.CompatFullTransitive:
		return true, true, true
	}
	return false, false, false
}
