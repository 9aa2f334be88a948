package weir

import (
	"strconv"
	"strings"
)

// The headers that a query gives to the records that it writes.
const (
	// HeaderFrom is what a record was made of, as [Provenance] writes it:
	// TOPIC/PARTITION/OFFSET, or TOPIC/PARTITION/FIRST-LAST/COUNT. There is one
	// for each partition of each input, and at most [MaxProvenance].
	HeaderFrom = "weir.from"
	// HeaderFromMore is how many records of further partitions count, at least,
	// that no [HeaderFrom] names.
	HeaderFromMore = "weir.from-more"
	// HeaderPlan is the fingerprint of the plan that made a record: 16
	// hexadecimal digits, another one for every statement.
	HeaderPlan = "weir.plan"
	// HeaderFailed is why a record was set aside.
	HeaderFailed = "weir.failed"
	// HeaderStep is which step failed: read (a batch whose records cannot be told
	// apart), decode, compute or encode; or late: the record came for a window that
	// had been given already.
	HeaderStep = "weir.step"
	// HeaderLeftOut is how many bytes the value of a record has that was set aside
	// without it, because both would be too large.
	HeaderLeftOut = "weir.left-out"
)

// MaxProvenance is how many places a record names at most.
const MaxProvenance = 64

// Provenance is the place of a record on a cluster, or a range of places in one
// partition.
type Provenance struct {
	Topic     string
	Partition int32
	Offset    int64 // the first one
	// Last is the last one of a range, and Count how many records from the first
	// to the last count, at least; others between them may not. Both are zero for
	// one record.
	Last  int64
	Count int64
}

// String writes it as TOPIC/PARTITION/OFFSET or, a range, as
// TOPIC/PARTITION/FIRST-LAST/COUNT; no name of a topic has a slash.
func (p Provenance) String() string { return string(p.Append(nil)) }

// Append appends what String gives.
func (p Provenance) Append(dst []byte) []byte {
	dst = append(append(dst, p.Topic...), '/')
	dst = append(strconv.AppendInt(dst, int64(p.Partition), 10), '/')
	dst = strconv.AppendInt(dst, p.Offset, 10)
	if !p.Range() {
		return dst
	}
	dst = strconv.AppendInt(append(dst, '-'), p.Last, 10)
	return strconv.AppendInt(append(dst, '/'), p.Count, 10)
}

// Range reports whether it is more than one place.
func (p Provenance) Range() bool { return p.Last > p.Offset }

// ParseProvenance reads what String writes. Invalid for anything else.
func ParseProvenance(s string) (Provenance, error) {
	topic, rest, _ := strings.Cut(s, "/")
	partition, places, ok := strings.Cut(rest, "/")
	n, err := strconv.ParseInt(partition, 10, 32)
	p := Provenance{Topic: topic, Partition: int32(n)}
	if !ok || err != nil || n < 0 || !topicName.MatchString(topic) || !p.places(places) {
		return Provenance{}, Errorf(Invalid, "%q says no place of a record", clip(s)).
			WithFix("write TOPIC/PARTITION/OFFSET, or TOPIC/PARTITION/FIRST-LAST/COUNT")
	}
	return p, nil
}

// places reads what stands behind the partition.
func (p *Provenance) places(s string) bool {
	offsets, count, ranged := strings.Cut(s, "/")
	first, last, dashed := strings.Cut(offsets, "-")
	var ok bool
	if p.Offset, ok = offset(first); !ok || ranged != dashed || !ranged {
		return ok && ranged == dashed
	}
	var okLast, okCount bool
	p.Last, okLast = offset(last)
	p.Count, okCount = offset(count)
	return okLast && okCount && p.Last > p.Offset && p.Count >= 1 && p.Count-1 <= p.Last-p.Offset
}

// offset reads digits.
func offset(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && s[0] != '+' && s[0] != '-'
}
