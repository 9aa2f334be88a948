package main

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// topicID prints the id of a topic as metadata gives it.
func topicID(ctx context.Context, args []string) error {
	cl, err := connect()
	if err != nil {
		return err
	}
	defer cl.Close()
	req := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(args[0])
	req.Topics = append(req.Topics, t)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	if len(resp.Topics) != 1 {
		return fmt.Errorf("%d topics in the answer", len(resp.Topics))
	}
	if err := kerr.ErrorForCode(resp.Topics[0].ErrorCode); err != nil {
		return err
	}
	if resp.Topics[0].TopicID == [16]byte{} {
		return fmt.Errorf("the metadata has no id for %s", args[0])
	}
	fmt.Println(base64.RawURLEncoding.EncodeToString(resp.Topics[0].TopicID[:]))
	return nil
}

// fetchID asks a broker for partition 0 of a topic by its id alone, and
// prints the error by its name, OK if there is none.
func fetchID(ctx context.Context, args []string) error {
	raw, err := base64.RawURLEncoding.DecodeString(args[0])
	if err != nil || len(raw) != 16 {
		return fmt.Errorf("%q is no topic id", args[0])
	}
	cl, err := connect()
	if err != nil {
		return err
	}
	defer cl.Close()
	if err := cl.Ping(ctx); err != nil {
		return err
	}
	brokers := cl.DiscoveredBrokers()
	if len(brokers) == 0 {
		return fmt.Errorf("no broker")
	}
	resp, err := fetchOne(ctx, brokers[0], [16]byte(raw))
	if err != nil {
		return err
	}
	fmt.Println(outcome(resp))
	return nil
}

func fetchOne(ctx context.Context, b *kgo.Broker, id [16]byte) (*kmsg.FetchResponse, error) {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes, req.ReplicaID = 100, 1, 1<<20, -1
	t := kmsg.NewFetchRequestTopic()
	t.TopicID = id
	p := kmsg.NewFetchRequestTopicPartition()
	p.PartitionMaxBytes, p.CurrentLeaderEpoch = 1<<20, -1
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	resp, err := b.RetriableRequest(ctx, req)
	if err != nil {
		return nil, err
	}
	return resp.(*kmsg.FetchResponse), nil
}

// outcome names the first error in an answer. Records without an error are
// said so: that is what must not happen to a stranger.
func outcome(r *kmsg.FetchResponse) string {
	codes := []int16{r.ErrorCode}
	size := 0
	for _, t := range r.Topics {
		for _, p := range t.Partitions {
			codes = append(codes, p.ErrorCode)
			size += len(p.RecordBatches)
		}
	}
	for _, c := range codes {
		if e := kerr.TypedErrorForCode(c); e != nil {
			return e.Message
		}
	}
	return fmt.Sprintf("OK, %d bytes of records", size)
}
