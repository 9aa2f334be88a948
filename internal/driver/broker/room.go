package broker

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/weirmesh/weir"
)

const (
	measureEvery = 2 * time.Second
	// leastFree is what must be left on the disk: a failed write is worse
	// than a refused one, since the broker then forgets what it promised.
	leastFree int64 = 128 << 20
	// leastKick keeps a nearly full folder from being measured at every request.
	leastKick int64 = 1 << 20
)

// room knows how much the folder holds: as of the last walk, plus everything
// that was sent to the broker since then, which is more than it can have grown.
type room struct {
	dir    string
	limit  int64
	logger *slog.Logger

	used   atomic.Int64 // at the last walk
	since  atomic.Int64 // bytes sent after it
	full   atomic.Pointer[weir.Error]
	broken atomic.Pointer[weir.Error]
	kick   chan struct{}
	near   bool // only the measuring goroutine touches it
}

func newRoom(cfg Config) *room {
	return &room{dir: cfg.Dir, limit: cfg.Limit, logger: cfg.Logger, kick: make(chan struct{}, 1)}
}

// check costs two loads while there is room. Every error is the caller's own.
func (r *room) check() error {
	for _, at := range []*atomic.Pointer[weir.Error]{&r.broken, &r.full} {
		if err := at.Load(); err != nil {
			own := *err
			return &own
		}
	}
	return nil
}

// incoming counts what is about to be sent, and has the folder measured before
// the next tick when that could have filled it.
func (r *room) incoming(n int) {
	if r.since.Add(int64(n)) < max(r.limit-r.used.Load(), min(r.limit/16, leastKick)) {
		return
	}
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// run measures when something was sent, and goes on while there is no room:
// then nobody sends, and others may have made space on the disk.
func (r *room) run(ctx context.Context) {
	tick := time.NewTicker(measureEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.kick:
		case <-tick.C:
			if r.since.Load() == 0 && r.full.Load() == nil {
				continue
			}
		}
		r.measure()
	}
}

// measure walks the folder: a few hundred files at most, as the limit and the
// size of a segment bound their number.
func (r *room) measure() {
	before := r.since.Load()
	used, err := folderSize(r.dir)
	if err != nil {
		r.logger.Error("embedded broker: cannot measure its folder", slog.Any("error", err))
		return
	}
	r.used.Store(used)
	r.since.Add(-before)
	switch free, ok := freeSpace(r.dir); {
	case used >= r.limit:
		r.refuse(r.tooMuch(used))
	case ok && free < leastFree:
		r.refuse(noDisk(r.dir, free))
	default:
		r.full.Store(nil)
	}
	r.warn(used)
}

// refuse takes no more records from now on, and logs so once. Kafka's clients
// show their users no reason, so this is where it is read.
func (r *room) refuse(why *weir.Error) {
	if r.full.Swap(why) == nil {
		r.logger.Error("embedded broker: writes are refused", slog.String("because", why.Public()))
	}
}

// warn logs once when the limit comes near.
func (r *room) warn(used int64) {
	near := used >= r.limit/10*8
	if near && !r.near {
		r.logger.Warn("embedded broker: the limit is near", slog.Int64("bytes", used), slog.Int64("limit", r.limit))
	}
	r.near = near
}

func (r *room) broke(why string) {
	r.broken.CompareAndSwap(nil, weir.Errorf(weir.Limit, "the embedded broker could not write a record: %s", why).
		WithFix("make sure that %s can be written and has space, then start weir again", r.dir))
}

func (r *room) tooMuch(used int64) *weir.Error {
	return weir.Errorf(weir.Limit, "the embedded broker holds %s of at most %s and takes no more records", size(used), size(r.limit)).
		WithFix("shorten the retention of a product (weir product edit), end one (weir product delete DOMAIN.PRODUCT --destroy-data), or use a Kafka cluster (weir up --cluster HOST:PORT)")
}

func noDisk(dir string, free int64) *weir.Error {
	return weir.Errorf(weir.Limit, "the disk that holds %s has only %s left", dir, size(free)).
		WithFix("make space: the embedded broker takes records again when %s are free", size(leastFree))
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return strconv.FormatFloat(float64(n)/(1<<30), 'f', 1, 64) + " GB"
	case n >= 1<<20:
		return strconv.FormatInt(n>>20, 10) + " MB"
	}
	return strconv.FormatInt(n>>10, 10) + " KB"
}

// folderSize adds up the files; what vanishes during the walk counts nothing.
func folderSize(dir string) (int64, error) {
	var total int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				total += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return total, err
}
