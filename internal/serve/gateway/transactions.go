package gateway

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// refuseWith answers here, with an empty answer that holds the code.
func refuseWith[R kmsg.Response](x *exchange, code int16, write func(R, int16)) error {
	resp := x.newAnswer().(R)
	write(resp, code)
	x.local = resp
	return nil
}

func initProducerRequest(x *exchange) error {
	req := x.req.(*kmsg.InitProducerIDRequest)
	code, sent := allowed, ""
	if req.TransactionalID != nil {
		if code = x.transaction(*req.TransactionalID); code == allowed {
			sent = x.sent(*req.TransactionalID)
			req.TransactionalID = &sent
			code = x.recover(req, sent)
		}
	}
	if code == allowed && x.binds() && !x.c.g.producers.another(x.login.Application, sent) {
		code = x.count(kerr.CoordinatorLoadInProgress.Code) // which every client tries again later
	}
	if code != allowed {
		return refuseWith(x, code, func(r *kmsg.InitProducerIDResponse, code int16) {
			r.ErrorCode, r.ProducerID, r.ProducerEpoch = code, -1, -1
		})
	}
	x.learns(sent, func(resp kmsg.Response) (int64, int16) {
		r := resp.(*kmsg.InitProducerIDResponse)
		return r.ProducerID, r.ErrorCode
	})
	return nil
}

// addPartitionsRequest joins all partitions to the transaction, or none, as
// Apache Kafka does: the good ones are told that they were not tried.
func addPartitionsRequest(x *exchange) error {
	req := x.req.(*kmsg.AddPartitionsToTxnRequest)
	codes := make([]int16, len(req.Topics))
	good := true
	whole := x.transaction(req.TransactionalID)
	sent := req.TransactionalID
	if whole == allowed {
		sent = x.sent(sent)
		whole = x.producer(req.ProducerID, sent)
	}
	for i, t := range req.Topics {
		if codes[i] = whole; whole == allowed {
			codes[i] = x.topicNamed(t.Topic, rights.Write)
		}
		good = good && codes[i] == allowed
	}
	if good && whole == allowed {
		req.TransactionalID = sent
		return nil
	}
	resp := x.newAnswer().(*kmsg.AddPartitionsToTxnResponse)
	for i, t := range req.Topics {
		code := codes[i]
		or(&code, kerr.OperationNotAttempted.Code)
		resp.Topics = append(resp.Topics, kmsg.AddPartitionsToTxnResponseTopic{Topic: t.Topic, Partitions: each(t.Partitions,
			func(p int32) kmsg.AddPartitionsToTxnResponseTopicPartition {
				return kmsg.AddPartitionsToTxnResponseTopicPartition{Partition: p, ErrorCode: code}
			})})
	}
	x.local = resp
	return nil
}

func addOffsetsRequest(x *exchange) error {
	req := x.req.(*kmsg.AddOffsetsToTxnRequest)
	code := x.transaction(req.TransactionalID)
	if code == allowed {
		code = x.group(req.Group)
	}
	if code == allowed {
		req.TransactionalID = x.sent(req.TransactionalID)
		code = x.producer(req.ProducerID, req.TransactionalID)
	}
	if code != allowed {
		return refuseWith(x, code, func(r *kmsg.AddOffsetsToTxnResponse, code int16) { r.ErrorCode = code })
	}
	return nil
}

func endTxnRequest(x *exchange) error {
	req := x.req.(*kmsg.EndTxnRequest)
	code := x.transaction(req.TransactionalID)
	if code == allowed {
		req.TransactionalID = x.sent(req.TransactionalID)
		code = x.producer(req.ProducerID, req.TransactionalID)
	}
	if code != allowed {
		return refuseWith(x, code, func(r *kmsg.EndTxnResponse, code int16) {
			r.ErrorCode, r.ProducerID, r.ProducerEpoch = code, -1, -1
		})
	}
	if req.Version >= 5 { // the answer may hold another producer id
		x.learns(req.TransactionalID, func(resp kmsg.Response) (int64, int16) {
			r := resp.(*kmsg.EndTxnResponse)
			return r.ProducerID, r.ErrorCode
		})
	}
	return nil
}

