package cli

import (
	"strings"
	"testing"
)

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
