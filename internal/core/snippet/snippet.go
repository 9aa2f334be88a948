// Package snippet writes small programs that read a product: one for each
// client that people begin with, complete, with the mesh's real addresses and
// names, and without a secret.
//
// Whoever runs one sets the environment variables that it names: WEIR_APP and
// WEIR_PASSWORD, an application's name and password, for those that speak
// Kafka; WEIR_TOKEN, a person's token, for HTTP. Each prints a line for each
// record, from the earliest on, decoded where the client has a way to. The
// consumer group is the application's name, which it may always use.
package snippet

import (
	"embed"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// Facts are what a snippet is filled with.
type Facts struct {
	Product     string // domain.product
	Topic       string // as Kafka clients call it
	Encoding    weir.Encoding
	KeyEncoding weir.KeyEncoding
	Kafka       string // HOST:PORT
	HTTP        string // of the node, without a path
	Registry    string // as serialisers are given it
}

// Snippet is one program.
type Snippet struct {
	Lang    string // as one asks for it: kcat, go, ...
	Title   string // as people write it
	File    string // under which it is saved; empty: it is a line for the shell
	Install string // a command that fetches what it needs; empty: nothing
	Run     string // a command that runs it
	Text    string
	Note    string // what it does not do; empty: nothing
}

//go:embed text
var text embed.FS

// client is what a snippet is written for.
type client struct {
	lang, title, file string
	install           func(Facts) string
	run               string
	note              func(Facts) string
}

func clients() []client {
	return []client{
		{lang: "kcat", title: "kcat", install: always("apt-get install kcat"), note: kcatNote},
		{lang: "go", title: "Go", file: "main.go", install: goInstall, run: "go run ."},
		{lang: "java", title: "Java", file: "Reader.java", install: always("mvn dependency:get -Dartifact=org.apache.kafka:kafka-clients:4.3.1"), run: "java -cp 'libs/*' Reader.java", note: javaNote},
		{lang: "python", title: "Python", file: "reader.py", install: pythonInstall, run: "python3 reader.py"},
		{lang: "node", title: "Node", file: "reader.mjs", install: nodeInstall, run: "node reader.mjs"},
		{lang: "curl", title: "curl"},
	}
}

// Languages are the words that [Of] knows, in the order of [All].
func Languages() []string {
	var out []string
	for _, c := range clients() {
		out = append(out, c.lang)
	}
	return out
}

// All writes every snippet.
func All(f Facts) ([]Snippet, error) {
	var out []Snippet
	for _, c := range clients() {
		s, err := c.write(f)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Of writes one. Invalid for a language that is none of [Languages].
func Of(f Facts, lang string) (Snippet, error) {
	all := clients()
	i := slices.IndexFunc(all, func(c client) bool { return c.lang == lang })
	if i < 0 {
		return Snippet{}, weir.Errorf(weir.Invalid, "there is no snippet for %q", lang).At("lang").WithFix("use %s", strings.Join(Languages(), ", "))
	}
	return all[i].write(f)
}

func (c client) write(f Facts) (Snippet, error) {
	s := Snippet{Lang: c.lang, Title: c.title, File: c.file, Run: c.run}
	if c.install != nil {
		s.Install = c.install(f)
	}
	if c.note != nil {
		s.Note = c.note(f)
	}
	t, err := text.ReadFile("text/" + c.lang + ".tmpl")
	if err != nil {
		return s, weir.Errorf(weir.Internal, "the snippet for %s cannot be read", c.lang).Because(err)
	}
	if s.Text, err = render(string(t), f.values()); err != nil {
		return s, weir.Errorf(weir.Internal, "the snippet for %s cannot be written", c.lang).Because(err)
	}
	return s, nil
}

func always(s string) func(Facts) string { return func(Facts) string { return s } }

// HasSchema reports whether the values have a schema's id before them.
func (f Facts) HasSchema() bool {
	return f.Encoding == weir.EncodingAvro || f.Encoding == weir.EncodingProtobuf || f.Encoding == weir.EncodingJSONSchema
}

func (f Facts) values() values {
	v := values{
		"Product": f.Product, "Topic": f.Topic, "Kafka": f.Kafka, "HTTP": f.HTTP, "Registry": f.Registry,
		"Encoding": string(f.Encoding), "KeyEncoding": string(f.KeyEncoding), "HasSchema": "",
	}
	if f.HasSchema() {
		v["HasSchema"] = "yes"
	}
	return v
}

func goInstall(f Facts) string {
	mods := "github.com/twmb/franz-go@v1.22.2"
	if f.HasSchema() {
		mods += " github.com/twmb/franz-go/pkg/sr@v1.8.0"
	}
	switch f.Encoding {
	case weir.EncodingAvro:
		mods += " github.com/twmb/avro@v1.9.0"
	case weir.EncodingProtobuf:
		mods += " github.com/bufbuild/protocompile@v0.14.1 google.golang.org/protobuf@v1.36.12"
	}
	return "go mod init reader && go get " + mods
}

func pythonInstall(f Facts) string {
	switch f.Encoding {
	case weir.EncodingAvro:
		return "pip install 'confluent-kafka[avro,schemaregistry]'"
	case weir.EncodingProtobuf:
		return "pip install 'confluent-kafka[protobuf,schemaregistry]'"
	case weir.EncodingJSONSchema:
		return "pip install 'confluent-kafka[json,schemaregistry]'"
	}
	return "pip install confluent-kafka"
}

func nodeInstall(f Facts) string {
	if f.HasSchema() {
		return "npm install kafkajs @confluentinc/schemaregistry"
	}
	return "npm install kafkajs"
}

func kcatNote(f Facts) string {
	if f.Encoding == weir.EncodingAvro || f.Encoding == weir.EncodingProtobuf {
		return "kcat shows how long each value is; what is in it, the other clients decode."
	}
	return ""
}

func javaNote(f Facts) string {
	if f.Encoding == weir.EncodingAvro || f.Encoding == weir.EncodingProtobuf {
		return "This shows the bytes, since Kafka's own client has no deserialiser for them; with Confluent's give schema.registry.url=" + f.Registry + "."
	}
	return ""
}
