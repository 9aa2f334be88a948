package main

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"strings"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"
)

// field is a field of a record: its name, and the type of its column.
type field struct{ name, kind string }

// schemas decodes values in Avro that begin with the id of their schema.
type schemas struct {
	registry *sr.Client
	known    map[int]known
}

// known is a schema that was asked for before.
type known struct {
	schema *avro.Schema
	fields []field
}

func newSchemas(r *sr.Client) schemas { return schemas{registry: r, known: map[int]known{}} }

// decode gives the fields of a value, and what is in them.
func (s schemas) decode(ctx context.Context, value []byte) (fields []field, values []any, err error) {
	var h sr.ConfluentHeader
	id, body, err := h.DecodeID(value)
	if err != nil {
		return nil, nil, err
	}
	of, ok := s.known[id]
	if !ok {
		if of, err = s.ask(ctx, id); err != nil {
			return nil, nil, err
		}
		s.known[id] = of
	}
	var record map[string]any
	if _, err := of.schema.Decode(body, &record); err != nil {
		return nil, nil, err
	}
	for _, f := range of.fields {
		v, err := plain(record[f.name])
		if err != nil {
			return nil, nil, err
		}
		values = append(values, v)
	}
	return of.fields, values, nil
}

// ask gets a schema of the registry.
func (s schemas) ask(ctx context.Context, id int) (known, error) {
	text, err := s.registry.SchemaByID(ctx, id)
	if err != nil {
		return known{}, err
	}
	if text.Type != sr.TypeAvro {
		return known{}, errors.New("the product is not in Avro, which is all that this program reads")
	}
	var record struct {
		Fields []struct {
			Name string `json:"name"`
			Type any    `json:"type"`
		} `json:"fields"`
	}
	if err := json.Unmarshal([]byte(text.Schema), &record); err != nil {
		return known{}, err
	}
	k := known{}
	for _, f := range record.Fields {
		k.fields = append(k.fields, field{f.Name, columnType(f.Type)})
	}
	k.schema, err = avro.Parse(text.Schema)
	return k, err
}

// columnType is the type of the column for a type of Avro; what has parts is JSON.
func columnType(of any) string {
	switch of := of.(type) {
	case []any: // with null, the other one
		if len(of) == 2 && of[0] == "null" {
			return columnType(of[1])
		}
		if len(of) == 2 && of[1] == "null" {
			return columnType(of[0])
		}
	case map[string]any:
		logical, _ := of["logicalType"].(string)
		switch {
		case strings.HasPrefix(logical, "timestamp-"):
			return "timestamptz"
		case logical == "decimal":
			return "numeric"
		case logical == "date":
			return "date"
		case of["type"] == "enum":
			return "text"
		case of["type"] == "record", of["type"] == "array", of["type"] == "map":
			return "jsonb"
		}
		return columnType(of["type"])
	case string:
		if kind := map[string]string{"string": "text", "int": "integer", "long": "bigint", "float": "real", "double": "double precision", "boolean": "boolean", "bytes": "bytea"}[of]; kind != "" {
			return kind
		}
	}
	return "jsonb"
}

// plain is a value as the driver takes it.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case *big.Rat:
		return strings.TrimRight(strings.TrimRight(v.FloatString(20), "0"), "."), nil
	case map[string]any, []any:
		return json.Marshal(v)
	}
	return v, nil
}
