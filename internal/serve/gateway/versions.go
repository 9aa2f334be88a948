package gateway

import (
	"bufio"
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/wire"
)

// versionsFor is how long a broker's versions are believed; awayFor how long a
// broker that did not answer is not asked again.
const (
	versionsFor = time.Minute
	awayFor     = time.Second
)

// transactionVersion is the only feature of a cluster that clients must know:
// it decides how Produce joins partitions to a transaction.
const transactionVersion = "transaction.version"

// versions is what the brokers speak.
type versions struct {
	g  *Gateway
	mu sync.Mutex
	by map[broker]*asked
}

// asked is what is known of one broker.
type asked struct {
	mu     sync.Mutex // held while the broker is asked
	at     time.Time
	spoken spoken
	err    error // of the last question
}

// spoken is what one broker speaks; the zero value is not known.
type spoken struct {
	keys map[int16]kmsg.ApiVersionsResponseApiKey
	resp *kmsg.ApiVersionsResponse
}

func newVersions(g *Gateway) *versions { return &versions{g: g, by: map[broker]*asked{}} }

// of is what a broker speaks; it is asked now and then, and what was heard last
// is good while it does not answer.
func (v *versions) of(ctx context.Context, to broker) (spoken, error) {
	v.mu.Lock()
	a, ok := v.by[to]
	if !ok {
		a = new(asked)
		v.by[to] = a
	}
	v.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if age := v.g.now().Sub(a.at); age >= versionsFor || a.err != nil && age >= awayFor {
		a.ask(ctx, v.g, to)
	}
	if a.spoken.resp == nil {
		return spoken{}, weir.Errorf(weir.Unavailable, "the broker does not say what it speaks").Because(a.err)
	}
	return a.spoken, nil
}

func (a *asked) ask(ctx context.Context, g *Gateway, to broker) {
	resp, err := g.askVersions(ctx, to)
	a.at, a.err = g.now(), err
	if err != nil {
		return
	}
	a.spoken = spoken{resp: resp, keys: map[int16]kmsg.ApiVersionsResponseApiKey{}}
	for _, k := range resp.ApiKeys {
		a.spoken.keys[k.ApiKey] = k
	}
}

// bounds are the versions of a request that both the table and the broker
// know; low is above high if there are none.
func (s spoken) bounds(e *entry) (low, high int16) {
	if e.beforeLogin {
		return e.min, e.max
	}
	k, ok := s.keys[e.key]
	if !ok {
		return 1, 0
	}
	return max(e.min, k.MinVersion), min(e.max, k.MaxVersion)
}

// askVersions asks on a connection of its own.
func (g *Gateway) askVersions(ctx context.Context, to broker) (*kmsg.ApiVersionsResponse, error) {
	nc, _, err := g.dial(ctx, to)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	nc.SetDeadline(deadline(g.limits.DialTime))
	for _, version := range []int16{3, 0} {
		resp, err := askOnce(nc, version)
		if err != nil || resp.ErrorCode == 0 {
			return resp, err
		}
	}
	return nil, weir.Errorf(weir.Unavailable, "the broker refuses to say what it speaks")
}

func askOnce(nc interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
}, version int16) (*kmsg.ApiVersionsResponse, error) {
	req := kmsg.NewApiVersionsRequest()
	req.Version, req.ClientSoftwareName, req.ClientSoftwareVersion = version, "weir", "1"
	frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID("weir")).AppendRequest(nil, &req, 0)
	if _, err := nc.Write(frame); err != nil {
		return nil, err
	}
	r := bufio.NewReader(nc)
	size, err := wire.ReadSize(r, 1<<20)
	if err != nil {
		return nil, err
	}
	body, err := wire.ReadBody(r, nil, size, nil)
	if err != nil {
		return nil, err
	}
	_, at, err := wire.ReadResponse(body, false)
	if err != nil {
		return nil, err
	}
	resp := kmsg.NewPtrApiVersionsResponse()
	resp.Version = version
	if len(body) >= at+2 && int16(binary.BigEndian.Uint16(body[at:])) == kerr.UnsupportedVersion.Code {
		resp.Version = 0 // a broker says so in the oldest version
	}
	return resp, resp.ReadFrom(body[at:])
}

// answerVersions answers ApiVersions: what the table has and the broker too. A
// version that is too high gets the oldest answer, with the error that says so;
// the rest of such a request cannot be read.
func (c *conn) answerVersions(ctx context.Context, x *exchange) error {
	known, err := c.g.versions.of(ctx, c.to)
	if err != nil {
		return err
	}
	c.heardLibrary(x.header.Version)
	resp := kmsg.NewPtrApiVersionsResponse()
	x.local = resp
	if v := x.header.Version; v < 0 || v > x.entry.max {
		resp.ErrorCode = kerr.UnsupportedVersion.Code
	} else {
		resp.Version = v
	}
	for i := range c.g.table {
		e := &c.g.table[i]
		if low, high := known.bounds(e); low <= high {
			resp.ApiKeys = append(resp.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: e.key, MinVersion: low, MaxVersion: high})
		}
	}
	resp.FinalizedFeaturesEpoch = known.resp.FinalizedFeaturesEpoch
	for _, f := range known.resp.SupportedFeatures {
		if f.Name == transactionVersion {
			resp.SupportedFeatures = append(resp.SupportedFeatures, f)
		}
	}
	for _, f := range known.resp.FinalizedFeatures {
		if f.Name == transactionVersion {
			resp.FinalizedFeatures = append(resp.FinalizedFeatures, f)
		}
	}
	return nil
}
