package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/core/wire"
)

func TestReadSize(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   []byte
		want int
		err  error
	}{
		{[]byte{0, 0, 0, 5}, 5, nil},
		{[]byte{0, 0, 0, 0}, 0, nil},
		{[]byte{0, 0, 0, 11}, 11, wire.ErrSize},
		{[]byte{0xff, 0xff, 0xff, 0xff}, -1, wire.ErrSize},
		{nil, 0, io.EOF},
		{[]byte{0, 0}, 0, io.ErrUnexpectedEOF},
	} {
		if got, err := wire.ReadSize(bytes.NewReader(test.in), 10); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("% x: %d, %v", test.in, got, err)
		}
	}
}

// TestReadBody: frames of all sizes arrive whole, into a buffer that is used
// again; one that is cut off has cost about what came.
func TestReadBody(t *testing.T) {
	t.Parallel()
	var buf []byte
	for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 1 << 20, 3} {
		want := bytes.Repeat([]byte("abcdefg"), size/7+1)[:size]
		var err error
		if buf, err = wire.ReadBody(iotest.HalfReader(bytes.NewReader(want)), buf, size, nil); err != nil || !bytes.Equal(buf, want) {
			t.Errorf("%d bytes: %d came, %v", size, len(buf), err)
		}
	}
	var granted int
	cut, err := wire.ReadBody(bytes.NewReader(make([]byte, 100<<10)), nil, 1<<30, func(more int) error { granted += more; return nil })
	if !errors.Is(err, io.ErrUnexpectedEOF) || cap(cut) > 512<<10 || granted > 512<<10 {
		t.Errorf("a torn frame: %d bytes held, %d granted, %v", cap(cut), granted, err)
	}
	no := errors.New("no")
	if _, err := wire.ReadBody(bytes.NewReader(make([]byte, 1<<20)), nil, 1<<20, func(int) error { return no }); !errors.Is(err, no) {
		t.Errorf("not granted: %v", err)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	for _, version := range []int16{0, 9} { // without and with tagged fields
		req := kmsg.NewPtrMetadataRequest()
		req.Version = version
		frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID("me")).AppendRequest(nil, req, 77)[4:]
		h, err := wire.ReadHeader(frame, req.IsFlexible())
		if err != nil || h.Key != 3 || h.Version != version || h.Correlation != 77 || h.ClientID != "me" ||
			!bytes.Equal(frame[h.Body:], req.AppendTo(nil)) {
			t.Errorf("version %d: %+v, %v", version, h, err)
		}
		for n := range h.Body {
			if _, err := wire.ReadHeader(frame[:n], req.IsFlexible()); !errors.Is(err, wire.ErrTorn) {
				t.Errorf("version %d, %d bytes: %v", version, n, err)
			}
		}
	}
}

func TestResponseHeader(t *testing.T) {
	t.Parallel()
	for _, flexible := range []bool{false, true} {
		frame := wire.SetSize(append(wire.AppendResponse(nil, 5, flexible), "body"...))
		if int(binary.BigEndian.Uint32(frame)) != len(frame)-4 {
			t.Errorf("size %d of %d", binary.BigEndian.Uint32(frame), len(frame)-4)
		}
		correlation, at, err := wire.ReadResponse(frame[4:], flexible)
		if err != nil || correlation != 5 || string(frame[4+at:]) != "body" {
			t.Errorf("flexible %v: %d, %d, %v", flexible, correlation, at, err)
		}
	}
	tagged := []byte{0, 0, 0, 5, 1, 3, 2, 'x', 'y', 'b'}
	if _, at, err := wire.ReadResponse(tagged, true); err != nil || tagged[at] != 'b' {
		t.Errorf("tags in the header: %d, %v", at, err)
	}
}

func batchOf(records int32, size int) []byte {
	b := kmsg.RecordBatch{Magic: 2, NumRecords: records, LastOffsetDelta: records - 1, Records: make([]byte, size)}
	b.Length = int32(len(b.AppendTo(nil)) - 12)
	return b.AppendTo(nil)
}

