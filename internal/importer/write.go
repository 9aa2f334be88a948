package importer

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/weirmesh/weir/client"
)

// importMode lets versions be written with their numbers and ids.
const importMode = "IMPORT"

// writer is the writing part of a job. It opens a subject with its first write:
// puts it into mode IMPORT.
type writer struct {
	*job
	mu     sync.Mutex
	opened map[string]bool
}

// write does what was planned.
func (j *job) write(ctx context.Context) error {
	if j.DryRun {
		return nil
	}
	w := &writer{job: j, opened: map[string]bool{}}
	if err := w.levels(ctx, "writing", j.plan.levels, w.register); err != nil {
		return err
	}
	if err := w.levels(ctx, "deleting", j.plan.deletes, w.remove); err != nil {
		return err
	}
	if j.plan.whole {
		if err := j.To.SetConfig(ctx, "", *sendable(j.source.config)); err != nil {
			return fmt.Errorf("the configuration of the whole registry cannot be set: %w", err)
		}
	}
	return w.settings(ctx)
}

// levels does one level after the other, each all at once.
func (w *writer) levels(ctx context.Context, part string, levels [][]place, do func(context.Context, place) error) error {
	total := 0
	for _, level := range levels {
		total += len(level)
	}
	tick := w.counter(part, total)
	for _, level := range levels {
		err := each(ctx, w.Workers, level, func(ctx context.Context, p place) error {
			if err := w.open(ctx, p.subject); err != nil {
				return err
			}
			if err := do(ctx, p); err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			tick()
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// open puts a subject into mode IMPORT. Two versions of a subject are never on
// one level, so nobody writes into it meanwhile.
func (w *writer) open(ctx context.Context, name string) error {
	w.mu.Lock()
	done := w.opened[name]
	w.mu.Unlock()
	if done {
		return nil
	}
	if err := w.To.SetMode(ctx, name, client.ModeChange{Mode: importMode, Force: true}); err != nil {
		return fmt.Errorf("%s cannot be put into mode %s: %w", name, importMode, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened[name] = true
	return nil
}

// register writes one version, read from the source now.
func (w *writer) register(ctx context.Context, p place) error {
	v, err := fetch(ctx, w.From, p)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	n := asNew(v)
	n.Version, n.ID = p.version, v.ID
	return w.To.Import(ctx, p.subject, n)
}

// remove deletes one version softly.
func (w *writer) remove(ctx context.Context, p place) error {
	_, err := w.To.DeleteVersion(ctx, p.subject, p.version, false)
	return err
}

// settings gives every subject that was opened, or is set in another way, what
// is set there.
func (w *writer) settings(ctx context.Context) error {
	todo := map[string]bool{}
	for _, name := range slices.Concat(w.plan.configs, w.plan.modes) {
		todo[name] = true
	}
	for name := range w.opened {
		todo[name] = true
	}
	var names []string
	for name := range todo {
		names = append(names, name)
	}
	slices.Sort(names)
	tick := w.counter("setting", len(names))
	return each(ctx, w.Workers, names, func(ctx context.Context, name string) error {
		defer tick()
		now := &subject{}
		if err := now.readSettings(ctx, w.To, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		want := w.source.subjects[name]
		if err := w.setConfig(ctx, name, now, want); err != nil {
			return fmt.Errorf("the configuration of %s cannot be set: %w", name, err)
		}
		if err := w.setMode(ctx, name, now.mode, want.mode); err != nil {
			return fmt.Errorf("the mode of %s cannot be set: %w", name, err)
		}
		return nil
	})
}

// setConfig makes a subject's own configuration what it shall be. What is set
// already and shall not be is taken away first, for setting leaves it.
func (w *writer) setConfig(ctx context.Context, name string, now, want *subject) error {
	to := sendable(want.config)
	if sameConfig(sendable(now.config), to) {
		return nil
	}
	if now.config != nil {
		if err := w.To.DeleteConfig(ctx, name); err != nil && !none(err, client.CodeNoConfig) {
			return err
		}
	}
	if to == nil {
		return nil
	}
	return w.To.SetConfig(ctx, name, *to)
}

// setMode makes a subject's own mode what it shall be.
func (w *writer) setMode(ctx context.Context, name, now, want string) error {
	switch {
	case now == want:
		return nil
	case want != "":
		return w.To.SetMode(ctx, name, client.ModeChange{Mode: want, Force: want == importMode})
	}
	if err := w.To.DeleteMode(ctx, name); err != nil && !none(err, client.CodeNoMode) {
		return err
	}
	return nil
}
