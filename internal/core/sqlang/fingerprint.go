package sqlang

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Fingerprint tells plans apart: by the statement, the topics that it reads and
// what comes out. It is 16 hexadecimal digits, and stands in every record that the
// plan makes.
func (p *Plan) Fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", p.SQL)
	for _, in := range p.Inputs {
		fmt.Fprintf(h, "%s\n", in.Topic)
	}
	for _, c := range p.Columns {
		fmt.Fprintf(h, "%s %s\n", c.Name, c.Type)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
