package weir

import (
	"errors"
	"fmt"
	"strings"
)

// ErrKind says what sort of failure an [Error] is. Each protocol maps kinds
// to its own codes in exactly one function. A kind is itself an error, so
// that errors.Is(err, weir.NotFound) works through any wrapping.
type ErrKind uint8

// The kinds. Their order is not part of any format.
const (
	Internal       ErrKind = iota // a fault of ours; the cause is logged, never sent
	Invalid                       // the request itself is wrong; repeating it cannot help
	NotFound                      // no such thing, or the caller may not know of it
	Exists                        // the name is taken
	Conflict                      // the thing changed meanwhile, or the idempotency key was used for another request
	Denied                        // known to the caller, but not allowed
	Unauthorized                  // nobody is logged in, or the credentials are wrong
	Limit                         // too much, too large, too many
	Unavailable                   // not now; the same request may work later
	OutcomeUnknown                // may have happened; find out before repeating
	Damaged                       // stored bytes are not what was written
	AgainstPolicy                 // allowed to the caller, but a policy of the mesh or the domain refuses it
)

var kindNames = [...]string{
	"internal error", "invalid", "not found", "already exists", "conflict", "denied",
	"not logged in", "over a limit", "unavailable", "outcome unknown", "damaged", "against policy",
}

// String names the kind in words, as it stands in logs and audit entries.
func (k ErrKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Error makes a kind usable as the target of errors.Is.
func (k ErrKind) Error() string { return k.String() }

// In reports whether err, or what it wraps, is of this kind.
func (k ErrKind) In(err error) bool { return errors.Is(err, k) }

// Error is the one error type that crosses packages. Msg says what was wrong
// and Fix what the reader can do about it; both are shown to the caller. Where
// is a place in what the caller sent (file:line:column, a field's path, a
// frame). Err is the cause: logged, never sent.
type Error struct {
	Kind            ErrKind
	Op              string
	Ref             Ref
	Where, Msg, Fix string
	Err             error
}

// Error is the whole text for logs: operation, place, message, fix, cause.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	b.WriteString(e.Public())
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Public is the text that may be shown to the caller: everything but the cause.
func (e *Error) Public() string {
	msg := e.Msg
	if msg == "" {
		msg = e.Kind.String()
	}
	if e.Where != "" {
		msg = e.Where + ": " + msg
	}
	if e.Fix != "" {
		msg += "; " + e.Fix
	}
	return msg
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is this error's kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(ErrKind)
	return ok && k == e.Kind
}

// KindOf is the kind of the outermost [Error] in err's chain. Anything else
// is Internal: an error that nobody classified is a fault of ours.
func KindOf(err error) ErrKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	var k ErrKind
	if errors.As(err, &k) {
		return k
	}
	return Internal
}

// Errorf makes an [Error] of a kind with a message and no fix.
func Errorf(k ErrKind, format string, args ...any) *Error {
	return &Error{Kind: k, Msg: fmt.Sprintf(format, args...)}
}

// WithFix says what the reader can do. It changes and returns e.
func (e *Error) WithFix(format string, args ...any) *Error {
	e.Fix = fmt.Sprintf(format, args...)
	return e
}

// At says where in the caller's input the fault is. It changes and returns e.
func (e *Error) At(where string) *Error {
	e.Where = where
	return e
}

// Because keeps the cause for the log. It changes and returns e.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}
