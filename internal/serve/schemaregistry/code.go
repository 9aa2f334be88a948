package schemaregistry

import (
	"context"
	"errors"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// refusal is a failure of the protocol itself; its code is its status.
type refusal struct {
	status int
	msg    string
}

func (r refusal) Error() string { return r.msg }

// codeOf maps every error to an HTTP status and a registry's code; it is the
// only place that does. A fault has a registry's own code, of which the first
// three digits are the status; what no registry knows has its kind's.
func codeOf(err error) (status, code int) {
	var own refusal
	if errors.As(err, &own) {
		return own.status, own.status
	}
	var f registry.Fault
	if errors.As(err, &f) && faults[f] != 0 {
		code = faults[f]
		for status = code; status > 999; {
			status /= 10
		}
		return status, code
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return http.StatusServiceUnavailable, 50002 // nobody waits for it
	}
	switch weir.KindOf(err) {
	case weir.Invalid:
		return http.StatusUnprocessableEntity, 422
	case weir.Unauthorized:
		return http.StatusUnauthorized, 401
	case weir.Denied:
		return http.StatusForbidden, 40301
	case weir.NotFound:
		return http.StatusNotFound, 404
	case weir.Conflict, weir.Exists:
		return http.StatusConflict, 40900
	case weir.Limit:
		if inInput(err) {
			return http.StatusUnprocessableEntity, 422
		}
		return http.StatusTooManyRequests, 429
	case weir.Unavailable:
		return http.StatusServiceUnavailable, 50001
	case weir.OutcomeUnknown:
		return http.StatusServiceUnavailable, 50002
	}
	return http.StatusInternalServerError, 500
}

// inInput reports whether a fault is at a place in what the caller sent: coming
// again does not help.
func inInput(err error) bool {
	var e *weir.Error
	return errors.As(err, &e) && e.Where != ""
}

// faults is the registry's codes.
var faults = [...]int{
	registry.NoSubject:             40401,
	registry.NoVersion:             40402,
	registry.NoSchema:              40403,
	registry.SubjectSoftDeleted:    40404,
	registry.SubjectNotSoftDeleted: 40405,
	registry.VersionSoftDeleted:    40406,
	registry.VersionNotSoftDeleted: 40407,
	registry.NoSubjectConfig:       40408,
	registry.NoSubjectMode:         40409,
	registry.Incompatible:          409,
	registry.InvalidSchema:         42201,
	registry.InvalidVersion:        42202,
	registry.InvalidLevel:          42203,
	registry.InvalidMode:           42204,
	registry.NotPermitted:          42205,
	registry.ReferenceExists:       42206,
	registry.IDMismatch:            42207,
	registry.InvalidSubject:        42208,
	registry.TooLarge:              42209,
	registry.InvalidRuleSet:        42210,
}

// messageOf is what the caller is told.
func messageOf(err error) string {
	var own refusal
	if errors.As(err, &own) {
		return own.msg
	}
	var e *weir.Error
	if !errors.As(err, &e) || e.Kind == weir.Internal || e.Kind == weir.Damaged {
		return "internal error; the node's log says more"
	}
	return e.Public()
}
