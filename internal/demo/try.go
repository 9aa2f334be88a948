package demo

import (
	"fmt"
	"strings"
)

// Try is where to look, and three commands that work as they are printed.
// program is how the weir program was started, url where its API is.
func Try(program, url, token, kafka string, made Made) string {
	var reader, preferences Application
	for _, a := range made.Applications {
		switch {
		case a.Name == Reader:
			reader = a
		case len(a.Writes) > 0 && a.Writes[0] == "membership.preferences":
			preferences = a
		}
	}
	return fmt.Sprintf("The demo mesh runs. Look at it in a browser:\n\n  %s\n%s\n", url, signIn(made.People)) + fmt.Sprintf(`Registry clients and serialisers find its schemas at
%[4]s/registry with the user %[2]s and the same password as in Kafka.
In another terminal, try:

  kcat -b %[1]s -X security.protocol=SASL_PLAINTEXT -X sasl.mechanism=SCRAM-SHA-256 -X sasl.username=%[2]s -X sasl.password=%[3]s -C -t membership.preferences.v1%[7]s -o beginning -c 5

  WEIR_URL=%[4]s WEIR_TOKEN=%[5]s %[6]s product list

  curl -s -u %[2]s:%[3]s %[4]s/registry/subjects/membership.preferences.v1-value/versions/latest/schema

`, kafka, reader.Username, reader.Password, url, token, program, unframed(preferences.Form))
}

// signIn says who can sign in on the pages.
func signIn(people []Person) string {
	var b strings.Builder
	for _, p := range people {
		fmt.Fprintf(&b, "  sign in as %s (team %s) with %s\n", p.Name, p.Team, p.Password)
	}
	return b.String()
}

// unframed makes kcat show the zero and the schema's id before each value as
// numbers.
func unframed(f Form) string {
	if f.ID == 0 {
		return ""
	}
	return " -s value='>b I s'"
}
