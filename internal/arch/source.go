package arch

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Source is the parsed non-test code of one package.
type Source struct {
	Path  string // import path
	Files []*ast.File
	fset  *token.FileSet
}

// Load parses the non-test code of every package under the module's root
// folder. Hidden folders, testdata and what the tools of other languages keep
// beside the code are left out.
func Load(dir string) ([]Source, error) {
	fset := token.NewFileSet()
	byPath := map[string]*Source{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != dir && skipped(d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, filepath.Dir(p))
		if err != nil {
			return err
		}
		pkg := importPath(rel)
		if byPath[pkg] == nil {
			byPath[pkg] = &Source{Path: pkg, fset: fset}
		}
		byPath[pkg].Files = append(byPath[pkg].Files, f)
		return nil
	})
	return sorted(byPath), err
}

// Parse is a package made of texts, one for each file.
func Parse(pkg string, texts ...string) (Source, error) {
	s := Source{Path: pkg, fset: token.NewFileSet()}
	for i, text := range texts {
		f, err := parser.ParseFile(s.fset, fmt.Sprintf("file%d.go", i), text, parser.ParseComments)
		if err != nil {
			return Source{}, err
		}
		s.Files = append(s.Files, f)
	}
	return s, nil
}

func skipped(dir string) bool {
	return strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_") || dir == "testdata" || dir == "node_modules" || dir == "weir-data"
}

func importPath(rel string) string {
	if rel == "." {
		return Module
	}
	return Module + "/" + filepath.ToSlash(rel)
}

func sorted(m map[string]*Source) []Source {
	var all []Source
	for _, s := range m {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Source) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// Imports judges every import of the package.
func (s Source) Imports() error {
	var errs []error
	for _, f := range s.Files {
		for _, spec := range f.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err == nil {
				err = Check(s.Path, to)
			}
			if err != nil {
				errs = append(errs, s.at(spec, "%s", err))
			}
		}
	}
	return errors.Join(errs...)
}

// at puts a place before a sentence.
func (s Source) at(n ast.Node, format string, args ...any) error {
	p := s.fset.Position(n.Pos())
	return fmt.Errorf("%s:%d: %s", p.Filename, p.Line, fmt.Sprintf(format, args...))
}

// Global says where the package keeps state of its own: an init function, or a
// package-level variable that is written after it was declared, has its
// address taken, or is made to be changed (a lock, a channel, an atomic).
// Tables and compiled expressions that nobody writes are fine.
func (s Source) Global() error {
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: noImports{}, Error: func(error) {}, FakeImportC: true}
	pkg, _ := conf.Check(s.Path, s.fset, s.Files, info) // what does not resolve for want of imports is of no interest here

	c := globals{Source: s, info: info, scope: pkg.Scope()}
	for _, f := range s.Files {
		c.declarations(f)
		ast.Inspect(f, c.visit)
	}
	return errors.Join(c.errs...)
}

// noImports makes every import unknown: only the package's own names count.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not looked at") }

type globals struct {
	Source
	info  *types.Info
	scope *types.Scope
	errs  []error
}

// declarations looks for init functions and for variables made to be changed.
func (c *globals) declarations(f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				c.errs = append(c.errs, c.at(d, "an init function: construct in a function that the caller calls"))
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR && mutable(v) {
					c.errs = append(c.errs, c.at(v, "package-level state %s: make it a field of something that is constructed", v.Names[0].Name))
				}
			}
		}
	}
}

// mutable reports whether a declaration mentions what is made to be changed.
func mutable(v *ast.ValueSpec) bool {
	found := false
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.FuncType:
			return false
		case *ast.ChanType:
			found = true
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && (x.Name == "sync" || x.Name == "atomic") {
				found = true
			}
		}
		return true
	}
	if v.Type != nil {
		ast.Inspect(v.Type, look)
	}
	for _, e := range v.Values {
		ast.Inspect(e, look)
	}
	return found
}

// visit looks for writes to package-level variables.
func (c *globals) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, l := range n.Lhs {
				c.written(l)
			}
		}
	case *ast.IncDecStmt:
		c.written(n.X)
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			c.written(n.X)
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") && len(n.Args) > 0 {
			c.written(n.Args[0])
		}
	}
	return true
}

// written reports an expression that changes a package-level variable.
func (c *globals) written(e ast.Expr) {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.Ident:
			if v, ok := c.info.Uses[x].(*types.Var); ok && v.Parent() == c.scope {
				c.errs = append(c.errs, c.at(x, "the package-level variable %s is changed: make it a field of something that is constructed", x.Name))
			}
			return
		default:
			return
		}
	}
}

// Pure says where a package of rules reads the clock or starts a goroutine.
func (s Source) Pure() error {
	if f, ok := floorOf(s.Path); !ok || !f.pure {
		return nil
	}
	var errs []error
	for _, f := range s.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				errs = append(errs, s.at(n, "rules start no goroutine"))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "NewTimer", "NewTicker"}, n.Sel.Name) {
					errs = append(errs, s.at(n, "rules have no clock: take the time as a parameter"))
				}
			}
			return true
		})
	}
	return errors.Join(errs...)
}
