package snippet_test

import (
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/snippet"
)

// What a template gives is what text/template makes of it.
func TestTemplatesAreGos(t *testing.T) {
	t.Parallel()
	for _, lang := range snippet.Languages() {
		tmpl := template.Must(template.New(lang).Parse(snippet.Text(lang)))
		for _, e := range weir.Encodings() {
			for _, k := range weir.KeyEncodings() {
				var want strings.Builder
				if err := tmpl.Execute(&want, facts(e, k)); err != nil {
					t.Fatal(err)
				}
				got, err := snippet.Of(facts(e, k), lang)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(want.String(), got.Text); d != "" {
					t.Errorf("%s of %s with keys of %s: %s", lang, e, k, d)
				}
			}
		}
	}
}

func TestBadTemplates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{{.Nope}}":                     `there is no value "Nope"`,
		"a {{.A":                        "{{ without }}",
		"{{if .A}}x":                    "without {{end}}",
		"{{end}}":                       "{{end}} without {{if}}",
		"{{if .A}}{{range .A}}":         "{{range .A}} is not known",
		"{{if .B}}{{end}}":              `no value "B"`,
		`{{if lt .A "1"}}{{end}}`:       "is no condition",
		`{{if eq .B "1"}}{{end}}`:       `no value "B"`,
		`{{if .A}}{{else if 7}}{{end}}`: "is no condition",
	} {
		if _, err := snippet.Render(text, map[string]string{"A": "a"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