func TestBatches(t *testing.T) {
	t.Parallel()
	two := append(batchOf(3, 10), batchOf(4, 20)...)
	if batches, records, err := wire.Count(two); batches != 2 || records != 7 || err != nil {
		t.Errorf("%d batches, %d records, %v", batches, records, err)
	}
	if batches, records, err := wire.Count(two[:len(two)-1]); batches != 1 || records != 3 || err != nil {
		t.Errorf("cut off by the broker: %d batches, %d records, %v", batches, records, err)
	}
	if n, err := wire.CheckBatches(two); n != 7 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	old := batchOf(1, 1)
	old[16] = 1
	short := batchOf(1, 1)
	binary.BigEndian.PutUint32(short[8:], 10)
	gap := batchOf(3, 10)
	binary.BigEndian.PutUint32(gap[23:], 7)
	negative := batchOf(-5, 10)
	for name, raw := range map[string][]byte{
		"nothing": nil, "torn": two[:len(two)-1], "old": old, "too short a length": short,
		"a gap": gap, "negative": negative, "none": batchOf(0, 0), "text": []byte("no batch at all, but long enough to be one"),
	} {
		if n, err := wire.CheckBatches(raw); !errors.Is(err, wire.ErrTorn) {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte{0, 3, 0, 9, 0, 0, 0, 1, 0, 1, 'x', 0, 1}, true)
	f.Fuzz(func(t *testing.T, frame []byte, flexible bool) {
		h, err := wire.ReadHeader(frame, flexible)
		if err == nil && (h.Body < 8 || h.Body > len(frame)) {
			t.Errorf("body at %d of %d", h.Body, len(frame))
		}
		wire.ReadResponse(frame, flexible)
	})
}

func FuzzBatches(f *testing.F) {
	f.Add(append(batchOf(3, 10), batchOf(4, 20)...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		records, err := wire.CheckBatches(raw)
		if err != nil {
			return
		}
		if _, counted, err := wire.Count(raw); err != nil || counted != records {
			t.Errorf("checked %d, counted %d, %v", records, counted, err)
		}
		var b kmsg.RecordBatch
		if err := b.ReadFrom(raw); err != nil {
			t.Errorf("accepted, but kmsg says %v", err)
		}
	})
}

// TestKeepTopics: what is kept keeps its bytes, and torn input is told.
func TestKeepTopics(t *testing.T) {
	t.Parallel()
	keep := func(topic string) bool { return topic != "hidden" }
	for version := range int16(5) {
		m := kmsg.NewConsumerMemberMetadata()
		m.Version, m.Topics, m.UserData, m.Generation = version, []string{"a", "hidden", "b"}, []byte("user"), 5
		m.OwnedPartitions = []kmsg.ConsumerMemberMetadataOwnedPartition{{Topic: "hidden", Partitions: []int32{1}}, {Topic: "b"}}
		raw := append(m.AppendTo(nil), "what a later version adds"...)
		m.Topics, m.OwnedPartitions = []string{"a", "b"}, m.OwnedPartitions[1:]
		want := append(m.AppendTo(nil), "what a later version adds"...)
		got, err := wire.KeepTopics(raw, keep)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("version %d: %q, %v; want %q", version, got, err, want)
		}
		if got, err := wire.KeepTopics(want, keep); err != nil || !bytes.Equal(got, want) {
			t.Errorf("version %d, nothing to take out: %q, %v", version, got, err)
		}
		body := m.AppendTo(nil)
		for cut := range 12 {
			if _, err := wire.KeepTopics(body[:cut], keep); !errors.Is(err, wire.ErrTorn) {
				t.Errorf("version %d, %d bytes: %v", version, cut, err)
			}
		}
	}
}

// TestRenameTopics: names change in subscriptions and assignments, everything
// else keeps its bytes, and what has nothing to rename is the same slice.
func TestRenameTopics(t *testing.T) {
	t.Parallel()
	to := func(topic string) string {
		if topic == "old" {
			return "a.much.longer.name"
		}
		return topic
	}
	for version := range int16(4) {
		m, a := kmsg.NewConsumerMemberMetadata(), kmsg.NewConsumerMemberAssignment()
		m.Version, m.Topics, m.UserData, m.Generation = version, []string{"x", "old", "y"}, []byte("old"), 5
		m.OwnedPartitions = []kmsg.ConsumerMemberMetadataOwnedPartition{{Topic: "old", Partitions: []int32{1, 2}}, {Topic: "y"}}
		a.Version, a.UserData = version, []byte("old")
		a.Topics = []kmsg.ConsumerMemberAssignmentTopic{{Topic: "x", Partitions: []int32{7}}, {Topic: "old", Partitions: []int32{1, 2}}}
		subscribed, assigned := append(m.AppendTo(nil), "later"...), append(a.AppendTo(nil), "later"...)
		m.Topics[1], m.OwnedPartitions[0].Topic, a.Topics[1].Topic = "a.much.longer.name", "a.much.longer.name", "a.much.longer.name"
		for _, c := range []struct {
			raw, want []byte
			rename    func([]byte, func(string) string) ([]byte, error)
		}{
			{subscribed, append(m.AppendTo(nil), "later"...), wire.RenameTopics},
			{assigned, append(a.AppendTo(nil), "later"...), wire.RenameAssigned},
		} {
			got, err := c.rename(c.raw, to)
			if err != nil || !bytes.Equal(got, c.want) {
				t.Errorf("version %d: %q, %v; want %q", version, got, err, c.want)
			}
			if same, err := c.rename(c.want, to); err != nil || &same[0] != &c.want[0] {
				t.Errorf("version %d: nothing to rename, but %q, %v", version, same, err)
			}
			for cut := range 12 {
				if _, err := c.rename(c.raw[:cut], to); !errors.Is(err, wire.ErrTorn) {
					t.Errorf("version %d, %d bytes: %v", version, cut, err)
				}
			}
		}
	}
}
