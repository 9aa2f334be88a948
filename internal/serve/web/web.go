// Package web serves the node's pages.
package web

//go:generate go run github.com/a-h/templ/cmd/templ@v0.3.977 generate -log-level=error -path .
