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

// sessions live in memory: logins are not decisions, so they stand in no
// ledger, and a restart ends them.
type sessions struct {
	guesses *guesses
	mu      sync.Mutex
	byID    map[string]*session
}

func newSessions() *sessions {
	return &sessions{guesses: newGuesses(), byID: map[string]*session{}}
}

// Login opens a session for a person's name and password. Unauthorized says
// neither which of the two is wrong nor whether the person exists; Limit asks
// to wait after repeated failures, of the name from that address, or of very many.
func (i *Identity) Login(ctx context.Context, via weir.Via, name, password string) (Session, error) {
	now := i.now()
	if wait := i.sessions.guesses.begin(name, via.Address, now); wait > 0 {
		return Session{}, weir.Errorf(weir.Limit, "too many failed logins for this name, or from this address").
			WithFix("wait %s", max(wait.Round(time.Second), time.Second))
	}
	p, rev, ok, err := i.passwordOf(ctx, name, password)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, weir.Errorf(weir.Unauthorized, "wrong name or password").
			WithFix("a mesh admin can set a new one: weir person password NAME")
	}
	id, err1 := i.text(16)
	secret, err2 := i.text(32)
	if err1 != nil || err2 != nil {
		return Session{}, weir.Errorf(weir.Internal, "no randomness")
	}
	s := &session{hash: hashToken(secret), person: p.UID, born: now, used: now, passwordState: rev}
	i.sessions.guesses.right(name, via.Address)
	i.sessions.put(id, s)
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

// put keeps a session. The person's oldest sessions make room.
func (s *sessions) put(id string, n *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
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
