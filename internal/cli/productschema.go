package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

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

// readSchema reads a schema's text, which is bounded. Standard input is "-".
func (c *cli) readSchema(flag, file string) (string, error) {
	in := c.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("--%s: %w", flag, err)
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, weir.MaxBody+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("--%s %s cannot be read: %w", flag, file, err)
	case len(b) > weir.MaxBody:
		return "", fmt.Errorf("--%s %s is longer than %d bytes; a schema is at most that", flag, file, weir.MaxBody)
	case strings.TrimSpace(string(b)) == "":
		return "", fmt.Errorf("--%s %s is empty", flag, file)
	case !utf8.Valid(b):
		return "", fmt.Errorf("--%s %s is not UTF-8 text; save the schema as UTF-8", flag, file)
	}
	return string(b), nil
}

// schemaFlag is a file with the first schema of a product's keys or values, and
// the encoding that goes with it.
type schemaFlag struct {
	flag, file string
	encoding   string                       // the flag that says the encoding
	by         map[weir.SchemaFormat]string // the encoding that each language has unless said
	fits       func(encoding string) weir.SchemaFormat
}

func valueSchema() schemaFlag {
	return schemaFlag{flag: "schema", encoding: "encoding", by: map[weir.SchemaFormat]string{
		weir.FormatAvro: string(weir.EncodingAvro), weir.FormatProtobuf: string(weir.EncodingProtobuf), weir.FormatJSON: string(weir.EncodingJSONSchema),
	}, fits: func(e string) weir.SchemaFormat { return weir.Encoding(e).SchemaFormat() }}
}

func keySchema() schemaFlag {
	return schemaFlag{flag: "key-schema", encoding: "key-encoding", by: map[weir.SchemaFormat]string{
		weir.FormatAvro: string(weir.KeyAvro), weir.FormatProtobuf: string(weir.KeyProtobuf), weir.FormatJSON: string(weir.KeyJSON),
	}, fits: func(e string) weir.SchemaFormat { return weir.KeyEncoding(e).SchemaFormat() }}
}

// fill reads the file, if one was given, and settles the encoding: what was
// said, else what the file's name says.
func (s schemaFlag) fill(c *cli, cmd *cobra.Command, text, encoding *string) error {
	if s.file == "" {
		return nil
	}
	language, known := languageOf(s.file)
	said := cmd.Flags().Changed(s.encoding)
	switch {
	case !said && !known:
		return fmt.Errorf("the name of %s does not say which language the schema is in; add --%s, or name the file .avsc, .proto or .json", s.file, s.encoding)
	case !said:
		*encoding = s.by[language]
	case known && s.fits(*encoding) != language:
		return fmt.Errorf("%s is named like a schema in %s, and --%s is %s; leave --%s out, or give another file", s.file, language, s.encoding, *encoding, s.encoding)
	}
	var err error
	*text, err = c.readSchema(s.flag, s.file)
	return err
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
