package jsonschema

// Top lists the names of the properties that the schema knows of a value, each
// as often as it is said, however large what stands in them is.
func (s *Schema) Top() []string {
	var names []string
	for _, n := range newFieldWalk().look([]*Node{s.root}).all {
		for _, p := range n.Properties {
			names = append(names, p.Name)
		}
	}
	return names
}
