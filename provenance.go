package weir

import (
	"strconv"
	"strings"
)

// The headers that a query gives to the records that it writes.
const (
	// HeaderFrom is the place of the record that a record was made of:
	// TOPIC/PARTITION/OFFSET, as [Provenance] writes it.
	HeaderFrom = "weir.from"
	// HeaderPlan is the fingerprint of the plan that made a record: 16
	// hexadecimal digits, another one for every statement.
	HeaderPlan = "weir.plan"
	// HeaderFailed is why a record was set aside.
	HeaderFailed = "weir.failed"
	// HeaderStep is which step failed: decode, compute or encode.
	HeaderStep = "weir.step"
	// HeaderLeftOut is how many bytes the value of a record has that was set aside
	// without it, because both would be too large.
	HeaderLeftOut = "weir.left-out"
)

// Provenance is the place of a record on a cluster.
type Provenance struct {
	Topic     string
	Partition int32
	Offset    int64
}

// String writes it as TOPIC/PARTITION/OFFSET; no name of a topic has a slash.
func (p Provenance) String() string { return string(p.Append(nil)) }

// Append appends what String gives.
func (p Provenance) Append(dst []byte) []byte {
	dst = append(append(dst, p.Topic...), '/')
	dst = append(strconv.AppendInt(dst, int64(p.Partition), 10), '/')
	return strconv.AppendInt(dst, p.Offset, 10)
}

// ParseProvenance reads what String writes. Invalid for anything else.
func ParseProvenance(s string) (Provenance, error) {
	topic, rest, _ := strings.Cut(s, "/")
	partition, offset, ok := strings.Cut(rest, "/")
	n, err := strconv.ParseInt(partition, 10, 32)
	o, err2 := strconv.ParseInt(offset, 10, 64)
	if !ok || err != nil || err2 != nil || n < 0 || o < 0 || !topicName.MatchString(topic) {
		return Provenance{}, Errorf(Invalid, "%q says no place of a record", clip(s)).WithFix("write TOPIC/PARTITION/OFFSET")
	}
	return Provenance{topic, int32(n), o}, nil
}
