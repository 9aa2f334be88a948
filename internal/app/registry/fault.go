package registry

import (
	"errors"

	"github.com/weirmesh/weir"
)

// Fault is a failure that registries have a code of their own for. It is the
// cause of a [weir.Error], for errors.As.
type Fault int

// The faults.
const (
	_                     Fault = iota
	NoSubject                   // no such subject, or the caller may not know of it
	NoVersion                   // no such version in the subject
	NoSchema                    // no such schema, or id
	SubjectSoftDeleted          // deleted already, softly
	SubjectNotSoftDeleted       // to be deleted for ever, but not softly yet
	VersionSoftDeleted
	VersionNotSoftDeleted
	NoSubjectConfig
	NoSubjectMode
	Incompatible
	InvalidSchema
	InvalidVersion
	InvalidLevel
	InvalidMode
	NotPermitted // by the mode
	ReferenceExists
	IDMismatch
	InvalidSubject
	TooLarge // over a limit of the schema language
	InvalidRuleSet
)

// Error makes a fault usable as a cause.
func (f Fault) Error() string { return "registry fault" }

// fault makes an error that registries have a code for.
func fault(f Fault, k weir.ErrKind, format string, args ...any) *weir.Error {
	return weir.Errorf(k, format, args...).Because(f)
}

// faulted gives an error of another package the fault that it is here. One that
// has a fault keeps it, and so does a failure that is nobody's input.
func faulted(f Fault, err error) error {
	var has Fault
	var e *weir.Error
	if errors.As(err, &has) || !errors.As(err, &e) {
		return err
	}
	switch e.Kind {
	case weir.Limit:
		f = TooLarge
	case weir.Invalid:
	default:
		return err
	}
	out := *e
	out.Err = errors.Join(f, e.Err)
	return &out
}

func noSubject(name string) error {
	return fault(NoSubject, weir.NotFound, "Subject '%s' not found.", name)
}

func noVersion(version int) error {
	return fault(NoVersion, weir.NotFound, "Version %d not found.", version)
}

func noSchema() error { return fault(NoSchema, weir.NotFound, "Schema not found") }

func noSchemaID(id weir.SchemaID) error {
	return fault(NoSchema, weir.NotFound, "Schema %d not found", id)
}

func invalidVersion(version int) error {
	return fault(InvalidVersion, weir.Invalid,
		"The specified version '%d' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"", version)
}

// checkSubject refuses what is no subject's name.
func checkSubject(name string) error { return faulted(InvalidSubject, weir.CheckSubjectName(name)) }

// faultText is what an error says, without what to do.
func faultText(err error) string {
	var e *weir.Error
	if errors.As(err, &e) {
		return e.Msg
	}
	return err.Error()
}
