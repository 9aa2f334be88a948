package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

// lines is a weir.Reader of topics with one partition, whose records are the
// same for every topic.
type lines struct {
	mu   sync.Mutex
	all  []weir.Message
	news chan struct{}
}

func newLines() *lines { return &lines{news: make(chan struct{})} }

func (l *lines) add(values ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range values {
		l.all = append(l.all, weir.Message{Offset: int64(len(l.all)), Time: time.UnixMilli(0), Value: []byte(v)})
	}
	close(l.news)
	l.news = make(chan struct{})
}

func (l *lines) Spans(context.Context, string) (map[int32]weir.Span, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return map[int32]weir.Span{0: {End: int64(len(l.all))}}, nil
}

func (l *lines) OffsetsAt(context.Context, string, time.Time) (map[int32]int64, error) {
	return map[int32]int64{0: 0}, nil
}

func (l *lines) Tail(_ context.Context, _ string, from map[int32]int64) (weir.Tail, error) {
	return &linesTail{l, from[0]}, nil
}

type linesTail struct {
	of *lines
	at int64
}

func (t *linesTail) Next(ctx context.Context) ([]weir.Message, error) {
	for {
		t.of.mu.Lock()
		news, got := t.of.news, slices.Clone(t.of.all[t.at:])
		t.of.mu.Unlock()
		if len(got) > 0 {
			t.at += int64(len(got))
			return got, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (t *linesTail) At(int32) int64 { return t.at }
func (t *linesTail) Close()         {}

// records asks for records in a form.
func (m *mesh) records(query, accept string, more ...string) *http.Response {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, m.url+"/api/v1/products/shop.orders/records?"+query, nil)
	must(m.t, err)
	req.Header.Set("Authorization", "Bearer "+m.token)
	req.Header.Set("Accept", accept)
	for i := 0; i+1 < len(more); i += 2 {
		req.Header.Set(more[i], more[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	must(m.t, err)
	m.t.Cleanup(func() { res.Body.Close() })
	return res
}

func shop(t *testing.T) *mesh {
	m := newMesh(t)
	ctx := t.Context()
	_, err := m.admin.CreateTeam(ctx, client.NewTeam{Name: "shop"})
	must(t, err)
	_, err = m.admin.CreateDomain(ctx, client.NewDomain{Name: "shop", Team: "shop"})
	must(t, err)
	_, err = m.admin.CreateProduct(ctx, client.NewProduct{Name: "shop.orders"})
	must(t, err)
	return m
}

func row(offset int, value string) string {
	return fmt.Sprintf(`{"partition":0,"offset":%d,"timestamp":"1970-01-01T00:00:00.000Z","key":null,"value":%s,"headers":[]}`, offset, value)
}

func TestRecordsInEveryForm(t *testing.T) {
	t.Parallel()
	m := shop(t)
	m.lines.add(`{"n":1}`, `{"n":2}`)
	for accept, want := range map[string]string{
		"application/json":     "[\n" + row(0, `{"n":1}`) + ",\n" + row(1, `{"n":2}`) + "\n]\n",
		"application/x-ndjson": row(0, `{"n":1}`) + "\n" + row(1, `{"n":2}`) + "\n",
		"*/*":                  "[\n" + row(0, `{"n":1}`) + ",\n" + row(1, `{"n":2}`) + "\n]\n",
		"text/html, text/event-stream;q=0.9": "retry: 1000\n\nid: 0:1,*\ndata: " + row(0, `{"n":1}`) + "\n\nid: 0:2,*\ndata: " + row(1, `{"n":2}`) +
			"\n\nid: 0:2,*\nevent: end\ndata: {\"reason\":\"end\",\"next\":\"0:2,*\"}\n\n",
	} {
		res := m.records("", accept)
		body, err := io.ReadAll(res.Body)
		must(t, err)
		if diff := cmp.Diff(want, string(body)); diff != "" || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d: %s", accept, res.StatusCode, diff)
		}
		if from, next, end := res.Header.Get("Weir-From"), res.Trailer.Get("Weir-Next"), res.Trailer.Get("Weir-End"); from != "0:0,*" || next != "0:2,*" || end != "end" {
			t.Errorf("%s: from %q, next %q, end %q", accept, from, next, end)
		}
	}
	body, err := io.ReadAll(m.records("limit=1&where=value.n>1", "application/x-ndjson").Body)
	must(t, err)
	if diff := cmp.Diff(row(1, `{"n":2}`)+"\n", string(body)); diff != "" {
		t.Errorf("where: %s", diff)
	}
	body, err = io.ReadAll(m.records("from=0:0", "text/event-stream", "Last-Event-ID", "0:1,*").Body)
	must(t, err)
	if strings.Contains(string(body), `"n":1`) || !strings.Contains(string(body), `"n":2`) {
		t.Errorf("behind the last event: %s", body)
	}
}

func TestRecordsRefused(t *testing.T) {
	t.Parallel()
	m := shop(t)
	for query, accept := range map[string]string{
		"follow=true": "application/json", "": "text/html", "where=value.": "*/*", "limit=-1": "*/*", "other=1": "*/*",
	} {
		res := m.records(query, accept)
		var p client.Problem
		must(t, json.NewDecoder(res.Body).Decode(&p))
		if res.StatusCode/100 != 4 || p.Fix == "" {
			t.Errorf("%s as %s: %d, %+v", query, accept, res.StatusCode, p)
		}
	}
}

// wholeAnswer bounds whole answers of the listener of this test.
const wholeAnswer = 4 * time.Second

// TestFollowOutlivesTheListenersBounds: an answer that goes on is not cut by
// the bounds of whole answers, for reading and for writing.
func TestFollowOutlivesTheListenersBounds(t *testing.T) {
	t.Parallel()
	m := shop(t)
	srv := httptest.NewUnstartedServer(m.routes)
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = wholeAnswer, wholeAnswer
	srv.Start()
	t.Cleanup(srv.Close)
	m.url = srv.URL
	in := bufio.NewScanner(m.records("follow=true", "application/x-ndjson").Body)
	for i := range 3 {
		if i > 0 {
			<-time.After(wholeAnswer * 2 / 3)
		}
		m.lines.add("1")
		if !in.Scan() || in.Text() != row(i, "1") {
			t.Fatalf("row %d: %q, %v", i, in.Text(), in.Err())
		}
	}
}

// TestClientGoesOn: over connections that break each record comes once.
func TestClientGoesOn(t *testing.T) {
	t.Parallel()
	m := shop(t)
	for i := range 100 {
		m.lines.add(fmt.Sprint(i))
	}
	node, err := url.Parse(m.url)
	must(t, err)
	var asked atomic.Int32
	proxy := httputil.NewSingleHostReverseProxy(node)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	proxy.ModifyResponse = func(res *http.Response) error {
		if asked.Add(1) < 5 { // breaks off in the middle of a row
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:min(len(body), 1234)]), broken{}))
		}
		return nil
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				panic(http.ErrAbortHandler)
			}
		}()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	c, err := client.New(srv.URL, m.token)
	must(t, err)
	t.Cleanup(c.Close)
	var got []int64
	out, err := c.Records(t.Context(), "shop.orders", client.ReadRecords{From: "earliest", Limit: 90}, time.Second, func(r client.Record) error {
		got = append(got, r.Offset)
		return nil
	})
	must(t, err)
	want := make([]int64, 90)
	for i := range want {
		want[i] = int64(i)
	}
	if diff := cmp.Diff(want, got); diff != "" || out.Rows != 90 || asked.Load() < 5 {
		t.Errorf("%d answers, %d rows: %s", asked.Load(), out.Rows, diff)
	}
}

// broken is the end of a connection that is lost.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("lost") }
