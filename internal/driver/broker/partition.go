package broker

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mostWindows bounds how many producers of one partition are remembered, the
// last to write first. Only those whose acknowledgement a crash took away
// matter, and those wrote last.
const mostWindows = 10_000

// partition is what is learned of one by reading it from the beginning.
type partition struct {
	topic   string
	number  int32
	windows map[int64]*window
	open    map[int64]*txn // by producer
	aborted []txn
	cut     int64 // bytes of a batch that a crash left unfinished
	snapshot
}

// txn is the part of a transaction that stands in a partition.
type txn struct {
	Producer int64 `json:"producer_id"`
	First    int64 `json:"first_offset"`
	Last     int64 `json:"last_offset"`
	epoch    int16
}

// snapshot is a partition's file snapshot.json.
type snapshot struct {
	Version  int       `json:"version"`
	End      int64     `json:"high_watermark"`
	Stable   int64     `json:"last_stable_offset"`
	Start    int64     `json:"log_start_offset"`
	Epoch    uint32    `json:"epoch"`
	Created  time.Time `json:"created_at"`
	Aborted  []txn     `json:"aborted_txns"`
	Segments []segment `json:"segments"`
}

// segment is one file of a partition.
type segment struct {
	Base     int64  `json:"base_offset"`
	Size     int64  `json:"size"`
	MinEpoch uint32 `json:"min_epoch"`
	MaxEpoch uint32 `json:"max_epoch"`
}

func newPartition(topic string, number int32) *partition {
	return &partition{topic: topic, number: number, windows: make(map[int64]*window), open: make(map[int64]*txn), snapshot: snapshot{Version: 1}}
}

// read goes through a partition's files, mends what a crash left unfinished
// and writes the snapshot. Where something is damaged no snapshot is left, so
// that kfake looks at every byte and reports it.
func (p *partition) read(dir string, now time.Time) error {
	bases, err := bases(dir)
	if err != nil {
		return err
	}
	damaged := false
	for i, base := range bases {
		err := p.readSegment(dir, base, i == len(bases)-1)
		damaged = damaged || errors.Is(err, errDamaged)
		if err != nil && !errors.Is(err, errDamaged) {
			return err
		}
	}
	path := filepath.Join(dir, "snapshot.json")
	if damaged || p.End == 0 {
		return removed(path)
	}
	p.Created, p.Stable, p.Aborted = now, p.End, p.ended()
	body, err := json.Marshal(p.snapshot)
	if err != nil {
		return err
	}
	return replace(path, body)
}

// bases are the first offsets of a partition's segments, in order.
func bases(dir string) ([]int64, error) {
	files, err := os.ReadDir(dir)
	var all []int64
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".dat")
		if base, perr := strconv.ParseInt(name, 10, 64); ok && perr == nil {
			all = append(all, base)
		}
	}
	slices.Sort(all)
	return all, err
}

func (p *partition) readSegment(dir string, base int64, last bool) error {
	path := filepath.Join(dir, strconv.FormatInt(base, 10))
	raw, err := os.ReadFile(path + ".dat")
	if err != nil {
		return err
	}
	var batches []batch
	rest := raw
	for b, after, ok := nextBatch(rest); ok; b, after, ok = nextBatch(after) {
		batches, rest = append(batches, b), after
	}
	var damage error
	size := int64(len(raw) - len(rest))
	if len(rest) > 0 {
		if damage = errDamaged; last && torn(rest) {
			p.cut = int64(len(rest))
			damage = cutOff(path+".dat", size)
		}
	}
	p.note(batches, segment{Base: base, Size: size})
	return errors.Join(mendIndex(path+".idx", batches), damage)
}

// note learns from a segment's batches. kfake drops segments without any.
func (p *partition) note(batches []batch, s segment) {
	if len(batches) == 0 {
		return
	}
	s.MinEpoch = batches[0].leader
	if len(p.Segments) == 0 {
		p.Start = batches[0].offset
	}
	for _, b := range batches {
		s.MinEpoch, s.MaxEpoch = min(s.MinEpoch, b.leader), max(s.MaxEpoch, b.leader)
		p.Epoch, p.End = b.leader, b.end()
		switch {
		case b.producer < 0:
		case b.control:
			p.end(b)
		default:
			p.sent(b)
		}
	}
	p.Segments = append(p.Segments, s)
}

func (p *partition) sent(b batch) {
	w := p.windows[b.producer]
	if w == nil {
		w = &window{Producer: b.producer, Topic: p.topic, Partition: p.number}
		p.windows[b.producer] = w
	}
	w.add(b)
	if !b.transaction {
		return
	}
	t := p.open[b.producer]
	if t == nil {
		t = &txn{Producer: b.producer, First: b.offset}
		p.open[b.producer] = t
	}
	t.Last, t.epoch = b.end()-1, b.epoch
}

// end takes a marker. One that cannot be read counts as an abort.
func (p *partition) end(b batch) {
	t := p.open[b.producer]
	delete(p.open, b.producer)
	if t != nil && !b.commit {
		t.Last = b.offset
		p.aborted = append(p.aborted, *t)
	}
}

// ended are the aborted transactions; the crash aborted those that were open.
func (p *partition) ended() []txn {
	all := slices.Clone(p.aborted)
	for _, t := range p.open {
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b txn) int { return cmp.Compare(a.Last, b.Last) })
	return all
}

// latest are the producers that wrote last, at most mostWindows.
func (p *partition) latest() []window {
	sorted := slices.SortedFunc(maps.Values(p.windows), func(a, b *window) int { return cmp.Compare(b.last, a.last) })
	sorted = sorted[:min(len(sorted), mostWindows)]
	out := make([]window, len(sorted))
	for i, w := range sorted {
		out[i] = *w
	}
	return out
}
