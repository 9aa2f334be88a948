package catalog

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// NewStream asks for a private stream.
type NewStream struct {
	Name        string // domain._private.name
	Description string
	Partitions  int // 0: the usual number
	Retention   weir.Duration
}

// CreateStream makes a private stream, and wants a topic for it.
func (c *Catalog) CreateStream(ctx context.Context, call weir.Call, cmd NewStream) (weir.Receipt, error) {
	domain, _, err := weir.SplitStream(cmd.Name)
	if err != nil {
		return weir.Receipt{}, err
	}
	s := &weir.Stream{
		UID: c.uid(), Name: cmd.Name, Description: cmd.Description, Created: c.now().UTC(),
		Partitions: or(cmd.Partitions, weir.DefaultPartitions), Retention: cmd.Retention,
	}
	return c.writer.Submit(ctx, call.Decision("stream.create", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		d, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, Name: domain})
		if err != nil {
			return weir.Outcome{}, err
		}
		s.Domain = d.UID
		r := c.result()
		if r.changes, err = c.DecideStream(ctx, v, call.By, s); err != nil {
			return weir.Outcome{}, err
		}
		return r.outcome("stream.created", s)
	}))
}

// DecideStream makes a private stream whose domain is set, and wants a topic for
// it, inside a decision.
func (c *Catalog) DecideStream(ctx context.Context, v weir.View, by weir.Principal, s *weir.Stream) ([]weir.Change, error) {
	if err := rights.Must(by, rights.Create, rights.Thing{Noun: weir.NounStream, Domain: s.Domain}, s.Ref()); err != nil {
		return nil, err
	}
	if err := free(ctx, v, s.Ref(), s.Topic(), "weir stream delete "+s.Name+" --destroy-data"); err != nil {
		return nil, err
	}
	r := c.result()
	r.put(nil, 0, s)
	r.put(nil, 0, c.topicOf(s))
	return r.changes, r.err
}

// StreamEdit says what shall change; nil stays.
type StreamEdit struct {
	Description *string
	Partitions  *int
	Retention   *weir.Duration
}

// EditStream changes a private stream, and what its topic shall be.
func (c *Catalog) EditStream(ctx context.Context, call weir.Call, name string, cmd StreamEdit) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("stream.edit", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		s, rev, err := c.stream(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *s
		set(&next.Description, cmd.Description)
		set(&next.Retention, cmd.Retention)
		if cmd.Partitions != nil && *cmd.Partitions < s.Partitions {
			return weir.Outcome{}, weir.Errorf(weir.Invalid, "the stream has %d partitions, and partitions are never taken away", s.Partitions).
				At("partitions").WithFix("use %d to %d", s.Partitions, weir.MaxPartitions)
		}
		set(&next.Partitions, cmd.Partitions)
		r := c.result()
		r.put(s, rev, &next)
		c.follow(ctx, v, r, s.Topic(), next.Partitions, next.Retention)
		return r.outcome("stream.changed", &next)
	}))
}

// DeleteStream ends a private stream. Its data stays, and the name stays taken,
// unless destroy is set. With destroy it also ends what a stream of this name
// left behind.
func (c *Catalog) DeleteStream(ctx context.Context, call weir.Call, name string, destroy bool) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("stream.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		s, rev, err := c.stream(ctx, v, call, rights.Delete, name)
		if weir.NotFound.In(err) && destroy {
			return c.destroyLeft(ctx, v, call, weir.Ref{Noun: weir.NounStream, Name: name}, name)
		}
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := notSetAside(ctx, v, s); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		r.end(s, rev)
		if destroy {
			c.endTopic(ctx, v, r, s.Topic())
		}
		return r.outcome("stream.deleted", s)
	}))
}

// stream finds one with which the caller may do something, and that is not
// published.
func (c *Catalog) stream(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, name string) (*weir.Stream, weir.Revision, error) {
	s, rev, err := weir.Known[*weir.Stream](ctx, v, call.By, weir.Ref{Noun: weir.NounStream, Name: name})
	if err != nil {
		return nil, 0, err
	}
	if err := rights.Must(call.By, verb, rights.Thing{Noun: weir.NounStream, Domain: s.Domain}, s.Ref()); err != nil {
		return nil, 0, err
	}
	if err := unpublished(ctx, v, s); err != nil {
		return nil, 0, err
	}
	return s, rev, call.Check(s.Ref(), rev)
}
