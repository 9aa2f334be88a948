package schemaregistry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestProtocol is every request and its exact answer, as the files in testdata
// tell them: the method, who asks, the path, the body; the status, the answer.
func TestProtocol(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/protocol", func(t *testing.T, file string) {
		t.Parallel()
		m := newMesh(t)
		datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
			as := "admin"
			var headers []string
			for _, a := range d.CmdArgs {
				switch a.Key {
				case "as":
					as = a.Vals[0]
				default:
					headers = append(headers, a.Key, strings.Join(a.Vals, ", "))
				}
			}
			path, body, _ := strings.Cut(d.Input, "\n")
			got := m.ask(as, strings.ToUpper(d.Cmd), path, body, headers...)
			out := fmt.Sprintf("%d\n%s\n", got.status, got.body)
			for _, h := range []string{"Allow", "WWW-Authenticate"} {
				if v := got.header.Get(h); v != "" {
					out = fmt.Sprintf("%d %s: %s\n%s\n", got.status, h, v, got.body)
				}
			}
			if c := got.header.Get("Content-Type"); c != "application/vnd.schemaregistry.v1+json" {
				out = c + " " + out
			}
			return out
		})
	})
}
