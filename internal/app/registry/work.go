package registry

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/compat"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// Bounds of what is parsed and compared at once in a node. Small texts have a
// gate of their own, so that they do not wait behind large ones.
const (
	smallText    = 64 << 10 // bytes of one with what it refers to
	smallCompare = 1 << 20  // bytes compared, one after the other
	smallAtOnce  = 16
	smallWait    = 1000
	largeAtOnce  = 2
	largeWait    = 32
	largeEach    = 16 // of one caller, waiting ones too
)

// MaxCompared bounds the bytes of the texts that one check compares: for each
// earlier version its own, and the new schema's again.
const MaxCompared = 16 << 20

// work is one caller's place at the gates, taken for as long as schemas are
// parsed and compared, and never while the writer is waited for.
type work struct {
	r     *Registry
	who   weir.UID
	large bool
	leave []func()
}

// begin takes a place for work on a text of so many bytes. What it leads to may
// be more: see [work.grow].
func (r *Registry) begin(ctx context.Context, p weir.Principal, bytes int) (*work, error) {
	w := &work{r: r, who: p.Ref.UID}
	leave, err := r.small.enter(ctx, w.who)
	if err != nil {
		return nil, err
	}
	w.leave = append(w.leave, leave)
	if err := w.grow(ctx, bytes); err != nil {
		w.end()
		return nil, err
	}
	return w, nil
}

// grow waits for a place among the large ones if a text is one. Nil, which is
// work inside the queue, has no place and needs none: it is alone there.
func (w *work) grow(ctx context.Context, bytes int) error {
	if bytes <= smallText {
		return nil
	}
	return w.enlarge(ctx)
}

func (w *work) enlarge(ctx context.Context) error {
	if w == nil || w.large {
		return nil
	}
	leave, err := w.r.large.enter(ctx, w.who)
	if err != nil {
		return err
	}
	w.large, w.leave = true, append(w.leave, leave)
	return nil
}

func (w *work) end() {
	for _, leave := range w.leave {
		leave()
	}
	w.leave = nil
}

// compare compares a candidate with earlier versions, the last one first, and
// keeps none of them. It ends with the first one that is over [MaxCompared], if
// nothing was found until there.
func (w *work) compare(ctx context.Context, s seen, c candidate, level weir.Compatibility, earlier []weir.SubjectVersion) (compat.Verdict, error) {
	out, bytes := compat.Verdict{Level: level}, 0
	for i := len(earlier) - 1; i >= 0 && len(out.Findings) < compat.MaxFindings; i-- {
		e, size, err := w.r.sized(ctx, w, earlier[i].Schema)
		if err != nil {
			return out, err
		}
		if bytes += size + c.bytes; bytes > MaxCompared && !out.Compatible() {
			return out, nil
		} else if bytes > MaxCompared && i < len(earlier)-1 {
			return out, tooMuchToCompare(s, len(earlier))
		}
		if bytes > smallCompare {
			err = w.enlarge(ctx)
		}
		if err != nil {
			return out, err
		}
		one := compat.Check(level, c.schema, []compat.Version{{Version: earlier[i].Version, Schema: e}}, format.CanRead)
		room := compat.MaxFindings - len(out.Findings)
		out.Findings = append(out.Findings, one.Findings[:min(room, len(one.Findings))]...)
	}
	return out, nil
}

func tooMuchToCompare(s seen, versions int) error {
	return fault(TooLarge, weir.Limit, "the schema and the %d versions of %s that it is compared with have more than %d MB together", versions, s.name, MaxCompared>>20).
		At("schema").WithFix("compare with the last version alone: weir schema config %s --set BACKWARD; or begin a new subject", s.name)
}
