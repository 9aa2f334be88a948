package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/weirmesh/weir/client"
)

// server answers every request for records with these events, and then as last
// does.
func server(t *testing.T, events string, last func(http.ResponseWriter, *http.Request)) *client.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept"); got != "text/event-stream" {
			http.Error(w, "accept "+got, http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set(client.RecordsFrom, "0:3,*")
		fmt.Fprint(w, events)
		http.NewResponseController(w).Flush()
		last(w, r)
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func event(offset int) string {
	return fmt.Sprintf("id: 0:%d,*\ndata: {\"partition\":0,\"offset\":%d,\"timestamp\":\"2026-11-21T15:00:00Z\",\"key\":null,\"value\":%d,\"headers\":[]}\n\n", offset+1, offset, offset)
}

func done(http.ResponseWriter, *http.Request) {}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestLook(t *testing.T) {
	t.Parallel()
	end := "id: 0:9,*\nevent: end\ndata: {\"reason\":%q,\"next\":\"0:9,*\",\"failed\":2,\"failure\":\"why\"%s}\n\n"
	full := client.Look{Rows: 10, Bytes: 1 << 20, For: 5 * time.Second}
	for name, c := range map[string]struct {
		events string
		last   func(http.ResponseWriter, *http.Request)
		bound  client.Look
		rows   int
		next   string
		end    bool
	}{
		"to the end":           {event(3) + event(4) + fmt.Sprintf(end, "end", ""), done, full, 2, "0:9,*", true},
		"to the limit":         {event(3) + fmt.Sprintf(end, "limit", ""), done, full, 1, "0:9,*", false},
		"time runs out":        {event(3) + ": \nid: 0:70,*\n\n", hang, client.Look{Rows: 10, Bytes: 1 << 20, For: 300 * time.Millisecond}, 1, "0:70,*", false},
		"too many bytes":       {event(3) + event(4) + event(5), hang, client.Look{Rows: 10, Bytes: 50, For: 5 * time.Second}, 1, "0:4,*", false},
		"nothing that matches": {fmt.Sprintf(end, "error", `,"error":{"status":429,"where":"where","detail":"d"}`), done, full, 0, "0:9,*", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := server(t, c.events, c.last).Look(t.Context(), "d.p", client.ReadRecords{}, c.bound)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Records) != c.rows || got.Next != c.next || got.End != c.end || got.From != "0:3,*" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestLookThatBreaks(t *testing.T) {
	t.Parallel()
	full := client.Look{Rows: 10, Bytes: 1 << 20, For: 5 * time.Second}
	if _, err := server(t, event(3), done).Look(t.Context(), "d.p", client.ReadRecords{}, full); err == nil {
		t.Error("a connection that breaks is a whole answer")
	}
	ended := "event: end\ndata: {\"reason\":\"error\",\"next\":\"0:4,*\",\"error\":{\"status\":403,\"detail\":\"no more\"}}\n\n"
	_, err := server(t, ended, done).Look(t.Context(), "d.p", client.ReadRecords{}, full)
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != http.StatusForbidden {
		t.Errorf("a right that was taken away: %v", err)
	}
}
