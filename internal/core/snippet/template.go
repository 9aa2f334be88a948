package snippet

import (
	"fmt"
	"strings"
)

// The templates are a small part of those of Go's text/template, which would keep
// every exported method of every type in the binary:
//
//	{{.Name}}                               a value
//	{{if C}} {{else if C}} {{else}} {{end}} C is .Name, which is true if it is not empty,
//	                                        eq .Name "text", ne .Name "text", or
//	                                        or (eq .Name "text") (...)
//	{{- ...}}                               without the space before it

// values are what the names in a template mean.
type values map[string]string

// branch is an {{if}} that is open.
type branch struct {
	on   bool // its current part is written
	done bool // one of its parts was
}

// render writes a template. It fails for what is no template.
func render(text string, v values) (string, error) {
	var out strings.Builder
	var open []branch
	write := func(s string) {
		for _, b := range open {
			if !b.on {
				return
			}
		}
		out.WriteString(s)
	}
	for text != "" {
		plain, action, rest, err := next(text)
		if err != nil {
			return "", err
		}
		write(plain)
		text = rest
		if name, isValue := strings.CutPrefix(action, "."); isValue {
			s, ok := v[name]
			if !ok {
				return "", fmt.Errorf("there is no value %q", name)
			}
			write(s)
		} else if action != "" {
			if open, err = step(open, action, v); err != nil {
				return "", err
			}
		}
	}
	if len(open) > 0 {
		return "", fmt.Errorf("%d times {{if}} without {{end}}", len(open))
	}
	return out.String(), nil
}

// next cuts a text before its first action and behind it.
func next(text string) (plain, action, rest string, err error) {
	plain, rest, found := strings.Cut(text, "{{")
	if !found {
		return plain, "", "", nil
	}
	action, rest, found = strings.Cut(rest, "}}")
	if !found {
		return "", "", "", fmt.Errorf("{{ without }}")
	}
	if trimmed, ok := strings.CutPrefix(action, "- "); ok {
		plain, action = strings.TrimRight(plain, " \t\r\n"), trimmed
	}
	return plain, action, rest, nil
}

// step enters, changes or leaves an {{if}}.
func step(open []branch, action string, v values) ([]branch, error) {
	if cond, ok := strings.CutPrefix(action, "if "); ok {
		on, err := holds(cond, v)
		return append(open, branch{on: on, done: on}), err
	}
	if len(open) == 0 {
		return nil, fmt.Errorf("{{%s}} without {{if}}", action)
	}
	b := &open[len(open)-1]
	cond, isCond := strings.CutPrefix(action, "else if ")
	switch {
	case action == "end":
		return open[:len(open)-1], nil
	case action == "else":
		b.on = !b.done
	case isCond:
		on, err := holds(cond, v)
		if err != nil {
			return nil, err
		}
		b.on = on && !b.done
	default:
		return nil, fmt.Errorf("{{%s}} is not known", action)
	}
	b.done = b.done || b.on
	return open, nil
}

// holds reports whether a condition is true.
func holds(cond string, v values) (bool, error) {
	if any, ok := strings.CutPrefix(cond, "or ("); ok {
		for _, c := range strings.Split(strings.TrimSuffix(any, ")"), ") (") {
			if on, err := holds(c, v); on || err != nil {
				return on, err
			}
		}
		return false, nil
	}
	if name, ok := strings.CutPrefix(cond, "."); ok {
		s, known := v[name]
		if !known {
			return false, fmt.Errorf("there is no value %q", name)
		}
		return s != "", nil
	}
	return equals(cond, v)
}

// equals is eq .Name "text" and ne .Name "text".
func equals(cond string, v values) (bool, error) {
	var op, name, want string
	if n, _ := fmt.Sscanf(cond, "%s .%s %q", &op, &name, &want); n != 3 || op != "eq" && op != "ne" {
		return false, fmt.Errorf("{{if %s}} is no condition", cond)
	}
	s, known := v[name]
	if !known {
		return false, fmt.Errorf("there is no value %q", name)
	}
	return (s == want) == (op == "eq"), nil
}
