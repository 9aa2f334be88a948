// Package cloudevents writes and reads events as CloudEvents 1.0 in JSON, the
// structured mode of the Kafka binding: the whole event is the record's value
// (https://github.com/cloudevents/spec, v1.0.2: spec, json-format,
// kafka-protocol-binding, and the extension "sequence"). Data is always JSON.
//
// It also says how an entry of the ledger becomes events: see [OfEntry].
package cloudevents

import (
	"encoding/json"
	"net/url"
	"time"

	"github.com/weirmesh/weir"
)

// SpecVersion is the version of CloudEvents that is written and read.
const SpecVersion = "1.0"

// ContentType is the content type of an event in structured mode, the value of
// the record header [ContentTypeHeader].
const (
	ContentType       = "application/cloudevents+json; charset=UTF-8"
	ContentTypeHeader = "content-type"
)

// Event is a CloudEvent. Source and ID together name it once in the world.
type Event struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"` // a URI reference
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            time.Time       `json:"time,omitzero"`
	DataContentType string          `json:"datacontenttype,omitempty"`
	Sequence        string          `json:"sequence,omitempty"` // sorts as text in the order of the events of one source and ledger
	Data            json.RawMessage `json:"data,omitempty"`
}

// Validate refuses what is no CloudEvent: an *weir.Error of kind Invalid whose
// Where is the attribute.
func (e Event) Validate() error {
	for _, a := range []struct{ name, value string }{{"id", e.ID}, {"source", e.Source}, {"type", e.Type}} {
		if a.value == "" {
			return weir.Errorf(weir.Invalid, "the event has none").At(a.name)
		}
	}
	if e.SpecVersion != SpecVersion {
		return weir.Errorf(weir.Invalid, "the event is of version %q", e.SpecVersion).At("specversion").WithFix("write %s", SpecVersion)
	}
	if _, err := url.Parse(e.Source); err != nil {
		return weir.Errorf(weir.Invalid, "%q is no URI reference", e.Source).At("source")
	}
	if len(e.Data) > 0 && !json.Valid(e.Data) {
		return weir.Errorf(weir.Invalid, "the data is no JSON").At("data")
	}
	return nil
}

// Marshal writes an event as a record's value.
func Marshal(e Event) ([]byte, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	e.Time = e.Time.UTC()
	return weir.Canonical(e)
}

// Parse reads a record's value. Attributes that Event does not have are left
// out.
func Parse(value []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(value, &e); err != nil {
		return Event{}, weir.Errorf(weir.Invalid, "the value is no CloudEvent in JSON").Because(err)
	}
	return e, e.Validate()
}
