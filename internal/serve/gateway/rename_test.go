package gateway

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestEveryTopicIsRenamed: in every request and answer of the table, each text
// whose field is called after a topic is renamed, and no other is. So a field
// that a later kmsg brings is found.
func TestEveryTopicIsRenamed(t *testing.T) {
	t.Parallel()
	to := func(name string) string { return strings.Replace(name, "old", "new", 1) }
	var got []string
	for _, e := range allowList() {
		if e.beforeLogin {
			continue
		}
		req, resp := kmsg.RequestForKey(e.key), kmsg.ResponseForKey(e.key)
		fill(reflect.ValueOf(req).Elem())
		fill(reflect.ValueOf(resp).Elem())
		for _, one := range []struct {
			what    string
			value   any
			changed bool
		}{
			{e.name + " request", req, renameRequest(req, to)},
			{e.name + " answer", resp, renameResponse(resp, to)},
		} {
			texts := map[string]string{}
			collect(reflect.ValueOf(one.value).Elem(), "", texts)
			renamed := false
			for path, text := range texts {
				is, should := text == "new", isTopic(path)
				if is != should {
					t.Errorf("%s: %s is renamed: %v", one.what, path, is)
				}
				if renamed = renamed || is; is {
					got = append(got, one.what+path)
				}
			}
			if renamed != one.changed {
				t.Errorf("%s: reported as changed: %v", one.what, one.changed)
			}
		}
	}
	slices.Sort(got)
	if len(got) < 30 {
		t.Errorf("only %d fields: %q", len(got), got)
	}
}

// isTopic tells a field by its name. The name of a setting's owner may be a
// topic's; here it is, by what fill says it is of.
func isTopic(path string) bool {
	last := path[strings.LastIndexByte(path, '.')+1:]
	return strings.Contains(last, "Topic") && !strings.Contains(last, "Regex") || last == "ResourceName"
}

// fill writes "old" into every text, and gives every list one entry.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("old")
	case reflect.Int8:
		if v.Type() == reflect.TypeFor[kmsg.ConfigResourceType]() {
			v.SetInt(int64(kmsg.ConfigResourceTypeTopic))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[kmsg.Tags]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}

// collect lists every text by its path.
func collect(v reflect.Value, path string, into map[string]string) {
	switch v.Kind() {
	case reflect.String:
		into[path] = v.String()
	case reflect.Pointer:
		collect(v.Elem(), path, into)
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), path, into)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				collect(v.Field(i), path+"."+v.Type().Field(i).Name, into)
			}
		}
	}
}

// TestGroupsBytesAreRenamed: what consumers pack into the requests and answers
// of classic groups is renamed; what others pack, or nobody can read, is not.
func TestGroupsBytesAreRenamed(t *testing.T) {
	t.Parallel()
	to := func(name string) string { return strings.Replace(name, "old", "a longer new", 1) }
	meta := func(topic string) []byte {
		m := kmsg.NewConsumerMemberMetadata()
		m.Version, m.Topics = 1, []string{topic}
		m.OwnedPartitions = []kmsg.ConsumerMemberMetadataOwnedPartition{{Topic: topic, Partitions: []int32{1}}}
		return m.AppendTo(nil)
	}
	assigned := func(topic string) []byte {
		a := kmsg.NewConsumerMemberAssignment()
		a.Topics = []kmsg.ConsumerMemberAssignmentTopic{{Topic: topic, Partitions: []int32{1}}}
		return a.AppendTo(nil)
	}
	for _, test := range []struct {
		protocol string
		in, want string
	}{{"consumer", "old", "a longer new"}, {"connect", "old", "old"}} {
		join := kmsg.NewPtrJoinGroupRequest()
		join.ProtocolType, join.Protocols = test.protocol, []kmsg.JoinGroupRequestProtocol{{Metadata: meta(test.in)}, {Metadata: []byte("torn")}}
		joined := kmsg.NewPtrJoinGroupResponse()
		joined.ProtocolType, joined.Members = &test.protocol, []kmsg.JoinGroupResponseMember{{ProtocolMetadata: meta(test.in)}}
		sync := kmsg.NewPtrSyncGroupRequest()
		sync.ProtocolType, sync.GroupAssignment = &test.protocol, []kmsg.SyncGroupRequestGroupAssignment{{MemberAssignment: assigned(test.in)}}
		synced := kmsg.NewPtrSyncGroupResponse()
		synced.ProtocolType, synced.MemberAssignment = &test.protocol, assigned(test.in)
		group := kmsg.NewPtrDescribeGroupsResponse()
		group.Groups = []kmsg.DescribeGroupsResponseGroup{{ProtocolType: test.protocol,
			Members: []kmsg.DescribeGroupsResponseGroupMember{{ProtocolMetadata: meta(test.in), MemberAssignment: assigned(test.in)}}}}
		changes := []bool{
			renameRequest(join, to), renameRequest(sync, to), renameResponse(joined, to), renameResponse(synced, to), renameResponse(group, to),
		}
		yes := test.in != test.want
		if diff := cmp.Diff([]bool{yes, yes, yes, yes, yes}, changes); diff != "" {
			t.Errorf("%s: %s", test.protocol, diff)
		}
		got := [][]byte{join.Protocols[0].Metadata, join.Protocols[1].Metadata, joined.Members[0].ProtocolMetadata,
			sync.GroupAssignment[0].MemberAssignment, synced.MemberAssignment,
			group.Groups[0].Members[0].ProtocolMetadata, group.Groups[0].Members[0].MemberAssignment}
		want := [][]byte{meta(test.want), []byte("torn"), meta(test.want), assigned(test.want), assigned(test.want), meta(test.want), assigned(test.want)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", test.protocol, diff)
		}
	}
}
