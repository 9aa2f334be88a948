package protobuf

import (
	"encoding/base64"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// textOf is the .proto text of a source, whichever way it was sent.
func textOf(src schema.Source) (string, error) {
	file := descriptorOf(src.Text)
	if file == nil {
		return src.Text, nil
	}
	return describe(file, src.References)
}

// descriptorOf is the descriptor that base64 holds, or nil for a text. Only a
// .proto text has blanks, quotes or semicolons, and there is no schema without.
func descriptorOf(text string) *descriptorpb.FileDescriptorProto {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) == 0 {
		return nil
	}
	file := new(descriptorpb.FileDescriptorProto)
	if proto.Unmarshal(b, file) != nil {
		return nil
	}
	return file
}

// describe prints a descriptor that somebody sent. It is linked with what it
// imports, because only these know its options; whether it makes sense is seen
// when the text is compiled.
func describe(file *descriptorpb.FileDescriptorProto, refs []schema.Reference) (string, error) {
	if err := checkCounts(file); err != nil {
		return "", err
	}
	desc, err := linkDescriptor(file, refs)
	if err != nil {
		return "", err
	}
	ts := typesOf(desc)
	if file, err = ts.resolved(desc); err != nil {
		return "", err
	}
	return printFile(file, ts), nil
}

func linkDescriptor(file *descriptorpb.FileDescriptorProto, refs []schema.Reference) (protoreflect.FileDescriptor, error) {
	files := sources{}
	if err := files.add(refs); err != nil {
		return nil, err
	}
	root := files.free(rootName)
	file.Name = proto.String(root)
	file.SourceCodeInfo = nil
	return link(func(path string) (protocompile.SearchResult, error) {
		if path == root {
			return protocompile.SearchResult{Proto: file}, nil
		}
		return files.find(path)
	}, root)
}

// errUnknownOption refuses a descriptor whose options nobody declares.
func errUnknownOption(where string) error {
	return weir.Errorf(weir.Invalid, "an option is set that no import declares").At(where).
		WithFix("import the file that declares the option, and add it to the references")
}
