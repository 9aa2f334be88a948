package identity

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/weirmesh/weir"
)

// How long a session lasts, at most and unused, and how many there are.
const (
	sessionLife  = 12 * time.Hour
	sessionIdle  = 2 * time.Hour
	maxSessions  = 10_000
	maxPerPerson = 20
)

// Failed logins for one name that are let through before each costs a wait.
const (
	freeFailures = 5
	failureWait  = time.Second
	maxWait      = time.Minute
	maxFailing   = 10_000
)

// sessionPrefix tells a session from a token.
const sessionPrefix = "weirs_"

// Session is a login that was just made. Secret is shown once.
type Session struct {
	Secret  string
	Person  weir.Ref
	Expires time.Time
}

type session struct {
	hash          weir.Hash
	person        weir.UID
	born, used    time.Time
	passwordState weir.Revision
}

type failing struct {
	count int
	until time.Time
}

// sessions live in memory: logins are not decisions, so they stand in no
// ledger, and a restart ends them.
type sessions struct {
	mu      sync.Mutex
	byID    map[string]*session
	failing map[string]failing
}

func newSessions() *sessions {
	return &sessions{byID: map[string]*session{}, failing: map[string]failing{}}
}

// Login opens a session for a person's name and password. Unauthorized says
// neither which of the two is wrong nor whether the person exists; Limit asks
// to wait after repeated failures.
func (i *Identity) Login(ctx context.Context, name, password string) (Session, error) {
	now := i.now()
	if wait := i.sessions.wait(name, now); wait > 0 {
		return Session{}, weir.Errorf(weir.Limit, "too many failed logins for this name").
			WithFix("wait %s", wait.Round(time.Second))
	}
	p, rev, ok, err := i.passwordOf(ctx, name, password)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		i.sessions.failed(name, now)
		return Session{}, weir.Errorf(weir.Unauthorized, "wrong name or password").
			WithFix("a mesh admin can set a new one: weir person password NAME")
	}
	id, err1 := i.text(16)
	secret, err2 := i.text(32)
	if err1 != nil || err2 != nil {
		return Session{}, weir.Errorf(weir.Internal, "no randomness")
	}
	s := &session{hash: hashToken(secret), person: p.UID, born: now, used: now, passwordState: rev}
	i.sessions.put(id, name, s)
	return Session{Secret: sessionPrefix + id + "_" + secret, Person: p.Ref(), Expires: now.Add(sessionLife)}, nil
}

// decoy is hashed against when there is no such person, so that both cases
// take the same time.
const decoy = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// passwordOf checks a person's password, in the same time whether or not the
// person exists.
func (i *Identity) passwordOf(ctx context.Context, name, password string) (*weir.Person, weir.Revision, bool, error) {
	if len(password) > maxPassword {
		return nil, 0, false, nil
	}
	v, done, err := i.state.View(ctx)
	if err != nil {
		return nil, 0, false, err
	}
	p, rev, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, Name: name})
	done()
	phc := decoy
	if err == nil && p.Password != "" {
		phc = p.Password
	}
	ok, cerr := i.checkPassword(ctx, phc, password)
	if cerr != nil {
		return nil, 0, false, cerr
	}
	return p, rev, ok && err == nil && p.Password != "", nil
}

// Logout ends a session. A secret that opens none is fine.
func (i *Identity) Logout(secret string) {
	if id, _, ok := splitSecret(secret, sessionPrefix); ok {
		i.sessions.mu.Lock()
		defer i.sessions.mu.Unlock()
		delete(i.sessions.byID, id)
	}
}

// splitSecret takes PREFIX ID _ SECRET apart.
func splitSecret(text, prefix string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "_")
}

// find gives the session's person, and ends what is too old.
func (s *sessions) find(text string, now time.Time) (*session, bool) {
	id, secret, ok := splitSecret(text, sessionPrefix)
	if !ok {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	got, ok := s.byID[id]
	if !ok || got.hash != hashToken(secret) {
		return nil, false
	}
	if got.over(now) {
		delete(s.byID, id)
		return nil, false
	}
	got.used = now
	return got, true
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.born) > sessionLife || now.Sub(s.used) > sessionIdle
}

// put keeps a session and forgets the name's failures. The person's oldest
// sessions make room.
func (s *sessions) put(id, name string, n *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.failing, name)
	mine, oldest := 0, ""
	for k, o := range s.byID {
		if o.over(n.born) {
			delete(s.byID, k)
			continue
		}
		if o.person == n.person {
			mine++
			if oldest == "" || o.used.Before(s.byID[oldest].used) {
				oldest = k
			}
		}
	}
	if mine >= maxPerPerson || len(s.byID) >= maxSessions {
		delete(s.byID, oldest)
	}
	s.byID[id] = n
}

// endOf ends every session of a person.
func (s *sessions) endOf(person weir.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, o := range s.byID {
		if o.person == person {
			delete(s.byID, k)
		}
	}
}

// wait says how long a name has to wait for its next try.
func (s *sessions) wait(name string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failing[name].until.Sub(now)
}

// failed doubles a name's wait, once the free tries are used up.
func (s *sessions) failed(name string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failing) >= maxFailing {
		clear(s.failing)
	}
	f := s.failing[name]
	f.count++
	if over := f.count - freeFailures; over > 0 {
		f.until = now.Add(min(failureWait<<min(over, 10), maxWait))
	}
	s.failing[name] = f
}
