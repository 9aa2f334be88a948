package protobuf

// rule is a line of the table: its name, as Confluent's registry has it, and
// what a developer reads. Words in braces are filled in.
type rule struct{ name, msg, fix string }

// The table. A change that breaks none of these is compatible: fields and enum
// values that come, go or change their names; packages, options, reserved
// numbers, services and extensions; types of one encoding (see encodings);
// single and repeated strings, bytes and messages.
var (
	messageRemoved = rule{
		"MESSAGE_REMOVED",
		"the reader has no message {name}, which a writer's record can be",
		"keep {name} in every version; a new message goes into a schema and a topic of its own",
	}
	messageSetChanged = rule{
		"MESSAGE_SET_CHANGED",
		"the message is a {reader} for the reader and a {writer} for the writer",
		"leave message_set_wire_format as it was",
	}
	fieldKindChanged = rule{
		"FIELD_KIND_CHANGED",
		"field {number} is {reader} for the reader and {writer} for the writer: a scalar, a message, a group and a map are written differently",
		"give the new field another number and reserve {number}",
	}
	fieldScalarKindChanged = rule{
		"FIELD_SCALAR_KIND_CHANGED",
		"field {number} is {reader} for the reader and {writer} for the writer, and these are written differently",
		"give the new field another number and reserve {number}, or use a type that is written as the old one ({group})",
	}
	fieldNamedTypeChanged = rule{
		"FIELD_NAMED_TYPE_CHANGED",
		"field {number} is the message {reader} for the reader and {writer} for the writer",
		"give the new field another number and reserve {number}, or keep the name of its message",
	}
	fieldNumericLabelChanged = rule{
		"FIELD_NUMERIC_LABEL_CHANGED",
		"field {number} is {reader} for the reader and {writer} for the writer; the label of a number stays, because repeated ones are written differently",
		"give the new field another number and reserve {number}",
	}
	requiredFieldAdded = rule{
		"REQUIRED_FIELD_ADDED",
		"the reader requires field {number}, which a writer's record may lack",
		"leave the field as it was: what is required stays required, and what is new is optional",
	}
	requiredFieldRemoved = rule{
		"REQUIRED_FIELD_REMOVED",
		"the reader lacks field {number}, which the writer requires",
		"leave the field as it was: what is required stays required, and what is new is optional",
	}
	oneofFieldRemoved = rule{
		"ONEOF_FIELD_REMOVED",
		"the reader lacks field {number} of the oneof, so where the writer chose it the oneof looks empty",
		"keep the fields of the oneof as they were; a new one goes outside of it",
	}
	multipleFieldsMovedToOneof = rule{
		"MULTIPLE_FIELDS_MOVED_TO_ONEOF",
		"the fields {fields} can be set at once by the writer, and exclude each other for the reader: all but one are lost",
		"leave the fields where they were, and add new ones with other numbers",
	}
	fieldMovedToExistingOneof = rule{
		"FIELD_MOVED_TO_EXISTING_ONEOF",
		"of the fields {fields}, one can be set beside the oneof by the writer, and is part of it for the reader: one value is lost",
		"leave the field where it was, and add a new one with another number",
	}
)

// encoding is how a scalar is written. Types of one encoding read each other:
// a value that does not fit is cut as in C++.
type encoding int

const (
	varintEncoding encoding = iota
	zigzagEncoding
	textEncoding
	fixed32Encoding
	fixed64Encoding
	floatEncoding
	doubleEncoding
)

// encodings are the types of each, in words.
var encodings = [...]string{
	varintEncoding:  "int32, int64, uint32, uint64, bool, any enum",
	zigzagEncoding:  "sint32, sint64",
	textEncoding:    "string, bytes",
	fixed32Encoding: "fixed32, sfixed32",
	fixed64Encoding: "fixed64, sfixed64",
	floatEncoding:   "float",
	doubleEncoding:  "double",
}
