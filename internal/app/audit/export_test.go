package audit

// For tests of the words of filters.
var (
	Operation = operation
	Door      = throughDoor
)
