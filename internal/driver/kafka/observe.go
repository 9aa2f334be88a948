package kafka

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

var _ weir.Observer = (*Cluster)(nil)

// Bounds of looking at a cluster.
const (
	lookFor   = 4 * time.Second
	groupsFor = 3 * time.Second // what is known of groups is good for
	maxLooked = 1000            // groups that are looked at, of all topics
)

// glance bounds the time of one look.
func (c *Cluster) glance(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, min(lookFor, c.timeout), errLate)
}

// Extent says what a topic holds now.
func (c *Cluster) Extent(ctx context.Context, topic string) (weir.Extent, error) {
	ctx, cancel := c.glance(ctx)
	defer cancel()
	spans, err := c.Spans(ctx, topic)
	if err != nil {
		return weir.Extent{}, err
	}
	out := weir.Extent{Spans: spans}
	if out.Records() == 0 {
		return out, nil
	}
	op := "look at the times in the topic " + topic
	firsts, err := listed(c.admin.ListOffsetsAfterMilli(ctx, 0, topic))
	if err != nil {
		return out, failed(err, op)
	}
	lasts, err := listed(c.admin.ListMaxTimestampOffsets(ctx, topic))
	if errors.Is(err, kerr.UnsupportedVersion) { // a broker before Kafka 3.0
		lasts, err = nil, nil
	}
	if err != nil {
		return out, failed(err, op)
	}
	out.First = extreme(firsts, func(a, b int64) bool { return a < b })
	out.Last = extreme(lasts, func(a, b int64) bool { return a > b })
	return out, nil
}

// Latest says the latest time of any record of each topic.
func (c *Cluster) Latest(ctx context.Context, topics ...string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	if len(topics) == 0 {
		return out, nil // no topic is all of them to who is asked
	}
	ctx, cancel := c.glance(ctx)
	defer cancel()
	lasts, err := c.admin.ListMaxTimestampOffsets(ctx, topics...)
	if err != nil && !errors.Is(err, kerr.UnsupportedVersion) { // a broker before Kafka 3.0
		return nil, failed(err, "look at the latest records")
	}
	for topic, partitions := range lasts {
		if one := (kadm.ListedOffsets{topic: partitions}); one.Error() == nil {
			out[topic] = extreme(one, func(a, b int64) bool { return a > b })
		}
	}
	return out, nil
}

// extreme is the time of some record that is before, or after, all others.
func extreme(listed kadm.ListedOffsets, better func(a, b int64) bool) time.Time {
	best := int64(-1)
	listed.Each(func(o kadm.ListedOffset) {
		if o.Timestamp > 0 && (best < 0 || better(o.Timestamp, best)) {
			best = o.Timestamp
		}
	})
	if best < 0 {
		return time.Time{}
	}
	return time.UnixMilli(best).UTC()
}

// groups is what was last seen of all consumer groups of a cluster.
type groups struct {
	mu   sync.Mutex // held while the cluster is asked
	at   time.Time
	more bool
	all  []group
}

// group is a consumer group with what it committed and reads, by topic.
type group struct {
	weir.ConsumerGroup
	reads     map[string]bool
	committed map[string]map[int32]int64
}

// Groups lists consumer groups of a topic.
func (c *Cluster) Groups(ctx context.Context, topic string) (weir.Groups, error) {
	ctx, cancel := c.glance(ctx)
	defer cancel()
	spans, err := c.Spans(ctx, topic)
	if err != nil {
		return weir.Groups{}, err
	}
	all, more, err := c.knownGroups(ctx)
	if err != nil {
		return weir.Groups{}, failed(err, "look at the consumer groups")
	}
	out := weir.Groups{More: more}
	for _, g := range all {
		if !g.reads[topic] && g.committed[topic] == nil {
			continue
		}
		if len(out.Groups) == weir.MaxGroups {
			out.More = true
			break
		}
		out.Groups = append(out.Groups, g.on(topic, spans))
	}
	return out, nil
}

// on is the group as it stands to one topic.
func (g group) on(topic string, spans map[int32]weir.Span) weir.ConsumerGroup {
	out := g.ConsumerGroup
	for p, s := range spans {
		at, ok := g.committed[topic][p]
		if !ok {
			out.Unread++
			continue
		}
		out.Lag += max(0, s.End-max(at, s.Start))
	}
	return out
}

// knownGroups asks for all groups, at most every few seconds.
func (c *Cluster) knownGroups(ctx context.Context) (all []group, more bool, err error) {
	g := &c.groups
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.at) < groupsFor {
		return g.all, g.more, nil
	}
	all, more, err = c.allGroups(ctx)
	if err != nil {
		return nil, false, err
	}
	g.at, g.all, g.more = time.Now(), all, more
	return all, more, nil
}

