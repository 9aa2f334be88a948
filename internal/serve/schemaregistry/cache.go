package schemaregistry

import (
	"sync"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// cacheBytes bounds what rendered answers take.
const cacheBytes = 32 << 20

// rendered keeps answers as bytes, by the schema's id: what an id means never
// changes. Who may see it is decided before it is asked.
type rendered struct {
	most int

	mu    sync.RWMutex
	byID  map[weir.SchemaID]raw
	bytes int
}

func newRendered(most int) *rendered { return &rendered{most: most, byID: map[weir.SchemaID]raw{}} }

// of is the answer for a schema.
func (c *rendered) of(v registry.Version) (raw, error) {
	c.mu.RLock()
	b, ok := c.byID[v.ID]
	c.mu.RUnlock()
	if ok {
		return b, nil
	}
	b, err := render(schemaOf(v))
	if err == nil {
		c.keep(v.ID, b)
	}
	return b, err
}

// keep takes an answer in; any others make room.
func (c *rendered) keep(id weir.SchemaID, b raw) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byID[id]; ok || len(b) > c.most {
		return
	}
	for other, gone := range c.byID {
		if c.bytes+len(b) <= c.most {
			break
		}
		delete(c.byID, other)
		c.bytes -= len(gone)
	}
	c.byID[id] = b
	c.bytes += len(b)
}
