package state

// Texts packs a document's texts and unpacks them again: description,
// documentation, tags, more, fields by twos.
func Texts(description, documentation string, tags, more []string, fields [][2]string) (packed string, ok bool) {
	b := body{Description: description, Documentation: documentation, Tags: tags, More: more}
	for _, f := range fields {
		b.Fields = append(b.Fields, fieldText{f[0], f[1]})
	}
	packed = string(b.pack())
	got, err := unpack(packed)
	if err != nil || string(got.pack()) != packed || got.Description != description || got.Documentation != documentation ||
		len(got.Tags) != len(tags) || len(got.More) != len(more) || len(got.Fields) != len(fields) {
		return packed, false
	}
	return packed, true
}

// Unpack reads a document's texts.
func Unpack(packed string) error {
	_, err := unpack(packed)
	return err
}
