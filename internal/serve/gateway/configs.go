package gateway

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/core/rights"
)

// configsRequest shows the settings of topics and groups. A broker's would show
// its listeners, and the defaults behind a topic's are the broker's too.
func configsRequest(x *exchange) error {
	req := x.req.(*kmsg.DescribeConfigsRequest)
	x.changed = x.changed || req.IncludeSynonyms
	req.IncludeSynonyms = false
	strip(x, &req.Resources,
		func(r kmsg.DescribeConfigsRequestResource) int16 {
			switch r.ResourceType {
			case kmsg.ConfigResourceTypeTopic:
				return x.topicNamed(r.ResourceName, rights.See)
			case kmsg.ConfigResourceTypeGroupConfig:
				return x.group(r.ResourceName)
			}
			return x.refuse(kerr.ClusterAuthorizationFailed.Code, r.ResourceName)
		},
		func(r kmsg.DescribeConfigsRequestResource, code int16) kmsg.DescribeConfigsResponseResource {
			return kmsg.DescribeConfigsResponseResource{ErrorCode: code, ResourceType: r.ResourceType, ResourceName: r.ResourceName}
		},
		func(resp kmsg.Response) *[]kmsg.DescribeConfigsResponseResource {
			return &resp.(*kmsg.DescribeConfigsResponse).Resources
		},
	)
	return nil
}
