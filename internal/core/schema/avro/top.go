package avro

// Top lists the names of the fields at the top of a record, or of one that may
// be null, all of them, however large what stands in them is.
func (s *Schema) Top() []string {
	t := s.root
	if other, ok := t.Nullable(); ok {
		t = other
	}
	if t.Kind != Record {
		return nil
	}
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	return names
}
