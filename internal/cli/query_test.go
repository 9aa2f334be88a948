package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
)

// TestQueryStatus: the table says how a query does, and what a window waits for.
func TestQueryStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.Local)
	windows := &client.QueryResult{Plan: "group\n  window of 1 minute"}
	status := &client.QueryStatus{Late: 3, State: 2048, Epoch: 7, EpochTime: "12ms", Busy: "4s", Error: "no broker answers", Watermark: now.Add(-90 * time.Second)}
	const given = "a window is given when the watermark passes its end"
	for _, c := range []struct {
		q    client.Query
		want []string
	}{
		{client.Query{}, []string{"", "", "", "", "", ""}},
		{client.Query{Status: status}, []string{"2026-11-01 11:58:30, 1m30s ago", "3", "2048 bytes", "7, the last took 12ms", "4s", "no broker answers"}},
		{client.Query{Status: status, Result: windows}, []string{"2026-11-01 11:58:30, 1m30s ago; " + given, "3", "2048 bytes", "7, the last took 12ms", "4s", "no broker answers"}},
		{client.Query{Status: &client.QueryStatus{}, Result: windows}, []string{"none yet; " + given, "0", "0 bytes", "0", "", ""}},
	} {
		var got []string
		for _, col := range statusColumns(now) {
			got = append(got, col.cell(c.q))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Error(d)
		}
	}
}

// TestStatementIsText: what is no UTF-8 is refused as that, and not sent as
// something else.
func TestStatementIsText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		flags statementFlags
		in    string
		want  string // of the error; empty: it is taken
	}{
		{statementFlags{sql: "SELECT 'é'"}, "", ""},
		{statementFlags{file: "-"}, "SELECT 'é'", ""},
		{statementFlags{sql: "SELECT \xff"}, "", "UTF-8"},
		{statementFlags{file: "-"}, "SELECT '\xc3'", "UTF-8"},
		{statementFlags{file: "-"}, strings.Repeat("x", 70_000), "more than 65536 bytes"},
	} {
		text, err := tt.flags.text(&cli{Streams: Streams{In: strings.NewReader(tt.in)}})
		switch {
		case tt.want == "" && (err != nil || text != tt.flags.sql+tt.in):
			t.Errorf("%q: %q, %v", tt.flags.sql+tt.in, text, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%.20q: %v", tt.flags.sql+tt.in, err)
		}
	}
}
