package weir

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"time"
)

// Format is the number of the entry format that this program writes. It reads
// every older one; a newer one stops the node.
const Format = 6

// MaxEntry bounds the bytes of one entry.
const MaxEntry = 16 << 20

// Via is the door that an act came through.
type Via struct {
	Door    string `json:"door"`              // api, gateway, registry, web, worker, start
	Address string `json:"address,omitempty"` // of the caller
	Token   UID    `json:"token,omitzero"`    // the token that was shown, if any
}

// IdempotencyKey makes a write repeatable: the same key of the same principal
// for the same operation within 24 hours gets the first answer again.
type IdempotencyKey string

// Entry is one decision: who, through what, what, when and why, what changed,
// and what was answered. Exactly one of Changes and Refusal is set.
type Entry struct {
	V       int             `json:"v"`
	At      time.Time       `json:"at"`
	By      Ref             `json:"by"`
	Via     Via             `json:"via"`
	Op      string          `json:"op"`
	Why     string          `json:"why,omitempty"`
	Key     IdempotencyKey  `json:"key,omitempty"`     // unique per By and Op for 24 h
	Request Hash            `json:"request,omitzero"`  // same Key, other Request: Conflict
	Changes []Change        `json:"changes,omitempty"` // in the order in which they were decided
	Refusal *Refusal        `json:"refusal,omitempty"`
	Events  []Event         `json:"events,omitempty"`
	Answer  json.RawMessage `json:"answer,omitempty"` // without one-time secrets
}

// Change is the whole new state of one entity.
type Change struct {
	Ref     Ref             `json:"ref"`
	Home    UID             `json:"home,omitzero"` // the mesh that owns it
	Rev     Revision        `json:"rev"`           // previous+1; 1 is new
	Deleted bool            `json:"deleted,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"` // absent when deleted
	Diff    []Diff          `json:"diff,omitempty"`
	Domains []UID           `json:"domains,omitempty"` // whose members may know of it; empty is the whole mesh
}

// Diff is one field that differs from the state before. A secret has no values,
// nor has what is long.
type Diff struct {
	Path   string          `json:"path"`
	Old    json.RawMessage `json:"old,omitempty"`
	New    json.RawMessage `json:"new,omitempty"`
	Secret bool            `json:"secret,omitempty"`
}

// Refusal is an attempt by an authenticated caller that right or policy
// refused. Repetitions are folded into Count.
type Refusal struct {
	Kind  string    `json:"kind"`
	Ref   Ref       `json:"ref"`
	Msg   string    `json:"msg"`
	Count int       `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// Event tells others what happened, in the words of the mesh.
type Event struct {
	Type string          `json:"type"` // product.created, access.revoked, ...
	Ref  Ref             `json:"ref"`
	Data json.RawMessage `json:"data,omitempty"`
	To   []UID           `json:"to,omitempty"` // whose members are told this, though they may not know of all that changed
}

// Head is a place in the ledger and the hash of all up to it. The zero Head is
// the place before the first entry.
type Head struct {
	Offset Offset `json:"offset"`
	Hash   Hash   `json:"hash"`
}

// Record is an entry as it is stored: Bytes are hashed and kept exactly as
// written, and Entry is what they say.
type Record struct {
	Head
	Bytes []byte
	Entry Entry
}

// Seal gives an entry its place after a head: canonical bytes, the next offset,
// and the hash over the head's hash and the bytes.
func Seal(after Head, e Entry) (Record, error) {
	e.V = Format
	e.At = e.At.UTC()
	b, err := Canonical(e)
	if err != nil {
		return Record{}, Errorf(Internal, "an entry cannot be written").Because(err)
	}
	return Record{Head: after.Next(b), Bytes: b, Entry: e}, nil
}

// Next is the head after an entry with these bytes.
func (h Head) Next(entry []byte) Head {
	sum := sha256.New()
	sum.Write(h.Hash[:])
	sum.Write(entry)
	next := Head{Offset: h.Offset + 1}
	sum.Sum(next.Hash[:0])
	return next
}

// DecodeEntry reads an entry's bytes. Damaged: they are no entry, or one of a
// format that this program does not know.
func DecodeEntry(b []byte) (Entry, error) {
	var e Entry
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	err := dec.Decode(&e)
	if _, end := dec.Token(); err != nil || end != io.EOF || e.V < 1 || e.V > Format {
		return Entry{}, noEntry(b, err)
	}
	return e, nil
}

// noEntry says why bytes are no entry that this program knows.
func noEntry(b []byte, why error) error {
	var v struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return Errorf(Damaged, "the bytes are no entry").Because(err)
	}
	if v.V < 1 || v.V > Format {
		return Errorf(Damaged, "the entry has format %d, this program knows 1 to %d", v.V, Format).
			WithFix("use the newer weir that wrote it")
	}
	return Errorf(Damaged, "the entry cannot be read").Because(why)
}
