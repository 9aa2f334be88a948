package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

// languageOf is the schema language that a file's name says it is in; false if
// the name says nothing.
func languageOf(file string) (weir.SchemaFormat, bool) {
	f, ok := map[string]weir.SchemaFormat{
		".avsc": weir.FormatAvro, ".proto": weir.FormatProtobuf, ".json": weir.FormatJSON,
	}[strings.ToLower(filepath.Ext(file))]
	return f, ok
}

// schemaFlag is a file with the first schema of a product's keys or values, and
// the encoding that goes with it.
type schemaFlag struct {
	flag, file string
	encoding   string                       // the flag that says the encoding
	by         map[weir.SchemaFormat]string // the encoding that each language has unless said
}

func valueSchema() schemaFlag {
	return schemaFlag{flag: "schema", encoding: "encoding", by: map[weir.SchemaFormat]string{
		weir.FormatAvro: string(weir.EncodingAvro), weir.FormatProtobuf: string(weir.EncodingProtobuf), weir.FormatJSON: string(weir.EncodingJSONSchema),
	}}
}

func keySchema() schemaFlag {
	return schemaFlag{flag: "key-schema", encoding: "key-encoding", by: map[weir.SchemaFormat]string{
		weir.FormatAvro: string(weir.KeyAvro), weir.FormatProtobuf: string(weir.KeyProtobuf), weir.FormatJSON: string(weir.KeyJSON),
	}}
}

// fill reads the file, if one was given, and settles the encoding: what was
// said, else what the file's name says.
func (s schemaFlag) fill(c *cli, cmd *cobra.Command, text, encoding *string) error {
	if s.file == "" {
		return nil
	}
	if !cmd.Flags().Changed(s.encoding) {
		language, known := languageOf(s.file)
		if !known {
			return fmt.Errorf("the name of %s does not say which language the schema is in; add --%s, or name the file .avsc, .proto or .json", s.file, s.encoding)
		}
		*encoding = s.by[language]
	}
	var err error
	if *text, err = readSchema(c.In, s.file); err != nil {
		return fmt.Errorf("--%s: %w", s.flag, err)
	}
	return nil
}

// schemaColumn tells where the schemas of a product are.
func schemaColumn(of, title string) column[client.Product] {
	return column[client.Product]{title, func(p client.Product) string {
		for _, s := range p.Subjects {
			switch {
			case s.Of != of:
			case s.Version == 0:
				return s.Subject + ": none yet (" + s.Format + ")"
			default:
				return fmt.Sprintf("%s: version %d, id %d (%s)", s.Subject, s.Version, s.ID, s.Format)
			}
		}
		return ""
	}}
}
