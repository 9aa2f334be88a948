package broker

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
)

// After a crash kfake would read its whole log into memory, forget which
// batches producers had sent already, and take an unfinished file for a
// finished one. So the log is read here first, one segment at a time, and what
// kfake would have written at an orderly end is written now: a snapshot of
// every partition, the producers' last batches, the end of every transaction
// that was open. The formats are those of the pinned kfake; its files say so
// by their version 1.

// recovered makes the log's folder ready for the broker. It does nothing when
// the broker was closed in good order and must is false. What it wrote is on
// disk when it returns.
func recovered(cfg Config, must bool) error {
	dir, log := cfg.Dir, filepath.Join(cfg.Dir, "log")
	mark := filepath.Join(dir, "clean")
	switch err := os.Remove(mark); {
	case err == nil:
		if err := syncDir(dir); err != nil {
			return unavailable("use the folder "+dir, err)
		}
		if !must {
			return nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return unavailable("use the folder "+dir, err)
	}
	found, err := recoverPartitions(cfg, log)
	if err != nil {
		return unavailable("read the log of the embedded broker", err)
	}
	body, err := json.Marshal(windowsFile{Version: 1, Windows: found.windows})
	if err == nil {
		err = errors.Join(
			replace(filepath.Join(log, "seq_windows.json"), body),
			mendLog(filepath.Join(log, "groups.log"), nil),
			mendLog(filepath.Join(log, "pids.log"), found.fences()),
		)
	}
	if err != nil {
		return unavailable("write into "+log, err)
	}
	return nil
}

// closedCleanly remembers that the next start need not read the log.
func closedCleanly(dir string) error {
	if err := replace(filepath.Join(dir, "clean"), nil); err != nil {
		return unavailable("write into "+dir, err)
	}
	return nil
}

// recovery is what was found in the partitions.
type recovery struct {
	windows []window
	open    map[int64]int16 // producers whose transaction the crash ended, and their epochs
}

// fences are entries for pids.log: the next epoch of every such producer, so
// that it cannot go on as if nothing had happened.
func (r recovery) fences() []any {
	var out []any
	for producer, epoch := range r.open {
		out = append(out, struct {
			Type  string `json:"type"`
			PID   int64  `json:"pid"`
			Epoch int16  `json:"epoch"`
		}{"timeout", producer, epoch + 1})
	}
	return out
}

func recoverPartitions(cfg Config, log string) (recovery, error) {
	all := recovery{open: make(map[int64]int16)}
	root := filepath.Join(log, "partitions")
	dirs, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	for _, d := range dirs {
		topic, number, ok := partitionOf(d.Name())
		if !ok {
			continue
		}
		p := newPartition(topic, number)
		if err := p.read(filepath.Join(root, d.Name()), cfg.Now()); err != nil {
			return all, err
		}
		if p.cut > 0 {
			cfg.Logger.Warn("embedded broker: the end of a batch that was never acknowledged was cut off",
				slog.String("partition", d.Name()), slog.Int64("bytes", p.cut))
		}
		all.windows = append(all.windows, p.latest()...)
		for producer, txn := range p.open {
			all.open[producer] = max(all.open[producer], txn.epoch)
		}
	}
	return all, err
}

// partitionOf reads the name of a partition's folder: TOPIC-NUMBER, escaped.
func partitionOf(name string) (topic string, number int32, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return "", 0, false
	}
	topic, err := url.PathUnescape(name[:i])
	n, nerr := strconv.ParseInt(name[i+1:], 10, 32)
	return topic, int32(n), err == nil && nerr == nil
}

// errDamaged is a bad batch with good ones behind it, or in a file that was
// finished: no crash leaves that.
var errDamaged = weir.Errorf(weir.Damaged, "a batch is damaged")
