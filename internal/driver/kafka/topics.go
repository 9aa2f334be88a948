package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// Topics lists every topic but the cluster's internal ones.
func (c *Cluster) Topics(ctx context.Context) (weir.Topics, error) {
	ctx, cancel := c.call(ctx)
	defer cancel()
	all, err := c.look(ctx)
	if err != nil {
		return nil, failed(err, "list the topics of the cluster")
	}
	topics := make(weir.Topics, len(all))
	for _, t := range all {
		if t.internal || errors.Is(t.err, kerr.UnknownTopicOrPartition) { // or it went meanwhile
			continue
		}
		if t.err != nil { // a topic left out would look as if it were gone
			return nil, failed(t.err, "list the topics of the cluster: "+t.Name)
		}
		topics[t.Name] = t.ClusterTopic
	}
	return topics, nil
}

// PutTopic makes a topic, with as many replicas as the cluster gives by
// itself, and returns when its partitions have leaders.
func (c *Cluster) PutTopic(ctx context.Context, t weir.TopicSpec) (weir.TopicID, error) {
	if err := check(t); err != nil {
		return weir.TopicID{}, err
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	err := c.create(ctx, t)
	existed := errors.Is(err, kerr.TopicAlreadyExists)
	if err != nil && !existed {
		return weir.TopicID{}, failed(err, "make the topic "+t.Name)
	}
	found, err := c.settled(ctx, t.Name)
	if err != nil {
		return weir.TopicID{}, failed(err, "make the topic "+t.Name)
	}
	if existed {
		err = c.adopt(ctx, t, found)
	}
	return found.ID, err
}

// check refuses what the embedded broker would take without a look.
func check(t weir.TopicSpec) error {
	topic := weir.Topic{Name: t.Name, Partitions: t.Partitions, Retention: t.Retention, State: weir.TopicWanted}
	return topic.Validate()
}

func (c *Cluster) create(ctx context.Context, t weir.TopicSpec) error {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = int32(c.timeout.Milliseconds())
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = t.Name, int32(t.Partitions), -1
	for _, s := range c.settings(t) {
		cfg := kmsg.NewCreateTopicsRequestTopicConfig()
		cfg.Name, cfg.Value = s.Name, s.Value
		topic.Configs = append(topic.Configs, cfg)
	}
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, c.client)
	if err != nil {
		return err
	}
	if len(resp.Topics) != 1 {
		return errors.New("the cluster did not answer about the topic")
	}
	return answered(resp.Topics[0].ErrorCode, resp.Topics[0].ErrorMessage)
}

// answered is a broker's answer as an error, with the text it gave.
func answered(code int16, text *string) error {
	err := kerr.ErrorForCode(code)
	var known *kerr.Error
	if text == nil || *text == "" || !errors.As(err, &known) {
		return err
	}
	return fmt.Errorf("%w (%s)", known, *text)
}

// settings are a topic's own settings. Kafka takes -1 for no end.
func (c *Cluster) settings(t weir.TopicSpec) []kadm.AlterConfig {
	policy, keep := "delete", int64(-1)
	if !c.keepWhole {
		if t.Retention != weir.Forever {
			keep = time.Duration(t.Retention).Milliseconds()
		}
		switch {
		case t.Compact && t.Retention == weir.Forever:
			policy = "compact"
		case t.Compact:
			policy = "compact,delete"
		}
	}
	return []kadm.AlterConfig{
		{Op: kadm.SetConfig, Name: "cleanup.policy", Value: &policy},
		{Op: kadm.SetConfig, Name: "retention.ms", Value: kadm.StringPtr(strconv.FormatInt(keep, 10))},
		{Op: kadm.SetConfig, Name: "retention.bytes", Value: kadm.StringPtr("-1")},
	}
}

// settled waits until every partition of a topic has a leader: brokers learn
// of a new topic a little after it was made.
func (c *Cluster) settled(ctx context.Context, name string) (weir.ClusterTopic, error) {
	var found seen
	err := until(ctx, func() (bool, error) {
		var err error
		if found, err = c.lookFor(ctx, name); err != nil {
			return false, err
		}
		if found.err != nil && !kerr.IsRetriable(found.err) {
			return false, found.err
		}
		return found.err == nil && found.led, nil
	})
	return found.ClusterTopic, err
}

