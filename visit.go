package weir

import (
	"strings"
	"time"
	"unicode"
)

// Bounds of what a gateway remembers of one application.
const (
	MaxDenials    = 30  // kinds of refusals; the oldest gives way
	MaxDenialText = 256 // bytes of what was refused, as the client named it
)

// Visits is what a gateway noticed of an application since it started.
type Visits struct {
	Since   time.Time
	Open    int       // connections, now
	Login   time.Time // the last that went well; zero: none since then
	Library Library   // of that one
	Refused []Denial  // the most recent first
	More    bool      // older ones were forgotten
}

// Denial is something that an application was refused at a gateway, added up.
// It is what its client asked for and was told, and nothing that it was not told.
type Denial struct {
	What        string // as Kafka's protocol calls it: TOPIC_AUTHORIZATION_FAILED
	On          string // the topic, group, ... as the client named it; empty: nothing by name
	Why         string // in words
	Count       int64
	First, Last time.Time
}

// NewDenial takes what a client named: what is too long is cut, and what cannot
// be printed is left out.
func NewDenial(what, on, why string) Denial {
	on = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, on[:min(len(on), MaxDenialText)])
	return Denial{What: what, On: on, Why: why}
}
