package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weirmesh/weir"
)

// Trim deletes records older than a moment where the cluster does not expire
// records itself. Only what stands before the first record that is young
// enough goes, so one wrong timestamp deletes nothing that is new; and the last
// record always stays, since an embedded partition that was emptied starts
// again at offset 0 after a restart.
func (c *Cluster) Trim(ctx context.Context, topic string, before time.Time) error {
	if !c.keepWhole {
		return nil
	}
	ctx, cancel := c.call(ctx)
	defer cancel()
	op := "delete old records of the topic " + topic
	young, err := listed(c.admin.ListOffsetsAfterMilli(ctx, before.UnixMilli(), topic))
	if err != nil {
		return failed(err, op)
	}
	starts, err := listed(c.admin.ListStartOffsets(ctx, topic))
	if err != nil {
		return failed(err, op)
	}
	ends, err := listed(c.admin.ListEndOffsets(ctx, topic))
	if err != nil {
		return failed(err, op)
	}
	cut := cuts(young, starts, ends)
	if len(cut) == 0 {
		return nil
	}
	done, err := c.admin.DeleteRecords(ctx, cut)
	if err == nil {
		err = done.Error()
	}
	if errors.Is(err, kerr.OffsetOutOfRange) { // somebody else cut deeper meanwhile
		return nil
	}
	return failed(err, op)
}

func listed(o kadm.ListedOffsets, err error) (kadm.ListedOffsets, error) {
	if err == nil {
		err = o.Error()
	}
	return o, err
}

// cuts says where each partition shall begin; what begins there already is
// left out.
func cuts(young, starts, ends kadm.ListedOffsets) kadm.Offsets {
	cut := make(kadm.Offsets)
	young.Each(func(y kadm.ListedOffset) {
		start, known := starts.Lookup(y.Topic, y.Partition)
		end, ended := ends.Lookup(y.Topic, y.Partition)
		if !known || !ended {
			return
		}
		to := end.Offset - 1
		if y.Offset >= 0 {
			to = min(to, y.Offset)
		}
		if to > start.Offset {
			cut.AddOffset(y.Topic, y.Partition, to, -1)
		}
	})
	return cut
}

// DeleteGroups ends the consumer groups that an application owns, of every
// kind that the cluster knows.
func (c *Cluster) DeleteGroups(ctx context.Context, application string) error {
	ctx, cancel := c.call(ctx)
	defer cancel()
	op := "delete the consumer groups of " + application
	groups, err := c.admin.ListGroups(ctx)
	if err != nil {
		return failed(err, op)
	}
	var mine []string
	for _, name := range groups.Groups() {
		if weir.OwnsName(application, name) {
			mine = append(mine, name)
		}
	}
	if len(mine) == 0 {
		return nil
	}
	done, err := c.admin.DeleteGroups(ctx, mine...)
	if err != nil {
		return failed(err, op)
	}
	for _, g := range done.Sorted() {
		if err := groupError(g); err != nil {
			return err
		}
	}
	return nil
}

func groupError(g kadm.DeleteGroupResponse) error {
	switch {
	case g.Err == nil, errors.Is(g.Err, kerr.GroupIDNotFound):
		return nil
	case errors.Is(g.Err, kerr.NonEmptyGroup):
		return weir.Errorf(weir.Unavailable, "the consumer group %s still has members", g.Group).Because(g.Err).
			WithFix("close its clients, then try again")
	}
	return failed(g.Err, "delete the consumer group "+g.Group)
}
