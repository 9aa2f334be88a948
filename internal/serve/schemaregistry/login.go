package schemaregistry

import (
	"context"
	"net/http"
	"strings"

	"github.com/weirmesh/weir"
)

// tokenUser is who a token may be shown for, if not for its person.
const tokenUser = "token"

// tokenPrefix begins every token and no password of an application.
const tokenPrefix = "weir_"

// authenticate says who asks: an application by its name and password, or a
// person by a token, as the password of basic auth or as bearer.
func (a *API) authenticate(ctx context.Context, r *http.Request) (weir.Principal, error) {
	via := weir.Via{Door: "registry", Address: r.RemoteAddr}
	if user, password, ok := r.BasicAuth(); ok {
		if strings.Contains(password, "\x00") {
			return weir.Principal{}, weir.Errorf(weir.Unauthorized, "the password has a character that none has")
		}
		if strings.HasPrefix(password, tokenPrefix) {
			return a.person(ctx, user, password, via)
		}
		return a.Applications.Authenticate(ctx, user, password, via)
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return weir.Principal{}, weir.Errorf(weir.Unauthorized, "the request does not say who asks").
			WithFix("use basic auth with an application's name and password, or a token: basic.auth.user.info=NAME:PASSWORD")
	}
	return a.People.Authenticate(ctx, strings.TrimSpace(token), via)
}

// person finds whose a token is, and refuses it under another's name.
func (a *API) person(ctx context.Context, user, token string, via weir.Via) (weir.Principal, error) {
	p, err := a.People.Authenticate(ctx, token, via)
	if err == nil && user != tokenUser && user != p.Ref.Name {
		return weir.Principal{}, weir.Errorf(weir.Unauthorized, "the token is not %q's", clip(user)).WithFix("use the person's name, or %q, as the user", tokenUser)
	}
	return p, err
}
