package broker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io/fs"
	"maps"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
)

// After a crash kfake has forgotten which batches idempotent producers had
// sent: a producer whose acknowledgement was lost sends its batch again, and it
// would stand in the log twice. Apache Kafka finds out from the log; so do we,
// and write what was found to the file from which kfake reads it.

// mostWindows bounds how many producers of one partition are remembered, the
// last to write first. Only those whose acknowledgement a crash took away
// matter, and those wrote last.
const mostWindows = 10_000

// recovered makes the log's folder ready for the broker, unless it was closed
// in good order. It is on disk when recovered returns.
func recovered(dir, log string) error {
	mark := filepath.Join(dir, "clean")
	switch err := os.Remove(mark); {
	case err == nil:
		return unavailableIf("use the folder "+dir, syncDir(dir))
	case !errors.Is(err, fs.ErrNotExist):
		return unavailable("use the folder "+dir, err)
	}
	windows, err := producers(log)
	if err != nil {
		return unavailable("read the log of the embedded broker", err)
	}
	body, err := json.Marshal(windowsFile{Version: 1, Windows: windows})
	if err != nil {
		return weir.Errorf(weir.Internal, "the producers of the log cannot be written").Because(err)
	}
	return unavailableIf("write into "+log, replace(filepath.Join(log, "seq_windows.json"), body))
}

// closedCleanly remembers that the next start need not read the log.
func closedCleanly(dir string) error {
	return unavailableIf("write into "+dir, replace(filepath.Join(dir, "clean"), nil))
}

func unavailableIf(what string, err error) error {
	if err != nil {
		return unavailable(what, err)
	}
	return nil
}

// The file seq_windows.json of the pinned kfake, its format 1.
type (
	windowsFile struct {
		Version int      `json:"version"`
		Windows []window `json:"windows"`
	}
	window struct {
		Producer  int64   `json:"pid"`
		Topic     string  `json:"topic"`
		Partition int32   `json:"partition"`
		Batches   [5]sent `json:"entries"`
		Count     uint8   `json:"count"`
		At        uint8   `json:"at"`
		Epoch     int16   `json:"epoch"`
		Seen      bool    `json:"seen"`
		Next      int32   `json:"next_seq"`

		last int64 // the offset of its last batch
	}
	sent struct {
		First  int32 `json:"first_seq"`
		Next   int32 `json:"next_seq"`
		Offset int64 `json:"offset"`
	}
)

// add notes a batch that is in the log.
func (w *window) add(b batch) {
	next := int32((int64(b.sequence) + int64(b.records)) % math.MaxInt32)
	if !w.Seen || w.Epoch != b.epoch {
		*w = window{Producer: b.producer, Topic: w.Topic, Partition: w.Partition, Seen: true, Epoch: b.epoch}
	}
	w.Batches[w.At] = sent{b.sequence, next, b.offset}
	w.At = (w.At + 1) % uint8(len(w.Batches))
	w.Count = min(w.Count+1, uint8(len(w.Batches)))
	w.Next, w.last = next, b.offset
}

