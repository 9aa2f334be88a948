package protobuf

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// rootName is the file name of a schema that has none, as registries call it.
const rootName = "default"

// compile links a text with what it imports. Comments are kept on demand: to
// know where everything stands takes as long as all the rest.
func compile(src schema.Source, comments protocompile.SourceInfoMode) (protoreflect.FileDescriptor, error) {
	files := sourcesOf(src.References)
	root := files.free(rootName)
	files[root] = src.Text
	linked, err := link(comments, files.find, root)
	if err != nil {
		return nil, err
	}
	return linked[0], nil
}

// link compiles files; places in the first one are told without its name.
func link(comments protocompile.SourceInfoMode, find protocompile.ResolverFunc, paths ...string) (linker.Files, error) {
	c := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(find),
		MaxParallelism: 1,
		SourceInfoMode: comments,
	}
	linked, err := c.Compile(context.Background(), paths...)
	if err != nil {
		return nil, compileError(err, paths[0])
	}
	return linked, nil
}

// sources are the texts that may be imported, by name.
type sources map[string]string

// sourcesOf takes references and theirs. Where a name is said twice the outer
// one holds: whoever wrote the outer text chose it.
func sourcesOf(refs []schema.Reference) sources {
	s := sources{}
	for len(refs) > 0 {
		var next []schema.Reference
		for _, r := range refs {
			if _, ok := s[r.Name]; !ok {
				s[r.Name] = r.Text
				next = append(next, r.References...)
			}
		}
		refs = next
	}
	return s
}

// free is a name that no reference has.
func (s sources) free(name string) string {
	for {
		if _, taken := s[name]; !taken {
			return name
		}
		name += "_"
	}
}

// find answers the compiler. Standard imports come first: a reference cannot
// change what google.protobuf.Timestamp is.
func (s sources) find(path string) (protocompile.SearchResult, error) {
	if isStandard(path) {
		return protocompile.SearchResult{}, missing(path)
	}
	text, ok := s[path]
	if !ok {
		text, ok = knownText(path)
	}
	if !ok {
		return protocompile.SearchResult{}, missing(path)
	}
	return protocompile.SearchResult{Source: strings.NewReader(text)}, nil
}

func isStandard(path string) bool { return strings.HasPrefix(path, "google/protobuf/") }

// missing is the import that nobody gave.
type missing string

func (m missing) Error() string { return fmt.Sprintf("%q is not among the references", string(m)) }

// compileError says what the compiler said, where, and what to do.
func compileError(err error, root string) error {
	e := weir.Errorf(weir.Invalid, "%s", strings.TrimSpace(err.Error())).
		WithFix("correct the schema; proto2, proto3 and edition 2023 are understood")
	var at reporter.ErrorWithPos
	if errors.As(err, &at) {
		e.Msg = at.Unwrap().Error()
		e.Where = whereOf(at.GetPosition(), root)
	}
	var m missing
	if errors.As(err, &m) {
		e.Msg = fmt.Sprintf("the import %q is not among the references", string(m))
		e.WithFix("%s", schema.HowToRefer(string(m)))
	}
	return e
}

// whereOf is line and column, behind the name of the file if it is an imported
// one. A descriptor has no lines.
func whereOf(p ast.SourcePos, root string) string {
	at := ""
	if p.Line > 0 {
		at = fmt.Sprintf("%d:%d", p.Line, p.Col)
	}
	if p.Filename == root {
		return at
	}
	return strings.TrimSuffix(p.Filename+":"+at, ":")
}