func txnCommitRequest(x *exchange) error {
	req := x.req.(*kmsg.TxnOffsetCommitRequest)
	whole := x.transaction(req.TransactionalID)
	if whole == allowed {
		whole = x.group(req.Group)
	}
	sent := req.TransactionalID
	if whole == allowed {
		sent = x.sent(sent)
		whole = x.producer(req.ProducerID, sent)
	}
	strip(x, &req.Topics,
		func(t kmsg.TxnOffsetCommitRequestTopic) int16 {
			if whole != allowed {
				return whole
			}
			return x.named(t.Topic, t.TopicID, rights.Read)
		},
		func(t kmsg.TxnOffsetCommitRequestTopic, code int16) kmsg.TxnOffsetCommitResponseTopic {
			return kmsg.TxnOffsetCommitResponseTopic{Topic: t.Topic, TopicID: t.TopicID, Partitions: each(t.Partitions,
				func(p kmsg.TxnOffsetCommitRequestTopicPartition) kmsg.TxnOffsetCommitResponseTopicPartition {
					return kmsg.TxnOffsetCommitResponseTopicPartition{Partition: p.Partition, ErrorCode: code}
				})}
		},
		func(resp kmsg.Response) *[]kmsg.TxnOffsetCommitResponseTopic {
			return &resp.(*kmsg.TxnOffsetCommitResponse).Topics
		},
	)
	if whole != allowed {
		if x.local == nil { // no topics, and so no place for the error
			x.local = x.newAnswer()
		}
		return nil
	}
	req.TransactionalID = sent
	return nil
}

func transactionsRequest(x *exchange) error {
	req := x.req.(*kmsg.DescribeTransactionsRequest)
	strip(x, &req.TransactionalIDs, x.transaction,
		func(id string, code int16) kmsg.DescribeTransactionsResponseTransactionState {
			s := kmsg.NewDescribeTransactionsResponseTransactionState()
			s.ErrorCode, s.TransactionalID = code, id
			return s
		},
		func(resp kmsg.Response) *[]kmsg.DescribeTransactionsResponseTransactionState {
			return &resp.(*kmsg.DescribeTransactionsResponse).TransactionStates
		},
	)
	for i, id := range req.TransactionalIDs {
		req.TransactionalIDs[i] = x.sent(id)
	}
	return nil
}

func transactionsAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.DescribeTransactionsResponse)
	for i := range r.TransactionStates {
		if id, ok := x.received(r.TransactionStates[i].TransactionalID); ok {
			r.TransactionStates[i].TransactionalID = id
		}
	}
	return true
}

func listTransactionsAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.ListTransactionsResponse)
	kept := []kmsg.ListTransactionsResponseTransactionState{}
	for _, s := range r.TransactionStates {
		id, ok := x.received(s.TransactionalID)
		if ok && weir.OwnsName(x.login.Name, id) {
			s.TransactionalID = id
			kept = append(kept, s)
		}
	}
	r.TransactionStates = kept
	return true
}

// producersRequest tells who else writes to a partition, so it is for writers.
func producersRequest(x *exchange) error {
	req := x.req.(*kmsg.DescribeProducersRequest)
	strip(x, &req.Topics,
		func(t kmsg.DescribeProducersRequestTopic) int16 { return x.topicNamed(t.Topic, rights.Write) },
		func(t kmsg.DescribeProducersRequestTopic, code int16) kmsg.DescribeProducersResponseTopic {
			return kmsg.DescribeProducersResponseTopic{Topic: t.Topic, Partitions: each(t.Partitions,
				func(p int32) kmsg.DescribeProducersResponseTopicPartition {
					r := kmsg.NewDescribeProducersResponseTopicPartition()
					r.Partition, r.ErrorCode = p, code
					return r
				})}
		},
		func(resp kmsg.Response) *[]kmsg.DescribeProducersResponseTopic {
			return &resp.(*kmsg.DescribeProducersResponse).Topics
		},
	)
	return nil
}
