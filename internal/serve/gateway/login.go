package gateway

import (
	"encoding/base64"
	"errors"
	"io"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/core/scram"
	"github.com/weirmesh/weir/internal/core/wire"
)

// saslState is how far a connection's login is.
type saslState struct {
	mechanism    scram.Mechanism // "" before the handshake
	raw          bool            // tokens come without a Kafka header, after handshake v0
	conversation *scram.Conversation
	user         access.Login // who the conversation is with
}

// errWrongLogin ends a connection after the client was told.
var errWrongLogin = errors.New("wrong user name or password")

// answerLogin answers SaslHandshake and SaslAuthenticate.
func (c *conn) answerLogin(x *exchange) error {
	c.clientID = x.header.ClientID
	if x.entry.key == keySASLHandshake {
		return c.handshake(x)
	}
	return c.authenticate(x)
}

// handshake chooses the mechanism. A second login on one connection is not
// offered; sessions do not expire.
func (c *conn) handshake(x *exchange) error {
	r := wire.NewReader(c.frame[x.header.Body:])
	name := string(r.Span(int(r.Int16())))
	if r.Err() != nil {
		return refusef("request %s is torn", x.entry.name)
	}
	resp := kmsg.NewPtrSASLHandshakeResponse()
	resp.SetVersion(x.header.Version)
	x.local = resp
	for _, m := range scram.Mechanisms() {
		resp.SupportedMechanisms = append(resp.SupportedMechanisms, string(m))
	}
	switch mechanism := scram.Mechanism(name); {
	case c.login.Load() != nil || c.sasl.mechanism != "":
		resp.ErrorCode = kerr.IllegalSaslState.Code
	case mechanism == scram.SHA256 || mechanism == scram.SHA512:
		c.sasl = saslState{mechanism: mechanism, raw: x.header.Version == 0}
	default:
		resp.ErrorCode = kerr.UnsupportedSaslMechanism.Code
	}
	return nil
}

// authenticate takes one token in a Kafka request.
func (c *conn) authenticate(x *exchange) error {
	r := wire.NewReader(c.frame[x.header.Body:])
	size := 0
	if x.flexible {
		size = int(r.Uvarint()) - 1
	} else {
		size = int(r.Int32())
	}
	token := r.Span(size)
	if r.Err() != nil {
		return refusef("request %s is torn", x.entry.name)
	}
	resp := kmsg.NewPtrSASLAuthenticateResponse()
	resp.SetVersion(x.header.Version)
	x.local = resp
	if c.login.Load() != nil { // other requests may be under way: it is told in its turn
		text := "this connection is logged in already"
		resp.ErrorCode, resp.ErrorMessage = kerr.IllegalSaslState.Code, &text
		return nil
	}
	reply, err := c.token(token)
	resp.SASLAuthBytes = reply
	if err == nil {
		return nil
	}
	msg := publicText(err)
	resp.ErrorMessage, resp.ErrorCode = &msg, kerr.SaslAuthenticationFailed.Code
	if errors.Is(err, weir.Conflict) {
		resp.ErrorCode = kerr.IllegalSaslState.Code
	}
	c.writeLocal(x) // nothing else can be under way
	return loginFailed(err)
}

// takeToken takes one token without a Kafka header. There is no way to say what
// was wrong, so the connection just ends.
func (c *conn) takeToken() error {
	reply, err := c.token(c.frame)
	if err != nil {
		return loginFailed(err)
	}
	c.sasl.raw = c.login.Load() == nil
	if err := writeFrame(c.out, reply); err != nil {
		return clientEnded(err)
	}
	return c.writeRaw(nil)
}

func loginFailed(err error) error {
	if errors.Is(err, weir.Unauthorized) {
		return errWrongLogin
	}
	return refusal{publicText(err)}
}

// publicText is what a client may be told of an error.
func publicText(err error) string {
	var e *weir.Error
	if errors.As(err, &e) {
		return e.Public()
	}
	return "internal error"
}

// token takes a step of the SCRAM conversation.
func (c *conn) token(token []byte) ([]byte, error) {
	switch {
	case c.sasl.mechanism == "" || c.login.Load() != nil:
		return nil, weir.Errorf(weir.Conflict, "no login is under way").WithFix("send SaslHandshake first, once for each connection")
	case c.sasl.conversation == nil:
		return c.beginLogin(token)
	}
	return c.finishLogin(token)
}

func (c *conn) beginLogin(token []byte) ([]byte, error) {
	var nonce [18]byte
	if _, err := io.ReadFull(c.g.random, nonce[:]); err != nil {
		return nil, weir.Errorf(weir.Internal, "no randomness").Because(err)
	}
	lookup := func(user string) (weir.ScramVerifier, bool) {
		fake := scram.Fake(c.g.secret, user)
		l, ok := c.g.rights.Current().Login(user)
		if !ok {
			return fake, false
		}
		c.sasl.user = l
		return l.Scram, true
	}
	conversation, _, reply, err := scram.Start(c.sasl.mechanism, token, base64.RawURLEncoding.EncodeToString(nonce[:]), lookup)
	c.sasl.conversation = conversation
	return reply, err
}

func (c *conn) finishLogin(token []byte) ([]byte, error) {
	proof, err := c.sasl.conversation.Finish(token)
	if err == nil && !c.g.rights.Current().Holds(c.sasl.user) {
		err = weir.Errorf(weir.Unauthorized, "wrong user name or password")
	}
	if err != nil {
		c.g.metrics.LoginsWrong.Add(1)
		c.mistaken(c.sasl.user, err)
		c.g.warn("login of a Kafka client failed", c.attrs("user", c.sasl.user.Name, "error", publicText(err))...)
		return nil, err
	}
	if err := c.g.admit(c.sasl.user.Name); err != nil {
		return nil, weir.Errorf(weir.Limit, "%v", err).WithFix("close some, or use fewer clients")
	}
	user := c.sasl.user
	c.login.Store(&user)
	c.g.metrics.Logins.Add(1)
	c.g.visits.came(user.Application, c.library)
	if !c.g.rights.Current().Holds(user) { // it ended between the look and the store
		return nil, weir.Errorf(weir.Unauthorized, "wrong user name or password")
	}
	return proof, nil
}
