// Package importer copies a schema registry into another one, through the API
// that both speak: subjects with their versions, ids and soft deletes, and what
// was set for subjects and for the whole.
//
// An import reads all of both sides first, and writes nothing if something is
// in the way. What is there already is left as it is, so that an import which
// was broken off goes on when it is run again, and one that is repeated writes
// nothing. At the end everything is read again and compared.
//
// It holds a few dozen bytes for each version; texts pass through one by one.
package importer

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/weirmesh/weir/client"
)

// Config is one import.
type Config struct {
	From, To *client.Registry
	Prefix   string // only subjects whose names begin so; empty: all, and what is set for the whole registry
	DryRun   bool   // only say what would be written

	// Workers is how many requests run at once; 0 is 16.
	Workers int
	// Progress, if set, is told from time to time how far it is. It is called
	// by many goroutines.
	Progress func(Progress)
}

// Progress is how far an import is with one of its parts.
type Progress struct {
	Part        string // reading, looking, writing, deleting, setting, comparing
	Done, Total int
}

// Obstacles is why an import wrote nothing.
type Obstacles []string

// maxNamed bounds the names in a text for people.
const maxNamed = 20

// Error names them.
func (o Obstacles) Error() string {
	return "nothing was written, because of what is in the way:\n  " + strings.Join(shortened(o), "\n  ")
}

func shortened(names []string) []string {
	if len(names) <= maxNamed {
		return names
	}
	return append(names[:maxNamed:maxNamed], fmt.Sprintf("... and %d more", len(names)-maxNamed))
}

// Plan is what an import has to write.
type Plan struct {
	Subjects int `json:"subjects"` // that it touches
	Versions int `json:"versions"`
	Deletes  int `json:"deletes"`
	Configs  int `json:"configs"`
	Modes    int `json:"modes"`
}

// Report is what an import did, and how both sides compare after it.
type Report struct {
	Planned Plan     `json:"planned"`
	Rows    []Row    `json:"rows,omitempty"` // absent for a dry run
	Notes   []string `json:"notes,omitempty"`
}

// Equal reports whether both sides are the same.
func (r Report) Equal() bool {
	for _, row := range r.Rows {
		if len(row.Different) > 0 {
			return false
		}
	}
	return true
}

// Row compares things of one sort.
type Row struct {
	What      string   `json:"what"`
	There     int      `json:"there"`               // on the other side
	Equal     int      `json:"equal"`               // here
	Different []string `json:"different,omitempty"` // and how
}

// Names is a row's differences as a text.
func (r Row) Names() string { return strings.Join(shortened(r.Different), "; ") }

// job is an import that runs.
type job struct {
	Config
	source, target survey
	plan           plan
	report         Report
}

// Run imports. Obstacles is what it returns when something is in the way; any
// other error may leave a part written, and subjects in mode IMPORT: running it
// again goes on.
func Run(ctx context.Context, c Config) (Report, error) {
	if c.Workers == 0 {
		c.Workers = 16
	}
	j := &job{Config: c}
	for _, step := range []func(context.Context) error{j.read, j.look, j.write, j.compare} {
		if err := step(ctx); err != nil {
			return j.report, err
		}
	}
	return j.report, nil
}

// read surveys both sides, of the target only what the source has.
func (j *job) read(ctx context.Context) error {
	names, err := retry(ctx, func() ([]string, error) {
		return j.From.Subjects(ctx, client.SchemaFilter{Prefix: j.Prefix, Deleted: true})
	})
	if err != nil {
		return fmt.Errorf("the subjects cannot be read: %w", err)
	}
	if j.source, err = j.survey(ctx, "reading", j.From, names); err != nil {
		return err
	}
	j.target, err = j.survey(ctx, "looking", j.To, names)
	return err
}

// counter tells progress of one part.
func (j *job) counter(part string, total int) func() {
	var done atomic.Int64
	return func() {
		n := int(done.Add(1))
		if j.Progress != nil {
			j.Progress(Progress{Part: part, Done: n, Total: total})
		}
	}
}
