package site

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/weirmesh/weir/client"
)

// Typed is what the form on a page holds: what was sent, or what was sent when
// the session had ended. Nil when nobody typed anything yet.
func (r *Request) Typed() url.Values {
	if r.Method == http.MethodPost {
		return r.PostForm
	}
	if len(r.Keep) > 0 {
		return url.Values(r.Keep)
	}
	return nil
}

// Refused is why the API did not take what a form asked for, to be shown beside
// what was typed. Nil when the error is not the form's to show: when nobody is
// signed in, and when the node failed in a way that has no words.
func Refused(err error) *client.Problem {
	var p *client.Problem
	if !errors.As(err, &p) || p.Status == http.StatusUnauthorized {
		return nil
	}
	return p
}

// FieldError is what a refusal says of one field of the request; the form shows
// it there.
func FieldError(p *client.Problem, field string) string {
	if p == nil {
		return ""
	}
	var all []string
	for _, e := range p.Errors {
		if strings.TrimPrefix(e.Location, "body.") == field {
			all = append(all, e.Message)
		}
	}
	if len(all) == 0 && strings.TrimPrefix(p.Where, "body.") == field {
		return p.Detail
	}
	return strings.Join(all, "; ")
}

// Words is a list that was typed with commas or on lines of its own.
func Words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}
