package gateway

import (
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/core/rights"
)

// allowed is the code of what may go on.
const allowed int16 = 0

// byName judges a topic by its name: what the application may not know of does
// not exist.
func (j judge) byName(name string, want rights.Topic) int16 {
	t, ok := j.snap.Topic(name)
	return j.topic(t, ok, want, kerr.UnknownTopicOrPartition.Code)
}

// byID judges a topic by the cluster's id.
func (j judge) byID(id [16]byte, want rights.Topic) int16 {
	t, ok := j.snap.TopicByID(id)
	return j.topic(t, ok, want, kerr.UnknownTopicID.Code)
}

func (j judge) topic(t access.Topic, exists bool, want rights.Topic, unknown int16) int16 {
	if !exists || j.lost(t.Physical) {
		return unknown
	}
	switch has := j.snap.Rights(j.login, t); {
	case !has.Has(rights.See):
		return unknown
	case !has.Has(want):
		return kerr.TopicAuthorizationFailed.Code
	}
	return allowed
}

// visible lists the names of what the application may know of, sorted, each
// topic once.
func (x *exchange) visible() []string {
	var names []string
	for t := range x.snap.Visible(x.login) {
		if x.lost(t.Physical) {
			continue
		}
		name := x.shown(t)
		if t.Aliased() {
			x.use(t.Physical, name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// named judges a topic as this request's version names it.
func (x *exchange) named(name string, id [16]byte, want rights.Topic) int16 {
	code := allowed
	if x.entry.ids > 0 && x.header.Version >= x.entry.ids {
		code = x.byID(id, want)
	} else {
		code = x.called(name, want)
	}
	return x.refuse(code, x.asked(name, id))
}

// topicNamed judges a topic of a request that knows names only.
func (x *exchange) topicNamed(name string, want rights.Topic) int16 {
	return x.refuse(x.called(name, want), name)
}

// group judges a consumer group.
func (x *exchange) group(id string) int16 {
	if weir.OwnsName(x.login.Name, id) {
		return allowed
	}
	return x.refuse(kerr.GroupAuthorizationFailed.Code, id)
}

// transaction judges a transactional id.
func (x *exchange) transaction(id string) int16 {
	if weir.OwnsName(x.login.Name, id) {
		return allowed
	}
	return x.refuse(kerr.TransactionalIDAuthorizationFailed.Code, id)
}

// refuse counts what was refused, and notes it for who sees to the application.
func (x *exchange) refuse(code int16, on string) int16 {
	if code != allowed {
		x.c.tell(code, on, "")
	}
	return x.count(code)
}

// count counts what was refused.
func (x *exchange) count(code int16) int16 {
	if code != allowed {
		x.c.g.metrics.Denied.Add(1)
	}
	return code
}

// sent is a transactional id as the cluster sees it.
func (x *exchange) sent(id string) string {
	boot := x.c.g.upstream.Boot()
	if boot == "" {
		return id
	}
	x.changed = true
	return boot + "." + id
}

// received is a transactional id of the cluster as clients know it; false if
// it is nobody's of this start.
func (x *exchange) received(id string) (string, bool) {
	boot := x.c.g.upstream.Boot()
	if boot == "" {
		return id, true
	}
	return strings.CutPrefix(id, boot+".")
}

// strip takes the entries out of a request that code refuses. They are answered
// by what refuse makes of them, added to the rest of the answer at the place
// that put gives. If nothing is left to send, that is the whole answer.
func strip[T, R any](x *exchange, in *[]T, code func(T) int16, refuse func(T, int16) R, put func(kmsg.Response) *[]R) {
	var kept []T
	var out []R
	for _, t := range *in {
		if c := code(t); c == allowed {
			kept = append(kept, t)
		} else {
			out = append(out, refuse(t, c))
		}
	}
	if len(out) == 0 {
		return
	}
	*in, x.changed = kept, true
	add := func(resp kmsg.Response) { at := put(resp); *at = append(*at, out...) }
	if len(kept) > 0 {
		x.merges = append(x.merges, add)
		return
	}
	resp := x.newAnswer()
	add(resp)
	x.local = resp
}

// newAnswer is an empty answer to the request.
func (x *exchange) newAnswer() kmsg.Response {
	resp := kmsg.ResponseForKey(x.entry.key)
	resp.SetVersion(x.header.Version)
	return resp
}

// each makes the entries of partitions that all have the same error.
func each[P, R any](in []P, make func(P) R) []R {
	out := []R{}
	for _, p := range in {
		out = append(out, make(p))
	}
	return out
}
