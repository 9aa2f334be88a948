package record

import (
	"math/big"
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// maxLooks bounds the schemas that are looked at for all columns of one.
const maxLooks = 200_000

// jsonView is all that a schema says about one value.
type jsonView struct {
	all      []*jsonschema.Node
	sure     map[*jsonschema.Node]bool // those that hold for every value
	types    []string                  // without null
	nullable bool
}

// jsonSchema lists the columns of a JSON Schema.
func (l *columnList) jsonSchema(s *jsonschema.Schema) {
	looks := maxLooks
	root := lookAt([]*jsonschema.Node{s.Root()}, &looks)
	root.nullable = false
	views := map[string]*jsonView{"": root}
	for _, f := range s.Fields() {
		path, name, parent := parentOf(f.Path)
		up := views[parent]
		if up == nil || !up.isObject() || looks < 0 {
			continue
		}
		v := lookAt(up.property(name), &looks)
		if len(v.all) == 0 || v.onlyNull() {
			continue
		}
		v.nullable = f.Optional || up.nullable
		l.add(ColumnField{path, v.column(), v.nullable})
		views[path] = v
	}
}

// parentOf takes the last name off a path; what stands in lists and maps has no
// parent.
func parentOf(path string) (whole, name, parent string) {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path, path[i+1:], path[:i]
	}
	return path, path, ""
}

// lookAt puts together what schemas say of a value.
func lookAt(nodes []*jsonschema.Node, looks *int) *jsonView {
	v := &jsonView{sure: map[*jsonschema.Node]bool{}}
	seen := map[*jsonschema.Node]bool{}
	for _, n := range nodes {
		v.add(n, true, seen, looks)
	}
	return v
}

func (v *jsonView) add(n *jsonschema.Node, sure bool, seen map[*jsonschema.Node]bool, looks *int) {
	if *looks--; n == nil || seen[n] || *looks < 0 {
		return
	}
	seen[n] = true
	v.all = append(v.all, n)
	v.sure[n] = sure
	for _, t := range typesOf(n) {
		if t == "null" {
			v.nullable = true
		} else if !slices.Contains(v.types, t) {
			v.types = append(v.types, t)
		}
	}
	v.add(n.Ref, sure, seen, looks)
	for _, c := range n.AllOf {
		v.add(c, sure, seen, looks)
	}
	for _, c := range slices.Concat(n.AnyOf, n.OneOf, []*jsonschema.Node{n.Then, n.Else}) {
		v.add(c, false, seen, looks)
	}
}

// typesOf are the types that a schema says, or that its values have.
func typesOf(n *jsonschema.Node) []string {
	if len(n.Types) > 0 {
		return n.Types
	}
	var types []string
	values := n.Enum
	if n.Const != nil {
		values = []jsonschema.Literal{*n.Const}
	}
	for _, l := range values {
		if t := l.Type(); !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

// isObject reports whether the value can only be an object, or anything.
func (v *jsonView) isObject() bool {
	return len(v.types) == 0 || len(v.types) == 1 && v.types[0] == "object"
}

func (v *jsonView) onlyNull() bool { return len(v.types) == 0 && v.nullable }

// property is what is said about a property of the value.
func (v *jsonView) property(name string) (said []*jsonschema.Node) {
	for _, n := range v.all {
		if p := n.Property(name); p != nil {
			said = append(said, p)
		}
	}
	return said
}

// column is the value's type in SQL.
func (v *jsonView) column() column.Type {
	types := strings.Join(slices.Sorted(slices.Values(v.types)), " ")
	switch types {
	case "boolean":
		return column.Type{Kind: column.Bool}
	case "integer":
		if v.said(func(n *jsonschema.Node) string { return n.Format }, "integer") == "int32" {
			return column.Type{Kind: column.Int32}
		}
		return column.Type{Kind: column.Int64}
	case "number", "integer number":
		return v.number()
	case "string":
		return column.Type{Kind: v.text()}
	}
	return column.Type{Kind: column.JSON}
}

// text is the kind of a string.
func (v *jsonView) text() column.Kind {
	switch v.said(func(n *jsonschema.Node) string { return n.Format }, "string") {
	case "date":
		return column.Date
	case "date-time":
		return column.Timestamp
	case "uuid":
		return column.UUID
	}
	if v.said(func(n *jsonschema.Node) string { return n.ContentEncoding }, "string") == "base64" {
		return column.Bytes
	}
	return column.Text
}

// said is what holds for every value of a type: what a sure schema says, or else
// each of those that are for the type.
func (v *jsonView) said(what func(*jsonschema.Node) string, of string) string {
	var all []string
	for _, n := range v.all {
		s := what(n)
		if s != "" && v.sure[n] {
			return s
		}
		if s != "" || slices.Contains(typesOf(n), of) {
			all = append(all, s)
		}
	}
	if all = slices.Compact(all); len(all) == 1 {
		return all[0]
	}
	return ""
}

// number is numeric if a sure schema says how many digits there are at most.
func (v *jsonView) number() column.Type {
	for _, n := range v.all {
		if !v.sure[n] || n.MultipleOf == nil || n.Min == nil || n.Max == nil {
			continue
		}
		if t, ok := digitsOf(n); ok {
			return t
		}
	}
	return column.Type{Kind: column.Float64}
}

// digitsOf is the decimal of a schema whose numbers are multiples of a power of
// ten.
func digitsOf(n *jsonschema.Node) (column.Type, bool) {
	unit, scale := new(big.Rat).Inv(n.MultipleOf), 0
	if !unit.IsInt() {
		return column.Type{}, false
	}
	for power := big.NewInt(1); power.Cmp(unit.Num()) != 0; power.Mul(power, big.NewInt(10)) {
		if scale++; scale > column.MaxPrecision {
			return column.Type{}, false
		}
	}
	most := new(big.Rat).Abs(n.Min.At)
	if other := new(big.Rat).Abs(n.Max.At); other.Cmp(most) > 0 {
		most = other
	}
	most.Mul(most, unit)
	digits := max(len(new(big.Int).Quo(most.Num(), most.Denom()).String()), scale)
	return column.Type{Kind: column.Decimal, Precision: digits, Scale: scale}, digits <= column.MaxPrecision
}
