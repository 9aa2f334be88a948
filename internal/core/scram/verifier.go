// Package scram is the server's side of SCRAM-SHA-256 and SCRAM-SHA-512
// (RFC 5802, RFC 7677) as Kafka clients speak it: verifiers are made from
// passwords, and a conversation of two messages checks a login.
//
// It is pure: salts, nonces and the secret behind fake verifiers come from the
// caller. Channel binding is not offered.
package scram

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"hash"

	"github.com/weirmesh/weir"
)

// Mechanism is the name of a SASL mechanism.
type Mechanism string

// The mechanisms.
const (
	SHA256 Mechanism = "SCRAM-SHA-256"
	SHA512 Mechanism = "SCRAM-SHA-512"
)

// Mechanisms lists all, the stronger last.
func Mechanisms() []Mechanism { return []Mechanism{SHA256, SHA512} }

func (m Mechanism) hash() func() hash.Hash {
	if m == SHA512 {
		return sha512.New
	}
	return sha256.New
}

// key is the mechanism's half of a verifier.
func (m Mechanism) key(v weir.ScramVerifier) weir.ScramKey {
	if m == SHA512 {
		return v.SHA512
	}
	return v.SHA256
}

// What verifiers are made with here, and so what a [Fake] looks like. The
// iterations are RFC 7677's minimum: enough for long random passwords.
const (
	SaltSize   = 24
	Iterations = 4096
)

// MaxIterations bounds what a login may cost a client.
const MaxIterations = 1 << 20

// NewVerifier makes what the server keeps of a password. A password is 1 to 256
// printable ASCII characters, the salt at least 16 bytes, iterations 4096 to
// MaxIterations; anything else is Invalid.
func NewVerifier(password string, salt []byte, iterations int) (weir.ScramVerifier, error) {
	if err := checkPassword(password); err != nil {
		return weir.ScramVerifier{}, err
	}
	if len(salt) < 16 {
		return weir.ScramVerifier{}, weir.Errorf(weir.Invalid, "a salt of %d bytes", len(salt)).At("salt").WithFix("use at least 16")
	}
	if iterations < 4096 || iterations > MaxIterations {
		return weir.ScramVerifier{}, weir.Errorf(weir.Invalid, "%d iterations", iterations).At("iterations").
			WithFix("use 4096 to %d", MaxIterations)
	}
	v := weir.ScramVerifier{Salt: append([]byte(nil), salt...), Iterations: iterations}
	var err error
	if v.SHA256, err = newKey(SHA256, password, salt, iterations); err != nil {
		return weir.ScramVerifier{}, err
	}
	v.SHA512, err = newKey(SHA512, password, salt, iterations)
	return v, err
}

// checkPassword keeps to the characters that SASLprep leaves alone.
func checkPassword(password string) error {
	if len(password) < 1 || len(password) > 256 {
		return weir.Errorf(weir.Invalid, "a password of %d characters", len(password)).At("password").WithFix("use 1 to 256")
	}
	for i := range len(password) {
		if password[i] < ' ' || password[i] > '~' {
			return weir.Errorf(weir.Invalid, "character %d of the password is not printable ASCII", i+1).At("password")
		}
	}
	return nil
}

func newKey(m Mechanism, password string, salt []byte, iterations int) (weir.ScramKey, error) {
	salted, err := pbkdf2.Key(m.hash(), password, salt, iterations, m.hash()().Size())
	if err != nil {
		return weir.ScramKey{}, weir.Errorf(weir.Internal, "derive a key").Because(err)
	}
	return weir.ScramKey{Stored: m.sum(m.mac(salted, "Client Key")), Server: m.mac(salted, "Server Key")}, nil
}

// Fake is the verifier of somebody who does not exist: for one secret always
// the same salt for the same user, and keys that no password fits. A login
// against it looks and costs like one with a wrong password.
func Fake(secret []byte, user string) weir.ScramVerifier {
	seed := SHA512.mac(secret, user)
	return weir.ScramVerifier{
		Salt:       SHA256.mac(seed, "salt")[:SaltSize],
		Iterations: Iterations,
		SHA256:     weir.ScramKey{Stored: SHA256.mac(seed, "stored"), Server: SHA256.mac(seed, "server")},
		SHA512:     weir.ScramKey{Stored: SHA512.mac(seed, "stored"), Server: SHA512.mac(seed, "server")},
	}
}

func (m Mechanism) mac(key []byte, message string) []byte {
	h := hmac.New(m.hash(), key)
	h.Write([]byte(message))
	return h.Sum(nil)
}

func (m Mechanism) sum(b []byte) []byte {
	h := m.hash()()
	h.Write(b)
	return h.Sum(nil)
}

// Check reports whether a password is the one of a verifier, for doors where
// the password itself is shown. It costs what making a verifier costs, also for
// a [Fake] and for a password that none can be made of.
func Check(v weir.ScramVerifier, password string) bool {
	k, err := newKey(SHA256, password, v.Salt, v.Iterations)
	return err == nil && subtle.ConstantTimeCompare(k.Stored, v.SHA256.Stored) == 1
}