// adopt takes a topic that is there already if it can only be what an earlier
// attempt left: the same shape, and never a record in it.
func (c *Cluster) adopt(ctx context.Context, t weir.TopicSpec, found weir.ClusterTopic) error {
	taken := weir.Errorf(weir.Exists, "the cluster has a topic %s already", t.Name).
		WithFix("choose another name, or delete that topic on the cluster if nobody needs it")
	if found.Partitions != t.Partitions {
		return taken
	}
	ends, err := c.ends(ctx, t.Name)
	if err != nil {
		return failed(err, "look into the topic "+t.Name)
	}
	used := false
	ends.Each(func(o kadm.ListedOffset) { used = used || o.Offset > 0 })
	if used {
		return taken
	}
	return c.configure(ctx, t)
}

// ends is where the partitions of a topic end. Brokers learn a little late that
// they lead those of a new one.
func (c *Cluster) ends(ctx context.Context, topic string) (ends kadm.ListedOffsets, err error) {
	err = until(ctx, func() (bool, error) {
		var err error
		if ends, err = c.admin.ListEndOffsets(ctx, topic); err == nil {
			err = ends.Error()
		}
		if kerr.IsRetriable(err) {
			return false, nil
		}
		return true, err
	})
	return ends, err
}

// SetTopic changes the retention of a topic, and adds partitions if it has
// fewer.
func (c *Cluster) SetTopic(ctx context.Context, t weir.TopicSpec) error {
	if err := check(t); err != nil {
		return err
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	found, err := c.lookFor(ctx, t.Name)
	if err == nil {
		err = found.err
	}
	if err != nil {
		return failed(err, "change the topic "+t.Name)
	}
	if err := c.configure(ctx, t); err != nil || found.Partitions >= t.Partitions {
		return err
	}
	return c.widen(ctx, t)
}

func (c *Cluster) configure(ctx context.Context, t weir.TopicSpec) error {
	done, err := c.admin.AlterTopicConfigs(ctx, c.settings(t), t.Name)
	for _, d := range done {
		err = errors.Join(err, d.Err)
	}
	return failed(err, "change the settings of the topic "+t.Name)
}

// widen adds partitions and waits until they have leaders. That somebody else
// was faster is as good.
func (c *Cluster) widen(ctx context.Context, t weir.TopicSpec) error {
	_, err := c.admin.UpdatePartitions(ctx, t.Partitions, t.Name)
	asked := failed(err, "add partitions to the topic "+t.Name)
	if asked != nil && weir.KindOf(asked) != weir.Invalid {
		return asked
	}
	err = until(ctx, func() (bool, error) {
		found, err := c.settled(ctx, t.Name)
		if err == nil && asked != nil && found.Partitions < t.Partitions {
			err = asked
		}
		return found.Partitions >= t.Partitions, err
	})
	return failed(err, "add partitions to the topic "+t.Name)
}

// DeleteTopic ends a topic and its data, and returns when brokers no longer
// list it.
func (c *Cluster) DeleteTopic(ctx context.Context, id weir.TopicID) error {
	ctx, cancel := c.call(ctx)
	defer cancel()
	const op = "delete a topic"
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TimeoutMillis = int32(c.timeout.Milliseconds())
	topic := kmsg.NewDeleteTopicsRequestTopic()
	topic.TopicID = id
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, c.client)
	if err != nil {
		return failed(err, op)
	}
	for _, t := range resp.Topics {
		if err := answered(t.ErrorCode, t.ErrorMessage); err != nil && !errors.Is(err, kerr.UnknownTopicID) {
			return failed(err, op)
		}
	}
	return failed(until(ctx, func() (bool, error) {
		topics, err := c.Topics(ctx)
		for _, t := range topics {
			if t.ID == id {
				return false, err
			}
		}
		return err == nil, err
	}), op)
}
