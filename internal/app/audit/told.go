package audit

import (
	"encoding/json"
	"strings"

	"github.com/weirmesh/weir"
)

// told says what an entry did to somebody who may not know of all that it
// changed: a product that one of their applications reads was taken back,
// deprecated or retired.
func told(op string, e weir.Event) string {
	var about struct{ Product, Successor string }
	_ = json.Unmarshal(e.Data, &about) // without a product it says less
	_, verb, _ := strings.Cut(op, ".")
	text := past()[verb]
	if text == "" || about.Product == "" {
		return "did " + op + " on " + say(e.Ref)
	}
	text += " " + about.Product + ", which " + say(e.Ref) + " reads"
	if about.Successor != "" {
		text += "; use " + about.Successor
	}
	return text
}