func (c *Cluster) allGroups(ctx context.Context) (all []group, more bool, err error) {
	listed, err := c.admin.ListGroups(ctx)
	if err != nil {
		return nil, false, err
	}
	names := listed.Groups()
	if more = len(names) > maxLooked; more {
		names = names[:maxLooked]
	}
	if len(names) == 0 {
		return nil, more, nil
	}
	described, err := c.describe(ctx, names)
	if err != nil {
		return nil, false, err
	}
	offsets := c.admin.FetchManyOffsets(ctx, names...)
	for _, g := range described {
		resp, ok := offsets[g.Name]
		if ok && resp.Err != nil && !errors.Is(resp.Err, kerr.GroupIDNotFound) {
			return nil, false, resp.Err
		}
		g.committed = map[string]map[int32]int64{}
		resp.Fetched.Each(func(o kadm.OffsetResponse) {
			if o.At < 0 {
				return
			}
			if g.committed[o.Topic] == nil {
				g.committed[o.Topic] = map[int32]int64{}
			}
			g.committed[o.Topic][o.Partition] = o.At
		})
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b group) int { return cmp.Compare(a.Name, b.Name) })
	return all, more, nil
}

// describe gives state and members of groups of both protocols; those that went
// meanwhile are left out.
func (c *Cluster) describe(ctx context.Context, names []string) ([]group, error) {
	found, err := c.admin.DescribeGroups(ctx, names...)
	if err != nil {
		return nil, err
	}
	var all []group
	var others []string // that speak the newer protocol
	for _, d := range found {
		switch {
		case errors.Is(d.Err, kerr.GroupIDNotFound), d.Err == nil && d.State == "Dead":
			others = append(others, d.Group)
			continue
		case d.Err != nil:
			return nil, d.Err
		case d.ProtocolType != "consumer" && d.ProtocolType != "":
			continue
		}
		g := group{ConsumerGroup: weir.ConsumerGroup{Name: d.Group, State: d.State, Members: len(d.Members)}, reads: map[string]bool{}}
		for t := range d.AssignedPartitions() {
			g.reads[t] = true
		}
		all = append(all, g)
	}
	newer, err := c.describeNewer(ctx, others)
	return append(all, newer...), err
}

func (c *Cluster) describeNewer(ctx context.Context, names []string) ([]group, error) {
	if len(names) == 0 {
		return nil, nil
	}
	found, err := c.admin.DescribeConsumerGroups(ctx, names...)
	if errors.Is(err, kerr.UnsupportedVersion) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []group
	for _, d := range found {
		if d.Err != nil {
			continue // it went, or is no group of consumers
		}
		g := group{ConsumerGroup: weir.ConsumerGroup{Name: d.Group, State: d.State, Members: len(d.Members)}, reads: map[string]bool{}}
		for _, m := range d.Members {
			for t := range m.Assignment {
				g.reads[t] = true
			}
		}
		all = append(all, g)
	}
	return all, nil
}

// seenBrokers are those that the cluster has named since the start.
type seenBrokers struct {
	mu sync.Mutex
	by map[weir.BrokerID]weir.Broker
}

// note adds brokers and gives all that were ever named, by id.
func (s *seenBrokers) note(named []weir.Broker) []weir.Broker {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[weir.BrokerID]weir.Broker{}
	}
	for _, b := range named {
		s.by[b.ID] = b
	}
	var all []weir.Broker
	for _, b := range s.by {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b weir.Broker) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Health asks each broker whether it answers.
func (c *Cluster) Health(ctx context.Context) ([]weir.BrokerHealth, error) {
	ctx, cancel := c.glance(ctx)
	defer cancel()
	resp, err := metadata(ctx, c.client, true)
	if err != nil {
		return nil, failed(err, "list the brokers of the cluster")
	}
	leads := map[weir.BrokerID]int{}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			leads[weir.BrokerID(p.Leader)]++
		}
	}
	var named []weir.Broker
	for _, b := range resp.Brokers {
		named = append(named, weir.Broker{ID: weir.BrokerID(b.NodeID), Host: b.Host, Port: b.Port})
	}
	all := c.brokers.note(named)
	out := make([]weir.BrokerHealth, len(all))
	var asking sync.WaitGroup
	for i, b := range all {
		out[i] = weir.BrokerHealth{Broker: b, Leads: leads[b.ID]}
		if !slices.Contains(named, b) {
			out[i].Problem = "the cluster does not name it any more"
			continue
		}
		asking.Go(func() { out[i].Problem = c.ping(ctx, b.ID) })
	}
	asking.Wait()
	return out, nil
}

// ping says why a broker does not answer; "" if it does.
func (c *Cluster) ping(ctx context.Context, id weir.BrokerID) string {
	ctx, cancel := context.WithTimeout(ctx, lookFor/2)
	defer cancel()
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "weir", "1"
	if _, err := c.client.Broker(int(id)).Request(ctx, req); err != nil {
		return "it does not answer"
	}
	return ""
}
