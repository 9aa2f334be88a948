package cli

import (
	"strings"
	"testing"
)

func TestReadSchemaRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, says string }{
		"too long":  {strings.Repeat("x", maxSchemaFile+1), "- has more than 1 MB"},
		"not UTF-8": {"{\"doc\": \"caf\xe9\"}", "- is not UTF-8 text"},
		"empty":     {" \n", "- is empty"},
	} {
		if _, err := readSchema(strings.NewReader(c.text), "-"); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := readSchema(strings.NewReader(strings.Repeat("ü", maxSchemaFile/2)), "-"); err != nil || len(got) != maxSchemaFile {
		t.Errorf("the longest: %d bytes, %v", len(got), err)
	}
}
