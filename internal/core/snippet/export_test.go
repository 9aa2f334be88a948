package snippet

// Text is the template for a language.
func Text(lang string) string {
	t, err := text.ReadFile("text/" + lang + ".tmpl")
	if err != nil {
		panic(err)
	}
	return string(t)
}

// Render writes any template.
func Render(text string, v map[string]string) (string, error) { return render(text, v) }
