package kafka

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weirmesh/weir"
)

// kinds maps what brokers answer; what is missing here and may be asked again
// is Unavailable, the rest Internal.
var kinds = map[*kerr.Error]weir.ErrKind{
	kerr.TopicAlreadyExists:         weir.Exists,
	kerr.UnknownTopicOrPartition:    weir.NotFound,
	kerr.UnknownTopicID:             weir.NotFound,
	kerr.InvalidTopicException:      weir.Invalid,
	kerr.InvalidPartitions:          weir.Invalid,
	kerr.InvalidReplicationFactor:   weir.Invalid,
	kerr.InvalidConfig:              weir.Invalid,
	kerr.InvalidRequest:             weir.Invalid,
	kerr.PolicyViolation:            weir.Limit,
	kerr.TopicAuthorizationFailed:   weir.Denied,
	kerr.GroupAuthorizationFailed:   weir.Denied,
	kerr.ClusterAuthorizationFailed: weir.Denied,
	kerr.SaslAuthenticationFailed:   weir.Denied,
	kerr.NonEmptyGroup:              weir.Unavailable,
	kerr.RebalanceInProgress:        weir.Unavailable,
	kerr.ReassignmentInProgress:     weir.Unavailable,
	kerr.ThrottlingQuotaExceeded:    weir.Unavailable,
}

// failed is the one place where errors of the Kafka client become ours. op
// reads as in "cannot make the topic x". What is no answer of a broker is
// trouble on the way to it.
func failed(err error, op string) error {
	var ours *weir.Error
	var theirs *kerr.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ours):
		return err
	case !errors.As(err, &theirs):
		return weir.Errorf(weir.Unavailable, "cannot %s: the cluster does not answer", op).Because(err).
			WithFix("check that the brokers run and can be reached, then try again")
	}
	kind, known := kinds[theirs]
	if !known && theirs.Retriable {
		kind = weir.Unavailable
	}
	e := weir.Errorf(kind, "cannot %s: %s", op, theirs.Description).Because(err)
	if kind == weir.Denied {
		e = e.WithFix("give Weir's principal all rights on the cluster")
	}
	return e
}
