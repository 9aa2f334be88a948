package weir

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// UID identifies an entity for ever: a UUIDv7 (RFC 9562). What is deleted and
// made again under the same name gets another one.
type UID [16]byte

// NewUID makes a UID for a moment: 48 bits of milliseconds, then random bits.
func NewUID(at time.Time) UID {
	var u UID
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	rand.Read(u[6:]) // never fails (crypto/rand since Go 1.24)
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u
}

// ParseUID reads the form that String writes.
func ParseUID(s string) (UID, error) {
	var u UID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, Errorf(Invalid, "%q is not a uid", clip(s))
	}
	at := 0
	for i := range u {
		if at == 8 || at == 13 || at == 18 || at == 23 {
			at++
		}
		hi, lo := strings.IndexByte(hexDigits, s[at]), strings.IndexByte(hexDigits, s[at+1])
		if hi < 0 || lo < 0 {
			return UID{}, Errorf(Invalid, "%q is not a uid", clip(s)).WithFix("write it in lower case, 8-4-4-4-12")
		}
		u[i] = byte(hi<<4 | lo)
		at += 2
	}
	return u, nil
}

const hexDigits = "0123456789abcdef"

// IsZero reports whether the UID was never set.
func (u UID) IsZero() bool { return u == UID{} }

// String writes the usual 36 characters.
func (u UID) String() string {
	return string(u.text())
}

func (u UID) text() []byte {
	out := make([]byte, 0, 36)
	for i, b := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hexDigits[b>>4], hexDigits[b&15])
	}
	return out
}

// MarshalText writes the usual form; the zero UID is empty.
func (u UID) MarshalText() ([]byte, error) {
	if u.IsZero() {
		return nil, nil
	}
	return u.text(), nil
}

// UnmarshalText reads what MarshalText wrote.
func (u *UID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*u = UID{}
		return nil
	}
	v, err := ParseUID(string(b))
	*u = v
	return err
}

// Offset is an entry's place in the ledger. The first entry has offset 1;
// 0 is the place before it.
type Offset uint64

// Revision counts the states of one entity: 1 is new, each change adds one.
type Revision uint64

// Hash is a SHA-256.
type Hash [32]byte

// IsZero reports whether the hash was never set.
func (h Hash) IsZero() bool { return h == Hash{} }

// String writes hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes hexadecimal; the zero hash is empty.
func (h Hash) MarshalText() ([]byte, error) {
	if h.IsZero() {
		return nil, nil
	}
	return []byte(h.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (h *Hash) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*h = Hash{}
		return nil
	}
	if hex.DecodedLen(len(b)) != len(h) {
		return Errorf(Invalid, "a hash has %d characters, not %d", hex.EncodedLen(len(h)), len(b))
	}
	_, err := hex.Decode(h[:], b)
	return err
}

// Canonical writes v as JSON in one form only: object keys sorted, no spaces,
// nothing escaped that need not be. Equal values have equal bytes.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(tree); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
