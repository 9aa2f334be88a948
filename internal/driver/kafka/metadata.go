package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// seen is a topic as a broker knows it now.
type seen struct {
	weir.ClusterTopic
	err      error
	internal bool
	led      bool // every partition has a leader
}

// metadata asks a broker about some topics, or about all when all is true. The
// admin client would answer from a cache. Nothing is made by asking.
func metadata(ctx context.Context, client *kgo.Client, all bool, topics ...string) (*kmsg.MetadataResponse, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.AllowAutoTopicCreation = false
	if !all {
		req.Topics = []kmsg.MetadataRequestTopic{}
	}
	for _, name := range topics {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, t)
	}
	return req.RequestWith(ctx, client)
}

// look gives what a broker knows of all topics.
func (c *Cluster) look(ctx context.Context) ([]seen, error) {
	resp, err := metadata(ctx, c.client, true)
	if err != nil {
		return nil, err
	}
	all := make([]seen, len(resp.Topics))
	for i, t := range resp.Topics {
		all[i] = asSeen(t)
	}
	return all, nil
}

// lookFor gives what a broker knows of one topic; its err is
// UnknownTopicOrPartition when that is nothing.
func (c *Cluster) lookFor(ctx context.Context, name string) (seen, error) {
	resp, err := metadata(ctx, c.client, false, name)
	if err != nil {
		return seen{}, err
	}
	for _, t := range resp.Topics {
		if t.Topic != nil && *t.Topic == name {
			return asSeen(t), nil
		}
	}
	return seen{err: kerr.UnknownTopicOrPartition}, nil
}

func asSeen(t kmsg.MetadataResponseTopic) seen {
	s := seen{
		ClusterTopic: weir.ClusterTopic{ID: weir.TopicID(t.TopicID), Partitions: len(t.Partitions)},
		err:          kerr.ErrorForCode(t.ErrorCode),
		internal:     t.IsInternal,
		led:          len(t.Partitions) > 0,
	}
	if t.Topic != nil {
		s.Name = *t.Topic
	}
	for _, p := range t.Partitions {
		s.led = s.led && p.Leader >= 0 && p.ErrorCode == 0
	}
	return s
}
