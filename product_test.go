package weir_test

import (
	"testing"

	"github.com/weirmesh/weir"
)

// TestMajors: a name says its major, and the topic follows from it.
func TestMajors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, base, domain, own, topic string
		major                          int
	}{
		{"shop.orders", "shop.orders", "shop", "orders", "shop.orders.v1", 1},
		{"shop.orders.v2", "shop.orders", "shop", "orders.v2", "shop.orders.v2", 2},
		{"shop.orders.v10", "shop.orders", "shop", "orders.v10", "shop.orders.v10", 10},
		{"shop.v2", "shop", "", "", "shop.v2", 2}, // no product's
		{"shop.orders.v1", "shop.orders.v1", "", "", "shop.orders.v1.v1", 1},
		{"shop.orders.v02", "shop.orders.v02", "", "", "shop.orders.v02.v1", 1},
		{"shop.orders.v2.v3", "shop.orders.v2", "", "", "shop.orders.v2.v3", 3},
		{"shop.orders.v9999999", "shop.orders.v9999999", "", "", "shop.orders.v9999999.v1", 1},
	} {
		base, major := weir.SplitMajor(c.name)
		if base != c.base || major != c.major || weir.TopicOf(c.name) != c.topic {
			t.Errorf("%s is major %d of %s, with the topic %s", c.name, major, base, weir.TopicOf(c.name))
		}
		domain, own, err := weir.SplitProduct(c.name)
		if domain != c.domain || own != c.own || (err == nil) != (c.domain != "") {
			t.Errorf("%s is %s of %s, %v", c.name, own, domain, err)
		}
	}
	p := weir.Product{
		Name: "shop.orders.v2", Major: 2, Kind: weir.KindStream, Encoding: weir.EncodingJSON, KeyEncoding: weir.KeyString, Visibility: weir.VisibleMesh,
		Access: weir.AccessOpen, Partitions: 1, Retention: weir.Forever,
	}
	if err := p.Validate(); err != nil || p.Topic() != "shop.orders.v2" || p.Subject(weir.OfValue) != "shop.orders.v2-value" {
		t.Errorf("%v: %s, %s", err, p.Topic(), p.Subject(weir.OfValue))
	}
	for name, major := range map[string]int{"shop.orders.v2": 1, "shop.orders.v3": 2, "shop.orders": 2, "shop": 1} {
		p.Name, p.Major = name, major
		if err := p.Validate(); !weir.Invalid.In(err) {
			t.Errorf("%s of major %d: %v", name, major, err)
		}
	}
}
