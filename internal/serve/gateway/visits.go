package gateway

import (
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
)

// maxVisited bounds of how many applications something is remembered.
const maxVisited = 5000

// visits is what was noticed of applications since the gateway was made: what
// people ask for whose program does not read.
type visits struct {
	since time.Time
	now   func() time.Time
	mu    sync.Mutex // held for moments
	by    map[weir.UID]*weir.Visits
}

func newVisits(now func() time.Time) *visits {
	return &visits{since: now().UTC(), now: now, by: map[weir.UID]*weir.Visits{}}
}

// Visits is what the gateway noticed of an application. An application that was
// made again under a name inherits nothing.
func (g *Gateway) Visits(application weir.UID, name string) weir.Visits {
	v := g.visits.of(application)
	v.Open = g.connected(name)
	return v
}

func (v *visits) of(application weir.UID) weir.Visits {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := weir.Visits{Since: v.since}
	if had, ok := v.by[application]; ok {
		out = *had
		out.Refused = slices.Clone(had.Refused)
	}
	slices.SortStableFunc(out.Refused, func(a, b weir.Denial) int { return b.Last.Compare(a.Last) })
	return out
}

// visit gives what is remembered of an application; v.mu is held.
func (v *visits) visit(application weir.UID) *weir.Visits {
	had, ok := v.by[application]
	if !ok {
		if len(v.by) >= maxVisited {
			v.forget()
		}
		had = &weir.Visits{Since: v.since}
		v.by[application] = had
	}
	return had
}

// forget makes room for another application.
func (v *visits) forget() {
	for u := range v.by {
		delete(v.by, u)
		return
	}
}

// came notes a login that went well.
func (v *visits) came(application weir.UID, l weir.Library) {
	v.mu.Lock()
	defer v.mu.Unlock()
	had := v.visit(application)
	had.Login, had.Library = v.now().UTC(), l
}

// refused notes what an application was refused.
func (v *visits) refused(application weir.UID, r weir.Denial) {
	v.mu.Lock()
	defer v.mu.Unlock()
	had, now := v.visit(application), v.now().UTC()
	i := slices.IndexFunc(had.Refused, func(o weir.Denial) bool { return o.What == r.What && o.On == r.On && o.Why == r.Why })
	if i < 0 {
		if len(had.Refused) == weir.MaxDenials {
			had.Refused, had.More = withoutOldest(had.Refused), true
		}
		r.First = now
		had.Refused, i = append(had.Refused, r), len(had.Refused)
	}
	had.Refused[i].Count++
	had.Refused[i].Last = now
}

func withoutOldest(all []weir.Denial) []weir.Denial {
	oldest := 0
	for i, r := range all {
		if r.Last.Before(all[oldest].Last) {
			oldest = i
		}
	}
	return slices.Delete(all, oldest, oldest+1)
}

// words say what an error code means to who sees to the application.
var words = map[int16]string{
	kerr.UnknownTopicOrPartition.Code:            "there is no such topic, or the application may not know of it; check the name, or ask who owns the product",
	kerr.UnknownTopicID.Code:                     "there is no such topic any more, or the application may not know of it",
	kerr.TopicAuthorizationFailed.Code:           "it may know of the topic, and not do this with it; ask for access to the product",
	kerr.GroupAuthorizationFailed.Code:           "a consumer group begins with the application's name; use NAME or NAME.ANYTHING",
	kerr.TransactionalIDAuthorizationFailed.Code: "a transactional id begins with the application's name; use NAME or NAME.ANYTHING",
	kerr.ClusterAuthorizationFailed.Code:         "the cluster itself is for nobody's clients",
	kerr.InvalidTopicException.Code:              "the request named a topic by both of its names; use the product's",
	kerr.ProducerFenced.Code:                     "another instance with the same transactional id began later",
	kerr.InvalidProducerEpoch.Code:               "another instance with the same transactional id began later",
}

// tell notes what the application of a connection was refused; before its login
// nobody is known.
func (c *conn) tell(code int16, on, why string) {
	l := c.login.Load()
	if l == nil || code == allowed {
		return
	}
	if why == "" {
		why = words[code]
	}
	what := "UNKNOWN"
	if e := kerr.TypedErrorForCode(code); e != nil {
		what = e.Message
	}
	c.g.visits.refused(l.Application, weir.NewDenial(what, on, why))
}

// closedFor notes why a connection was ended.
func (c *conn) closedFor(why error) {
	if l := c.login.Load(); l != nil && !errors.Is(why, errSilent) {
		c.g.visits.refused(l.Application, weir.NewDenial("CONNECTION_CLOSED", "", why.Error()))
	}
}

// mistaken notes a login under an application's name that went wrong.
func (c *conn) mistaken(user access.Login, why error) {
	if !user.Application.IsZero() {
		c.g.visits.refused(user.Application, weir.NewDenial(kerr.SaslAuthenticationFailed.Message, "", publicText(why)))
	}
}

// asked is a topic as the application knows it: by the name of its request, or
// by that of the id if it may know of it.
func (x *exchange) asked(name string, id [16]byte) string {
	if name != "" || id == [16]byte{} {
		return name
	}
	if t, ok := x.snap.TopicByID(id); ok && x.byID(id, 0) == allowed {
		return t.Name
	}
	return "the topic with the id " + hex.EncodeToString(id[:])
}
