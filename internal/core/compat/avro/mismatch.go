package avro

import (
	"fmt"
	"strings"

	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// The sentences. A developer reads them in the exception of his serialiser, so
// they say the field, what is wrong with it, and what he can do.

func typeMismatch(r, w *avro.Type) schema.Mismatch {
	m := schema.Mismatch{
		Rule: TypeMismatch, Reader: r.String(), Writer: w.String(),
		Msg: fmt.Sprintf("the reader's type is %s, which cannot hold the writer's %s", r, w),
		Fix: "keep the type, put the new one into a new field with a default, or make a new major",
	}
	if w.Kind == avro.Null {
		m.Msg = fmt.Sprintf("the writer may write null, which the reader's %s cannot hold", r)
		m.Fix = `make the reader's type a union with "null", or make a new major`
	}
	return m
}

func nameMismatch(r, w *avro.Type) schema.Mismatch {
	alias := fmt.Sprintf("give the reader's %s the alias %q, ", r.Kind, clip(w.Name.Full()))
	if w.Name.Space == "" && r.Name.Space != "" {
		alias = "" // it would be taken for one of the reader's namespace
	}
	return schema.Mismatch{
		Rule: NameMismatch, Reader: r.Name.Full(), Writer: w.Name.Full(),
		Msg: fmt.Sprintf("the %s is called %s by the reader and %s by the writer", r.Kind, clip(r.Name.Full()), clip(w.Name.Full())),
		Fix: "keep the name, " + alias + "or make a new major",
	}
}

func sizeMismatch(r, w *avro.Type) schema.Mismatch {
	return schema.Mismatch{
		Rule: FixedSizeMismatch, Reader: r.String(), Writer: w.String(),
		Msg: fmt.Sprintf("the reader's fixed %s has %d bytes and the writer's %d", clip(r.Name.Full()), r.Size, w.Size),
		Fix: "keep the size, put a fixed of another name into a new field with a default, or make a new major",
	}
}

func missingSymbols(r, w *avro.Type, missing []string) schema.Mismatch {
	list := some(missing)
	return schema.Mismatch{
		Rule: MissingSymbols, Reader: r.String(), Writer: w.String() + " with " + list,
		Msg: fmt.Sprintf("the writer's enum %s has %s, which the reader does not know and has no default for", clip(w.Name.Full()), list),
		Fix: fmt.Sprintf(`keep or add %s in the reader's enum, give that enum a "default", or make a new major`, list),
	}
}

func missingBranch(r, w *avro.Type) schema.Mismatch {
	return schema.Mismatch{
		Rule: MissingBranch, Reader: r.String(), Writer: w.String(),
		Msg: fmt.Sprintf("the writer may write %s, which no branch of the reader's %s takes", w, r),
		Fix: fmt.Sprintf("keep or add %s in the reader's union, or make a new major", w),
	}
}

func missingDefault(f *avro.Field, w *avro.Type) schema.Mismatch {
	name := clip(f.Name)
	return schema.Mismatch{
		Rule: MissingDefault, Reader: f.Type.String() + " without a default", Writer: "no such field in " + w.String(),
		Msg: fmt.Sprintf("the reader has the field %s, which the writer does not have, and no default for it", name),
		Fix: fmt.Sprintf("give %s a default in the reader's schema, keep it in the writer's, or make a new major", name),
	}
}

func ambiguousAlias(f *avro.Field, same []*avro.Field) schema.Mismatch {
	var names []string
	for _, w := range same {
		names = append(names, w.Name)
	}
	list := some(names)
	return schema.Mismatch{
		Rule: AmbiguousAlias, Reader: f.Name + " with aliases " + some(f.Aliases), Writer: "fields " + list,
		Msg: fmt.Sprintf("by its name and aliases the reader's field %s is several of the writer's: %s", clip(f.Name), list),
		Fix: "take the aliases away that are names of other fields",
	}
}

func decimalMismatch(r, w *avro.Type) schema.Mismatch {
	return schema.Mismatch{
		Rule: DecimalMismatch, Reader: r.String(), Writer: w.String(),
		Msg: fmt.Sprintf("the reader takes the writer's %s for %s, so that numbers would be wrong", w, r),
		Fix: "keep the scale, and at least as many digits of precision, put the new decimal into a new field with a default, or make a new major",
	}
}

func tooComplex(reader, writer *avro.Schema) schema.Mismatch {
	return schema.Mismatch{
		Rule: TooComplex, Reader: reader.Root().String(), Writer: writer.Root().String(),
		Msg: "the schemas have too many types of like names in unions to compare them",
		Fix: "give the types different names",
	}
}

// some lists names, the first ones if there are many.
func some(names []string) string {
	const most = 10
	var b strings.Builder
	for i, n := range names {
		switch {
		case i == most:
			fmt.Fprintf(&b, " and %d more", len(names)-most)
			return b.String()
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(clip(n))
	}
	return b.String()
}

// clip shortens a name for a sentence. Names are letters, so that a cut may be
// anywhere between runes.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
