package schemaregistry_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkByID is what every consumer asks: a schema by its id, with basic
// auth, over connections that are kept. The client does next to nothing, but it
// and the server share the cores: cpu-us/op is what both take.
func BenchmarkByID(b *testing.B) {
	m := newMesh(b)
	if got := m.ask("till", "POST", "/subjects/shop.sales.v1-value/versions", `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"}]}"}`); got.status != 200 {
		b.Fatal(got)
	}
	var out bytes.Buffer
	must(b, m.request("till", http.MethodGet, "/schemas/ids/1", nil).Write(&out))
	b.SetParallelism(16)
	b.ReportAllocs()
	b.ResetTimer()
	began := cpu()
	b.RunParallel(func(p *testing.PB) {
		c, err := net.Dial("tcp", strings.TrimPrefix(m.url, "http://"))
		must(b, err)
		defer c.Close()
		in := make([]byte, 4096)
		n := 0 // bytes of an answer: each has as many
		for p.Next() {
			if _, err := c.Write(out.Bytes()); err != nil {
				b.Error(err)
				return
			}
			if n == 0 {
				n, err = c.Read(in)
			} else {
				_, err = io.ReadFull(c, in[:n])
			}
			if err != nil || !bytes.HasPrefix(in, []byte("HTTP/1.1 200 ")) {
				b.Errorf("%v %.100s", err, in)
				return
			}
		}
	})
	b.ReportMetric(float64(cpu()-began)/1000/float64(b.N), "cpu-us/op")
}

// cpu is what this process has taken.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // of oneself it cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkByIDHandler is the same without the network and without a client.
func BenchmarkByIDHandler(b *testing.B) {
	m := newMesh(b)
	if got := m.ask("till", "POST", "/subjects/shop.sales.v1-value/versions", `{"schema":"\"string\""}`); got.status != 200 {
		b.Fatal(got)
	}
	for name, who := range map[string]string{"application": "till", "token": "admin"} {
		b.Run(name, func(b *testing.B) {
			req := m.request(who, http.MethodGet, "/schemas/ids/1", nil)
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				m.api.ServeHTTP(w, req)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
