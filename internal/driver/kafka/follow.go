package kafka

import (
	"context"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/weirmesh/weir"
)

// Follows lists the groups of an application with the topics of each.
func (c *Cluster) Follows(ctx context.Context, application string) (weir.Follows, error) {
	ctx, cancel := c.glance(ctx)
	defer cancel()
	all, more, err := c.knownGroups(ctx)
	if err != nil {
		return weir.Follows{}, failed(err, "look at the consumer groups")
	}
	out := weir.Follows{More: more}
	topics := map[string]bool{}
	for _, g := range all {
		if !weir.OwnsName(application, g.Name) {
			continue
		}
		for _, t := range g.topics() {
			if len(out.Follows) == weir.MaxGroups {
				out.More = true
				break
			}
			topics[t] = true
			out.Follows = append(out.Follows, weir.Following{Topic: t, ConsumerGroup: weir.ConsumerGroup{Name: g.Name}})
		}
	}
	spans, err := c.someSpans(ctx, slices.Sorted(maps.Keys(topics)))
	if err != nil {
		return weir.Follows{}, failed(err, "look at the topics of the consumer groups")
	}
	out.Follows = standing(out.Follows, all, spans)
	return out, nil
}

// standing says how each group stands to its topic; those of topics that are
// gone are left out.
func standing(follows []weir.Following, all []group, spans map[string]map[int32]weir.Span) []weir.Following {
	by := map[string]group{}
	for _, g := range all {
		by[g.Name] = g
	}
	kept := follows[:0]
	for _, f := range follows {
		if s, ok := spans[f.Topic]; ok {
			f.Partitions = len(s)
			f.ConsumerGroup = by[f.Name].on(f.Topic, s)
			kept = append(kept, f)
		}
	}
	return kept
}

// topics are those that the group committed offsets of or reads, by name.
func (g group) topics() []string {
	all := map[string]bool{}
	for t := range g.reads {
		all[t] = true
	}
	for t := range g.committed {
		all[t] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// someSpans says what several topics hold, asking once for all; those that the
// cluster does not tell of are left out.
func (c *Cluster) someSpans(ctx context.Context, topics []string) (map[string]map[int32]weir.Span, error) {
	if len(topics) == 0 {
		return nil, nil // no topic is all of them to who is asked
	}
	starts, err := c.admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	ends, err := c.admin.ListCommittedOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	out := map[string]map[int32]weir.Span{}
	for t, partitions := range starts {
		if (kadm.ListedOffsets{t: partitions}).Error() != nil || (kadm.ListedOffsets{t: ends[t]}).Error() != nil {
			continue
		}
		out[t] = map[int32]weir.Span{}
		for p, s := range partitions {
			out[t][p] = weir.Span{Start: s.Offset, End: max(s.Offset, ends[t][p].Offset)}
		}
	}
	return out, nil
}
