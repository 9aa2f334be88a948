package gateway_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	client "github.com/twmb/franz-go/pkg/sasl/scram"
)

// raw is a connection that says exactly what a test wants.
type raw struct {
	testing.TB
	net.Conn
	next  int32
	heard func(kmsg.Response) // may be nil
}

func (m *mesh) raw() *raw { return m.rawTo(m.gateway.Addr()) }

func (m *mesh) rawTo(addr string) *raw {
	m.Helper()
	c, err := net.Dial("tcp", addr)
	must(m, err)
	m.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return &raw{TB: m.TB, Conn: c, heard: m.answered}
}

// login is a raw connection after its login.
func (m *mesh) login(app string) *raw {
	m.Helper()
	r := m.raw()
	if code, text := r.authenticate(app, password); code != 0 {
		m.Fatalf("login of %s: %d %s", app, code, text)
	}
	return r
}

func (r *raw) send(b []byte) error {
	_, err := r.Write(b)
	return err
}

// frame is a request's bytes with the next correlation id.
func (r *raw) frame(req kmsg.Request) []byte {
	r.next++
	return kmsg.NewRequestFormatter(kmsg.FormatterClientID("raw")).AppendRequest(nil, req, r.next)
}

// bytes reads one frame.
func (r *raw) bytes() ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}

// answer reads the answer to a request; correlation 0 is not checked.
func (r *raw) answer(req kmsg.Request, correlation int32) (kmsg.Response, error) {
	b, err := r.bytes()
	if err != nil {
		return nil, err
	}
	if got := int32(binary.BigEndian.Uint32(b)); got != correlation {
		return nil, fmt.Errorf("correlation %d, want %d", got, correlation)
	}
	b = b[4:]
	resp := req.ResponseKind()
	if resp.IsFlexible() && resp.Key() != 18 {
		b = b[1:]
	}
	err = resp.ReadFrom(b)
	if err == nil && r.heard != nil {
		r.heard(resp)
	}
	return resp, err
}

// ask sends a request and reads its answer.
func ask[R kmsg.Response](r *raw, req kmsg.Request) R {
	r.Helper()
	resp, err := tryAsk[R](r, req)
	if err != nil {
		r.Fatalf("%s v%d: %v", kmsg.NameForKey(req.Key()), req.GetVersion(), err)
	}
	return resp
}

func tryAsk[R kmsg.Response](r *raw, req kmsg.Request) (R, error) {
	var none R
	if err := r.send(r.frame(req)); err != nil {
		return none, err
	}
	resp, err := r.answer(req, r.next)
	if err != nil {
		return none, err
	}
	return resp.(R), nil
}

// authenticate logs in with SCRAM and gives the last answer's code and text.
func (r *raw) authenticate(user, pass string) (int16, string) {
	r.Helper()
	hello := kmsg.NewPtrSASLHandshakeRequest()
	hello.Version, hello.Mechanism = 1, "SCRAM-SHA-256"
	if resp := ask[*kmsg.SASLHandshakeResponse](r, hello); resp.ErrorCode != 0 {
		return resp.ErrorCode, ""
	}
	session, token, err := client.Auth{User: user, Pass: pass}.AsSha256Mechanism().Authenticate(context.Background(), "")
	must(r, err)
	for done := false; !done; {
		req := kmsg.NewPtrSASLAuthenticateRequest()
		req.Version, req.SASLAuthBytes = 2, token
		resp := ask[*kmsg.SASLAuthenticateResponse](r, req)
		if resp.ErrorCode != 0 {
			return resp.ErrorCode, *resp.ErrorMessage
		}
		done, token, err = session.Challenge(resp.SASLAuthBytes)
		must(r, err)
	}
	return 0, ""
}

// ended reports whether the other side closes the connection, and when.
func (r *raw) ended(within time.Duration) (time.Duration, bool) {
	began := time.Now()
	r.SetReadDeadline(began.Add(within))
	var timeout net.Error
	err := drained(r)
	return time.Since(began), !(errors.As(err, &timeout) && timeout.Timeout())
}

// mustEnd fails unless the other side closes the connection.
func (r *raw) mustEnd(what string) {
	r.Helper()
	if _, ok := r.ended(5 * time.Second); !ok {
		r.Errorf("%s: the connection stays open", what)
	}
}

// seal completes a batch: length and checksum.
func seal(b *kmsg.RecordBatch) []byte {
	b.LastOffsetDelta = b.NumRecords - 1
	b.Length = int32(len(b.AppendTo(nil)) - 12)
	b.CRC = int32(crc32.Checksum(b.AppendTo(nil)[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b.AppendTo(nil)
}
