package protobuf

// Top lists the names of the fields of the first message, all of them, however
// large what stands in them is.
func (s *Schema) Top() []string {
	if s.desc.Messages().Len() == 0 {
		return nil
	}
	fields := s.desc.Messages().Get(0).Fields()
	names := make([]string, fields.Len())
	for i := range names {
		names[i] = string(fields.Get(i).Name())
	}
	return names
}
