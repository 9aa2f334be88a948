package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
)

// schemaFlags are those of every command that reads a schema from a file.
type schemaFlags struct {
	kind       string
	references []string
	metadata   map[string]string
	normalize  bool
}

func addSchemaFlags(cmd *cobra.Command) *schemaFlags {
	var s schemaFlags
	f := cmd.Flags()
	f.StringVar(&s.kind, "type", "", "avro, protobuf or json (default: what the file's name ends in: .avsc, .proto, .json)")
	f.StringArrayVar(&s.references, "reference", nil, "a name in the text that is the schema of a version: NAME=SUBJECT:VERSION; may be repeated")
	f.BoolVar(&s.normalize, "normalize", false, "take what can be said in several ways as the same")
	_ = cmd.RegisterFlagCompletionFunc("type", fixed("avro", "protobuf", "json"))
	return &s
}

// maxSchemaFile bounds a file with a schema; no registry takes a larger one.
const maxSchemaFile = 1 << 20

// read makes a schema of a file, or of standard input for "-".
func (s *schemaFlags) read(in io.Reader, file string) (client.NewSchema, error) {
	n := client.NewSchema{}
	var err error
	if n.Type, err = schemaType(s.kind, file); err != nil {
		return n, err
	}
	if n.References, err = parseReferences(s.references); err != nil {
		return n, err
	}
	if len(s.metadata) > 0 {
		n.Metadata = &client.SchemaMetadata{Properties: s.metadata}
	}
	n.Schema, err = readSchema(in, file)
	return n, err
}

func readSchema(in io.Reader, file string) (string, error) {
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxSchemaFile+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxSchemaFile {
		return "", fmt.Errorf("%s has more than 1 MB; a schema is smaller", file)
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return "", fmt.Errorf("%s is empty; write a schema into it", file)
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%s is not UTF-8 text; save the schema as UTF-8", file)
	}
	return strings.TrimPrefix(string(b), "\ufeff"), nil // a mark of the encoding that some editors write
}

// schemaType is the registry's word for a schema language: the one that was
// given, else by the file's name.
func schemaType(given, file string) (string, error) {
	switch strings.ToLower(given) {
	case "avro":
		return "AVRO", nil
	case "protobuf":
		return "PROTOBUF", nil
	case "json":
		return "JSON", nil
	case "":
	default:
		return "", fmt.Errorf("--type %q is not known; use avro, protobuf or json", given)
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".avsc", ".avro":
		return "AVRO", nil
	case ".proto":
		return "PROTOBUF", nil
	case ".json":
		return "JSON", nil
	}
	return "", fmt.Errorf("the name of %s does not say what schema language it is; give --type avro, protobuf or json", file)
}

// parseReferences reads NAME=SUBJECT:VERSION. A name may hold equals signs and
// a subject colons.
func parseReferences(texts []string) ([]client.SchemaReference, error) {
	var out []client.SchemaReference
	for _, t := range texts {
		name, rest, ok := strings.Cut(t, "=")
		i := strings.LastIndexByte(rest, ':')
		if !ok || name == "" || i < 1 {
			return nil, fmt.Errorf("--reference %q is not understood; write NAME=SUBJECT:VERSION, such as address.proto=address-value:1", t)
		}
		n, err := strconv.Atoi(rest[i+1:])
		if err != nil || n < 1 {
			return nil, fmt.Errorf("--reference %q: %q is not the number of a version", t, rest[i+1:])
		}
		out = append(out, client.SchemaReference{Name: name, Subject: rest[:i], Version: n})
	}
	return out, nil
}

// versionValue is a flag that takes a version's number or latest.
type versionValue struct{ n int }

func versionFlag(cmd *cobra.Command, def, usage string) *versionValue {
	v := &versionValue{}
	_ = v.Set(def)
	cmd.Flags().Var(v, "version", usage)
	_ = cmd.RegisterFlagCompletionFunc("version", fixed("latest"))
	return v
}

// String, Set and Type make it a flag.
func (v *versionValue) String() string {
	switch v.n {
	case 0:
		return ""
	case client.Latest:
		return "latest"
	}
	return strconv.Itoa(v.n)
}

func (v *versionValue) Set(s string) error {
	n, err := parseVersion(s)
	if s == "" {
		n, err = 0, nil
	}
	v.n = n
	return err
}

func (v *versionValue) Type() string { return "version" }

// parseVersion reads a version's number or latest.
func parseVersion(s string) (int, error) {
	if s == "latest" {
		return client.Latest, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no version; give its number or latest", s)
	}
	return n, nil
}
