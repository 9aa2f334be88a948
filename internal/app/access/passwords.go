package access

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/scram"
)

// Bounds of logins by password.
const (
	memoLife   = 60 * time.Second // a pair that was checked is not checked again
	maxMemos   = 4096             // pairs that are remembered
	maxHosts   = 4096             // hosts whose failures are counted
	freeWrong  = 10               // failures of a host, and checks under way, before it goes to the slow lane
	forgetFor  = time.Minute      // without a failure, after which a host starts anew
	maxWaiting = 256              // in each lane
	maxSecret  = 256              // bytes of a user name, or of a password
)

// Passwords says which application a user name and a password are. Checking a
// password takes about a millisecond, so a pair that was checked is remembered
// for a minute, as a keyed hash: right ones as long as their credential is the
// application's, wrong ones as long as the application has no other.
//
// Few passwords are checked at once. A host that was wrong often waits for its
// turn in a lane of its own, so that its guesses keep nobody else waiting; no
// number of wrong passwords keeps the right one out for long.
type Passwords struct {
	live    *Live
	now     func() time.Time
	secret  []byte
	hashers sync.Pool // of *hasher, keyed

	fast, slow lane
	checked    atomic.Int64

	mu      sync.RWMutex
	known   map[pairKey]*memo
	pending map[pairKey]chan struct{} // pairs that are being checked; closed when they were
	wrong   map[string]failures       // by host
}

// pairKey is the keyed hash of a user name and a password.
type pairKey [sha256.Size]byte

// memo is what came out for a pair of user name and password.
type memo struct {
	credential weir.UID // that it was checked against; zero: nobody's
	good       bool
	until      time.Time
	seen       atomic.Pointer[resolved]
}

// resolved is who a memo's application is at one offset.
type resolved struct {
	at        weir.Offset
	principal weir.Principal
}

type failures struct {
	count int
	last  time.Time
}

// NewPasswords makes it. The secret keys the hashes that are remembered; it
// must be random and belong to nothing else.
func NewPasswords(live *Live, secret []byte, now func() time.Time) *Passwords {
	p := &Passwords{
		live: live, now: now, secret: secret, fast: newLane(), slow: newLane(),
		known: map[pairKey]*memo{}, pending: map[pairKey]chan struct{}{}, wrong: map[string]failures{},
	}
	p.hashers.New = func() any { return &hasher{Hash: hmac.New(sha256.New, secret)} }
	return p
}

// Authenticate says which application a user name and a password are, and what
// it is at this moment. Unauthorized says neither which of the two is wrong nor
// whether there is such an application; Limit asks to come again, when too many
// passwords wait to be checked.
func (p *Passwords) Authenticate(ctx context.Context, user, password string, via weir.Via) (weir.Principal, error) {
	if len(user) > maxSecret || len(password) > maxSecret || user == "" || password == "" {
		return weir.Principal{}, wrongPassword()
	}
	key := p.key(user, password)
	snapshot := p.live.Current()
	login, _ := snapshot.Login(user)
	m := p.find(key, login.Credential)
	if m == nil {
		var err error
		if m, err = p.once(ctx, key, user, password, login, via); err != nil {
			return weir.Principal{}, err
		}
		snapshot = p.live.Current()
		login, _ = snapshot.Login(user) // it may have ended meanwhile
	}
	if !m.good || m.credential != login.Credential {
		return weir.Principal{}, wrongPassword()
	}
	out := m.principal(snapshot, login)
	out.Via = via
	return out, nil
}

// Checked says how many passwords were compared, which is what costs.
func (p *Passwords) Checked() int64 { return p.checked.Load() }

func wrongPassword() error {
	return weir.Errorf(weir.Unauthorized, "wrong user name or password").
		WithFix("use an application's name and its password (weir app rotate NAME makes another), or a token as the password")
}

// hasher makes keyed hashes without taking memory.
type hasher struct {
	hash.Hash
	in  [2 + 2*maxSecret]byte
	sum pairKey
}

// key is the keyed hash of a pair.
func (p *Passwords) key(user, password string) pairKey {
	h, _ := p.hashers.Get().(*hasher)
	defer p.hashers.Put(h)
	h.Reset()
	binary.BigEndian.PutUint16(h.in[:], uint16(len(user)))
	n := 2 + copy(h.in[2:], user)
	n += copy(h.in[n:], password)
	_, _ = h.Write(h.in[:n])
	h.Sum(h.sum[:0])
	return h.sum
}

