package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestRefusalsRepeatNoPassword: what is wrong with a body is told with its
// place; what stands beside it, and long texts, are not sent back.
func TestRefusalsRepeatNoPassword(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	long := strings.Repeat("hunter22", 150)
	for body, want := range map[string]string{
		`{"user":"lea","password":"hunter22","more":1}`: "body.more",
		`{"password":"hunter22"}`:                       "user",
		`{"user":"lea","password":"` + long + `"}`:      "body.password",
		`{"user":{"is":"hunter22"},"password":"p"}`:     "body.user",
	} {
		res, err := http.Post(m.url+"/api/v1/sessions", "application/json", strings.NewReader(body))
		must(t, err)
		text, err := io.ReadAll(res.Body)
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(text), want) {
			t.Errorf("%.80s: %d %s, want 422 and %q", body, res.StatusCode, text, want)
		}
		if strings.Contains(string(text), "hunter22") {
			t.Errorf("%.80s is repeated: %s", body, text)
		}
	}
}
