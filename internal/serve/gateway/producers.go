package gateway

import (
	"container/list"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/wire"
)

// What an application may take of producer ids. The embedded broker keeps each
// one for good, and becomes slow for everybody with some 100,000.
const (
	maxProducers  = 200_000 // of all applications
	producerBurst = 1_000   // new ones of an application at a time
	producerRate  = 2       // and for each second after that
)

// producers binds producer ids to the application, and the transactional id,
// that they were given to. The embedded broker looks a transaction up by its
// producer id alone, so without this who knows another's id could end its
// transactions and fence it. Apache Kafka's coordinator checks the same by
// itself; there the table stays empty.
//
// It begins empty with each run: a transactional producer must initialise
// again, an idempotent one goes on and is bound to who uses it first.
type producers struct {
	now func() time.Time
	max int

	mu   sync.Mutex
	by   map[int64]*list.Element // of *producer, in its application's order
	apps map[weir.UID]*producerUse
}

type producer struct {
	id  int64
	app weir.UID
	tx  string // as the cluster sees it; "" if it writes without transactions
}

// producerUse is what one application holds.
type producerUse struct {
	order  list.List        // least recently used first
	tx     map[string]int64 // transactional ids
	tokens float64
	filled time.Time
}

func newProducers(now func() time.Time, most int) *producers {
	return &producers{now: now, max: most, by: map[int64]*list.Element{}, apps: map[weir.UID]*producerUse{}}
}

func (p *producers) use(app weir.UID) *producerUse {
	u, ok := p.apps[app]
	if !ok {
		u = &producerUse{tx: map[string]int64{}, tokens: producerBurst, filled: p.now()}
		p.apps[app] = u
	}
	return u
}

// another takes one of the new ids that an application may have now. A
// transactional id that has one already gets no new one.
func (p *producers) another(app weir.UID, tx string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.use(app).tx[tx]; ok {
		return true
	}
	return p.spend(app)
}

func (p *producers) spend(app weir.UID) bool {
	u, now := p.use(app), p.now()
	u.tokens = min(producerBurst, u.tokens+producerRate*now.Sub(u.filled).Seconds())
	u.filled = now
	if u.tokens < 1 {
		return false
	}
	u.tokens--
	return true
}

// learn notes what the broker gave. A transactional id has one producer id, the
// last.
func (p *producers) learn(id int64, app weir.UID, tx string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bind(id, app, tx)
}

func (p *producers) bind(id int64, app weir.UID, tx string) {
	p.drop(p.by[id])
	u := p.use(app)
	if before, ok := u.tx[tx]; ok {
		p.drop(p.by[before])
	}
	if len(p.by) >= p.max {
		p.drop(p.largest().order.Front())
	}
	p.by[id] = u.order.PushBack(&producer{id, app, tx})
	if tx != "" {
		u.tx[tx] = id
	}
}

func (p *producers) drop(e *list.Element) {
	if e == nil {
		return
	}
	one := e.Value.(*producer)
	u := p.apps[one.app]
	u.order.Remove(e)
	delete(p.by, one.id)
	if u.tx[one.tx] == one.id {
		delete(u.tx, one.tx)
	}
}

// largest is the application that holds most: who asks for many ids loses its
// own, nobody else's.
func (p *producers) largest() *producerUse {
	var most *producerUse
	for _, u := range p.apps {
		if most == nil || u.order.Len() > most.order.Len() {
			most = u
		}
	}
	return most
}

// get finds an id, which so is used.
func (p *producers) get(id int64) (*producer, bool) {
	e, ok := p.by[id]
	if !ok {
		return nil, false
	}
	one := e.Value.(*producer)
	p.apps[one.app].order.MoveToBack(e)
	return one, true
}

// transactional judges the producer id of a request about a transaction.
func (p *producers) transactional(id int64, app weir.UID, tx string) int16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one, ok := p.get(id); !ok || tx == "" || one.app != app || one.tx != tx {
		return kerr.InvalidProducerIDMapping.Code
	}
	return allowed
}

// idempotent judges the producer id of a batch outside of transactions.
func (p *producers) idempotent(id int64, app weir.UID) int16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, ok := p.get(id)
	switch {
	case ok && (one.app != app || one.tx != ""):
		return kerr.InvalidProducerIDMapping.Code
	case ok:
		return allowed
	case !p.spend(app):
		return kerr.NotEnoughReplicas.Code // which every client tries again later
	}
	p.bind(id, app, "")
	return allowed
}

// current reports whether a transactional id has a producer id in this run.
func (p *producers) current(app weir.UID, tx string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.apps[app]
	if !ok {
		return false
	}
	_, ok = u.tx[tx]
	return ok
}

// binds reports whether producer ids are bound here.
func (x *exchange) binds() bool { return x.c.g.upstream.Boot() != "" }

// producer judges the producer id that comes with a transactional id, given as
// the cluster sees it.
func (x *exchange) producer(id int64, sent string) int16 {
	if !x.binds() {
		return allowed
	}
	return x.count(x.c.g.producers.transactional(id, x.login.Application, sent))
}

// recover judges an InitProducerId that continues with a producer id. A
// transactional id that has none yet gets a new one, as on Apache Kafka; an old
// producer of one that has is fenced.
func (x *exchange) recover(req *kmsg.InitProducerIDRequest, sent string) int16 {
	if !x.binds() || req.ProducerID < 0 {
		return allowed
	}
	p, app := x.c.g.producers, x.login.Application
	switch {
	case p.transactional(req.ProducerID, app, sent) == allowed:
		return allowed
	case !p.current(app, sent):
		req.ProducerID, req.ProducerEpoch, x.changed = -1, -1, true
		return allowed
	case req.Version < 4:
		return x.refuse(kerr.InvalidProducerEpoch.Code, x.tx)
	}
	return x.refuse(kerr.ProducerFenced.Code, x.tx)
}

// learns notes the producer id of the answer.
func (x *exchange) learns(sent string, of func(kmsg.Response) (id int64, code int16)) {
	if !x.binds() {
		return
	}
	p, app := x.c.g.producers, x.login.Application
	x.merges = append(x.merges, func(resp kmsg.Response) {
		if id, code := of(resp); code == allowed && id >= 0 {
			p.learn(id, app, sent)
		}
	})
}

// batchProducers judges the producer ids of a partition's batches. The batches
// are whole.
func (x *exchange) batchProducers(raw []byte) verdict {
	if !x.binds() {
		return verdict{}
	}
	for len(raw) > 0 {
		b, rest, ok, err := wire.NextBatch(raw)
		if !ok || err != nil {
			break
		}
		if v := x.batchProducer(b); v.code != allowed {
			x.count(v.code)
			return v
		}
		raw = rest
	}
	return verdict{}
}

func (x *exchange) batchProducer(b wire.Batch) verdict {
	p, app := x.c.g.producers, x.login.Application
	switch {
	case b.Transactional && x.tx == "":
		return verdict{kerr.TransactionalIDAuthorizationFailed.Code, "records of a transaction came without its transactional id"}
	case b.Transactional:
		return verdict{p.transactional(b.Producer, app, x.tx), "this producer id is not the one of the transactional id; initialise the producer again"}
	case b.Producer < 0:
		return verdict{}
	}
	switch code := p.idempotent(b.Producer, app); code {
	case allowed:
		return verdict{}
	case kerr.NotEnoughReplicas.Code:
		return verdict{code, "too many new producers of this application; use one for many records, and try again"}
	default:
		return verdict{code, "this producer id belongs to another application or to a transactional id; make a new producer"}
	}
}
