package org

import (
	"net/url"
	"strconv"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// revision carries which state of a thing a form was made from.
func revision(n uint64) ui.Input {
	return ui.Input{Kind: ui.HiddenInput, Name: "revision", Value: strconv.FormatUint(n, 10)}
}

// meant lets a write pass only if the thing is still as the form showed it: of
// two who edit at once, the second is told.
func meant(f url.Values) []client.Option {
	n, err := strconv.ParseUint(f.Get("revision"), 10, 64)
	if err != nil || n == 0 {
		return nil
	}
	return []client.Option{client.IfMatch(n)}
}

// place is where a role is, as one says it.
func place(on string) string {
	if on == "" {
		return "the mesh"
	}
	return on
}

func passwordError(v PersonView) string {
	if v.Problem == nil || v.Problem.Where != "password" {
		return ""
	}
	return v.Problem.Detail
}
