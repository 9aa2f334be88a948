package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// The points: those of package engine, and these, which requests of a query's
// session to a broker are. Before is when the request was not sent, after is
// when its answer is there.
const (
	pointOpen     = "open"     // take the transactional id
	pointJoin     = "join"     // make partitions part of the transaction
	pointPut      = "put"      // write rows
	pointJournal  = "journal"  // write the record of the epoch
	pointOffsets  = "offsets"  // make the input offsets part of the transaction
	pointCommit   = "commit"   // end the transaction
	pointSnapshot = "snapshot" // end one that makes a snapshot the base
	pointCut      = "cut"      // delete what the journal has before its base
)

// points is which request is which point.
var points = map[int16]string{
	kmsg.InitProducerID.Int16():     pointOpen,
	kmsg.AddPartitionsToTxn.Int16(): pointJoin,
	kmsg.Produce.Int16():            pointPut,
	kmsg.TxnOffsetCommit.Int16():    pointOffsets,
	kmsg.EndTxn.Int16():             pointCommit,
	kmsg.DeleteRecords.Int16():      pointCut,
}

// What stands in the requests of a query's session: its transactional id has the
// first, its journal's name begins with the second, and the record of an epoch
// with the third.
var (
	ofQuery   = []byte(".query.")
	ofJournal = []byte("_weir.query.")
	ofEpoch   = []byte(`{"run":`)
)

// kill is when the process ends itself.
type kill struct {
	when, point string
	log, epochs *os.File

	mu       sync.Mutex
	left     int   // passings; 0: never
	base     int64 // of the last epoch
	known    bool  // there was one
	snapshot bool  // the epoch that is on its way moved the base
}

// newKill reads when it shall be; empty: never.
func newKill(text, logFile, epochFile string) (*kill, error) {
	k := &kill{}
	var err error
	if k.log, err = appendTo(logFile); err != nil {
		return nil, err
	}
	if k.epochs, err = appendTo(epochFile); err != nil || text == "" {
		return k, err
	}
	parts := strings.Split(text, ":")
	if len(parts) == 3 {
		k.when, k.point = parts[0], parts[1]
		k.left, err = strconv.Atoi(parts[2])
	}
	if err != nil || k.left < 1 || k.when != "before" && k.when != "after" {
		return nil, fmt.Errorf("WEIR_KILL=%q: write before:POINT:N or after:POINT:N", text)
	}
	return k, nil
}

func appendTo(file string) (*os.File, error) {
	if file == "" {
		return nil, nil
	}
	return os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// pass ends the process if it is time.
func (k *kill) pass(when, point string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.left == 0 || when != k.when || point != k.point {
		return
	}
	if k.left--; k.left > 0 {
		return
	}
	if k.log != nil {
		fmt.Fprintf(k.log, "%s:%s\n", when, point)
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// name says which points a request is.
func (k *kill) name(frame []byte) []string {
	if len(frame) < 12 {
		return nil
	}
	key := int16(binary.BigEndian.Uint16(frame[4:]))
	point := points[key]
	if point == "" || !bytes.Contains(frame[:min(len(frame), 1<<10)], ofQuery) {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch point {
	case pointPut:
		return k.produce(frame)
	case pointCommit:
		if k.snapshot {
			k.snapshot = false
			return []string{pointCommit, pointSnapshot}
		}
	}
	return []string{point}
}

// produce is which points a request is that writes records: often both.
func (k *kill) produce(frame []byte) (names []string) {
	for _, t := range produced(frame) {
		switch {
		case !bytes.HasPrefix([]byte(t.Topic), ofJournal):
			names = append(names, pointPut)
		case slices.ContainsFunc(t.Partitions, k.epoch):
			names = append(names, pointJournal)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// produced reads such a request.
func produced(frame []byte) []kmsg.ProduceRequestTopic {
	req := kmsg.NewPtrProduceRequest()
	req.SetVersion(int16(binary.BigEndian.Uint16(frame[6:])))
	body := frame[14+int(binary.BigEndian.Uint16(frame[12:])):] // behind the client's id
	if req.IsFlexible() {
		body = body[1:] // no tags
	}
	if err := req.ReadFrom(body); err != nil {
		panic(err) // the client writes what can be read
	}
	return req.Topics
}

// epoch writes down the record of an epoch that records of the journal hold, if
// they do.
func (k *kill) epoch(records kmsg.ProduceRequestTopicPartition) bool {
	at := bytes.LastIndex(records.Records, ofEpoch)
	if at < 0 {
		return false
	}
	var raw json.RawMessage
	var entry struct {
		Base int64 `json:"base"`
	}
	if err := json.NewDecoder(bytes.NewReader(records.Records[at:])).Decode(&raw); err != nil {
		return false // a change that looks like one
	}
	if err := json.Unmarshal(raw, &entry); err != nil {
		return false
	}
	if k.epochs != nil {
		if _, err := k.epochs.Write(append(raw, '\n')); err != nil {
			panic(err) // without its record the epoch cannot be replayed
		}
	}
	k.snapshot = k.known && entry.Base != k.base
	k.base, k.known = entry.Base, true
	return true
}

// tap is an upstream whose requests pass points.
type tap struct {
	weir.Upstream
	kill *kill
}

// Dial connects to a broker.
func (t *tap) Dial(ctx context.Context, id weir.BrokerID) (net.Conn, error) {
	conn, err := t.Upstream.Dial(ctx, id)
	if err != nil {
		return nil, err
	}
	return &tapped{Conn: conn, kill: t.kill, waits: map[uint32][]string{}}, nil
}

// tapped is a connection on which the client writes each request at once.
type tapped struct {
	net.Conn
	kill  *kill
	mu    sync.Mutex
	waits map[uint32][]string // by correlation id: what passes with the answer

	head []byte // of the answer that is read: its size and its correlation id
	left int    // bytes of it that follow
}

func (c *tapped) Write(b []byte) (int, error) {
	names := c.kill.name(b)
	for _, n := range names {
		c.kill.pass("before", n)
	}
	if len(names) > 0 {
		c.mu.Lock()
		c.waits[binary.BigEndian.Uint32(b[8:])] = names
		c.mu.Unlock()
	}
	return c.Conn.Write(b)
}

func (c *tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.look(b[:n])
	return n, err
}

// look follows the answers.
func (c *tapped) look(b []byte) {
	for len(b) > 0 {
		if c.left > 0 {
			n := min(c.left, len(b))
			c.left, b = c.left-n, b[n:]
			continue
		}
		n := min(8-len(c.head), len(b))
		c.head, b = append(c.head, b[:n]...), b[n:]
		if len(c.head) < 8 {
			return
		}
		c.answered(binary.BigEndian.Uint32(c.head[4:]))
		c.left, c.head = int(binary.BigEndian.Uint32(c.head))-4, c.head[:0]
	}
}

func (c *tapped) answered(id uint32) {
	c.mu.Lock()
	names := c.waits[id]
	delete(c.waits, id)
	c.mu.Unlock()
	for _, n := range names {
		c.kill.pass("after", n)
	}
}
