package wire_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/core/wire"
)

// checked are the requests that have a shape, with the versions it covers.
var checked = map[int16][2]int16{
	0: {3, 13}, 1: {4, 18}, 2: {1, 11}, 3: {4, 13}, 8: {2, 10}, 9: {2, 10}, 10: {0, 6}, 11: {0, 9}, 12: {0, 4},
	13: {0, 5}, 14: {0, 5}, 15: {0, 6}, 16: {0, 5}, 22: {0, 5}, 23: {2, 4}, 24: {0, 3}, 25: {0, 4}, 26: {0, 5},
	28: {0, 6}, 32: {1, 4}, 42: {0, 3}, 47: {0, 0}, 60: {0, 2}, 61: {0, 0}, 65: {0, 0}, 66: {0, 2}, 68: {0, 1},
	69: {0, 1}, 75: {0, 0},
}

// fill gives every field of a request some value.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[kmsg.Tags]() {
			if r.IntN(3) == 0 {
				v.Addr().Interface().(*kmsg.Tags).Set(100+uint32(r.IntN(500)), []byte("unknown"))
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Version" {
				fill(r, v.Field(i))
			}
		}
	case reflect.Slice:
		n := r.IntN(4)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(r, v.Index(i))
		}
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.String:
		v.SetString([]string{"", "a", "a longer name"}[r.IntN(3)])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Uint8:
		v.SetUint(uint64(r.IntN(256)))
	default:
		v.SetInt(int64(r.IntN(100)))
	}
}

// TestShapes: whatever kmsg writes passes, to its last byte; nothing less does,
// and nothing more.
func TestShapes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for key, versions := range checked {
		for version := versions[0]; version <= versions[1]; version++ {
			for range 30 {
				req := kmsg.RequestForKey(key)
				req.SetVersion(version)
				fill(r, reflect.ValueOf(req).Elem())
				body := req.AppendTo(nil)
				if err := wire.CheckRequest(key, version, req.IsFlexible(), body); err != nil {
					t.Fatalf("%s v%d: %v\n%+v", kmsg.NameForKey(key), version, err, req)
				}
				padded := body
				if key == 3 { // see TestPadding
					padded = append(body[:len(body):len(body)], 0, 0, 0)
				}
				if err := wire.CheckRequest(key, version, req.IsFlexible(), append(padded[:len(padded):len(padded)], 0)); err == nil {
					t.Fatalf("%s v%d with a byte too many", kmsg.NameForKey(key), version)
				}
				for n := range body {
					if err := wire.CheckRequest(key, version, req.IsFlexible(), body[:n]); err == nil {
						t.Fatalf("%s v%d passes with %d of %d bytes", kmsg.NameForKey(key), version, n, len(body))
					}
				}
			}
		}
	}
}

// TestPadding: what librdkafka 2.16 sends to list all topics passes; anything
// but zeros does not.
func TestPadding(t *testing.T) {
	t.Parallel()
	if err := wire.CheckRequest(3, 13, true, make([]byte, 7)); err != nil {
		t.Error(err)
	}
	for _, body := range [][]byte{make([]byte, 8), {0, 0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 1}} {
		if err := wire.CheckRequest(3, 13, true, body); err == nil {
			t.Errorf("%x passes", body)
		}
	}
}

// TestCounts: counts that are true and too high, and counts that lie.
func TestCounts(t *testing.T) {
	t.Parallel()
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Version, req.Groups = 5, make([]string, wire.MaxEntries+1)
	if err := wire.CheckRequest(15, 5, true, req.AppendTo(nil)); !errors.Is(err, wire.ErrCount) {
		t.Errorf("too many: %v", err)
	}
	for name, body := range map[string][]byte{
		"tags":   {1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"groups": {0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0},
	} {
		if err := wire.CheckRequest(15, 5, true, body); !errors.Is(err, wire.ErrTorn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := wire.CheckRequest(19, 5, true, nil); err == nil {
		t.Error("a request without a shape passes")
	}
}

// FuzzRequest: what passes, kmsg decodes or refuses at once. It still refuses
// null where there must be a name.
func FuzzRequest(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for key, versions := range checked {
		req := kmsg.RequestForKey(key)
		req.SetVersion(versions[1])
		fill(r, reflect.ValueOf(req).Elem())
		f.Add(key, versions[1], req.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, key, version int16, body []byte) {
		versions, ok := checked[key]
		if !ok || version < versions[0] || version > versions[1] {
			return
		}
		req := kmsg.RequestForKey(key)
		req.SetVersion(version)
		if wire.CheckRequest(key, version, req.IsFlexible(), body) != nil {
			return
		}
		began := time.Now()
		if err := req.ReadFrom(body); err == nil {
			req.AppendTo(nil)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s v%d takes %s", kmsg.NameForKey(key), version, took)
		}
	})
}
