package scram

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/weirmesh/weir"
)

// maxMessage bounds what a client may send in one message.
const maxMessage = 4096

// Conversation is one login under way.
type Conversation struct {
	mechanism Mechanism
	key       weir.ScramKey
	known     bool
	binding   string // base64 of the header that the client must repeat
	nonce     string
	auth      string // the messages so far, as the proof covers them
}

// Lookup finds a user's verifier. For somebody who does not exist it gives a
// [Fake] and false.
type Lookup func(user string) (v weir.ScramVerifier, known bool)

// Start reads the client's first message and gives the server's answer. The
// nonce is the server's part: fresh for each login, printable, no comma.
// Invalid when the message is not what RFC 5802 says.
func Start(m Mechanism, first []byte, nonce string, lookup Lookup) (c *Conversation, user string, answer []byte, err error) {
	header, bare, err := cutHeader(first)
	if err != nil {
		return nil, "", nil, err
	}
	name, rest, _ := strings.Cut(bare, ",")
	clientNonce, _, _ := strings.Cut(rest, ",")
	user, okUser := strings.CutPrefix(name, "n=")
	clientNonce, okNonce := strings.CutPrefix(clientNonce, "r=")
	if !okUser || !okNonce || user == "" || clientNonce == "" {
		return nil, "", nil, malformed("the first message has no user or no nonce")
	}
	user = strings.NewReplacer("=2C", ",", "=3D", "=").Replace(user)
	v, known := lookup(user)
	c = &Conversation{
		mechanism: m, key: m.key(v), known: known,
		binding: base64.StdEncoding.EncodeToString([]byte(header)),
		nonce:   clientNonce + nonce,
	}
	reply := fmt.Sprintf("r=%s,s=%s,i=%d", c.nonce, base64.StdEncoding.EncodeToString(v.Salt), v.Iterations)
	c.auth = bare + "," + reply + ","
	return c, user, []byte(reply), nil
}

// cutHeader takes the GS2 header off a first message. An identity to act for
// is refused: an application is only itself.
func cutHeader(first []byte) (header, bare string, err error) {
	if len(first) > maxMessage {
		return "", "", malformed("the first message is too long")
	}
	flag, rest, _ := strings.Cut(string(first), ",")
	actFor, bare, ok := strings.Cut(rest, ",")
	if !ok || flag != "n" && flag != "y" {
		return "", "", malformed("the first message asks for channel binding, or is torn")
	}
	if actFor != "" {
		return "", "", malformed("acting for somebody else is not possible")
	}
	return flag + ",,", bare, nil
}

// Finish reads the client's final message and gives the server's proof.
// Unauthorized when the password is wrong or the user does not exist, which
// take the same time; Invalid when the message is malformed.
//
// The nonce must end with the one that was given, no more: librdkafka up to
// 2.0.2 puts its own part before it once again, and Apache Kafka takes that.
func (c *Conversation) Finish(final []byte) ([]byte, error) {
	if len(final) > maxMessage {
		return nil, malformed("the final message is too long")
	}
	cut := strings.LastIndex(string(final), ",p=")
	if cut < 0 {
		return nil, malformed("the final message has no proof")
	}
	without := string(final[:cut])
	binding, rest, _ := strings.Cut(without, ",")
	nonce, _, _ := strings.Cut(rest, ",")
	nonce, okNonce := strings.CutPrefix(nonce, "r=")
	if binding != "c="+c.binding || !okNonce || !strings.HasSuffix(nonce, c.nonce) {
		return nil, malformed("the final message does not continue this login")
	}
	proof, err := base64.StdEncoding.DecodeString(string(final[cut+len(",p="):]))
	if err != nil {
		return nil, malformed("the proof is not base64")
	}
	if !c.proves(proof, c.auth+without) || !c.known {
		return nil, weir.Errorf(weir.Unauthorized, "wrong user name or password")
	}
	signature := c.mechanism.mac(c.key.Server, c.auth+without)
	return []byte("v=" + base64.StdEncoding.EncodeToString(signature)), nil
}

// proves reports whether a proof is of the password behind the verifier.
func (c *Conversation) proves(proof []byte, auth string) bool {
	signature := c.mechanism.mac(c.key.Stored, auth)
	client := make([]byte, len(signature))
	if len(proof) == len(signature) {
		subtle.XORBytes(client, proof, signature)
	}
	return subtle.ConstantTimeCompare(c.mechanism.sum(client), c.key.Stored) == 1
}

func malformed(msg string) error { return weir.Errorf(weir.Invalid, "%s", msg).At("SCRAM") }
