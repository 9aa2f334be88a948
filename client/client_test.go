package client_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/client"
)

// TestNodeThatDoesNotAnswer accepts and says nothing: the call ends within ten
// seconds, and the error says what to look at.
func TestNodeThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := client.New("http://"+l.Addr().String(), "x")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	began := time.Now()
	_, err = c.Teams(t.Context())
	var u *client.Unreachable
	if !errors.As(err, &u) || !strings.Contains(err.Error(), "weir up") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"/api/v1/teams/whole": `{"status":409,"title":"Conflict","detail":"no","where":"name","fix":"do this"}`,
		"/api/v1/teams/parts": `{"status":422,"title":"x","detail":"validation failed","errors":[{"message":"too long","location":"body.name"}]}`,
		"/api/v1/teams/page":  `<html>gateway timeout</html>`,
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(answers[r.URL.Path]))
	}))
	defer srv.Close()
	c, err := client.New(srv.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"whole": "name: no; do this",
		"parts": "validation failed (body.name: too long)",
		"page":  "the node answered 409 Conflict",
	} {
		if _, err := c.Team(t.Context(), name); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "localhost:8080", "ftp://x", "http://", "http://[", "://"} {
		if _, err := client.New(bad, ""); err == nil || !strings.Contains(err.Error(), "write it like") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}
