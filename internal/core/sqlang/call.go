package sqlang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/column"
)

// call finds the row of the table that fits some arguments best, and applies it.
func (b *binder) call(name string, at int, args ...value) (value, error) {
	if name == "concat" || name == "concat_ws" || name == "||" && !slices.ContainsFunc(args, isBytes) && slices.ContainsFunc(args, isText) {
		var err error
		if args, err = b.asTexts(args); err != nil {
			return value{}, err
		}
	}
	f, err := b.overload(name, at, args)
	if err != nil {
		return value{}, err
	}
	if args, err = b.fit(f, args); err != nil {
		return value{}, err
	}
	return b.apply(f, at, args)
}

func isBytes(v value) bool { return !v.untyped && v.Type.Kind == column.Bytes }

func isText(v value) bool { return v.untyped || v.Type.Kind == column.Text }

// asTexts makes what stands beside a text one.
func (b *binder) asTexts(args []value) ([]value, error) {
	out := slices.Clone(args)
	for i, v := range out {
		if v.untyped || v.Type.Kind == column.Text || v.Type.Kind == column.Unknown {
			continue
		}
		t, err := b.coerce(v, column.Type{Kind: column.Text}, true)
		if err != nil {
			return nil, err
		}
		out[i] = t
	}
	return out, nil
}

func (b *binder) overload(name string, at int, args []value) (*Function, error) {
	rows := byName[name]
	if len(rows) == 0 {
		return nil, b.unknownFunction(name, at)
	}
	var best *Function
	least := 0
	for _, f := range rows {
		if cost, ok := fits(f, args); ok && (best == nil || cost < least) {
			best, least = f, cost
		}
	}
	if best == nil {
		return nil, b.noOverload(name, at, args)
	}
	return best, nil
}

// fits says how far arguments are from the parameters of a function.
func fits(f *Function, args []value) (cost int, ok bool) {
	if len(args) < len(f.Params) || len(args) > len(f.Params) && !f.Rest {
		return 0, false
	}
	for i, a := range args {
		c, ok := distance(f.Params[min(i, len(f.Params)-1)], a, args)
		if !ok {
			return 0, false
		}
		cost += c
	}
	return cost, true
}

// distance: what has no type of its own is taken for one of its neighbours'
// type, else for a text.
func distance(param column.Kind, a value, all []value) (int, bool) {
	switch {
	case param == column.Unknown:
		return 0, true
	case a.untyped && slices.ContainsFunc(all, func(o value) bool { return !o.untyped && o.Type.Kind == param }):
		return 0, true
	case a.untyped && param == column.Text:
		return 1, true
	case a.untyped:
		return 2, true
	}
	return wider(a.Type.Kind, param)
}

// fit converts arguments to the parameters.
func (b *binder) fit(f *Function, args []value) ([]value, error) {
	if f.Params[0] == column.Unknown {
		vs, t, err := b.unify(args, strings.ToUpper(f.Name))
		if err == nil && t.Kind == column.JSON && compares(f.Name) {
			err = b.errorf(args[0].At, "json has no order and no equality").WithFix("compare a text of it: a ->> 'field'")
		}
		return vs, err
	}
	out := make([]value, len(args))
	for i, a := range args {
		v, err := b.coerce(a, column.Type{Kind: f.Params[min(i, len(f.Params)-1)]}, false)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// compares reports whether a function of any type compares values.
func compares(name string) bool {
	return !slices.Contains([]string{"is null", "is not null", "coalesce", "mask_null"}, name)
}

func (b *binder) apply(f *Function, at int, args []value) (value, error) {
	exprs, types := make([]*Expr, len(args)), make([]column.Type, len(args))
	for i, a := range args {
		exprs[i], types[i] = a.Expr, a.Type
	}
	if f.check != nil {
		if wrong := f.check(exprs); wrong != "" {
			return value{}, b.errorf(at, "%s: %s", f.Name, wrong).WithFix("see %s in docs/reference/sql.md", f.Form)
		}
	}
	e := &Expr{Kind: Call, Type: f.result(types), Func: f.nameFor(types), Args: exprs, At: at}
	if f.digits != nil {
		e.Type = f.digits(e.Type, exprs)
	}
	if e.Type.Scale > column.MaxPrecision {
		return value{}, b.errorf(at, "the result has %d digits behind the point", e.Type.Scale).WithFix("round the operands: at most %d digits have room", column.MaxPrecision)
	}
	e.Nullable = nullable(f.Null, exprs)
	v := value{Expr: e}.madeOf(args...)
	if f.Masks {
		v = v.masked(f.Name)
	}
	if isWord(f.Name) {
		v.name = f.Name
	}
	return v, b.tooLarge(v)
}

// nameFor is the form's name with the types that it is used with.
func (f *Function) nameFor(types []column.Type) string {
	kinds := make([]column.Kind, len(f.Params))
	for i := range kinds {
		kinds[i] = types[i].Kind
	}
	return formName(f.Name, kinds)
}

func nullable(rule NullRule, args []*Expr) bool {
	isNullable := func(e *Expr) bool { return e.Nullable }
	switch rule {
	case Never:
		return false
	case Always:
		return true
	case IfAll:
		return !slices.ContainsFunc(args, func(e *Expr) bool { return !e.Nullable })
	}
	return slices.ContainsFunc(args, isNullable)
}

// isWord reports whether a function's name can be that of a column.
func isWord(name string) bool {
	return isName(name) && name != "and" && name != "or" && name != "not" && name != "in"
}

func (b *binder) unknownFunction(name string, at int) error {
	e := b.errorf(at, "there is no function or operator %s", clip(name))
	var names []string
	for _, f := range functions {
		if isWord(f.Name) {
			names = append(names, f.Name)
		}
	}
	if near := nearest(name, names); near != "" {
		return e.WithFix("did you mean %s?", near)
	}
	return e.WithFix("docs/reference/sql.md lists them")
}

func (b *binder) noOverload(name string, at int, args []value) error {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a.Type.String()
		if a.untyped {
			words[i] = "a text"
		}
	}
	forms := make([]string, 0, 4)
	for _, f := range byName[name] {
		if len(forms) < 4 {
			forms = append(forms, f.Form)
		}
	}
	return b.errorf(at, "there is no %s of (%s)", name, strings.Join(words, ", ")).WithFix("%s", fmt.Sprintf("cast to what there is: %s", strings.Join(forms, ", ")))
}
