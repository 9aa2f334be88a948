package gateway

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Kinds of keys that have a coordinator.
const (
	coordinatesGroup       = 0
	coordinatesTransaction = 1
)

// coordinatorRequest judges the names whose coordinator is asked for, one until
// version 3 and many from 4 on.
func coordinatorRequest(x *exchange) error {
	req := x.req.(*kmsg.FindCoordinatorRequest)
	if req.Version >= 4 {
		coordinatorMany(x, req)
		return nil
	}
	code := x.coordinated(req.CoordinatorType, req.CoordinatorKey)
	if code != allowed {
		resp := x.newAnswer().(*kmsg.FindCoordinatorResponse)
		resp.ErrorCode, resp.NodeID, resp.Port = code, -1, -1
		x.local = resp
		return nil
	}
	if req.CoordinatorType == coordinatesTransaction {
		req.CoordinatorKey = x.sent(req.CoordinatorKey)
	}
	return nil
}

func coordinatorMany(x *exchange, req *kmsg.FindCoordinatorRequest) {
	strip(x, &req.CoordinatorKeys,
		func(key string) int16 { return x.coordinated(req.CoordinatorType, key) },
		func(key string, code int16) kmsg.FindCoordinatorResponseCoordinator {
			return kmsg.FindCoordinatorResponseCoordinator{Key: key, NodeID: -1, Port: -1, ErrorCode: code}
		},
		func(resp kmsg.Response) *[]kmsg.FindCoordinatorResponseCoordinator {
			return &resp.(*kmsg.FindCoordinatorResponse).Coordinators
		},
	)
	if req.CoordinatorType != coordinatesTransaction {
		return
	}
	for i, key := range req.CoordinatorKeys {
		req.CoordinatorKeys[i] = x.sent(key)
	}
	// Before what was refused is added, whose ids have no prefix.
	x.merges = append([]func(kmsg.Response){func(resp kmsg.Response) {
		r := resp.(*kmsg.FindCoordinatorResponse)
		for i := range r.Coordinators {
			if id, ok := x.received(r.Coordinators[i].Key); ok {
				r.Coordinators[i].Key = id
			}
		}
	}}, x.merges...)
}

// coordinated judges one name; share groups have no coordinator here.
func (x *exchange) coordinated(kind int8, key string) int16 {
	switch kind {
	case coordinatesGroup:
		return x.group(key)
	case coordinatesTransaction:
		return x.transaction(key)
	}
	return x.count(kerr.InvalidRequest.Code)
}

func coordinatorAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.FindCoordinatorResponse)
	if r.ErrorCode == 0 && len(r.Coordinators) == 0 && !x.readdress(r.NodeID, &r.Host, &r.Port) {
		r.ErrorCode, r.NodeID, r.Host, r.Port = kerr.CoordinatorNotAvailable.Code, -1, "", -1
	}
	for i := range r.Coordinators {
		c := &r.Coordinators[i]
		if c.ErrorCode == 0 && !x.readdress(c.NodeID, &c.Host, &c.Port) {
			c.ErrorCode = kerr.CoordinatorNotAvailable.Code
		}
		if c.ErrorCode != 0 {
			c.NodeID, c.Host, c.Port = -1, "", -1
		}
	}
	if r.ErrorCode != 0 {
		r.NodeID, r.Host, r.Port = -1, "", -1
	}
	return true
}
