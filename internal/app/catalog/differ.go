package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/weirmesh/weir"
)

// Bounds of what a conflict says.
const (
	maxSince = 100 // entries that are looked at
	maxDiffs = 20  // fields that are named
)

// Difference is one field that changed since the caller looked.
type Difference struct {
	Path     string
	Old, New json.RawMessage // absent: nothing, or too long to show
	By       string
	At       time.Time
}

// Differences is the cause of a Conflict about a revision: what others changed
// since the one that the caller saw, the newest last.
type Differences []Difference

// Error names the fields.
func (d Differences) Error() string {
	parts := make([]string, len(d))
	for i, f := range d {
		parts[i] = f.String()
	}
	return strings.Join(parts, "; ")
}

// String is the field with both values, short.
func (d Difference) String() string {
	s := d.Path
	if d.Old != nil || d.New != nil {
		s += fmt.Sprintf(" was %s, is %s", short(d.Old), short(d.New))
	}
	return s + " (" + d.By + ", " + d.At.UTC().Format(time.RFC3339) + ")"
}

func short(v json.RawMessage) string {
	if v == nil {
		return "nothing"
	}
	return clip(string(v))
}

// since makes what changed since then the cause of a conflict about a revision.
// Any other error is passed on.
func since(ctx context.Context, v weir.View, call weir.Call, r weir.Ref, err error) error {
	e, ok := err.(*weir.Error)
	if !ok || e.Where != weir.AtRevision {
		return err
	}
	page, perr := v.Entries(ctx, weir.EntryQuery{Scope: weir.Everything, About: []weir.Ref{r}, Limit: maxSince})
	if perr != nil {
		return perr
	}
	var all Differences
	for i := len(page.Records) - 1; i >= 0; i-- {
		entry := page.Records[i].Entry
		for _, ch := range entry.Changes {
			if ch.Ref.UID != r.UID || ch.Rev <= call.Rev {
				continue
			}
			for _, d := range ch.Diff {
				all = append(all, Difference{Path: d.Path, Old: d.Old, New: d.New, By: entry.By.Name, At: entry.At})
			}
		}
	}
	if len(all) == 0 {
		return err
	}
	all = all[max(0, len(all)-maxDiffs):]
	next := *e
	next.Err = all
	return &next
}