// producers reads every partition of a log, one segment at a time.
func producers(log string) ([]window, error) {
	root := filepath.Join(log, "partitions")
	dirs, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []window
	for _, d := range dirs {
		topic, partition, ok := partitionOf(d.Name())
		if !ok {
			continue
		}
		found, err := partitionProducers(filepath.Join(root, d.Name()), window{Topic: topic, Partition: partition})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// partitionOf reads the name of a partition's folder: TOPIC-NUMBER, escaped.
func partitionOf(name string) (topic string, partition int32, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return "", 0, false
	}
	topic, err := url.PathUnescape(name[:i])
	n, nerr := strconv.ParseInt(name[i+1:], 10, 32)
	return topic, int32(n), err == nil && nerr == nil
}

func partitionProducers(dir string, blank window) ([]window, error) {
	bases, err := segments(dir)
	if err != nil {
		return nil, err
	}
	windows := make(map[int64]*window)
	for _, base := range bases {
		raw, err := os.ReadFile(filepath.Join(dir, strconv.FormatInt(base, 10)+".dat"))
		if err != nil {
			return nil, err
		}
		var batches []batch
		for b, rest, ok := nextBatch(raw); ok; b, rest, ok = nextBatch(rest) {
			batches = append(batches, b)
		}
		if err := mendIndex(dir, base, batches); err != nil {
			return nil, err
		}
		note(windows, blank, batches)
	}
	return latest(windows), nil
}

func note(windows map[int64]*window, blank window, batches []batch) {
	for _, b := range batches {
		if b.producer < 0 || b.control {
			continue
		}
		w := windows[b.producer]
		if w == nil {
			fresh := blank
			w = &fresh
			windows[b.producer] = w
		}
		w.add(b)
	}
}

// indexEntry is the size of what kfake keeps beside every batch: which leader
// wrote it and whether it belongs to a transaction.
const indexEntry = 15

// mendIndex writes the index of a segment again when a crash came between a
// batch and its entry: else every later entry would be taken for its
// neighbour's, and with it whether a transaction is open.
func mendIndex(dir string, base int64, batches []batch) error {
	path := filepath.Join(dir, strconv.FormatInt(base, 10)+".idx")
	info, err := os.Stat(path)
	if err == nil && info.Size() == int64(len(batches)*indexEntry) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	body := make([]byte, len(batches)*indexEntry)
	for i, b := range batches {
		e := body[i*indexEntry:][:indexEntry]
		e[0] = 1 // the format; 6:14 is computed when it is read
		binary.LittleEndian.PutUint32(e[2:], b.leader)
		if b.transaction && !b.control {
			e[14] = 1
		}
		e[1] = byte(crc32.Checksum(e[2:], castagnoli))
	}
	return replace(path, body)
}

// segments are the first offsets of a partition's files, in order.
func segments(dir string) ([]int64, error) {
	files, err := os.ReadDir(dir)
	var bases []int64
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".dat")
		if base, perr := strconv.ParseInt(name, 10, 64); ok && perr == nil {
			bases = append(bases, base)
		}
	}
	slices.Sort(bases)
	return bases, err
}

// latest are the windows that were written to last, at most mostWindows.
func latest(windows map[int64]*window) []window {
	sorted := slices.SortedFunc(maps.Values(windows), func(a, b *window) int { return int(b.last - a.last) })
	sorted = sorted[:min(len(sorted), mostWindows)]
	out := make([]window, len(sorted))
	for i, w := range sorted {
		out[i] = *w
	}
	return out
}

// batch is the head of a record batch (Kafka's message format 2).
type batch struct {
	offset   int64
	producer int64
	epoch    int16
	sequence int32
	records  int32
	leader   uint32

	transaction, control bool
}

const batchHead = 61

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// nextBatch cuts the first batch off. Where a batch is torn or damaged a
// segment ends, as it does for kfake.
func nextBatch(raw []byte) (b batch, rest []byte, ok bool) {
	if len(raw) < batchHead {
		return batch{}, nil, false
	}
	size := 12 + int64(int32(binary.BigEndian.Uint32(raw[8:])))
	if size < batchHead || size > int64(len(raw)) {
		return batch{}, nil, false
	}
	if crc32.Checksum(raw[21:size], castagnoli) != binary.BigEndian.Uint32(raw[17:]) {
		return batch{}, nil, false
	}
	attributes := binary.BigEndian.Uint16(raw[21:])
	return batch{
		offset:      int64(binary.BigEndian.Uint64(raw)),
		leader:      binary.BigEndian.Uint32(raw[12:]),
		transaction: attributes&0x10 != 0,
		control:     attributes&0x20 != 0,
		producer:    int64(binary.BigEndian.Uint64(raw[43:])),
		epoch:       int16(binary.BigEndian.Uint16(raw[51:])),
		sequence:    int32(binary.BigEndian.Uint32(raw[53:])),
		records:     int32(binary.BigEndian.Uint32(raw[57:])),
	}, raw[size:], true
}
