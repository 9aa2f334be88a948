package arch

import (
	"errors"
	"go/ast"
	"go/token"
)

// wellKnown are methods whose contract stands in the standard library.
var wellKnown = []string{
	"Close", "Error", "Is", "Len", "Less", "MarshalJSON", "MarshalText", "Read", "ServeHTTP", "String",
	"Swap", "UnmarshalJSON", "UnmarshalText", "Unwrap", "Write",
}

// Promised collects the names of methods whose contract stands at an interface
// with a comment: there, and in the standard library, it says what every
// implementation promises.
func Promised(all []Source) map[string]bool {
	names := map[string]bool{}
	for _, n := range wellKnown {
		names[n] = true
	}
	for _, s := range all {
		for _, f := range s.Files {
			ast.Inspect(f, func(n ast.Node) bool {
				if i, ok := n.(*ast.InterfaceType); ok {
					promise(names, i)
				}
				return true
			})
		}
	}
	return names
}

func promise(names map[string]bool, i *ast.InterfaceType) {
	for _, m := range i.Methods.List {
		if m.Doc != nil || m.Comment != nil {
			for _, n := range m.Names {
				names[n.Name] = true
			}
		}
	}
}

// Comments says what lacks one: the package, and every exported name. A method
// that an interface promises needs none, nor a constant in a group that has
// one or whose type has one.
func (s Source) Comments(promised map[string]bool) error {
	c := commenter{Source: s, promised: promised, types: map[string]bool{}}
	c.collectTypes()
	c.packageComment()
	for _, f := range s.Files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				c.function(d)
			case *ast.GenDecl:
				c.group(d)
			}
		}
	}
	return errors.Join(c.errs...)
}

type commenter struct {
	Source
	promised map[string]bool
	types    map[string]bool // the package's types that have a comment
	errs     []error
}

func (c *commenter) collectTypes() {
	for _, f := range c.Files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok && (g.Doc != nil || t.Doc != nil || t.Comment != nil) {
					c.types[t.Name.Name] = true
				}
			}
		}
	}
}

func (c *commenter) packageComment() {
	for _, f := range c.Files {
		if f.Doc != nil {
			return
		}
	}
	c.missing(c.Files[0], "package "+c.Files[0].Name.Name)
}

func (c *commenter) missing(n ast.Node, name string) {
	c.errs = append(c.errs, c.at(n, "%s has no comment: say what it promises", name))
}

func (c *commenter) function(d *ast.FuncDecl) {
	if d.Doc != nil || !d.Name.IsExported() {
		return
	}
	if d.Recv != nil && (c.promised[d.Name.Name] || !ast.IsExported(receiver(d))) {
		return
	}
	c.missing(d, d.Name.Name)
}

// receiver is the name of a method's type.
func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

func (c *commenter) group(g *ast.GenDecl) {
	typed := false
	for _, spec := range g.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && !c.types[s.Name.Name] {
				c.missing(s, s.Name.Name)
			}
		case *ast.ValueSpec:
			if id, ok := s.Type.(*ast.Ident); ok {
				typed = c.types[id.Name]
			}
			if g.Doc == nil && s.Doc == nil && s.Comment == nil && !(g.Tok == token.CONST && typed) {
				c.values(s)
			}
		}
	}
}

func (c *commenter) values(s *ast.ValueSpec) {
	for _, n := range s.Names {
		if n.IsExported() {
			c.missing(s, n.Name)
		}
	}
}
