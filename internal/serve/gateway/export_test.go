package gateway

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weirmesh/weir"
)

// Producers is the table of producer ids, with room for most of them.
type Producers struct{ p *producers }

func NewProducers(now func() time.Time, most int) Producers {
	return Producers{newProducers(now, most)}
}

func (p Producers) Learn(id int64, app weir.UID, tx string) { p.p.learn(id, app, tx) }

func (p Producers) Holds(id int64, app weir.UID, tx string) bool {
	return p.p.transactional(id, app, tx) == allowed
}

func (p Producers) Foreign(id int64, app weir.UID) bool {
	return p.p.idempotent(id, app) == kerr.InvalidProducerIDMapping.Code
}

func (p Producers) Len() int { return len(p.p.by) }
