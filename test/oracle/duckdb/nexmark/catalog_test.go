package nexmark_test

import (
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/test/nexmark"
)

// catalog has the products as statements see them.
type catalog struct{}

// Input gives a product.
func (catalog) Input(domain, name string) (*sqlang.Input, error) {
	all := nexmark.Products()
	i := slices.IndexFunc(all, func(p nexmark.Product) bool { return domain == nexmark.Domain && p.Name == name })
	if i < 0 {
		return nil, weir.Errorf(weir.NotFound, "there is no product %s.%s", domain, name)
	}
	return inputOf(all[i], byte(i+1))
}

func inputOf(p nexmark.Product, uid byte) (*sqlang.Input, error) {
	in := &sqlang.Input{
		Product: weir.UID{uid}, Name: nexmark.Domain + "." + p.Name, Major: 1, Topic: nexmark.Domain + "." + p.Name + ".v1", Kind: weir.KindStream, Time: "date_time",
		Delay: weir.Duration(time.Second),
	}
	if p.Table {
		in.Kind, in.Key = weir.KindTable, []string{p.Key}
	}
	s, err := format.Parse(weir.FormatAvro, schema.Source{Text: p.Schema()})
	if err != nil {
		return nil, err
	}
	columns, err := record.ColumnsOf(s, weir.EncodingAvro)
	for _, c := range columns {
		in.Fields = append(in.Fields, sqlang.Field{Path: c.Path, Type: c.Type, Nullable: c.Nullable})
	}
	return in, err
}

// set makes row i of a column a value of [nexmark.Event.Values].
func set(v *column.Vector, i int, value any) {
	switch value := value.(type) {
	case int64:
		v.Ints[i] = value
	case string:
		v.Texts[i] = []byte(value)
	case time.Time:
		v.Ints[i] = value.UnixMicro()
	}
}
