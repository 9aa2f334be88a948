package weir

import "time"

// Publication says how a topic that was there became a product: nothing of the
// topic changed, and taking the product back changes nothing of it either.
type Publication struct {
	Topic  string    `json:"topic"`           // its name on the cluster, for ever
	Stream UID       `json:"stream,omitzero"` // the private stream that it is, hidden meanwhile; zero: it is not the mesh's own
	By     Ref       `json:"by"`              // who published it, as named then
	At     time.Time `json:"at"`
	Terms  UID       `json:"terms"`            // the text of the mesh's terms that was accepted
	Reason string    `json:"reason,omitempty"` // why it is worth publishing without a record in it
}

// adopts reports whether the topic is one that the mesh did not make.
func (p *Publication) adopts() bool { return p != nil && p.Stream.IsZero() }

// refers lists the stream and the terms.
func (p *Publication) refers() []Ref {
	if p == nil {
		return nil
	}
	rs := []Ref{{Noun: NounText, UID: p.Terms}}
	if !p.Stream.IsZero() {
		rs = append(rs, Ref{Noun: NounStream, UID: p.Stream})
	}
	return rs
}

// check checks every field by itself.
func (p *Publication) check() error {
	if p == nil {
		return nil
	}
	if !topicName.MatchString(p.Topic) {
		return Errorf(Invalid, "%q is not the name of a topic", clip(p.Topic)).At("published.topic")
	}
	if p.Terms.IsZero() || p.By.Noun == "" || p.At.IsZero() {
		return Errorf(Invalid, "a publication says who accepted which terms, and when").At("published.terms").
			WithFix("accept the terms: --accept-terms")
	}
	return checkText("published.reason", p.Reason)
}