// find gives what came out for a pair, if that was not long ago and the
// application has the same credential.
func (p *Passwords) find(key pairKey, credential weir.UID) *memo {
	p.mu.RLock()
	defer p.mu.RUnlock()
	m := p.known[key]
	if m == nil || m.credential != credential || !p.now().Before(m.until) {
		return nil
	}
	return m
}

// once checks a pair that is not known. Those who ask for the same pair at the
// same time wait for one check.
func (p *Passwords) once(ctx context.Context, key pairKey, user, password string, l Login, via weir.Via) (*memo, error) {
	for {
		mine, others := p.begin(key)
		if mine != nil {
			defer p.end(key, mine)
			if m := p.find(key, l.Credential); m != nil {
				return m, nil // another check ended since it was looked for
			}
			m, err := p.check(ctx, user, password, l, via)
			if err == nil {
				p.keep(key, m)
			}
			return m, err
		}
		select {
		case <-others:
		case <-ctx.Done():
			return nil, tooMany()
		}
		if m := p.find(key, l.Credential); m != nil {
			return m, nil
		}
	}
}

// begin takes a pair to check, or gives what to wait for.
func (p *Passwords) begin(key pairKey) (mine chan struct{}, others <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, ok := p.pending[key]; ok {
		return nil, c
	}
	mine = make(chan struct{})
	p.pending[key] = mine
	return mine, nil
}

func (p *Passwords) end(key pairKey, mine chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.pending, key)
	close(mine)
}

// keep remembers what came out for a pair. What is too old makes room; if
// nothing is, anything does.
func (p *Passwords) keep(key pairKey, m *memo) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= maxMemos {
		p.makeRoom()
	}
	p.known[key] = m
}

func (p *Passwords) makeRoom() {
	now := p.now()
	for k, m := range p.known {
		if !now.Before(m.until) || !m.good {
			delete(p.known, k)
		}
	}
	for k := range p.known {
		if len(p.known) < maxMemos {
			return
		}
		delete(p.known, k)
	}
}

// check compares the password, in its turn. For a name that nobody has it costs
// the same.
func (p *Passwords) check(ctx context.Context, user, password string, l Login, via weir.Via) (*memo, error) {
	host, good := hostOf(via.Address), false
	lane := p.laneOf(host)
	defer func() {
		if good {
			p.excuse(host)
		}
	}()
	leave, err := lane.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	v := l.Scram
	if l.Credential.IsZero() {
		v = scram.Fake(p.secret, user)
	}
	p.checked.Add(1)
	good = scram.Check(v, password) && !l.Credential.IsZero()
	return &memo{credential: l.Credential, good: good, until: p.now().Add(memoLife)}, nil
}

func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// laneOf says where a host's check waits, and counts it as a failure until it
// is excused: so a host has few checks in the fast lane, also at once.
func (p *Passwords) laneOf(host string) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.wrong) >= maxHosts {
		clear(p.wrong)
	}
	f, now := p.wrong[host], p.now()
	if now.Sub(f.last) >= forgetFor {
		f.count = 0
	}
	f = failures{f.count + 1, now}
	p.wrong[host] = f
	if f.count > freeWrong {
		return &p.slow
	}
	return &p.fast
}

// excuse takes a check back that was right.
func (p *Passwords) excuse(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f, ok := p.wrong[host]; ok && f.count > 0 {
		f.count--
		p.wrong[host] = f
	}
}

// principal is the application as a snapshot knows it.
func (m *memo) principal(s *Snapshot, l Login) weir.Principal {
	if r := m.seen.Load(); r != nil && r.at == s.Offset() {
		return r.principal
	}
	r := &resolved{at: s.Offset(), principal: weir.Principal{
		Ref:   weir.Ref{Noun: weir.NounApplication, UID: l.Application, Name: l.Name},
		Teams: []weir.UID{l.Team}, Domains: s.ownedBy(l.Team), AsOf: s.Offset(),
	}}
	m.seen.Store(r)
	return r.principal
}

// lane lets one in at a time, in the order in which they came.
type lane struct {
	turn    chan struct{}
	waiting chan struct{}
}

func newLane() lane {
	return lane{turn: make(chan struct{}, 1), waiting: make(chan struct{}, maxWaiting)}
}

// enter waits for the turn, and gives what ends it.
func (l *lane) enter(ctx context.Context) (leave func(), err error) {
	select {
	case l.waiting <- struct{}{}:
		defer func() { <-l.waiting }()
	default:
		return nil, tooMany()
	}
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn }, nil
	case <-ctx.Done():
		return nil, tooMany()
	}
}

func tooMany() error {
	return weir.Errorf(weir.Limit, "too many passwords wait to be checked").WithFix("try again in a second; clients that keep their connection are checked once a minute")
}
