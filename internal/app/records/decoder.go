package records

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
)

// Bounds of what decoders remember.
const (
	maxDecoders = 256         // at once
	forgetAfter = time.Second // a schema that was not found
)

// decoders are the readers of schemas that somebody may know of, each made once.
type decoders struct {
	r     *Records
	known map[weir.SchemaID]known
}

// known is a reader, or why there is none.
type known struct {
	reader *record.Reader
	err    error
	at     time.Time
}

func (r *Records) decoders() decoders { return decoders{r, map[weir.SchemaID]known{}} }

// of gives the finder that record.Decode asks, for a principal.
func (d decoders) of(ctx context.Context, p weir.Principal) record.Find {
	return func(id weir.SchemaID) (*record.Reader, error) { return d.find(ctx, p, id) }
}

// find finds a schema's reader. What is not found is looked for again a second
// later: schemas come with their first record.
func (d decoders) find(ctx context.Context, p weir.Principal, id weir.SchemaID) (*record.Reader, error) {
	now := d.r.cfg.Now()
	if k, ok := d.known[id]; ok && (k.err == nil || now.Sub(k.at) < forgetAfter) {
		return k.reader, k.err
	}
	k := known{at: now}
	schema, err := d.r.cfg.Schemas.Parsed(ctx, p, id)
	if err == nil {
		k.reader, err = record.Compile(schema)
	}
	k.err = err
	if len(d.known) >= maxDecoders {
		clear(d.known)
	}
	d.known[id] = k
	return k.reader, k.err
}
