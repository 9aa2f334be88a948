package catalog

import (
	"context"
	"strconv"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// topicOf is what a new product or stream wants of the cluster.
func (c *Catalog) topicOf(e weir.Entity) *weir.Topic {
	t := &weir.Topic{UID: c.uid(), Of: e.Ref().UID, State: weir.TopicWanted, Created: c.now().UTC()}
	switch e := e.(type) {
	case *weir.Product:
		t.Name, t.Domain, t.Partitions, t.Retention = e.Topic(), e.Domain, e.Partitions, e.Retention
		t.Compact = e.Kind == weir.KindTable
	case *weir.Stream:
		t.Name, t.Domain, t.Partitions, t.Retention = e.Topic(), e.Domain, e.Partitions, e.Retention
	}
	return t
}

// free refuses a name whose thing lives, or whose topic still exists.
func free(ctx context.Context, v weir.View, r weir.Ref, topic, destroy string) error {
	_, _, err := v.Get(ctx, weir.Ref{Noun: r.Noun, Name: r.Name})
	switch {
	case err == nil:
		return taken(r, r.String()+" exists already").WithFix("choose another name, or look at it: weir %s show %s", r.Noun, r.Name)
	case !weir.NotFound.In(err):
		return err
	}
	t, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: topic})
	switch {
	case weir.NotFound.In(err):
		return nil
	case err != nil:
		return err
	case t.State == weir.TopicEnding:
		return taken(r, "the topic "+topic+" of an earlier one is being deleted").WithFix("try again when it is gone: weir topic show %s", topic)
	}
	return taken(r, "the data of an earlier "+r.String()+" is still kept in topic "+topic).
		WithFix("choose another name, or end the data for ever: %s", destroy)
}

// follows refuses a major without the one before it.
func follows(ctx context.Context, v weir.View, p *weir.Product) error {
	base, major := weir.SplitMajor(p.Name)
	if major == 1 {
		return nil
	}
	before := base
	if major > 2 {
		before += ".v" + strconv.Itoa(major-1)
	}
	_, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounProduct, Name: before})
	if !weir.NotFound.In(err) {
		return err
	}
	e := weir.Errorf(weir.Invalid, "%s is a major that follows %s, and there is no product %s", p.Name, before, before).At("name").
		WithFix("name the product without a major: %s", base)
	e.Ref = p.Ref()
	return e
}

func taken(r weir.Ref, msg string) *weir.Error {
	return &weir.Error{Kind: weir.Exists, Ref: r, Msg: msg}
}

// follow makes a topic want what its product or stream promises now.
func (c *Catalog) follow(ctx context.Context, v weir.View, r *result, topic string, partitions int, retention weir.Duration) {
	t, rev, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: topic})
	if err != nil {
		r.err = err
		return
	}
	next := *t
	next.Partitions, next.Retention = partitions, retention
	if next != *t {
		next.Behind = t.State == weir.TopicMade
		r.put(t, rev, &next)
	}
}

// endTopic wants a topic gone, with its data and the schemas of it.
func (c *Catalog) endTopic(ctx context.Context, v weir.View, r *result, topic string) *weir.Topic {
	r.with(v, func(v weir.View) ([]weir.Change, error) { return c.contracts.End(ctx, v, topic) })
	t, rev, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: topic})
	if err != nil {
		if !weir.NotFound.In(err) {
			r.err = err
		}
		return nil
	}
	next := *t
	next.State = weir.TopicEnding
	r.put(t, rev, &next)
	return &next
}

// destroyLeft ends the topic that something deleted left behind.
func (c *Catalog) destroyLeft(ctx context.Context, v weir.View, call weir.Call, of weir.Ref, topic string) (weir.Outcome, error) {
	t, _, err := weir.Known[*weir.Topic](ctx, v, call.By, weir.Ref{Noun: weir.NounTopic, Name: topic})
	if weir.NotFound.In(err) {
		return weir.Outcome{}, weir.Absent(of)
	}
	if err != nil {
		return weir.Outcome{}, err
	}
	if _, _, err := v.Get(ctx, weir.Ref{Noun: of.Noun, UID: t.Of}); err == nil {
		return weir.Outcome{}, weir.Absent(of) // the topic is a living thing's, which the caller may not know of
	}
	if err := rights.Must(call.By, rights.Delete, rights.Thing{Noun: weir.NounTopic, Domain: t.Domain}, t.Ref()); err != nil {
		return weir.Outcome{}, err
	}
	r := c.result()
	next := c.endTopic(ctx, v, r, topic)
	return r.outcome("topic.ending", next)
}

// TopicMade records that a cluster has a topic now, and under which id.
func (c *Catalog) TopicMade(ctx context.Context, call weir.Call, topic weir.UID, id weir.TopicID) error {
	return c.settle(ctx, call, "topic.made", topic, func(t *weir.Topic) bool {
		if t.State != weir.TopicWanted {
			return false
		}
		t.State, t.ID = weir.TopicMade, id
		return true
	})
}

// TopicSet records that a cluster was told what a topic shall be; asked is what
// it was told.
func (c *Catalog) TopicSet(ctx context.Context, call weir.Call, topic weir.UID, asked weir.Topic) error {
	return c.settle(ctx, call, "topic.set", topic, func(t *weir.Topic) bool {
		if t.Partitions != asked.Partitions || t.Retention != asked.Retention {
			return false // it shall be something else again
		}
		t.Behind = false
		return true
	})
}

// TopicGone records that a topic that was ending is no more. Its name is free.
func (c *Catalog) TopicGone(ctx context.Context, call weir.Call, topic weir.UID) error {
	_, err := c.writer.Submit(ctx, call.Decision("topic.gone", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		t, rev, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, UID: topic})
		if weir.NotFound.In(err) || err == nil && t.State != weir.TopicEnding {
			return weir.Outcome{}, nil
		}
		if err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		r.end(t, rev)
		return r.outcome("topic.gone", t)
	}))
	return err
}

// settle changes a topic if it still is what the cluster was asked for.
func (c *Catalog) settle(ctx context.Context, call weir.Call, op string, topic weir.UID, change func(*weir.Topic) bool) error {
	_, err := c.writer.Submit(ctx, call.Decision(op, func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		t, rev, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, UID: topic})
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *t
		if !change(&next) {
			return weir.Outcome{}, nil
		}
		r := c.result()
		r.put(t, rev, &next)
		return r.outcome(op, &next)
	}))
	return err
}
