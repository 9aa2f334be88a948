// Package gallery is statements to begin with: each makes a product of others that
// somebody would want, and says what it shows. They are part of the program, and
// speak of the products of the demo.
package gallery

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed examples
var files embed.FS

// Example is one of them.
type Example struct {
	Name      string   // trending-stocks
	Product   string   // domain.product that it makes unless somebody wants another name
	Title     string   // a few words
	Shows     string   // which means of the language it uses
	Text      string   // what the product is good for, in sentences
	Inputs    []string // domain.product each
	Statement string   // in SQL, with its line ends
}

// Examples are all of them, in the order in which they are shown.
func Examples() []Example {
	names, err := fs.Glob(files, "examples/*.sql")
	if err != nil {
		panic(err) // the pattern is right
	}
	var all []Example
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it is part of the program
		}
		e, err := Parse(path.Base(name), string(b))
		if err != nil {
			panic(err) // a test reads them all
		}
		all = append(all, e)
	}
	return all
}

// Find is the example of a name.
func Find(name string) (Example, bool) {
	for _, e := range Examples() {
		if e.Name == name {
			return e, true
		}
	}
	return Example{}, false
}

// Parse reads a file NN-NAME.sql: lines "-- word: value" with product, title, shows
// and inputs, then lines of text behind "--", then the statement. The number says
// where it stands in the list.
func Parse(file, text string) (Example, error) {
	_, name, _ := strings.Cut(strings.TrimSuffix(file, ".sql"), "-")
	e := Example{Name: name}
	said := map[string]*string{"product": &e.Product, "title": &e.Title, "shows": &e.Shows}
	var inputs string
	said["inputs"] = &inputs
	var about []string
	for rest := range strings.Lines(text) {
		line, comment := strings.CutPrefix(strings.TrimSpace(rest), "--")
		if !comment {
			break
		}
		text = text[len(rest):]
		line = strings.TrimSpace(line)
		word, value, _ := strings.Cut(line, ": ")
		if into := said[word]; into != nil && *into == "" {
			*into = value
			continue
		}
		about = append(about, line)
	}
	e.Text, e.Statement = strings.TrimSpace(strings.Join(about, " ")), strings.TrimSpace(text)
	for word, value := range said {
		if *value == "" {
			return e, fmt.Errorf("%s: it does not say its %s: write -- %s: ... above the statement", file, word, word)
		}
	}
	if e.Name == "" || e.Text == "" || e.Statement == "" {
		return e, fmt.Errorf("%s: a name, a text and a statement are needed", file)
	}
	e.Inputs = strings.Split(inputs, ", ")
	return e, nil
}
