package broker

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// keptWarnings is how many different warnings are kept for people to see.
const keptWarnings = 20

// Warning is a fault that the broker reported by itself.
type Warning struct {
	At    time.Time // the last time
	Msg   string
	Times int
}

// conduct starts the messages that are about clients that are late or gone, which
// happens all the time, and timeout those about a client whose transaction was
// undone. They say nothing about the broker's health.
var conduct = [...]string{"consumer", "OffsetCommit STALE", "txn: "}

const timeout = "txn timeout abort"

// notes is the broker's logger.
type notes struct {
	logger *slog.Logger
	now    func() time.Time
	broke  func(why string)
	cut    atomic.Bool // a damaged segment was cut off at the damage

	mu   sync.Mutex
	kept []Warning
}

func newNotes(cfg Config, broke func(string)) *notes {
	return &notes{logger: cfg.Logger, now: cfg.Now, broke: broke}
}

// Logf implements kfake.Logger. The broker calls it from its one goroutine.
func (n *notes) Logf(level kfake.LogLevel, format string, args ...any) {
	if level > kfake.LogLevelWarn || level == kfake.LogLevelNone {
		return // requests one by one; of no use to anybody here
	}
	msg := fmt.Sprintf(format, args...)
	switch {
	case slices.ContainsFunc(conduct[:], func(p string) bool { return strings.HasPrefix(format, p) }):
		n.logger.Debug("embedded broker: a client was late", slog.String("detail", msg))
		return
	case strings.HasPrefix(format, timeout):
		n.logger.Info("embedded broker: a client's transaction took longer than it said, and was undone", slog.String("detail", msg))
		return
	}
	n.logger.Error("embedded broker: fault", slog.String("detail", msg))
	n.keep(msg)
	if strings.Contains(format, ": truncating ") {
		n.cut.Store(true)
	}
	if strings.HasPrefix(format, "persist batch") {
		n.broke(msg)
	}
}

func (n *notes) keep(msg string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := Warning{At: n.now(), Msg: msg, Times: 1}
	if i := slices.IndexFunc(n.kept, func(w Warning) bool { return w.Msg == msg }); i >= 0 {
		w.Times += n.kept[i].Times
		n.kept = slices.Delete(n.kept, i, i+1)
	}
	n.kept = append(n.kept, w)
	if len(n.kept) > keptWarnings {
		n.kept = slices.Delete(n.kept, 0, 1)
	}
}

func (n *notes) list() []Warning {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.kept)
}
