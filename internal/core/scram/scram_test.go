package scram_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sasl"
	client "github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/scram"
)

var salt = []byte("0123456789abcdef")

func mustVerifier(t *testing.T, password string) weir.ScramVerifier {
	t.Helper()
	v, err := scram.NewVerifier(password, salt, 4096)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// login runs a real client against a conversation.
func login(t *testing.T, m scram.Mechanism, password string, lookup scram.Lookup) error {
	t.Helper()
	auth := client.Auth{User: "app", Pass: password}
	mech := auth.AsSha256Mechanism()
	if m == scram.SHA512 {
		mech = auth.AsSha512Mechanism()
	}
	session, first, err := mech.Authenticate(context.Background(), "host")
	if err != nil {
		t.Fatal(err)
	}
	c, user, reply, err := scram.Start(m, first, "server", lookup)
	if err != nil {
		return err
	}
	if user != "app" {
		t.Errorf("user is %q", user)
	}
	final := mustChallenge(t, session, reply)
	proof, err := c.Finish(final)
	if err != nil {
		return err
	}
	if done, _, err := session.Challenge(proof); err != nil || !done {
		t.Errorf("the client does not believe the server: %v", err)
	}
	return nil
}

func mustChallenge(t *testing.T, s sasl.Session, reply []byte) []byte {
	t.Helper()
	_, out, err := s.Challenge(reply)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLogin(t *testing.T) {
	t.Parallel()
	right := mustVerifier(t, "right")
	for _, m := range scram.Mechanisms() {
		if err := login(t, m, "right", func(string) (weir.ScramVerifier, bool) { return right, true }); err != nil {
			t.Errorf("%s: right password: %v", m, err)
		}
		err := login(t, m, "wrong", func(string) (weir.ScramVerifier, bool) { return right, true })
		if !errors.Is(err, weir.Unauthorized) {
			t.Errorf("%s: wrong password: %v", m, err)
		}
		unknown := login(t, m, "right", func(u string) (weir.ScramVerifier, bool) {
			return scram.Fake([]byte("secret"), u), false
		})
		if !errors.Is(unknown, weir.Unauthorized) || unknown.Error() != err.Error() {
			t.Errorf("%s: unknown user is told %v, a wrong password %v", m, unknown, err)
		}
		ended := login(t, m, "right", func(string) (weir.ScramVerifier, bool) { return right, false })
		if !errors.Is(ended, weir.Unauthorized) {
			t.Errorf("%s: a verifier of nobody logs in: %v", m, ended)
		}
	}
}

// TestRFC7677 is the exchange that RFC 7677 prints.
func TestRFC7677(t *testing.T) {
	t.Parallel()
	raw := []byte{0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81}
	v, err := scram.NewVerifier("pencil", raw, 4096)
	if err != nil {
		t.Fatal(err)
	}
	c, _, reply, err := scram.Start(scram.SHA256, []byte("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
		func(string) (weir.ScramVerifier, bool) { return v, true })
	if err != nil {
		t.Fatal(err)
	}
	if want := "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"; string(reply) != want {
		t.Errorf("reply %s, want %s", reply, want)
	}
	final := "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	proof, err := c.Finish([]byte(final))
	if err != nil || string(proof) != "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" {
		t.Errorf("proof %s, %v", proof, err)
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	v := mustVerifier(t, "right")
	lookup := func(string) (weir.ScramVerifier, bool) { return v, true }
	for _, first := range []string{
		"", ",", "n", "n,", "n,,", "n,,n=app", "n,,r=x", "n,,n=,r=x", "n,,n=app,r=", "p=tls-unique,,n=app,r=x",
		"n,a=other,n=app,r=x", strings.Repeat("n,,n=app,r=x", 1000),
	} {
		if _, _, _, err := scram.Start(scram.SHA256, []byte(first), "s", lookup); !errors.Is(err, weir.Invalid) {
			t.Errorf("%.40q: %v", first, err)
		}
	}
	for _, final := range []string{
		"", ",p=", "c=biws,r=xs", "c=biws,r=other,p=AAAA", "c=eSws,r=xs,p=AAAA", "c=biws,r=xs,p=!", strings.Repeat("c", 10000),
	} {
		c, _, _, err := scram.Start(scram.SHA256, []byte("n,,n=app,r=x"), "s", lookup)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Finish([]byte(final)); !errors.Is(err, weir.Invalid) {
			t.Errorf("%.40q: %v", final, err)
		}
	}
	c, _, _, _ := scram.Start(scram.SHA256, []byte("n,,n=app,r=x"), "s", lookup)
	if _, err := c.Finish([]byte("c=biws,r=xs,p=AAAA")); !errors.Is(err, weir.Unauthorized) {
		t.Errorf("a short proof: %v", err)
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func() (weir.ScramVerifier, error){
		"empty":      func() (weir.ScramVerifier, error) { return scram.NewVerifier("", salt, 4096) },
		"not ascii":  func() (weir.ScramVerifier, error) { return scram.NewVerifier("pässword", salt, 4096) },
		"short salt": func() (weir.ScramVerifier, error) { return scram.NewVerifier("p", salt[:8], 4096) },
		"few":        func() (weir.ScramVerifier, error) { return scram.NewVerifier("p", salt, 1) },
		"many":       func() (weir.ScramVerifier, error) { return scram.NewVerifier("p", salt, 1<<30) },
	} {
		if _, err := make(); !errors.Is(err, weir.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFakeIsSteady(t *testing.T) {
	t.Parallel()
	a, b := scram.Fake([]byte("s"), "ann"), scram.Fake([]byte("s"), "ann")
	other := scram.Fake([]byte("s"), "bob")
	if !bytes.Equal(a.Salt, b.Salt) || bytes.Equal(a.Salt, other.Salt) || len(a.Salt) != scram.SaltSize {
		t.Errorf("salts %x %x %x", a.Salt, b.Salt, other.Salt)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	v := mustVerifier(t, "right")
	for password, want := range map[string]bool{"right": true, "wrong": false, "": false, "rightx": false, "pässword": false, strings.Repeat("x", 257): false} {
		if got := scram.Check(v, password); got != want {
			t.Errorf("%.10q: %v", password, got)
		}
		if scram.Check(scram.Fake([]byte("secret"), "nobody"), password) {
			t.Errorf("%.10q is somebody's who is not", password)
		}
	}
}
