package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

// TestTrace: a record leads to those that its headers name, as far as there are
// such; what is asked wrongly is refused with what to do.
func TestTrace(t *testing.T) {
	t.Parallel()
	m := shop(t)
	ctx := t.Context()
	m.lines.add(`{"n":1}`, `{"n":2}`)
	m.lines.all[1].Headers = []weir.Header{
		{Key: weir.HeaderFrom, Value: []byte("shop.orders.v1/0/0")}, {Key: weir.HeaderFrom, Value: []byte("else.where.v1/2/7-9/2")},
		{Key: weir.HeaderFromMore, Value: []byte("5")},
	}
	got, err := m.admin.Trace(ctx, "shop.orders", 0, 1)
	must(t, err)
	want := client.Trace{
		TracePlace: client.TracePlace{
			Product: "shop.orders", Topic: "shop.orders.v1", Offset: 1, State: client.PlaceRead, Timestamp: time.UnixMilli(0).UTC(),
			Key: []byte("null"), Value: []byte(`{"n":2}`), Why: "no query makes it now: what it was made of is what its headers say", More: 5,
			From: []client.TracePlace{
				{Product: "shop.orders", Topic: "shop.orders.v1", State: client.PlaceRead, Timestamp: time.UnixMilli(0).UTC(), Key: []byte("null"), Value: []byte(`{"n":1}`)},
				{Partition: 2, Offset: 7, Last: 9, Count: 2, State: client.PlaceHidden, Why: "a topic that is not yours, or is not there any more"},
			},
		},
		Queries: []client.TraceQuery{}, Read: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for path, status := range map[string]int{
		"/products/shop.orders/records/0/9/trace": http.StatusNotFound, "/products/shop.orders/records/4/0/trace": http.StatusNotFound,
		"/products/shop.none/records/0/0/trace": http.StatusNotFound, "/streams/shop._private.none/records/0/0/trace": http.StatusNotFound,
		"/products/shop.orders/records/x/0/trace": http.StatusUnprocessableEntity, "/products/shop.orders/records/0/-1/trace": http.StatusUnprocessableEntity,
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url+"/api/v1"+path, nil)
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+m.token)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, status)
		}
	}
}
