package weir_test

import (
	"testing"
	"time"

	"github.com/weirmesh/weir"
)

// A topic that was there before may have more partitions than Weir would make;
// one that Weir makes may not.
func TestAdoptedTopicsHaveWhatTheyHave(t *testing.T) {
	t.Parallel()
	at := time.Unix(1, 0)
	publication := func(stream weir.UID) *weir.Publication {
		return &weir.Publication{Topic: "orders", Stream: stream, By: weir.Ref{Noun: weir.NounPerson, Name: "ann"}, At: at, Terms: weir.UID{1}}
	}
	product := weir.Product{
		Name: "shop.orders", Major: 1, Kind: weir.KindStream, Encoding: weir.EncodingJSON, KeyEncoding: weir.KeyString,
		Visibility: weir.VisibleMesh, Access: weir.AccessOpen, Partitions: weir.MaxPartitions + 1,
	}
	for name, c := range map[string]struct {
		published *weir.Publication
		ok        bool
	}{
		"made":                {nil, false},
		"of a private stream": {publication(weir.UID{2}), false},
		"adopted":             {publication(weir.UID{}), true},
	} {
		p := product
		p.Published = c.published
		if err := p.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, adopted := range []bool{false, true} {
		topic := weir.Topic{Name: "orders", Partitions: weir.MaxPartitions + 1, State: weir.TopicMade, ID: weir.TopicID{1}, Adopted: adopted}
		if err := topic.Validate(); (err == nil) != adopted {
			t.Errorf("adopted %v: %v", adopted, err)
		}
		topic.Partitions = 0
		if topic.Validate() == nil {
			t.Errorf("adopted %v: no partition at all", adopted)
		}
	}
}
