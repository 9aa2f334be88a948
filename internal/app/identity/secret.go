package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/scram"
)

// The cost of a person's password (argon2id): 19 MiB, two passes, one lane, the
// least that OWASP's password storage sheet advises.
const (
	argonMemory = 19 * 1024
	argonTime   = 2
	argonLanes  = 1
)

// maxPassword bounds what is hashed.
const maxPassword = 1024

// text makes a secret of n characters, five random bits each: lower-case
// letters and digits that are not mistaken for each other, so that it can be
// typed, copied, and stand in a shell without quotes.
func (i *Identity) text(n int) (string, error) {
	const digits = "abcdefghijkmnpqrstuvwxyz23456789"
	raw := make([]byte, n)
	if _, err := io.ReadFull(i.random, raw); err != nil {
		return "", weir.Errorf(weir.Internal, "no randomness").Because(err)
	}
	for j, b := range raw {
		raw[j] = digits[b&31]
	}
	return string(raw), nil
}

// hashPassword gives the PHC string of a password.
func (i *Identity) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	if _, err := io.ReadFull(i.random, salt); err != nil {
		return "", weir.Errorf(weir.Internal, "no randomness").Because(err)
	}
	sum, err := i.argon(ctx, password, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		argonMemory, argonTime, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// argon hashes when there is a slot: each hash takes 19 MiB.
func (i *Identity) argon(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case i.hashing <- struct{}{}:
		defer func() { <-i.hashing }()
	case <-ctx.Done():
		return nil, weir.Errorf(weir.Unavailable, "too many logins at once").WithFix("try again").Because(ctx.Err())
	}
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, 32), nil
}

// checkPassword reports whether a password is the one of a PHC string.
func (i *Identity) checkPassword(ctx context.Context, phc, password string) (bool, error) {
	var version, memory, time, lanes int
	parts := strings.Split(phc, "$")
	if len(parts) != 6 {
		return false, weir.Errorf(weir.Damaged, "a password hash has %d parts", len(parts))
	}
	_, err1 := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &lanes)
	salt, err2 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err3 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || err3 != nil || version != argon2.Version ||
		memory != argonMemory || time != argonTime || lanes != argonLanes {
		return false, weir.Errorf(weir.Damaged, "a password hash cannot be read")
	}
	got, err := i.argon(ctx, password, salt)
	return subtle.ConstantTimeCompare(got, want) == 1, err
}

// newVerifier makes what the gateway checks an application's password with.
func (i *Identity) newVerifier(password string) (weir.ScramVerifier, error) {
	salt := make([]byte, scram.SaltSize)
	if _, err := io.ReadFull(i.random, salt); err != nil {
		return weir.ScramVerifier{}, weir.Errorf(weir.Internal, "no randomness").Because(err)
	}
	return scram.NewVerifier(password, salt, scram.Iterations)
}

// hashToken is what is kept of a token's secret part.
func hashToken(secret string) weir.Hash { return sha256.Sum256([]byte(secret)) }
